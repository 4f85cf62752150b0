"""The demo's readers use the site like a browser without script, only here, and never stumble for good."""

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from stripe import StripeClient

from tracker.intake import beacons
from tracker.sandbox.articles import PLACEMENTS
from tracker.sandbox.forms import forms
from tracker.sandbox.passing import BANNERS
from tracker.sandbox.readers import Browser, ReaderLost, Trickle, main, plan_visit, require_loopback, walk
from tracker.sandbox.server import Sandbox

JOIN = """<form action="/search"><input name="q"></form>
<form method="post" action=""><input type="hidden" name="csrf_token" value="t&amp;1">
<input type="radio" name="plan" value="price_monthly"><input type="radio" name="plan" value="price_yearly" checked>
<input name="email"><input type="hidden" name="article" value=""><button>Join</button></form>"""
CHECKOUT = """<p>test server</p><form method="post"><input type="hidden" name="step" value="2"><input name="email">
<input name="name"><input name="card_number"><select name="country"><option value="UA">Ukraine</option>
<option value="DE" selected>Germany</option></select><button name="do" value="pay">Pay</button>
<button name="do" value="leave">Leave</button></form>"""


@dataclass
class Site:
    """A publisher's join page and a Checkout page in one small real HTTP server."""

    url: str = ""
    broken: bool = False
    checkout: str = "/c/pay/cs_test_1"
    joined: list[dict[str, str]] = field(default_factory=list)
    paid: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    beacons: list[dict[str, str]] = field(default_factory=list)


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

        def answer(self, status: int, page: str = "", location: str = "") -> None:
            body = page.encode()
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if site.broken:
                self.answer(503, "not now")
            elif path == "/join/year-end":
                site.asked.append(parse_qs(urlsplit(self.path).query))
                self.answer(200, JOIN)
            else:
                self.answer(200, CHECKOUT if path.startswith("/c/pay/") else "Thank you")

        def do_POST(self) -> None:
            sent = dict(
                parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
            )
            if self.path == "/e/beacon":
                site.beacons.append(sent)
                self.answer(503 if site.broken else 204)
            elif self.path.startswith("/join/"):
                site.joined.append(sent)
                self.answer(303, location=site.checkout)
            elif sent["card_number"].endswith("0002"):
                self.answer(402, CHECKOUT)
            else:
                site.paid.append(sent)
                self.answer(303, location="/join/year-end/thanks")

    return Pages


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def test_a_reader_joins_and_pays_as_a_browser_without_script_would(site: Site) -> None:
    visit = next(
        v
        for v in (plan_visit(random.Random(s), site.url, at=1_795_000_000) for s in range(99))
        if v.course == "pays"
    )
    assert walk(Browser(), site.url, "year-end", visit) == "joined"
    assert site.joined == [
        {
            "csrf_token": "t&1",
            "plan": visit.plan,
            "email": visit.email,
            "article": visit.article,
            "placement": visit.placement,
            "embed": "v1",
        }
    ]
    [paid] = site.paid
    assert (paid["step"], paid["do"], paid["card_number"]) == ("2", "pay", "4242424242424242")
    assert (paid["email"], paid["name"], paid["country"]) == (visit.email, visit.who.name, visit.who.country)


def test_the_test_servers_own_checkout_page_is_understood(site: Site) -> None:
    visits = [plan_visit(random.Random(seed), site.url, at=1_795_000_000 + seed) for seed in range(99)]
    courses = {visit.course: visit for visit in visits}
    with Sandbox() as sandbox:
        stripe = StripeClient(sandbox.api_key, base_addresses={"api": sandbox.url})
        recurring = {"currency": "eur", "unit_amount": 500, "recurring": {"interval": "month"}}
        item = {"price_data": {**recurring, "product_data": {"name": "Membership"}}, "quantity": 1}
        for course, outcome in (("pays", "joined"), ("declined", "was declined"), ("leaves", "left Checkout")):
            order = {"mode": "subscription", "success_url": f"{site.url}/thanks", "line_items": [item]}
            site.checkout = str(stripe.v1.checkout.sessions.create(order).url)  # type: ignore[arg-type]
            assert walk(Browser(), site.url, "year-end", courses[course]) == outcome
        customers = stripe.v1.customers.list().data
        assert len(stripe.v1.subscriptions.list().data) == 1
        assert [customer.email for customer in customers] == [courses["pays"].email]


