"""One membership at a time, as the oracle sees it: what was bought, what became of the money, grace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tests.line.account import Account, Raw

HOUR = 3600
DAY = 24 * HOUR
_COLLECTED_WITHIN = 3 * DAY


@dataclass(frozen=True)
class Terms:
    """A campaign's own part of the rules."""

    products: frozenset[str]
    grace_days: int = 30
    zone: str = "Europe/Kyiv"
    campaign: str = "year-end"


@dataclass(frozen=True)
class Row:
    """A membership that staff wrote down; without an amount it is complimentary."""

    person_ref: str
    starts_on: date
    ends_on: date
    amount: int | None
    currency: str = "eur"
    campaign: str = "year-end"


@dataclass(frozen=True)
class Change:
    """Money that went back from `at` on: `amount` minor units (0 or less: it came again)."""

    at: int
    amount: int


@dataclass
class Money:
    """What was paid for an invoice or a session, and what went back."""

    paid: int
    back: list[Change] = field(default_factory=list)
    disputes: list[tuple[int, list[Change]]] = field(default_factory=list)  # amount in dispute, what moved
    failed: list[int] = field(default_factory=list)  # when a debit came back late

    def gone_just_before(self, t: int) -> bool:
        """Whether all of it was back with the reader just before `t`."""
        if any(at < t for at in self.failed):
            return True
        amount = sum(one.amount for one in self.back if one.at < t)
        for disputed, moves in self.disputes:
            if sum(move.amount for move in moves if move.at < t) > 0:
                amount += disputed
        return amount >= self.paid

    def gone_from(self, start: int, t: int) -> bool:
        """Whether all of it was gone at `start`, or for any while between it and `t`."""
        looks = [start, *(at for at in self.instants() if start < at < t)]
        return any(self.gone_just_before(at + 1) for at in looks)

    def instants(self) -> list[int]:
        moved = [move.at for _, moves in self.disputes for move in moves]
        return [*self.failed, *moved, *(one.at for one in self.back)]


def _of_charges(account: Account, charges: list[Raw], money: Money) -> None:
    """Refunds, disputes and late failures of the charges that brought the money."""
    for charge in charges:
        for refund in account.refunds.get(charge["id"], []):
            if refund["status"] == "succeeded":
                money.back.append(Change(refund["created"], refund["amount"]))
        for dispute in account.disputes.get(charge["id"], []):
            moves = [Change(one["created"], -one["amount"]) for one in dispute["balance_transactions"]]
            money.disputes.append((dispute["amount"], moves))
        failed = account.booked_at(charge["failure_balance_transaction"])
        if failed is not None:
            money.failed.append(failed)


def of_invoice(account: Account, invoice: Raw) -> Money:
    """The money behind a paid invoice."""
    money = Money(invoice["total"] - invoice["pre_payment_credit_notes_amount"])
    for note in account.notes.get(invoice["id"], []):
        carried = sum(one["amount_refunded"] for one in note["refunds"])
        if note["status"] == "issued" and note["post_payment_amount"] > carried:
            money.back.append(Change(note["created"], note["post_payment_amount"] - carried))
    _of_charges(account, account.charges_of_invoice(invoice), money)
    return money


@dataclass(frozen=True)
class Term:
    """A stretch of time that a payment bought."""

    start: int
    end: int
    line: str
    money: Money

    @property
    def place(self) -> tuple[int, int, str]:
        return self.start, self.end, self.line


class Membership:
    """What every kind answers about the moment just before `t`."""

    person: str

    def is_paid(self, t: int) -> bool:
        raise NotImplementedError

    def is_in_grace(self, t: int) -> bool:
        return False

    def is_free(self, t: int) -> bool:
        return False

    def instants(self) -> list[int]:
        raise NotImplementedError


def product_of(line: Raw) -> str:
    return str(line["pricing"]["price_details"]["product"])


def cost(line: Raw) -> int:
    """A line's amount after its discounts."""
    return int(line["amount"]) - sum(int(one["amount"]) for one in line["discount_amounts"])


