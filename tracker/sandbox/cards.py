"""The test cards: numbers and `pm_card_...` names with Stripe's meanings."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.sandbox.store import Record

ALWAYS, RENEWALS = "always", "renewals"

DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "Your card was declined."),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A test card; `fails` is None, "always" or "renewals" (the first payment works, later ones do not)."""

    number: str
    brand: str
    country: str
    fails: str | None = None
    decline_code: str = "generic_decline"
    meaning: str = "pays"
    disputes: bool = False


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "visa", "US"),
        Card("5555555555554444", "mastercard", "US"),
        Card("378282246310005", "amex", "US"),
        Card("4000002760000016", "visa", "DE"),
        Card("4000006160000005", "visa", "PL"),
        Card("4000008260000000", "visa", "GB"),
        Card("4000008040000003", "visa", "UA"),
        Card("4000000000000002", "visa", "US", ALWAYS, meaning="is declined"),
        Card("4000000000009995", "visa", "US", ALWAYS, "insufficient_funds", "is declined: no funds"),
        Card("4000000000000069", "visa", "US", ALWAYS, "expired_card", "is declined: expired"),
        Card("4000000000000127", "visa", "US", ALWAYS, "incorrect_cvc", "is declined: wrong CVC"),
        Card("4000000000000119", "visa", "US", ALWAYS, "processing_error", "fails in processing"),
        Card("4000000000000259", "visa", "US", meaning="pays, then is disputed", disputes=True),
        Card("4000000000000341", "visa", "US", RENEWALS, meaning="pays once; renewals fail"),
    )
}

# What the SDK's users write instead of numbers.
NAMED = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_de": "4000002760000016",
    "pm_card_pl": "4000006160000005",
    "pm_card_gb": "4000008260000000",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_chargeCustomerFail": "4000000000000341",
}


def by_number(number: str) -> Card | None:
    """The test card of this number, spaces allowed; None for any other number."""
    return CARDS.get(number.replace(" ", "").replace("-", ""))


def facts(card: Card, customer: str | None, **billing: str | None) -> Record:
    """A payment method's record without id."""
    return {
        "customer": customer,
        "brand": card.brand,
        "country": card.country,
        "last4": card.number[-4:],
        "fails": card.fails,
        "decline_code": card.decline_code,
        **({"disputes": True} if card.disputes else {}),
        "billing": {name: value for name, value in billing.items() if value},
    }
