"""What holds for every history: stretches are apart, order is nothing, the bridge closes (RULES 4)."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.coverage import Kind, Piece, Stretch, stretches

START = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> list[Piece]:
    """Pieces of up to three memberships within two years, touching, overlapping or apart, at whole hours."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        begin = START + timedelta(hours=draw(st.integers(0, 17_000)))
        end = begin + timedelta(hours=draw(st.integers(1, 9_000)))
        kind = draw(st.sampled_from([Kind.TERM, Kind.GRACE, Kind.FREE]))
        found.append(Piece(f"sub_{number % 3}", kind, begin, end, None, None))
    return found


def is_covered(pieces: list[Piece], at: datetime) -> bool:
    return any(piece.starts_at < at <= piece.ends_at for piece in pieces if piece.kind is not Kind.FREE)


@given(histories(), st.integers(0, 26_000))
def test_a_stretch_covers_exactly_what_some_counted_piece_covers(pieces: list[Piece], hour: int) -> None:
    at = START + timedelta(hours=hour)
    assert any(one.starts_at < at <= one.ends_at for one in stretches(pieces)) == is_covered(pieces, at)


@given(histories(), st.randoms())
def test_the_order_of_pieces_is_nothing(pieces: list[Piece], chance: random.Random) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)
    assert [(one.starts_at, one.ends_at) for one in stretches(shuffled)] == [
        (one.starts_at, one.ends_at) for one in stretches(pieces)
    ]


@given(histories())
def test_stretches_are_apart_and_only_the_first_is_first(pieces: list[Piece]) -> None:
    found = stretches(pieces)
    assert all(before.ends_at < after.starts_at for before, after in pairwise(found))
    assert [one.is_first for one in found] == [number == 0 for number in range(len(found))]


@given(st.lists(histories(), max_size=6), st.integers(0, 26_000), st.integers(0, 26_000))
def test_the_bridge_closes_over_any_span(people: list[list[Piece]], one: int, other: int) -> None:
    since, until = (START + timedelta(hours=hour) for hour in sorted((one, other)))
    every = [stretches(pieces) for pieces in people]

    def count(at: datetime) -> int:
        return sum(any(stretch.starts_at < at <= stretch.ends_at for stretch in person) for person in every)

    def within(at: datetime) -> bool:
        return since <= at < until

    flat: list[Stretch] = [stretch for person in every for stretch in person]
    joined = sum(within(stretch.starts_at) and stretch.is_first for stretch in flat)
    returned = sum(within(stretch.starts_at) and not stretch.is_first for stretch in flat)
    left = sum(within(stretch.ends_at) for stretch in flat)
    assert count(since) + joined + returned - left == count(until)
