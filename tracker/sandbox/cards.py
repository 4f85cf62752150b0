"""The test cards and test bank accounts: numbers and `pm_...` names with Stripe's meanings."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.sandbox.store import Record

ALWAYS, RENEWALS = "always", "renewals"
PAYS, FAILS, FAILS_LATE, DISPUTES = "pays", "fails", "fails_late", "disputes"

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
BOUNCES = {
    "insufficient_funds": "The bank account has insufficient funds for this debit.",
    "debit_not_authorized": "The account holder has not authorized this debit.",
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
    refunds: str = "succeeded"  # "pending": refunds wait a while; "failed": they succeed, then fail


@dataclass(frozen=True, slots=True)
class Account:
    """A test bank account for SEPA debits; `outcome` is what becomes of each debit."""

    iban: str
    outcome: str
    meaning: str
    name: str  # the `pm_sepa_...` that stands for it
    fails: str | None = None  # a debit is never refused on the spot

    @property
    def country(self) -> str:
        return self.iban[:2]


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
        Card("4000000000007726", "visa", "US", meaning="pays; its refunds are pending first", refunds="pending"),
        Card("4000000000005126", "visa", "US", meaning="pays; its refunds fail in the end", refunds="failed"),
    )
}

# Stripe's own test accounts; the one that fails late is ours, with a valid check number.
ACCOUNTS = {
    account.iban: account
    for account in (
        Account("DE89370400440532013000", PAYS, "pays after some days", "pm_sepa_pays"),
        Account("DE62370400440532013001", FAILS, "fails after some days", "pm_sepa_fails"),
        Account("DE35370400440532013002", DISPUTES, "pays, then is disputed", "pm_sepa_disputes"),
        Account("DE40370400440532013009", FAILS_LATE, "pays, then fails weeks later", "pm_sepa_fails_late"),
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
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}


def by_number(number: str) -> Card | None:
    """The test card of this number, spaces allowed; None for any other number."""
    return CARDS.get(number.replace(" ", "").replace("-", ""))


def by_iban(iban: str) -> Account | None:
    """The test account of this IBAN, spaces allowed; None for any other."""
    return ACCOUNTS.get(iban.replace(" ", "").upper())


def by_name(name: str) -> Card | Account | None:
    """What a `pm_card_...` or `pm_sepa_...` name stands for."""
    if name in NAMED:
        return CARDS[NAMED[name]]
    return next((account for account in ACCOUNTS.values() if account.name == name), None)


def facts(method: Card | Account, customer: str | None, **billing: str | None) -> Record:
    """A payment method's record without id."""
    known = {"customer": customer, "billing": {name: value for name, value in billing.items() if value}}
    if isinstance(method, Account):
        last4 = method.iban[-4:]
        face = {"type": "sepa_debit", "brand": "sepa_debit", "country": method.country, "last4": last4}
        return {**known, **face, "fails": None, "outcome": method.outcome}
    return {
        **known,
        "brand": method.brand,
        "country": method.country,
        "last4": method.number[-4:],
        "fails": method.fails,
        "decline_code": method.decline_code,
        **({"disputes": True} if method.disputes else {}),
        **({"refunds": method.refunds} if method.refunds != "succeeded" else {}),
    }
