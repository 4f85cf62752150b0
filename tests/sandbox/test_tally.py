"""How many requests came, and how close together: every one counts, also a refused one."""

from __future__ import annotations

import requests

from tracker.sandbox.tally import Tally

from .conftest import Shop


def test_most_in_a_second_is_of_any_second_not_of_the_clock_s() -> None:
    now = [10.0]
    tally = Tally(lambda: now[0])
    for instant in (10.9, 10.95, 11.1, 11.89, 11.9, 20.0):
        now[0] = instant
        tally.count("GET /v1/customers")
    assert tally.state() == {"requests": 6, "most_in_a_second": 4, "by_path": {"GET /v1/customers": 6}}
    assert tally.begin()["requests"] == 6
    assert tally.state() == {"requests": 0, "most_in_a_second": 0, "by_path": {}}


def test_requests_are_told_by_path_also_those_that_failed(shop: Shop) -> None:
    url, key = shop.sandbox.url, {"Authorization": f"Bearer {shop.sandbox.api_key}"}
    requests.post(f"{url}/_test/requests", timeout=5)
    shop.sandbox.world.faults.set({"api": {"status": 429, "path_prefix": "/v1/invoices"}})
    for path in ("customers?limit=3", "customers/cus_1", "customers/cus_2", "invoices", "nothing"):
        requests.get(f"{url}/v1/{path}", headers=key, timeout=5)
    requests.get(f"{url}/v1/customers", timeout=5)  # without a key
    told = requests.get(f"{url}/_test/requests", timeout=5).json()
    assert told["by_path"] == {
        "GET /v1/customers": 2,
        "GET /v1/customers/<identifier>": 2,
        "GET /v1/invoices": 1,
        "GET /v1/nothing": 1,
    }
    assert told["requests"] == 6
    assert 1 <= told["most_in_a_second"] <= 6
