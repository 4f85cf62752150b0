"""Stripe's balance as it was read, for ever; and which payouts were asked for their entries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "balance",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("available_minor", sa.BigInteger(), nullable=False),
        sa.Column("pending_minor", sa.BigInteger(), nullable=False),
        sa.Column("apart_minor", sa.BigInteger(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newest_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("at", "currency", name=op.f("pk_balance")),
    )
    op.create_table(
        "payout_read",
        sa.Column("payout_id", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("pk_payout_read")),
    )
    op.execute(KEPT)
    op.execute(TOLD)


# A reading is evidence: whoever wants another one has to drop the trigger first.
KEPT = """
    CREATE FUNCTION keep_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a reading of Stripe''s balance is never changed or removed'; END $$;
    CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON balance FOR EACH ROW EXECUTE FUNCTION keep_balance()
"""

# What nearly every payout is; one that is not differs at the next sweep, and is set right by it.
TOLD = """
    UPDATE stripe_object SET fields = fields || jsonb_build_object('method', 'standard', 'reconciliation',
        CASE WHEN CAST(fields ->> 'is_automatic' AS boolean) THEN 'completed' ELSE 'not_applicable' END)
    WHERE kind = 'payout' AND fields IS NOT NULL
"""


def downgrade() -> None:
    op.drop_table("payout_read")
    op.drop_table("balance")
    op.execute("DROP FUNCTION keep_balance()")
    op.execute("UPDATE stripe_object SET fields = fields - 'method' - 'reconciliation' WHERE kind = 'payout'")