def test_of_many_readers_some_leave_and_some_are_declined(site: Site) -> None:
    assert Trickle(site.url, "year-end", 3_600_000, seed=3, passing=1).run(80, first_after=0) == 80
    assert len(site.joined) == 80
    assert 50 <= len(site.paid) <= 74
    assert {sent["placement"] for sent in site.joined} <= {name for name, _, _, _ in PLACEMENTS}
    assert all(not sent["article"] or sent["article"].startswith(f"{site.url}/demo/") for sent in site.joined)


def test_most_readers_pass_by_and_who_joins_from_a_banner_saw_and_clicked_it(site: Site) -> None:
    Trickle(site.url, "year-end", 3_600_000, seed=3, passing=12).run(40, first_after=0)
    kinds = Counter(sent["kind"] for sent in site.beacons)
    from_banners = [sent for sent in site.joined if sent["placement"] in BANNERS]
    assert kinds["click"] == len(from_banners) > 10
    assert 6 * 40 <= kinds["view"] - kinds["click"] <= 18 * 40
    assert 0 < kinds["close"] < 0.05 * kinds["view"]
    clicked = [(sent["article"], sent["placement"]) for sent in site.beacons if sent["kind"] == "click"]
    assert clicked == [(sent["article"], sent["placement"]) for sent in from_banners]


def test_the_product_understands_what_the_readers_tell(site: Site) -> None:
    Trickle(site.url, "year-end", 3_600_000, seed=4).run(2, first_after=0)
    assert site.beacons
    for sent in site.beacons:
        told = beacons.read(urlencode(sent).encode())
        assert told == beacons.Beacon(**sent)


def test_a_site_in_trouble_is_one_line_each_and_the_readers_carry_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.broken = True
    trickle = Trickle(site.url, "year-end", 3_600_000, seed=3)
    assert trickle.run(3, first_after=0) == 0
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"reader {n}: /join/year-end answered 503" for n in (1, 2, 3)]
    site.broken = False
    assert trickle.run(2, first_after=0) == 2


def test_a_site_that_is_not_there_is_no_crash(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as gone:
        url = gone.url
    assert Trickle(url, "year-end", 3_600_000, seed=3).run(1, first_after=0) == 0
    assert len(caplog.records) == 1 and "\n" not in caplog.records[0].getMessage()


@pytest.mark.parametrize(
    "url",
    [
        "https://checkout.example/c/pay/1",
        "http://example.com",
        "http://10.0.0.7:8000",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "file:///etc/hosts",
        "http://",
        "http://[::2]/",
    ],
)
def test_only_this_machine_is_visited(url: str) -> None:
    with pytest.raises(ReaderLost, match="only http"):
        require_loopback(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/x", "http://[::1]:8000"])
def test_this_machine_has_several_names(url: str) -> None:
    assert require_loopback(url) == url


@pytest.mark.parametrize(
    "wrong", [["--site", "http://example.com"], ["--site", "http://127.0.0.1:1", "--per-hour", "0"]]
)
def test_wrong_use_ends_with_two_and_says_what_to_give(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*wrong, "--campaign", "year-end"])
    assert ended.value.code == 2
    assert "demo readers visit only" in (said := capsys.readouterr().err) or "give a number" in said


def test_a_button_that_is_not_pressed_is_not_sent_nor_a_box_that_is_not_ticked() -> None:
    boxes = "<input type=checkbox name=a><input type=checkbox name=b checked>"
    buttons = "<button name=c value=1></button><input type=submit name=d>"
    [form] = forms(f"<form method=post>{boxes}{buttons}</form>")
    assert form.fields == {"b": "on", "c": "1"}


def test_the_command_ends_at_once_when_told_to() -> None:
    command = [sys.executable, "-m", "tracker.sandbox.readers", "--site", "http://127.0.0.1:1", "--campaign", "c"]
    with subprocess.Popen([*command, "--first-after", "0"], stderr=subprocess.PIPE, text=True) as readers:
        assert readers.stderr is not None
        assert "reader 1:" in readers.stderr.readline()
        readers.send_signal(signal.SIGTERM)
        assert readers.wait(timeout=2) == 0
