"""Fetch what is marked and store what Stripe says now. No lock is held while asking; a kill loses nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.intake import pledges
from tracker.intake.stripe import answers, shapes, trouble
from tracker.intake.stripe.gateway import (
    Gateway,
    Raw,
    StripeOddAnswerError,
    StripeRefusedError,
    StripeUnreachableError,
)
from tracker.intake.stripe.trouble import Trouble
from tracker.ledger import books, objects, people, purposes

Clock = Callable[[], datetime]
BATCH = 32
QUIET = timedelta(seconds=5)
"""In a storm an object is fetched when nothing was told about it for so long; the minute's sweep never waits."""
STORM = 150
"""So many messages within QUIET are a storm; a busy day has a tenth of it."""
THREADS = 8


@dataclass(frozen=True, slots=True)
class Fetched:
    """What Stripe answered for one marked object: its dict, None where it has none, or why not."""

    marked: objects.Marked
    number: int
    raw: Raw | None
    problem: str | None
    retry_after: float | None = None
    """Seconds to wait at least where Stripe could not be reached; None where it answered."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was news: the ids of changed objects, and of balance transactions that are new or were set right."""

    changed: set[str]
    booked: list[str]


def refresh_marked(
    session: Session,
    gateway: Gateway,
    zone: ZoneInfo,
    clock: Clock,
    *,
    all_marked: bool = False,
    is_patient: bool = False,
) -> int:
    """Fetch and store every object that is marked and due; answers how many were settled.

    Each batch is claimed, fetched without any lock and stored in one transaction an object. With `all_marked`,
    leases and pauses after failures are not heeded. Each object is tried once; where Stripe cannot be reached for
    a whole batch, the rest waits for the next run. What a storm of messages still speaks of is left until they are
    over, one fetch for all of them; but for what was marked before this run, unless it `is_patient`.
    """
    settled, failed = 0, list[str]()
    before = 0 if is_patient else objects.next_number(session)
    while True:
        now = clock()
        quiet = now - QUIET if not all_marked and is_storm(session, now) else None
        batch = objects.claim(
            session, now, BATCH, all_marked=all_marked, but=failed, quiet_since=quiet, before=before
        )
        numbers = [objects.next_number(session) for _ in batch]
        session.commit()
        if not batch:
            return settled
        unreachable = 0
        for fetched in _fetch(gateway, batch, numbers):
            unreachable += fetched.retry_after is not None
            if _settle(session, fetched, zone, now, is_live=gateway.is_live):
                settled += 1
            else:
                failed.append(fetched.marked.id)
        if unreachable == len(batch):
            return settled


def is_storm(session: Session, now: datetime) -> bool:
    """Whether messages come so quickly that fetching after each would ask Stripe as often as it tells."""
    lately = text("SELECT count(*) FROM (SELECT 1 FROM message WHERE received_at > :since LIMIT :most) m")
    return int(session.scalars(lately, {"since": now - QUIET, "most": STORM}).one()) == STORM


def _fetch(gateway: Gateway, batch: Sequence[objects.Marked], numbers: Sequence[int]) -> Iterator[Fetched]:
    with ThreadPoolExecutor(min(THREADS, len(batch))) as pool:
        yield from pool.map(lambda pair: _fetch_one(gateway, *pair), zip(batch, numbers, strict=True))


def _fetch_one(gateway: Gateway, marked: objects.Marked, number: int) -> Fetched:
    kind = shapes.KINDS.get(marked.kind)
    if kind is None:
        return Fetched(marked, number, None, f"unknown kind of object {marked.kind!r}")
    try:
        params = {"expand": list(kind.expand)} if kind.expand else {}
        raw = gateway.get(f"{kind.path}/{marked.id}", params)
        if raw is not None:
            answers.check(kind.name, marked.id, raw, is_live=gateway.is_live)
            raw = complete(gateway, kind, raw)
        return Fetched(marked, number, raw, None)
    except StripeOddAnswerError as error:
        return Fetched(marked, number, None, trouble.worded(Trouble.ODD_ANSWER, error))
    except StripeUnreachableError as error:
        problem = trouble.worded(Trouble.UNREACHABLE, error)
        return Fetched(marked, number, None, problem, error.retry_after)
    except StripeRefusedError as error:
        return Fetched(marked, number, None, trouble.worded(Trouble.REFUSED, error))


