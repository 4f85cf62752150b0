"""RULES 1-3 in sentences: terms, grace, cuts, and a person's stretches."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracker.core import facts
from tracker.core.coverage import FAR, Kind, Piece, stretches
from tracker.core.membership import pieces
from tracker.core.person import PersonFacts, Terms

MEMBER = frozenset(["prod_member"])
KYIV = ZoneInfo("Europe/Kyiv")


def rules(grace_days: int = 30, **months: int) -> Terms:
    """A campaign's terms; `months` are those that a one-off purchase of a product buys."""
    return Terms("year-end", MEMBER | set(months), grace_days, KYIV, months)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


JAN, FEB, MAR, APR = at("2026-01-10"), at("2026-02-10"), at("2026-03-10"), at("2026-04-10")


def line(start: datetime, end: datetime, **more: Any) -> facts.Line:
    given: dict[str, Any] = {"id": "il", "product": "prod_member", "price": "monthly", "amount_minor": 500}
    given |= {"quantity": 1, "period_start_at": start, "period_end_at": end, "subscription": "sub_1"}
    return facts.Line(**{**given, **more})


def invoice(name: str, start: datetime, end: datetime, **more: Any) -> facts.Invoice:
    """A paid monthly invoice; what differs is named."""
    lines = more.pop("lines", None) or (line(start, end),)
    given: dict[str, Any] = {"id": name, "customer": "cus_1", "subscription": "sub_1", "status": "paid"}
    given |= {"currency": "EUR", "total_minor": 500, "tax_minor": 0, "credited_before_minor": 0}
    given |= {"credited_after_minor": 0, "created_at": start, "finalized_at": start, "paid_at": start}
    given |= {"voided_at": None, "uncollectible_at": None, "lines": lines}
    return facts.Invoice(**{**given, **more})


