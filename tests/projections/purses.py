"""Money that comes and goes in every way that Stripe books, told in any order, twice, and told otherwise later."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.projections.worlds import World
from tracker.core import facts

PRODUCTS = ("prod_once", "prod_member", "prod_once", "prod_member", "prod_gift", "prod_mug", None)
"""A year bought once, a membership (bought once a donation), a donation, something else, a line by hand."""
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY")
BACK = ("refund", "refund_failure", "dispute", "dispute_reversal", "charge_failure", "payout", "fee")
"""What may follow a charge; the last two move no money of a payer's."""
Told = tuple[facts.Fact | facts.Entry, ...]


@dataclass
class Purse:
    """Payments of one world by name: what was told of each last, so that it can be told otherwise."""

    world: World
    paid: dict[str, tuple[str, str, int, datetime]] = field(default_factory=dict)
    """(payment intent, currency, minor units, when) by charge."""
    kept_back: list[facts.Fact | facts.Entry] | None = None
    """Where it is a list, what would be told is put there instead."""

    def edit(self) -> None:
        """One random change of what is known of money."""
        dice = self.world.dice
        kind = dice.random()
        if kind < 0.25 or not self.paid:
            self.pay(f"m{len(self.paid)}")
        elif kind < 0.5:
            self.go_back(dice.choice(list(self.paid)), dice.choice(BACK))
        elif kind < 0.9:
            self.tell_otherwise(dice.choice(list(self.paid)))
        else:
            self.tell_in_any_order(self.charged(dice.choice(list(self.paid))))  # the same once more

    def pay(self, name: str) -> None:
        """By an invoice, in a session, or by nothing that we know of."""
        dice = self.world.dice
        amount = dice.choice([1, 999, 5000, 12_345])
        self.paid[f"ch_{name}"] = (f"pi_{name}", dice.choice(CURRENCIES), amount, self.edge())
        self.tell_in_any_order((*self.charged(f"ch_{name}"), *self.bought(f"ch_{name}")))

    def edge(self) -> datetime:
        """Some instant; often just before, at or after midnight in the campaign's zone."""
        at = self.world.instant(120)
        if self.world.dice.random() < 0.5:
            day = at.astimezone(self.world.campaign.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            at = (day + timedelta(seconds=self.world.dice.choice([-1, 0, 1]))).astimezone(at.tzinfo)
        return at

    def charged(self, charge: str) -> Told:
        intent, currency, amount, at = self.paid[charge]
        fact = facts.Charge(charge, None, intent, "succeeded", currency, amount, at, "card", None, f"txn_{charge}")
        return fact, entry(f"txn_{charge}", "charge", currency, amount, at, charge)

    def bought(self, charge: str, payer: str = "") -> Told:
        """What it paid for: one thing or two, of one kind or mixed, some of it for nothing.

        `payer`: another charge, whose payment it turned out to be.
        """
        dice, (_, currency, amount, at) = self.world.dice, self.paid[charge]
        intent, kind = self.paid[payer or charge][0], int(charge.removeprefix("ch_m")) % 10
        things = [
            (dice.choice(PRODUCTS), dice.choice([amount] * 4 + [0])) for _ in range(dice.choice([1, 1, 1, 2]))
        ]
        if kind < 5:
            items = tuple(facts.SessionItem(product, None, 1, minor) for product, minor in things)
            return (
                facts.CheckoutSession(
                    f"cs_{charge}", "payment", "complete", "paid", at, None, None, None, intent, None, None, None,
                    items,
                ),
            )  # fmt: skip
        if kind < 9:
            lines = tuple(
                facts.Line(f"il_{charge}_{n}", product, None, minor, 1, at, at + timedelta(days=30), None)
                for n, (product, minor) in enumerate(things)
            )
            bill = facts.Invoice(
                f"in_{charge}", f"cus_{charge}", None, "paid", currency, amount, 0, 0, 0, at, at, at, None, None,
                lines,
            )  # fmt: skip
            return bill, facts.InvoicePayment(f"inpay_{charge}", bill.id, "paid", intent, None, amount)
        return ()

    def go_back(self, charge: str, category: str) -> None:
        """Refunded, disputed, won again, failed: whole or in part, at once or much later, now and then twice."""
        dice, (intent, currency, amount, at) = self.world.dice, self.paid[charge]
        part = dice.choice([amount, max(1, amount // 3)])
        minor = part if category in ("refund_failure", "dispute_reversal") else -part
        later = min(at + timedelta(hours=dice.randrange(24 * 90)), self.world.now)
        name = f"{category}_{charge}_{dice.randrange(3)}"
        by, through = (charge, None) if dice.random() < 0.5 else (None, intent)
        source: tuple[facts.Fact, ...] = ()
        if category.startswith("refund"):
            source = (facts.Refund(f"re_{name}", "succeeded", currency, part, later, by, through, f"txn_{name}"),)
        elif category.startswith("dispute"):
            moved = (facts.Movement(f"txn_{name}", minor, later),)
            source = (facts.Dispute(f"dp_{name}", currency, later, by, through, moved, part),)
        of = source[0].id if source else charge
        self.tell_in_any_order((*source, entry(f"txn_{name}", category, currency, minor, later, of)))

    def tell_otherwise(self, charge: str) -> None:
        """Another payment, other things bought, another product's months: what was counted may count no more."""
        dice, (intent, *rest) = self.world.dice, self.paid[charge]
        kind = dice.random()
        if kind < 0.2:
            months = dice.choice([None, 12])
            self.tell_in_any_order((facts.Product("prod_once", "A year", True, months, None),))
        elif kind < 0.4:
            other = self.paid[dice.choice(list(self.paid))][0]
            self.paid[charge] = (other if other != intent else f"{intent}_b", *rest)  # type: ignore[assignment]
            self.tell_in_any_order(self.charged(charge))
        else:
            self.tell_in_any_order(self.bought(charge, dice.choice(["", dice.choice(list(self.paid))])))

    def tell_in_any_order(self, told: Told) -> None:
        """Each by itself, so that a booking may come before its payment is known, and the other way round."""
        if self.kept_back is not None:
            self.kept_back += told
            return
        for one in self.world.dice.sample(told, len(told)):
            if isinstance(one, facts.Entry):
                self.world.tell(entries=(one,))
            else:
                self.world.tell(one)
            if self.world.dice.random() < 0.3:
                self.world.follow()


def entry(name: str, category: str, currency: str, minor: int, at: datetime, source: str) -> facts.Entry:
    return facts.Entry(name, category, category, currency, minor, 0, minor, at, at, "available", source, None, "")


def change_campaign(world: World) -> None:
    """Other products, other donations, another first day or another zone, as `campaign apply` does it."""
    dice = world.dice
    members = tuple(one for one in ("prod_member", "prod_once") if dice.random() < 0.7)
    donations = tuple(one for one in ("prod_gift", "prod_once") if dice.random() < 0.6)
    world.campaign = replace(
        world.campaign,
        products=members or ("prod_member",),
        donation_products=donations,
        timezone=dice.choice(["Europe/Kyiv", "America/New_York", "Pacific/Apia"]),
        starts_on=dice.choice([world.campaign.starts_on, world.now.date() - timedelta(days=30)]),
    )
