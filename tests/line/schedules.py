"""A random world whose messages are damaged on the way, and the product that must come to the truth (RULES 8).

Messages come up to five times, late, in any order, as snapshots of three API versions or thin, or never; eight
workers take, fetch and store at once; answers of the API overtake each other. After one full sweep within the 30
days for which Stripe keeps events, everything equals the oracle's truth; later than that, the count now, every
cent, and every day that is not flagged as inferred.
"""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import text

from tests.line import oracle
from tests.line.account import Account
from tests.line.in_process import InProcessGateway
from tests.line.worlds import DONATION_PRODUCTS, World
from tracker import flow
from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.db import Model, db
from tracker.intake import inbox
from tracker.intake.stripe.refresh import refresh_marked
from tracker.ledger import campaigns
from tracker.projections import coverage, queries, received
from tracker.sandbox.webhooks import sign

SECRET = "whsec_line"
WORKERS = 8
VERSIONS = ("2026-10-28.endive", "2025-02-24.acacia", "2022-08-01")
KYIV = ZoneInfo("Europe/Kyiv")
LONGEST_SILENCE = timedelta(days=28)
LONGEST_STEP = timedelta(days=20)
SECOND = timedelta(seconds=1)


def campaign_of(world: World) -> Campaign:
    """The campaign whose members the oracle counts."""
    return Campaign(
        world.terms.campaign,
        "25,000 members",
        25_000,
        date(2026, 1, 1),
        date(2027, 12, 31),
        "Europe/Kyiv",
        tuple(sorted(world.terms.products)),
        donation_products=tuple(sorted(DONATION_PRODUCTS)),
        grace_days=world.terms.grace_days,
    )


@dataclass
class Schedule:
    """One world and what happens to its messages."""

    seed: int
    is_deaf: bool
    """Nobody listens for longer than Stripe keeps events."""
    dice: random.Random = field(init=False)
    drop: float = field(init=False)
    repeats: int = field(init=False)
    waiting: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"schedule {self.seed} {self.is_deaf}")
        self.drop = self.dice.choice([0.0, 0.0, self.dice.random(), self.dice.random(), 1.0])
        self.repeats = self.dice.randint(1, 5)

    def damage(self, world: World, bodies: list[bytes]) -> None:
        """What becomes of new messages on their way."""
        for body in bodies:
            if self.dice.random() >= self.drop:
                self.waiting += [self._form(world, body) for _ in range(self.dice.randint(1, self.repeats))]
        self.dice.shuffle(self.waiting)

    def _form(self, world: World, body: bytes) -> bytes:
        """The same news in one of the forms that Stripe sends it in."""
        event = json.loads(body)
        if self.dice.random() < 0.2:
            return json.dumps(thin(event)).encode()
        version = self.dice.choice(VERSIONS)
        return body if version == VERSIONS[0] else json.dumps(older(world, event, version)).encode()

    def arriving(self) -> list[bytes]:
        """Those that arrive now; the others come later, or never."""
        number = self.dice.randint(0, len(self.waiting))
        now, self.waiting = self.waiting[:number], self.waiting[number:]
        return now


