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
    op.execute(DUE)


# The new tables are empty: until everybody is worked out again there is no true number.
DUE = """
    INSERT INTO sync_state (name, at)
    SELECT 'rebuild_due', at FROM sync_state WHERE name = 'whole' AND at IS NOT NULL
"""


def downgrade() -> None:
    op.execute("DELETE FROM sync_state WHERE name = 'rebuild_due'")
    for table in ("tally", "tally_part", "renewal", "standing", "segment"):
        op.drop_table(table)
