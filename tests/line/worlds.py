"""Random small worlds on the test server: a few readers, a few months, everything that can happen to a membership.

    world = World(seed=7)
    world.play()  # or world.step() again and again, with world.messages() in between
    truth(Account.of(world.sandbox), world.history, world.terms)

A seed always tells the same story; `world.told` has it in sentences.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from tests.line import acts_bills, acts_joining, acts_members, acts_money
from tests.line.memberships import Terms
from tests.line.stage import ACTS, Raw, Stage
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

CHAPTERS = (acts_joining, acts_members, acts_bills, acts_money)
DAY = 86_400
PRODUCTS = {
    "prod_member": ("Membership", {}),
    "prod_club": ("Club", {}),
    "prod_half": ("Half a year", {"membership_months": "6"}),
    "prod_short": ("A month", {"membership_months": "1"}),
    "prod_plain": ("Friends", {}),
    "prod_gift": ("Gift", {}),
    "prod_shirt": ("Shirt", {}),
}
MEMBER_PRODUCTS = frozenset({"prod_member", "prod_club", "prod_half", "prod_short", "prod_plain"})
DONATION_PRODUCTS = frozenset({"prod_gift"})
_PLANS = (
    ("price_member_month_eur", "prod_member", 500, "month", 1),
    ("price_member_week_eur", "prod_member", 150, "week", 1),
    ("price_member_year_eur", "prod_member", 5000, "year", 1),
    ("price_member_month_usd", "prod_member", 600, "month", 1),
    ("price_member_month_kwd", "prod_member", 1500, "month", 1),
    ("price_club_month_eur", "prod_club", 900, "month", 1),
    ("price_club_week_eur", "prod_club", 250, "week", 1),
    ("price_club_two_months_eur", "prod_club", 1700, "month", 2),
    ("price_club_month_jpy", "prod_club", 900, "month", 1),
    ("price_shirt_month_eur", "prod_shirt", 400, "month", 1),
)
_ONCE = (
    ("price_half_eur", "prod_half", 3000),
    ("price_half_jpy", "prod_half", 4000),
    ("price_short_eur", "prod_short", 600),
    ("price_short_2_eur", "prod_short", 650),
    ("price_short_usd", "prod_short", 700),
    ("price_plain_eur", "prod_plain", 1000),
    ("price_gift_eur", "prod_gift", 2000),
    ("price_shirt_eur", "prod_shirt", 1500),
)
# The clocks of Kyiv change on 29 March and 25 October 2026.
_CHANGES = (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC))


class World:
    """One account's story from a seed. `days`: how long it may last at most; by default 20 to 200.

    `start`: its first instant, by default one of 2026; `account`: what else is set otherwise than by the dice.
    """

    def __init__(
        self, seed: int, days: int | None = None, *, start: datetime | None = None, **account: Any
    ) -> None:
        self.seed, self.dice = seed, Random(seed)
        start = start or _start(self.dice)
        self.days = days or self.dice.randint(20, 200)
        self.ends_at = start + timedelta(days=self.days)
        self.sandbox = Sandbox(
            now=start, serve=False, seed=seed, settings=replace(_settings(self.dice), **account)
        )
        self.sandbox.start()
        stock(self.sandbox)
        self.stage = Stage(self.sandbox, self.dice, self.dice.randint(1, 4))
        self.terms = Terms(MEMBER_PRODUCTS, self.dice.choice((30, 30, 30, 14, 7, 0)))
        self.told: list[str] = [f"{self.now()}: {self.sandbox.world.settings}"]
        self.history: list[Raw] = []
        self._unread: list[bytes] = []
        self._hear()

    def step(self) -> str:
        """Move the clock, or leave it, and let one thing happen; answers what."""
        self._move()
        for _ in range(50):
            name = self._draw()
            said = ACTS[name][1](self.stage)
            if said:
                break
        else:
            name, said = "nothing", "nothing happens"
        self.stage.done[name] += 1
        sentence = f"{self.now():%Y-%m-%d %H:%M:%S} {name}: {said}"
        self.told.append(sentence)
        self._hear()
        return sentence

    def play(self, steps: int | None = None) -> None:
        """A whole story of 12 to 25 steps, and what follows from it until the world's end."""
        for _ in range(steps or self.dice.randint(12, 25)):
            self.step()
        while self.now() < self.ends_at:
            self.wait(min(20 * DAY, int((self.ends_at - self.now()).total_seconds())))

    def wait(self, seconds: int) -> None:
        """Let time alone pass."""
        self.sandbox.clock.set(self.stage.now() + seconds)
        self._hear()

    def messages(self) -> list[bytes]:
        """The bodies of all events since the last call, oldest first."""
        unread, self._unread = self._unread, []
        return unread

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stage.now(), UTC)

    def story(self) -> str:
        return f"seed {self.seed}\n" + "\n".join(self.told)

    def close(self) -> None:
        self.sandbox.stop()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _draw(self) -> str:
        names = list(_NAMES)
        if not self.stage.people:  # first somebody has to come
            return self.dice.choice([name for name in names if name.startswith(("join", "buy"))])
        return self.dice.choices(names, cum_weights=_WEIGHTS)[0]

    def _move(self) -> None:
        left = int((self.ends_at - self.now()).total_seconds())
        kind = self.dice.random()
        span = 0
        if kind > 0.9:
            span = self._until_something_is_due()
        elif kind > 0.75:
            span = self.dice.randint(1, 7200)
        elif kind > 0.22:
            span = int(min(20 * DAY, self.dice.expovariate(12 / (self.days * DAY))))
        if span := max(0, min(span, left)):
            self.wait(span)

    def _until_something_is_due(self) -> int:
        """To the very second of a renewal, a retry or another such moment within 20 days."""
        sql = "SELECT at FROM due WHERE action NOT IN ('payout', 'payout_arrives', 'forget_events') AND at > ?"
        found = [row[0] for row in self.sandbox.world.store.db.execute(sql, (self.stage.now(),))]
        soon = sorted(at for at in found if at <= self.stage.now() + 20 * DAY)
        return self.dice.choice(soon) - self.stage.now() if soon else 0

    def _hear(self) -> None:
        bodies = self.sandbox.messages()
        self._unread += bodies
        self.history += [orjson.loads(body) for body in bodies]


