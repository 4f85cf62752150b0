"""Views, clicks and closes of the banner."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("embed", sa.Text(), nullable=False),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign", "day", "kind", "article", "placement", "embed", "is_bot", name=op.f("pk_attention")
        ),
    )
    op.create_table(
        "attention_batch",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_batch")),
    )
    op.create_index(op.f("ix_attention_batch_at"), "attention_batch", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("attention_batch")
    op.drop_table("attention")
