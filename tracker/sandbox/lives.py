"""One life of the story as the objects Stripe would hold: customer, subscription, invoices, money, session."""

from __future__ import annotations

from tracker.sandbox.attempts import collect
from tracker.sandbox.course import Bill
from tracker.sandbox.rows import Rows
from tracker.sandbox.shapes.people import invoice_prefix
from tracker.sandbox.store import Record
from tracker.sandbox.story import Abandoned, Life
from tracker.sandbox.world import DAY

CAMPAIGN = "year-end"
_HOUR = 3_600
_UPDATED = "customer.subscription.updated"


def pledge_id(number: int) -> str:
    """The id under which the publisher knows the intention: a UUID, rising with time."""
    return f"00000000-0000-4000-8000-{number:012x}"


def metadata(number: int) -> dict[str, str]:
    """What the product's join page writes into session and subscription."""
    return {"pledge_id": pledge_id(number), "campaign": CAMPAIGN}


class Teller:
    """Turns lives into rows; `prices` are the records of the two plans."""

    def __init__(self, rows: Rows, prices: dict[str, Record], retry_days: tuple[int, ...]) -> None:
        self._rows = rows
        self._prices = prices
        self._retry_days = retry_days

    def tell(self, life: Life) -> str:
        """Write everything of one life; answers the id of its Checkout session."""
        rows = self._rows
        customer, card = self._person(life)
        last = life.bills[-1]
        subscription: Record = {
            "id": rows.new_id("subscription"),
            "created": life.started_at,
            "customer": customer["id"],
            "status": life.status,
            "items": [{"id": f"si{customer['id'][3:]}", "price": self._prices[life.plan]}],
            "anchor": life.anchor,
            "start": last.period_start,
            "end": last.period_end,
            "payment_method": card["id"],
            "metadata": metadata(life.number),
        }
        invoices = [
            self._bill(life, bill, place, customer, subscription, card) for place, bill in enumerate(life.bills, 1)
        ]
        subscription["latest_invoice"] = invoices[-1]["id"]
        if life.trial_ends_at is not None:
            subscription |= {"trial_start": life.started_at, "trial_end": life.trial_ends_at}
        if len(life.bills) > 1:
            subscription["previous_start"] = life.bills[-2].period_start
        self._course(life, subscription)
        customer["invoices"] = len(invoices)
        rows.add("customer", customer)
        rows.add("payment_method", card)
        rows.add("subscription", subscription)
        return self._session(life, customer, subscription, invoices[0])

    def _person(self, life: Life) -> tuple[Record, Record]:
        rows = self._rows
        at = life.started_at
        who = {"email": life.email, "name": life.name, "country": life.country}
        customer: Record = {"id": rows.new_id("customer"), "created": at, "currency": "eur", **who}
        card: Record = {
            "id": rows.new_id("payment_method"),
            "created": at,
            "customer": customer["id"],
            "brand": life.card_brand,
            "country": life.card_country,
            "last4": "0341" if life.renewals_fail else "4242",
            "fails": "renewals" if life.renewals_fail else None,
            "billing": who,
        }
        rows.event(at, "customer", customer, "customer.created")
        rows.event(at, "payment_method", card, "payment_method.attached")
        return customer, card

    def _course(self, life: Life, subscription: Record) -> None:
        """What became of the subscription, and what comes next."""
        rows = self._rows
        rows.event(life.started_at, "subscription", subscription, "customer.subscription.created")
        if life.cancel_at_period_end:
            subscription["cancel_at_period_end"] = True
            subscription["cancel_at"] = subscription["end"]
            if life.canceled_at is not None:
                rows.event(life.canceled_at, "subscription", subscription, _UPDATED, cancel_at_period_end=False)
        if life.canceled_at is not None:
            failed = life.bills[-1].closed_as is not None
            subscription["canceled_at"] = life.canceled_at
            subscription["cancel_reason"] = "payment_failed" if failed else "cancellation_requested"
        if life.ended_at is not None:
            subscription["ended_at"] = life.ended_at
            rows.event(life.ended_at, "subscription", subscription, "customer.subscription.deleted")
        else:
            rows.due(subscription["end"], "renew", subscription["id"])

    def _bill(
        self, life: Life, bill: Bill, place: int, customer: Record, subscription: Record, card: Record
    ) -> Record:
        rows = self._rows
        first = place == 1
        tried_at = bill.failed_at[0] if bill.failed_at else bill.paid_at
        invoice: Record = {
            "id": rows.new_id("invoice"),
            "created": bill.period_start,
            "customer": customer["id"],
            "subscription": subscription["id"],
            "sub_metadata": subscription["metadata"],
            "status": _status(bill, tried_at),
            "reason": _reason(bill, first=first),
            "currency": "eur",
            "lines": [],
            "period_start": bill.period_start if first else life.bills[place - 2].period_start,
            "period_end": bill.period_start,
            "email": life.email,
            "name": life.name,
            "country": life.country,
        }
        if bill.unused:
            invoice["lines"].append(_given_back(life.bills[place - 2], bill, invoice, subscription))
        invoice["lines"].append(_line(bill, invoice, subscription))
        rows.event(bill.period_start, "invoice", invoice, "invoice.created")
        if not first:
            old = {"latest_invoice": None}
            rows.event(bill.period_start, "subscription", subscription, _UPDATED, **old)
        if tried_at is None:
            finalizes_at = bill.period_start + _HOUR
            invoice |= {"auto_advance": True, "finalizes_at": finalizes_at}
            rows.due(finalizes_at, "finalize", invoice["id"])
        else:
            invoice["number"] = f"{invoice_prefix(customer['id'])}-{place:04d}"
            invoice["finalized_at"] = bill.period_start if first or bill.unused else tried_at
            self._finalized(bill, invoice, subscription, card)
        rows.add("invoice", invoice)
        return invoice

    def _finalized(self, bill: Bill, invoice: Record, subscription: Record, card: Record) -> None:
        at = invoice["finalized_at"]
        self._rows.event(at, "invoice", invoice, "invoice.finalized")
        if bill.amount:
            collect(self._rows, self._retry_days, bill, invoice, subscription, card)
        else:  # a trial: nothing is due, so it is paid as it stands
            invoice["paid_at"] = at
            self._rows.event(at, "invoice", invoice, "invoice.paid", "invoice.payment_succeeded")

    def _session(self, life: Life, customer: Record, subscription: Record, invoice: Record) -> str:
        session = self._opened(life.number, life.plan, life.pledged_at)
        session |= {
            "status": "complete",
            "payment_status": "paid" if life.bills[0].amount else "no_payment_required",
            "customer": customer["id"],
            "subscription": subscription["id"],
            "invoice": invoice["id"],
            "paid_email": life.email,
            "name": life.name,
            "country": life.country,
        }
        self._rows.add("checkout.session", session)
        paid_at = life.bills[0].paid_at or life.started_at
        self._rows.event(paid_at, "checkout.session", session, "checkout.session.completed")
        return str(session["id"])

    def _opened(self, number: int, plan: str, at: int) -> Record:
        known = metadata(number)
        item = {"id": f"li_{number}", "price": self._prices[plan], "quantity": 1}
        return {
            "id": self._rows.new_id("checkout.session"),
            "created": at,
            "mode": "subscription",
            "items": [{**item, "description": "Membership"}],
            "metadata": known,
            "sub_metadata": known,
            "client_reference_id": known["pledge_id"],
            "expires_at": at + DAY,
            "success_url": "http://127.0.0.1:8000/",
            "cancel_url": "http://127.0.0.1:8000/",
        }

    def leave(self, pledge: Abandoned) -> str:
        """A session nobody paid: open until its day is over, then expired."""
        session = self._opened(pledge.number, pledge.plan, pledge.pledged_at)
        session |= {"status": "expired" if pledge.expired else "open", "payment_status": "unpaid"}
        self._rows.add("checkout.session", session)
        if pledge.expired:
            self._rows.event(session["expires_at"], "checkout.session", session, "checkout.session.expired")
        else:
            self._rows.due(session["expires_at"], "expire_session", session["id"])
        return str(session["id"])


def _status(bill: Bill, tried_at: int | None) -> str:
    if tried_at is None:
        return "draft"
    if bill.paid_at is not None:
        return "paid"
    return bill.closed_as or "open"


def _reason(bill: Bill, *, first: bool) -> str:
    if first:
        return "subscription_create"
    return "subscription_update" if bill.unused else "subscription_cycle"


def _line(bill: Bill, invoice: Record, subscription: Record) -> Record:
    return {
        "id": f"il{invoice['id'][2:]}",
        "amount": bill.amount + bill.unused,
        "start": bill.period_start,
        "end": bill.period_end,
        "price": bill.plan,
        "product": "prod_member",
        "item": subscription["items"][0]["id"],
        "description": "1 × Membership" if bill.amount else "Trial period for Membership",
    }


def _given_back(before: Bill, bill: Bill, invoice: Record, subscription: Record) -> Record:
    """The line of a change of plan that gives back what is left of the period before."""
    return {
        **_line(before, invoice, subscription),
        "id": f"il{invoice['id'][2:]}a",
        "amount": -bill.unused,
        "start": bill.period_start,
        "proration": True,
        "discountable": False,
        "subscription": subscription["id"],
        "description": "Unused time on 1 × Membership",
    }
