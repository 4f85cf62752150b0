"""Links between persons: staff confirmed that two ids are one person, who then counts once (RULES, words).

A link is kept as person -> main. The main of a group is its smallest id and itself never linked, so that the order
of linking does not matter. The caller commits.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.findings import N_, Finding, is_storable, shown
from tracker.core.offline import LONGEST
from tracker.db import as_json
from tracker.ledger import people

LINKED, UNLINKED = "PersonLink", "PersonUnlink"
"""The reasons in the corrections log where a link moves a past day."""


class LinkError(Exception):
    """These cannot be linked or parted; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Link:
    """One person who is counted as another."""

    person: str
    main: str


def plan(session: Session, groups: Iterable[Collection[str]]) -> list[Link]:
    """What linking each group would add or change, by person; nothing for what is linked already. LinkError."""
    wanted = [sorted(set(group)) for group in groups]
    _check(session, wanted)
    old = _touched(session, [person for group in wanted for person in group])
    main_of = _merged([*wanted, *([person, main] for person, main in old.items())])
    return [Link(p, main) for p, main in sorted(main_of.items()) if p != main and old.get(p) != main]


def link(session: Session, groups: Iterable[Collection[str]], by: str, now: datetime) -> list[Link]:
    """Link each group into one person, with all who are linked to any of them; answers what changed. LinkError.

    Who loses or gains a part of a person is marked stale in the same transaction.
    """
    session.execute(text("LOCK TABLE person_link IN SHARE ROW EXCLUSIVE MODE"))
    links = plan(session, groups)
    touched = {person for one in links for person in (one.person, one.main)}
    before = _touched(session, sorted(touched))
    session.execute(text("DELETE FROM person_link WHERE person_id = ANY(:mains)"), {"mains": _mains(links)})
    session.execute(PUT, {"rows": as_json(links), "by": by, "now": now})
    people.mark_stale(session, touched | set(before) | set(before.values()), LINKED)
    return links


def part(session: Session, person: str, now: datetime) -> Link:
    """Undo one person's link: they count alone from now on, the others of the group stay linked. LinkError."""
    session.execute(text("LOCK TABLE person_link IN SHARE ROW EXCLUSIVE MODE"))
    main = session.scalars(
        text("DELETE FROM person_link WHERE person_id = :person RETURNING main_id"), {"person": person}
    ).first()
    if main is None:
        raise LinkError(Finding("", N_("“%(found)s” is not linked to anybody"), {"found": shown(person)}))
    people.mark_stale(session, [person, main], UNLINKED)
    return Link(person, main)


PUT = text("""
    INSERT INTO person_link (person_id, main_id, linked_at, linked_by)
    SELECT person, main, CAST(:now AS timestamptz), :by
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (person text, main text)
    ON CONFLICT (person_id) DO UPDATE SET main_id = excluded.main_id
""")
KNOWN = text("""
    SELECT id FROM unnest(CAST(:ids AS text[])) AS asked (id)
    WHERE EXISTS (SELECT 1 FROM contact WHERE customer_id = id)
        OR EXISTS (SELECT 1 FROM offline_record WHERE person_ref = id)
        OR EXISTS (SELECT 1 FROM stripe_object o WHERE o.customer_id = asked.id)
        OR EXISTS (SELECT 1 FROM stripe_object o WHERE o.id = asked.id AND o.kind = 'checkout.session')
        OR EXISTS (SELECT 1 FROM person_link l WHERE l.person_id = asked.id OR l.main_id = asked.id)
""")
TOUCHED = text("""
    WITH mains AS (
        SELECT main_id FROM person_link WHERE person_id = ANY(:ids) OR main_id = ANY(:ids)
    )
    SELECT person_id, main_id FROM person_link WHERE main_id IN (SELECT main_id FROM mains)
""")


def _check(session: Session, groups: Sequence[Sequence[str]]) -> None:
    for group in groups:
        if len(group) < 2:
            raise LinkError(Finding("", N_("a link needs two different ids; enter both")))
    every = sorted({person for group in groups for person in group})
    odd = [person for person in every if not person or len(person) > LONGEST or not is_storable(person)]
    known = set() if odd else set(session.scalars(KNOWN, {"ids": every}))
    for person in odd or every:
        if person not in known:
            unknown = N_("nobody here has the id “%(found)s”; copy it once more")
            raise LinkError(Finding("", unknown, {"found": shown(person)}))


def _touched(session: Session, persons: Sequence[str]) -> dict[str, str]:
    """Every link of every group that one of these belongs to."""
    return {row.person_id: row.main_id for row in session.execute(TOUCHED, {"ids": list(persons)})}


def _merged(groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """Each person's main, groups that share somebody taken together: the smallest id."""
    above: dict[str, str] = {}

    def top(person: str) -> str:
        while (higher := above.setdefault(person, person)) != person:
            above[person] = above[higher]
            person = above[person]
        return person

    for group in groups:
        for person in group:
            one, other = sorted((top(group[0]), top(person)))
            above[other] = one
    return {person: top(person) for person in list(above)}


def _mains(links: Sequence[Link]) -> list[str]:
    return sorted({one.main for one in links})
