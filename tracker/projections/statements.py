"""The questions of queries.py as SQL; each uses an index, none reads raw objects but one by its id."""

from tracker.core.campaign import Metric

COUNTS = {
    Metric.ACTIVE_MEMBERS: """
        SELECT count(*) AS count FROM stretch
        WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at""",
    Metric.NEW_MEMBERS: """
        SELECT count(*) AS count FROM stretch
        WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at AND first_at >= :starts""",
    Metric.AMOUNT_RAISED: """
        SELECT coalesce(sum(e.amount_minor), 0) AS count FROM entry e
        WHERE e.currency = :currency AND e.created_at >= :starts AND e.created_at < :at
          AND e.reporting_category IN ('charge', 'charge_failure', 'refund', 'refund_failure', 'dispute',
              'dispute_reversal')""",
}

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
    )
    SELECT
        (SELECT count(*) FROM stripe_object WHERE kind = 'checkout.session'
            AND fields ->> 'status' = 'complete' AND fields ->> 'payment_status' = 'unpaid') AS pending,
        (SELECT count(*) FROM pledge WHERE campaign = :campaign AND state = 'open' AND created_at < :at)
            AS pledges_open,
        (SELECT count(DISTINCT person_id) FROM coverage c WHERE campaign = :campaign AND kind = 'free'
            AND starts_at < :at AND ends_at >= :at
            AND NOT EXISTS (SELECT 1 FROM covered WHERE covered.person_id = c.person_id)) AS complimentary,
        (SELECT count(DISTINCT person_id) FROM coverage c WHERE campaign = :campaign AND kind = 'grace'
            AND starts_at < :at AND ends_at >= :at AND NOT EXISTS (
                SELECT 1 FROM coverage t WHERE t.campaign = :campaign AND t.person_id = c.person_id
                AND t.kind = 'term' AND t.starts_at < :at AND t.ends_at >= :at)) AS in_grace,
        (SELECT coalesce(sum(alike), 0) FROM (
            SELECT count(*) AS alike FROM covered JOIN contact ON customer_id = person_id
            WHERE email IS NOT NULL GROUP BY lower(email) HAVING count(*) > 1) same) AS possible_duplicates
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
    )
    SELECT coalesce(came.key, asked.key) AS key, coalesce(pledges, 0) AS pledges, coalesce(joined, 0) AS joined,
        coalesce(ripe, 0) AS ripe, coalesce(retained, 0) AS retained
    FROM came FULL JOIN asked USING (key) ORDER BY joined DESC, key
"""

RESOLVED = """
    SELECT (SELECT count(DISTINCT subscription_id) FROM stripe_object WHERE kind = 'invoice') AS done,
        (SELECT count(*) FROM stripe_object WHERE kind = 'subscription') AS total
"""

PRICE = """
    SELECT CAST(fields ->> 'unit_amount_minor' AS bigint) AS amount, fields ->> 'currency' AS currency,
        fields ->> 'interval' AS interval
    FROM stripe_object WHERE id = :price AND kind = 'price' AND CAST(fields ->> 'active' AS boolean)
"""

MEMBERSHIP_OF = """
    SELECT s.starts_at, s.ends_at, s.plan FROM stripe_object o
    JOIN stretch s ON s.campaign = :campaign AND s.person_id = o.customer_id
    WHERE o.id = :session AND o.kind = 'checkout.session' AND s.starts_at < :at AND s.ends_at >= :at
    ORDER BY s.starts_at DESC LIMIT 1
"""
