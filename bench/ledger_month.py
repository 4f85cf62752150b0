"""A month of the books of a very large publisher, written straight into the ledger's tables by SQL.

Every entry has its whole chain: charge, invoice with lines and tax, its payment, subscription, contact, payout;
gifts have a session and a pledge, refunds and disputes their charge. Ids are ordered by time, as Stripe's are.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.ledger import campaigns, landmarks
from tracker.projections.finance.cut import Cut


def fill(session: Session, campaign: Campaign, cut: Cut, entries: int) -> None:
    """Write so many entries into the month of `cut`, in empty tables, and commit."""
    campaigns.put(session, campaign)
    for name in (landmarks.WHOLE, landmarks.LEDGER_WHOLE, landmarks.AS_OF, landmarks.CONNECTED):
        landmarks.put(session, name, cut.now - timedelta(days=60 if name != landmarks.AS_OF else 0))
    values = {"entries": entries, "since": cut.since, "until": cut.until, "month": cut.month}
    values |= {"campaign": campaign.slug, "zone": cut.zone.key}
    session.execute(text("SELECT setseed(0.25)"))
    for statement in (DRAWN, *OBJECTS, *ENTRIES):
        asked = {name: value for name, value in values.items() if f":{name}" in statement}
        session.execute(text(statement), asked)
    session.commit()
    with session.get_bind().engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


DRAWN = """
    CREATE TEMP TABLE drawn ON COMMIT DROP AS
    SELECT n, lpad(to_hex(n), 8, '0') || 'LkdIwHu7ix' || substr(md5(CAST(n AS text)), 1, 6) AS key,
        date_trunc('second', CAST(:since AS timestamptz)
            + n / (:entries + 1.0) * (CAST(:until AS timestamptz) - CAST(:since AS timestamptz))) AS at,
        CASE WHEN fate < 0.95 THEN 'renewal' WHEN fate < 0.98 THEN 'gift' WHEN fate < 0.995 THEN 'refund'
            WHEN fate < 0.997 THEN 'dispute' ELSE 'fee' END AS what,
        CASE WHEN plan < 0.6 THEN 600 WHEN plan < 0.9 THEN 1200 ELSE 6000 END AS amount,
        CASE WHEN plan < 0.6 THEN 'price_monthly' WHEN plan < 0.9 THEN 'price_plus' ELSE 'price_yearly' END
            AS plan,
        plan > 0.97 AS is_foreign, CAST(ceil(30 * n / :entries) AS integer) AS payout
    FROM (SELECT n, random() AS fate, random() AS plan FROM generate_series(1, :entries) AS n) rolled
"""
_TEXT_AT = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
_CHARGE = f"""
    INSERT INTO stripe_object (id, kind, done, customer_id, payment_intent_id, fields)
    SELECT 'ch_' || key, 'charge', 1, 'cus_' || key, 'pi_' || key, jsonb_build_object('id', 'ch_' || key,
        'customer', 'cus_' || key, 'payment_intent', 'pi_' || key, 'status', 'succeeded',
        'currency', CASE WHEN is_foreign THEN 'USD' ELSE 'EUR' END, 'amount_minor', amount,
        'created_at', {_TEXT_AT}, 'method_type', 'card', 'card_country', 'UA',
        'balance_transaction', 'txn_' || key, 'failure_entry', NULL)
    FROM drawn WHERE what <> 'fee'
"""
_INVOICE = f"""
    INSERT INTO stripe_object (id, kind, done, customer_id, subscription_id, fields)
    SELECT 'in_' || key, 'invoice', 1, 'cus_' || key, 'sub_' || key, jsonb_build_object('id', 'in_' || key,
        'customer', 'cus_' || key, 'subscription', 'sub_' || key, 'status', 'paid',
        'currency', CASE WHEN is_foreign THEN 'USD' ELSE 'EUR' END, 'total_minor', amount,
        'tax_minor', amount / 6, 'credited_before_minor', 0, 'credited_after_minor', 0,
        'created_at', {_TEXT_AT}, 'finalized_at', {_TEXT_AT}, 'paid_at', {_TEXT_AT}, 'voided_at', NULL,
        'uncollectible_at', NULL, 'lines', jsonb_build_array(jsonb_build_object('id', 'il_' || key,
            'product', 'prod_member', 'price', plan, 'amount_minor', amount - amount / 6, 'quantity', 1,
            'period_start_at', {_TEXT_AT}, 'period_end_at', {_TEXT_AT}, 'subscription', 'sub_' || key)))
    FROM drawn WHERE what NOT IN ('fee', 'gift')