def subscription(**more: Any) -> facts.Subscription:
    given: dict[str, Any] = {"id": "sub_1", "customer": "cus_1", "status": "active", "created_at": JAN}
    given |= {"ended_at": None, "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
    given |= {"paused_at": None, "collection_paused": None, "trial_end_at": None, "pledge": None}
    return facts.Subscription(**{**given, "campaign": None, "items": (), **more})


def paid_by(name: str) -> facts.InvoicePayment:
    return facts.InvoicePayment(f"inpay_{name}", name, "paid", f"pi_{name}", None, 500)


def refund(name: str, amount: int, when: datetime, status: str = "succeeded") -> facts.Refund:
    return facts.Refund(f"re_{name}_{amount}", status, "EUR", amount, when, None, f"pi_{name}", None)


def dispute(name: str, *moved: tuple[int, datetime]) -> facts.Dispute:
    movements = tuple(facts.Movement(f"txn_{n}", amount, when) for n, (amount, when) in enumerate(moved))
    return facts.Dispute(f"dp_{name}", "EUR", 500, JAN, None, f"pi_{name}", movements)


def told(*invoices: facts.Invoice, **more: Any) -> PersonFacts:
    given: dict[str, Any] = {"subscriptions": (subscription(),), "invoices": invoices}
    given["payments"] = tuple(paid_by(one.id) for one in invoices)
    return PersonFacts("cus_1", **{**given, **more})


def covered(person: PersonFacts, grace_days: int = 30) -> list[tuple[datetime, datetime]]:
    return [(one.starts_at, one.ends_at) for one in stretches(pieces(person, rules(grace_days)))]


def spans(person: PersonFacts, kind: Kind) -> list[tuple[datetime, datetime]]:
    return [(one.starts_at, one.ends_at) for one in pieces(person, rules()) if one.kind is kind]


DAYS_3 = timedelta(days=3)


def test_a_paid_month_covers_its_period_and_three_days_while_no_invoice_follows() -> None:
    assert covered(told(invoice("in_1", JAN, FEB))) == [(JAN, FEB + DAYS_3)]


def test_a_term_begins_when_it_was_paid_not_when_its_period_began() -> None:
    late = JAN + timedelta(days=4)
    assert spans(told(invoice("in_1", JAN, FEB, paid_at=late)), Kind.TERM) == [(late, FEB)]


def test_a_renewal_paid_in_time_makes_one_stretch() -> None:
    renewal = invoice("in_2", FEB, MAR, paid_at=FEB + timedelta(hours=1))
    assert covered(told(invoice("in_1", JAN, FEB), renewal)) == [(JAN, MAR + DAYS_3)]


def test_what_is_not_paid_buys_nothing() -> None:
    for status in ("draft", "open", "void", "uncollectible"):
        assert covered(told(invoice("in_1", JAN, FEB, status=status, paid_at=None))) == []


def test_a_free_period_is_complimentary_and_never_counted() -> None:
    free = invoice("in_1", JAN, FEB, total_minor=0, lines=(line(JAN, FEB, amount_minor=0),))
    assert covered(told(free)) == [] and spans(told(free), Kind.FREE) == [(JAN, FEB)]


def test_an_invoice_wholly_credited_before_payment_is_complimentary() -> None:
    credited = invoice("in_1", JAN, FEB, credited_before_minor=500)
    assert covered(told(credited)) == [] and spans(told(credited), Kind.FREE) == [(JAN, FEB)]


def test_another_product_makes_no_member() -> None:
    assert covered(told(invoice("in_1", JAN, FEB, lines=(line(JAN, FEB, product="prod_mug"),)))) == []


def failing(**more: Any) -> facts.Invoice:
    return invoice("in_2", FEB, MAR, **{"status": "open", "paid_at": None, **more})


def test_grace_lasts_thirty_days_while_the_next_invoice_is_collected() -> None:
    assert covered(told(invoice("in_1", JAN, FEB), failing())) == [(JAN, FEB + timedelta(days=30))]


def test_grace_days_are_the_campaigns() -> None:
    assert covered(told(invoice("in_1", JAN, FEB), failing()), 10) == [(JAN, FEB + timedelta(days=10))]


def test_grace_ends_where_the_invoice_is_voided_or_given_up() -> None:
    moment = FEB + timedelta(days=9)
    for name in ("voided_at", "uncollectible_at"):
        assert covered(told(invoice("in_1", JAN, FEB), failing(**{name: moment}))) == [(JAN, moment)]


def test_an_invoice_finalised_too_late_leaves_three_days() -> None:
    late = failing(finalized_at=FEB + timedelta(days=4))
    assert covered(told(invoice("in_1", JAN, FEB), late)) == [(JAN, FEB + DAYS_3)]


def test_grace_ends_with_the_subscription() -> None:
    ended = FEB + timedelta(days=8)
    person = told(
        invoice("in_1", JAN, FEB),
        failing(),
        subscriptions=(subscription(ended_at=ended, status="canceled"),),
    )
    assert covered(person) == [(JAN, ended)]


def test_grace_ends_where_the_subscription_became_unpaid() -> None:
    moment = FEB + timedelta(days=7)
    change = facts.Change("sub_1", "status", "past_due", "unpaid", moment, False)
    assert covered(told(invoice("in_1", JAN, FEB), failing(), changes=(change,))) == [(JAN, moment)]


def test_who_pays_after_the_grace_returns() -> None:
    late = invoice("in_2", FEB, APR, paid_at=FEB + timedelta(days=35))
    found = stretches(pieces(told(invoice("in_1", JAN, FEB), late), rules()))
    assert [(one.starts_at, one.ends_at, one.is_first) for one in found] == [
        (JAN, FEB + timedelta(days=30), True),
        (FEB + timedelta(days=35), APR + DAYS_3, False),
    ]


def test_cancelling_at_once_ends_the_term() -> None:
    ended = JAN + timedelta(days=5)
    person = told(invoice("in_1", JAN, FEB), subscriptions=(subscription(ended_at=ended, status="canceled"),))
    assert covered(person) == [(JAN, ended)]


def test_a_full_refund_cuts_from_its_instant_and_leaves_no_grace() -> None:
    moment = JAN + timedelta(days=6)
    assert covered(told(invoice("in_1", JAN, FEB), refunds=(refund("in_1", 500, moment),))) == [(JAN, moment)]


def test_partial_refunds_cut_nothing_until_together_they_reach_what_was_paid() -> None:
    first, second = JAN + timedelta(days=6), JAN + timedelta(days=9)
    half = refund("in_1", 300, first)
    assert covered(told(invoice("in_1", JAN, FEB), refunds=(half,))) == [(JAN, FEB + DAYS_3)]
    rest = refund("in_1", 200, second)
    assert covered(told(invoice("in_1", JAN, FEB), refunds=(half, rest))) == [(JAN, second)]


def test_a_refund_that_failed_or_is_pending_cuts_nothing() -> None:
    for status in ("failed", "canceled", "pending", "requires_action"):
        person = told(invoice("in_1", JAN, FEB), refunds=(refund("in_1", 500, JAN + DAYS_3, status),))
        assert covered(person) == [(JAN, FEB + DAYS_3)]


def test_a_dispute_suspends_until_the_money_is_given_back() -> None:
    took, gave = JAN + timedelta(days=5), JAN + timedelta(days=12)
    lost = told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1", (-500, took)),))
    assert covered(lost) == [(JAN, took)]
    won = told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1", (-500, took), (500, gave)),))
    assert covered(won) == [(JAN, took), (gave, FEB + DAYS_3)]


def test_an_inquiry_that_took_no_money_cuts_nothing() -> None:
    assert covered(told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1"),))) == [(JAN, FEB + DAYS_3)]


def test_a_credit_note_after_payment_counts_without_the_refund_it_carries() -> None:
    moment = JAN + timedelta(days=6)
    note = facts.CreditNote("cn_1", "in_1", "cus_1", "issued", 0, 500, 500, moment)
    assert covered(told(invoice("in_1", JAN, FEB), credit_notes=(note,))) == [(JAN, FEB + DAYS_3)]
    to_balance = facts.CreditNote("cn_1", "in_1", "cus_1", "issued", 0, 500, 0, moment)
    assert covered(told(invoice("in_1", JAN, FEB), credit_notes=(to_balance,))) == [(JAN, moment)]


def test_a_bank_debit_that_comes_back_cuts_at_its_failure() -> None:
    moment = JAN + timedelta(days=6)
    charge = facts.Charge(
        "py_1", "cus_1", "pi_in_1", "failed", "EUR", 500, JAN, "sepa_debit", None, "txn_1", "txn_2"
    )
    booked = {"txn_2": moment}
    assert covered(told(invoice("in_1", JAN, FEB), charges=(charge,), booked=booked)) == [(JAN, moment)]


def test_a_pause_suspends_until_it_resumes() -> None:
    began, resumed = JAN + timedelta(days=5), JAN + timedelta(days=9)
    changes = (
        facts.Change("sub_1", "status", "active", "paused", began, False),
        facts.Change("sub_1", "status", "paused", "active", resumed, False),
    )
    assert covered(told(invoice("in_1", JAN, FEB), changes=changes)) == [(JAN, began), (resumed, FEB + DAYS_3)]


def test_two_memberships_make_one_person_and_the_one_that_began_first_names_it() -> None:
    second = Piece("sub_2", Kind.TERM, JAN + DAYS_3, MAR, "yearly", None)
    first = Piece("sub_1", Kind.TERM, JAN, FEB, "monthly", None)
    found = stretches([second, first])
    assert [(one.starts_at, one.ends_at, one.membership, one.plan) for one in found] == [
        (JAN, MAR, "sub_1", "monthly")
    ]


def test_stretches_that_touch_are_one() -> None:
    halves = [Piece("a", Kind.TERM, JAN, FEB, None, None), Piece("b", Kind.GRACE, FEB, MAR, None, None)]
    assert [(one.starts_at, one.ends_at) for one in stretches(halves)] == [(JAN, MAR)]


def test_no_coverage_reaches_the_end_of_time() -> None:
    person = told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1", (-500, JAN + DAYS_3)),))
    assert all(end < FAR for _, end in covered(person))


def change(was: str, became: str, when: datetime, **more: Any) -> facts.Change:
    return facts.Change("sub_1", "status", was, became, when, inferred=False, **more)


def test_a_pause_cuts_from_its_moment_until_it_resumes() -> None:
    """RULES 3: from the recorded moment of the pause until it resumes."""
    pause, resume = JAN + timedelta(days=5), JAN + timedelta(days=9)
    person = told(
        invoice("in_1", JAN, FEB), changes=(change("active", "paused", pause), change("paused", "active", resume))
    )
    assert spans(person, Kind.TERM) == [(JAN, pause), (resume, FEB)]


def test_two_changes_of_one_second_are_read_in_the_order_they_lead_to() -> None:
    """Resumed and paused again within a second: sorted by their words they would end active."""
    paused = (
        change("paused", "active", JAN + timedelta(days=3)),
        change("active", "paused", JAN + timedelta(days=3)),
    )
    person = told(
        invoice("in_1", JAN, FEB), changes=(change("active", "paused", JAN + timedelta(days=1)), *paused)
    )
    assert spans(person, Kind.TERM) == [(JAN, JAN + timedelta(days=1))]


def test_a_subscription_of_a_status_not_known_here_is_not_counted() -> None:
    """RULES 4: never guessed."""
    assert covered(told(invoice("in_1", JAN, FEB), subscriptions=(subscription(status="dreaming"),))) == []


def test_an_invoice_in_a_currency_not_known_here_buys_no_term() -> None:
    assert covered(told(invoice("in_1", JAN, FEB, currency="ZZZ"))) == []


def test_a_dispute_counts_in_the_readers_currency_whatever_the_account_settles_in() -> None:
    """It took 5.47 of the account's money for 5.00 of the reader's; a part given back is in force no longer."""
    took, gave = JAN + timedelta(days=3), JAN + timedelta(days=20)
    person = told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1", (-547, took), (547, gave)),))
    assert spans(person, Kind.TERM) == [(JAN, took), (gave, FEB)]
    part = told(invoice("in_1", JAN, FEB), disputes=(dispute("in_1", (-547, took), (100, gave)),))
    assert spans(part, Kind.TERM) == [(JAN, took), (gave, FEB)], "less than all of it is gone"


def test_a_prorations_credit_is_no_free_period() -> None:
    lines = (line(JAN, FEB, id="il_1", amount_minor=-300), line(JAN, FEB, id="il_2", amount_minor=800))
    assert spans(told(invoice("in_1", JAN, FEB, lines=lines)), Kind.FREE) == []
