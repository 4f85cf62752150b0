"""`tracker stripe connect` and `check`: what an account needs, what it has, whether its objects are known here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from tracker import app, cli
from tracker.intake.stripe import check, connect
from tracker.intake.stripe.gateway import Gateway
from tracker.sandbox.server import Sandbox

SITE = "https://members.news.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as found:
        yield found


@pytest.fixture
def tracker(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("DATABASE_URL", "STRIPE_WEBHOOK_SECRETS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("STRIPE_SECRET_KEY", sandbox.api_key)
    monkeypatch.setenv("STRIPE_API_BASE", sandbox.url)
    monkeypatch.setenv("PUBLIC_URL", SITE)

    def run(*words: str) -> Result:
        context = cli.Context(app.ROOT, app.create_app)
        return CliRunner().invoke(cli.tracker, ["stripe", *words], obj=context)

    return run


def states(result: Result) -> dict[str, str]:
    return {one["what"]: one["state"] for one in json.loads(result.stdout)["findings"]}


def test_without_a_key_it_says_in_words_what_to_set_up(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    monkeypatch.setenv("VAR_DIR", "/nowhere")
    result = tracker("connect")
    assert result.exit_code == 0
    for words in (f"{SITE}/stripe/webhook", "customer.subscription.updated", "Checkout Sessions", "thin events"):
        assert words in result.stdout


def test_what_is_missing_is_named_with_what_to_do_and_the_endpoint_can_be_made_once(
    tracker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tracker("connect", "--json")
    assert result.exit_code == 1
    missing = {what for what, state in states(result).items() if state == "missing"}
    assert missing == {"signing secret", "endpoint"}
    made = json.loads(tracker("connect", "--create-endpoint", "--json").stdout)
    assert made["secret"].startswith("whsec_")
    again = tracker("connect", "--create-endpoint")
    assert again.exit_code == 1 and "already" in again.stderr and "whsec_" not in again.stdout
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRETS", made["secret"])
    result = tracker("connect", "--json")
    assert result.exit_code == 0 and set(states(result).values()) == {"ok"}


def test_an_endpoint_that_lacks_types_or_is_off_is_told(sandbox: Sandbox, tracker: Any) -> None:
    endpoint, _ = connect.create_endpoint(Gateway(sandbox.api_key, sandbox.url), connect.Wish(SITE, 0, False))
    ask = {"Authorization": f"Bearer {sandbox.api_key}"}
    address = f"{sandbox.url}/v1/webhook_endpoints/{endpoint}"
    requests.post(address, {"enabled_events[0]": "invoice.paid"}, headers=ask, timeout=5).raise_for_status()
    assert "does not send customer.created" in tracker("connect").stdout
    requests.post(address, {"disabled": "true"}, headers=ask, timeout=5).raise_for_status()
    assert f"{endpoint} is disabled: switch it on" in tracker("connect").stdout


def test_a_key_that_is_none_is_one_finding(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_nobody")
    result = tracker("connect", "--json")
    assert result.exit_code == 1 and states(result) == {"key": "missing"}


def test_the_journey_is_walked_compared_and_taken_away_again(sandbox: Sandbox, tracker: Any) -> None:
    result = tracker("check", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0, told
    kinds = {one["kind"] for one in told["objects"]}
    journey = "product price checkout.session customer subscription invoice invoice_payment payment_intent charge"
    assert kinds == {*journey.split(), "balance_transaction", "refund", "event"}
    gateway = Gateway(sandbox.api_key, sandbox.url)
    statuses = [one["status"] for one in gateway.page("/v1/subscriptions", {"status": "all"})[0]]
    assert statuses == ["canceled"]
    for path, state in {"/v1/products": "active", "/v1/prices": "active"}.items():
        assert [one[state] for one in gateway.page(path, {})[0]] == [False]
    assert gateway.page("/v1/customers", {})[0] == []
    assert [one["status"] for one in gateway.page("/v1/checkout/sessions", {})[0]] == ["expired"]


def test_a_live_key_is_refused_in_one_line_before_anything_is_made(
    sandbox: Sandbox, tracker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_ours")
    result = tracker("check")
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1 and "live key" in result.stderr


def test_a_journey_that_breaks_off_says_where_and_still_cleans_up(sandbox: Sandbox, tracker: Any) -> None:
    sandbox.world.faults.set({"api": {"status": 400, "count": 1, "path_prefix": "/v1/invoices"}})
    result = tracker("check")
    assert result.exit_code == 1 and "the journey" in result.stdout and "not seen" in result.stdout
    gateway = Gateway(sandbox.api_key, sandbox.url)
    assert [one["status"] for one in gateway.page("/v1/subscriptions", {"status": "all"})[0]] == ["canceled"]


def test_a_field_that_is_missing_or_of_another_type_differs_and_one_more_does_not() -> None:
    known = check.Walk({"price": check.shape_of({"id": "p", "amount": 5, "items": {"data": [{"id": "a"}]}})})
    theirs = check.Walk({"price": check.shape_of({"id": "p", "amount": "5", "new": 1, "items": {"data": [{}]}})})
    (row,) = check.compare(theirs, known)
    assert not row.is_ok
    assert row.words == "amount: text, not number; 1 fields more than the test server"
    less = check.Walk({"price": check.shape_of({"id": "p", "items": {"data": [{"id": "a"}]}})})
    (row,) = check.compare(less, known)
    assert not row.is_ok and row.words == "lacks amount"
    more = check.Walk({"price": known.seen["price"] | check.shape_of({"livemode": None})})
    (row,) = check.compare(more, known)
    assert row.is_ok
