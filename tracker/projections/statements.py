"""The questions of queries.py as SQL; each uses an index, none reads raw objects but one by its id."""

PRODUCTS_PAID = """
    SELECT CASE WHEN line ->> 'product' = ANY(:members) THEN 'membership'
        WHEN line ->> 'product' = ANY(:donations) THEN 'donation' ELSE 'other' END AS purpose
    FROM stripe_object paid JOIN stripe_object invoice ON invoice.id = paid.invoice_id,
        jsonb_array_elements(invoice.fields -> 'lines') line
    WHERE paid.kind = 'invoice_payment' AND line ->> 'amount_minor' <> '0'
        AND paid.payment_intent_id = coalesce(source.payment_intent_id, charge.payment_intent_id)
    UNION
    SELECT CASE WHEN item ->> 'product' = ANY(:donations) THEN 'donation'
        WHEN NOT item ->> 'product' = ANY(:members) OR item ->> 'product' IS NULL THEN 'other'
        WHEN (SELECT product.fields ->> 'membership_months' FROM stripe_object product
            WHERE product.id = item ->> 'product') IS NULL THEN 'donation' ELSE 'membership' END
    FROM stripe_object bought, jsonb_array_elements(bought.fields -> 'items') item
    WHERE bought.kind = 'checkout.session' AND item ->> 'amount_minor' <> '0'
        AND bought.payment_intent_id = coalesce(source.payment_intent_id, charge.payment_intent_id)
"""
"""The purposes on the invoice or session behind an entry (RULES 6): what cost nothing brought no money.

A member product without months, bought once, is a donation (RULES 1).
"""

NEIGHBOURS = """
    SELECT
        (SELECT count(DISTINCT coalesce(customer_id, id)) FROM stripe_object s WHERE kind = 'checkout.session'
            AND fields ->> 'status' = 'complete' AND fields ->> 'payment_status' = 'unpaid'
            AND NOT EXISTS (SELECT 1 FROM stretch WHERE campaign = :campaign
                AND person_id = coalesce(s.customer_id, s.id) AND starts_at < :at AND ends_at >= :at)
            AND NOT EXISTS (
                SELECT 1 FROM stripe_object i WHERE i.kind = 'payment_intent'
                AND i.fields ->> 'status' NOT IN ('processing', 'succeeded') AND (i.id = s.payment_intent_id
                    OR i.id IN (SELECT p.payment_intent_id FROM stripe_object p WHERE p.invoice_id = s.invoice_id
                        AND p.kind = 'invoice_payment')))
        ) AS pending,
        (SELECT count(*) FROM pledge WHERE campaign = :campaign AND state = 'open' AND created_at < :at)
            + (SELECT count(*) FROM offline_record WHERE campaign = :campaign AND withdrawn_at IS NULL
                AND amount_minor > 0 AND paid_on IS NULL AND recorded_at < :at) AS pledges_open,
        (SELECT count(*) FROM standing WHERE campaign = :campaign AND standing = 'free'
            AND starts_at < :at AND ends_at >= :at) AS complimentary,
        (SELECT count(*) FROM standing WHERE campaign = :campaign AND standing = 'grace'
            AND starts_at < :at AND ends_at >= :at) AS in_grace,
        (SELECT count(*) FROM standing WHERE campaign = :campaign AND standing = 'offline'
            AND starts_at < :at AND ends_at >= :at) AS offline,
        (SELECT coalesce(sum(alike), 0) FROM (
            SELECT count(*) AS alike FROM contact c WHERE has_twin AND email IS NOT NULL
                AND EXISTS (SELECT 1 FROM stretch WHERE campaign = :campaign AND person_id = c.customer_id
                    AND starts_at < :at AND ends_at >= :at)
            GROUP BY lower(email) HAVING count(*) > 1) same) AS possible_duplicates
"""
"""The figures beside the count (RULES 4). `has_twin` is but a short list: the e-mails are compared here."""

INFERRED = """
    SELECT CAST(since AT TIME ZONE :zone AS date) AS first,
        CAST(at AT TIME ZONE :zone AS date) AS last
    FROM transition WHERE inferred
"""

SOURCES = """
    WITH asked AS (
        SELECT :which AS dimension, :key AS key, count(*) AS pledges FROM pledge
        WHERE campaign = :campaign AND created_at >= :since AND created_at < :until GROUP BY GROUPING SETS (:sets)
    ), live AS (
        SELECT dimension, key, starts_at, person_id FROM segment, LATERAL (VALUES :pairs) AS told (dimension, key)
        WHERE campaign = :campaign AND begins = 'joined' AND starts_at < :until
            AND (starts_at >= :live_since OR starts_at >= :ripe_since AND starts_at <= :ripe)
    ), came AS (
        SELECT dimension, key, sum(joined) AS joined, sum(ripe) AS ripe, sum(retained) AS retained FROM (
            SELECT split_part(measure, ':', 2) AS dimension, key, n AS joined,
                CASE WHEN day < :ripe_day THEN n ELSE 0 END AS ripe, 0 AS retained
            FROM tally WHERE campaign = :campaign AND measure = ANY(:joined) AND day BETWEEN :first AND :whole
            UNION ALL
            SELECT split_part(measure, ':', 2), key, 0, 0, n FROM tally
            WHERE campaign = :campaign AND measure = ANY(:retained)
                AND day BETWEEN :first AND :whole AND day < :ripe_day
            UNION ALL
            SELECT dimension, key, 1, 0, 0 FROM live WHERE starts_at >= :live_since
            UNION ALL
            SELECT dimension, key, 0, 1, CASE WHEN EXISTS (
                SELECT 1 FROM stretch r WHERE r.campaign = :campaign AND r.person_id = live.person_id
                AND r.starts_at < live.starts_at + interval '90 days'
                AND r.ends_at >= live.starts_at + interval '90 days') THEN 1 ELSE 0 END
            FROM live WHERE starts_at >= :ripe_since AND starts_at <= :ripe
        ) parts GROUP BY 1, 2
    ), seen AS (
        SELECT :which AS dimension, :key AS key, coalesce(sum(n) FILTER (WHERE kind = 'view'), 0) AS views,
            coalesce(sum(n) FILTER (WHERE kind = 'click'), 0) AS clicks
        FROM (SELECT article, placement, embed, kind, sum(count) AS n FROM attention
            WHERE campaign = :campaign AND day BETWEEN :first AND :last AND NOT is_bot GROUP BY 1, 2, 3, 4) places
        GROUP BY GROUPING SETS (:sets)
    )
    SELECT dimension, key, coalesce(views, 0)::bigint AS views, coalesce(clicks, 0)::bigint AS clicks,
        coalesce(pledges, 0) AS pledges, coalesce(joined, 0)::bigint AS joined, coalesce(ripe, 0)::bigint AS ripe,
        coalesce(retained, 0)::bigint AS retained
    FROM came FULL JOIN asked USING (dimension, key) FULL JOIN seen USING (dimension, key)
    ORDER BY joined DESC, views DESC, key
"""
"""Whole days come from the tally; the day that ends now, and the one that is 90 days back, person by person."""

