"""The addresses that publishers, platforms and Stripe hold on to, over the whole WSGI application (CONTRACT)."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from tests.conftest import empty
from tests.line.conftest import year_end
from tracker import config, web
from tracker.app import create_app
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import embed_files

ADDRESSES = {
    "/c/<slug>": "GET",
    "/c/<slug>/method": "GET",
    "/join/<slug>": "GET POST",
    "/join/<slug>/thanks": "GET",
    "/join/<slug>/manage": "GET",
    "/dashboard/<slug>": "GET",
    "/offline": "GET",
    "/people": "GET",
    "/finance": "GET",
    "/health/stripe": "GET",
    "/api/v1/openapi.json": "GET",
    "/api/v1/campaigns/<slug>/progress": "GET",
    "/api/v1/campaigns/<slug>/daily": "GET",
    "/api/v1/finance/months": "GET",
    "/api/v1/finance/months/<month>/<name>": "GET",
    "/api/v1/health/stripe": "GET",
    "/oembed": "GET",
    "/demo/article": "GET",
    "/demo/forms": "GET",
    "/demo/strict": "GET",
    "/demo/wordpress": "GET",
    "/healthz": "GET",
    "/readyz": "GET",
    "/metrics": "GET",
}
EMBEDDED = (
    "/e/v1.js",
    f"/e/v1.{embed_files.script().digest}.js",
    "/e/v1.css",
    "/e/year-end.en.json",
    "/e/year-end.uk-UA.json",
    "/e/year-end.en.html",
    "/e/year-end.en.svg",
    "/e/year-end.en.png",
    "/e/year-end.en.card.png",
)
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def whole(database_url: str, **settings: Any) -> tuple[Any, Client]:
    """(the Flask application, a client of all of it: the layer of /e/ and the pages)."""
    app = create_app(
        config.load(
            database_url=database_url,
            secret_key="x" * 32,
            stripe_secret_key="sk_test_urls",
            _env_file=None,
            **settings,
        )
    )
    web.init_app(app)
    return app, Client(web.embed_first(app))


@pytest.fixture
def site(database_url: str) -> Iterator[Client]:
    app, client = whole(database_url, demo=True)
    with app.app_context():
        campaigns.put(db.session(), year_end())
        db.session.commit()
    yield client
    empty(app)
    with app.app_context():
        db.engine.dispose()


def test_the_addresses_of_the_contract_are_there() -> None:
    app, _ = whole(NOWHERE, demo=True)
    there: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        there.setdefault(rule.rule, set()).update(rule.methods or ())
    missing = [
        f"{method} {path}"
        for path, methods in ADDRESSES.items()
        for method in methods.split()
        if method not in there.get(path, set())
    ]
    assert missing == []


@pytest.mark.parametrize("path", EMBEDDED)
def test_what_articles_embed_is_there_for_everybody_and_knows_nobody(site: Client, path: str) -> None:
    found = site.get(path)
    assert found.status_code == 200, found.text
    carries_what_embedding_needs(found, path)
    assert found.headers["Cache-Control"].startswith("public, max-age=")
    assert found.headers["ETag"] and found.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/e/beacon", "POST", 204),
        ("/e/beacon", "GET", 405),
        ("/e/year-end.en.json", "DELETE", 405),
        ("/e/nobody.en.json", "GET", 404),
        ("/e/nobody.en.html", "GET", 404),
        ("/e/nobody.en.png", "GET", 404),
        ("/e/../static/css/staff.css", "GET", 404),
    ],
)
def test_refusals_under_e_carry_the_same_headers(site: Client, path: str, method: str, status: int) -> None:
    found = site.open(path, method=method)
    assert found.status_code == status
    carries_what_embedding_needs(found, path)


def carries_what_embedding_needs(found: TestResponse, path: str) -> None:
    """CORS *, no cookies, nothing guessed; a page that frames says what it may do (CONTRACT: Public)."""
    headers = found.headers
    assert headers["Access-Control-Allow-Origin"] == "*", path
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin", path
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin", path
    assert "Set-Cookie" not in headers, path
    if headers.get("Content-Type", "").startswith("text/html"):
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors *" in policy, path


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_method_that_is_not_taken_is_refused_with_the_strict_headers(site: Client, method: str) -> None:
    found = site.open("/stripe/webhook", method=method)
    assert found.status_code == 405
    assert "default-src 'none'" in found.headers["Content-Security-Policy"]
    assert found.headers["X-Content-Type-Options"] == "nosniff" and found.headers["Cache-Control"] == "no-store"


def test_an_unsigned_message_is_refused_with_the_strict_headers(site: Client) -> None:
    found = site.post("/stripe/webhook", data=b"{}")
    assert found.status_code == 400
    assert "default-src 'none'" in found.headers["Content-Security-Policy"] and "Set-Cookie" not in found.headers


def test_readers_get_no_cookie(site: Client) -> None:
    for path in ("/c/year-end", "/c/year-end/method", "/join/year-end", "/join/year-end/thanks", "/demo/article"):
        found = site.get(path)
        assert found.status_code < 500 and "Set-Cookie" not in found.headers, path


def test_alive_without_a_database_and_not_ready() -> None:
    _, client = whole(NOWHERE)
    assert client.get("/healthz").get_json() == {"alive": True}
    ready = client.get("/readyz")
    assert ready.status_code == 503 and "does not answer" in ready.get_json()["database"]


def test_without_a_database_the_embed_s_files_are_served_and_a_number_is_not_made_up() -> None:
    _, client = whole(NOWHERE)
    assert client.get("/e/v1.js").status_code == 200
    assert client.get("/e/year-end.en.json").status_code == 503
