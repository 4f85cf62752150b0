"""Fetch what is marked and store what Stripe says now. No lock is held while asking; a kill loses nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.intake import pledges
from tracker.intake.stripe import shapes
from tracker.intake.stripe.gateway import Gateway, Raw, StripeRefusedError, StripeUnreachableError
from tracker.ledger import books, objects, people

Clock = Callable[[], datetime]
BATCH = 32
THREADS = 8


@dataclass(frozen=True, slots=True)
class Fetched:
    """What Stripe answered for one marked object: its dict, None where it has none, or why not."""

    marked: objects.Marked
    number: int
    raw: Raw | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What was news: the ids of changed objects and of new balance transactions."""

    changed: set[str]
    booked: list[str]


def refresh_marked(
    session: Session, gateway: Gateway, zone: ZoneInfo, clock: Clock, *, all_marked: bool = False
) -> int:
    """Fetch and store every object that is marked and due; answers how many were settled.

    Each batch is claimed, fetched without any lock and stored in one transaction an object. With `all_marked`,
    leases and pauses after failures are not heeded. Each object is tried once.
    """
    settled, failed = 0, list[str]()
    while True:
        now = clock()
        batch = objects.claim(session, now, BATCH, all_marked=all_marked, but=failed)
        numbers = [objects.next_number(session) for _ in batch]
        session.commit()
        if not batch:
            return settled
        for fetched in _fetch(gateway, batch, numbers):
            if _settle(session, fetched, zone, now):
                settled += 1
            else:
                failed.append(fetched.marked.id)


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
        return Fetched(marked, number, raw and complete(gateway, kind, raw), None)
    except (StripeUnreachableError, StripeRefusedError) as error:
        return Fetched(marked, number, None, f"{type(error).__name__}: {error}")


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


def _settle(session: Session, fetched: Fetched, zone: ZoneInfo, now: datetime) -> bool:
    """Store one answer in a transaction of its own; whether the object is settled."""
    marked = fetched.marked
    if fetched.problem is not None:
        objects.note_failure(session, marked, fetched.problem, now)
    elif fetched.raw is None:
        objects.mark_gone(session, fetched.number, marked.id, marked.kind)
    else:
        try:
            reading = shapes.read(marked.kind, fetched.raw)
        except shapes.UnreadableError as error:
            objects.note_failure(session, marked, str(error), now)
            session.commit()
            return False
        store(session, fetched.number, [reading], zone, now)
    session.commit()
    return fetched.problem is None


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
    changed = objects.write(session, number, told, now)
    booked = books.add_entries(session, [entry for reading in readings for entry in reading.entries], zone)
    books.keep_contacts(session, [contact for reading in readings for contact in reading.contacts])
    pledges.settle_all(session, [fact for fact in changed if isinstance(fact, facts.CheckoutSession)], now)
    if not is_first_reading:
        people.mark(session, people.touched(session, changed, booked))
    return Stored({fact.id for fact in changed}, booked)
