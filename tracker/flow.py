"""The line from a message to a number, as a few verbs: process, minute, load, sync, rebuild, publish.

Each may run in any process, any number of times, side by side; a kill between two steps loses nothing, because
what is still to do stands in the database.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tracker.config import Settings
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import pledges, unsettled
from tracker.intake.stripe import balance, payouts, sweep
from tracker.intake.stripe.gateway import Gateway
from tracker.intake.stripe.refresh import refresh_marked
from tracker.ledger import books, campaigns, holdings, landmarks, objects
from tracker.projections import coverage, forecasting, hindcasts, publishing, queries, received

SWEEP_LOCK = 7_340_002
SLICE = timedelta(seconds=50)
"""A long first reading gives way to other work this often; it goes on where it was."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the line needs: settings, the door to Stripe, a clock to read at each step."""

    settings: Settings
    gateway: Gateway
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Processed:
    """What one run settled."""

    objects: int
    persons: int
    marked: int
    """Objects that still wait for a fetch."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found; drift is what remains after the repair."""

    lost: list[str]
    drift: list[str]
    repaired: list[str]
    stripe_bridge: list[dict[str, Any]]


@contextmanager
def alone(session: Session, lock: int = SWEEP_LOCK) -> Any:
    """True to one caller of `lock` at a time across all processes, False to the others; ends with the process."""
    connection = session.get_bind().engine.connect()
    try:
        granted = connection.scalar(select(text(f"pg_try_advisory_lock({lock})")))
        connection.commit()
        yield bool(granted)
    finally:
        connection.execute(text("SELECT pg_advisory_unlock_all()"))
        connection.commit()
        connection.close()


def process(line: Line, *, all_marked: bool = False, is_patient: bool = False) -> Processed:
    """Refresh every marked object and bring the read models and the public bytes up to date."""
    session = db.session()
    how = {"all_marked": all_marked, "is_patient": is_patient}
    settled = refresh_marked(session, line.gateway, line.settings.zone, line.clock, **how)
    persons = _catch_up(line)
    if settled or persons or all_marked:
        publish(line, is_brisk=not all_marked)
    return Processed(settled, persons, objects.marked_count(session))


def follow(line: Line) -> int:
    """Bring read models and public bytes up to what staff told, Stripe not asked; answers how many persons."""
    persons = _catch_up(line)
    publish(line)
    return persons


def _catch_up(line: Line) -> int:
    """Work out what facts touched, once there is a true number at all; answers how many persons."""
    if not queries.is_whole():
        return 0
    persons = coverage.catch_up(db.session(), line.clock())
    received.catch_up(db.session())
    return persons


def minute(line: Line) -> Processed:
    """Hear of new events, process, and move `as_of` when everything heard by then was dealt with (RULES 5)."""
    session = db.session()
    _rebuild_if_due(line)
    if sweep.is_deaf(session, line.clock()):
        sweep.lists(session, line.gateway, line.settings.zone, line.clock, full=True)
    heard = sweep.events(session, line.gateway, line.clock)
    number = objects.next_number(session)
    session.commit()
    pledges.expire_unfollowed(session, line.clock())
    session.commit()
    done = process(line)
    if queries.is_whole() and not objects.is_waiting(session, before=number):
        landmarks.advance(session, landmarks.AS_OF, heard)
    unsettled.follow(session, line.clock())
    session.commit()
    publish(line)
    foresee(line)
    follow_money(line)
    return done


def follow_money(line: Line) -> None:
    """Once the ledger is whole: tie new payouts to their entries, and read the balance as a month turns."""
    session = db.session()
    if landmarks.at(session, landmarks.LEDGER_WHOLE) is not None:
        gateway, zone = line.gateway, line.settings.zone
        balance.follow(session, gateway, zone, line.clock)
        payouts.tie(session, gateway, zone, line.clock, most=payouts.A_MINUTE)


def foresee(line: Line) -> None:
    """Make the day's forecast of each campaign, or a new one where its plan has changed since."""
    session = db.session()
    for campaign in queries.campaigns() if queries.is_whole() else ():
        made = forecasting.follow(session, campaign, line.clock())
        session.commit()
        if made is not None:  # at most once a night; it is done where it was done before
            hindcasts.look_back(session, campaign, line.clock())
            session.commit()


