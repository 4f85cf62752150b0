"""Letters by chat, too; who wants notices, where a chat is, which milestones were told."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("channel", sa.Text(), server_default="mail", nullable=False))
    op.create_index("ix_letter_campaign", "letter", ["campaign", "created_at"], unique=False)
    op.create_table(
        "notice_wish",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "staff_id", name=op.f("pk_notice_wish")),
    )
    op.create_table(
        "chat_address",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign", name=op.f("pk_chat_address")),
    )
    op.create_table(
        "milestone",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "name", name=op.f("pk_milestone")),
    )


def downgrade() -> None:
    op.drop_table("milestone")
    op.drop_table("chat_address")
    op.drop_table("notice_wish")
    op.drop_index("ix_letter_campaign", table_name="letter")
    op.drop_column("letter", "channel")
