"""How each month of the books stands: running, open, ready to close, closed, reopened; and what came later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.db import db
from tracker.ledger import months as closed_months
from tracker.ledger.months import Version
from tracker.projections import asking, books
from tracker.projections.books import Total
from tracker.projections.finance import checks
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut, cut

RUNNING, OPEN, READY, CLOSED, REOPENED, CARRIED = "running", "open", "ready", "closed", "reopened", "carried"
SHOWN = 50
"""Late entries that are named one by one; the files have all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A month of the books as it stands."""

    month: str
    """YYYY-MM"""
    state: str
    """running | open | ready (every check is green) | closed | reopened | carried (into the first closed month)"""
    totals: tuple[Total, ...]
    version: int | None
    """Of the last closing; null where it was never closed."""
    closed_at: datetime | None
    closed_by: str | None
    reopened_at: datetime | None
    reopened_by: str | None
    reopened_reason: str | None
    checks: tuple[Check, ...] | None
    """What must be green, of the month that is closed next; null of the others."""


@dataclass(frozen=True, slots=True)
class Late:
    """An entry that is booked in another month than the one it belongs to by its date or by its charge."""

    id: str
    booked_month: str
    original_month: str
    """The month of its date where it is of a prior period, else that of the charge it reverses."""
    created_at: datetime
    category: str
    currency: str
    gross_minor: int
    net_minor: int
    is_prior: bool
    """It came when its own month was closed."""


def months(zone: ZoneInfo, now: datetime) -> list[Standing]:
    """Every month from the first with entries to the running one, the latest first; none is left out between."""
    known = {one.month: one for one in books.months(zone, now)}
    closings = _closings()
    running = f"{now.astimezone(zone):%Y-%m}"
    first = min([*known, *closings, running])
    names = [first]
    while names[-1] < max(running, *known, *closings):
        names.append(closed_months.after(names[-1]))
    due = next_to_close(running, closings)
    found = []
    for name in reversed(names):
        totals = known[name].totals if name in known else ()
        told = tuple(checks.every(cut(name, zone, now))) if name == due else None
        found.append(_standing(name, running, totals, closings, told))
    return found


def month(asked: Cut) -> Standing:
    """One month, with its checks unless it is closed."""
    closings = _closings()
    totals = next((one.totals for one in books.months(asked.zone, asked.now) if one.month == asked.month), ())
    running = f"{asked.now.astimezone(asked.zone):%Y-%m}"
    is_closed = any(one.stands for one in closings.get(asked.month, ()))
    told = None if is_closed else tuple(checks.every(asked))
    return _standing(asked.month, running, totals, closings, told)


def versions(month: str) -> list[Version]:
    """Every closing of the month, the first first."""
    return closed_months.versions(db.session(), month)


def is_first_closing() -> bool:
    """Whether no month was ever closed: the next closing takes all before it into its opening balance."""
    return not _closings()


def has_moved(month: str) -> bool:
    """Whether any money has moved up to the month's end."""
    return bool(asking.rows("SELECT 1 FROM entry WHERE booked_month <= :month LIMIT 1", None, month=month))


def next_to_close(running: str, closings: dict[str, list[Version]] | None = None) -> str | None:
    """The month to close next: after the last closed one, else the oldest reopened, else the last that is over."""
    known = _closings() if closings is None else closings
    shut = [month for month, found in known.items() if any(one.stands for one in found)]
    due = closed_months.after(max(shut)) if shut else min([*known, _before(running)])
    return due if due < running else None


def _closings() -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for one in closed_months.versions(db.session()):
        found.setdefault(one.month, []).append(one)
    return found


def _before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"


def _standing(
    name: str,
    running: str,
    totals: Sequence[Total],
    closings: dict[str, list[Version]],
    told: tuple[Check, ...] | None,
) -> Standing:
    own = closings.get(name, [])
    last = own[-1] if own else None
    first_closed = min(
        (month for month, found in closings.items() if any(one.stands for one in found)), default=""
    )
    if last is not None and last.stands:
        state = CLOSED
    elif last is None and first_closed and name < first_closed:
        state = CARRIED
    elif told and all(check.is_green for check in told):
        state = READY
    elif last is not None:
        state = REOPENED
    else:
        state = RUNNING if name >= running else OPEN
    return Standing(
        month=name,
        state=state,
        totals=tuple(totals),
        version=last.version if last else None,
        closed_at=last.closed_at if last else None,
        closed_by=last.closed_by if last else None,
        reopened_at=last.reopened_at if last else None,
        reopened_by=last.reopened_by if last else None,
        reopened_reason=last.reopened_reason if last else None,
        checks=told,
    )


_LATE = """
    SELECT e.id, e.booked_month, e.created_at, e.reporting_category AS category, e.currency,
        e.amount_minor AS gross_minor, e.net_minor, e.prior_period AS is_prior,
        CASE WHEN e.prior_period THEN to_char(e.created_at AT TIME ZONE :zone, 'YYYY-MM')
            ELSE charged.booked_month END AS original_month
    FROM entry e
    LEFT JOIN stripe_object source ON source.id = e.source_id AND source.kind IN ('refund', 'dispute')
    LEFT JOIN stripe_object charge ON charge.id = source.charge_id
    LEFT JOIN entry charged ON charged.id = charge.fields ->> 'balance_transaction'
"""

_CAME_LATER = f"""{_LATE} WHERE e.booked_month > :month AND (
        (e.prior_period AND e.created_at >= :since AND e.created_at < :until)
        OR (e.reporting_category <> 'charge' AND charged.booked_month = :month))
    ORDER BY e.created_at, e.id LIMIT :most
"""

_CAME_FOR_EARLIER = f"""{_LATE} WHERE e.booked_month = :month AND e.prior_period
    ORDER BY e.created_at, e.id LIMIT :most
"""


def came_later(asked: Cut) -> list[Late]:
    """What belongs to the month and is booked in a later one: it came after closing, or reverses its charges.

    One more than are shown, where there are more.
    """
    values = {"month": asked.month, "since": asked.since, "until": asked.until, "zone": asked.zone.key}
    return [Late(**row) for row in asking.rows(_CAME_LATER, None, most=SHOWN + 1, **values)]


def came_for_earlier(asked: Cut) -> list[Late]:
    """What is booked in the month though it belongs to an earlier one that was closed when it came."""
    values = {"month": asked.month, "zone": asked.zone.key}
    return [Late(**row) for row in asking.rows(_CAME_FOR_EARLIER, None, most=SHOWN + 1, **values)]
