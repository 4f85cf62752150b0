"""What our letters say, in the reader's language: short and plain."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from tracker.core.campaign import Campaign, local_day
from tracker.projections.locales import page_catalogue
from tracker.projections.wording import DATES


@dataclass(frozen=True, slots=True)
class Door:
    """A link with its name."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Words:
    """A letter, ready to draw as plain text and as HTML."""

    subject: str
    greeting: str
    before: tuple[str, ...]
    doors: tuple[Door, ...]
    after: tuple[str, ...]
    sign: str

    @property
    def plain(self) -> str:
        """The letter as text; each link on a line of its own."""
        doors = [f"{door.name}:\n{door.address}" for door in self.doors]
        return "\n\n".join([self.greeting, *self.before, *doors, *self.after, self.sign]) + "\n"


def portal(campaign: Campaign, doors: list[Door], minutes: int, locale: str) -> Words:
    """The letter with links that open the portal, one for each of the reader's memberships."""
    t = page_catalogue(locale)
    life = t.ngettext(
        "The link works once, within the next %(minutes)s minute.",
        "The link works once, within the next %(minutes)s minutes.",
        minutes,
    )
    lives = t.ngettext(
        "Each link works once, within the next %(minutes)s minute.",
        "Each link works once, within the next %(minutes)s minutes.",
        minutes,
    )
    return Words(
        subject=_named(t.gettext("Manage your membership"), campaign),
        greeting=t.gettext("Hello,"),
        before=(
            t.gettext("Somebody, we hope you, asked for a way to change or end the membership of this address."),
        ),
        doors=tuple(doors),
        after=(
            (lives if len(doors) > 1 else life) % {"minutes": minutes},
            t.gettext(
                "If it was not you, nothing has to be done: without this letter nobody can change anything."
            ),
        ),
        sign=_sign(campaign),
    )


def twice(campaign: Campaign, manage: str, locale: str) -> Words:
    """The letter to somebody who joined while a membership of the same address was running."""
    t = page_catalogue(locale)
    told = t.gettext(
        "Thank you for joining. A membership was running for this address already, so now there are two of them."
    )
    choice = t.gettext("If that is what you want, nothing has to be done. If not, you can end one of them:")
    return Words(
        subject=_named(t.gettext("You now have two memberships"), campaign),
        greeting=t.gettext("Hello,"),
        before=(told, choice),
        doors=(Door(t.gettext("Manage your memberships"), manage),),
        after=(t.gettext("Or write to us, and we will help."),) if campaign.publisher.contact else (),
        sign=_sign(campaign),
    )


def account_name(
    campaign: Campaign, price: str | None, product: str | None, since: datetime | None, locale: str
) -> str:
    """A customer's subscription as its link is called: the plan, and since when."""
    t = page_catalogue(locale)
    plan = next((plan for plan in campaign.plans if plan.price == price), None)
    name = (plan.name.get(locale) or plan.name.get("en") or "") if plan else ""
    if not name:
        is_gift = product in campaign.donation_products
        name = t.gettext("Your gift") if is_gift else t.gettext("Your membership")
    if since is None:
        return name
    return t.gettext("%(name)s, since %(day)s") % {"name": name, "day": _day(campaign, since, locale)}


def _day(campaign: Campaign, at: datetime, locale: str) -> str:
    shown: str = format_date(local_day(at, campaign.zone), "long", locale=DATES.get(locale, locale))
    return shown


def _named(subject: str, campaign: Campaign) -> str:
    return f"{subject} · {campaign.publisher.name}" if campaign.publisher.name else subject


def _sign(campaign: Campaign) -> str:
    return "\n".join(
        part for part in (campaign.publisher.name or campaign.name, campaign.publisher.contact) if part
    )
