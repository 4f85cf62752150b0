"""A slow trickle of invented readers who join from the demo's articles, so that the running demo lives.

    python -m tracker.sandbox.readers --site http://127.0.0.1:8000 --campaign year-end --per-hour 40 --seed 1

Most only see the banner on their way, which its script would tell by a beacon. The others click and do what a
browser without script does: open the join page, send its form, follow to Checkout, and then pay, are declined or
leave. Only the product's and the test server's public pages are used, one reader at a time, and only on loopback:
nothing here can ever press a button at a real site.
"""

import argparse
import ipaddress
import logging
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from urllib.parse import urljoin, urlsplit

import requests

from tracker.sandbox.articles import ARTICLES, PLACEMENTS, pull
from tracker.sandbox.clock import wall
from tracker.sandbox.course import draw_plan
from tracker.sandbox.forms import Form, forms
from tracker.sandbox.passing import BANNERS, BEACON, EMBED, passers
from tracker.sandbox.people import Person, email, person

log = logging.getLogger("tracker.sandbox.readers")

_FIRST_AFTER_SECONDS = 20.0
_LONGEST_PAUSE_SECONDS = 600.0
_ANSWER_WITHIN_SECONDS = 10.0
_MOST_PER_HOUR = 3_600_000
_PASSING = 40  # about so many see the banner while one clicks
_LARGEST_PAGE_BYTES = 2_000_000
_LEAVES, _IS_DECLINED, _CARD_FAILS_LATER = 0.15, 0.05, 0.03
_GOOD_CARD, _DECLINED_CARD, _LATER_FAILING_CARD = "4242424242424242", "4000000000000002", "4000000000000341"


class ReaderLost(RuntimeError):  # noqa: N818 - what happened to the reader, not a fault of the program
    """A page did not answer as a reader needs; the text says which and how."""


