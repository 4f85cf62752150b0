"""The API's manners: pages, filters, expansion, errors, idempotency, keys, threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from .conftest import NOV_3, Shop

T0 = int(NOV_3.timestamp())


def customers(shop: Shop, count: int) -> list[str]:
    """Created one a minute, oldest first."""
    made = []
    for number in range(count):
        made.append(shop.v1.customers.create({"email": f"reader{number}@example.org"}).id)
        shop.sandbox.clock.advance(minutes=1)
    return made


def raw(shop: Shop, method: str, path: str, key: str | None = None, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {key or shop.sandbox.api_key}", **more.pop("headers", {})}
    return requests.request(method, shop.sandbox.url + path, headers=headers, timeout=5, **more)


def test_lists_are_newest_first_and_page_both_ways(shop: Shop) -> None:
    made = customers(shop, 7)[::-1]
    first = shop.v1.customers.list({"limit": 3})
    assert [one.id for one in first.data] == made[:3]
    assert first.has_more is True
    second = shop.v1.customers.list({"limit": 3, "starting_after": made[2]})
    assert [one.id for one in second.data] == made[3:6]
    back = shop.v1.customers.list({"limit": 2, "ending_before": made[3]})
    assert [one.id for one in back.data] == made[1:3]
    assert back.has_more is True
    assert [one.id for one in shop.v1.customers.list({"limit": 3}).auto_paging_iter()] == made


def test_objects_of_one_second_keep_their_order_across_pages(shop: Shop) -> None:
    made = [shop.v1.customers.create({"email": "a@example.org"}).id for _ in range(5)][::-1]
    paged = [one.id for one in shop.v1.customers.list({"limit": 2}).auto_paging_iter()]
    assert paged == made


def test_created_filters_bound_lists(shop: Shop) -> None:
    made = customers(shop, 4)

    def between(**bounds: int) -> list[str]:
        return [one.id for one in shop.v1.customers.list({"created": bounds}).data][::-1]

    assert between(gte=T0 + 60) == made[1:]
    assert between(gt=T0 + 60) == made[2:]
    assert between(gte=T0 + 60, lt=T0 + 180) == made[1:3]
    assert between(lte=T0) == made[:1]


def test_each_list_knows_its_own_filters(shop: Shop) -> None:
    ada, bob = shop.join(), shop.join()
    v1 = shop.v1
    assert [one.id for one in v1.subscriptions.list({"customer": ada.customer}).data] == [ada.id]
    [bill] = v1.invoices.list({"subscription": bob.id}).data
    assert [one.id for one in v1.invoices.list({"customer": bob.customer, "status": "paid"}).data] == [bill.id]
    [payment] = v1.invoice_payments.list({"invoice": bill.id}).data
    intent = payment.payment.payment_intent
    found = v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}})
    assert [one.id for one in found.data] == [payment.id]
    [charge] = v1.charges.list({"payment_intent": intent}).data
    [entry] = v1.balance_transactions.list({"source": charge.id}).data
    assert charge.balance_transaction == entry.id
    assert len(v1.balance_transactions.list({"type": "charge"}).data) == 2
    [session] = v1.checkout.sessions.list({"subscription": bob.id}).data
    assert session.status == "complete"
    assert len(v1.checkout.sessions.list({"status": "open"}).data) == 0
    assert {one.type for one in v1.events.list({"types": ["invoice.paid", "charge.updated"]}).data} == {
        "invoice.paid",
        "charge.updated",
    }
    assert {one.type for one in v1.events.list({"type": "customer.*"}).data} == {
        "customer.created",
        "customer.subscription.created",
        "customer.subscription.updated",
    }
    v1.subscriptions.cancel(ada.id)
    assert [one.id for one in v1.subscriptions.list().data] == [bob.id]
    assert {one.id for one in v1.subscriptions.list({"status": "all"}).data} == {ada.id, bob.id}
    assert [one.id for one in v1.subscriptions.list({"status": "canceled"}).data] == [ada.id]


@pytest.mark.parametrize("kind", ["disputes", "credit_notes", "payouts", "webhook_endpoints"])
def test_what_has_not_happened_yet_is_an_empty_page(shop: Shop, kind: str) -> None:
    page = getattr(shop.v1, kind).list({"limit": 100})
    assert (page.data, page.has_more, page.url) == ([], False, f"/v1/{kind}")


def test_expansion_replaces_ids_by_objects_at_any_depth(shop: Shop) -> None:
    shop.join()
    page = shop.v1.invoices.list({"expand": ["data.payments", "data.customer"]})
    assert page.data[0].payments.data[0].status == "paid"
    assert page.data[0].customer.email == "ada@example.org"
    assert "payments" not in shop.v1.invoices.list().data[0]
    path = "data.payments.data.payment.payment_intent.latest_charge"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        shop.v1.invoices.list({"expand": [path]})
    [entry] = shop.v1.balance_transactions.list({"expand": ["data.source"]}).data
    assert entry.source.object == "charge"
    [subscription] = shop.v1.subscriptions.list({"expand": ["data.latest_invoice.payments"]}).data
    assert subscription.latest_invoice.payments.data[0].object == "invoice_payment"
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(status\)"):
        shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["status"]})


def test_errors_have_stripes_shape(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_no'") as caught:
        shop.v1.customers.retrieve("cus_no")
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (404, "resource_missing", "id")
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: name") as caught:
        shop.v1.products.create({})
    assert (caught.value.http_status, caught.value.code) == (400, "parameter_missing")
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: shoe_size") as caught:
        shop.v1.customers.create({"shoe_size": 43})
    assert caught.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        shop.v1.customers.list({"limit": 101})
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as caught:
        shop.v1.customers.list({"starting_after": "cus_no"})
    assert caught.value.param == "starting_after"
    assert raw(shop, "GET", "/v1/nothing").status_code == 404
    assert raw(shop, "GET", "/v1/customers?limit=x").json()["error"]["code"] == "parameter_invalid_integer"


def test_live_wrong_and_absent_keys_are_refused(shop: Shop) -> None:
    for key, words in (
        ("sk_live_abc", "refuses live keys"),
        ("rk_live_abc", "live keys"),
        ("sk_test_no", "Invalid"),
    ):
        answer = raw(shop, "GET", "/v1/account", key)
        assert answer.status_code == 401
        assert words in answer.json()["error"]["message"]
    assert requests.get(f"{shop.sandbox.url}/v1/account", timeout=5).status_code == 401
    assert requests.get(f"{shop.sandbox.url}/v1/account", auth=(shop.sandbox.api_key, ""), timeout=5).ok


def test_the_account_is_a_test_account(shop: Shop) -> None:
    account = shop.v1.accounts.retrieve_current()
    assert (account.object, account.default_currency) == ("account", "eur")
    answer = raw(shop, "GET", "/v1/account")
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"


def test_the_same_idempotency_key_gives_the_first_answer_again(shop: Shop) -> None:
    headers = {"Idempotency-Key": "pledge-1"}
    body = {"email": "ada@example.org"}
    first = raw(shop, "POST", "/v1/customers", data=body, headers=headers)
    again = raw(shop, "POST", "/v1/customers", data=body, headers=headers)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Request-Id"] == first.headers["Request-Id"]
    other = raw(shop, "POST", "/v1/customers", data={"email": "bob@example.org"}, headers=headers)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(shop.v1.customers.list().data) == 1
    event = shop.v1.events.list({"type": "customer.created"}).data[0]
    assert event.request.idempotency_key == "pledge-1"


def test_a_refused_request_does_not_use_up_its_key_but_a_declined_card_does(shop: Shop) -> None:
    headers = {"Idempotency-Key": "k"}
    assert raw(shop, "POST", "/v1/products", data={}, headers=headers).status_code == 400
    assert raw(shop, "POST", "/v1/products", data={"name": "Gift"}, headers=headers).status_code == 200
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    wish = {
        "customer": customer.id,
        "items[0][price]": "price_monthly",
        "default_payment_method": "pm_card_chargeDeclined",
    }
    kept = {"Idempotency-Key": "s"}
    subscription = raw(shop, "POST", "/v1/subscriptions", data=wish, headers=kept).json()
    assert subscription["status"] == "incomplete"
    path = f"/v1/invoices/{subscription['latest_invoice']}/pay"
    declined = [raw(shop, "POST", path, headers={"Idempotency-Key": "p"}) for _ in range(2)]
    assert [answer.status_code for answer in declined] == [402, 402]
    assert declined[1].headers["Idempotent-Replayed"] == "true"
    assert len(shop.charges()) == 2


def test_a_key_whose_request_still_runs_is_a_conflict(shop: Shop) -> None:
    started, go_on = threading.Event(), threading.Event()
    world = shop.sandbox.world
    shop.v1.products.create({"id": "prod_slow", "name": "Slow"})

    def hold() -> None:
        with world.lock:
            started.set()
            go_on.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    started.wait(5)
    headers = {"Idempotency-Key": "same"}
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(raw, shop, "POST", "/v1/customers", data={"email": "a@example.org"}, headers=headers)
            for _ in range(2)
        ]
        quick = next(one for one in _first_done(both))
        go_on.set()
        answers = [one.result() for one in both]
    holder.join()
    assert quick.result().json()["error"]["code"] == "idempotency_key_in_use"
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def _first_done(futures: list[Any]) -> Any:
    from concurrent.futures import as_completed

    return as_completed(futures, timeout=5)


def test_many_threads_at_once_lose_and_double_nothing(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda _: shop.join().id, range(24)))
    assert len(set(joined)) == 24
    listed = shop.v1.subscriptions.list({"limit": 100}).data
    assert {one.id for one in listed} == set(joined)
    assert len(shop.charges()) == 24


def test_one_connection_carries_many_calls(shop: Shop) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {shop.sandbox.api_key}"
        answers = [session.get(f"{shop.sandbox.url}/v1/customers", timeout=5, stream=False) for _ in range(3)]
        assert all(answer.ok for answer in answers)
        pool = session.get_adapter("http://").poolmanager  # type: ignore[attr-defined]
        [connections] = [pool.pools[key] for key in pool.pools.keys()]  # noqa: SIM118 - not a dict
        assert connections.num_connections == 1