"""
OBJECTS = (
    _CHARGE,
    _INVOICE,
    """
    INSERT INTO stripe_object (id, kind, done, invoice_id, payment_intent_id, fields)
    SELECT 'inpay_' || key, 'invoice_payment', 1, 'in_' || key, 'pi_' || key, jsonb_build_object(
        'id', 'inpay_' || key, 'invoice', 'in_' || key, 'status', 'paid', 'payment_intent', 'pi_' || key,
        'charge', NULL, 'amount_minor', amount)
    FROM drawn WHERE what NOT IN ('fee', 'gift')
    """,
    """
    INSERT INTO stripe_object (id, kind, done, customer_id, fields)
    SELECT 'sub_' || key, 'subscription', 1, 'cus_' || key, jsonb_build_object('id', 'sub_' || key,
        'customer', 'cus_' || key, 'status', 'active', 'created_at', '2024-05-06T07:08:09Z', 'ended_at', NULL,
        'cancel_at', NULL, 'cancel_at_period_end', false, 'canceled_at', NULL, 'paused_at', NULL,
        'collection_paused', NULL, 'trial_end_at', NULL, 'pledge', 'plg_' || key,
        'campaign', CAST(:campaign AS text),
        'items', jsonb_build_array(jsonb_build_object('product', 'prod_member', 'price', plan, 'quantity', 1,
            'interval', 'month', 'interval_count', 1, 'period_start_at', '2026-10-06T07:08:09Z',
            'period_end_at', '2026-11-06T07:08:09Z')))
    FROM drawn WHERE what NOT IN ('fee', 'gift')
    """,
    """
    INSERT INTO stripe_object (id, kind, done, customer_id, payment_intent_id, fields)
    SELECT 'cs_' || key, 'checkout.session', 1, 'cus_' || key, 'pi_' || key, jsonb_build_object(
        'id', 'cs_' || key, 'mode', 'payment', 'status', 'complete', 'payment_status', 'paid',
        'created_at', '2026-10-06T07:08:09Z', 'customer', 'cus_' || key, 'payment_intent', 'pi_' || key,
        'pledge', 'plg_' || key, 'campaign', CAST(:campaign AS text),
        'items', jsonb_build_array(jsonb_build_object(
            'product', 'prod_gift', 'price', plan, 'quantity', 1, 'amount_minor', amount)))
    FROM drawn WHERE what = 'gift'
    """,
    """
    INSERT INTO stripe_object (id, kind, done, payment_intent_id, charge_id, fields)
    SELECT CASE what WHEN 'refund' THEN 're_' ELSE 'du_' END || key, what, 1, 'pi_' || key, 'ch_' || key,
        jsonb_build_object('charge', 'ch_' || key, 'payment_intent', 'pi_' || key, 'amount_minor', amount / 2,
        'currency', CASE WHEN is_foreign THEN 'USD' ELSE 'EUR' END, 'status', 'succeeded')
    FROM drawn WHERE what IN ('refund', 'dispute')
    """,
    """
    INSERT INTO stripe_object (id, kind, done, fields)
    SELECT 'po_' || payout, 'payout', 1, jsonb_build_object('id', 'po_' || payout, 'status', 'paid',
        'currency', 'EUR', 'amount_minor', 1, 'created_at', '2026-10-06T07:08:09Z',
        'arrives_at', '2026-10-08T00:00:00Z', 'is_automatic', true, 'balance_transaction', NULL)
    FROM drawn GROUP BY payout
    """,
    """
    INSERT INTO contact (customer_id, email, country)
    SELECT 'cus_' || key, 'reader' || n || '@example.org', (ARRAY['UA', 'PL', 'DE'])[1 + n % 3] FROM drawn
    """,
    """
    INSERT INTO pledge (id, campaign, price, created_at, state)
    SELECT 'plg_' || key, :campaign, plan, at, 'fulfilled' FROM drawn WHERE n % 3 = 0
    """,
)
_COLUMNS = """id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at, available_on,
    status, source_id, payout_id, exchange_rate, description, booked_month, digest"""
_EARLIER = """CASE WHEN what IN ('refund', 'dispute') THEN at - interval '31 days' ELSE at END"""
ENTRIES = (
    # The charge that a refund or dispute takes back was booked in the month before.
    f"""
    INSERT INTO entry ({_COLUMNS})
    SELECT 'txn_' || key, 'charge', 'charge', 'EUR', amount, amount / 50 + 25, amount - amount / 50 - 25,
        {_EARLIER}, {_EARLIER} + interval '3 days', 'available', 'ch_' || key, 'po_' || payout,
        CASE WHEN is_foreign THEN '0.92134' END, 'Subscription update', to_char({_EARLIER} AT TIME ZONE :zone,
        'YYYY-MM'), ''
    FROM drawn WHERE what <> 'fee'
    """,
    f"""
    INSERT INTO entry ({_COLUMNS})
    SELECT 'txn_1' || key, CASE what WHEN 'refund' THEN 'refund' WHEN 'dispute' THEN 'adjustment'
            ELSE 'stripe_fee' END,
        what, 'EUR', -amount / 2, CASE what WHEN 'dispute' THEN 1500 ELSE 0 END,
        -amount / 2 - CASE what WHEN 'dispute' THEN 1500 ELSE 0 END, at, at + interval '3 days', 'available',
        CASE what WHEN 'refund' THEN 're_' || key WHEN 'dispute' THEN 'du_' || key END, 'po_' || payout,
        NULL, CASE what WHEN 'fee' THEN 'Billing (2026-10-01): Usage Fee' ELSE 'REFUND FOR CHARGE' END, :month, ''
    FROM drawn WHERE what IN ('refund', 'dispute', 'fee')
    """,
)
