"""The truth of who is a member when, read from RULES 1 to 4 a second time and worked out one instant at a time.

`truth` collects every instant at which anything could change and asks, for each stretch between two neighbours,
one plain question: is the person covered just before its end? There is no arithmetic with intervals and nothing of
the product in here. Instants are whole unix seconds inside.

Where RULES leaves a choice, this is how it is read:

1. A line paid at or after the end of its period bought no time: it is no term, and no grace follows it. The
   payment all the same ends the grace of the term before, because the invoice is no longer being collected. So
   `paid_at` of the following invoice ends grace whatever the membership cost in it (else a next term starts then).
2. Only invoices of a subscription buy terms; a member product on an invoice made by hand buys none.
3. "Settled wholly by credit notes before payment" and "what was paid" look at `total` less
   `pre_payment_credit_notes_amount`. A customer's older debt on the same bill is not a part of it.
4. A voided credit note never counted, like a refund that failed.
5. Only the charge that paid in the end counts for an invoice (`latest_charge` of the intents of its paid invoice
   payments). A debit that failed late before the invoice was paid anew, or paid elsewhere, is not its money.
6. A dispute holds its whole amount while its balance transactions sum up below zero. At one instant a return that
   falls on a term's end counts already for the question whether the money is gone at the end.
7. "3 days" and "grace_days" are spans of 24 hours.
8. Where several invoices start at the term's end, the first one made is the following invoice. Draft lines count.
   The line may cost nothing.
9. The next term is the next by start, then by end, then by the line's id.
10. Grace ends at the first instant from the term's end on at which the subscription is unpaid or paused; a pause
    or an unpaid time that was over by then does not matter.
11. One-off: an item that costs nothing buys no term even in a session that was paid. A term that stands disputed
    when the next one is booked has been cut; so has one that is cut in the very second of the booking. Several
    earlier terms: the latest end. Booked in the same second: by session id. What was paid is `amount_total`.
12. Complimentary: a paid invoice's member line that gave no term because it, or the whole, cost nothing (lines
    below zero give nothing), a free one-off from the session's `created`, an offline row without receipt; cut by
    `ended_at` and pauses alone. Who is counted, by grace too, is not complimentary.
13. Offline rows count for the campaign they name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.line.account import Account, Raw
from tests.line.memberships import Membership, Once, Row, Subscribed, of_session
from tests.line.memberships import Terms as Terms

Stretch = tuple[datetime, datetime]
_NEVER = 2**40


def truth(
    account: Account, history: Sequence[Raw], terms: Terms, offline: Iterable[Row] = ()
) -> dict[str, list[Stretch]]:
    """For each person ever counted the stretches (start, end], touching ones merged."""
    found = {}
    for person, held in _by_person(account, history, terms, offline).items():
        if stretches := _stretches(held):
            found[person] = stretches
    return found


def _stretches(held: list[Membership]) -> list[Stretch]:
    instants = sorted({at for one in held for at in one.instants() if at < _NEVER})
    result: list[list[int]] = []
    for before, t in pairwise(instants):
        if not is_covered_just_before(t, held):
            continue
        if result and result[-1][1] == before:
            result[-1][1] = t
        else:
            result.append([before, t])
    return [(_instant(start), _instant(end)) for start, end in result]


def is_covered_just_before(t: int, held: list[Membership]) -> bool:
    """Whether a person with these memberships is counted just before `t`."""
    return any(one.is_paid(t) or one.is_in_grace(t) for one in held)


@dataclass(frozen=True)
class Figures:
    """Persons just before an instant."""

    active: frozenset[str]
    in_grace: frozenset[str]
    complimentary: frozenset[str]


def figures(
    at: datetime, account: Account, history: Sequence[Raw], terms: Terms, offline: Iterable[Row] = ()
) -> Figures:
    """Who is counted, who of them by grace alone, and who is covered only by what cost nothing."""
    t = int(at.timestamp())
    paid, grace, free = set(), set(), set()
    for person, held in _by_person(account, history, terms, offline).items():
        if any(one.is_paid(t) for one in held):
            paid.add(person)
        elif any(one.is_in_grace(t) for one in held):
            grace.add(person)
        elif any(one.is_free(t) for one in held):
            free.add(person)
    return Figures(frozenset(paid | grace), frozenset(grace), frozenset(free))


def _by_person(
    account: Account, history: Sequence[Raw], terms: Terms, offline: Iterable[Row]
) -> dict[str, list[Membership]]:
    people: dict[str, list[Membership]] = defaultdict(list)
    every = [*_subscribed(account, history, terms), *_bought(account, terms), *_offline(offline, terms)]
    for membership in every:
        people[membership.person].append(membership)
    return people


def _subscribed(account: Account, history: Sequence[Raw], terms: Terms) -> list[Membership]:
    invoices: dict[str, list[Raw]] = defaultdict(list)
    for invoice in account.invoices.values():
        details = (invoice["parent"] or {}).get("subscription_details") or {}
        invoices[details.get("subscription") or ""].append(invoice)
    held_up = _held_up(history)
    return [
        Subscribed(account, one, invoices[one["id"]], held_up.get(one["id"], {}), terms)
        for one in account.subscriptions.values()
    ]


def _held_up(history: Sequence[Raw]) -> dict[str, dict[str, list[tuple[int, int]]]]:
    """Subscription -> unpaid or paused -> the times (from, to) it was so; without end so far: never."""
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in history:
        one = event["data"]["object"]
        if one["object"] != "subscription":
            continue
        status, at = one["status"], event["created"]
        if not told[one["id"]] or told[one["id"]][-1][1] != status:
            known = ((one.get("status_details") or {}).get("paused") or {}).get("transitioned_at")
            told[one["id"]].append((known if status == "paused" and known else at, status))
    result: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for subscription, steps in told.items():
        for place, (at, status) in enumerate(steps):
            over = steps[place + 1][0] if place + 1 < len(steps) else _NEVER
            if status in ("unpaid", "paused") and over > at:
                result[subscription][status].append((at, over))
    return result


def _bought(account: Account, terms: Terms) -> list[Membership]:
    """One-off terms, in the order in which their money was booked."""
    purchases: list[tuple[int, str, Raw, Raw | None]] = []
    for session in account.sessions.values():
        if session["mode"] != "payment" or session["status"] != "complete":
            continue
        charge = account.charge_of_intent(session["payment_intent"])
        booked = account.booked_at(charge["balance_transaction"]) if charge else None
        if session["payment_status"] == "paid" and charge and booked is not None:
            purchases.append((booked, session["id"], session, charge))
        elif session["payment_status"] == "no_payment_required":
            purchases.append((session["created"], session["id"], session, None))
    held: list[Once] = []
    for at, _, session, charge in sorted(purchases, key=lambda one: one[:2]):
        for product, is_free in sorted(_products(account, session, terms).items()):
            _add(held, account, terms, session, None if is_free else charge, product, at)
    return list(held)


def _products(account: Account, session: Raw, terms: Terms) -> dict[str, bool]:
    """The member products of a session that buy months, and whether each was free."""
    found: dict[str, int] = defaultdict(int)
    for item in account.items(session):
        product = item["price"]["product"]
        if product in terms.products and account.months(product):
            found[product] += item["amount_total"]
    return {product: amount == 0 for product, amount in found.items()}


def _add(
    held: list[Once], account: Account, terms: Terms, session: Raw, charge: Raw | None, product: str, at: int
) -> None:
    person = session["customer"] or session["id"]
    earlier = [
        one.end
        for one in held
        if (one.person, one.product) == (person, product) and one.money is not None and charge is not None
        if one.end > at and not one.money.gone_just_before(at + 1)
    ]
    start = max(earlier, default=at)
    money = of_session(account, session, charge) if charge is not None else None
    end = months_after(start, account.months(product) or 0, terms.zone)
    held.append(Once(person, session["id"], product, start, end, money))


def months_after(start: int, months: int, zone: str) -> int:
    """The same time on the clock so many calendar months later."""
    local = datetime.fromtimestamp(start, ZoneInfo(zone)).replace(tzinfo=None)
    years, month = divmod(local.month - 1 + months, 12)
    first = local.replace(year=local.year + years, month=month + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    then = first.replace(day=min(local.day, last.day))
    return _on_the_clock(then, zone)


def _on_the_clock(local: datetime, zone: str) -> int:
    """The first time the clock shows it; a skipped hour moves it forward (fold 0 does both)."""
    return int(local.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp())


@dataclass
class Offline(Membership):
    """A row that staff wrote down, as instants."""

    person: str
    start: int
    end: int
    has_receipt: bool

    def is_paid(self, t: int) -> bool:
        return self.has_receipt and self.start < t <= self.end

    def is_free(self, t: int) -> bool:
        return not self.has_receipt and self.start < t <= self.end

    def instants(self) -> list[int]:
        return [self.start, self.end]


def _offline(rows: Iterable[Row], terms: Terms) -> list[Membership]:
    return [
        Offline(
            row.person_ref,
            _midnight(row.starts_on, terms.zone),
            _midnight(row.ends_on + timedelta(days=1), terms.zone),
            bool(row.amount and row.amount > 0),
        )
        for row in rows
        if row.campaign == terms.campaign
    ]


def _midnight(day: date, zone: str) -> int:
    return _on_the_clock(datetime.combine(day, time(0)), zone)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def entries(account: Account) -> dict[str, tuple[Any, ...]]:
    """Every balance transaction: id -> (amount, fee, net, currency, type, reporting_category, created)."""
    names = ("amount", "fee", "net", "currency", "type", "reporting_category", "created")
    return {one["id"]: tuple(one[name] for name in names) for one in account.balance.values()}


def cents(account: Account) -> dict[str, dict[str, int]]:
    """Per currency the sums of amount, fee and net over all balance transactions, and their count."""
    sums: dict[str, dict[str, int]] = {}
    for one in account.balance.values():
        held = sums.setdefault(one["currency"], {"amount": 0, "fee": 0, "net": 0, "count": 0})
        for name in ("amount", "fee", "net"):
            held[name] += one[name]
        held["count"] += 1
    return sums
