"""The demo's history: the story's lives written into an empty world in bulk."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

from tracker.sandbox import size, story
from tracker.sandbox.lives import Teller, pledge_id
from tracker.sandbox.rows import Rows
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

Say = Callable[[str], None]
PRODUCTS = (("prod_member", "Membership", "exchange"), ("prod_gift", "Gift", "contribution"))
"""Identifier, name, and how its money is earned (`metadata.revenue`): by day, or at receipt."""

_EVERY = 4_000


def fill(world: World, *, year: int | None, timezone: str, members: int | None, say: Say) -> None:
    """Write the story up to the world's present, unless this state holds one already.

    `members` are covered at its end; None: as many as the year has come to (`size.py`).

    All or nothing: killed half-way, the next start begins again. `say` gets a line every few thousand lives.
    """
    known = world.store.setting("demo")
    if known:
        say(f"demo: the story of {known} is here already")
        return
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand live bills make every collection walk them all: a fifth of the time
    try:
        _fill(world, year, timezone, members, say)
    finally:
        if collecting:
            gc.enable()


def _fill(world: World, year: int | None, timezone: str, members: int | None, say: Say) -> None:
    now = int(world.clock.now())
    year = year or datetime.fromtimestamp(now, ZoneInfo(timezone)).year
    members = size.members_at(now, year, timezone) if members is None else members
    say(f"demo: inventing {members:,} members of {year}")
    told = story.world(now=now, year=year, timezone=timezone, members=members)
    lives = list(told.lives)
    world.store.hastily()
    with world.working(), world.at(now):
        world.store.unindex()
        first = min((life.pledged_at for life in lives), default=now)
        rows = Rows(world, now)
        teller = Teller(rows, _catalog(rows, told, first - 30 * DAY), world.settings.retry_days)
        _write(world, teller, told, lives, say)
        rows.finish(told.currency)
        say("demo: sorting")
        world.store.index()
        made_at = datetime.fromtimestamp(now, UTC).isoformat()
        world.store.remember("demo", f"{members} members of {year}, told at {made_at}")
    world.store.durably()
    say(f"demo: {len(lives):,} memberships written")


def _catalog(rows: Rows, told: story.World, at: int) -> dict[str, Record]:
    for identifier, name, earned in PRODUCTS:
        about = {"id": identifier, "name": name, "metadata": {"revenue": earned}}
        rows.add("product", {**about, "created": at, "active": 1})
    prices: dict[str, Record] = {}
    for identifier, (interval, amount) in told.plans.items():
        prices[identifier] = {
            "id": identifier,
            "created": at,
            "product": "prod_member",
            "currency": told.currency,
            "unit_amount": amount,
            "active": 1,
            "type": "recurring",
            "interval": interval,
            "interval_count": 1,
            "nickname": {"month": "Monthly", "year": "Yearly"}.get(interval),
        }
        rows.add("price", prices[identifier])
    return prices


def _write(world: World, teller: Teller, told: story.World, lives: list[story.Life], say: Say) -> None:
    pledges: list[tuple[int, str, bytes]] = []
    everyone: list[story.Life | story.Abandoned] = [*lives, *told.abandoned]
    everyone.sort(key=lambda one: one.number)
    for done, one in enumerate(everyone, 1):
        session = teller.tell(one) if isinstance(one, story.Life) else teller.leave(one)
        pledges.append((one.number, pledge_id(one.number), orjson.dumps(_pledge(one, session, told))))
        if done % _EVERY == 0:
            say(f"demo: {done:,} of {len(everyone):,} memberships")
    world.store.db.executemany("INSERT INTO pledge (n, id, data) VALUES (?, ?, ?)", pledges)


def _pledge(one: story.Life | story.Abandoned, session: str, told: story.World) -> Record:
    """What the reader intended, as the product would have recorded it."""
    interval, amount = told.plans[one.plan]
    return {
        "id": pledge_id(one.number),
        "created": one.pledged_at,
        "plan": one.plan,
        "amount": amount,
        "currency": told.currency,
        "interval": interval,
        "article": one.article,
        "placement": one.placement,
        "session_id": session,
        "email": one.email if isinstance(one, story.Life) else None,
    }
