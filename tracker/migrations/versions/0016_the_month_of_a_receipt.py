"""The month in which a receipt outside Stripe is booked, and the one in which it is taken back, given once."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offline_record", sa.Column("booked_month", sa.Text(), nullable=True))
    op.add_column("offline_record", sa.Column("withdrawn_month", sa.Text(), nullable=True))
    op.execute(OWN)
    op.create_index("ix_offline_record_booked", "offline_record", ["booked_month"], unique=False)
    op.create_index(
        "ix_offline_record_withdrawn",
        "offline_record",
        ["withdrawn_month"],
        unique=False,
        postgresql_where=sa.text("withdrawn_month IS NOT NULL"),
    )


# No month was ever closed before this one came: each receipt is in the month of its day, a withdrawn one nowhere.
OWN = """
    UPDATE offline_record SET booked_month = to_char(paid_on, 'YYYY-MM'),
        withdrawn_month = CASE WHEN withdrawn_at IS NOT NULL THEN to_char(paid_on, 'YYYY-MM') END
    WHERE paid_on IS NOT NULL
"""


def downgrade() -> None:
    op.drop_index("ix_offline_record_withdrawn", "offline_record")
    op.drop_index("ix_offline_record_booked", "offline_record")
    op.drop_column("offline_record", "withdrawn_month")
    op.drop_column("offline_record", "booked_month")
