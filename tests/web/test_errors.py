"""Errors in words that help, as a page or as JSON, never a trace; also where the database is away."""

from collections.abc import Iterator

import pytest
from flask import abort, request
from sqlalchemy import text
from staff_house import House, running

from tracker import config, web
from tracker.app import create_app
from tracker.db import db
from tracker.web.guard import public
from tracker.web.limits import limiter

CODES = (400, 401, 403, 404, 405, 413, 429, 500, 503)


@pytest.fixture(scope="module")
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:

        @found.app.get("/fault/<token>")
        @public
        def fault(token: str) -> str:
            db.session.execute(text("SELECT 1 / 0, CAST(:note AS text)"), {"note": token})
            return token

        @found.app.get("/api/v1/break/<int:code>")
        @found.app.get("/break/<int:code>")
        @public
        def broken(code: int) -> str:
            if code == 0:
                raise RuntimeError("a secret of the inside")
            abort(code)

        @found.app.get("/once/<span>")
        @public
        @limiter.limit(lambda: f"1/{(request.view_args or {})['span']}")
        def once(span: str) -> str:
            return span

        yield found


@pytest.mark.parametrize("code", CODES)
def test_each_error_is_a_page_that_says_what_to_do(house: House, code: int) -> None:
    answer = house.client().get(f"/break/{code}")
    assert answer.status_code == code and answer.mimetype == "text/html"
    assert f'<p class="kicker">{code}</p>' in answer.text and "<h1>" in answer.text


@pytest.mark.parametrize("code", CODES)
def test_each_error_is_json_for_machines(house: House, code: int) -> None:
    answer = house.client().get(f"/api/v1/break/{code}")
    told = answer.get_json()
    assert answer.status_code == code and set(told) == {"error", "detail"} and len(told["detail"]) > 20


def test_a_client_that_prefers_json_gets_it_from_a_page_too(house: House) -> None:
    assert house.client().get("/nowhere", headers={"Accept": "application/json"}).is_json


@pytest.mark.parametrize("span", ["minute", "hour"])
def test_who_tries_too_often_is_told_how_long_to_wait(
    house: House, span: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    client = house.client()
    assert [client.get(f"/once/{span}").status_code for _ in range(2)] == [200, 429]
    told = client.get(f"/once/{span}", headers={"Accept": "application/json"}).get_json()["detail"]
    assert told.endswith({"minute": "Try again in a minute.", "hour": "Try again in an hour."}[span])


@pytest.mark.parametrize("path", ["/break/0", "/api/v1/break/0"])
def test_a_fault_of_ours_tells_nothing_of_the_inside(house: House, path: str) -> None:
    answer = house.client().get(path)
    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text


def test_an_unknown_campaign_names_those_that_there_are_to_staff(house: House) -> None:
    answer = house.client("audience").get("/dashboard/2025")
    assert answer.status_code == 404 and "no campaign “2025”" in answer.text


def test_a_name_in_an_error_cannot_become_part_of_the_page(house: House) -> None:
    answer = house.client("audience").get("/dashboard/<script>alert(1)<%2Fscript>")
    assert answer.status_code == 404 and "<script>" not in answer.text


def test_a_database_that_is_away_is_a_pause_in_words() -> None:
    settings = config.load(database_url="postgresql://nobody@127.0.0.1:9/none", secret_key="x" * 40)
    app = create_app(settings, needed={})
    web.init_app(app)
    was_enabled, limiter.enabled = limiter.enabled, False
    try:
        client = app.test_client()
        answer = client.get("/api/v1/health/stripe", headers={"Authorization": "Bearer trk_x"})
        assert answer.status_code == 503 and "Nothing is lost" in answer.get_json()["detail"]
        assert client.get("/sign-in").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503 and ready.get_json()["database"].startswith("does not answer")
    finally:
        limiter.enabled = was_enabled


def test_a_fault_is_logged_without_readers_words_addresses_or_links(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    assert house.client().get("/fault/opens-a-membership").status_code == 500
    assert "/fault/<token>" in caplog.text and "opens-a-membership" not in caplog.text
    assert "parameters hidden" in caplog.text
