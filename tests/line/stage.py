"""Where a random world is played: the test server, the dice, and the few ways in which acts use both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tracker.sandbox.server import Sandbox

Raw = dict[str, Any]
GOOD, FAILS_LATER, DECLINED, DISPUTES = (
    "4242424242424242",
    "4000000000000341",
    "4000000000000002",
    "4000000000000259",
)
REFUNDS_WAIT, REFUNDS_FAIL = "4000000000007726", "4000000000005126"
SETTLES, BOUNCES, BOUNCES_LATE, DEBIT_DISPUTED = (
    "DE89370400440532013000",
    "DE62370400440532013001",
    "DE40370400440532013009",
    "DE35370400440532013002",
)
CLOSED = ("canceled", "incomplete_expired")


class Stage:
    """One account of a publisher with at most `most_people` readers (guests apart)."""

    def __init__(self, sandbox: Sandbox, dice: Random, most_people: int) -> None:
        self.sandbox, self.dice, self.most_people = sandbox, dice, most_people
        self.done: Counter[str] = Counter()
        self.people: list[str] = []

    def now(self) -> int:
        return int(self.sandbox.clock.now())

    def all(self, path: str, **wish: Any) -> list[Raw]:
        """The newest hundred of a list."""
        return list(self.sandbox.must("GET", f"/v1/{path}", {"limit": 100, **wish})["data"])

    def one(self, path: str) -> Raw:
        return self.sandbox.must("GET", f"/v1/{path}")

    def post(self, path: str, **wish: Any) -> Raw:
        """A call that has to work."""
        return self.sandbox.must("POST", _full(path), wish)

    def try_(self, path: str, method: str = "POST", **wish: Any) -> Raw | None:
        """A call that Stripe may refuse: the answer, or None when it does. A declined card is an answer."""
        status, answer = self.sandbox.ask(method, _full(path), wish)
        if status >= 500:
            raise AssertionError(f"{method} {path} {wish}: {status} {answer}")
        return answer if status in (200, 402) else None

    def steer(self, path: str, **wish: Any) -> Raw | None:
        return self.try_(f"/_test/{path}", **wish)

    def any(self, found: Sequence[Any]) -> Any:
        """One of them, or None when there is none."""
        return self.dice.choice(found) if found else None

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def reader(self, *, known: bool = False) -> str | None:
        """A customer's id; None: somebody new comes (only with `known` false)."""
        is_full = len(self.people) >= self.most_people
        if self.people and (known or is_full or self.chance(0.3)):
            return self.dice.choice(self.people)
        return None

    def need_reader(self) -> str:
        """A customer made without Checkout when nobody is there yet."""
        if found := self.reader():
            return found
        number = len(self.people) + 1
        made = self.post("customers", email=f"reader{number}@example.org", payment_method="pm_card_visa")
        self.meet(made["id"])
        return str(made["id"])

    def meet(self, customer: str | None) -> None:
        if customer and customer not in self.people:
            self.people.append(customer)

    def lose(self, customer: str) -> None:
        self.people.remove(customer)

    def subscriptions(self, *statuses: str) -> list[Raw]:
        """Those that run, or those in the given statuses."""
        found = self.all("subscriptions", status="all")
        return [one for one in found if (one["status"] in statuses if statuses else one["status"] not in CLOSED)]

    def invoices(self, *statuses: str) -> list[Raw]:
        return [one for one in self.all("invoices") if one["status"] in statuses]

    def quiet_invoices(self, *statuses: str) -> list[Raw]:
        """As `invoices`, without those for which a bank debit is on its way: Stripe lets nobody touch these."""
        busy = {one["id"] for one in self.all("payment_intents") if one["status"] == "processing"}
        held = {one["invoice"] for one in self.all("invoice_payments") if one["payment"]["payment_intent"] in busy}
        return [one for one in self.invoices(*statuses) if one["id"] not in held]

    def charges(self) -> list[Raw]:
        """Those that brought money of which something is left."""
        found = self.all("charges")
        return [one for one in found if one["status"] == "succeeded" and one["amount_refunded"] < one["amount"]]


def _full(path: str) -> str:
    return path if path.startswith("/") else f"/v1/{path}"


Act = Callable[[Stage], str | None]
"""Does something and says what; None: it does not apply now."""
ACTS: dict[str, tuple[float, Act]] = {}


def act(weight: float) -> Callable[[Act], Act]:
    """Put a function among the acts, by its name."""

    def keep(function: Act) -> Act:
        ACTS[function.__name__] = (weight, function)
        return function

    return keep


def money(amount: int, currency: str) -> str:
    return f"{amount} {currency}"
