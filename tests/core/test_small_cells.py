"""What strangers may see of small groups: nothing under five persons, and nothing that gives it away."""

from collections.abc import Iterator, Sequence
from itertools import product
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.small_cells import SMALLEST, Table, column, hide

COUNTS = st.integers(0, 9) | st.integers(0, 60)


def tables(most: int) -> st.SearchStrategy[list[list[int]]]:
    return st.integers(1, most).flatmap(
        lambda width: st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=1, max_size=most)
    )


def numbers(counts: Sequence[Sequence[int]], shown: Table) -> Iterator[tuple[int, int | None]]:
    """Every number of the table and its totals, beside what is shown of it."""
    for row, seen, total in zip(counts, shown.rows, shown.row_totals, strict=True):
        yield from zip(row, seen, strict=True)
        yield sum(row), total
    for line, total in zip(zip(*counts, strict=True), shown.column_totals, strict=True):
        yield sum(line), total
    yield sum(map(sum, counts)), shown.total


def others(counts: Sequence[Sequence[int]], shown: Table) -> Iterator[list[list[int]]]:
    """Tables that differ by one here and there and look the same to a reader who knows that zeros are shown."""
    places = [(i, j) for i, row in enumerate(shown.rows) for j, value in enumerate(row) if value is None]
    for changes in product((-1, 0, 1), repeat=len(places)):
        other = [list(row) for row in counts]
        for (i, j), change in zip(places, changes, strict=True):
            other[i][j] += change
        if all(real > 0 if seen is None else real == seen for real, seen in inner_and_sums(other, shown)):
            yield other


def inner_and_sums(other: Sequence[Sequence[int]], shown: Table) -> Iterator[tuple[int, int | None]]:
    """As `numbers`, without the kept-back totals: of these a reader knows nothing."""
    for row, seen in zip(other, shown.rows, strict=True):
        yield from zip(row, seen, strict=True)
    yield from ((real, seen) for real, seen in numbers(other, shown) if seen is not None)


@given(tables(6))
def test_no_count_from_one_to_four_is_shown_and_no_shown_number_is_changed(counts: list[list[int]]) -> None:
    for real, seen in numbers(counts, hide(counts)):
        assert seen in (None, real)
        assert seen is None or not 0 < seen < SMALLEST
        assert real > 0 or seen == 0, "of nobody there is nothing to keep back"


@given(tables(3), st.booleans(), st.booleans())
def test_a_number_that_is_kept_back_cannot_be_worked_out(
    counts: list[list[int]], rows: bool, columns: bool
) -> None:
    shown = hide(counts, row_totals=rows, column_totals=columns)
    hidden = {(i, j) for i, row in enumerate(shown.rows) for j, value in enumerate(row) if value is None}
    for other in others(counts, shown):
        hidden -= {(i, j) for i, j in hidden if other[i][j] != counts[i][j]}
        if not hidden:
            break
    assert not hidden, f"these follow from the rest of {shown}"


@given(tables(6))
def test_where_nothing_is_small_nothing_is_kept_back(counts: list[list[int]]) -> None:
    large = [[value + SMALLEST for value in row] for row in counts]
    assert not hide(large).has_hidden


def test_the_next_smallest_goes_with_a_small_one_and_the_rest_stays() -> None:
    assert column([3, 40, 12, 0, 7]) == (None, 40, 12, 0, None)


def test_without_a_known_total_a_small_count_goes_alone() -> None:
    assert column([3, 40, 12, 7], has_total=False) == (None, 40, 12, 7)


def test_two_of_one_person_each_would_tell_each_other() -> None:
    """Both can only be one when their sum is two and zeros are shown: a third goes with them."""
    assert column([1, 1, 30, 9]) == (None, None, 30, None)


def test_a_number_that_all_lines_together_give_away_is_not_left() -> None:
    """Each line has two out of sight, but the first two rows less the first two columns are the 3 between them."""
    counts = [[3, 4, 50, 50], [4, 3, 3, 50], [50, 50, 3, 4], [50, 50, 4, 3]]
    shown = hide(counts).rows
    corners = [*shown[0][2:], *shown[1][2:], *shown[2][:2], *shown[3][:2]]
    assert shown[1][2] is None and corners.count(None) > 1


@pytest.mark.parametrize("counts", [[], [[]], [[0]], [[3]], [[5]], [[0, 0], [0, 0]]])
def test_tables_of_next_to_nothing_are_tables(counts: list[list[int]]) -> None:
    for real, seen in numbers(counts, hide(counts)):
        assert seen is None or seen == real


@pytest.mark.parametrize("counts", [[[1, 2], [3]], [[4, -1]]])
def test_what_is_no_table_of_persons_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="no number below zero"):
        hide(counts)


def test_a_table_as_long_as_a_page_takes_no_time() -> None:
    counts = [[(7 * i * j + i) % 23 for j in range(4)] for i in range(100)]
    began = perf_counter()
    hide(counts)
    assert perf_counter() - began < 1.0
