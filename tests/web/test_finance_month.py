"""A month's page: its checks, its files, closing and reopening it, what came later, who did what."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator

import pytest
from month_house import NOVEMBER, OCTOBER, SEPTEMBER, books, close, rows, send
from staff_house import House, entry

from tracker import access
from tracker.db import db
from tracker.ledger import landmarks


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with books(database_url) as found:
        yield found


def page(house: House, month: str = OCTOBER, role: str = "finance") -> str:
    answer = house.client(role).get(f"/finance/months/{month}")
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text)


def test_a_month_that_is_over_and_all_green_is_ready_to_close(house: House) -> None:
    told = page(house)
    assert "ready to close" in told and "checks are green" in told and "/finance/months/2026-10/close" in told
    listed = house.client("finance").get("/finance").text
    assert listed.index("November 2026") < listed.index("October 2026") and "ready to close" in listed


def test_a_red_check_says_what_was_found_and_what_to_do_and_the_month_stays_open(house: House) -> None:
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LAST_SYNC, None, {"drift": []})
        db.session.commit()
    told = page(house)
    assert "were not held against Stripe" in told and "tracker sync" in told and "1 of " in told
    assert "ready to close" not in told and ">Close this month<" not in told
    answer = send(house, "finance", f"{OCTOBER}/close")
    assert answer.status_code == 409 and "cannot be closed yet" in answer.text
    assert rows(house, "SELECT 1 FROM month_version") == []


def test_each_file_stands_with_the_rows_the_size_and_the_digest_that_it_has_when_it_is_taken(house: House) -> None:
    told = page(house)
    taken = house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv").data
    assert hashlib.sha256(taken).hexdigest() in told and "gross 2.50, fee 0.80, net 1.70" in told
    for name in re.findall(r'href="(/finance/months/2026-10/[a-z.-]+(?:\?excel=1)?)"', told):
        assert house.client("finance").get(name).status_code == 200, name


def test_closing_asks_on_a_page_of_its_own_and_freezes_what_is_there(house: House) -> None:
    asked = house.client("finance").get(f"/finance/months/{OCTOBER}/close").text
    assert "same bytes for ever" in asked and "prior period" in asked and "Only an administrator" in asked
    before = house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv").data
    close(house)
    rows(house, "UPDATE entry SET status = 'pending', description = 'another' WHERE id = 'txn_1'")
    told = page(house)
    assert "closed" in told and "finance@paper.example" in told and "version 1" in told and "Frozen with" in told
    assert house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv").data == before
    assert hashlib.sha256(before).hexdigest() in told
    assert "It is closed already" in house.client("finance").get(f"/finance/months/{OCTOBER}/close").text


def test_the_first_closing_says_that_earlier_months_go_into_its_opening_balance(house: House) -> None:
    words = "cannot be closed themselves"
    assert words in house.client("finance").get(f"/finance/months/{OCTOBER}/close").text
    close(house)
    send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was wrong")
    assert words not in house.client("finance").get(f"/finance/months/{OCTOBER}/close").text


def test_closed_twice_it_is_closed_once(house: House) -> None:
    close(house)
    assert send(house, "finance", f"{OCTOBER}/close").status_code == 303
    assert rows(house, "SELECT month, version FROM month_version") == [(OCTOBER, 1)]


def test_finance_may_not_reopen_and_the_audience_team_may_do_nothing(house: House) -> None:
    close(house)
    assert "/reopen" not in page(house) and "/reopen" in page(house, role="admin")
    assert send(house, "finance", f"{OCTOBER}/reopen", reason="a fee was wrong").status_code == 403
    audience = house.client("audience")
    for path in ("", "/close", "/transactions.csv", "/transactions.csv/preview"):
        assert audience.get(f"/finance/months/{OCTOBER}{path}").status_code == 403
    assert rows(house, "SELECT reopened_at FROM month_version") == [(None,)]


@pytest.mark.parametrize("act", ["close", "reopen", "files"])
def test_nothing_is_done_without_the_forms_token(house: House, act: str) -> None:
    answer = house.client("admin").post(f"/finance/months/{OCTOBER}/{act}", data={"reason": "x"})
    assert answer.status_code == 400
    assert rows(house, "SELECT 1 FROM month_version") == rows(house, "SELECT 1 FROM month_job") == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "two\nlines"])
def test_reopening_needs_a_reason_and_says_so_beside_its_field(house: House, reason: str) -> None:
    close(house)
    answer = send(house, "admin", f"{OCTOBER}/reopen", reason=reason)
    assert answer.status_code == 400 and "reason" in answer.text and 'aria-invalid="true"' in answer.text
    assert rows(house, "SELECT reopened_at FROM month_version") == [(None,)]


def test_reopened_and_closed_again_both_versions_stand_beside_each_other_and_can_be_taken(house: House) -> None:
    close(house)
    first = house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv").data
    assert send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was wrong").status_code == 303
    told = page(house)
    assert "a fee was wrong" in told and "ready to close" in told and "admin@paper.example" in told
    rows(house, "UPDATE entry SET description = 'another' WHERE id = 'txn_1'")
    close(house)
    told = page(house)
    assert "Version 1" in told and "Version 2" in told and "a fee was wrong" in told
    client = house.client("finance")
    old = client.get(f"/finance/months/{OCTOBER}/transactions.csv?version=1")
    assert old.data == first and "transactions-2026-10-v1.csv" in old.headers["Content-Disposition"]
    assert client.get(f"/finance/months/{OCTOBER}/transactions.csv").data != first
    assert client.get(f"/finance/months/{OCTOBER}/transactions.csv?version=3").status_code == 404
    assert client.get(f"/finance/months/{OCTOBER}/transactions.csv?version=x").status_code == 400


def test_the_rows_of_a_version_are_written_as_those_of_the_files(house: House) -> None:
    house.keep(*[entry(f"txn_q{n:04}", 100, 1) for n in range(1200)])
    close(house)
    send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was wrong")
    told = page(house)
    assert "1,203 rows" in told and "1203 rows" not in told


def test_what_came_when_its_month_was_closed_is_named_on_both_pages_with_links(house: House) -> None:
    close(house)
    late = entry("txn_late", -300, 0)
    late.booked_month, late.prior_period = NOVEMBER, True
    house.keep(late)
    october, november = page(house), page(house, NOVEMBER)
    assert "txn_late" in october and f'href="/finance/months/{NOVEMBER}"' in october
    assert (
        "txn_late" in november and f'href="/finance/months/{OCTOBER}"' in november and "prior period" in november
    )


def test_every_taking_closing_and_reopening_stands_in_the_log_of_the_page(house: House) -> None:
    house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv")
    close(house)
    send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was wrong")
    with house.app.app_context():
        told = [(one.who, one.action) for one in access.history(OCTOBER, 9)]
    assert told == [
        ("admin@paper.example", "reopened month"),
        ("finance@paper.example", "closed month"),
        ("finance@paper.example", "took transactions.csv"),
    ]
    shown = page(house)
    assert "took transactions.csv" in shown and "reopened the month: a fee was wrong" in shown
    assert "Nobody has taken" in page(house, SEPTEMBER)


def test_the_log_tells_of_the_workbook_in_the_readers_language(house: House) -> None:
    client = house.client("finance")
    assert client.get(f"/finance/months/{OCTOBER}.xlsx").status_code == 200
    assert "took the workbook" in client.get(f"/finance/months/{OCTOBER}").text
    told = client.get(f"/finance/months/{OCTOBER}?lang=uk").text
    assert "the workbook" not in told and "узято книгу Excel" in told


def test_of_a_month_that_runs_no_check_asks_for_what_cannot_help(house: House) -> None:
    told = page(house, NOVEMBER)
    assert "Nothing is to be done while the month runs." in told and "run: tracker sync" not in told


def test_before_anything_was_dealt_with_the_check_says_so(house: House) -> None:
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.AS_OF, None)
        db.session.commit()
    told = page(house)
    assert "Nothing of what happened at Stripe is dealt with yet." in told and "only until" not in told


def test_the_first_fifty_rows_can_be_looked_at_and_numbers_stand_to_the_right(house: House) -> None:
    house.keep(*[entry(f"txn_p{n:03}", 100 + n, 1) for n in range(60)])
    told = house.client("finance").get(f"/finance/months/{OCTOBER}/transactions.csv/preview").text
    assert told.count("<tr>") == 51 and "The first 50 rows" in told
    assert '<th scope="col" class="n">gross</th>' in told and '<th scope="col">balance_transaction_id</th>' in told
    assert "&#39;=HYPERLINK(1)" in told
    for name in ("manifest.json", "nothing.csv"):
        assert house.client("finance").get(f"/finance/months/{OCTOBER}/{name}/preview").status_code == 404


def test_a_month_in_which_nothing_was_booked_has_a_page_and_empty_files(house: House) -> None:
    told = page(house, SEPTEMBER)
    assert "transactions.csv" in told
    looked = house.client("finance").get(f"/finance/months/{SEPTEMBER}/transactions.csv/preview").text
    assert "its header alone" in looked


@pytest.mark.parametrize(
    ("month", "code", "words"), [("2026-12", 404, "has not begun"), ("2026-13", 400, "write it as YYYY-MM")]
)
def test_no_act_and_no_page_for_a_month_that_is_none_or_to_come(
    house: House, month: str, code: int, words: str
) -> None:
    client = house.client("admin")
    for path in ("", "/close", "/reopen", "/transactions.csv/preview", "/manifest.json"):
        answer = client.get(f"/finance/months/{month}{path}")
        assert answer.status_code == code and words in answer.text, path
    for act in ("close", "files"):
        assert send(house, "finance", f"{month}/{act}").status_code == code


def test_months_between_are_not_left_out_and_those_before_the_first_closing_say_so(house: House) -> None:
    house.keep(entry("txn_old", 100, 4, month="2026-07"))
    listed = house.client("finance").get("/finance").text
    assert all(f"{name} 2026" in listed for name in ("July", "August", "September"))
    close(house)
    listed = house.client("finance").get("/finance").text
    assert "before the first closing" in listed
    assert "in whose opening balance it is" in page(house, "2026-08")


def test_with_nothing_booked_yet_the_page_says_what_will_stand_there(database_url: str) -> None:
    with books(database_url) as house:
        rows(house, "DELETE FROM entry")
        assert "No money has moved yet" in house.client("finance").get("/finance").text
        assert "No money has moved" in page(house)


def test_while_the_ledger_is_read_nothing_is_final_and_nothing_can_be_closed(house: House) -> None:
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LEDGER_WHOLE, None)
        db.session.commit()
    told = page(house)
    assert "nothing here is final" in told and "ready to close" not in told
    assert send(house, "finance", f"{OCTOBER}/close").status_code == 409


def test_before_the_reading_of_the_money_begins_the_page_says_what_is_read_first(house: House) -> None:
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LEDGER_WHOLE, None)
        db.session.commit()
    told = house.client("finance").get("/finance").text
    assert "The memberships are read first, then the money." in told and "0 so far" not in told


def test_the_manifest_tells_of_the_very_files_that_are_taken(house: House) -> None:
    close(house)
    client = house.client("finance")
    manifest = client.get(f"/finance/months/{OCTOBER}/manifest.json")
    assert manifest.headers["Content-Type"] == "application/json" and manifest.get_json()["state"] == "closed"
    for told in manifest.get_json()["files"]:
        taken = client.get(f"/finance/months/{OCTOBER}/{told['name']}")
        assert hashlib.sha256(taken.data).hexdigest() == told["sha256"] and taken.content_length == told["length"]
        assert len(list(csv.reader(io.StringIO(taken.text, newline="")))) == told["rows"] + 1
        excel = client.get(f"/finance/months/{OCTOBER}/{told['name']}?excel=1")
        assert excel.data == b"\xef\xbb\xbf" + taken.data and excel.content_length == told["length"] + 3
