"""Indexes that answer the dashboard's questions without reading their tables."""

from alembic import op
from sqlalchemy import text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = ["campaign", "measure", "day", "key"]
PAY = ["currency", "length", "amount_minor"]


def upgrade() -> None:
    op.create_index(
        "ix_pledge_sources",
        "pledge",
        ["campaign", "created_at"],
        unique=False,
        postgresql_include=["article", "placement", "embed"],
    )
    op.create_index(
        "ix_renewal_leaving",
        "renewal",
        ["campaign", "due_at"],
        unique=False,
        postgresql_include=PAY,
        postgresql_where=text("standing = 'leaving'"),
    )
    _again("renewal", "ix_renewal_due", ["campaign", "due_at"], ["until_at", "person_id", *PAY])
    _again("stretch", "ix_stretch_person", ["campaign", "person_id"], ["starts_at", "ends_at"])
    op.drop_constraint("pk_tally", "tally")
    op.execute(f"ALTER TABLE tally ADD CONSTRAINT pk_tally PRIMARY KEY ({', '.join(KEY)}) INCLUDE (n)")


def downgrade() -> None:
    op.drop_constraint("pk_tally", "tally")
    op.create_primary_key("pk_tally", "tally", KEY)
    _again("stretch", "ix_stretch_person", ["campaign", "person_id"], [])
    _again("renewal", "ix_renewal_due", ["campaign", "due_at"], [])
    op.drop_index("ix_renewal_leaving", table_name="renewal")
    op.drop_index("ix_pledge_sources", table_name="pledge")


def _again(table: str, name: str, columns: list[str], held: list[str]) -> None:
    """The index anew, with these columns held beside its own."""
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns, unique=False, postgresql_include=held)
