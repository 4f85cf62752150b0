"""What deferred revenue is worked out from, as SQL: payments that are alike are told once, with their count."""

_CHARGE = """
    coalesce(CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END,
        (SELECT min(c.id) FROM stripe_object c
            WHERE c.payment_intent_id = source.payment_intent_id AND c.kind = 'charge'), e.id)
"""
"""The charge that an entry is about; the entry itself where there is none."""

_PAID = f"""
    SELECT charge_id, currency, bool_or(is_now) AS is_now, min(intent) AS intent,
        CAST(coalesce(min(created_at) FILTER (WHERE is_billing), min(created_at)) AT TIME ZONE :zone AS date)
            AS bought_on,
        jsonb_agg(jsonb_build_array(day, is_billing, amount_minor) ORDER BY day, amount_minor) AS movements
    FROM (
        SELECT e.currency, e.created_at, e.amount_minor, e.booked_month = :month AS is_now,
            e.reporting_category = 'charge' AS is_billing, {_CHARGE} AS charge_id,
            source.payment_intent_id AS intent,
            least(greatest(CAST(e.created_at AT TIME ZONE :zone AS date), month.first), month.last) AS day
        FROM entry e LEFT JOIN stripe_object source ON source.id = e.source_id
        JOIN (
            SELECT month, CAST(month || '-01' AS date) AS first,
                CAST(CAST(month || '-01' AS date) + interval '1 month' AS date) - 1 AS last
            FROM (SELECT DISTINCT booked_month AS month FROM entry) months
        ) month ON month.month = e.booked_month
        WHERE e.reporting_category = ANY(:categories) AND e.booked_month <= :month
    ) booked GROUP BY charge_id, currency
"""  # noqa: S608  our own text
"""One row a charge and settlement currency: what was booked of it on which day.

What is booked late counts from the first day of its booked month on (RULES 7).
"""

_DAY_OF = "CAST(CAST(line ->> '{}' AS timestamptz) AT TIME ZONE :zone AS date)"
_INVOICE_DAYS = f"""
    SELECT span.first, greatest(span.over - span.first,
        CAST(line ->> 'period_end_at' > line ->> 'period_start_at' AS int)) AS days
    FROM (SELECT {_DAY_OF.format("period_start_at")} AS first, {_DAY_OF.format("period_end_at")} AS over) span
"""  # noqa: S608  our own text
_ONCE_DAYS = """
    SELECT coalesce(CAST(CAST(:chained AS jsonb) #>> ARRAY[key, 'first'] AS date), paid.bought_on) AS first,
        coalesce(CAST(CAST(:chained AS jsonb) #>> ARRAY[key, 'days'] AS int), CAST(paid.bought_on
            + make_interval(months => CAST(CAST(:months AS jsonb) ->> (line ->> 'product') AS int)) AS date)
            - paid.bought_on, 0) AS days
    FROM (SELECT session.id || ' ' || coalesce(line ->> 'product', '') AS key) one
"""
"""What was bought once has the days of its product's months; without months it counts at receipt."""

