"""The answers as they were before there was a tally: straight from stretches and coverage, scanning them."""

from tracker.core.campaign import Metric
from tracker.projections.statements import PRODUCTS_PAID

COUNTS = {
    Metric.ACTIVE_MEMBERS: """
        SELECT count(*) AS count FROM stretch
        WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at""",
    Metric.NEW_MEMBERS: """
        SELECT count(*) AS count FROM stretch
        WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at AND first_at >= :starts""",
}
"""The count of persons just before an instant, by metric; money is RAISED."""

BRIDGE = """
    SELECT count(*) FILTER (WHERE starts_at >= :since AND starts_at < :until AND starts_at = first_at) AS joined,
        count(*) FILTER (WHERE starts_at >= :since AND starts_at < :until AND starts_at > first_at) AS returned,
        count(*) FILTER (WHERE ends_at >= :since AND ends_at < :until) AS gone
    FROM stretch WHERE campaign = :campaign
"""

MOVEMENTS = """
    SELECT day, CAST(sum(joined) AS integer) AS joined, CAST(sum(returned) AS integer) AS returned,
        CAST(sum(gone) AS integer) AS gone, bool_or(inferred) AS inferred
    FROM (
        SELECT starts_on AS day, CAST(starts_at = first_at AS integer) AS joined,
            CAST(starts_at > first_at AS integer) AS returned, 0 AS gone, inferred
        FROM stretch WHERE campaign = :campaign AND starts_on BETWEEN :first AND :last AND starts_at < :until
        UNION ALL
        SELECT ends_on, 0, 0, 1, inferred
        FROM stretch WHERE campaign = :campaign AND ends_on BETWEEN :first AND :last AND ends_at < :until
    ) moved GROUP BY day
"""

NEIGHBOURS = """
    WITH covered AS (
        SELECT person_id FROM stretch WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at
    ), standing AS (
        SELECT person_id, bool_or(kind = 'term') AS has_term, bool_or(kind = 'grace') AS has_grace,
            bool_or(kind = 'free') AS has_free,
            bool_and(starts_with(membership_id, 'offline:')) FILTER (WHERE kind <> 'free') AS is_offline
        FROM coverage WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at GROUP BY person_id
    )
    SELECT
        (SELECT count(DISTINCT coalesce(customer_id, id)) FROM stripe_object s WHERE kind = 'checkout.session'
            AND fields ->> 'status' = 'complete' AND fields ->> 'payment_status' = 'unpaid'
            AND NOT EXISTS (SELECT 1 FROM covered WHERE person_id = coalesce(s.customer_id, s.id))
            AND NOT EXISTS (
                SELECT 1 FROM stripe_object i WHERE i.kind = 'payment_intent'
                AND i.fields ->> 'status' NOT IN ('processing', 'succeeded') AND (i.id = s.payment_intent_id
                    OR i.id IN (SELECT p.payment_intent_id FROM stripe_object p WHERE p.invoice_id = s.invoice_id
                        AND p.kind = 'invoice_payment')))
        ) AS pending,
        (SELECT count(*) FROM pledge WHERE campaign = :campaign AND state = 'open' AND created_at < :at)
            + (SELECT count(*) FROM offline_record WHERE campaign = :campaign AND withdrawn_at IS NULL
                AND amount_minor > 0 AND paid_on IS NULL AND recorded_at < :at) AS pledges_open,
        count(*) FILTER (WHERE has_free AND NOT has_term AND NOT has_grace) AS complimentary,
        count(*) FILTER (WHERE has_grace AND NOT has_term) AS in_grace,
        count(*) FILTER (WHERE is_offline) AS offline,
        (SELECT coalesce(sum(alike), 0) FROM (
            SELECT count(*) AS alike FROM covered JOIN contact ON customer_id = person_id
            WHERE email IS NOT NULL GROUP BY lower(email) HAVING count(*) > 1) same) AS possible_duplicates
    FROM standing
"""

SOURCES = """
    WITH pledged AS (
        SELECT id, :by AS key, created_at FROM pledge WHERE campaign = :campaign
    ), asked AS (
        SELECT key, count(*) AS pledges FROM pledged
        WHERE created_at >= :since AND created_at < :until GROUP BY key
    ), came AS (
        SELECT coalesce(p.key, '') AS key, count(*) AS joined,
            count(*) FILTER (WHERE s.starts_at <= :ripe) AS ripe,
            count(*) FILTER (WHERE s.starts_at <= :ripe AND EXISTS (
                SELECT 1 FROM stretch r WHERE r.campaign = s.campaign AND r.person_id = s.person_id
                AND r.starts_at < s.starts_at + interval '90 days'
                AND r.ends_at >= s.starts_at + interval '90 days')) AS retained
        FROM stretch s LEFT JOIN pledged p ON p.id = s.pledge_id
        WHERE s.campaign = :campaign AND s.starts_at = s.first_at
            AND s.starts_at >= :since AND s.starts_at < :until
        GROUP BY 1
    ), seen AS (
        SELECT :by AS key, coalesce(sum(count) FILTER (WHERE kind = 'view'), 0) AS views,
            coalesce(sum(count) FILTER (WHERE kind = 'click'), 0) AS clicks
        FROM attention WHERE campaign = :campaign AND day BETWEEN :first AND :last AND NOT is_bot
        GROUP BY 1
    )
    SELECT key, coalesce(views, 0)::bigint AS views, coalesce(clicks, 0)::bigint AS clicks,
        coalesce(pledges, 0) AS pledges, coalesce(joined, 0) AS joined, coalesce(ripe, 0) AS ripe,
        coalesce(retained, 0) AS retained
    FROM came FULL JOIN asked USING (key) FULL JOIN seen USING (key) ORDER BY joined DESC, views DESC, key
"""

RAISED = f"""
    SELECT currency, CAST(sum(amount_minor) AS bigint) AS count, bool_or(is_offline) AS is_offline FROM (
        SELECT e.currency, e.amount_minor, false AS is_offline FROM entry e
        LEFT JOIN stripe_object source ON source.id = e.source_id
        LEFT JOIN stripe_object charge ON charge.id = source.charge_id
        CROSS JOIN LATERAL (
            SELECT min(purpose) AS purpose FROM ({PRODUCTS_PAID}) found HAVING count(DISTINCT purpose) = 1
        ) known
        WHERE e.created_at >= :starts AND e.created_at < :at AND purpose IN ('membership', 'donation')
          AND e.reporting_category IN ('charge', 'charge_failure', 'refund', 'refund_failure', 'dispute',
              'dispute_reversal')
        UNION ALL
        SELECT o.currency, o.amount_minor, true FROM offline_record o
        WHERE o.campaign = :campaign AND o.withdrawn_at IS NULL AND o.amount_minor > 0
          AND o.paid_on >= :first_day AND CAST(o.paid_on AS timestamp) AT TIME ZONE :zone < :at
    ) received GROUP BY currency, is_offline
"""
"""RULES 4: what came in since the first day, by currency; receipts outside Stripe apart."""
