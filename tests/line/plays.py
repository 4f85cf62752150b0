"""Little stories for the oracle's own tests: they begin at noon (UTC) of 3 November 2026, a Tuesday."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.line.account import Account
from tests.line.memberships import Row, Terms
from tests.line.oracle import Figures, figures, truth
from tests.line.stage import FAILS_LATER, GOOD, Raw
from tests.line.worlds import MEMBER_PRODUCTS, stock
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
TERMS = Terms(MEMBER_PRODUCTS)
MONTHLY = "price_member_month_eur"
Spans = list[tuple[str, str]]


class Play:
    """One account; the instants of its truth are written like `2026-11-03 12:00`."""

    def __init__(self, now: datetime = NOON, **settings: Any) -> None:
        settings.setdefault("after_retries", "past_due")
        self.sandbox = Sandbox(now=now, serve=False, seed=1, settings=Settings(**settings))
        self.sandbox.start()
        stock(self.sandbox)
        self.history: list[Raw] = []

    def post(self, path: str, **wish: Any) -> Raw:
        return self.sandbox.must("POST", path if path.startswith("/") else f"/v1/{path}", wish)

    def one(self, path: str) -> Raw:
        return self.sandbox.must("GET", f"/v1/{path}")

    def all(self, path: str, **wish: Any) -> list[Raw]:
        """Newest first."""
        return list(self.sandbox.must("GET", f"/v1/{path}", {"limit": 100, **wish})["data"])

    def until(self, day: str) -> None:
        """Let time pass until `11-10` or `11-10 13:00` the next time the calendar shows it."""
        month_and_rest = day if " " in day else f"{day} 12:00"
        now = datetime.fromtimestamp(self.sandbox.clock.now(), UTC)
        at = _instant(f"{now.year}-{month_and_rest}")
        at = at if at >= now else _instant(f"{now.year + 1}-{month_and_rest}")
        while self.sandbox.clock.now() < at.timestamp():
            self.sandbox.clock.set(min(at.timestamp(), self.sandbox.clock.now() + 20 * 86_400))
            self.hear()

    def hear(self) -> None:
        self.history += [json.loads(body) for body in self.sandbox.messages()]

    def checkout(self, price: str, mode: str = "subscription", quantity: int = 1, **wish: Any) -> Raw:
        """A session that is paid at once; answers it. `card`, `iban`: by which."""
        how = {name: wish.pop(name) for name in ("card", "iban") if name in wish}
        items = [{"price": one, "quantity": quantity} for one in price.split()]
        made = self.post("checkout/sessions", mode=mode, line_items=items, success_url="http://x/", **wish)
        self.post(f"/_test/sessions/{made['id']}/pay", **{"card": GOOD, **how})
        return self.one(f"checkout/sessions/{made['id']}")

    def join(self, price: str = MONTHLY, **wish: Any) -> Raw:
        """A subscription bought through Checkout."""
        return self.one(f"subscriptions/{self.checkout(price, **wish)['subscription']}")

    def join_and_fail_later(self, price: str = MONTHLY) -> Raw:
        return self.join(price, card=FAILS_LATER)

    def buy(self, price: str, **wish: Any) -> Raw:
        return self.checkout(price, "payment", **wish)

    def bill(self, subscription: Raw, place: int = 0) -> Raw:
        """Its newest invoice, or one before it."""
        return self.all("invoices", subscription=subscription["id"])[place]

    def charge(self, place: int = 0) -> str:
        """The newest charge that brought money, or one before it."""
        return str([one for one in self.all("charges") if one["status"] == "succeeded"][place]["id"])

    def refund(self, amount: int | None = None, **wish: Any) -> Raw:
        more = {"amount": amount} if amount else {}
        return self.post("refunds", **{"charge": self.charge(), **more, **wish})

    def dispute(self, **wish: Any) -> str:
        return str(self.post("/_test/disputes", **{"charge": self.charge(), **wish})["id"])

    def truth(self, offline: Iterable[Row] = (), **terms: Any) -> dict[str, Spans]:
        self.hear()
        found = truth(Account.of(self.sandbox), self.history, replace(TERMS, **terms), offline)
        return {person: [(_text(start), _text(end)) for start, end in spans] for person, spans in found.items()}

    def spans(self, **terms: Any) -> Spans:
        """The truth of a story about one person; empty when they never were a member."""
        found = list(self.truth(**terms).values())
        assert len(found) < 2, found
        return found[0] if found else []

    def figures(self, at: str, offline: Iterable[Row] = ()) -> Figures:
        self.hear()
        return figures(_instant(at), Account.of(self.sandbox), self.history, TERMS, offline)


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    assert at.tzinfo is UTC
    return f"{at:%Y-%m-%d %H:%M}"
