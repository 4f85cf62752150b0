"""Webhooks: signed as the SDK expects, tried again, recorded, and broken on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import stripe

from tracker.sandbox.webhooks import sign

from .conftest import NOV_3, Shop

T0 = int(NOV_3.timestamp())


@dataclass
class Ear:
    """An endpoint that keeps what it hears; `answers` are given first, then 200."""

    url: str = ""
    heard: list[tuple[bytes, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def types(self) -> list[str]:
        return [
            stripe.Webhook.construct_event(body, mark, "whsec_tracker_sandbox").type for body, mark in self.heard
        ]


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listening.heard.append((body, self.headers["Stripe-Signature"]))
            self.send_response(listening.answers.pop(0) if listening.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.url = f"http://127.0.0.1:{server.server_address[1]}/stripe/webhook?a=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


def faults(shop: Shop, **wish: Any) -> None:
    answer = requests.post(f"{shop.sandbox.url}/_test/faults", json=wish, timeout=5)
    assert answer.ok, answer.text


def deliveries(shop: Shop) -> list[dict[str, Any]]:
    return list(requests.get(f"{shop.sandbox.url}/_test/deliveries", timeout=5).json()["deliveries"])


def test_every_event_arrives_once_signed_and_in_order(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url)
    shop.join()
    shop.sandbox.settle()
    told = shop.event_types()
    assert ear.types() == [name for name in told if name not in ("product.created", "price.created")]
    assert {one["state"] for one in deliveries(shop)} == {"delivered"}
    assert all(event.pending_webhooks == 0 for event in shop.v1.events.list().data)


def test_a_signature_breaks_with_the_body_and_two_secrets_both_sign(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url, "whsec_old", "whsec_new")
    shop.v1.customers.create({"email": "ada@example.org"})
    shop.sandbox.settle()
    [(body, mark)] = ear.heard
    for secret in ("whsec_old", "whsec_new"):
        assert stripe.Webhook.construct_event(body, mark, secret).type == "customer.created"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", mark, "whsec_new")
    assert sign(b"{}", ["a", "b"], 7).count("v1=") == 2


def test_a_failed_delivery_is_tried_again_with_growing_pauses_on_the_worlds_clock(shop: Shop, ear: Ear) -> None:
    ear.answers = [500, 503, 302, 500]
    shop.sandbox.deliver_to(ear.url)
    shop.v1.customers.create({"email": "ada@example.org"})
    shop.sandbox.settle()
    assert len(ear.heard) == 1
    for count, pause in ((2, 1), (3, 5), (4, 30), (5, 300)):
        shop.sandbox.clock.advance(seconds=pause - 0.5)
        shop.sandbox.settle()
        assert len(ear.heard) == count - 1
        assert shop.v1.events.list({"type": "customer.created"}).data[0].pending_webhooks == 1
        shop.sandbox.clock.advance(seconds=0.5)
        shop.sandbox.settle()
        assert len(ear.heard) == count
    assert [one["status"] for one in deliveries(shop)] == [500, 503, 302, 500, 200]
    assert [one["attempt"] for one in deliveries(shop)] == [1, 2, 3, 4, 5]
    assert len({body for body, _ in ear.heard}) == 1


def test_an_endpoint_that_is_away_hears_it_when_it_is_back(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to("http://127.0.0.1:9/nobody")
    shop.v1.customers.create({"email": "ada@example.org"})
    shop.sandbox.settle()
    assert "ConnectionRefusedError" in deliveries(shop)[0]["error"]
    endpoint = shop.v1.webhook_endpoints.list().data[0]
    shop.v1.webhook_endpoints.update(endpoint.id, {"url": ear.url})
    shop.sandbox.clock.advance(seconds=1)
    shop.sandbox.settle()
    assert ear.types() == ["customer.created"]


def test_faults_duplicate_drop_delay_and_reorder(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url)
    faults(shop, webhooks={"duplicate": 2})
    shop.v1.customers.create({"email": "ada@example.org"})
    shop.sandbox.settle()
    assert ear.types() == ["customer.created"] * 2
    assert ear.heard[0][0] == ear.heard[1][0] or len({body for body, _ in ear.heard}) <= 2

    faults(shop, webhooks={"drop": 1})
    shop.v1.customers.create({"email": "bob@example.org"})
    shop.sandbox.settle()
    assert len(ear.heard) == 2
    assert deliveries(shop)[-1]["state"] == "dropped"

    faults(shop, webhooks={"delay_seconds": 60})
    shop.v1.customers.create({"email": "eve@example.org"})
    shop.sandbox.settle()
    assert len(ear.heard) == 2
    shop.sandbox.clock.advance(seconds=60)
    shop.sandbox.settle()
    assert len(ear.heard) == 3

    ear.heard.clear()
    faults(shop, webhooks={"reorder": True})
    shop.join()
    shop.sandbox.settle()
    assert ear.types()[-1] != "checkout.session.completed"
    assert sorted(ear.types()) == sorted(shop.event_types()[-len(ear.heard) :])

    faults(shop, webhooks=None)
    assert shop.sandbox.world.faults.state()["webhooks"]["duplicate"] == 1


def test_an_event_can_be_sent_again(shop: Shop, ear: Ear) -> None:
    shop.v1.customers.create({"email": "ada@example.org"})
    event = shop.v1.events.list({"type": "customer.created"}).data[0]
    shop.sandbox.deliver_to(ear.url)
    again = requests.post(f"{shop.sandbox.url}/_test/events/{event.id}/resend", timeout=5)
    assert again.json() == {"queued": 1}
    shop.sandbox.settle()
    assert ear.types() == ["customer.created"]


def test_an_endpoint_hears_only_what_it_asked_for(shop: Shop, ear: Ear) -> None:
    made = shop.v1.webhook_endpoints.create({"url": ear.url, "enabled_events": ["invoice.paid"]})
    shop.join()
    shop.sandbox.settle()
    [(body, mark)] = ear.heard
    assert stripe.Webhook.construct_event(body, mark, made.secret).type == "invoice.paid"


def test_the_api_fails_and_slows_down_on_demand(shop: Shop) -> None:
    faults(shop, api={"status": 500, "count": 2, "path_prefix": "/v1/invoices"})
    shop.v1.customers.list()
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.v1.invoices.list()
    assert shop.v1.invoices.list().data == []
    faults(shop, api={"status": 429, "count": 1})
    with pytest.raises(stripe.RateLimitError):
        shop.v1.customers.list()
    slept: list[float] = []
    shop.sandbox.world.faults.sleep = slept.append
    faults(shop, api=[{"slow_seconds": 3.5}])
    shop.v1.customers.list()
    assert slept == [3.5]
    wrong = requests.post(f"{shop.sandbox.url}/_test/faults", json={"weather": "bad"}, timeout=5)
    assert (wrong.status_code, "webhooks" in wrong.text) == (400, True)


def test_a_burst_happens_in_one_second_and_in_any_order(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url)
    hooks = {"same_second": True, "reorder": "random", "delay_seconds": 1}
    faults(shop, seed=4, webhooks=hooks)
    shop.join()
    shop.sandbox.clock.advance(seconds=5)
    shop.v1.customers.create({"email": "later@example.org"})
    assert {event.created for event in shop.v1.events.list({"created": {"gte": T0}}).data} == {T0}
    shop.sandbox.clock.advance(seconds=5)
    shop.sandbox.settle()
    told = shop.event_types()[-len(ear.heard) :]
    assert sorted(ear.types()) == sorted(told) and ear.types() != told
    faults(shop, webhooks=None)
    shop.v1.customers.create({"email": "calm@example.org"})
    assert shop.v1.events.list().data[0].created == T0 + 10


def test_thin_messages_name_the_object_and_the_snapshot(shop: Shop, ear: Ear) -> None:
    made = {"url": ear.url, "payload": "both", "events": ["customer.created"]}
    endpoint = requests.post(f"{shop.sandbox.url}/_test/endpoints", json=made, timeout=5).json()
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    shop.sandbox.settle()
    assert endpoint["url"] == ear.url
    told = sorted((json.loads(body) for body, _ in ear.heard), key=lambda event: event["object"])
    snapshot, thin = told
    assert thin == {
        "id": thin["id"],
        "object": "v2.core.event",
        "type": "v1.customer.created",
        "livemode": False,
        "created": "2026-11-03T12:00:00.000Z",
        "related_object": {"id": customer.id, "type": "customer", "url": f"/v1/customers/{customer.id}"},
        "snapshot_event": snapshot["id"],
    }
    assert thin["id"] != snapshot["id"]
    [(body, mark)] = [(body, mark) for body, mark in ear.heard if b"v2.core.event" in body]
    notice = shop.client.parse_event_notification(body, mark, "whsec_tracker_sandbox")
    assert (notice.type, notice.id) == ("v1.customer.created", thin["id"])
    assert raw_get(shop, f"/v2/core/events/{thin['id']}") == thin
    assert raw_get(shop, thin["related_object"]["url"])["id"] == customer.id


def raw_get(shop: Shop, path: str) -> Any:
    headers = {"Authorization": f"Bearer {shop.sandbox.api_key}"}
    return requests.get(shop.sandbox.url + path, headers=headers, timeout=5).json()


def test_thin_may_come_instead_of_snapshots(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url)
    faults(shop, webhooks={"thin": True})
    shop.join()
    shop.sandbox.settle()
    told = [json.loads(body) for body, _ in ear.heard]
    assert {event["object"] for event in told} == {"v2.core.event"}
    paths = {event["related_object"]["url"].split("/")[2] for event in told}
    assert {"checkout", "subscriptions", "invoices", "invoice_payments", "charges"} <= paths


def test_a_forged_message_is_signed_like_ours(shop: Shop, ear: Ear) -> None:
    shop.sandbox.deliver_to(ear.url)
    live = {"id": "evt_live", "object": "event", "type": "invoice.paid", "livemode": True, "account": "acct_other"}
    for body in (live, "not json"):
        answer = requests.post(f"{shop.sandbox.url}/_test/events", json={"body": body}, timeout=5)
        assert answer.json() == {"queued": 1}
    shop.sandbox.settle()
    (first, mark), (second, _) = ear.heard
    assert stripe.Webhook.construct_event(first, mark, "whsec_tracker_sandbox").livemode is True
    assert second == b"not json"


def test_an_answer_breaks_off_though_the_call_was_carried_out(shop: Shop) -> None:
    faults(shop, api={"cut": True})
    with pytest.raises(stripe.APIConnectionError):
        shop.v1.customers.create({"email": "ada@example.org"})
    assert [one.email for one in shop.v1.customers.list().data] == ["ada@example.org"]


def test_the_sdk_waits_out_a_rate_limit_and_finds_one_customer(shop: Shop) -> None:
    faults(shop, api={"status": 429, "count": 1})
    patient = stripe.StripeClient(
        shop.sandbox.api_key, base_addresses={"api": shop.sandbox.url}, max_network_retries=2
    )
    patient.v1.customers.create({"email": "ada@example.org"})
    assert len(shop.v1.customers.list().data) == 1
    faults(shop, api={"status": 429})
    headers = {"Authorization": f"Bearer {shop.sandbox.api_key}"}
    answer = requests.get(f"{shop.sandbox.url}/v1/customers", headers=headers, timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_only_a_share_of_calls_fails_and_the_same_ones_for_a_seed(shop: Shop) -> None:
    def misses() -> list[int]:
        faults(shop, seed=11, api={"status": 500, "count": 1000, "share": 0.3})
        return [n for n in range(40) if "error" in raw_get(shop, "/v1/customers")]

    first = misses()
    assert 3 < len(first) < 25
    assert first == misses()


def test_wrong_faults_are_refused_in_words(shop: Shop) -> None:
    for wish, words in (
        ({"webhooks": {"duplicate": 9}}, "1 to 5"),
        ({"webhooks": {"drop": 2}}, "share"),
        ({"webhooks": {"weather": 1}}, "weather"),
    ):
        answer = requests.post(f"{shop.sandbox.url}/_test/faults", json=wish, timeout=5)
        assert (answer.status_code, words in answer.text) == (400, True)


def test_events_are_kept_thirty_days(shop: Shop) -> None:
    shop.v1.customers.create({"email": "ada@example.org"})
    event = shop.v1.events.list({"type": "customer.created"}).data[0]
    shop.sandbox.clock.advance(days=29)
    assert shop.v1.events.retrieve(event.id).created == int(NOV_3.timestamp())
    shop.sandbox.clock.advance(days=2)
    assert shop.v1.events.list({"type": "customer.created"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        shop.v1.events.retrieve(event.id)
