"""From a booking to what it was for, as SQL: entry -> charge -> payment intent -> invoice or session -> person.

CHAIN is a clause for FROM that names `e` (the entry) and `found`, with a column for each thing found. Each step is
one look into an index, made only where the step before led on, so that the first row comes at once. It needs
:members and :donations, the products of all campaigns.
"""

# Payment intents came in 2019; what is older has its charge on the invoice.
_PAID = """
    LEFT JOIN stripe_object source ON source.id = e.source_id
    LEFT JOIN stripe_object reversed ON reversed.id = source.charge_id AND source.kind <> 'charge'
    LEFT JOIN LATERAL (SELECT
        CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END AS charge_id,
        CASE WHEN source.kind = 'charge' THEN source.fields ELSE reversed.fields END AS charge,
        coalesce(source.payment_intent_id, reversed.payment_intent_id) AS intent_id
    ) paid ON true
    LEFT JOIN LATERAL (
        SELECT p.invoice_id FROM stripe_object p
        WHERE p.payment_intent_id = paid.intent_id AND p.kind = 'invoice_payment' LIMIT 1
    ) by_intent ON true
    LEFT JOIN LATERAL (
        SELECT p.invoice_id FROM stripe_object p
        WHERE paid.intent_id IS NULL AND p.charge_id = paid.charge_id AND p.kind = 'invoice_payment' LIMIT 1
    ) by_charge ON true
    LEFT JOIN stripe_object invoice ON invoice.id = coalesce(by_intent.invoice_id, by_charge.invoice_id)
    LEFT JOIN LATERAL (
        SELECT s.fields FROM stripe_object s WHERE s.payment_intent_id = paid.intent_id
            AND s.kind = 'checkout.session' AND invoice.subscription_id IS NULL LIMIT 1
    ) session ON true
"""

# What cost nothing brought no money. A member product without months, bought once, is a donation (RULES 1, 6).
_BOUGHT = """
    LEFT JOIN LATERAL (
        SELECT CASE WHEN min(purpose) IS NULL THEN 'other' WHEN min(purpose) = max(purpose) THEN min(purpose)
            ELSE 'mixed' END AS purpose,
            (min(ARRAY[CASE purpose WHEN 'membership' THEN '1' ELSE '2' END, place, price]))[3] AS plan
        FROM (
            SELECT CASE WHEN line ->> 'product' = ANY(:members) THEN 'membership'
                WHEN line ->> 'product' = ANY(:donations) THEN 'donation' ELSE 'other' END AS purpose,
                to_char(place, 'FM00000') AS place, line ->> 'price' AS price
            FROM jsonb_array_elements(invoice.fields -> 'lines') WITH ORDINALITY AS lines (line, place)
            WHERE line ->> 'amount_minor' <> '0'
            UNION ALL
            SELECT CASE WHEN item ->> 'product' = ANY(:donations) THEN 'donation'
                WHEN NOT item ->> 'product' = ANY(:members) OR item ->> 'product' IS NULL THEN 'other'
                WHEN (SELECT product.fields ->> 'membership_months' FROM stripe_object product
                    WHERE product.id = item ->> 'product') IS NULL THEN 'donation' ELSE 'membership' END,
                to_char(place, 'FM00000'), item ->> 'price'
            FROM jsonb_array_elements(session.fields -> 'items') WITH ORDINALITY AS items (item, place)
            WHERE item ->> 'amount_minor' <> '0'
        ) lines
    ) bought ON true
"""
_WHO = """
    LEFT JOIN stripe_object subscription ON subscription.id = invoice.subscription_id
    LEFT JOIN pledge ON pledge.id = coalesce(subscription.fields ->> 'pledge', session.fields ->> 'pledge')
    LEFT JOIN contact ON contact.customer_id = coalesce(paid.charge ->> 'customer', invoice.customer_id)
    LEFT JOIN entry charged ON charged.id = nullif(paid.charge ->> 'balance_transaction', e.id)
    LEFT JOIN stripe_object payout ON payout.id = e.payout_id
        AND CAST(payout.fields ->> 'is_automatic' AS boolean)
"""

# All that the invoice's payments brought and gave back before this entry; what was closed earlier comes first.
_EARLIER = """
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(other.amount_minor), 0) AS minor
        FROM stripe_object p, LATERAL (
            SELECT s.id FROM stripe_object s WHERE s.payment_intent_id = p.payment_intent_id
                AND s.kind IN ('charge', 'refund', 'dispute')
            UNION ALL SELECT p.charge_id WHERE p.payment_intent_id IS NULL
            UNION ALL SELECT s.id FROM stripe_object s
                WHERE p.payment_intent_id IS NULL AND s.charge_id = p.charge_id AND s.kind <> 'invoice_payment'
        ) moved JOIN entry other ON other.source_id = moved.id
        WHERE p.invoice_id = invoice.id AND p.kind = 'invoice_payment' AND invoice.fields ->> 'tax_minor' <> '0'
            AND other.currency = e.currency
            AND (other.booked_month, other.created_at, other.id) < (e.booked_month, e.created_at, e.id)
    ) earlier ON true
"""


def _tax(minor: str) -> str:
    """The invoice's share of tax in what its payments came to so far, in whole minor units."""
    return f"""round(CAST(invoice.fields ->> 'tax_minor' AS numeric) * ({minor})
            / CAST(nullif(invoice.fields ->> 'total_minor', '0') AS numeric))"""


# What went back is below 0, whatever was done: a refund, a dispute, a debit that failed late.
_FACED = """CASE WHEN NOT source.kind IN ('charge', 'refund', 'dispute') THEN NULL
            WHEN source.fields ->> 'currency' = e.currency THEN e.amount_minor
            ELSE CASE WHEN e.amount_minor < 0 THEN -1 ELSE 1 END * CAST(source.fields ->> 'amount_minor' AS bigint)
            END"""
_FOUND = f"""
    CROSS JOIN LATERAL (SELECT
        paid.charge_id, paid.intent_id, invoice.id AS invoice_id, invoice.subscription_id,
        CASE WHEN source.kind = 'refund' THEN source.id END AS refund_id,
        CASE WHEN source.kind = 'dispute' THEN source.id END AS dispute_id,
        coalesce(paid.charge ->> 'customer', invoice.customer_id) AS customer_id,
        {_FACED} AS faced_minor,
        CASE WHEN source.kind IN ('charge', 'refund', 'dispute') THEN source.fields ->> 'currency' END
            AS faced_currency,
        CASE WHEN invoice.fields ->> 'tax_minor' = '0' THEN 0 ELSE coalesce(
            {_tax("earlier.minor + e.amount_minor")} - {_tax("earlier.minor")}, 0) END AS tax_minor,
        payout.id AS payout_id, CAST(payout.fields ->> 'arrives_at' AS timestamptz) AS payout_at,
        coalesce(subscription.fields ->> 'campaign', session.fields ->> 'campaign', pledge.campaign) AS campaign,
        coalesce(pledge.id, subscription.fields ->> 'pledge', session.fields ->> 'pledge') AS pledge_id,
        bought.plan, bought.purpose, coalesce(contact.country, paid.charge ->> 'card_country') AS country,
        paid.charge ->> 'method_type' AS method_type, charged.booked_month AS original_month
    ) found
"""

CHAIN = _PAID + _BOUGHT + _WHO + _EARLIER + _FOUND
