"""An invented readership: persons with memberships of every kind, told as Stripe's objects and staff's records."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.calendar import add_months
from tracker.core.campaign import Campaign
from tracker.intake.stripe.refresh import store
from tracker.intake.stripe.shapes import Reading
from tracker.ledger import campaigns, landmarks, objects, people
from tracker.ledger.attention import AttentionRow
from tracker.ledger.tables import OfflineRecord, Pledge
from tracker.projections import coverage, received

PRICES = {"monthly": (1, 500), "quarterly": (3, 1400), "yearly": (12, 5000)}
COUNTRIES = ("UA", "US", "DE", None)
ARTICLES = ("/war", "/art", "/sport")
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def campaign(zone: str) -> Campaign:
    return Campaign(
        "year-end", "Year end", 25_000, date(2026, 9, 1), date(2026, 12, 31), zone, ("prod_member", "prod_once")
    )


@dataclass
class World:
    """The database's session, the dice that all is drawn from, and the campaign."""

    session: Session
    dice: random.Random
    campaign: Campaign
    now: datetime = NOW

    def begin(self) -> None:
        """Everything was read before any of it is told."""
        campaigns.put(self.session, self.campaign)
        for name in (landmarks.CONNECTED, landmarks.WHOLE):
            landmarks.put(self.session, name, self.now - timedelta(days=60))
        once = facts.Product("prod_once", "A year", True, 12, None)
        self.tell(once, facts.Product("prod_member", "Membership", True, None, None))
        self.session.commit()

    def tell(self, *told: facts.Fact, entries: tuple[facts.Entry, ...] = (), contact: Any = None) -> None:
        number = objects.next_number(self.session)
        reading = Reading(objects=told, entries=entries, contacts=(contact,) if contact else ())
        store(self.session, number, [reading], self.campaign.zone, self.now)

    def follow(self) -> None:
        self.session.commit()
        coverage.catch_up(self.session, self.now)
        received.catch_up(self.session)

    def instant(self, days: int = 500) -> datetime:
        """Within so many days before now; often at a round hour, as renewals come."""
        at = self.now - timedelta(seconds=self.dice.randrange(days * 86_400))
        return at.replace(minute=0, second=0) if self.dice.random() < 0.5 else at

    def person(self, name: str) -> None:
        """Everything of one person anew: what was told before of the same objects is told differently now."""
        for number in range(self.dice.choice([1, 1, 1, 2])):
            kind = self.dice.random()
            if kind < 0.75:
                self.subscription(name, number)
            elif kind < 0.88:
                self.purchase(name, number)
            else:
                self.record(name, number)
        if self.dice.random() < 0.8:
            email = f"{self.dice.choice('abcdefgh')}@example.org"
            country = self.dice.choice(COUNTRIES)
            self.tell(
                facts.Customer(f"cus_{name}", False, None), contact=facts.Contact(f"cus_{name}", email, country)
            )

    def pledge(self, name: str) -> str | None:
        if self.dice.random() < 0.3:
            return None
        pledge = f"pledge-{name}-{self.dice.randrange(3)}"
        known = self.session.get(Pledge, pledge)
        if known is None:
            where = {"article": self.dice.choice(ARTICLES), "placement": self.dice.choice(["end", "top"])}
            state = self.dice.choice(["open", "fulfilled", "expired"])
            of = self.dice.choice(["year-end", "year-end", "another"])
            row = Pledge(id=pledge, campaign=of, created_at=self.instant(), state=state, embed="v1", **where)
            self.session.add(row)
            self.session.flush()
        return pledge

    def subscription(self, name: str, number: int) -> None:
        dice, sub = self.dice, f"sub_{name}_{number}"
        months, amount = PRICES[plan := dice.choice(list(PRICES))]
        start = self.instant()
        told: list[facts.Fact] = []
        ended, status, at, count = None, "active", start, 0
        while at < self.now + timedelta(days=40) and status == "active":
            end = add_months(at, months, UTC)
            late = dice.choice([0, 0, 0, 1, 1, 30, 200, 500]) if count else 0
            paid = at + timedelta(hours=late)
            fate = dice.random()
            if at > self.now:
                break
            if paid > self.now or (count and fate < 0.08):
                told += self.invoice(sub, count, at, end, None, plan, amount)
                status = "past_due"
                if fate < 0.04:
                    ended, status = min(at + timedelta(days=20), self.now), "canceled"
            else:
                told += self.invoice(sub, count, at, end, paid, plan, 0 if not count and fate > 0.93 else amount)
                if fate < 0.12:
                    ended, status = dice.choice([end, at + (end - at) / 3]), "canceled"
                elif 0.2 < fate < 0.25 and at + (end - at) / 2 < self.now:
                    told += self.change_of_plan(sub, count, at, end, amount)
            at, count = end, count + 1
        if ended is not None and ended > self.now:
            ended, status = None, "active"
        is_leaving, cancelled = dice.random() < 0.15, ended and ended - timedelta(days=2)
        fact = facts.Subscription(
            sub, f"cus_{name}", status, start, ended, None, is_leaving, cancelled, None, None, None,
            self.pledge(name), None, (),
        )  # fmt: skip
        self.tell(fact, *told)

    def invoice(
        self, sub: str, number: int, start: datetime, end: datetime, paid: datetime | None, plan: str, amount: int
    ) -> Iterator[facts.Fact]:
        name, customer = f"in_{sub}_{number}", f"cus_{sub.split('_')[1]}"
        line = facts.Line(f"il_{name}", "prod_member", plan, amount, 1, start, end, sub)
        yield facts.Invoice(
            name, customer, sub, "paid" if paid else "open", "EUR", amount, 0, 0, 0, start, start, paid, None,
            None, (line,),
        )  # fmt: skip
        if paid and amount:
            yield facts.InvoicePayment(f"inpay_{name}", name, "paid", f"pi_{name}", None, amount)
            country = self.dice.choice(["PL", "UA", None])
            yield facts.Charge(
                f"ch_{name}", customer, f"pi_{name}", "succeeded", "EUR", amount, paid, "card", country, None
            )
            if self.dice.random() < 0.05:
                back = min(paid + timedelta(days=self.dice.randrange(1, 20)), self.now)
                yield facts.Refund(f"re_{name}", "succeeded", "EUR", amount, back, None, f"pi_{name}", None)

    def change_of_plan(
        self, sub: str, number: int, start: datetime, end: datetime, amount: int
    ) -> Iterator[facts.Fact]:
        """In the middle of the term, the unused half credited and half of the double price charged."""
        middle = (start + (end - start) / 2).replace(microsecond=0)
        name, customer = f"in_{sub}_{number}up", f"cus_{sub.split('_')[1]}"
        lines = (
            facts.Line(f"{name}_1", "prod_member", "monthly", -(amount // 2), 1, middle, end, sub),
            facts.Line(f"{name}_2", "prod_member", "patron", amount, 1, middle, end, sub),
        )
        total = amount - amount // 2
        yield facts.Invoice(
            name, customer, sub, "paid", "EUR", total, 0, 0, 0, middle, middle, middle, None, None, lines
        )

    def purchase(self, name: str, number: int) -> None:
        at, bought = self.instant(), f"{name}_{number}"
        customer: str | None = f"cus_{name}"
        if int(name[1:]) % 3 == 0:
            customer = None  # the session is its own person
        status = "unpaid" if self.dice.random() < 0.15 else "paid"
        item = facts.SessionItem("prod_once", "price_once", 1, self.dice.choice([0, 4000, 4000]))
        session = facts.CheckoutSession(
            f"cs_{bought}", "payment", "complete", status, at, None, customer, None, f"pi_cs_{bought}", None,
            self.pledge(name), None, (item,),
        )  # fmt: skip
        charge = facts.Charge(
            f"ch_cs_{bought}",
            customer,
            f"pi_cs_{bought}",
            "succeeded",
            "EUR",
            4000,
            at,
            "card",
            "PL",
            f"txn_{bought}",
        )
        entry = facts.Entry(
            f"txn_{bought}", "charge", "charge", "EUR", 4000, 100, 3900, at, at, "available", charge.id, None, ""
        )
        self.tell(session, charge, entries=(entry,) if status == "paid" else ())

    def record(self, name: str, number: int) -> None:
        """Staff's: sometimes for a person of Stripe's, sometimes promised only, sometimes taken back."""
        dice, reference = self.dice, f"off-{name}-{number}"
        known = self.session.get(OfflineRecord, reference)
        if known is not None:
            known.withdrawn_at = None if known.withdrawn_at else self.now
        else:
            first = self.instant().date()
            amount = dice.choice([None, 3000, 3000])
            days = {"starts_on": first, "ends_on": first + timedelta(days=dice.choice([0, 30, 364]))}
            paid = first if amount and dice.random() < 0.8 else None
            told = {"amount_minor": amount, "currency": "EUR", "plan": "paper", "source": "fair"}
            told["country"] = "PL"
            known = OfflineRecord(
                reference=reference, campaign="year-end",
                person_ref=dice.choice([f"cus_{name}", f"reader-{name}"]),
                paid_on=paid, recorded_at=self.now, recorded_by="ada", **days, **told,
            )  # fmt: skip
            self.session.add(known)
        self.session.flush()
        people.mark_stale(self.session, [known.person_ref])

    def link(self, one: str, other: str) -> None:
        """Staff say that these two are one."""
        self.session.execute(
            text(
                "INSERT INTO person_link (person_id, main_id, linked_at, linked_by)"
                " SELECT :one, :other, :now, 'ada'"
                " WHERE NOT EXISTS (SELECT 1 FROM person_link WHERE main_id = :one OR person_id IN (:one, :other))"
            ),
            {"one": f"cus_{one}", "other": f"cus_{other}", "now": self.now},
        )
        people.mark_stale(self.session, [f"cus_{one}", f"cus_{other}"])

    def attention(self) -> None:
        for article in ARTICLES:
            for kind, day in (("view", 10), ("click", 10), ("view", 90)):
                on = (self.now - timedelta(days=day)).date()
                row = {"campaign": "year-end", "day": on, "kind": kind, "article": article, "placement": "end"}
                count = self.dice.randrange(1, 50)
                self.session.add(AttentionRow(**row, embed="v1", is_bot=False, count=count))


def populated(session: Session, seed: int, zone: str, persons: int = 25) -> World:
    """A world of so many persons, worked out, then some of them told anew and two linked."""
    world = World(session, random.Random(seed), campaign(zone))
    world.begin()
    world.attention()
    for number in range(persons):
        world.person(f"p{number}")
    world.follow()
    edit(world, persons)
    return world


def edit(world: World, persons: int) -> None:
    """Random changes: facts told anew, a link, a country, an erased person."""
    for _ in range(persons // 3):
        world.person(f"p{world.dice.randrange(persons)}")
    if world.dice.random() < 0.7:
        world.link(f"p{world.dice.randrange(persons)}", f"p{world.dice.randrange(persons)}x")
    world.follow()
