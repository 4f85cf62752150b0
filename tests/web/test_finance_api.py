"""The books in the API: the page's answers by bearer token, described in OpenAPI."""

from collections.abc import Iterator
from typing import Any

import pytest
from month_house import NOVEMBER, OCTOBER, books, close, send
from staff_house import NOON, House

from tracker import access


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with books(database_url) as found:
        yield found


def asking(house: House, role: str = "finance") -> Any:
    with house.app.app_context():
        secret = access.add_token(f"sheets-{role}", role, NOON)
    client = house.app.test_client()
    return lambda path: client.get(f"/api/v1/finance{path}", headers={"Authorization": f"Bearer {secret}"})


def test_months_have_state_version_totals_and_the_checks_of_the_one_to_close(house: House) -> None:
    get = asking(house)
    november, october = get("/months").get_json()["months"]
    assert (november["month"], november["state"], november["checks"]) == (NOVEMBER, "running", None)
    assert october["state"] == "ready" and october["version"] is None
    assert all(check["is_green"] for check in october["checks"]) and len(october["checks"]) > 5
    assert october["totals"][0] == {
        "currency": "EUR",
        "count": 3,
        "gross_minor": 250,
        "fee_minor": 80,
        "net_minor": 170,
        "paid_out_minor": 0,
    }
    close(house)
    october = get("/months").get_json()["months"][1]
    assert (october["state"], october["version"], october["checks"]) == ("closed", 1, None)
    assert october["closed_by"] == "finance@paper.example" and october["closed_at"].startswith("2026-11-23T12:00")


def test_one_month_says_what_is_red_and_what_to_do(house: House) -> None:
    found = asking(house)(f"/months/{NOVEMBER}").get_json()
    red = {check["name"]: check for check in found["checks"] if not check["is_green"]}
    assert "month_over" in red and red["month_over"]["cure"] == "Close it when it is over."
    assert "%(" not in str(found["checks"])


def test_every_file_and_the_manifest_have_the_pages_bytes_and_a_known_length(house: House) -> None:
    get, page = asking(house), house.client("finance")
    for state in ("open", "closed"):
        manifest = get(f"/months/{OCTOBER}/manifest.json")
        assert manifest.get_json()["state"] == state
        for told in manifest.get_json()["files"]:
            name = told["name"]
            taken = get(f"/months/{OCTOBER}/{name}")
            assert taken.data == page.get(f"/finance/months/{OCTOBER}/{name}").data
            assert taken.content_length == told["length"]
            assert get(f"/months/{OCTOBER}/{name}?excel=1").data == b"\xef\xbb\xbf" + taken.data
        if state == "open":
            close(house)
    send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was wrong")
    assert get(f"/months/{OCTOBER}").get_json()["reopened_reason"] == "a fee was wrong"
    assert get(f"/months/{OCTOBER}/transactions.csv?version=1").status_code == 200


@pytest.mark.parametrize("path", ["/months", f"/months/{OCTOBER}", f"/months/{OCTOBER}/transactions.csv"])
def test_a_token_without_the_role_gets_no_books(house: House, path: str) -> None:
    answer = asking(house, "audience")(path)
    assert answer.status_code == 403 and "role" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/months/2026-12", 404, "has not begun"),
        ("/months/2026-12/manifest.json", 404, "has not begun"),
        ("/months/2026-1/statement.csv", 400, "write it as YYYY-MM"),
        ("/months/october", 400, "write it as YYYY-MM"),
        (f"/months/{OCTOBER}/passwords.csv", 404, "there is no file"),
        (f"/months/{OCTOBER}/transactions.csv?version=9", 404, "no such version"),
        (f"/months/{OCTOBER}/transactions.csv?version=-1", 400, "whole number"),
    ],
)
def test_what_is_not_there_is_refused_in_words(house: House, path: str, code: int, words: str) -> None:
    answer = asking(house)(path)
    assert answer.status_code == code and words in answer.get_json()["detail"]


def test_openapi_describes_the_books(house: House) -> None:
    told = house.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    assert {"/api/v1/finance/months", "/api/v1/finance/months/{month}"} <= set(told)
    file = told["/api/v1/finance/months/{month}/{name}"]["get"]
    assert {one["name"] for one in file["parameters"]} == {"month", "name", "excel", "version"}
