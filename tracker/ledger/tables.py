"""What we were told, kept for ever: Stripe's messages and objects, money, readers' intentions, staff's facts.

Everything outside this part can be rebuilt from it. Least data: names, addresses and card digits are nowhere;
e-mail and country stand in `contact` alone, which erasing empties.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, Sequence, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Instant, Model

hint_sequence = Sequence("hint", metadata=Model.metadata)
"""The one sequence that `wanted` and `done` are drawn from (RULES 8)."""


class Message(Model):
    """A Stripe message word for word, once per event id; the body goes after 45 days, the rest stays."""

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str | None] = mapped_column(Text, index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    """Stripe's own time of the event."""
    received_at: Mapped[datetime] = mapped_column(Instant, index=True)
    api_version: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    quarantine: Mapped[str | None] = mapped_column(Text)
    """Why the message is kept but not used: another mode or another account (RULES 5)."""
    marked: Mapped[bool] = mapped_column(default=True)
    """Its object carries the hint; false only where the object could not be told."""


def _link_index(name: str, column: str, *more: str) -> Index:
    """Only of objects that have the link: most have one or two, and each index costs every write."""
    only = text(f"{column} IS NOT NULL")
    return Index(f"ix_stripe_object_{name}", column, *more, postgresql_where=only)


PENDING = (
    "kind = 'checkout.session' AND fields ->> 'status' = 'complete' AND fields ->> 'payment_status' = 'unpaid'"
)


class StripeObject(Model):
    """The latest state of one Stripe object: the fields that shapes.py names, and its two numbers."""

    __tablename__ = "stripe_object"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    wanted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Marked while done < wanted; a writer with an older number than `done` writes nothing."""
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """A fact of tracker.core.facts as JSON; null until first fetched, or where Stripe says it is gone."""
    customer_id: Mapped[str | None] = mapped_column(Text)
    subscription_id: Mapped[str | None] = mapped_column(Text)
    invoice_id: Mapped[str | None] = mapped_column(Text)
    payment_intent_id: Mapped[str | None] = mapped_column(Text)
    charge_id: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    """Why it is unsettled: an unknown status, a missing piece, the last failed fetch."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[datetime | None] = mapped_column(Instant)
    """Not fetched again before this instant, after failures and while another worker is at it."""
    __table_args__ = (
        Index("ix_stripe_object_marked", "retry_at", postgresql_where=text("done < wanted")),
        Index("ix_stripe_object_kind", "kind"),
        _link_index("customer", "customer_id", "kind"),
        _link_index("subscription", "subscription_id"),
        _link_index("invoice", "invoice_id"),
        _link_index("payment_intent", "payment_intent_id"),
        _link_index("charge", "charge_id"),
        Index("ix_stripe_object_pending", "id", postgresql_where=text(PENDING)),
        Index("ix_stripe_object_problem", "id", postgresql_where=text("problem IS NOT NULL")),
    )


class Transition(Model):
    """A change that leaves no time in its object (RULES 8 b): a grow-only set."""

    __tablename__ = "transition"
    object_id: Mapped[str] = mapped_column(Text, primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    was: Mapped[str] = mapped_column(Text, primary_key=True)
    became: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    inferred: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime | None] = mapped_column(Instant)
    """Of an inferred change: when the object was last seen as it was; it came somewhere from here to `at`."""


class Entry(Model):
    """One Stripe balance transaction, append-only: only status, available_on and payout may advance (RULES 6)."""

    __tablename__ = "entry"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    reporting_category: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    available_on: Mapped[datetime | None] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, index=True)
    payout_id: Mapped[str | None] = mapped_column(Text, index=True)
    exchange_rate: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    booked_month: Mapped[str] = mapped_column(Text)
    """YYYY-MM in the deployment's zone, given on first storage and kept for ever (RULES 7)."""
    prior_period: Mapped[bool] = mapped_column(server_default=text("false"))
    """Booked in a later month than its own, which was closed when it came (RULES 7)."""
    alarm: Mapped[str | None] = mapped_column(Text)
    """Stripe tells it differently, or has it not: kept beside, never applied."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of what never changes, as first stored (books.DIGEST): tells our altering it from Stripe's."""
    is_mended: Mapped[bool] = mapped_column(server_default=text("false"))
    """It was set right from Stripe's read, and no sync has told so yet."""
    __table_args__ = (
        Index("ix_entry_month", "booked_month", "created_at", "id"),
        Index("ix_entry_created", "created_at"),
    )


class Contact(Model):
    """The only place with personal data; erasing empties the row and leaves it as a tombstone."""

    __tablename__ = "contact"
    customer_id: Mapped[str] = mapped_column(Text, primary_key=True)
    email: Mapped[str | None] = mapped_column(Text, index=True)
    country: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    has_twin: Mapped[bool] = mapped_column(server_default=text("false"))
    """The e-mail is, or was once, another customer's too; noted by the database, never taken back."""
    __table_args__ = (
        Index("ix_contact_email_lower", text("lower(email)")),
        Index("ix_contact_twin", "customer_id", postgresql_where=text("has_twin")),
    )


