"""POST /stripe/webhook over real HTTP: stored before the 2xx, and nothing but 200, 400, 413 and 503 ever."""

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import reader_site
import requests
from reader_site import SECRET, Site

from tracker import clock, config, web
from tracker.app import create_app
from tracker.local.life import wait_until
from tracker.sandbox import account
from tracker.sandbox.webhooks import deliveries, sign


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with reader_site.running(tmp_path_factory.mktemp("webhook")) as found:
        yield found


def event(event_id: str) -> dict[str, Any]:
    return {
        "id": event_id,
        "object": "event",
        "type": "customer.subscription.updated",
        "created": int(clock.now().timestamp()),
        "livemode": False,
        "data": {"object": {"id": "sub_told", "object": "subscription", "status": "active"}},
    }


def headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    seconds = str(int(clock.now().timestamp()))
    mark = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={seconds},v1={mark}", "Content-Type": "application/json"}


def send(site: Site, body: bytes, **more: Any) -> requests.Response:
    return requests.post(f"{site.url}/stripe/webhook", body, headers=headers(body), timeout=10, **more)


def stored(site: Site, event_id: str) -> int:
    return int(site.rows(f"SELECT count(*) FROM message WHERE id = '{event_id}'")[0][0])


def test_a_message_a_repeat_and_an_unused_type_are_all_answered_200(site: Site) -> None:
    body = json.dumps(event("evt_http")).encode()
    unused = json.dumps(event("evt_unused") | {"type": "balance.available", "data": {"object": {}}}).encode()
    assert [send(site, one).status_code for one in (body, body, unused)] == [200, 200, 200]
    assert stored(site, "evt_http") == stored(site, "evt_unused") == 1


def test_a_message_of_the_other_mode_counts_as_stored(site: Site) -> None:
    answer = send(site, json.dumps(event("evt_live") | {"livemode": True}).encode())
    assert answer.status_code == 200 and "live mode" in answer.json()["quarantine"]


def test_a_bad_signature_and_a_body_that_is_no_event_are_400_in_words(site: Site) -> None:
    body = json.dumps(event("evt_forged")).encode()
    forged = requests.post(f"{site.url}/stripe/webhook", body, headers=headers(body, "whsec_theirs"), timeout=10)
    assert forged.status_code == 400 and "STRIPE_WEBHOOK_SECRETS" in forged.json()["detail"]
    assert send(site, b"[]").status_code == 400
    assert stored(site, "evt_forged") == 0


def refused(site: Site) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in site.rows("SELECT reason, sum(count) FROM rejection GROUP BY reason")}


def test_refusals_are_counted_by_reason_and_none_of_what_was_sent_is_kept(site: Site) -> None:
    before, body = refused(site), json.dumps(event("evt_never")).encode()
    old = int(clock.now().timestamp()) - 3600
    mark = hmac.new(SECRET.encode(), f"{old}.".encode() + body, hashlib.sha256).hexdigest()
    sent: list[tuple[str, bytes, dict[str, str]]] = [
        ("wrong_secret", body, headers(body, "whsec_theirs")),
        ("too_old", body, {"Stripe-Signature": f"t={old},v1={mark}"}),
        ("no_signature", body, {}),
        ("odd_signature", body, {"Stripe-Signature": "t=,v1="}),
        ("not_json", b"{", headers(b"{")),
        ("no_event", b"{}", headers(b"{}")),
        ("too_large", b" " * (1024 * 1024 + 1), {}),
    ]
    for _, what, how in sent:
        answer = requests.post(f"{site.url}/stripe/webhook", what, headers=how, timeout=10)
        assert answer.status_code in (400, 413)
    told = {reason for reason, _, _ in sent}
    assert wait_until(lambda: all(refused(site).get(name, 0) > before.get(name, 0) for name in told), 5)
    assert stored(site, "evt_never") == 0


def test_the_body_is_read_untouched_whatever_it_says_it_is(site: Site) -> None:
    body = json.dumps(event("evt_form"), indent=2).encode() + b"\r\n "
    sent = headers(body) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert requests.post(f"{site.url}/stripe/webhook", body, headers=sent, timeout=10).status_code == 200
    assert stored(site, "evt_form") == 1


def test_more_than_a_mebibyte_is_413_before_it_is_read(site: Site) -> None:
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"POST /stripe/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n")
        assert wire.recv(64).startswith(b"HTTP/1.1 413")


def test_a_message_that_ends_before_it_is_whole_is_400_and_leaves_no_row(site: Site) -> None:
    body = json.dumps(event("evt_cut")).encode()
    signature = headers(body)["Stripe-Signature"]
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        head = f"POST /stripe/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1}\r\n"
        wire.sendall(f"{head}Stripe-Signature: {signature}\r\n\r\n".encode() + body)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(64).startswith(b"HTTP/1.1 400")
    assert stored(site, "evt_cut") == 0


def test_a_mebibyte_that_is_signed_is_read(site: Site) -> None:
    body = json.dumps(event("evt_large")).encode()
    assert send(site, body + b" " * (1024 * 1024 - len(body))).status_code == 200


