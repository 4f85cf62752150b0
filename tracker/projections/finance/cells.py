"""Finished cells of the month's files as SQL: the database writes them, rows by the million then pass as they are.

Each is the very text that core makes (`csv_text.safe`, `money.decimal_text`); a test holds them together. They
need VALUES among the statement's values.
"""

from typing import Any

from tracker.core import csv_text, money

VALUES: dict[str, Any] = {
    "runs": list(csv_text.RUNS),
    "zero_decimal": sorted(money.ZERO_DECIMAL),
    "three_decimal": sorted(money.THREE_DECIMAL),
}


def decimal(minor: str, currency: str) -> str:
    """Whole minor units as a decimal string with the currency's own digits; empty for null.

    A product of numerics has the digits of both: 1250 * 0.01 is 12.50.
    """
    unit = (
        f"CASE WHEN {currency} = ANY(:zero_decimal) THEN 1"
        f" WHEN {currency} = ANY(:three_decimal) THEN 0.001 ELSE 0.01 END"
    )
    return f"coalesce(CAST({minor} * {unit} AS text), '')"


def safe(value: str) -> str:
    """A text that no spreadsheet runs; empty for null. What begins with a letter is harmless at a glance."""
    return (
        f"CASE WHEN {value} COLLATE \"C\" BETWEEN 'A' AND '~' THEN {value}"
        f" WHEN left(ltrim({value}, ' '), 1) = ANY(:runs) THEN '''' || {value} ELSE coalesce({value}, '') END"
    )


def utc(at: str) -> str:
    """An instant as ISO 8601 in UTC, to the second; empty for null."""
    return f"coalesce(to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"


def local(at: str) -> str:
    """An instant as ISO 8601 on the wall clock of :zone, with its offset, which tells a doubled hour's two."""
    wall, offset = f"({at} AT TIME ZONE :zone)", f"(({at} AT TIME ZONE :zone) - ({at} AT TIME ZONE 'UTC'))"
    return (
        f"to_char({wall}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        f" || CASE WHEN {offset} < interval '0' THEN '-' || to_char(-{offset}, 'HH24:MI')"
        f" ELSE '+' || to_char({offset}, 'HH24:MI') END"
    )
