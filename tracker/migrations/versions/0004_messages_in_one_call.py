"""A batch of messages is stored and marked in one call; what an object does not link to is in no index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LINKS = {
    "ix_stripe_object_customer": ("customer_id", "kind"),
    "ix_stripe_object_subscription": ("subscription_id",),
    "ix_stripe_object_invoice": ("invoice_id",),
    "ix_stripe_object_payment_intent": ("payment_intent_id",),
    "ix_stripe_object_charge": ("charge_id",),
}

# The update is a statement of its own: it sees rows that somebody else entered while the insert waited for him.
# Every missing row first, then every lock, each in one order: so two who mark the same wait, and neither blocks.
MARK_OBJECTS = """
CREATE FUNCTION mark_objects(ids text[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entered text[];
BEGIN
    WITH fresh AS (
        INSERT INTO stripe_object AS o (id, kind, wanted)
        SELECT given.id, given.kind, nextval('hint') FROM unnest(ids, kinds) AS given (id, kind) ORDER BY given.id
        ON CONFLICT DO NOTHING RETURNING o.id
    ) SELECT coalesce(array_agg(fresh.id), '{}') INTO entered FROM fresh;
    IF cardinality(entered) < cardinality(ids) THEN
        UPDATE stripe_object o SET wanted = nextval('hint'), retry_at = NULL, attempts = 0 FROM (
            SELECT s.id FROM stripe_object s WHERE s.id = ANY(ids) AND s.id <> ALL(entered)
            ORDER BY s.id FOR UPDATE
        ) held WHERE o.id = held.id;
    END IF;
END $$
"""

# By id, so that two who are told the same at once wait for each other, and neither blocks the other.
STORE_MESSAGES = """
CREATE FUNCTION store_messages(at timestamptz, told jsonb, bodies bytea[], digests bytea[])
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    news text[];
    wanted_ids text[];
    wanted_kinds text[];
BEGIN
    WITH given AS MATERIALIZED (
        SELECT *, quarantine IS NULL AND object IS NOT NULL AND kind IS NOT NULL AS is_hint
        FROM jsonb_to_recordset(told) AS g (place int, id text, type text, kind text, object text,
            created_at timestamptz, version text, quarantine text)
    ), stored AS (
        INSERT INTO message AS m
            (id, type, object_id, created_at, received_at, api_version, sha256, body, quarantine, marked)
        SELECT id, type, object, created_at, at, version, digests[place], bodies[place], quarantine, true
        FROM given ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING m.id
    )
    SELECT coalesce(array_agg(id), '{}'),
        array_agg(object) FILTER (WHERE is_hint), array_agg(kind) FILTER (WHERE is_hint)
    INTO news, wanted_ids, wanted_kinds FROM stored JOIN given USING (id);
    IF wanted_ids IS NOT NULL THEN
        PERFORM mark_objects(wanted_ids, wanted_kinds);
    END IF;
    RETURN news;
END $$
"""


def upgrade() -> None:
    for name, columns in LINKS.items():
        op.drop_index(name, table_name="stripe_object")
        only = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "stripe_object", list(columns), unique=False, postgresql_where=only)
    op.execute(MARK_OBJECTS)
    op.execute(STORE_MESSAGES)


def downgrade() -> None:
    op.execute("DROP FUNCTION store_messages")
    op.execute("DROP FUNCTION mark_objects")
    for name, columns in LINKS.items():
        op.drop_index(name, table_name="stripe_object")
        op.create_index(name, "stripe_object", list(columns), unique=False)
