"""A digest of what was first stored of each booking."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entry", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.add_column("entry", sa.Column("is_mended", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    # What stands here now is taken for what was first stored: nothing else is known of it.
    op.execute(
        "UPDATE entry SET digest = sha256(convert_to(CAST(jsonb_build_array(id, type, reporting_category,"
        " currency, amount_minor, fee_minor, net_minor, CAST(extract(epoch FROM created_at) AS bigint),"
        " source_id) AS text), 'UTF8'))"
    )
    op.alter_column("entry", "digest", nullable=False)


def downgrade() -> None:
    op.drop_column("entry", "is_mended")
    op.drop_column("entry", "digest")
