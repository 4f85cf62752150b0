"""CSV cells: text stays text in every spreadsheet, numbers and ids stay as they are."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tracker.core import csv_text
from tracker.core.money import decimal_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
HOSTILE = st.builds(
    lambda spaces, run, rest: " " * spaces + run + rest, st.integers(0, 3), st.sampled_from(csv_text.RUNS), TEXT
)


@given(TEXT | HOSTILE)
def test_no_cell_begins_with_what_a_spreadsheet_runs(value: str) -> None:
    assert not csv_text.safe(value).lstrip(" ").startswith(csv_text.RUNS)


@given(HOSTILE)
def test_what_would_run_keeps_its_words_after_an_apostrophe(value: str) -> None:
    assert csv_text.safe(value) == "'" + value.replace("\x00", "")


@given(TEXT)
def test_a_safe_cell_is_safe_already(value: str) -> None:
    once = csv_text.safe(value)
    assert csv_text.safe(once) == once


@given(st.from_regex(r"[a-z]{2,5}_[0-9A-Za-z]{1,40}", fullmatch=True))
def test_ids_stay_as_they_are(value: str) -> None:
    assert csv_text.safe(value) == value


@given(st.lists(st.lists(TEXT | HOSTILE, min_size=2, max_size=5), max_size=20))
def test_lines_read_back_as_the_same_cells(rows: list[list[str]]) -> None:
    safe = [[csv_text.safe(cell) for cell in row] for row in rows]
    text = "".join(csv_text.lines(safe))
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == safe
    assert text == "" or text.endswith("\r\n")


def test_numbers_are_not_touched_where_text_would_be() -> None:
    assert "".join(csv_text.lines([[decimal_text(-1250, "EUR"), csv_text.safe("-1250")]])) == "-12.50,'-1250\r\n"
