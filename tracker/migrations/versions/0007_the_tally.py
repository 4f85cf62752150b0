"""Read models of the dashboard: segments, standings, open renewals, and the tally of every daily figure."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("begins", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("embed", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
    )
    op.create_table(
        "standing",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
    )
    op.create_table(
        "renewal",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("length", sa.Text(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal")),
    )
    op.create_table(
        "tally_part",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "person_id", name=op.f("pk_tally_part")),
    )
    op.create_table(
        "tally",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "measure", "day", "key", name=op.f("pk_tally")),
    )
    op.create_index("ix_segment_person", "segment", ["campaign", "person_id"], unique=False)
    op.create_index("ix_segment_starts", "segment", ["campaign", "starts_at"], unique=False)
    op.create_index("ix_segment_ends", "segment", ["campaign", "ends_at"], unique=False)
    op.create_index("ix_standing_person", "standing", ["campaign", "person_id"], unique=False)
    op.create_index("ix_standing_ends", "standing", ["campaign", "standing", "ends_at", "starts_at"], unique=False)
    op.create_index("ix_renewal_person", "renewal", ["campaign", "person_id"], unique=False)
    op.create_index("ix_renewal_due", "renewal", ["campaign", "due_at"], unique=False)
    op.create_index("ix_entry_created", "entry", ["created_at"], unique=False)
    op.create_index("ix_stripe_object_pending", "stripe_object", ["id"], postgresql_where=sa.text(PENDING))
    op.create_index(
        "ix_offline_record_promised", "offline_record", ["campaign"], postgresql_where=sa.text("paid_on IS NULL")
    )
    op.add_column("contact", sa.Column("has_twin", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_contact_twin", "contact", ["customer_id"], postgresql_where=sa.text("has_twin"))
    for statement in (TWINS, *TRIGGERS, KNOWN_TWINS, DUE):
        op.execute(statement)


# The new tables are empty: until everybody is worked out again there is no true number.
DUE = """
    INSERT INTO sync_state (name, at)
    SELECT 'rebuild_due', at FROM sync_state WHERE name = 'whole' AND at IS NOT NULL
"""

PENDING = (
    "kind = 'checkout.session' AND fields ->> 'status' = 'complete' AND fields ->> 'payment_status' = 'unpaid'"
)

# Of two who write the same e-mail at once the second waits, and then sees the first's.
TWINS = """
    CREATE FUNCTION note_twins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM fresh WHERE email IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        PERFORM pg_advisory_xact_lock(7340004);
        UPDATE contact c SET has_twin = true
        WHERE NOT has_twin AND lower(email) IN (SELECT lower(email) FROM fresh WHERE email IS NOT NULL)
            AND EXISTS (SELECT 1 FROM contact other
                WHERE lower(other.email) = lower(c.email) AND other.customer_id <> c.customer_id);
        RETURN NULL;
    END
    $$
"""
TRIGGERS = (
    "CREATE TRIGGER contact_told AFTER INSERT ON contact REFERENCING NEW TABLE AS fresh"
    " FOR EACH STATEMENT EXECUTE FUNCTION note_twins()",
    "CREATE TRIGGER contact_changed AFTER UPDATE ON contact REFERENCING NEW TABLE AS fresh"
    " FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION note_twins()",
)
KNOWN_TWINS = """
    UPDATE contact SET has_twin = true WHERE lower(email) IN (
        SELECT lower(email) FROM contact WHERE email IS NOT NULL GROUP BY 1 HAVING count(*) > 1)
"""


def downgrade() -> None:
    op.execute("DROP TRIGGER contact_told ON contact")
    op.execute("DROP TRIGGER contact_changed ON contact")
    op.execute("DROP FUNCTION note_twins")
    op.drop_index("ix_contact_twin", table_name="contact")
    op.drop_column("contact", "has_twin")
    op.drop_index("ix_offline_record_promised", table_name="offline_record")
    op.drop_index("ix_entry_created", table_name="entry")
    op.drop_index("ix_stripe_object_pending", table_name="stripe_object")
    op.execute("DELETE FROM sync_state WHERE name = 'rebuild_due'")
    for table in ("tally", "tally_part", "renewal", "standing", "segment"):
        op.drop_table(table)
