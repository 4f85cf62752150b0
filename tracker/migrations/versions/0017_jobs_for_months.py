"""What workers do for a month of the books, the files they have made, and what was written to the books since."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

# Once a transaction, and only where a row became another: a sweep that reads what is known changes nothing.
NOTING = """
CREATE FUNCTION note_book_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM these) THEN
        INSERT INTO book_change (xid) VALUES (CAST(CAST(pg_current_xact_id() AS text) AS bigint))
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION note_book_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_other boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT %1$s FROM these EXCEPT SELECT %1$s FROM those)', TG_ARGV[0])
        INTO is_other;
    IF is_other THEN
        INSERT INTO book_change (xid) VALUES (CAST(CAST(pg_current_xact_id() AS text) AS bigint))
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
"""
WATCHED = {
    "entry": "id, booked_month, status, available_on, payout_id, amount_minor, fee_minor, net_minor, description",
    "stripe_object": "id, fields",
    "contact": "customer_id, country",
    "campaign": "*",
    "offline_record": "*",
    "stretch": "*",
}
"""Table -> what of it a month's files tell."""
EVENTS = {
    "added": ("INSERT", "REFERENCING NEW TABLE AS these", "note_book_rows()"),
    "gone": ("DELETE", "REFERENCING OLD TABLE AS these", "note_book_rows()"),
    "changed": ("UPDATE", "REFERENCING OLD TABLE AS those NEW TABLE AS these", "note_book_change('{columns}')"),
}


def upgrade() -> None:
    op.create_table(
        "month_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_job")),
    )
    op.create_index(
        "uq_month_job_open",
        "month_job",
        ["month", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_month_job_month", "month_job", ["month", "kind", "id"])
    op.create_table(
        "job_progress",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["month_job.id"], name=op.f("fk_job_progress_job_id_month_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_progress")),
    )
    op.create_table(
        "made_file",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["month_job.id"], name=op.f("fk_made_file_job_id_month_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_made_file")),
    )
    op.create_table(
        "made_part",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["month_job.id"], name=op.f("fk_made_part_job_id_month_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "name", "number", name=op.f("pk_made_part")),
    )
    op.execute("ALTER TABLE made_part ALTER COLUMN packed SET STORAGE EXTERNAL")
    op.create_table(
        "book_change",
        sa.Column("xid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("xid", name=op.f("pk_book_change")),
    )
    op.execute(NOTING)
    for table, columns in WATCHED.items():
        for name, (event, rows, function) in EVENTS.items():
            op.execute(
                f"CREATE TRIGGER book_{name} AFTER {event} ON {table} {rows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {function.format(columns=columns)}"
            )
    op.create_index(
        "ix_audit_month",
        "audit",
        [sa.text("(detail ->> 'month')"), "at"],
        postgresql_where=sa.text("(detail ->> 'month') IS NOT NULL"),
    )
    op.create_index("ix_entry_prior", "entry", ["booked_month", "id"], postgresql_where=sa.text("prior_period"))
    op.create_table(
        "reminder_wish",
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_reminder_wish")),
    )


def downgrade() -> None:
    op.drop_table("reminder_wish")
    op.drop_index("ix_entry_prior", "entry")
    op.drop_index("ix_audit_month", "audit")
    for table in WATCHED:
        for name in EVENTS:
            op.execute(f"DROP TRIGGER book_{name} ON {table}")
    op.execute("DROP FUNCTION note_book_change")
    op.execute("DROP FUNCTION note_book_rows")
    op.drop_table("book_change")
    op.drop_table("made_part")
    op.drop_table("made_file")
    op.drop_table("job_progress")
    op.drop_table("month_job")
