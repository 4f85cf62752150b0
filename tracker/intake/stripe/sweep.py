"""Sweeps: what Stripe's lists say, whether or not a message ever came (RULES 8). Cursors move after the commit."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake import inbox
from tracker.intake.stripe import answers, shapes
from tracker.intake.stripe.gateway import Gateway, Raw
from tracker.intake.stripe.refresh import Stored, complete, store
from tracker.ledger import books, holdings, landmarks, objects

RECENT = timedelta(days=45)
LOST_AFTER = timedelta(hours=1)
EVENT_WINDOW = timedelta(days=29)
"""Stripe lists events of the last 30 days; after a longer silence only its other lists tell what was missed."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class List:
    """One of Stripe's lists as we read it."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    always_whole: bool = False
    """Read whole every night: its objects change long after they were created."""

    @property
    def name(self) -> str:
        """What its cursor is kept under."""
        return f"{self.kind}:{self.params['type']}" if "type" in self.params else self.kind


SESSIONS = List("checkout.session", {"expand": ["data.line_items"]})
BOOKINGS = List("balance_transaction", {"expand": ["data.source"]})

COUNT_LISTS = (
    List("product", always_whole=True),
    List("price", always_whole=True),
    List("subscription", {"status": "all"}, always_whole=True),
    List("invoice", {"expand": ["data.payments"]}),
    List("refund"),
    List("dispute"),
    List("credit_note"),
    List("balance_transaction", {"type": "payment_failure_refund", "expand": ["data.source"]}),
)
"""All that the count of subscribers needs, in the order of reading; the last tells what debits came back."""

PURCHASE_LISTS = (SESSIONS, BOOKINGS)
"""What the count needs besides where a product buys months at once."""

LEDGER_LISTS = (SESSIONS, List("customer"), BOOKINGS, List("payout"))
"""The money and the people behind it."""


def is_deaf(session: Session, now: datetime) -> bool:
    """Whether we have not listened for longer than Stripe keeps events."""
    listened = landmarks.at(session, landmarks.EVENTS)
    return listened is not None and now - listened > EVENT_WINDOW


def events(session: Session, gateway: Gateway, clock: Clock) -> datetime:
    """Hear of events that no message brought: mark their objects. Answers the instant it is good for."""
    started = clock()
    heard = landmarks.at(session, landmarks.EVENTS) or started
    if started - heard > EVENT_WINDOW:
        landmarks.note_silence(session, landmarks.Silence(heard, started - EVENT_WINDOW))
    since = heard - landmarks.OVERLAP
    for page in gateway.pages("/v1/events", {"created": {"gte": int(since.timestamp())}}):
        inbox.hear(session, [raw for raw in page if raw.get("livemode") is gateway.is_live])
        session.commit()
    landmarks.advance(session, landmarks.EVENTS, started)
    session.commit()
    return started


def lists(
    session: Session, gateway: Gateway, zone: ZoneInfo, clock: Clock, *, full: bool
) -> tuple[set[str], set[str]]:
    """Read Stripe's lists and store what differs: (ids that differed, ids that Stripe no longer has).

    Nightly the last 45 days of what is dated, `full` all of it; what is behind a new balance transaction may be
    older, and is marked. So is what Stripe no longer lists; of bookings, those alone that were stored before their
    list was asked for.
    """
    since = clock() - RECENT
    differed, gone = set[str](), set[str]()
    for one in COUNT_LISTS[:-1] + LEDGER_LISTS:  # the last is part of the whole ledger
        whole = full or one.always_whole
        seen = set[str]()
        params = one.params if whole else one.params | {"created": {"gte": int(since.timestamp())}}
        booked = books.doubtful(session, None if full else since) if one is BOOKINGS else set()
        for number, page in _numbered_pages(session, gateway, one, params, None):
            stored = _store_page(session, gateway, one, number, page, zone, clock())
            differed |= stored.changed
            objects.want(session, holdings.behind(session, stored.booked))
            seen |= {raw["id"] for raw in page}
            session.commit()
        if whole and one.kind in {"subscription", "invoice", "checkout.session"}:
            gone |= holdings.known_ids(session, one.kind) - seen
        objects.want(session, [(one.kind, entry) for entry in booked - seen])
    objects.want(session, [("payment_intent", one) for one in holdings.payments_under_way(session)])
    kinds = holdings.kinds_of(session, gone)
    objects.want(session, [(kinds[object_id], object_id) for object_id in gone])
    session.commit()
    return differed, gone


def first(
    session: Session, gateway: Gateway, zone: ZoneInfo, clock: Clock, steps: tuple[List, ...], until: datetime
) -> bool:
    """Go on with the first reading of an account until all `steps` are done (True) or time is up (False).

    Each page and its cursor are committed together, so that a stop at any point goes on from there.
    """
    for one in steps:
        name = f"first:{one.name}"
        reached = landmarks.value(session, name)
        if reached.get("is_done"):
            continue
        done = int(reached.get("done", 0))
        after = reached.get("after")
        for number, page in _numbered_pages(session, gateway, one, one.params, after):
            _store_page(session, gateway, one, number, page, zone, clock(), is_first_reading=True)
            done += len(page)
            after = page[-1]["id"] if page else after
            landmarks.put(session, name, clock(), {"done": done, "after": after, "is_done": False})
            session.commit()
            if clock() >= until:
                return False
        landmarks.put(session, name, clock(), {"done": done, "after": after, "is_done": True})
        session.commit()
    return True


def _numbered_pages(
    session: Session, gateway: Gateway, one: List, params: dict[str, Any], after: str | None
) -> Iterator[tuple[int, list[Raw]]]:
    """Pages, each with a number drawn before it was asked for; the next is on its way while one is stored."""
    path = shapes.KINDS[one.kind].path
    with ThreadPoolExecutor(1) as ahead:
        number = objects.next_number(session)
        coming = ahead.submit(gateway.page, path, params, after)
        while True:
            page, more = coming.result()
            current = number
            if more:
                number = objects.next_number(session)
                coming = ahead.submit(gateway.page, path, params, page[-1]["id"])
            yield current, page
            if not more:
                return


def _store_page(
    session: Session,
    gateway: Gateway,
    one: List,
    number: int,
    page: list[Raw],
    zone: ZoneInfo,
    now: datetime,
    *,
    is_first_reading: bool = False,
) -> Stored:
    """Store a page; an object that cannot be read is marked, so that it stays visible as unsettled."""
    kind = shapes.KINDS[one.kind]
    readings, unreadable = [], []
    for raw in page:
        try:
            readings.append(answers.read(one.kind, complete(gateway, kind, raw), is_live=gateway.is_live))
        except shapes.UnreadableError:
            unreadable.append((one.kind, raw["id"]))
    stored = store(session, number, readings, zone, now, is_first_reading=is_first_reading)
    session.commit()
    objects.want(session, unreadable)
    return stored


@dataclass(frozen=True, slots=True)
class LostEvent:
    """An event that Stripe lists and never delivered."""

    id: str
    object_id: str
    created_at: datetime
    type: str


def lost(session: Session, now: datetime) -> list[LostEvent]:
    """Events of a type we use, after connection, older than an hour, that were never delivered (RULES 8)."""
    rows = session.execute(
        text(
            "SELECT s.id, s.object_id, s.created_at, s.type FROM swept_event s LEFT JOIN message m ON m.id = s.id"
            " WHERE m.id IS NULL AND s.object_id IS NOT NULL AND s.created_at >= :connected"
            " AND s.created_at < :before ORDER BY s.created_at, s.id"
        ),
        {"connected": landmarks.at(session, landmarks.CONNECTED), "before": now - LOST_AFTER},
    )
    return [LostEvent(*row) for row in rows]