class Pledge(Model):
    """A reader's stated intention, recorded before any money moves; never a member."""

    __tablename__ = "pledge"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    price: Mapped[str | None] = mapped_column(Text)
    """The plan, or null where the reader named an amount."""
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    interval: Mapped[str | None] = mapped_column(Text)
    """month | year | once"""
    article: Mapped[str] = mapped_column(Text, server_default="")
    placement: Mapped[str] = mapped_column(Text, server_default="")
    embed: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    session_id: Mapped[str | None] = mapped_column(Text, index=True)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    """open | fulfilled | expired | cancelled"""
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    locale: Mapped[str | None] = mapped_column(Text)
    """The language of the page, for a letter that may follow."""
    note: Mapped[str | None] = mapped_column(Text)
    """A reader's few words with a gift; gone when nothing was paid, and when the person is erased."""
    __table_args__ = (
        Index("ix_pledge_campaign", "campaign", "state"),
        Index("ix_pledge_created", "created_at"),
        # What each article brought is counted on the dashboard: the index alone answers.
        Index("ix_pledge_sources", "campaign", "created_at", postgresql_include=["article", "placement", "embed"]),
    )


class OfflineRecord(Model):
    """A membership, a receipt or a pledge that did not come through Stripe, as staff told it (RULES 1)."""

    __tablename__ = "offline_record"
    reference: Mapped[str] = mapped_column(Text, primary_key=True)
    """The publisher's own number of it; telling it again changes nothing."""
    campaign: Mapped[str] = mapped_column(Text)
    person_ref: Mapped[str] = mapped_column(Text, index=True)
    """A Stripe customer id or the publisher's own id."""
    starts_on: Mapped[date | None]
    """First day of the membership in the campaign's zone; null for a receipt alone."""
    ends_on: Mapped[date | None]
    """Its last day, whole."""
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    paid_on: Mapped[date | None]
    """Null while the amount is only promised: a pledge."""
    plan: Mapped[str] = mapped_column(Text, server_default="")
    source: Mapped[str] = mapped_column(Text, server_default="")
    country: Mapped[str] = mapped_column(Text, server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    """Staff took it back: it counts no more, the row stays."""
    booked_month: Mapped[str | None] = mapped_column(Text)
    """YYYY-MM, given when its payment was told and kept for ever (RULES 7); null for what is no receipt."""
    withdrawn_month: Mapped[str | None] = mapped_column(Text)
    """The month that takes a receipt back; its own booked month: it is in none."""
    __table_args__ = (
        Index("ix_offline_record_booked", "booked_month"),
        Index(
            "ix_offline_record_withdrawn", "withdrawn_month", postgresql_where=text("withdrawn_month IS NOT NULL")
        ),
        Index("ix_offline_record_campaign", "campaign", "paid_on"),
        Index("ix_offline_record_promised", "campaign", postgresql_where=text("paid_on IS NULL")),
    )


class PersonLink(Model):
    """Staff confirmed that two are one person; never guessed from equal e-mails (RULES, words)."""

    __tablename__ = "person_link"
    person_id: Mapped[str] = mapped_column(Text, primary_key=True)
    main_id: Mapped[str] = mapped_column(Text, index=True)
    """Whom the person is counted as; itself never linked to another."""
    linked_at: Mapped[datetime] = mapped_column(Instant)
    linked_by: Mapped[str] = mapped_column(Text)


class Rejection(Model):
    """Messages refused, by reason and hour: a count and the last one, no row a message."""

    __tablename__ = "rejection"
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    hour_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(Instant)


class StoredCampaign(Model):
    """A campaign as staff wrote it: a tracker.core.campaign.Campaign as JSON."""

    __tablename__ = "campaign"
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    starts_on: Mapped[date]
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)


class StalePerson(Model):
    """Persons whose coverage must be worked out again; written with the fact, removed with the answer."""

    __tablename__ = "stale_person"
    person_id: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    """What changed, for the corrections log: the kind of object that told it, or what staff did."""


class StalePurpose(Model):
    """Bookings whose purpose must be worked out again; written with the fact, removed with the answer."""

    __tablename__ = "stale_purpose"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    """What leads to them: see ledger/purposes.py."""


class SyncState(Model):
    """Cursors and landmarks of the sweeps; a cursor moves after its page was committed."""

    __tablename__ = "sync_state"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime | None] = mapped_column(Instant)
    value: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class SweptEvent(Model):
    """An event that a sweep found in Stripe's list; one that is no `message` an hour later was lost."""

    __tablename__ = "swept_event"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