def complete(gateway: Gateway, kind: shapes.Kind, raw: Raw) -> Raw:
    """The object with the whole of its lists: Stripe puts only the first lines of an invoice into it."""
    for part in ("lines", "items", "payments", "line_items"):
        found = raw.get(part)
        if isinstance(found, dict) and found.get("has_more"):
            path = f"{kind.path}/{raw['id']}/{part}"
            query: dict[str, str] = {}
            if part == "payments":
                path, query = "/v1/invoice_payments", {"invoice": raw["id"]}
            if part == "items":
                path, query = "/v1/subscription_items", {"subscription": raw["id"]}
            found["data"] = [row for page in gateway.pages(path, query) for row in page]
            found["has_more"] = False
    return raw


def _settle(session: Session, fetched: Fetched, zone: ZoneInfo, now: datetime, *, is_live: bool) -> bool:
    """Store one answer in a transaction of its own; whether the object is settled."""
    marked, problem = fetched.marked, fetched.problem
    try:
        if problem is None and fetched.raw is None:
            _note_gone(session, fetched)
        elif problem is None and fetched.raw is not None:
            reading = answers.read(marked.kind, fetched.raw, is_live=is_live)
            store(session, fetched.number, [reading], zone, now)
            if marked.kind not in objects.KIND_OF.values():  # its facts stand elsewhere, as a ledger entry's do
                objects.settle(session, fetched.number, marked.id)
    except (shapes.UnreadableError, DataError) as error:
        session.rollback()
        words = error.orig if isinstance(error, DataError) else error
        problem = trouble.worded(Trouble.UNREADABLE, words)
    if problem is not None:
        pause = timedelta(seconds=fetched.retry_after or 0)
        objects.note_failure(session, marked, problem, now, pause)
    session.commit()
    return problem is None


def _note_gone(session: Session, fetched: Fetched) -> None:
    """Stripe has no such object. Of a booking we keep the money and raise an alarm (RULES 6)."""
    marked = fetched.marked
    objects.write_alone(session)
    if marked.kind == "balance_transaction" and books.note_unlisted(session, marked.id):
        objects.settle(session, fetched.number, marked.id)
    else:
        objects.mark_gone(session, fetched.number, marked.id, marked.kind)


def store(
    session: Session,
    number: int,
    readings: Sequence[shapes.Reading],
    zone: ZoneInfo,
    now: datetime,
    *,
    is_first_reading: bool = False,
) -> Stored:
    """Write everything that these readings told; the caller commits.

    An object that one of them leads to and that was never heard of is marked, so that it is fetched next; but in
    the first reading of an account, where every list is read whole and everybody is worked out at its end.
    """
    told = [(fact, reading.problem) for reading in readings for fact in reading.objects]
    objects.write_alone(session)
    if not is_first_reading:
        known = [(objects.KIND_OF[type(fact)], fact.id) for fact, _ in told]
        objects.hold(session, known, wants=[want for reading in readings for want in reading.wants])
    had = purposes.payments(session, [fact for fact, _ in told])
    changed = objects.write(session, number, told, now)
    booked = books.add_entries(session, [entry for reading in readings for entry in reading.entries], zone, now)
    moved = books.keep_contacts(session, [contact for reading in readings for contact in reading.contacts])
    pledges.settle_all(session, [fact for fact in changed if isinstance(fact, facts.CheckoutSession)], now)
    if not is_first_reading:
        purposes.mark(session, purposes.touched(session, changed, had) | set(booked))
        people.mark(session, dict.fromkeys(moved, "Customer") | people.touched(session, changed, booked))
    return Stored({fact.id for fact in changed}, booked)
