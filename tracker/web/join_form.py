"""The join page's two forms, a membership and a gift: what was sent, what of it must be mended, what is meant."""

import re
from dataclasses import dataclass

from babel.numbers import get_group_symbol
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from tracker.core import gifts
from tracker.core.campaign import Campaign
from tracker.core.gifts import Odd
from tracker.core.money import digits
from tracker.intake import pledges
from tracker.projections.joining import Offer
from tracker.web import readers

LONGEST_EMAIL = 254
LONGEST_NOTE = 300
_EMAIL = re.compile(r"[^@\s<>\"',;\\]{1,64}@[^@\s<>\"',;\\]+\.[^@\s<>\"',;\\.]{2,}")
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_UNSEEN = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as a reader filled it, or as it is first shown."""

    plan: str = ""
    email: str = ""
    article: str = ""
    placement: str = ""
    embed: str = ""
    form_id: str = ""
    """A nonce of this showing of the form: sent twice, it is one pledge."""
    amount: str = ""
    """A gift: one of the suggested amounts, as `12.5`, or what a program sends."""
    other: str = ""
    """The amount as the reader typed it; it wins over `amount`."""
    currency: str = ""
    interval: str = ""
    note: str = ""

    @property
    def is_gift(self) -> bool:
        return not self.plan and bool(self.amount or self.other or self.interval)

    @property
    def identity(self) -> bytes:
        """What makes this sending of the form what it is; empty without a nonce."""
        if not self.form_id:
            return b""
        own = (self.form_id, self.plan, self.email, self.article, self.placement)
        gift = (self.amount, self.other, self.currency, self.interval, self.note) if self.is_gift else ()
        return "\n".join((*own, *gift)).encode()


@dataclass(frozen=True, slots=True)
class Choice:
    """What is meant: a plan at Stripe's own price, or an amount within the campaign's limits."""

    price: str | None
    amount_minor: int
    currency: str
    interval: str


def filled(given: MultiDict[str, str]) -> Filled:
    """What was sent, cut to size; nothing of it is believed yet."""
    form_id = given.get("form_id", "")
    return Filled(
        plan=given.get("plan", "")[:255],
        email=given.get("email", "").strip(),
        article=pledges.canonical_article(given.get("article", "")),
        placement=pledges.label(given.get("placement", "")),
        embed=pledges.label(given.get("embed", "")),
        form_id=form_id if _FORM_ID.fullmatch(form_id) else "",
        amount=given.get("amount", "").strip()[:60],
        other=given.get("other", "").strip()[:60],
        currency=given.get("currency", "").strip()[:8].upper(),
        interval=given.get("interval", "").strip()[:16],
        note=_words(given.get("note", "")),
    )


def restored(meant: pledges.Intention) -> Filled:
    """The form as it was when Checkout was left; what was written to us in words is not shown again."""
    where = {"article": meant.article, "placement": meant.placement, "embed": meant.embed}
    if meant.price is not None or meant.amount_minor is None or meant.currency is None:
        return Filled(plan=meant.price or "", currency=meant.currency or "", **where)
    amount = readers.plain(meant.amount_minor, meant.currency)
    return Filled(amount=amount, currency=meant.currency, interval=meant.interval or "", **where)


def understood(
    campaign: Campaign, sent: Filled, offers: dict[str, Offer], locale: str
) -> tuple[Choice | None, dict[str, str]]:
    """(what is meant, what to mend by field); the first is None where there is something to mend."""
    wrong: dict[str, str] = {}
    if sent.is_gift and campaign.gifts.product:
        choice = _gift(campaign, sent, locale, wrong)
    else:
        choice = _plan(sent, offers, wrong)
    if sent.email and not is_address(sent.email):
        wrong["email"] = gettext(
            "This does not look like an e-mail address: write one such as name@example.org, or none."
        )
    return (None if wrong else choice), wrong


def is_address(text: str) -> bool:
    """Whether it has the shape of an e-mail address, with nothing in it that cannot be seen or stored."""
    return len(text) <= LONGEST_EMAIL and text.isprintable() and _EMAIL.fullmatch(text) is not None


def _plan(sent: Filled, offers: dict[str, Offer], wrong: dict[str, str]) -> Choice | None:
    offer = offers.get(sent.plan)
    if offer is None:
        wrong["plan"] = gettext("Choose one of the memberships below; what was sent is not among them.")
        return None
    return Choice(offer.price, offer.amount_minor, offer.currency, offer.interval)


def _gift(campaign: Campaign, sent: Filled, locale: str, wrong: dict[str, str]) -> Choice | None:
    offered = campaign.gifts
    if sent.interval not in offered.intervals:
        wrong["interval"] = gettext("Choose how often you would like to give.")
    if len(sent.note) > LONGEST_NOTE:
        wrong["note"] = gettext(
            "This is longer than %(most)s characters: %(found)s. Please shorten it.",
            most=LONGEST_NOTE,
            found=len(sent.note),
        )
    if sent.currency not in offered.amounts:
        wrong["amount"] = gettext("Gifts are not taken in this currency: choose one that is offered.")
        return None
    amount = _amount(sent, locale)
    if isinstance(amount, Odd):
        wrong["amount"] = _odd(amount, sent.currency, locale)
        return None
    if words := _beyond(amount, offered.limits[sent.currency], sent.currency, locale):
        wrong["amount"] = words
        return None
    return Choice(None, amount, sent.currency, sent.interval)


def _amount(sent: Filled, locale: str) -> int | Odd:
    if not sent.other and (suggested := gifts.chosen(sent.amount, sent.currency)) is not None:
        return suggested
    return gifts.typed(sent.other or sent.amount, sent.currency, get_group_symbol(locale.replace("-", "_")))


def _odd(odd: Odd, currency: str, locale: str) -> str:
    example = readers.money(25 * 10 ** digits(currency), currency, locale)
    match odd:
        case Odd.EMPTY:
            return str(gettext("Choose an amount, or write one."))
        case Odd.TOO_FINE:
            return str(gettext("This is finer than can be paid in %(currency)s: round it.", currency=currency))
        case _:
            return str(gettext("This does not read as an amount: write one such as %(example)s.", example=example))


def _beyond(amount: int, limits: tuple[int, int], currency: str, locale: str) -> str:
    least, most = (readers.money(limit, currency, locale) for limit in limits)
    if amount < limits[0]:
        return str(gettext("The smallest gift that can be paid here is %(least)s.", least=least))
    if amount > limits[1]:
        return str(
            gettext("The largest gift that can be paid here is %(most)s. For more, please write to us.", most=most)
        )
    return ""


def _words(text: str) -> str:
    """A few words as plain text: lines stay, what cannot be seen goes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_UNSEEN.sub(" ", line).strip() for line in lines).strip()
