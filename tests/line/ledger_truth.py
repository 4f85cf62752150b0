"""What transactions.csv must say, worked out slowly, row by row, from the test server's own objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.line.account import Account, Raw
from tests.line.memberships import cost, product_of
from tracker.core.csv_text import safe
from tracker.core.money import decimal_text

Cells = dict[str, str]
KINDS = {"ch": "charge", "py": "charge", "re": "refund", "pyr": "refund", "dp": "dispute", "po": "payout"}


class Truth:
    """Every balance transaction of an account as the row it must be."""

    def __init__(self, account: Account, members: Collection[str], donations: Collection[str], zone: ZoneInfo):
        self.account, self.members, self.donations, self.zone = account, members, donations, zone
        self.refunds = {one["id"]: one for found in account.refunds.values() for one in found}
        self.disputes = {one["id"]: one for found in account.disputes.values() for one in found}
        self.payouts = {one["id"]: one for one in account.pages("/v1/payouts")}
        self.invoices = {
            one["payment"]["payment_intent"]: account.invoices[one["invoice"]]
            for found in account.payments.values()
            for one in found
        }
        self.sessions = {one["payment_intent"]: one for one in account.sessions.values() if one["payment_intent"]}
        self.paid_out = {
            entry["id"]: payout
            for payout in self.payouts.values()
            if payout["automatic"]
            for entry in account.pages("/v1/balance_transactions", payout=payout["id"])
        }
        self.sums: dict[tuple[str, str], int] = defaultdict(int)

    def rows(self) -> dict[str, list[Cells]]:
        """Month -> its rows in order."""
        found: dict[str, list[Cells]] = defaultdict(list)
        for one in sorted(self.account.balance.values(), key=lambda one: (one["created"], one["id"])):
            found[self.month(one)].append(self.row(one))
        return found

    def month(self, one: Raw) -> str:
        return f"{datetime.fromtimestamp(one['created'], self.zone):%Y-%m}"

    def row(self, one: Raw) -> Cells:
        source_id = one["source"] or ""
        kind = KINDS.get(source_id.partition("_")[0], "")
        source = {"charge": self.account.charges, "refund": self.refunds, "dispute": self.disputes}.get(
            kind, {}
        ).get(source_id)
        charge = source if kind == "charge" else self.account.charges.get((source or {}).get("charge") or "")
        intent = (source or {}).get("payment_intent") or (charge or {}).get("payment_intent") or ""
        invoice, session = self.invoices.get(intent), self.sessions.get(intent)
        currency = one["currency"].upper()
        return {
            **self._money(one, currency, source),
            "tax": decimal_text(self._tax(one, invoice), currency),
            "balance_transaction_id": one["id"],
            "created_utc": _utc(one["created"]),
            "created": datetime.fromtimestamp(one["created"], self.zone).isoformat(),
            "available_on_utc": _utc(one["available_on"]),
            "reporting_category": one["reporting_category"],
            "type": one["type"],
            "source_id": source_id,
            "charge_id": (charge or {}).get("id", ""),
            "payment_intent_id": intent,
            "refund_id": source_id if kind == "refund" else "",
            "dispute_id": source_id if kind == "dispute" else "",
            "invoice_id": (invoice or {}).get("id", ""),
            "customer_id": (charge or {}).get("customer") or (invoice or {}).get("customer") or "",
            "original_month": self._original_month(one, charge),
            "payment_method_type": ((charge or {}).get("payment_method_details") or {}).get("type", ""),
            "prior_period": "no",
            "description": safe(one["description"] or ""),
            **self._bought(invoice, session),
            **self._payout(one),
        }

    def _money(self, one: Raw, currency: str, source: Raw | None) -> Cells:
        cells = {"currency": currency, "exchange_rate": str(one["exchange_rate"] or "")}
        for name, amount in (("gross", one["amount"]), ("fee", one["fee"]), ("net", one["net"])):
            cells[name] = decimal_text(amount, currency)
        faced = source["currency"].upper() if source else ""
        amount = one["amount"]
        if source and faced != currency:
            amount = source["amount"] if amount >= 0 else -source["amount"]
        return cells | {
            "customer_facing_amount": decimal_text(amount, faced) if source else "",
            "customer_facing_currency": faced,
        }

    def _tax(self, one: Raw, invoice: Raw | None) -> int:
        """What the invoice's tax comes to with this entry, less what it came to before it."""
        taxes = sum(tax["amount"] for tax in invoice["total_taxes"]) if invoice else 0
        if not invoice or not taxes:
            return 0
        key = (invoice["id"], one["currency"])
        before, share = self.sums[key], Fraction(taxes, invoice["total"])
        self.sums[key] += one["amount"]
        return _whole(share * self.sums[key]) - _whole(share * before)

    def _original_month(self, one: Raw, charge: Raw | None) -> str:
        booked = (charge or {}).get("balance_transaction")
        return self.month(self.account.balance[booked]) if booked and booked != one["id"] else ""

    def _bought(self, invoice: Raw | None, session: Raw | None) -> Cells:
        lines = [line for line in self.account.lines(invoice) if cost(line)] if invoice else []
        bought = [(self._line_purpose(product_of(line)), _price(line)) for line in lines]
        subscription = _subscription(invoice)
        if session and not subscription:
            items = [item for item in self.account.items(session) if item["amount_total"]]
            bought += [(self._item_purpose(item["price"]["product"]), item["price"]["id"]) for item in items]
        purposes = {purpose for purpose, _ in bought}
        plans = [price for purpose, price in bought if purpose == "membership"] + [price for _, price in bought]
        held = self.account.subscriptions[subscription] if subscription else session
        metadata = (held or {}).get("metadata") or {}
        return {
            "subscription_id": subscription,
            "purpose": purposes.pop() if len(purposes) == 1 else "mixed" if purposes else "other",
            "plan": safe(plans[0] if plans else ""),
            "campaign": safe(metadata.get("campaign", "")),
            "pledge_id": safe(metadata.get("pledge_id", "")),
        }

    def _line_purpose(self, product: str) -> str:
        if product in self.members:
            return "membership"
        return "donation" if product in self.donations else "other"

    def _item_purpose(self, product: str) -> str:
        if product in self.donations or (product in self.members and self.account.months(product) is None):
            return "donation"
        return "membership" if product in self.members else "other"

    def _payout(self, one: Raw) -> Cells:
        payout = self.paid_out.get(one["id"])
        return {
            "automatic_payout_id": payout["id"] if payout else "",
            "automatic_payout_effective_at": _utc(payout["arrival_date"]) if payout else "",
        }


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _whole(share: Fraction) -> int:
    """Half a cent away from nothing, as banks do."""
    return int((Decimal(share.numerator) / share.denominator).quantize(Decimal(1), ROUND_HALF_UP))


def _price(line: Raw) -> str:
    return str(line["pricing"]["price_details"]["price"])


def _subscription(invoice: Raw | None) -> str:
    details: Any = ((invoice or {}).get("parent") or {}).get("subscription_details") or {}
    return str(details.get("subscription") or "")
