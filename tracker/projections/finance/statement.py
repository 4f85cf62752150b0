"""statement.csv: what the balance was, what moved it, what it is, for each currency (RULES 7).

Every kind of balance transaction counts, Stripe's own fees too. `opening` and `closing` have a net alone, as the
starting and the ending balance have in Stripe's own balance summary: a balance is not made of gross and fees.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracker.core import balance_types, csv_text, money
from tracker.core.findings import N_, shown
from tracker.projections import asking
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile

OPENING, CLOSING = "opening", "closing"
NAMED = 10
"""So many examples are named in a check; the files have them all."""

BALANCES = """
    SELECT currency, coalesce(sum(net_minor) FILTER (WHERE booked_month < :month), 0) AS opening,
        sum(net_minor) AS closing
    FROM entry WHERE booked_month <= :month GROUP BY currency ORDER BY currency COLLATE "C"
"""
"""The sums up to the month's edges; a currency that ever moved stays listed."""

MOVEMENTS = """
    SELECT currency, reporting_category, count(*) AS count, sum(amount_minor) AS gross, sum(fee_minor) AS fee,
        sum(net_minor) AS net
    FROM entry WHERE booked_month = :month GROUP BY currency, reporting_category
    ORDER BY currency COLLATE "C", reporting_category COLLATE "C"
"""

UNEVEN = """
    SELECT id FROM entry WHERE booked_month = :month AND amount_minor - fee_minor <> net_minor ORDER BY id
"""

KINDS = """
    SELECT type, reporting_category, currency, count(*) AS count, min(id) AS example FROM entry
    WHERE booked_month = :month GROUP BY type, reporting_category, currency ORDER BY type, reporting_category
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A month's movements of one category."""

    category: str
    count: int
    gross_minor: int
    fee_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One currency's month; minor units. It closes where opening and all net together are the closing."""

    currency: str
    opening_minor: int
    lines: tuple[Line, ...]
    closing_minor: int
    """Summed over every entry up to the month's end, not from the lines."""

    @property
    def difference_minor(self) -> int:
        return self.opening_minor + sum(line.net_minor for line in self.lines) - self.closing_minor


def statements(month: str) -> list[Statement]:
    """Each currency's statement, in one order for ever."""
    lines: dict[str, list[Line]] = {}
    for row in asking.rows(MOVEMENTS, None, month=month):
        sums = (int(row[name]) for name in ("gross", "fee", "net"))
        lines.setdefault(row["currency"], []).append(Line(row["reporting_category"], row["count"], *sums))
    return [
        Statement(row["currency"], int(row["opening"]), tuple(lines.get(row["currency"], ())), int(row["closing"]))
        for row in asking.rows(BALANCES, None, month=month)
    ]


def rows(cut: Cut) -> Iterator[list[str]]:
    """For each currency `opening`, its categories, `closing`."""
    for one in statements(cut.month):
        yield _balance(one.currency, OPENING, one.opening_minor)
        for line in one.lines:
            amounts = (line.gross_minor, line.fee_minor, line.net_minor)
            decimals = [money.decimal_text(amount, one.currency) for amount in amounts]
            yield [one.currency, csv_text.safe(line.category), str(line.count), *decimals]
        yield _balance(one.currency, CLOSING, one.closing_minor)


def _balance(currency: str, name: str, amount_minor: int) -> list[str]:
    return [currency, name, "", "", "", money.decimal_text(amount_minor, currency)]


def checks(cut: Cut) -> Iterator[Check]:
    """Whether the statement closes, and whether we know all that is in it."""
    yield _closes(cut)
    yield _known(cut)


def _closes(cut: Cut) -> Check:
    found = statements(cut.month)
    uneven = [row["id"] for row in asking.rows(UNEVEN, None, month=cut.month)]
    apart = [f"{one.currency} {_amount(one.difference_minor, one)}" for one in found if one.difference_minor]
    if not uneven and not apart:
        currencies = ", ".join(one.currency for one in found)
        if not currencies:
            return Check("statement_closes", True, N_("The books have no entry up to this month."))
        text = N_("Opening and net add up to closing: %(currencies)s.")
        return Check("statement_closes", True, text, values={"currencies": currencies})
    return Check(
        "statement_closes",
        False,
        N_("The statement does not close: %(difference)s; entries whose net is not gross less fee: %(ids)s."),
        N_("Run `tracker sync --full`: what was altered here is set right from Stripe’s list."),
        {"difference": ", ".join(apart) or "0", "ids": some(uneven)},
    )


def _amount(amount_minor: int, one: Statement) -> str:
    return money.decimal_text(amount_minor, one.currency)


def _known(cut: Cut) -> Check:
    kinds = asking.rows(KINDS, None, month=cut.month)
    found = [f"{name} ({row['count']}, {row['example']})" for row in kinds for name in _unknown(row)]
    if not found:
        return Check("unknown_types", True, N_("Every type, category and currency of this month is known."))
    return Check(
        "unknown_types",
        False,
        N_("Not known here: %(found)s. They are in the statement as Stripe booked them."),
        N_(
            "Look at these entries in Stripe’s dashboard and decide what they are in your accounts; then install"
            " the newest version of the tracker, which knows them, or ask its makers for it."
        ),
        {"found": some(found)},
    )


def _unknown(row: Mapping[str, Any]) -> Iterator[str]:
    """What of an entry has no place in our lists: never guessed, always named (RULES 4)."""
    if row["type"] not in balance_types.TYPES:
        yield f"type {shown(row['type'])}"
    if row["reporting_category"] not in balance_types.CATEGORIES:
        yield f"category {shown(row['reporting_category'])}"
    if not money.is_known(row["currency"]):
        yield f"currency {shown(row['currency'])}"


def some(names: list[str]) -> str:
    """The first of them for a sentence, and how many more there are; a dash where there is none."""
    more = f" + {len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more if names else "–"


FILE = MonthFile(
    "statement.csv",
    ("currency", "reporting_category", "count", "gross", "fee", "net"),
    rows,
    sums=("gross", "fee", "net"),
    total="reporting_category",
)