def require_loopback(url: str) -> str:
    """The URL, if it is http on this machine; ReaderLost otherwise."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_loopback = host == "localhost"
    if not is_loopback:
        try:
            is_loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            is_loopback = False
    if parts.scheme != "http" or not is_loopback:
        raise ReaderLost(f"{url!r} is not http on this machine: demo readers visit only http://127.0.0.1 sites")
    return url


@dataclass(frozen=True, slots=True)
class Visit:
    """What one reader is going to do."""

    who: Person
    email: str
    plan: str
    article: str  # URL at the site, "" where none
    placement: str
    course: str  # pays | pays, card fails later | declined | leaves


def plan_visit(rng: random.Random, site: str, *, at: int) -> Visit:
    """Draw the reader who comes at the unix second `at`."""
    shares = [share for _, share, _, _ in PLACEMENTS]
    placement, _, _, needs_article = rng.choices(PLACEMENTS, weights=shares)[0]
    article = ""
    if needs_article:
        chosen = rng.choices(ARTICLES, weights=[pull(one, one.days_before) for one in ARTICLES])[0]
        article = urljoin(site, chosen.path(datetime.fromtimestamp(at, UTC).date()))
    draw = rng.random()
    course = "pays"
    if draw < _LEAVES:
        course = "leaves"
    elif draw < _LEAVES + _IS_DECLINED:
        course = "declined"
    elif draw < _LEAVES + _IS_DECLINED + _CARD_FAILS_LATER:
        course = "pays, card fails later"
    return Visit(person(rng), email(rng, at), draw_plan(rng), article, placement, course)


class Browser:
    """A browser without script: cookies, redirects checked one by one, bounded pages."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy from the environment must not see loopback
        self._session.headers["User-Agent"] = "demo-reader (tracker.sandbox.readers)"

    def open(self, url: str, data: dict[str, str] | None = None) -> tuple[str, str]:
        """GET, or POST with `data`; follows up to six redirects. Answers (final URL, page)."""
        for _ in range(7):
            require_loopback(url)
            with self._session.request(
                "GET" if data is None else "POST",
                url,
                data=data,
                timeout=_ANSWER_WITHIN_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = answer.raw.read(_LARGEST_PAGE_BYTES, decode_content=True).decode("utf-8", "replace")
                if answer.is_redirect:
                    url, data = urljoin(url, answer.headers["Location"]), None
                    continue
                # A declined card is the page again, with the reason; 402 is the test server's way to say so.
                if answer.status_code not in {200, 402}:
                    raise ReaderLost(f"{urlsplit(url).path} answered {answer.status_code}")
                return url, body
        raise ReaderLost(f"{urlsplit(url).path} keeps redirecting")

    def tell(self, url: str, told: dict[str, str]) -> None:
        """Send a beacon; what becomes of it no reader ever learns."""
        require_loopback(url)
        with suppress(requests.RequestException):
            self._session.post(url, data=told, timeout=_ANSWER_WITHIN_SECONDS, allow_redirects=False).close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()


def _form(page: str, url: str, leading_to: str) -> Form:
    for form in forms(page):
        if form.method == "post" and leading_to in urljoin(url, form.action):
            return form
    raise ReaderLost(f"{urlsplit(url).path} has no form that posts to {leading_to}...")


def walk(browser: Browser, site: str, campaign: str, visit: Visit) -> str:
    """Walk one reader's way from the banner to Checkout; answers in a few words what came of it."""
    own = {"article": visit.article, "placement": visit.placement, "embed": EMBED}
    if visit.placement in BANNERS:
        for kind in ("view", "click"):
            browser.tell(urljoin(site, BEACON), {"campaign": campaign, **own, "kind": kind})
    query = requests.models.PreparedRequest()
    query.prepare_url(urljoin(site, f"/join/{campaign}"), own)
    url, page = browser.open(query.url or "")
    join = _form(page, url, "/join/")
    sent = {**join.fields, **own, "plan": visit.plan, "email": visit.email}
    checkout_url, page = browser.open(urljoin(url, join.action), sent)
    if "/c/pay/" not in checkout_url:
        raise ReaderLost(f"joining led to {urlsplit(checkout_url).path}, not to Checkout")
    if visit.course == "leaves":
        return "left Checkout"
    pay = _form(page, checkout_url, "/c/pay/")
    url, page = browser.open(urljoin(checkout_url, pay.action), filled(pay, visit))
    if "/c/pay/" in url:
        return "was declined" if visit.course == "declined" else "could not pay: Checkout showed its page again"
    return "joined"


def filled(pay: Form, visit: Visit) -> dict[str, str]:
    """The Checkout form as this reader fills it in; fields it does not know keep their value."""
    card = {"declined": _DECLINED_CARD, "pays, card fails later": _LATER_FAILING_CARD}.get(
        visit.course, _GOOD_CARD
    )
    typed = {"email": visit.email, "name": visit.who.name, "country": visit.who.country, "card": card}
    typed |= {"card_number": card, "number": card, "exp": "12/39", "expiry": "12/39", "cvc": "123"}
    typed |= {"exp_month": "12", "exp_year": "2039"}
    known = {name: value for name, value in typed.items() if name in pay.fields}
    return {**pay.fields, **known}


class Trickle:
    """Readers one after another, with growing pauses while the site is in trouble."""

    def __init__(self, site: str, campaign: str, per_hour: float, seed: int, passing: int = _PASSING) -> None:
        if not 0 < per_hour <= _MOST_PER_HOUR:
            raise ReaderLost(f"{per_hour:g} readers an hour: give a number above 0 and up to {_MOST_PER_HOUR}")
        self._site, self._campaign = require_loopback(site), campaign
        self._mean_pause = 3_600 / per_hour
        self._rng = random.Random(seed)
        self._passing = max(1, passing)

    def run(self, count: int | None = None, first_after: float = _FIRST_AFTER_SECONDS) -> int:
        """Send `count` readers (None: without end). Answers how many walked their way without trouble."""
        walked = troubles = number = 0
        pause = first_after
        while count is None or number < count:
            self._meanwhile(pause)
            number += 1
            if self._one(number):
                walked, troubles = walked + 1, 0
            else:
                troubles += 1
            pause = min(self._rng.expovariate(1 / self._mean_pause), 4 * self._mean_pause)
            pause = min(pause * 2 ** min(troubles, 10), max(_LONGEST_PAUSE_SECONDS, 4 * self._mean_pause))
        return walked

    def _meanwhile(self, pause: float) -> None:
        """Let the seconds until the next reader go by, and others pass: they see the banner, and nothing more."""
        told = passers(self._rng, self._site, self._campaign, at=int(wall()), about=self._passing)
        browser = Browser()
        try:
            for beacons in told:
                time.sleep(pause / len(told))
                for beacon in beacons:
                    browser.tell(urljoin(self._site, BEACON), beacon)
        finally:
            browser.close()

    def _one(self, number: int) -> bool:
        # The second of the visit makes the address one that no earlier run of the demo has used.
        visit = plan_visit(self._rng, self._site, at=int(wall()))
        browser = Browser()
        try:
            outcome = walk(browser, self._site, self._campaign, visit)
        except (ReaderLost, requests.RequestException, OSError, ValueError) as problem:
            log.warning("reader %d: %s", number, " ".join(str(problem).split())[:200])
            return False
        finally:
            browser.close()
        log.info("reader %d %s (%s, %s)", number, outcome, visit.plan, visit.placement)
        return True


def _leave(signal_number: int, frame: FrameType | None) -> None:
    """End at once, also in the middle of a page: a reader may close the window at any time."""
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 well, 1 when a bounded run met trouble, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m tracker.sandbox.readers", description="The demo's readers.")
    parser.add_argument("--site", required=True, help="the product's address, on this machine only")
    parser.add_argument("--campaign", required=True, help="the campaign's slug")
    parser.add_argument("--per-hour", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=None, help="stop after so many readers")
    parser.add_argument("--first-after", type=float, default=_FIRST_AFTER_SECONDS, help="seconds before the first")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        trickle = Trickle(given.site, given.campaign, given.per_hour, given.seed)
    except ReaderLost as problem:
        parser.error(str(problem))
    walked = trickle.run(given.count, given.first_after)
    return 0 if walked == (given.count or 0) else 1


if __name__ == "__main__":
    raise SystemExit(main())
