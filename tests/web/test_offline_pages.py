"""The pages of what did not come through Stripe: recorded, imported, withdrawn; each act in the log."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha512
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, running, year_end

from tests import offline_rows
from tracker import access
from tracker.core.offline import COLUMNS
from tracker.db import db

ADA = {
    **offline_rows.ADA,
    "reference": "R/1 & co",
    "email": "ada@news.example",
}


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        yield found


def send(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf_of(client.get("/offline/new").text), **form})


def sheet(*rows: dict[str, str]) -> bytes:
    lines = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]
    return "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()


def upload(client: FlaskClient, data: bytes, name: str = "members.csv") -> Any:
    return send(client, "/offline/file", file=(io.BytesIO(data), name))


def kept_in(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found, "the page carries no file"
    return found.group(1)


def rows(house: House, sql: str) -> list[tuple[Any, ...]]:
    with house.app.app_context():
        return [tuple(row) for row in db.session.execute(text(sql))]


def log(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    with house.app.app_context():
        lines = db.session.query(access.Audit).order_by("id")
        return [(line.who, line.action, line.detail) for line in lines if line.action != "signed in"]


def test_the_audience_team_comes_in_and_finance_and_nobody_do_not(house: House) -> None:
    for path in ("/offline", "/offline/new", "/offline/file", "/people", "/people/linked"):
        for role, code in (("audience", 200), ("admin", 200), ("finance", 403)):
            assert house.client(role).get(path).status_code == code, f"{role} at {path}"
        assert house.client().get(path).headers["Location"].startswith("/sign-in")
    finance = house.client("finance").get("/finance").text
    assert "/offline" not in finance and "/people" not in finance


@pytest.mark.parametrize(
    "path",
    [
        "/offline/new",
        "/offline/file",
        "/offline/file/confirm",
        "/offline/withdraw",
        "/people/link",
        "/people/part",
    ],
)
def test_nothing_is_changed_without_the_forms_token_or_by_another_role(house: House, path: str) -> None:
    assert house.client("audience").post(path, data=ADA).status_code == 400
    assert house.client("finance").post(path, data=ADA).status_code == 403
    assert house.client().post(path, data=ADA).status_code == 302
    assert rows(house, "SELECT reference FROM offline_record") == [] and log(house) == []


def test_an_empty_list_says_what_to_do(house: House) -> None:
    page = house.client("audience").get("/offline").text
    assert "Nothing is recorded yet" in page and "/offline/new" in page and "/offline/file" in page
    assert "Nothing fits" in house.client("audience").get("/offline?q=x").text
    assert house.client("audience").get("/offline?state=odd").status_code == 400
    assert house.client("audience").get("/offline?page=nonsense&q=%00").status_code == 200
    for path in ("/offline", "/people", "/people/linked"):
        answer = house.client("audience").get(f"{path}?page=9")
        assert answer.status_code == 302 and "page" not in answer.headers["Location"]


def test_a_record_by_hand_is_kept_listed_nudged_and_in_the_log(house: House) -> None:
    nudged: list[bool] = []
    house.app.extensions["nudge"] = lambda: nudged.append(True)
    client = house.client("audience")
    answer = send(client, "/offline/new", **ADA)
    assert answer.status_code == 303 and nudged == [True]
    page = client.get(answer.headers["Location"]).text
    assert "R/1 &amp; co is recorded." in page and "€50.00" in page and "ada@news.example" in page
    detail = {"reference": "R/1 & co", "kind": "membership", "changed": True}
    assert log(house) == [("audience@paper.example", "recorded offline", detail)]
    assert rows(house, "SELECT person_id FROM stale_person") == [("ada",)]
    assert rows(house, "SELECT recorded_by FROM offline_record") == [("audience@paper.example",)]


def test_a_nudge_that_is_lost_loses_nothing(house: House) -> None:
    def away() -> None:
        raise ConnectionError("no broker")

    house.app.extensions["nudge"] = away
    assert send(house.client("audience"), "/offline/new", **ADA).status_code == 303


def test_what_does_not_fit_is_said_beside_its_field_and_nothing_typed_is_lost(house: House) -> None:
    client = house.client("audience")
    answer = send(client, "/offline/new", **{**ADA, "amount": "12,50", "plan": '"><script>'})
    assert answer.status_code == 400
    assert "“12,50” is no amount; write digits and a dot, such as 12.50" in answer.text
    assert 'value="12,50"' in answer.text and "<script>" not in answer.text and 'value="ada"' in answer.text
    assert rows(house, "SELECT 1 FROM offline_record") == []
    empty = send(client, "/offline/new", campaign="year-end", reference="R-1", person_ref="ada")
    assert "neither a membership nor an amount" in empty.text


def test_a_contradiction_is_refused_in_words(house: House) -> None:
    client = house.client("audience")
    send(client, "/offline/new", **ADA)
    assert "withdraw it first" in send(client, "/offline/new", **{**ADA, "amount": "60"}).text


def test_a_pledge_needs_only_its_day_to_be_fulfilled(house: House) -> None:
    client = house.client("audience")
    send(client, "/offline/new", **{**ADA, "reference": "P-1", "paid_on": ""})
    assert "/offline/new?from=P-1" in client.get("/offline?state=pledge").text
    form = client.get("/offline/new?from=P-1").text
    assert 'value="P-1"' in form and 'value="50.00"' in form
    answer = send(client, "/offline/new", **{**ADA, "reference": "P-1"})
    assert "The pledge P-1 is fulfilled." in client.get(answer.headers["Location"]).text
    assert log(house)[-1][1] == "fulfilled offline pledge"
    assert client.get("/offline/new?from=nothing").status_code == 404


def test_withdrawing_asks_first_and_leaves_the_row(house: House) -> None:
    client = house.client("audience")
    send(client, "/offline/new", **ADA)
    asked = client.get("/offline/withdraw", query_string={"reference": ADA["reference"]}).text
    assert "Withdraw R/1 &amp; co?" in asked and "corrections log" in asked
    assert rows(house, "SELECT withdrawn_at FROM offline_record") == [(None,)]
    for _ in range(2):
        assert send(client, "/offline/withdraw", reference=ADA["reference"]).status_code == 303
    assert [action for _, action, _ in log(house)] == ["recorded offline", "withdrew offline"]
    assert "R/1 &amp; co" in client.get("/offline?state=withdrawn").text
    assert client.get("/offline/withdraw?reference=no").status_code == 404
    assert send(client, "/offline/withdraw", reference="\x00").status_code == 404


def test_a_file_is_shown_first_and_recorded_when_it_is_confirmed(house: House) -> None:
    client = house.client("audience")
    shown = upload(client, sheet(ADA, {**ADA, "reference": "R-2", "person_ref": "bob"}))
    assert shown.status_code == 200 and "2 rows are new" in shown.text and "bob" in shown.text
    assert rows(house, "SELECT 1 FROM offline_record") == [] and log(house) == []
    kept = kept_in(shown.text)
    assert send(client, "/offline/file/confirm", kept=kept).status_code == 303
    assert len(rows(house, "SELECT 1 FROM offline_record")) == 2
    detail = {"file": "members.csv", "new": 2, "unchanged": 0, "fulfilled": 0}
    assert log(house) == [("audience@paper.example", "imported offline file", detail)]
    send(client, "/offline/file/confirm", kept=kept)
    assert len(rows(house, "SELECT 1 FROM offline_record")) == 2
    assert "there is nothing to do" in upload(client, sheet(ADA)).text


def test_a_hostile_file_name_breaks_nothing(house: House) -> None:
    client = house.client("audience")
    shown = upload(client, sheet(ADA), "<b>\x1b[31m\x00.csv")
    assert shown.status_code == 200 and "<b>" not in shown.text
    assert send(client, "/offline/file/confirm", kept=kept_in(shown.text)).status_code == 303


def test_a_token_of_the_audience_may_record_and_one_of_finance_may_not(house: House) -> None:
    with house.app.app_context():
        secrets = {role: access.add_token(f"crm-{role}", role, NOON) for role in ("audience", "finance")}
    codes = {}
    for role, secret in secrets.items():
        headers = {"Authorization": f"Bearer {secret}"}
        codes[role] = house.client().post("/offline/new", data=ADA, headers=headers).status_code
    assert codes == {"audience": 303, "finance": 403}
    assert rows(house, "SELECT recorded_by FROM offline_record") == [("token:crm-audience",)]


def test_a_file_with_errors_names_the_lines_and_offers_no_confirmation(house: House) -> None:
    answer = upload(house.client("audience"), sheet(ADA, {**ADA, "reference": "R-2", "paid_on": "soon"}))
    assert answer.status_code == 400 and 'name="kept"' not in answer.text
    assert "1 thing does not fit" in answer.text and "“soon” is no day" in answer.text


def test_what_changed_between_the_preview_and_the_confirmation_is_said(house: House) -> None:
    client = house.client("audience")
    kept = kept_in(upload(client, sheet(ADA, {**ADA, "reference": "R-2"})).text)
    send(client, "/offline/new", **{**ADA, "amount": "60"})
    answer = send(client, "/offline/file/confirm", kept=kept)
    assert answer.status_code == 400 and "withdraw it first" in answer.text
    assert len(rows(house, "SELECT 1 FROM offline_record")) == 1


def test_a_preview_is_its_senders_own_unforged_and_not_old(house: House) -> None:
    client = house.client("audience")
    kept = kept_in(upload(client, sheet(ADA)).text)
    assert "grown old" in send(house.client("admin"), "/offline/file/confirm", kept=kept).text
    assert "grown old" in send(client, "/offline/file/confirm", kept=kept[:-2] + "xx").text
    assert "grown old" in send(client, "/offline/file/confirm").text
    with time_machine.travel(NOON + timedelta(hours=2), tick=True):
        assert "grown old" in send(client, "/offline/file/confirm", kept=kept).text
    assert rows(house, "SELECT 1 FROM offline_record") == []


def test_no_file_and_a_file_too_large_are_refused(house: House) -> None:
    client = house.client("audience")
    assert "Choose a file first" in send(client, "/offline/file").text
    large = upload(client, b"x" * (6 * 1024 * 1024))
    assert large.status_code == 413 and "larger than 5 MiB" in large.text
    assert upload(client, b"x" * (11 * 1024 * 1024)).status_code == 413


def test_a_file_of_three_megabytes_comes_through_the_preview_whole(house: House) -> None:
    client = house.client("audience")
    many = [
        {**ADA, "reference": f"R-{number}", "plan": sha512(b"%d" % number).hexdigest()} for number in range(14_000)
    ]
    data = sheet(*many)
    assert 3_000_000 < len(data) < 5 * 1024 * 1024
    shown = upload(client, data)
    assert "14000 rows are new" in shown.text and len(kept_in(shown.text)) > 1_000_000
    assert "The first 50 of 14000" in shown.text
    assert send(client, "/offline/file/confirm", kept=kept_in(shown.text)).status_code == 303
    assert rows(house, "SELECT count(*) FROM offline_record") == [(14_000,)]


def test_the_pages_speak_ukrainian_also_where_a_cell_does_not_fit(house: House) -> None:
    client = house.client("audience")
    form = {"csrf_token": csrf_of(client.get("/offline/new").text), **ADA, "amount": "0"}
    answer = client.post("/offline/new?lang=uk", data=form)
    assert "“0” is nothing" not in answer.text and "«0»" in answer.text
