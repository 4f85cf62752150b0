"""Stories without HTTP: quick enough to play thousands of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tracker.sandbox.server import Sandbox

from .conftest import NOV_3
from .transport import InProcess

Answer = dict[str, Any]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(now=NOV_3, serve=False, seed=7) as sandbox:
        yield open_shop(sandbox)


def open_shop(sandbox: Sandbox) -> Sandbox:
    sandbox.must("POST", "/v1/products", {"id": "prod_member", "name": "Membership"})
    wish = {"product": "prod_member", "currency": "eur", "unit_amount": 500, "recurring": {"interval": "month"}}
    sandbox.must("POST", "/v1/prices", wish | {"lookup_key": "monthly"})
    return sandbox


def join(box: Sandbox, **how: Any) -> Answer:
    price = box.must("GET", "/v1/prices?lookup_key=monthly")["data"][0]["id"]
    wish = {"mode": "subscription", "line_items": [{"price": price, "quantity": 1}], "success_url": "http://x/"}
    session = box.must("POST", "/v1/checkout/sessions", wish)
    box.must("POST", f"/_test/sessions/{session['id']}/pay", how)
    session = box.must("GET", f"/v1/checkout/sessions/{session['id']}")
    return box.must("GET", f"/v1/subscriptions/{session['subscription']}")


def test_a_story_is_played_and_its_messages_taken_by_hand(box: Sandbox) -> None:
    subscription = join(box, email="ada@example.org")
    told = [json.loads(body) for body in box.messages()]
    assert told[-1]["type"] == "checkout.session.completed"
    assert box.messages() == []
    assert {one["state"] for one in box.must("GET", "/_test/deliveries?limit=3")["deliveries"]} == {"delivered"}
    box.clock.advance(days=31)
    assert [event["data"]["object"]["status"] for event in map(json.loads, box.messages())][-1] == "paid"
    bills = box.must("GET", "/v1/invoices", {"subscription": subscription["id"]})["data"]
    assert [bill["status"] for bill in bills] == ["paid", "paid"]


def test_messages_are_signed_and_errors_are_answers(box: Sandbox) -> None:
    box.must("POST", "/v1/customers", {"email": "ada@example.org"})
    [message] = [one for one in box.signed_messages() if b"customer.created" in one.body]
    event = stripe.Webhook.construct_event(message.body, message.signature, box.webhook_secret, tolerance=10**10)
    assert (event.type, event.id) == ("customer.created", message.event)
    status, answer = box.ask("GET", "/v1/customers/cus_no")
    assert (status, answer["error"]["code"]) == (404, "resource_missing")
    with pytest.raises(ValueError, match="no such call"):
        box.must("GET", "/v1/nothing")


def test_messages_honour_the_faults(box: Sandbox) -> None:
    box.messages()
    box.must("POST", "/_test/faults", {"webhooks": {"duplicate": 2, "delay_seconds": 60}})
    box.must("POST", "/v1/customers", {"email": "ada@example.org"})
    assert box.messages() == []
    box.clock.advance(minutes=1)
    assert len(box.messages()) == 2
    box.must("POST", "/_test/faults", {"webhooks": {"reorder": True}})
    made = [box.must("POST", "/v1/customers", {"email": f"{n}@example.org"})["id"] for n in range(4)]
    heard = [json.loads(body)["data"]["object"]["id"] for body in box.messages()]
    assert heard == made[::-1]


def test_the_same_seed_tells_the_same_story_with_the_same_faults() -> None:
    def story(seed: int) -> list[bytes]:
        with Sandbox(now=NOV_3, serve=False, seed=seed) as sandbox:
            hooks = {"duplicate": 3, "drop": 0.3, "reorder": "random"}
            sandbox.must("POST", "/_test/faults", {"seed": seed, "webhooks": hooks})
            join(open_shop(sandbox))
            return [json.loads(body)["id"].encode() for body in sandbox.messages()]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_the_real_sdk_works_in_process_faults_and_all(box: Sandbox) -> None:
    client = stripe.StripeClient(box.api_key, http_client=InProcess(box), max_network_retries=0)
    subscription = join(box)
    page = client.v1.invoices.list({"subscription": subscription["id"], "expand": ["data.payments"]})
    assert page.data[0].payments.data[0].status == "paid"
    box.must("POST", "/_test/faults", {"api": {"cut": True}})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"email": "eve@example.org"})
    assert client.v1.customers.list({"email": "eve@example.org"}).data
    wrong = stripe.StripeClient("sk_test_no", http_client=InProcess(box))
    with pytest.raises(stripe.AuthenticationError):
        wrong.v1.customers.list()


def test_reading_a_subscription_costs_well_under_a_millisecond(box: Sandbox) -> None:
    path = f"/v1/subscriptions/{join(box)['id']}"
    best = min(_seconds(box, path) for _ in range(5))
    assert best < 0.001


def _seconds(box: Sandbox, path: str, times: int = 50) -> float:
    began = time.perf_counter()
    for _ in range(times):
        box.ask("GET", path)
    return (time.perf_counter() - began) / times