def thin(event: dict[str, Any]) -> dict[str, Any]:
    """The thin form of a snapshot event, with an id of its own."""
    about = event["data"]["object"]
    return {
        "id": f"{event['id']}_thin",
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "livemode": False,
        "created": datetime.fromtimestamp(event["created"], UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "related_object": {"id": about["id"], "type": about["object"], "url": "/v1/x"},
        "snapshot_event": event["id"],
    }


def older(world: World, event: dict[str, Any], version: str) -> dict[str, Any]:
    """The event as an endpoint of an older API version gets it; gone after 30 days."""
    status, answer = world.sandbox.ask("GET", f"/v1/events/{event['id']}", {}, version)
    return answer if status == 200 else event


def run(app: Flask, seed: int, *, is_deaf: bool = False, steps: tuple[int, int] = (12, 25)) -> None:
    """Play the world of that seed over a damaged line, and compare; AssertionError tells the story.

    `steps`: how many things happen in it, at least and at most.
    """
    schedule = Schedule(seed, is_deaf)
    with app.app_context(), World(seed, days=schedule.dice.randint(60, 200) if is_deaf else None) as world:
        line = flow.Line(
            app.extensions["line"].settings, InProcessGateway(world.sandbox, schedule.dice), world.now
        )
        clear()
        campaigns.put(db.session(), campaign_of(world))
        db.session.commit()
        assert flow.load(line, world.now() + timedelta(days=1))
        connected = world.now()
        try:
            live(app, line, world, schedule, steps)
            assert flow.sync(line, full=True).drift == []
            compare(world, line, connected, is_whole=not is_deaf)
        except AssertionError as error:
            raise AssertionError(f"deaf {is_deaf}, dropped {schedule.drop}:\n{error}\n{world.story()}") from error
        finally:
            db.session.remove()


def live(app: Flask, line: flow.Line, world: World, schedule: Schedule, steps: tuple[int, int]) -> None:
    """Let the world go on, messages come or not, and somebody listen in time, or nobody."""
    heard = world.now()
    for _ in range(schedule.dice.randint(*steps)):
        if not schedule.is_deaf and world.now() + LONGEST_STEP - heard > LONGEST_SILENCE:
            flow.minute(line)
            heard = world.now()
        world.step()
        if schedule.is_deaf and schedule.dice.random() < 0.1:
            world.wait(LONGEST_STEP.days * 86_400)
        schedule.damage(world, world.messages())
        work(app, line, schedule)


def work(app: Flask, line: flow.Line, schedule: Schedule) -> None:
    """Messages arrive and workers do what they can, one after the other or eight at once."""
    bodies = schedule.arriving()
    if schedule.dice.random() < 0.3:
        with ThreadPoolExecutor(WORKERS) as pool:
            parts = [bodies[number::WORKERS] for number in range(WORKERS)]
            for done in [pool.submit(_one, app, line, part) for part in parts]:
                done.result()
    elif schedule.dice.random() < 0.7:
        _take_and_settle(line, bodies)
    else:
        for body in bodies:
            _receive(line, body)


def _one(app: Flask, line: flow.Line, bodies: list[bytes]) -> None:
    with app.app_context():
        try:
            _take_and_settle(line, bodies)
        finally:
            db.session.remove()


def _take_and_settle(line: flow.Line, bodies: list[bytes]) -> None:
    for body in bodies:
        _receive(line, body)
    refresh_marked(db.session(), line.gateway, line.settings.zone, line.clock)
    coverage.catch_up(db.session(), line.clock())
    received.catch_up(db.session())


def _receive(line: flow.Line, body: bytes) -> None:
    now = line.clock()
    header = sign(body, [SECRET], int(now.timestamp()))
    inbox.receive(db.session(), [inbox.check(body, header, [SECRET], now)], is_live=False, now=now)


def compare(world: World, line: flow.Line, connected: datetime, *, is_whole: bool) -> None:
    """Members and cents against the oracle; `is_whole`: to the second, else now and by flagged days."""
    account, campaign = Account.of(world.sandbox), campaign_of(world)
    told = oracle.truth(account, world.history, world.terms)
    assert booked() == oracle.entries(account), "every cent"
    made, kept = flow.verify(line)
    assert made == kept, "a rebuild gives the same hash"
    if is_whole:
        assert stretches() == told, differences(stretches(), told)
    now = world.now() + SECOND
    assert queries.progress(campaign, now).count == count(told, now), "the count now"
    for day in queries.daily(campaign, local_day(connected, KYIV), local_day(now, KYIV), now):
        close = min(datetime.combine(day.day + timedelta(days=1), datetime.min.time(), KYIV), now)
        assert day.inferred or day.closing == count(told, close), f"{day}, the truth is {count(told, close)}"
        assert day.opening + day.joined + day.returned - day.left == day.closing


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    return "\n".join(
        f"{person}: ours {ours.get(person)}, truth {theirs.get(person)}"
        for person in sorted({*ours, *theirs})
        if ours.get(person) != theirs.get(person)
    )


def count(told: dict[str, list[tuple[datetime, datetime]]], at: datetime) -> int:
    return sum(any(start < at <= end for start, end in spans) for spans in told.values())


def stretches() -> dict[str, list[tuple[datetime, datetime]]]:
    """What the product says: person -> stretches."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in db.session.execute(text("SELECT person_id, starts_at, ends_at FROM stretch ORDER BY 1, 2")):
        found.setdefault(row.person_id, []).append((row.starts_at, row.ends_at))
    return found


def booked() -> dict[str, tuple[Any, ...]]:
    """What the product keeps of each balance transaction, as Stripe writes it."""
    rows = db.session.execute(
        text(
            "SELECT id, amount_minor, fee_minor, net_minor, lower(currency), type, reporting_category,"
            " CAST(extract(epoch FROM created_at) AS bigint) FROM entry"
        )
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def clear() -> None:
    """Empty every table; DELETE is quicker than TRUNCATE where there is little.

    What must never be removed is guarded by triggers; a test's superuser passes them by.
    """
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    for name in Model.metadata.tables:
        db.session.execute(text(f'DELETE FROM "{name}"'))
    db.session.commit()
