"""Persons who may be the same: equal e-mails, listed for staff to decide; never merged unasked (RULES, words)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from tracker.db import db

PAGE = 50
MOST_AT_ONCE = 2_000
"""So many groups are linked in one go; the next go has the rest."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of those who may be the same."""

    id: str
    """Whom they count as: themselves, or the main one of those already linked."""
    is_covered: bool
    """Counted as a member of some campaign now."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Persons with one e-mail address."""

    email: str
    persons: list[Person]

    @property
    def ids(self) -> list[str]:
        return [person.id for person in self.persons]


@dataclass(frozen=True, slots=True)
class Group:
    """One person as staff linked them."""

    main: str
    others: list[str]


ALIKE = """
    WITH covered AS (
        SELECT DISTINCT person_id FROM stretch WHERE starts_at < :at AND ends_at >= :at
    ), known AS (
        SELECT DISTINCT lower(c.email) AS email, coalesce(l.main_id, c.customer_id) AS person
        FROM contact c LEFT JOIN person_link l ON l.person_id = c.customer_id
        WHERE c.email IS NOT NULL AND c.erased_at IS NULL
    ), alike AS (
        SELECT known.email, count(covered.person_id) AS counted,
            array_agg(known.person ORDER BY known.person) AS persons,
            array_agg(covered.person_id IS NOT NULL ORDER BY known.person) AS are_covered
        FROM known LEFT JOIN covered ON covered.person_id = known.person
        GROUP BY known.email HAVING count(*) > 1
    )
    SELECT email, persons, are_covered, count(*) OVER () AS total FROM alike
    WHERE counted >= :least ORDER BY counted DESC, email LIMIT :limit OFFSET :start
"""
COUNTED_TWICE, ANY = 2, 0
"""The least number of persons in a group who are counted now."""
GROUPS = """
    SELECT main_id, array_agg(person_id ORDER BY person_id) AS others, count(*) OVER () AS total
    FROM person_link
    WHERE :search = '' OR main_id IN (
        SELECT main_id FROM person_link WHERE person_id = :search OR main_id = :search)
    GROUP BY main_id ORDER BY max(linked_at) DESC, main_id LIMIT :limit OFFSET :start
"""


def alike(now: datetime, least: int, page: int, limit: int = PAGE) -> tuple[list[Alike], int]:
    """(a page of groups with an equal e-mail of whom `least` are counted now, how many groups on all pages)."""
    rows = _rows(ALIKE, page, limit, at=now, least=least)
    found = [
        Alike(row.email, [Person(*p) for p in zip(row.persons, row.are_covered, strict=True)]) for row in rows
    ]
    return found, rows[0].total if rows else 0


def groups(search: str, page: int) -> tuple[list[Group], int]:
    """(a page of the linked, the latest first, or the one that `search` belongs to; how many on all pages)."""
    rows = _rows(GROUPS, page, PAGE, search=search)
    return [Group(row.main_id, row.others) for row in rows], rows[0].total if rows else 0


def pages(total: int) -> int:
    """How many pages so many groups fill."""
    return max(1, -(-total // PAGE))


def _rows(sql: str, page: int, limit: int, **values: Any) -> list[Any]:
    where = {"limit": limit, "start": (max(page, 1) - 1) * limit}
    return list(db.session().execute(text(sql), {**values, **where}))
