"""Where a membership came from: the article and place of its pledge, staff's word, the payer's country."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.core.facts import Charge
from tracker.core.person import PersonFacts
from tracker.core.purchases import OFFLINE


@dataclass(frozen=True, slots=True)
class Origin:
    """Of one membership; empty where it is not known."""

    article: str = ""
    placement: str = ""
    embed: str = ""
    """As the reader's pledge told them."""
    source: str = ""
    """As staff told it of a membership outside Stripe."""
    country: str = ""
    """ISO code: of the billing address, else of the card that paid first, else as staff told it."""


NOWHERE = Origin()


def origin(told: PersonFacts, membership: str, pledge: str | None, campaign: str) -> Origin:
    """The origin of one of the person's memberships; a pledge to another campaign says nothing here."""
    if membership.startswith(OFFLINE):
        row = next((one for one in told.offline if one.reference == membership.removeprefix(OFFLINE)), None)
        billing = told.countries.get(row.person_ref) if row else None
        return Origin(source=row.source, country=billing or row.country) if row else NOWHERE
    found = told.pledges.get(pledge or "")
    country = told.countries.get(_customer(told, membership)) or _card_country(told, membership)
    if found is None or found.campaign != campaign:
        return Origin(country=country)
    return Origin(found.article, found.placement, found.embed, country=country)


def _customer(told: PersonFacts, membership: str) -> str:
    customers: dict[str, str | None] = {one.id: one.customer for one in told.sessions}
    customers |= {one.id: one.customer for one in told.subscriptions}
    return customers.get(membership) or ""


def _card_country(told: PersonFacts, membership: str) -> str:
    paid = [
        charge for charge in _charges(told, membership) if charge.status == "succeeded" and charge.card_country
    ]
    first = min(paid, key=lambda charge: (charge.created_at, charge.id), default=None)
    return (first.card_country or "") if first else ""


def _charges(told: PersonFacts, membership: str) -> Iterable[Charge]:
    invoices = {one.id for one in told.invoices if one.subscription == membership}
    mine = [payment for payment in told.payments if payment.invoice in invoices]
    charges = {payment.charge for payment in mine if payment.charge}
    intents = {payment.payment_intent for payment in mine if payment.payment_intent}
    intents |= {one.payment_intent for one in told.sessions if one.id == membership and one.payment_intent}
    return (one for one in told.charges if one.id in charges or one.payment_intent in intents)
