"""Months that are closed for ever: their versions, their frozen files, and what is booked after its month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WRITTEN_ONCE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a closed month holds is never changed: %', TG_TABLE_NAME;
END $$;
CREATE FUNCTION refuse_all_but_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reopened_at IS NULL AND NEW.reopened_at IS NOT NULL
        AND (to_jsonb(NEW) - ARRAY['reopened_at', 'reopened_by', 'reopened_reason'])
            = (to_jsonb(OLD) - ARRAY['reopened_at', 'reopened_by', 'reopened_reason']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'of a closed month nothing is changed but its being reopened, once';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON month_file
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON month_part
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE DELETE ON month_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reopened_once BEFORE UPDATE ON month_version
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_reopening();
"""


def upgrade() -> None:
    op.add_column("entry", sa.Column("prior_period", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "month_version",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.Column("reopened_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL) AND (reopened_at IS NULL) = (reopened_reason IS NULL)",
            name="reopened",
        ),
        sa.PrimaryKeyConstraint("month", "version", name=op.f("pk_month_version")),
    )
    op.create_table(
        "month_file",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["month", "version"],
            ["month_version.month", "month_version.version"],
            name=op.f("fk_month_file_month_month_version"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("month", "version", "name", name=op.f("pk_month_file")),
    )
    op.create_table(
        "month_part",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["month", "version", "name"],
            ["month_file.month", "month_file.version", "month_file.name"],
            name=op.f("fk_month_part_month_month_file"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("month", "version", "name", "number", name=op.f("pk_month_part")),
    )
    op.create_table(
        "closed_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("prior_period", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_entry")),
    )
    op.execute("ALTER TABLE month_part ALTER COLUMN packed SET STORAGE EXTERNAL")
    op.execute(WRITTEN_ONCE)


def downgrade() -> None:
    op.drop_table("closed_entry")
    op.drop_table("month_part")
    op.drop_table("month_file")
    op.drop_table("month_version")
    op.execute("DROP FUNCTION refuse_change")
    op.execute("DROP FUNCTION refuse_all_but_reopening")
    op.drop_column("entry", "prior_period")