def test_while_a_secret_is_rotated_both_are_taken_and_each_message_is_stored_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe signs under both for a day; then our setting names both, then the new one alone."""
    settings = site.app.config["TRACKER"]

    def ours(*secrets: str) -> None:
        changed = settings.model_copy(update={"stripe_webhook_secrets": secrets})
        monkeypatch.setitem(site.app.config, "TRACKER", changed)

    def theirs(event_id: str, *secrets: str) -> int:
        body = json.dumps(event(event_id)).encode()
        header = sign(body, list(secrets), int(clock.now().timestamp()))
        assert header.count("v1=") == len(secrets)
        sent = {"Stripe-Signature": header}
        return requests.post(f"{site.url}/stripe/webhook", body, headers=sent, timeout=10).status_code

    ours("whsec_old")
    assert theirs("evt_rolled_1", "whsec_new", "whsec_old") == 200
    assert theirs("evt_rolled_2", "whsec_new") == 400
    ours("whsec_old", "whsec_new")
    for secrets in (("whsec_old",), ("whsec_new",), ("whsec_new", "whsec_old")):
        assert theirs("evt_rolled_3", *secrets) == 200
    ours("whsec_new")
    assert theirs("evt_rolled_4", "whsec_new", "whsec_old") == 200
    assert theirs("evt_rolled_5", "whsec_old") == 400
    assert [stored(site, f"evt_rolled_{number}") for number in range(1, 6)] == [1, 0, 1, 1, 0]


def test_two_endpoints_with_secrets_of_their_own_tell_each_event_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = site.app.config["TRACKER"]
    changed = settings.model_copy(update={"stripe_webhook_secrets": ("whsec_first", "whsec_second")})
    monkeypatch.setitem(site.app.config, "TRACKER", changed)
    site.sandbox.deliver_to(f"{site.url}/stripe/webhook", "whsec_first")
    with site.sandbox.world.working():
        account.endpoint(site.sandbox.world, f"{site.url}/stripe/webhook", ["whsec_second"], ["*"])
    ask = {"Authorization": f"Bearer {site.sandbox.api_key}"}
    made = requests.post(f"{site.sandbox.url}/v1/customers", {"email": "a@b.example"}, headers=ask, timeout=5)
    site.sandbox.settle()
    states = [one["state"] for one in deliveries(site.sandbox.world) if one["type"] == "customer.created"]
    assert states == ["delivered", "delivered"]
    assert site.rows(f"SELECT count(*) FROM message WHERE object_id = '{made.json()['id']}'") == [(1,)]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    assert requests.request(method, f"{site.url}/stripe/webhook", timeout=10).status_code == 405


def test_a_nudge_that_fails_never_fails_the_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ConnectionError("no broker")

    monkeypatch.setitem(site.app.extensions, "nudge", broken)
    assert send(site, json.dumps(event("evt_unnudged")).encode()).status_code == 200
    assert stored(site, "evt_unnudged") == 1


def test_the_worker_is_nudged_after_the_commit_and_only_for_news(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setitem(site.app.extensions, "nudge", lambda: seen.append(stored(site, "evt_nudged")))
    body = json.dumps(event("evt_nudged")).encode()
    for _ in range(2):
        send(site, body)
    send(site, json.dumps(event("evt_nudged_live") | {"livemode": True}).encode())
    assert seen == [1]


def test_after_the_database_was_started_again_the_next_message_is_stored_at_once(site: Site) -> None:
    assert send(site, json.dumps(event("evt_before")).encode()).status_code == 200
    site.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert send(site, json.dumps(event("evt_after")).encode()).status_code == 200
    assert stored(site, "evt_after") == 1


def test_messages_that_come_at_once_are_all_stored_whatever_each_of_them_tells(site: Site) -> None:
    """Some only mark, some bring a change, some are repeats or of another account: they share transactions."""

    def told(number: int) -> bytes:
        one = event(f"evt_crowd_{number // 2}") | {"account": "acct_theirs" if number % 10 > 7 else None}
        if number % 10 in (4, 5):
            one["data"]["object"]["status"] = "paused"
            one["data"]["previous_attributes"] = {"status": "active"}
        return json.dumps(one).encode()

    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(lambda number: send(site, told(number)), range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["is_new"] for answer in answers) == 100
    kept = "SELECT count(*), count(quarantine) FROM message WHERE id LIKE 'evt_crowd_%'"
    assert site.rows(kept) == [(100, 20)]
    paused = "SELECT count(*) FROM transition WHERE object_id = 'sub_told' AND became = 'paused'"
    assert 1 <= site.rows(paused)[0][0] <= 20


def test_while_the_database_is_away_stripe_is_asked_to_send_again_and_strangers_are_refused_at_once() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"postgresql://nobody@127.0.0.1:{nobody.getsockname()[1]}/none"
        app = create_app(
            config.load(
                database_url=away,
                secret_key="x" * 32,
                stripe_secret_key="sk_test_away",
                stripe_webhook_secrets=SECRET,
            )
        )
        web.init_app(app)
        body = json.dumps(event("evt_away")).encode()
        answer = app.test_client().post("/stripe/webhook", data=body, headers=headers(body))
        forged = app.test_client().post("/stripe/webhook", data=body, headers=headers(body, "whsec_theirs"))
    assert (answer.status_code, forged.status_code) == (503, 400)
    assert "send it again" in answer.get_data(as_text=True)
