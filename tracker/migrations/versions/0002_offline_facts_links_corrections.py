"""Offline facts, links, corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_campaign", "correction", ["campaign", "noticed_on"], unique=False)
    op.create_table(
        "offline_record",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_offline_record")),
    )
    op.create_index("ix_offline_record_campaign", "offline_record", ["campaign", "paid_on"], unique=False)
    op.create_index(op.f("ix_offline_record_person_ref"), "offline_record", ["person_ref"], unique=False)
    op.create_table(
        "person_link",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("main_id", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_link")),
    )
    op.create_index(op.f("ix_person_link_main_id"), "person_link", ["main_id"], unique=False)
    op.create_table(
        "rejection",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reason", "hour_at", name=op.f("pk_rejection")),
    )
    op.add_column("stale_person", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("transition", sa.Column("since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("transition", "since")
    op.drop_column("stale_person", "reason")
    op.drop_table("rejection")
    op.drop_index(op.f("ix_person_link_main_id"), table_name="person_link")
    op.drop_table("person_link")
    op.drop_index(op.f("ix_offline_record_person_ref"), table_name="offline_record")
    op.drop_index("ix_offline_record_campaign", table_name="offline_record")
    op.drop_table("offline_record")
    op.drop_index("ix_correction_campaign", table_name="correction")
    op.drop_table("correction")
