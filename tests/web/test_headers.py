"""The same strict headers on every response: pages, files, redirects and errors alike."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from staff_house import House, running
from test_access import address, doors

from tracker.web import guard, headers


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:
        yield found


def check(response: Response, path: str) -> None:
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy and "default-src 'none'" in policy, path
    for directive in ("script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert directive in policy, path
    assert response.headers["X-Content-Type-Options"] == "nosniff", path
    told = "no-referrer" if path.startswith("/shared/") else "strict-origin-when-cross-origin"
    assert response.headers["Referrer-Policy"] == told, path
    assert "camera=()" in response.headers["Permissions-Policy"], path
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", path


def test_every_address_answers_with_the_strict_headers(house: House) -> None:
    client, seen = house.client("admin"), 0
    for rule, area in doors(house):
        if "GET" not in (rule.methods or ()):
            continue
        path = address(house, rule)
        response = client.get(path)
        check(response, path)
        if area != guard.PUBLIC:
            assert response.headers["Cache-Control"] == "no-store", path
        seen += 1
        response.close()
    assert seen > 20


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/static/nowhere.css", "/dashboard/nobody"])
def test_errors_carry_them_too_and_are_not_kept(house: House, path: str) -> None:
    response = house.client("admin").get(path)
    assert response.status_code == 404
    check(response, path)
    assert response.headers["Cache-Control"] == "no-store"


def test_hsts_is_not_sent_over_plain_http(house: House) -> None:
    assert "Strict-Transport-Security" not in house.client().get("/sign-in").headers


def test_hsts_is_sent_over_https(database_url: str) -> None:
    with running(database_url, public_url="https://members.news.example") as secure:
        assert "max-age=31536000" in secure.client().get("/sign-in").headers["Strict-Transport-Security"]


def test_a_view_may_name_one_more_source_and_keeps_the_rest() -> None:
    with Flask("widening").app_context():
        widened = headers.widen(Response(), form_action="https://checkout.stripe.com", frame_ancestors="'self'")
    policy = widened.headers["Content-Security-Policy"].split("; ")
    assert "form-action 'self' https://checkout.stripe.com" in policy
    assert "frame-ancestors 'self'" in policy and "script-src 'self'" in policy


def test_no_view_can_ask_for_an_unsafe_source() -> None:
    with pytest.raises(ValueError, match="unsafe"):
        headers.widen(Response(), script_src="'unsafe-inline'")
