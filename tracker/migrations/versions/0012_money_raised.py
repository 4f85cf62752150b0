"""Money raised as a read model: a row for each counted booking, and the marks of what to work out again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "received",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "campaign", name=op.f("pk_received")),
    )
    op.create_table(
        "stale_purpose",
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stale_purpose")),
    )
    op.create_index("ix_received_at", "received", ["campaign", "received_at"], unique=False)
    op.execute(DUE)


# The new table is empty: until all money is worked out again there is no true sum.
DUE = """
    INSERT INTO sync_state (name, at)
    SELECT 'rebuild_due', at FROM sync_state WHERE name = 'whole' AND at IS NOT NULL
    ON CONFLICT (name) DO UPDATE SET at = excluded.at
"""


def downgrade() -> None:
    op.drop_table("stale_purpose")
    op.drop_table("received")
