"""Words with a gift; letters on their way out; links that open the portal once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pledge", sa.Column("locale", sa.Text(), nullable=True))
    op.add_column("pledge", sa.Column("note", sa.Text(), nullable=True))
    op.create_index("ix_contact_email_lower", "contact", [sa.text("lower(email)")], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("uq_letter_effect", "letter", ["kind", "object_id", "transition"], unique=True)
    op.create_index(
        "ix_letter_due", "letter", ["due_at"], unique=False, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_table(
        "portal_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_portal_link")),
    )
    op.create_index(op.f("ix_portal_link_expires_at"), "portal_link", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("portal_link")
    op.drop_table("letter")
    op.drop_index("ix_contact_email_lower", table_name="contact")
    op.drop_column("pledge", "note")
    op.drop_column("pledge", "locale")
