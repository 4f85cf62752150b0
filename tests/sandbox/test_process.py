"""The test server as a process of its own: its demo, its state, its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

NOW = "2026-11-03T12:00:00+00:00"


@contextmanager
def running(state: Path, *more: str, now: str = NOW) -> Iterator[tuple[str, list[str]]]:
    """The process, its URL and what it printed; ends it as a shell would, and within two seconds."""
    command = [sys.executable, "-m", "tracker.sandbox", "--state", str(state), "--now", now, *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("test server ready on "):
                break
        yield lines[-1].rpartition(" ")[2], lines
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == 0


def client(url: str) -> Any:
    return stripe.StripeClient("sk_test_tracker_sandbox", base_addresses={"api": url}).v1


def sums(url: str) -> dict[str, Any]:
    v1 = client(url)
    subscriptions = list(v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter())
    invoices = list(v1.invoices.list({"limit": 100, "expand": ["data.payments"]}).auto_paging_iter())
    entries = list(v1.balance_transactions.list({"limit": 100}).auto_paging_iter())
    return {"subscriptions": subscriptions, "invoices": invoices, "entries": entries}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("demo")
    with running(state, "--demo", "--year", "2026", "--members", "120") as (_, lines):
        assert any("inventing 120 members of 2026" in line for line in lines)
    return state


def test_the_demo_is_found_again_and_goes_on_where_it_was(told: Path) -> None:
    with running(told, "--demo", "--members", "120") as (url, lines):
        assert any("is here already" in line for line in lines)
        before = sums(url)
        assert len(before["subscriptions"]) > 120
        moved = requests.post(f"{url}/_test/clock", json={"advance_seconds": 5 * 86_400}, timeout=30)
        assert moved.ok
        after = sums(url)
    assert len(after["invoices"]) > len(before["invoices"])
    renewed = {one.id for one in after["invoices"]} - {one.id for one in before["invoices"]}
    assert all(one.billing_reason == "subscription_cycle" for one in after["invoices"] if one.id in renewed)


def test_the_demos_books_tie_out(told: Path) -> None:
    with running(told) as (url, _):
        found = sums(url)
        payouts = list(client(url).payouts.list({"limit": 100}).auto_paging_iter())
        held = client(url).balance.retrieve()
        assert all(payout.amount > 0 for payout in payouts)
        for payout in payouts[:20]:
            entries = client(url).balance_transactions.list({"payout": payout.id, "limit": 100}).data
            assert sum(entry.net for entry in entries if entry.type != "payout") == payout.amount
    assert len(payouts) > 50
    assert all(entry.net == entry.amount - entry.fee for entry in found["entries"])
    left = sum(part.amount for part in [*held.available, *held.pending])
    assert left == sum(entry.net for entry in found["entries"])
    for invoice in found["invoices"]:
        paid = [payment for payment in invoice.payments.data if payment.status == "paid"]
        assert len(paid) == (invoice.status == "paid" and invoice.total > 0)  # a trial costs nothing


def test_the_demos_pledges_are_handed_out_by_page(told: Path) -> None:
    with running(told) as (url, _):
        first = requests.get(f"{url}/_test/pledges?limit=100", timeout=5).json()
        after = first["pledges"][-1]["id"]
        rest = requests.get(f"{url}/_test/pledges?after={after}&limit=5000", timeout=5).json()
        pledges = first["pledges"] + rest["pledges"]
        assert (len(first["pledges"]), first["has_more"], rest["has_more"]) == (100, True, False)
        assert len({pledge["id"] for pledge in pledges}) == len(pledges) == first["total"]
        pledge = pledges[0]
        session = client(url).checkout.sessions.retrieve(pledge["session_id"])
    assert session.client_reference_id == pledge["id"]
    assert session.metadata["campaign"] == "year-end"
    assert session.status == "complete" and session.customer_details.email == pledge["email"]
    assert pledge.keys() >= {"created", "plan", "amount", "currency", "interval", "article", "placement"}


def test_overdue_renewals_happen_after_a_start_that_does_not_wait_for_them(told: Path) -> None:
    with running(told, now="2026-11-20T12:00:00+00:00") as (url, _):
        v1 = client(url)
        for _ in range(200):
            due = v1.invoices.list({"status": "draft", "limit": 1}).data
            latest = v1.invoices.list({"limit": 1}).data[0]
            if not due and latest.created > 1_795_000_000:
                break
        assert latest.created <= 1_795_176_000
        assert v1.events.list({"type": "invoice.paid", "limit": 1}).data


def test_a_member_made_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        made = client(url).customers.create({"email": "ada@example.org"}).id
    with running(tmp_path) as (url, _):
        assert client(url).customers.retrieve(made).email == "ada@example.org"


def test_a_story_cut_short_is_told_again_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracker.sandbox", "--state", str(tmp_path), "--now", NOW, "--demo"]
    process = subprocess.Popen([*command, "--members", "2000"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "inventing" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=2) == 0
    assert "ready" not in process.stdout.read()
    with running(tmp_path, "--demo", "--members", "20") as (url, lines):
        assert any("inventing 20 members" in line for line in lines)
        assert client(url).products.retrieve("prod_member").name == "Membership"


def test_wrong_use_says_what_to_do(tmp_path: Path) -> None:
    def refusal(*more: str) -> str:
        command = [sys.executable, "-m", "tracker.sandbox", "--state", str(tmp_path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=os.environ)
        assert done.returncode != 0
        return done.stderr

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "choose another port" in refusal("--port", str(taken.getsockname()[1]))
    assert "only sk_test_" in refusal("--api-key", "sk_live_abc")
    assert "no time zone" in refusal("--now", "2026-11-03T12:00:00")


def test_what_was_seen_before_the_start_is_handed_out_and_a_wrong_zone_is_refused_in_words(told: Path) -> None:
    with running(told) as (url, _):
        asked = {"days": 5, "timezone": "Europe/Kyiv"}
        found = requests.get(f"{url}/_test/attention", params=asked, timeout=5).json()
        assert found["embed"] == "v0"
        assert len({row["day"] for row in found["attention"]}) == 5
        assert {row["kind"] for row in found["attention"]} <= {"view", "click", "close"}
        wrong = requests.get(f"{url}/_test/attention", params={"timezone": "Nowhere"}, timeout=5)
        assert wrong.status_code == 400
        assert "Nowhere" in wrong.text
