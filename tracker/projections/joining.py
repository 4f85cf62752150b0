"""What the join page offers at Stripe's own prices, and the truth about what was bought there.

Every function needs an application context. Instants are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from tracker.core.campaign import Campaign, Metric
from tracker.db import db
from tracker.projections import queries


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan of the join page with Stripe's own price."""

    price: str
    name: Mapping[str, str]
    amount_minor: int
    currency: str
    interval: str
    """day | week | month | year, or `once`."""
    interval_count: int = 1
    """So many intervals from one payment to the next."""
    months: int | None = None
    """Of a plan paid once: how many months it buys (RULES 1)."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The truth about a membership that came through one Checkout session."""

    since: datetime
    until: datetime
    plan: str | None
    number: int | None
    """The count with this person in it, at the instant the membership began to count; None where it made no new
    member: the person was counted before, or the campaign counts something else."""


PRICE = text("""
    SELECT CAST(p.fields ->> 'unit_amount_minor' AS bigint) AS amount, p.fields ->> 'currency' AS currency,
        p.fields ->> 'interval' AS interval, CAST(p.fields ->> 'interval_count' AS integer) AS interval_count,
        CAST(product.fields ->> 'membership_months' AS integer) AS months
    FROM stripe_object p LEFT JOIN stripe_object product ON product.id = p.fields ->> 'product'
    WHERE p.id = :price AND p.kind = 'price' AND CAST(p.fields ->> 'active' AS boolean)
""")


def offers(campaign: Campaign) -> list[Offer]:
    """The campaign's plans whose price Stripe has told us, in the campaign's order.

    A price that is paid once is a plan only where its product says how many months it buys: else it would be sold
    as a membership and never count as one (RULES 1).
    """
    found = []
    for plan in campaign.plans:
        row = db.session().execute(PRICE, {"price": plan.price}).mappings().first()
        if row is None or row["amount"] is None or (row["interval"] is None and row["months"] is None):
            continue
        is_once = row["interval"] is None
        found.append(
            Offer(
                plan.price,
                plan.name,
                row["amount"],
                row["currency"],
                "once" if is_once else row["interval"],
                1 if is_once else row["interval_count"],
                row["months"] if is_once else None,
            )
        )
    return found


# Whom staff linked to another is counted as that one; a session without a customer is its own person.
MEMBERSHIP_OF = text("""
    SELECT s.starts_at, s.ends_at, s.first_at, s.plan, s.person_id,
        s.starts_at = s.first_at AND s.pledge_id = bought.fields ->> 'pledge' AS is_new
    FROM stripe_object bought
    LEFT JOIN person_link l ON l.person_id = coalesce(bought.customer_id, bought.id)
    JOIN stretch s ON s.campaign = :campaign AND s.person_id = coalesce(l.main_id, bought.customer_id, bought.id)
    WHERE bought.id = :session AND bought.kind = 'checkout.session' AND s.starts_at < :at AND s.ends_at >= :at
    ORDER BY s.starts_at DESC LIMIT 1
""")

# Just after the instant, persons who began in the same second one after the other: no number is given twice.
NUMBER = text("""
    SELECT count(*) FROM stretch
    WHERE campaign = :campaign AND ends_at > :at AND starts_at <= :at AND first_at >= :since
        AND (starts_at < :at OR person_id <= :person)
""")
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def membership_of(session_id: str, campaign: Campaign, now: datetime) -> Joined | None:
    """What the ledger says of the membership bought in a Checkout session; None while it says nothing."""
    asked = {"session": session_id, "campaign": campaign.slug, "at": now + timedelta(seconds=1)}
    row = db.session().execute(MEMBERSHIP_OF, asked).mappings().first()
    if row is None:
        return None
    number = _number(campaign, row["person_id"], row["starts_at"]) if row["is_new"] else None
    return Joined(row["starts_at"], row["ends_at"], row["plan"], number)


def _number(campaign: Campaign, person: str, began_at: datetime) -> int | None:
    """Which member of the campaign's count the person became; told of an instant that is over, it stands still."""
    is_within = campaign.starts_at <= began_at < campaign.ends_at
    if campaign.metric is Metric.AMOUNT_RAISED or not is_within or not queries.is_whole():
        return None
    since = campaign.starts_at if campaign.metric is Metric.NEW_MEMBERS else _EVER
    asked = {"campaign": campaign.slug, "person": person, "at": began_at, "since": since}
    return int(db.session().execute(NUMBER, asked).scalar_one())
