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

_ACTIVE = """
    SELECT DISTINCT customer_id AS id FROM stripe_object
    WHERE kind = 'subscription' AND fields ->> 'status' IN ('active', 'past_due', 'trialing')
"""
_OURS = """
    SELECT person_id AS id FROM stretch WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at
"""
STRIPE_BRIDGE = {
    "stripe_active": _ACTIVE,
    "active_at_stripe_but_not_covered": f"{_ACTIVE} EXCEPT {_OURS} ORDER BY 1",
    "covered_but_not_active_at_stripe": f"{_OURS} EXCEPT {_ACTIVE} ORDER BY 1",
    "ours": _OURS,
}
"""stripe_active - active_at_stripe_but_not_covered + covered_but_not_active_at_stripe = ours, always."""

BOOKED_MONTHS = """
    SELECT booked_month AS month, currency, count(*) AS count,
        coalesce(sum(amount_minor) FILTER (WHERE NOT is_payout), 0) AS gross,
        coalesce(sum(fee_minor) FILTER (WHERE NOT is_payout), 0) AS fee,
        coalesce(sum(net_minor) FILTER (WHERE NOT is_payout), 0) AS net,
        -coalesce(sum(net_minor) FILTER (WHERE is_payout), 0) AS paid_out
    FROM (SELECT *, reporting_category IN ('payout', 'payout_reversal') AS is_payout FROM entry) booked
    GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""

TRANSACTIONS = """
    SELECT e.id, e.created_at, e.available_on, e.reporting_category, e.type, e.currency, e.amount_minor,
        e.fee_minor, e.net_minor, e.exchange_rate, e.source_id, e.description,
        CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END AS charge_id,
        coalesce(source.payment_intent_id, charge.payment_intent_id) AS payment_intent_id,
        CASE WHEN source.kind = 'refund' THEN source.id END AS refund_id,
        CASE WHEN source.kind = 'dispute' THEN source.id END AS dispute_id,
        CASE WHEN source.kind IN ('refund', 'dispute') THEN -1 ELSE 1 END
            * CAST(source.fields ->> 'amount_minor' AS bigint) AS faced_minor,
        CASE WHEN source.fields ? 'amount_minor' THEN source.fields ->> 'currency' END AS faced_currency,
        invoice.id AS invoice_id,
        CAST(invoice.fields ->> 'tax_minor' AS bigint) AS tax_minor,
        CAST(invoice.fields ->> 'total_minor' AS bigint) AS total_minor,
        coalesce(invoice.subscription_id, source.subscription_id) AS subscription_id,
        coalesce(charge.customer_id, source.customer_id) AS customer_id,
        CASE WHEN CAST(payout.fields ->> 'is_automatic' AS boolean) THEN e.payout_id END AS payout_id,
        CASE WHEN CAST(payout.fields ->> 'is_automatic' AS boolean) THEN payout.fields ->> 'arrives_at' END
            AS payout_at,
        coalesce(subscription.fields ->> 'campaign', pledge.campaign) AS campaign,
        coalesce(pledge.id, subscription.fields ->> 'pledge') AS pledge_id,
        invoice.fields -> 'lines' -> 0 ->> 'price' AS plan,
        ARRAY(SELECT line ->> 'product' FROM jsonb_array_elements(invoice.fields -> 'lines') line) AS products,
        coalesce(contact.country, charge.fields ->> 'card_country') AS country,
        charge.fields ->> 'method_type' AS method_type,
        CASE WHEN charged.id <> e.id THEN charged.booked_month END AS original_month
    FROM entry e
    LEFT JOIN stripe_object source ON source.id = e.source_id
    LEFT JOIN stripe_object charge
        ON charge.id = CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END
    LEFT JOIN LATERAL (
        SELECT invoice_id FROM stripe_object paid
        WHERE paid.payment_intent_id = coalesce(source.payment_intent_id, charge.payment_intent_id)
            AND paid.kind = 'invoice_payment' LIMIT 1
    ) paid ON true
    LEFT JOIN stripe_object invoice ON invoice.id = paid.invoice_id
    LEFT JOIN stripe_object subscription ON subscription.id = invoice.subscription_id
    LEFT JOIN pledge ON pledge.id = subscription.fields ->> 'pledge'
    LEFT JOIN contact ON contact.customer_id = coalesce(charge.customer_id, source.customer_id)
    LEFT JOIN entry charged ON charged.id = charge.fields ->> 'balance_transaction'
    LEFT JOIN stripe_object payout ON payout.id = e.payout_id
    WHERE e.booked_month = :month
    ORDER BY e.created_at, e.id
"""
