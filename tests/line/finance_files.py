"""Finance's files as an accountant opens them: rows by column, amounts as exact numbers."""

import csv
import io
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.line.conftest import House
from tracker.projections.finance import balance, files, payouts, statement
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut, cut

Rows = list[dict[str, str]]


def month(house: House, name: str, zone: str = "Europe/Kyiv") -> Cut:
    return cut(name, ZoneInfo(zone), house.now())


def table(name: str, asked: Cut) -> Rows:
    """A file of the month, read back from its lines."""
    file = files.named(name)
    assert file is not None
    return list(csv.DictReader(io.StringIO(b"".join(files.pieces(file, asked)).decode(), newline="")))


def cents(rows: Rows, column: str, **where: str) -> Decimal:
    """A column's sum over the rows that have these cells."""
    chosen = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return sum((Decimal(row[column]) for row in chosen if row[column]), Decimal())


def checks(asked: Cut) -> dict[str, Check]:
    """All of a month's checks about Stripe's own figures."""
    found = [*statement.checks(asked), *payouts.checks(asked), *balance.checks(asked)]
    for one in found:
        assert one.text % one.values and (one.is_green or one.cure)
    return {one.name: one for one in found}


def is_green(asked: Cut) -> dict[str, bool]:
    return {name: one.is_green for name, one in checks(asked).items()}