def load(line: Line, until: datetime) -> bool:
    """Go on with the first reading of the account; True when all of it is here.

    First what the count needs: then the count is whole. The ledger follows behind it.
    """
    session = db.session()
    if landmarks.at(session, landmarks.CONNECTED) is None:
        started = line.clock()
        account = line.gateway.get("/v1/account") or {}
        landmarks.put(session, landmarks.CONNECTED, started, {"account": account.get("id")})
        landmarks.advance(session, landmarks.EVENTS, started)
        session.commit()
    _rebuild_if_due(line)
    if not queries.is_whole():
        for steps in (sweep.COUNT_LISTS, sweep.PURCHASE_LISTS if holdings.membership_months(session) else ()):
            if not sweep.first(session, line.gateway, line.settings.zone, line.clock, steps, until):
                return False
        _become_whole(line)
    if landmarks.at(session, landmarks.LEDGER_WHOLE) is not None:
        return True
    if not sweep.first(session, line.gateway, line.settings.zone, line.clock, sweep.LEDGER_LISTS, until):
        return False
    landmarks.put(session, landmarks.LEDGER_WHOLE, line.clock())
    # A product may have begun to buy months meanwhile, and only now are the payers' countries known.
    coverage.rebuild(session, line.clock())
    session.commit()
    minute(line)
    return True


def _rebuild_if_due(line: Line) -> None:
    """After an update that brought new read models: once, before anything is told."""
    session = db.session()
    if landmarks.at(session, landmarks.REBUILD_DUE) is not None:
        coverage.rebuild(session, line.clock())
        session.commit()


def _become_whole(line: Line) -> None:
    """Everything the count needs is here: work everybody out, in one transaction with saying so."""
    session = db.session()
    started = line.clock()
    coverage.rebuild(session, started)
    landmarks.put(session, landmarks.WHOLE, started)
    session.commit()
    minute(line)


def sync(line: Line, *, full: bool) -> Synced:
    """Run the sweeps now, then process; what differed from Stripe's lists is repaired and named."""
    session = db.session()
    while not load(line, line.clock() + SLICE):
        pass
    started = line.clock()
    process(line, all_marked=True)
    sweep.events(session, line.gateway, line.clock)
    process(line, all_marked=True)
    differed, gone = sweep.lists(session, line.gateway, line.settings.zone, line.clock, full=full)
    payouts.tie(session, line.gateway, line.settings.zone, line.clock)
    process(line, all_marked=True)
    objects.write_alone(session)
    wrong = differed | gone | objects.never_read(session) | books.alarmed(session)
    drift = objects.still_wrong(session, wrong)
    repaired = sorted((differed | gone | books.tell_mended(session)) - set(drift))
    told = {"repaired": len(repaired), "repaired_ids": repaired[:1000], "drift": drift[:1000]}
    landmarks.put(session, landmarks.LAST_SYNC, started, told)
    session.commit()
    balance.keep(session, line.gateway, line.clock)
    minute(line)
    return Synced(
        lost=[event.id for event in sweep.lost(session, line.clock())],
        drift=drift,
        repaired=repaired,
        stripe_bridge=queries.stripe_bridge(line.clock()),
    )


def apply(line: Line, campaign: Campaign) -> str:
    """Create or change a campaign: "created", "changed" or "unchanged"; it and its number come together.

    Whoever looks meanwhile sees the campaign as it was: a new one with nobody in it would be told as zero.
    """
    session = db.session()
    what = campaigns.put(session, campaign)
    if what != "unchanged" and queries.is_whole():
        coverage.rebuild(session, line.clock(), new=campaign.slug if what == "created" else None)
    session.commit()
    publish(line)
    return what


def rebuild(line: Line) -> str:
    """Work out everybody anew from the ledger; answers the projection's hash."""
    session = db.session()
    coverage.rebuild(session, line.clock())
    session.commit()
    publish(line)
    return coverage.live_hash(session)


def verify(line: Line) -> tuple[str, str]:
    """(the hash a rebuild would give, the live hash), read in one snapshot; nothing is changed."""
    session = db.session()
    while True:
        coverage.catch_up(session, line.clock())
        received.catch_up(session)
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        if not coverage.is_behind(session) and not received.is_behind(session):
            found = coverage.rebuilt_hash(session), coverage.live_hash(session)
            session.rollback()
            return found
        session.rollback()


def publish(line: Line, *, is_brisk: bool = False) -> None:
    """Render the public bytes anew; in brisk work pictures drawn a moment ago wait for the next minute."""
    publishing.publish(line.clock, line.settings.site, is_brisk=is_brisk)