class Subscribed(Membership):
    """A Stripe subscription with its invoices, oldest first, and its times unpaid or paused."""

    def __init__(
        self, account: Account, subscription: Raw, invoices: list[Raw], held_up: dict[str, list[tuple[int, int]]],
        terms: Terms,
    ) -> None:  # fmt: skip
        self.person = str(subscription["customer"])
        self.ended_at: int | None = subscription["ended_at"]
        self.paused, self.unpaid = held_up.get("paused", []), held_up.get("unpaid", [])
        self.grace_days = terms.grace_days
        self.lines = [
            (invoice, line)
            for invoice in invoices
            for line in account.lines(invoice)
            if product_of(line) in terms.products
        ]
        self.terms: list[Term] = []
        self.free: list[tuple[int, int]] = []
        for invoice, line in self.lines:
            if invoice["status"] == "paid":
                self._read(invoice, line, of_invoice(account, invoice))

    def _read(self, invoice: Raw, line: Raw, money: Money) -> None:
        start = max(line["period"]["start"], invoice["status_transitions"]["paid_at"])
        end = line["period"]["end"]
        if start >= end or cost(line) < 0:
            return
        if invoice["total"] > 0 and money.paid > 0 and cost(line) > 0:
            self.terms.append(Term(start, end, line["id"], money))
        else:
            self.free.append((start, end))

    def _is_cut(self, t: int) -> bool:
        if self.ended_at is not None and self.ended_at < t:
            return True
        return any(begun < t <= over for begun, over in self.paused)

    def is_paid(self, t: int) -> bool:
        within = [term for term in self.terms if term.start < t <= term.end]
        return not self._is_cut(t) and any(not term.money.gone_just_before(t) for term in within)

    def is_free(self, t: int) -> bool:
        return not self._is_cut(t) and any(start < t <= end for start, end in self.free)

    def is_in_grace(self, t: int) -> bool:
        return any(term.end < t <= self._grace_until(term) and not self._lost(term, t) for term in self.terms)

    def _lost(self, term: Term, t: int) -> bool:
        return term.money.gone_from(term.end, t)

    def _grace_until(self, term: Term) -> int:
        """The earliest of what RULES 2 names."""
        limits = [term.end + self.grace_days * DAY]
        limits += [min(other.start for other in later)] if (later := self._later(term)) else []
        following = next((one for one, line in self.lines if line["period"]["start"] == term.end), None)
        if following is None:
            limits.append(term.end + _COLLECTED_WITHIN)
        else:
            at = following["status_transitions"]
            limits += [at[name] for name in ("voided_at", "marked_uncollectible_at", "paid_at") if at[name]]
            if at["finalized_at"] is None or at["finalized_at"] > term.end + _COLLECTED_WITHIN:
                limits.append(term.end + _COLLECTED_WITHIN)
        if self.ended_at is not None:
            limits.append(self.ended_at)
        limits += [max(begun, term.end) for begun, over in [*self.paused, *self.unpaid] if over > term.end]
        return min(limits)

    def _later(self, term: Term) -> list[Term]:
        return [other for other in self.terms if other.place > term.place]

    def instants(self) -> list[int]:
        found = [at for one in (*self.paused, *self.unpaid, *self.free) for at in one]
        for term in self.terms:
            found += [term.start, term.end, self._grace_until(term), *term.money.instants()]
        return found + ([self.ended_at] if self.ended_at is not None else [])


@dataclass
class Once(Membership):
    """A term bought once, in a session; `money` None: it was free."""

    person: str
    session: str
    product: str
    start: int
    end: int
    money: Money | None

    def is_paid(self, t: int) -> bool:
        return self.money is not None and self.start < t <= self.end and not self.money.gone_just_before(t)

    def is_free(self, t: int) -> bool:
        return self.money is None and self.start < t <= self.end

    def instants(self) -> list[int]:
        return [self.start, self.end, *(self.money.instants() if self.money else [])]


def of_session(account: Account, session: Raw, charge: Raw) -> Money:
    """The money behind a paid session."""
    money = Money(session["amount_total"])
    _of_charges(account, [charge], money)
    return money
