"""Notes and drives on the calendar: told on the page, read by the forecast, and never more than text."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from staff_house import NOON, House, csrf_of, running, year_end

from tracker import access
from tracker.core.annotations import Annotation, Drive, Kind, fields_of, read
from tracker.db import db
from tracker.projections import calendar_notes

PAGE = "/dashboard/year-end/calendar"
STORY = {
    "kind": "note",
    "text": "The audit story",
    "first_on": "2026-05-04",
    "scope": "campaign",
    "is_shared": "1",
}
AUTUMN = {
    "kind": "drive",
    "text": "Autumn drive",
    "first_on": "2026-10-01",
    "last_on": "2026-10-14",
    "lift": "2,5",
    "scope": "all",
    "is_shared": "1",
}


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        yield found


@pytest.fixture
def editor(house: House) -> FlaskClient:
    return house.client("audience")


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf_of(client.get(PAGE).text), **fields})


def number_of(page: str) -> int:
    found = re.search(r"/calendar/(\d+)/delete", page)
    assert found, "nothing on the calendar can be deleted"
    return int(found.group(1))


def told(house: House, slug: str = "year-end", *, shared_only: bool = False) -> list[str]:
    with house.app.app_context():
        campaign = year_end(slug=slug)
        found = calendar_notes.annotations(campaign, date.min, date.max, shared_only=shared_only)
        return [one.text for one in found]


def test_a_note_and_a_drive_stand_on_the_page_by_year_and_the_forecast_reads_the_drive(
    house: House, editor: FlaskClient
) -> None:
    assert "Nothing stands on the calendar yet" in editor.get(PAGE).text
    for fields in (STORY, AUTUMN, {**STORY, "text": "Strike", "first_on": "2025-02-01", "last_on": "2025-02-02"}):
        assert send(editor, PAGE, **fields).status_code == 303
    page = editor.get(PAGE).text
    assert page.index('id="y2026"') < page.index("Autumn drive") < page.index("The audit story")
    assert page.index("The audit story") < page.index('id="y2025"') < page.index("Strike")
    assert "× 2.5" in page
    with house.app.app_context():
        assert calendar_notes.drives(year_end()) == [
            Drive("Autumn drive", date(2026, 10, 1), date(2026, 10, 14), 2.5)
        ]


def test_what_is_of_one_campaign_is_not_of_another_and_what_is_of_all_is(
    house: House, editor: FlaskClient
) -> None:
    send(editor, PAGE, **STORY)
    send(editor, PAGE, **AUTUMN)
    assert told(house) == ["The audit story", "Autumn drive"] and told(house, "spring") == ["Autumn drive"]
    house.keep(campaign=year_end(slug="spring"))
    with house.app.app_context():
        note = next(one for one in calendar_notes.entries(year_end()) if one.told.kind is Kind.NOTE).number
    assert editor.get(f"/dashboard/spring/calendar/{note}").status_code == 404
    assert send(editor, f"/dashboard/spring/calendar/{note}/delete").status_code == 404


def test_only_days_that_are_asked_for_are_answered_with_what_touches_them(
    house: House, editor: FlaskClient
) -> None:
    send(editor, PAGE, **AUTUMN)
    with house.app.app_context():
        for first, last, is_there in (
            (date(2026, 10, 14), date(2026, 10, 20), True),
            (date(2026, 10, 15), date(2026, 10, 20), False),
            (date(2026, 9, 1), date(2026, 10, 1), True),
            (date(2026, 9, 1), date(2026, 9, 30), False),
        ):
            assert bool(calendar_notes.annotations(year_end(), first, last)) is is_there


def test_what_is_not_to_be_shared_is_left_out_where_strangers_read(house: House, editor: FlaskClient) -> None:
    send(editor, PAGE, **{**STORY, "is_shared": ""})
    send(editor, PAGE, **AUTUMN)
    assert told(house, shared_only=True) == ["Autumn drive"]


def test_a_deleted_one_is_gone_for_everybody_until_it_is_brought_back(house: House, editor: FlaskClient) -> None:
    send(editor, PAGE, **STORY)
    number = number_of(editor.get(PAGE).text)
    answer = send(editor, f"{PAGE}/{number}/delete")
    after = editor.get(answer.headers["Location"]).text
    assert told(house) == [] and "Bring it back" in after and f"{PAGE}/{number}/bring-back" in after
    assert send(editor, f"{PAGE}/{number}/bring-back").status_code == 303
    assert (
        told(house) == ["The audit story"] and "Bring it back" not in editor.get(f"{PAGE}?deleted={number}").text
    )


def test_one_is_changed_in_its_form_and_two_who_change_it_do_not_overwrite_each_other(
    house: House, editor: FlaskClient
) -> None:
    send(editor, PAGE, **STORY)
    path = f"{PAGE}/{number_of(editor.get(PAGE).text)}"
    form = editor.get(path).text
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen and 'value="The audit story"' in form
    assert send(editor, path, **{**STORY, "text": "Audit", "seen": seen.group(1)}).status_code == 303
    late = send(editor, path, **{**STORY, "text": "Mine", "seen": seen.group(1)})
    assert late.status_code == 409 and "changed it meanwhile" in late.text
    assert 'value="Mine"' in late.text and "<bdi>Audit</bdi>" in late.text and told(house) == ["Audit"]


def test_who_changes_what_another_deleted_is_told(house: House, editor: FlaskClient) -> None:
    send(editor, PAGE, **STORY)
    number = number_of(editor.get(PAGE).text)
    seen = re.search(r'name="seen" value="([^"]+)"', editor.get(f"{PAGE}/{number}").text)
    send(editor, f"{PAGE}/{number}/delete")
    assert seen and send(editor, f"{PAGE}/{number}", **STORY, seen=seen.group(1)).status_code == 409
    assert told(house) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"last_on": "2026-05-03"}, "lies before the first day"),
        ({"last_on": "2027-06-08"}, "401 days; at most 400"),
        ({"text": "  "}, "there are no words"),
        ({"text": "x" * 201}, "201 characters; at most 200"),
        ({"text": "a\x00b"}, "control character"),
        ({"text": "a\u202eb"}, "control character"),
        ({"text": "a\r\nb"}, "control character"),
        ({"text": "a\u2028b"}, "control character"),
        ({"kind": "drive", "lift": "0.09"}, "0.09 is no lift"),
        ({"kind": "drive", "lift": "50.1"}, "50.1 is no lift"),
        ({"kind": "drive", "lift": "nan"}, "is no number"),
        ({"kind": "drive", "lift": "1e3"}, "is no number"),
        ({"kind": "drive", "lift": "-2"}, "is no number"),
        ({"kind": "milestone"}, "a note or a drive"),
        ({"first_on": ""}, "the first day is missing"),
        ({"first_on": "2026-W19-1"}, "is no day"),
        ({"first_on": "2026-02-30"}, "is no day"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_stays_in_the_form(
    house: House, editor: FlaskClient, changed: dict[str, str], words: str
) -> None:
    answer = send(editor, PAGE, **{**STORY, **changed})
    assert answer.status_code == 400 and words in answer.text and told(house) == []
    assert changed.get("last_on", "2026-05-04") in answer.text or "first_on" in changed


def test_the_longest_days_words_and_lifts_that_fit_are_kept(house: House, editor: FlaskClient) -> None:
    wide = {**AUTUMN, "text": "x" * 200, "last_on": "2027-11-04"}
    for lift in ("0.1", "50"):
        assert send(editor, PAGE, **{**wide, "lift": lift}).status_code == 303
    assert told(house) == ["x" * 200] * 2


def test_words_of_every_script_and_signs_of_several_parts_are_words(house: House, editor: FlaskClient) -> None:
    words = ["20\u00a0000 читачів", "می\u200cخواهم", "👩\u200d💻 desk", "العربية\u200f!"]
    for text in words:
        send(editor, PAGE, **{**STORY, "text": text})
    assert sorted(told(house)) == sorted(words)


def test_hostile_words_are_text_everywhere(house: House, editor: FlaskClient) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    send(editor, PAGE, **{**STORY, "text": hostile})
    number = number_of(editor.get(PAGE).text)
    pages = [editor.get(PAGE).text, editor.get(f"{PAGE}/{number}").text]
    send(editor, f"{PAGE}/{number}/delete")
    for page in [*pages, editor.get(f"{PAGE}?deleted={number}").text]:
        assert "<img" not in page and "{{7*7}}" in page and "&lt;img" in page


def test_a_form_without_its_token_changes_nothing(house: House, editor: FlaskClient) -> None:
    assert editor.post(PAGE, data=STORY).status_code == 400 and told(house) == []


def test_finance_and_nobody_write_nothing_on_the_calendar(house: House) -> None:
    finance = house.client("finance")
    token = csrf_of(finance.get("/finance").text)
    assert finance.post(PAGE, data={**STORY, "csrf_token": token}).status_code == 403
    assert house.client().post(PAGE, data=STORY).status_code in (302, 401) and told(house) == []


def test_drives_of_the_file_stand_beside_the_others_and_are_changed_there(
    house: House, editor: FlaskClient
) -> None:
    campaign = year_end(drives=(Drive("Autumn drive", date(2026, 10, 1), date(2026, 10, 14)),))
    house.keep(campaign=campaign)
    assert "from the campaign’s file" in editor.get(PAGE).text
    send(editor, PAGE, **AUTUMN)
    with house.app.app_context():
        assert calendar_notes.drives(campaign) == [
            Drive("Autumn drive", date(2026, 10, 1), date(2026, 10, 14), 2.5)
        ], "told twice it is one drive, with the lift that anybody told"


def test_what_staff_do_to_the_calendar_is_in_the_log_without_the_words(house: House, editor: FlaskClient) -> None:
    send(editor, PAGE, **STORY)
    number = number_of(editor.get(PAGE).text)
    send(editor, f"{PAGE}/{number}/delete")
    send(editor, f"{PAGE}/{number}/bring-back")
    with house.app.app_context():
        lines = [(line.action, line.detail) for line in db.session.query(access.Audit).order_by("id")][1:]
    acts = ("annotation added", "annotation deleted", "annotation brought back")
    assert lines == [(act, {"campaign": "year-end", "annotation": number}) for act in acts]


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
WORDS = st.text(min_size=1, max_size=200).map(str.strip).filter(lambda one: one and one.isprintable())


@given(DAYS, st.integers(0, 399), WORDS, st.sampled_from(Kind), st.none() | st.integers(1, 500), st.booleans())
def test_the_form_of_an_annotation_tells_it_again(
    first: date, more: int, words: str, kind: Kind, tenths: int | None, is_shared: bool
) -> None:
    lift = None if kind is Kind.NOTE or tenths is None else tenths / 10
    kept = Annotation(first, date.fromordinal(first.toordinal() + more), words, kind, lift, is_shared)
    assert read(fields_of(kept)) == kept
