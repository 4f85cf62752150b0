"""Whether our books agree with Stripe's own balance, read as the month turned (RULES 7).

A reading says exactly which balance transactions are in it, so that the books are compared with it to the cent,
however long after the month's last instant it was taken: what lies between is in both.
"""

from collections.abc import Iterator
from datetime import timedelta

from tracker.core.findings import N_
from tracker.core.money import decimal_text
from tracker.db import db
from tracker.ledger import balances, landmarks
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut

NEAR = timedelta(days=3)
"""A reading so soon after the month's end tells of that month; a long weekend without a machine is bridged."""


def checks(cut: Cut) -> Iterator[Check]:
    """Compared with every reading that is near; one that agrees proves all that came before it."""
    session = db.session()
    if cut.is_running:
        readings = balances.between(session, cut.since, cut.until)[-1:]
    else:
        readings = balances.between(session, cut.until, cut.until + NEAR)
    if not readings:
        yield _not_compared(cut)
        return
    first: dict[str, int] = {}
    for reading in readings:
        found = balances.differences(reading, balances.ours(session, reading))
        if not found:
            yield _agrees(reading, cut)
            return
        first = first or found
    yield Check(
        "balance_at_cut",
        False,
        N_("Stripe’s balance of %(at)s is another than the sum of our entries: %(differences)s more at Stripe."),
        N_(
            "Run `tracker sync --full`: it reads all of Stripe’s balance transactions and the balance once more."
            " If they still differ, lay statement.csv beside Stripe’s balance report."
        ),
        {"at": _at(readings[0], cut), "differences": _amounts(first)},
    )


def _agrees(reading: balances.Reading, cut: Cut) -> Check:
    theirs = {one.currency: one.total_minor for one in reading.amounts}
    return Check(
        "balance_at_cut",
        True,
        N_("Stripe’s balance of %(at)s is the sum of our entries to the cent: %(amounts)s."),
        values={"at": _at(reading, cut), "amounts": _amounts(theirs)},
    )


def _not_compared(cut: Cut) -> Check:
    """Said openly and no obstacle: a month from before we listened has no reading and never will have one."""
    problem = landmarks.value(db.session(), landmarks.BALANCE).get("problem")
    if problem and cut.until + NEAR > cut.now:
        text = N_("Not compared with Stripe’s balance: it could not be read (%(problem)s).")
        return Check("balance_at_cut", True, text, values={"problem": problem})
    text = N_("Not compared with Stripe’s balance: it was not read within three days of this month’s end.")
    if cut.is_running:
        text = N_("Not compared with Stripe’s balance: it was not read in this month yet.")
    return Check("balance_at_cut", True, text)


def _at(reading: balances.Reading, cut: Cut) -> str:
    return f"{reading.at.astimezone(cut.zone):%Y-%m-%d %H:%M:%S %z}"


def _amounts(found: dict[str, int]) -> str:
    return ", ".join(f"{decimal_text(amount, name)} {name}" for name, amount in sorted(found.items())) or "0"
