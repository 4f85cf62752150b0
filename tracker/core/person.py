"""All that was told of one person, and what of the rules a campaign chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.core.facts import (
    Change,
    Charge,
    CheckoutSession,
    CreditNote,
    Dispute,
    Invoice,
    InvoicePayment,
    Offline,
    Refund,
    Subscription,
)


@dataclass(frozen=True, slots=True)
class Pledged:
    """Where a reader was who pledged: kept with the pledge, before any money moved."""

    campaign: str
    article: str
    placement: str
    embed: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """All that Stripe and staff told of one person, links between persons followed."""

    person: str
    subscriptions: tuple[Subscription, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[InvoicePayment, ...] = ()
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    changes: tuple[Change, ...] = ()
    sessions: tuple[CheckoutSession, ...] = ()
    offline: tuple[Offline, ...] = ()
    booked: Mapping[str, datetime] = field(default_factory=dict)
    """Balance transaction id -> its `created`, of the person's charges."""
    pledges: Mapping[str, Pledged] = field(default_factory=dict)
    """By pledge id, of the person's memberships."""
    countries: Mapping[str, str] = field(default_factory=dict)
    """Customer -> country of the billing address, where it is known."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes a member of a campaign."""

    campaign: str
    products: frozenset[str]
    grace_days: int
    zone: ZoneInfo
    months: Mapping[str, int] = field(default_factory=dict)
    """Product -> how many calendar months a one-off purchase of it lasts (RULES 1)."""
