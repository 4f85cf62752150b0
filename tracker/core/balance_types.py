"""Stripe's own names for what moves its balance, as we know them: what is on no list here is an alarm (RULES 4).

Source: Stripe's API, `balance_transaction.type`, and its reports, `reporting_category` (API of October 2026).
"""

TYPES = frozenset(
    """
    adjustment advance advance_funding anticipation_repayment application_fee application_fee_refund charge
    climate_order_purchase climate_order_refund connect_collection_transfer contribution fee_credit_funding
    inbound_transfer inbound_transfer_reversal issuing_authorization_hold issuing_authorization_release
    issuing_dispute issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal
    issuing_transaction network_cost obligation_outbound obligation_reversal_inbound payment
    payment_failure_refund payment_network_reserve_hold payment_network_reserve_release payment_refund
    payment_reversal payment_unreconciled payout payout_cancel payout_failure payout_minimum_balance_hold
    payout_minimum_balance_release refund refund_failure reserve_hold reserve_release reserve_transaction
    reserved_funds stripe_balance_payment_debit stripe_balance_payment_debit_reversal stripe_fee stripe_fx_fee
    tax_fee tax_fund topup topup_reversal transfer transfer_cancel transfer_failure transfer_refund
    """.split()
)
"""What a balance transaction may be."""

_REPORTED = frozenset(
    """
    advance advance_funding anticipation_repayment charge charge_failure climate_order_purchase
    climate_order_refund connect_collection_transfer connect_reserved_funds contribution dispute dispute_reversal
    fee financing_paydown financing_paydown_reversal financing_payout financing_payout_reversal
    issuing_authorization_hold issuing_authorization_release issuing_disbursement issuing_dispute
    issuing_transaction network_cost other_adjustment partial_capture_reversal payout payout_reversal
    platform_earning platform_earning_refund refund refund_failure risk_reserved_funds tax topup topup_reversal
    transfer transfer_reversal unreconciled_customer_funds
    """.split()
)

CATEGORIES = _REPORTED | TYPES
"""What Stripe's reports group by; a type that has no group of its own stands under its own name."""

PAID_OUT, PAYOUT_RETURNED = "payout", "payout_reversal"
"""The two categories in which money leaves for the bank and comes back from it."""