PAYMENTS = f"""
    SELECT currency, lines, movements, ended_on, tax_minor, total_minor, count(*) AS count FROM (
        SELECT paid.currency, paid.movements, found.lines,
            CASE WHEN ended.day < found.over_on THEN ended.day END AS ended_on,
            CAST(invoice.fields ->> 'tax_minor' AS bigint) AS tax_minor,
            CASE WHEN invoice.fields ->> 'tax_minor' <> '0'
                THEN CAST(invoice.fields ->> 'total_minor' AS bigint) END AS total_minor
        FROM ({_PAID}) paid
        CROSS JOIN LATERAL (
            SELECT min(p.invoice_id) FILTER (WHERE p.kind = 'invoice_payment') AS invoice_id,
                min(p.id) FILTER (WHERE p.kind = 'checkout.session' AND p.fields ->> 'mode' = 'payment'
                    AND p.fields -> 'items' -> 0 IS NOT NULL) AS session_id
            FROM stripe_object p WHERE p.payment_intent_id = coalesce(paid.intent,
                (SELECT c.payment_intent_id FROM stripe_object c WHERE c.id = paid.charge_id))
        ) by_intent
        LEFT JOIN stripe_object session ON session.id = by_intent.session_id
        LEFT JOIN stripe_object invoice ON invoice.id = coalesce(by_intent.invoice_id, (
            SELECT min(p.invoice_id) FROM stripe_object p
            WHERE p.charge_id = paid.charge_id AND p.kind = 'invoice_payment'))
        LEFT JOIN (
            SELECT id, CAST(CAST(fields ->> 'ended_at' AS timestamptz) AT TIME ZONE :zone AS date) AS day
            FROM stripe_object WHERE kind = 'subscription' AND fields ->> 'ended_at' IS NOT NULL
        ) ended ON ended.id = invoice.subscription_id
        CROSS JOIN LATERAL (
            SELECT max(span.first + span.days) AS over_on, jsonb_agg(jsonb_build_array(
                coalesce(line ->> 'product', ''), line -> 'amount_minor', span.first, span.days)) AS lines
            FROM jsonb_array_elements(coalesce(session.fields -> 'items', invoice.fields -> 'lines')) line
            CROSS JOIN LATERAL (
                SELECT * FROM ({_INVOICE_DAYS}) invoiced WHERE session.id IS NULL
                UNION ALL SELECT * FROM ({_ONCE_DAYS}) once WHERE session.id IS NOT NULL
            ) span
        ) found
        WHERE paid.is_now OR found.over_on > :first
    ) payment
    GROUP BY currency, lines, movements, ended_on, tax_minor, total_minor
"""  # noqa: S608  our own text
"""What was paid with all that became of it, as far as it moves or is deferred in the month: alike ones once."""

PURCHASES = """
    WITH bought AS (
        SELECT session.id AS session, item ->> 'product' AS product,
            coalesce(link.main_id, session.customer_id, session.id) AS person, session.payment_intent_id AS intent
        FROM stripe_object session CROSS JOIN LATERAL jsonb_array_elements(session.fields -> 'items') item
        LEFT JOIN person_link link ON link.person_id = coalesce(session.customer_id, session.id)
        WHERE session.kind = 'checkout.session' AND session.fields ->> 'mode' = 'payment'
            AND session.fields ->> 'payment_status' = 'paid'
            AND jsonb_exists(CAST(:months AS jsonb), item ->> 'product')
            AND CAST(item ->> 'amount_minor' AS bigint) > 0
        GROUP BY session.id, item ->> 'product', link.main_id
    ), again AS (
        SELECT *, count(*) OVER (PARTITION BY person, product) AS times FROM bought
    )
    SELECT person, product, session, booked.at AS booked_at, booked.amount_minor, gone.ats, gone.amounts
    FROM again
    JOIN LATERAL (
        SELECT min(charge.id) AS charge_id, min(e.created_at) AS at, sum(e.amount_minor) AS amount_minor
        FROM stripe_object charge JOIN entry e ON e.source_id = charge.id AND e.reporting_category = 'charge'
        WHERE charge.payment_intent_id = again.intent AND charge.kind = 'charge'
    ) booked ON booked.at IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT array_agg(e.created_at ORDER BY e.created_at, e.id) AS ats,
            array_agg(e.amount_minor ORDER BY e.created_at, e.id) AS amounts
        FROM stripe_object source JOIN entry e ON e.source_id = source.id
        WHERE (source.id = booked.charge_id OR source.charge_id = booked.charge_id)
            AND e.reporting_category <> 'charge' AND e.reporting_category = ANY(:categories)
    ) gone
    WHERE times > 1
    ORDER BY person, product, booked_at, session
"""
"""Terms of one product that one person bought once, and again: they follow each other (RULES 1)."""

PRODUCTS = """
    SELECT id, fields ->> 'revenue' AS revenue, CAST(fields ->> 'membership_months' AS int) AS months
    FROM stripe_object WHERE kind = 'product' AND fields IS NOT NULL
"""

BOOKED = """
    SELECT currency, sum(amount_minor) AS amount_minor FROM entry
    WHERE booked_month = :month AND reporting_category = ANY(:categories) GROUP BY currency
"""
