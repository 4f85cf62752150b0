"""What we keep of Stripe's objects: the fields we use, in our words, whatever API version they came in.

Instants are aware UTC; money is whole minor units of the object's currency. `stripe/shapes.py` makes these,
the ledger keeps them, the rules read them. A field added later has a default, so that what is kept can still be
read; the migration that comes with it marks the objects whose default may be wrong, and they are fetched anew.
"""

from dataclasses import dataclass
from datetime import date, datetime

SUBSCRIPTION_STATUSES = frozenset(
    ["incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"]
)
INVOICE_STATUSES = frozenset(["draft", "open", "paid", "uncollectible", "void"])
REFUND_STATUSES = frozenset(["pending", "requires_action", "succeeded", "failed", "canceled"])
SESSION_STATUSES = frozenset(["open", "complete", "expired"])
SESSION_PAYMENT_STATUSES = frozenset(["paid", "unpaid", "no_payment_required"])


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    active: bool
    membership_months: int | None
    """From metadata: a one-off purchase of it is a membership of so many months (RULES 1)."""
    revenue: str | None


@dataclass(frozen=True, slots=True)
class Price:
    id: str
    product: str
    currency: str
    unit_amount_minor: int | None
    interval: str | None
    """month | year | week | day; None for a one-off price."""
    interval_count: int
    active: bool


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    is_deleted: bool
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """One price within a subscription."""

    product: str
    price: str
    quantity: int
    interval: str | None
    interval_count: int
    period_start_at: datetime | None
    period_end_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    customer: str
    status: str
    created_at: datetime
    ended_at: datetime | None
    cancel_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    paused_at: datetime | None
    """Stripe's own time of a `paused` status, where the version tells it."""
    collection_paused: str | None
    """pause_collection's behaviour; it needs no rule of its own (RULES 2)."""
    trial_end_at: datetime | None
    pledge: str | None
    campaign: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Line:
    id: str
    product: str | None
    price: str | None
    amount_minor: int
    """After its discounts, before exclusive tax."""
    quantity: int
    period_start_at: datetime
    period_end_at: datetime
    subscription: str | None


@dataclass(frozen=True, slots=True)
class Invoice:
    id: str
    customer: str
    subscription: str | None
    status: str
    currency: str
    total_minor: int
    tax_minor: int
    credited_before_minor: int
    """By credit notes issued before payment."""
    credited_after_minor: int
    created_at: datetime
    finalized_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    uncollectible_at: datetime | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """What joins an invoice to the payment intent or charge that paid it; an invoice may have several."""

    id: str
    invoice: str
    status: str
    payment_intent: str | None
    charge: str | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    customer: str | None
    payment_intent: str | None
    status: str
    currency: str
    amount_minor: int
    created_at: datetime
    method_type: str | None
    card_country: str | None
    balance_transaction: str | None
    failure_entry: str | None = None
    """The balance transaction that took the money of a bank debit back."""


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    id: str
    customer: str | None
    status: str
    currency: str
    amount_minor: int
    created_at: datetime
    latest_charge: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    status: str
    currency: str
    amount_minor: int
    created_at: datetime
    charge: str | None
    payment_intent: str | None
    balance_transaction: str | None


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that a dispute took (below 0) or gave back (above 0), as its balance transaction says."""

    entry: str
    amount_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """Its status is not read: only the money it moved counts (RULES 3)."""

    id: str
    currency: str
    created_at: datetime
    charge: str | None
    payment_intent: str | None
    movements: tuple[Movement, ...]
    amount_minor: int = 0
    """Of what the reader paid, in the reader's currency; its movements are in the account's."""


@dataclass(frozen=True, slots=True)
class CreditNote:
    id: str
    invoice: str
    customer: str | None
    status: str
    refunded_minor: int
    """The part that its refunds carry and that must not count twice."""
    created_at: datetime
    before_minor: int = 0
    """What of it was taken off before the invoice was paid."""
    after_minor: int = 0
    """What of it went back after payment: to the card, to the customer's credit, or outside Stripe."""


@dataclass(frozen=True, slots=True)
class SessionItem:
    """One line of a Checkout session."""

    product: str | None
    price: str | None
    quantity: int
    amount_minor: int
    """After its discounts, with tax."""


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    id: str
    mode: str
    status: str
    payment_status: str
    created_at: datetime
    expires_at: datetime | None
    customer: str | None
    subscription: str | None
    payment_intent: str | None
    invoice: str | None
    pledge: str | None
    campaign: str | None
    items: tuple[SessionItem, ...] = ()
    """Of payment sessions; subscriptions and invoices tell the rest themselves."""


@dataclass(frozen=True, slots=True)
class Payout:
    id: str
    status: str
    currency: str
    amount_minor: int
    created_at: datetime
    arrives_at: datetime
    is_automatic: bool
    balance_transaction: str | None
    method: str = "standard"
    """`standard`, or `instant`: of the latter Stripe does not know which entries are in it."""
    reconciliation: str = ""
    """`completed` once Stripe knows its entries, `in_progress`, `not_applicable`; empty where it does not say."""


@dataclass(frozen=True, slots=True)
class Change:
    """A recorded change of a field that leaves no time in its object (RULES 8 b)."""

    object: str
    field: str
    was: str
    became: str
    at: datetime
    inferred: bool
    since: datetime | None = None
    """Of an inferred change: it came somewhere from here to `at`; None where that is not known either."""


@dataclass(frozen=True, slots=True)
class Offline:
    """A membership or a receipt outside Stripe, as staff told it; it never becomes a guess about a person."""

    reference: str
    campaign: str
    person_ref: str
    starts_on: date | None
    """First day of the membership in the campaign's zone; None for a receipt or a pledge alone."""
    ends_on: date | None
    """Its last day, whole."""
    amount_minor: int | None
    currency: str | None
    paid_on: date | None
    """None while the amount is only promised: a pledge."""
    plan: str = ""
    source: str = ""
    country: str = ""


Fact = (
    Product
    | Price
    | Customer
    | Subscription
    | Invoice
    | InvoicePayment
    | Charge
    | PaymentIntent
    | Refund
    | Dispute
    | CreditNote
    | CheckoutSession
    | Payout
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One balance transaction as Stripe booked it; `net = amount - fee` (RULES 6)."""

    id: str
    type: str
    reporting_category: str
    currency: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    created_at: datetime
    available_on: datetime | None
    status: str
    source: str | None
    exchange_rate: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Contact:
    """The little we keep of a person, apart from everything else."""

    customer: str
    email: str | None
    country: str | None