MACHINE_VIEWS = """
    SELECT coalesce(sum(count), 0)::bigint AS views FROM attention
    WHERE campaign = :campaign AND day BETWEEN :first AND :last AND is_bot AND kind = 'view'
"""

RESOLVED = """
    SELECT (SELECT count(DISTINCT subscription_id) FROM stripe_object WHERE kind = 'invoice') AS done,
        (SELECT count(*) FROM stripe_object WHERE kind = 'subscription') AS total
"""

_AT_STRIPE = """
    SELECT o.customer_id AS id, coalesce(l.main_id, o.customer_id) AS person,
        bool_or(EXISTS (SELECT 1 FROM jsonb_array_elements(o.fields -> 'items') item
            WHERE item ->> 'product' = ANY(:members))) AS is_member,
        bool_and(o.fields ->> 'status' = 'trialing') AS is_trial
    FROM stripe_object o LEFT JOIN person_link l ON l.person_id = o.customer_id
    WHERE o.kind = 'subscription' AND o.fields ->> 'status' IN ('active', 'past_due', 'trialing') GROUP BY 1, 2
"""
BRIDGE_STEPS = (
    "stripe_active",
    "linked_to_another",
    "other_products",
    "in_trial",
    "free",
    "nothing_paid_in_force",
    "in_grace",
    "one_off",
    "offline",
    "paid_and_not_active_at_stripe",
    "ours",
)
STRIPE_BRIDGE = f"""
    WITH at_stripe AS ({_AT_STRIPE}), ours AS (
        SELECT person_id AS id FROM stretch WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at
    ), standing AS (
        SELECT person_id AS id, bool_or(kind = 'free') AS has_free, bool_or(kind = 'term') AS has_term,
            bool_or(starts_with(membership_id, 'offline:')) AS is_offline,
            bool_or(starts_with(membership_id, 'cs_')) AS is_one_off
        FROM coverage WHERE campaign = :campaign AND starts_at < :at AND ends_at >= :at GROUP BY 1
    ), persons AS (SELECT DISTINCT ON (person) person AS id, is_member, is_trial FROM at_stripe
        ORDER BY person, is_member DESC, is_trial
    )
    SELECT 'stripe_active' AS step, id, 0 AS sign FROM at_stripe
    UNION ALL SELECT 'linked_to_another', id, -1 FROM (
        SELECT id FROM at_stripe a
        WHERE EXISTS (SELECT 1 FROM at_stripe b WHERE b.person = a.person AND b.id < a.id)
    ) twice
    UNION ALL SELECT CASE WHEN NOT p.is_member THEN 'other_products' WHEN p.is_trial THEN 'in_trial'
        WHEN coalesce(s.has_free, false) THEN 'free' ELSE 'nothing_paid_in_force' END, p.id, -1
        FROM persons p LEFT JOIN standing s USING (id) WHERE NOT EXISTS (SELECT 1 FROM ours WHERE ours.id = p.id)
    UNION ALL SELECT CASE WHEN s.is_offline THEN 'offline' WHEN s.is_one_off THEN 'one_off'
        WHEN NOT s.has_term THEN 'in_grace' ELSE 'paid_and_not_active_at_stripe' END, o.id, 1
        FROM ours o JOIN standing s USING (id) WHERE NOT EXISTS (SELECT 1 FROM persons WHERE persons.id = o.id)
    UNION ALL SELECT 'ours', id, 0 FROM ours
"""  # noqa: S608  our own text
"""From Stripe's active subscribers to our count: each step's ids and the sign they are counted with; it closes."""

BOOKED_MONTHS = """
    SELECT booked_month AS month, currency, count(*) AS count,
        coalesce(sum(amount_minor) FILTER (WHERE NOT is_payout), 0) AS gross,
        coalesce(sum(fee_minor) FILTER (WHERE NOT is_payout), 0) AS fee,
        coalesce(sum(net_minor) FILTER (WHERE NOT is_payout), 0) AS net,
        -coalesce(sum(net_minor) FILTER (WHERE is_payout), 0) AS paid_out
    FROM (SELECT *, reporting_category IN ('payout', 'payout_reversal') AS is_payout FROM entry) booked
    GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""
