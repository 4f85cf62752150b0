"""RULES, words: two become one person only through a link that staff confirmed; the order is no matter."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake import links
from tracker.intake.links import Link

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known(session: Session) -> None:
    session.execute(text("INSERT INTO contact (customer_id) SELECT unnest(ARRAY['a', 'b', 'c', 'd', 'e', 'Z'])"))
    session.commit()


def link(session: Session, *groups: str) -> list[Link]:
    made = links.link(session, [list(group) for group in groups], "eve@paper.example", NOON)
    session.commit()
    return made


def stored(session: Session) -> dict[str, str]:
    return {row.person_id: row.main_id for row in session.execute(text("SELECT * FROM person_link"))}


def stale(session: Session) -> set[str]:
    return set(session.scalars(text("DELETE FROM stale_person RETURNING person_id")))


def test_two_become_one_under_the_smaller_id_and_both_are_stale(session: Session) -> None:
    assert link(session, "ba") == [Link("b", "a")]
    assert stored(session) == {"b": "a"} and stale(session) == {"a", "b"}
    assert session.scalar(text("SELECT linked_by FROM person_link")) == "eve@paper.example"


@pytest.mark.parametrize("order", list(permutations(("ab", "cd", "bc", "ed"))))
def test_chains_are_flat_and_the_same_in_every_order(session: Session, order: tuple[str, ...]) -> None:
    for group in order:
        link(session, group[::-1])
        mains = stored(session)
        assert not set(mains) & set(mains.values()), "a main is itself linked"
    assert stored(session) == dict.fromkeys("bcde", "a")


def test_many_at_once_are_as_one_by_one(session: Session) -> None:
    assert link(session, "dc", "bd", "ea") == [Link("c", "b"), Link("d", "b"), Link("e", "a")]
    assert stored(session) == {"c": "b", "d": "b", "e": "a"}


def test_smallest_is_by_code_point_wherever_it_runs(session: Session) -> None:
    link(session, "ab", "bZ")
    assert stored(session) == {"a": "Z", "b": "Z"}


def test_everybody_of_both_groups_is_stale_when_groups_are_joined(session: Session) -> None:
    link(session, "bc", "de")
    stale(session)
    link(session, "ce")
    assert stale(session) == {"b", "c", "d", "e"}


def test_linking_the_linked_changes_nothing(session: Session) -> None:
    link(session, "abc")
    stale(session)
    assert link(session, "ca", "bc") == [] and stale(session) == set()


def test_a_plan_is_what_linking_does_and_changes_nothing(session: Session) -> None:
    link(session, "bc")
    planned = links.plan(session, [["a", "c"]])
    assert planned == [Link("b", "a"), Link("c", "a")] and stored(session) == {"c": "b"}
    assert link(session, "ac") == planned


def test_a_link_is_undone_and_the_others_stay(session: Session) -> None:
    link(session, "abc")
    stale(session)
    assert links.part(session, "b", NOON) == Link("b", "a")
    assert stored(session) == {"c": "a"} and stale(session) == {"a", "b"}


@pytest.mark.parametrize("person", ["a", "nobody", ""])
def test_who_is_not_linked_cannot_be_parted(session: Session, person: str) -> None:
    link(session, "ab")
    with pytest.raises(links.LinkError, match="is not linked to anybody"):
        links.part(session, person, NOON)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (["a"], "a link needs two different ids"),
        (["a", "a"], "a link needs two different ids"),
        (["a", "nobody"], "nobody here has the id “nobody”; copy it once more"),
        (["a", ""], "nobody here has the id “”"),
        (["a", "b\x00"], "nobody here has the id “b\\\\u0000”"),
        (["a", "\ud800"], "nobody here has the id"),
        (["a", "x" * 201], "nobody here has the id “x"),
    ],
)
def test_only_two_known_persons_can_be_linked(session: Session, group: list[str], words: str) -> None:
    with pytest.raises(links.LinkError, match=words):
        links.link(session, [["b", "c"], group], "eve", NOON)
    assert stored(session) == {}


def test_a_customer_a_session_without_one_and_an_offline_id_are_known(session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO stripe_object (id, kind, customer_id) VALUES"
            " ('sub_1', 'subscription', 'cus_1'), ('cs_1', 'checkout.session', NULL)"
        )
    )
    session.execute(
        text(
            "INSERT INTO offline_record (reference, campaign, person_ref, recorded_at, recorded_by)"
            " VALUES ('R-1', 'year-end', 'ours-1', now(), 'eve')"
        )
    )
    made = links.link(session, [["cus_1", "cs_1", "ours-1"]], "eve", NOON)
    assert made == [Link("cus_1", "cs_1"), Link("ours-1", "cs_1")]
    with pytest.raises(links.LinkError, match="sub_1"):
        links.link(session, [["cus_1", "sub_1"]], "eve", NOON)
