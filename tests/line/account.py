"""All of a Stripe account as raw dicts, read page by page, with the few ways from one object to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tracker.sandbox.server import Sandbox

Raw = dict[str, Any]
Get = Callable[[str, Raw], Raw]


class Account:
    """What Stripe shows at this moment; lists are in the order of creation."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self.products = self._by_id("/v1/products")
        self.subscriptions = self._by_id("/v1/subscriptions", status="all")
        self.invoices = self._by_id("/v1/invoices")
        self.sessions = self._by_id("/v1/checkout/sessions", expand=["data.line_items"])
        self.intents = self._by_id("/v1/payment_intents")
        self.charges = self._by_id("/v1/charges")
        self.balance = self._by_id("/v1/balance_transactions")
        self.payments = self._grouped("/v1/invoice_payments", "invoice")
        self.refunds = self._grouped("/v1/refunds", "charge")
        self.disputes = self._grouped("/v1/disputes", "charge")
        self.notes = self._grouped("/v1/credit_notes", "invoice")

    @classmethod
    def of(cls, sandbox: Sandbox) -> Account:
        return cls(lambda path, wish: sandbox.must("GET", path, wish))

    def pages(self, path: str, **wish: Any) -> Iterator[Raw]:
        """Every object of a list, newest first."""
        page: Raw = {"has_more": True}
        wish["limit"] = 100
        while page["has_more"]:
            page = self._get(path, wish)
            yield from page["data"]
            if page["data"]:
                wish["starting_after"] = page["data"][-1]["id"]

    def _by_id(self, path: str, **wish: Any) -> dict[str, Raw]:
        return {one["id"]: one for one in list(self.pages(path, **wish))[::-1]}

    def _grouped(self, path: str, name: str) -> dict[str, list[Raw]]:
        groups: dict[str, list[Raw]] = defaultdict(list)
        for one in self._by_id(path).values():
            groups[one[name]].append(one)
        return groups

    def inner(self, one: Raw, name: str, path: str) -> list[Raw]:
        """The whole of a list that stands inside an object."""
        held = one[name]
        return list(self.pages(path)) if held["has_more"] else list(held["data"])

    def lines(self, invoice: Raw) -> list[Raw]:
        return self.inner(invoice, "lines", f"/v1/invoices/{invoice['id']}/lines")

    def items(self, session: Raw) -> list[Raw]:
        return self.inner(session, "line_items", f"/v1/checkout/sessions/{session['id']}/line_items")

    def months(self, product: str) -> int | None:
        """How many months a product buys once."""
        given = self.products.get(product, {}).get("metadata", {}).get("membership_months", "")
        return int(given) if given.isdecimal() and int(given) > 0 else None

    def charge_of_intent(self, intent: str | None) -> Raw | None:
        """The charge that brought (or is to bring) a payment intent's money."""
        found = self.intents.get(intent or "")
        return self.charges.get(found["latest_charge"] or "") if found else None

    def charges_of_invoice(self, invoice: Raw) -> list[Raw]:
        """The charges that brought the money for a paid invoice."""
        paid = [
            one["payment"]["payment_intent"] for one in self.payments[invoice["id"]] if one["status"] == "paid"
        ]
        found = [self.charge_of_intent(intent) for intent in paid]
        return [charge for charge in found if charge is not None]

    def booked_at(self, entry: str | None) -> int | None:
        """When a balance transaction was made."""
        return self.balance[entry]["created"] if entry in self.balance else None
