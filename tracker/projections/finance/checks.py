"""Everything that must be true of a month before it is closed, in the order in which it is shown."""

from collections.abc import Callable, Iterator, Sequence

from tracker.core.findings import N_
from tracker.db import db
from tracker.ledger import books, landmarks, months, objects
from tracker.projections import asking, queries
from tracker.projections.finance import balance, deferred, payouts, statement
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut

_SHOWN = 3
_RUNS = N_("Nothing is to be done while the month runs.")

_ALARMED = """
    SELECT id FROM entry
    WHERE alarm IS NOT NULL AND booked_month <= :month AND booked_month > coalesce(:shut, '') ORDER BY id
"""
"""An alarm in a month that is closed already holds up no other: only its reopening could mend that."""

_UNSETTLED = """
    SELECT id FROM stripe_object
    WHERE problem IS NOT NULL
        AND coalesce(CAST(fields ->> 'created_at' AS timestamptz), '-infinity') < :until ORDER BY id
"""


def every(cut: Cut) -> list[Check]:
    """All checks of the month, read in the session's present snapshot."""
    return [*quick(cut), *slow(cut)]


def quick(cut: Cut) -> list[Check]:
    """Those that are known at once, the first in the order."""
    return [check for found in QUICK for check in found(cut)]


def slow(cut: Cut) -> list[Check]:
    """Those for which every payment must be looked at."""
    return list(deferred.checks(cut))


def checks(cut: Cut) -> Iterator[Check]:
    """Those of the month itself: over, in its order, all of it heard, compared and settled."""
    yield _is_over(cut)
    yield _is_in_order(cut)
    yield _is_whole()
    yield _is_heard(cut)
    yield _is_compared(cut)
    yield _has_no_drift(cut)
    yield _is_settled(cut)


def _is_over(cut: Cut) -> Check:
    last = {"last_on": cut.last_on.isoformat(), "zone": cut.zone.key}
    if cut.is_running:
        return Check(
            "month_over",
            False,
            N_("The month runs until the end of %(last_on)s in %(zone)s."),
            N_("Close it when it is over."),
            last,
        )
    return Check("month_over", True, N_("The month was over with %(last_on)s in %(zone)s."), values=last)


def _is_in_order(cut: Cut) -> Check:
    """Oldest first, from whichever is the first; what was reopened is closed again before the rest."""
    known = months.versions(db.session())
    closed = [one.month for one in known if one.stands]
    due = months.after(max(closed)) if closed else min((one.month for one in known), default=None)
    is_green = due is None or cut.month == due or (not closed and cut.month < due)
    if is_green:
        return Check("in_order", True, N_("No month before it waits to be closed."))
    if cut.month > str(due):
        text = N_("Months are closed in their order, and %(due)s is not closed yet.")
        return Check("in_order", False, text, N_("Close %(due)s first."), {"due": due})
    return Check(
        "in_order",
        False,
        N_("The first month closed here is %(first)s; what came before is in its opening balances."),
        N_("Leave it: a later month’s closing has settled it."),
        {"first": min(closed)},
    )


def _is_whole() -> Check:
    if queries.ledger_loading() is None and queries.is_whole():
        return Check("ledger_whole", True, N_("The whole account has been read from Stripe."))
    return Check(
        "ledger_whole",
        False,
        N_("The account is still being read from Stripe, or worked out anew."),
        N_("Wait until “Stripe health” says that it is whole, or run: tracker sync"),
    )


def _is_heard(cut: Cut) -> Check:
    """`as_of` is the instant up to which everything was heard and dealt with (RULES 5)."""
    as_of = landmarks.at(db.session(), landmarks.AS_OF)
    if as_of is not None and as_of >= cut.until:
        return Check(
            "all_heard", True, N_("Everything that happened at Stripe until the month’s end is dealt with.")
        )
    cure = N_("Wait a few minutes; if it stays, see “Stripe health”, or run: tracker sync")
    if as_of is None:
        return Check("all_heard", False, N_("Nothing of what happened at Stripe is dealt with yet."), cure)
    return Check(
        "all_heard",
        False,
        N_("What happened at Stripe is dealt with only until %(as_of)s."),
        _RUNS if cut.is_running else cure,
        {"as_of": as_of.astimezone(cut.zone).isoformat(timespec="minutes")},
    )


def _is_compared(cut: Cut) -> Check:
    at = landmarks.at(db.session(), landmarks.LAST_SYNC)
    if at is not None and at >= cut.until:
        return Check("compared", True, N_("The books were held against Stripe’s lists after the month’s end."))
    if cut.is_running:
        words = N_("The books are held against Stripe’s lists once more after the month’s end.")
        return Check("compared", False, words, _RUNS)
    return Check(
        "compared",
        False,
        N_("The books were not held against Stripe’s lists since the month’s end."),
        N_("Wait for the nightly comparison, or run: tracker sync"),
    )


def _has_no_drift(cut: Cut) -> Check:
    session = db.session()
    told = landmarks.value(session, landmarks.LAST_SYNC).get("drift", [])
    asked = {"month": cut.month, "shut": months.shut_through(session) or ""}
    alarmed = [str(row["id"]) for row in asking.rows(_ALARMED, None, **asked)]
    drift = sorted(set(objects.still_wrong(session, told)) - books.alarmed(session))
    return _none_of(
        "no_drift",
        [*alarmed, *drift],
        N_("Stripe and our books tell the same."),
        N_("Stripe and our books differ, %(count)s times: %(ids)s."),
        N_("See “Stripe health”, and run: tracker sync --full. About what stays, ask Stripe."),
    )


def _is_settled(cut: Cut) -> Check:
    found = [str(row["id"]) for row in asking.rows(_UNSETTLED, None, until=cut.until)]
    return _none_of(
        "all_settled",
        found,
        N_("Nothing that may belong to the month is unsettled."),
        N_("Unsettled and perhaps of this month, %(count)s: %(ids)s."),
        N_("“Stripe health” says why; what could not be fetched is tried again by itself."),
    )


def _none_of(name: str, ids: Sequence[str], green: str, red: str, cure: str) -> Check:
    if not ids:
        return Check(name, True, green)
    shown = ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
    return Check(name, False, red, cure, {"count": len(ids), "ids": shown})


QUICK: tuple[Callable[[Cut], Iterator[Check]], ...] = (
    checks,
    statement.checks,
    balance.checks,
    payouts.checks,
)
"""Each module of files adds its own."""
