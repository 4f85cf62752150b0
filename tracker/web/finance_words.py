"""What finance is told in its own language: states, files, checks, the statement in sentences, the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tracker import access
from tracker.core import money
from tracker.projections.finance import files
from tracker.projections.finance.check import Check
from tracker.projections.finance.overview import Standing
from tracker.projections.prices import price
from tracker.web import words
from tracker.web.words import gettext, ngettext

_PAYOUTS = ("payout", "payout_reversal")


def state(name: str) -> str:
    """A month's state in a word or two."""
    return {
        "running": gettext("running"),
        "open": gettext("open"),
        "ready": gettext("ready to close"),
        "closed": gettext("closed"),
        "reopened": gettext("reopened"),
        "carried": gettext("before the first closing"),
    }.get(name, name)


def meaning(one: Standing) -> str:
    """What the state means, and what is to be done."""
    return {
        "running": gettext("It still grows. It can be closed when it is over."),
        "open": gettext("It is over, but not frozen: what comes late still changes it."),
        "ready": gettext("It is over, and every check is green: it can be closed."),
        "closed": gettext("Its files are frozen for ever: they have the same bytes whenever they are taken."),
        "reopened": gettext("It was closed and is open again; what was handed out stays below, as a version."),
        "carried": gettext("It lies before the first month that was closed, in whose opening balance it is."),
    }[one.state]


def about(name: str) -> str:
    """What is in a file of a month."""
    return {
        "transactions.csv": gettext("a row for each of Stripe’s balance transactions"),
        "statement.csv": gettext("opening balance, movements and closing balance of each currency"),
        "payouts.csv": gettext("what left for the bank, each held against its entries"),
        "deferred-revenue.csv": gettext("what is paid and not yet delivered, by product"),
        "members.csv": gettext("who joined, returned and left, by campaign and plan"),
        "offline.csv": gettext("receipts that did not come through Stripe"),
        "manifest.json": gettext("rows, sums and SHA-256 of every file, the checks and the rules"),
    }.get(name, "")


def checked(one: Check) -> dict[str, str | bool]:
    """A check in the reader's language."""
    return {
        "name": one.name,
        "is_green": one.is_green,
        "text": _told(one.text, one.values),
        "cure": _told(one.cure, one.values) if one.cure else "",
    }


def finding(text: str, values: Mapping[str, Any]) -> str:
    """A finding that was kept with its values."""
    return _told(text, values)


def _told(text: str, values: Mapping[str, Any]) -> str:
    told = gettext(text)
    return told % values if values else told


@dataclass(frozen=True, slots=True)
class Statement:
    """One currency's month: in sentences, and line by line as statement.csv has it."""

    currency: str
    sentence: str
    lines: tuple[dict[str, str], ...]
    """category, count, gross, fee, net; the first is the opening, the last the closing."""


def statements(rows: Sequence[Mapping[str, str]]) -> list[Statement]:
    """The rows of statement.csv, by currency in its order."""
    by_currency: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        by_currency.setdefault(row["currency"], []).append(row)
    return [Statement(code, _sentence(code, own), tuple(map(_line, own))) for code, own in by_currency.items()]


def _sentence(code: str, rows: Sequence[Mapping[str, str]]) -> str:
    between = [row for row in rows if row["reporting_category"] not in {"opening", "closing"}]
    inside = [row for row in between if row["reporting_category"] not in _PAYOUTS]
    values = {
        "opening": exact(rows[0]["net"], code),
        "gross": exact(_sum(inside, "gross"), code),
        "fee": exact(_sum(inside, "fee"), code),
        "paid": exact(-_sum([row for row in between if row not in inside], "net"), code),
        "closing": exact(rows[-1]["net"], code),
    }
    return gettext(
        "%(opening)s at the start; %(gross)s gross came in, Stripe’s fees took %(fee)s, %(paid)s left for the"
        " bank; %(closing)s at the end.",
        **values,
    )


def _sum(rows: Sequence[Mapping[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def _line(row: Mapping[str, str]) -> dict[str, str]:
    code = row["currency"]
    shown = {name: exact(row[name], code) if row[name] else "" for name in ("gross", "fee", "net")}
    count = words.number(int(row["count"])) if row["count"] else ""
    return {"category": row["reporting_category"], "count": count, **shown}


def category(name: str) -> str:
    """The first and the last line of a statement in words; Stripe's categories keep the names of its reports."""
    return {"opening": gettext("Opening balance"), "closing": gettext("Closing balance")}.get(name, name)


def exact(value: Decimal | str, code: str) -> str:
    """A decimal as money, with the currency's own digits as Stripe counts them."""
    return price(Decimal(value), code, words.locale(), money.digits(code)).replace("-", words.MINUS)


def size(length: int) -> str:
    """Bytes for a reader."""
    if length < 1024:
        return ngettext("%(num)d byte", "%(num)d bytes", length)
    if length < 1024 * 1024:
        return gettext("%(n)s KiB", n=words.number(round(length / 1024)))
    return gettext("%(n)s MiB", n=words.number(round(length / 1024 / 1024)))


def sums(name: str, found: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The sums of the file of that name, as its columns stand: "EUR gross 12.50, fee 0.80", a line a currency."""
    file = files.named(name)
    order = file.sums if file is not None else ()
    return [
        f"{'' if code == 'all' else code + ' '}{', '.join(f'{column} {own[column]}' for column in order)}"
        for code, own in sorted(found.items())
        if own and set(own) == set(order)
    ]


def deed(one: access.Deed) -> str:
    """A line of the log in words."""
    action, _, rest = one.action.partition(" ")
    if action == "took" and rest != "the workbook":
        version = one.detail.get("version")
        if version is not None:
            return gettext("took %(file)s of version %(version)s", file=rest, version=version)
        return gettext("took %(file)s", file=rest)
    reason = one.detail.get("reason", "")
    known = {
        "closed month": gettext("closed the month"),
        "asked to close a month": gettext("asked for its closing"),
        "reopened month": gettext("reopened the month: %(reason)s", reason=reason),
        "asked for a month's files": gettext("asked for its files to be made"),
        "exported month": gettext("exported all files"),
        "took the workbook": gettext("took the workbook"),
    }
    return known.get(one.action, one.action)