_NAMES = tuple(ACTS)
_WEIGHTS = [sum(weight for weight, _ in list(ACTS.values())[: place + 1]) for place in range(len(ACTS))]


def _start(dice: Random) -> datetime:
    if dice.random() < 0.2:
        return dice.choice(_CHANGES) + timedelta(seconds=dice.randint(0, 6 * 3600))
    return datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=dice.randint(0, 272 * DAY))


def _settings(dice: Random) -> Settings:
    return Settings(
        after_retries=dice.choice(("cancel", "unpaid", "unpaid", "past_due", "pause")),
        invoice_after_retries=dice.choice(("open", "open", "uncollectible")),
        reopens_invoices=dice.random() < 0.2,
    )


def stock(sandbox: Sandbox) -> None:
    """The publisher's products and prices."""
    for identifier, (name, metadata) in PRODUCTS.items():
        sandbox.must("POST", "/v1/products", {"id": identifier, "name": name, "metadata": metadata})
    for identifier, product, amount, interval, count in _PLANS:
        wish = _price(identifier, product, amount)
        sandbox.must("POST", "/v1/prices", wish | {"recurring": {"interval": interval, "interval_count": count}})
    for identifier, product, amount in _ONCE:
        sandbox.must("POST", "/v1/prices", _price(identifier, product, amount))


def _price(identifier: str, product: str, amount: int) -> Raw:
    return {"id": identifier, "product": product, "unit_amount": amount, "currency": identifier[-3:]}
