"""A CSV file in which staff tell titles, sections and authors of articles whose pages we cannot read, or not well.

All or nothing, errors by line and column, told twice once. A filled cell wins over what the page tells; the row
takes the place of what staff told of that article before.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from tracker.core.article_card import LONGEST_NAME, LONGEST_TITLE, MOST_AUTHORS, ArticleCard, authors_of, line_of
from tracker.core.findings import N_, Finding, shown
from tracker.intake import csv_rows
from tracker.intake.article_tags import FIRST_YEAR
from tracker.intake.csv_rows import LineError
from tracker.intake.pledges import canonical_article
from tracker.ledger import articles
from tracker.ledger.articles import Told

COLUMNS = ("url", "title", "section", "authors", "published_on")
BETWEEN = "|"
"""Between several authors in one cell."""
LAST_YEAR = 2150
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Report:
    """How many articles are new, told otherwise than before, unchanged; with errors nothing was changed."""

    figures: Mapping[str, int]
    errors: Sequence[LineError] = ()


@dataclass(slots=True)
class _Read:
    cards: dict[str, ArticleCard] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """Where each article stands first."""
    repeated: int = 0
    errors: list[LineError] = field(default_factory=list)


def run(session: Session, data: bytes, by: str, now: datetime, *, dry_run: bool = False) -> Report:
    """Keep the whole file, or nothing where one line does not fit or in a dry run. The caller commits."""
    read = _read(data)
    if read.errors:
        return Report({"new": 0, "changed": 0, "unchanged": 0}, read.errors)
    before = articles.told(session, list(read.cards))
    other = [Told(key, card) for key, card in read.cards.items() if before.get(key) != card]
    if not dry_run:
        articles.tell(session, other, by, now)
    new = sum(one.key not in before for one in other)
    unchanged = len(read.cards) - len(other) + read.repeated
    return Report({"new": new, "changed": len(other) - new, "unchanged": unchanged})


def _read(data: bytes) -> _Read:
    read = _Read()
    for line, row in csv_rows.rows(data, COLUMNS):
        told = row if isinstance(row, Finding) else _told(row)
        findings = [told] if isinstance(told, Finding) else told if isinstance(told, list) else []
        read.errors += [LineError(line, one) for one in findings]
        if isinstance(told, Told):
            _add(read, line, told)
    if not read.errors and not read.cards:
        read.errors.append(LineError(1, Finding("", N_("no row under the header; fill in at least one"))))
    return read


def _add(read: _Read, line: int, told: Told) -> None:
    if told.key not in read.cards:
        read.cards[told.key], read.lines[told.key] = told.card, line
    elif read.cards[told.key] == told.card:
        read.repeated += 1
    else:
        text = N_("“%(found)s” stands in line %(line)d, too, and is told otherwise there; keep one")
        values = {"found": shown(told.key), "line": read.lines[told.key]}
        read.errors.append(LineError(line, Finding("url", text, values)))


def _told(cells: Mapping[str, str]) -> Told | list[Finding]:
    """What the row tells, or everything that is wrong with it."""
    found: list[Finding] = []
    key = canonical_article(cells["url"].strip())
    if not key:
        text = N_(
            "“%(found)s” is no address of an article; write it whole, such as https://news.example/2026/snow"
        )
        found.append(Finding("url", text, {"found": shown(cells["url"])}))
    card = ArticleCard(
        title=_line(cells, "title", LONGEST_TITLE, found),
        section=_line(cells, "section", LONGEST_NAME, found),
        authors=_authors(cells["authors"], found),
        published_on=_day(cells["published_on"].strip(), found),
    )
    if not found and card == ArticleCard():
        found.append(Finding("title", N_("nothing is told of this article; fill in one cell at least")))
    return found or Told(key, card)


def _line(cells: Mapping[str, str], column: str, longest: int, found: list[Finding]) -> str:
    line = line_of(cells[column], len(cells[column]) + 1)
    if len(line) > longest:
        found.append(Finding(column, N_("longer than %(longest)d characters; shorten it"), {"longest": longest}))
    return line


def _authors(cell: str, found: list[Finding]) -> tuple[str, ...]:
    names = [name for name in cell.split(BETWEEN) if name.strip()]
    if len(names) > MOST_AUTHORS:
        text = N_("%(found)d authors; name %(most)d at most")
        found.append(Finding("authors", text, {"found": len(names), "most": MOST_AUTHORS}))
    if any(len(line_of(name, len(name) + 1)) > LONGEST_NAME for name in names):
        text = N_("a name has more than %(longest)d characters; part several authors by “|”")
        found.append(Finding("authors", text, {"longest": LONGEST_NAME}))
    return authors_of(names)


def _day(cell: str, found: list[Finding]) -> date | None:
    if not cell:
        return None
    try:
        day = date.fromisoformat(cell) if _DAY.fullmatch(cell) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        text = N_("“%(found)s” is no day; write it as YYYY-MM-DD, such as 2026-11-03")
        found.append(Finding("published_on", text, {"found": shown(cell)}))
        return None
    return day
