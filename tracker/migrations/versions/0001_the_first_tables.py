"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("hint")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("surface_version")))
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_campaign")),
    )
    op.create_table(
        "contact",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_email"), "contact", ["email"], unique=False)
    op.create_table(
        "coverage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
    )
    op.create_index("ix_coverage_kind", "coverage", ["campaign", "kind", "ends_at"], unique=False)
    op.create_index("ix_coverage_person", "coverage", ["campaign", "person_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reporting_category", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("payout_id", sa.Text(), nullable=True),
        sa.Column("exchange_rate", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("booked_month", sa.Text(), nullable=False),
        sa.Column("alarm", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    op.create_index("ix_entry_month", "entry", ["booked_month", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_entry_payout_id"), "entry", ["payout_id"], unique=False)
    op.create_index(op.f("ix_entry_source_id"), "entry", ["source_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("quarantine", sa.Text(), nullable=True),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_object_id"), "message", ["object_id"], unique=False)
    op.create_index(op.f("ix_message_received_at"), "message", ["received_at"], unique=False)
    op.create_table(
        "pledge",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("price", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("article", sa.Text(), server_default="", nullable=False),
        sa.Column("placement", sa.Text(), server_default="", nullable=False),
        sa.Column("embed", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
    )
    op.create_index("ix_pledge_campaign", "pledge", ["campaign", "state"], unique=False)
    op.create_index("ix_pledge_created", "pledge", ["created_at"], unique=False)
    op.create_index(op.f("ix_pledge_session_id"), "pledge", ["session_id"], unique=False)
    op.create_table(
        "published",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published")),
    )
    op.create_index("ix_published_campaign", "published", ["campaign", "at"], unique=False)
    op.create_table(
        "staff_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_staff_user_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_user")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_user_email")),
    )
    op.create_table(
        "stale_person",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_stale_person")),
    )
    op.create_table(
        "stretch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("pledge_id", sa.Text(), nullable=True),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stretch")),
    )
    op.create_index("ix_stretch_ends", "stretch", ["campaign", "ends_at", "starts_at"], unique=False)
    op.create_index("ix_stretch_person", "stretch", ["campaign", "person_id"], unique=False)
    op.create_index("ix_stretch_starts", "stretch", ["campaign", "starts_at", "ends_at"], unique=False)
    op.create_table(
        "stripe_object",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("payment_intent_id", sa.Text(), nullable=True),
        sa.Column("charge_id", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_object")),
    )
    op.create_index("ix_stripe_object_charge", "stripe_object", ["charge_id"], unique=False)
    op.create_index("ix_stripe_object_customer", "stripe_object", ["customer_id", "kind"], unique=False)
    op.create_index("ix_stripe_object_invoice", "stripe_object", ["invoice_id"], unique=False)
    op.create_index("ix_stripe_object_kind", "stripe_object", ["kind"], unique=False)
    op.create_index(
        "ix_stripe_object_marked",
        "stripe_object",
        ["retry_at"],
        unique=False,
        postgresql_where=sa.text("done < wanted"),
    )
    op.create_index("ix_stripe_object_payment_intent", "stripe_object", ["payment_intent_id"], unique=False)
    op.create_index(
        "ix_stripe_object_problem",
        "stripe_object",
        ["id"],
        unique=False,
        postgresql_where=sa.text("problem IS NOT NULL"),
    )
    op.create_index("ix_stripe_object_subscription", "stripe_object", ["subscription_id"], unique=False)
    op.create_table(
        "surface",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path", "valid_from", name=op.f("pk_surface")),
    )
    op.create_index("ix_surface_version", "surface", ["version"], unique=False)
    op.create_table(
        "swept_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swept_event")),
    )
    op.create_index(op.f("ix_swept_event_created_at"), "swept_event", ["created_at"], unique=False)
    op.create_table(
        "sync_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sync_state")),
    )
    op.create_table(
        "transition",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("became", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "field", "was", "became", "at", name=op.f("pk_transition")),
    )


def downgrade() -> None:
    op.drop_table("transition")
    op.drop_table("sync_state")
    op.drop_index(op.f("ix_swept_event_created_at"), table_name="swept_event")
    op.drop_table("swept_event")
    op.drop_index("ix_surface_version", table_name="surface")
    op.drop_table("surface")
    op.drop_index("ix_stripe_object_subscription", table_name="stripe_object")
    op.drop_index(
        "ix_stripe_object_problem", table_name="stripe_object", postgresql_where=sa.text("problem IS NOT NULL")
    )
    op.drop_index("ix_stripe_object_payment_intent", table_name="stripe_object")
    op.drop_index("ix_stripe_object_marked", table_name="stripe_object", postgresql_where=sa.text("done < wanted"))
    op.drop_index("ix_stripe_object_kind", table_name="stripe_object")
    op.drop_index("ix_stripe_object_invoice", table_name="stripe_object")
    op.drop_index("ix_stripe_object_customer", table_name="stripe_object")
    op.drop_index("ix_stripe_object_charge", table_name="stripe_object")
    op.drop_table("stripe_object")
    op.drop_index("ix_stretch_starts", table_name="stretch")
    op.drop_index("ix_stretch_person", table_name="stretch")
    op.drop_index("ix_stretch_ends", table_name="stretch")
    op.drop_table("stretch")
    op.drop_table("stale_person")
    op.drop_table("staff_user")
    op.drop_index("ix_published_campaign", table_name="published")
    op.drop_table("published")
    op.drop_index(op.f("ix_pledge_session_id"), table_name="pledge")
    op.drop_index("ix_pledge_created", table_name="pledge")
    op.drop_index("ix_pledge_campaign", table_name="pledge")
    op.drop_table("pledge")
    op.drop_index(op.f("ix_message_received_at"), table_name="message")
    op.drop_index(op.f("ix_message_object_id"), table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_entry_source_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_payout_id"), table_name="entry")
    op.drop_index("ix_entry_month", table_name="entry")
    op.drop_table("entry")
    op.drop_index("ix_coverage_person", table_name="coverage")
    op.drop_index("ix_coverage_kind", table_name="coverage")
    op.drop_table("coverage")
    op.drop_index(op.f("ix_contact_email"), table_name="contact")
    op.drop_table("contact")
    op.drop_table("campaign")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("api_token")
    op.execute(sa.schema.DropSequence(sa.Sequence("surface_version")))
    op.execute(sa.schema.DropSequence(sa.Sequence("hint")))
