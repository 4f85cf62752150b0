"""Acts by which readers come: Checkout in every way, trials, coupons, purchases, donations."""

from __future__ import annotations

from typing import Any

from tests.line.stage import (
    BOUNCES,
    BOUNCES_LATE,
    DEBIT_DISPUTED,
    DECLINED,
    DISPUTES,
    FAILS_LATER,
    GOOD,
    REFUNDS_FAIL,
    REFUNDS_WAIT,
    SETTLES,
    Raw,
    Stage,
    act,
)

MONTHLY, OFTEN = "price_member_month_eur", ("price_member_week_eur", "price_member_month_eur")
PLANS = (
    *OFTEN, MONTHLY, "price_club_month_eur", "price_member_year_eur", "price_club_two_months_eur",
    "price_member_month_usd", "price_club_month_jpy", "price_member_month_kwd",
)  # fmt: skip
IN_EUROS = tuple(plan for plan in PLANS if plan.endswith("eur"))
TERMS = (
    "price_half_eur",
    "price_half_eur",
    "price_short_eur",
    "price_short_eur",
    "price_short_usd",
    "price_half_jpy",
)


def checkout(stage: Stage, items: list[Raw], mode: str = "subscription", **wish: Any) -> Raw:
    """An open session, of somebody known or of somebody new."""
    who = wish.pop("who", None)
    more: Raw = {"customer": who} if who else {}
    if mode == "payment" and not who and wish.pop("keeps", False):
        more["customer_creation"] = "always"
    wish.pop("keeps", None)
    return stage.post("checkout/sessions", mode=mode, line_items=items, success_url="http://x/", **more, **wish)


def pay(stage: Stage, session: Raw, **how: str) -> Raw | None:
    """Pay a session on its page; None when the page refuses it altogether."""
    number = len(stage.people) + 1
    who = {"email": f"reader{number}@example.org", "name": f"Reader {number}", "country": "UA"}
    if stage.steer(f"sessions/{session['id']}/pay", **{**who, **how}) is None:
        return None
    paid = stage.one(f"checkout/sessions/{session['id']}")
    stage.meet(paid["customer"])
    return paid


def _join(stage: Stage, plans: tuple[str, ...], pay_by: Raw, **wish: Any) -> str | None:
    quantity = wish.pop("quantity", 1)
    who = wish.pop("who", None) or stage.reader()
    plans = _in_their_currency(stage, who, plans)
    if not plans:
        return None
    plan = stage.dice.choice(plans)
    items = [{"price": plan, "quantity": quantity}, *wish.pop("also", [])]
    paid = pay(stage, checkout(stage, items, who=who, **wish), **pay_by)
    if paid is None or not paid["subscription"]:
        return None
    return f"{paid['customer']} joins by {plan} x {quantity}: {paid['subscription']}"


def _in_their_currency(stage: Stage, who: str | None, plans: tuple[str, ...]) -> tuple[str, ...]:
    """Stripe gives a customer subscriptions in one currency only."""
    currency = stage.one(f"customers/{who}")["currency"] if who else None
    return tuple(plan for plan in plans if currency is None or plan.endswith(currency))


@act(5)
def join(stage: Stage) -> str | None:
    return _join(stage, PLANS, {"card": GOOD})


@act(4)
def join_with_a_card_that_fails_later(stage: Stage) -> str | None:
    said = _join(stage, (*OFTEN, *OFTEN, "price_member_month_usd"), {"card": FAILS_LATER})
    return said and f"{said}, renewals will fail"


@act(1)
def join_with_a_declined_card(stage: Stage) -> str | None:
    session = checkout(stage, [{"price": stage.dice.choice(PLANS), "quantity": 1}])
    status, _ = stage.sandbox.ask("POST", f"/_test/sessions/{session['id']}/pay", {"card": DECLINED})
    assert status == 402
    if stage.chance(0.5):
        return f"a card is declined in {session['id']}"
    pay(stage, session, card=GOOD)
    return f"a card is declined in {session['id']}, another works"


@act(1)
def leave_a_session_open(stage: Stage) -> str | None:
    session = checkout(stage, [{"price": stage.dice.choice(PLANS), "quantity": 1}])
    return f"{session['id']} is left open"


@act(2)
def join_by_bank_debit(stage: Stage) -> str | None:
    said = _join(stage, IN_EUROS, {"iban": SETTLES})
    return said and f"{said}, by a debit"


@act(2)
def join_by_a_debit_that_bounces(stage: Stage) -> str | None:
    said = _join(stage, IN_EUROS, {"iban": BOUNCES})
    return said and f"{said}, by a debit that will bounce"


@act(2)
def join_by_a_debit_that_bounces_late(stage: Stage) -> str | None:
    said = _join(stage, IN_EUROS, {"iban": BOUNCES_LATE})
    return said and f"{said}, by a debit that will bounce late"


@act(0.7)
def join_and_dispute(stage: Stage) -> str | None:
    way = {"card": DISPUTES} if stage.chance(0.6) else {"iban": DEBIT_DISPUTED}
    said = _join(stage, IN_EUROS, way)
    return said and f"{said}, and will dispute it"


@act(1.2)
def join_with_a_card_of_strange_refunds(stage: Stage) -> str | None:
    card = stage.dice.choice((REFUNDS_WAIT, REFUNDS_FAIL))
    said = _join(stage, PLANS, {"card": card})
    return said and f"{said}, card {card}"


@act(1.5)
def join_on_trial(stage: Stage) -> str | None:
    days = stage.dice.choice((3, 7, 14))
    data = {"trial_period_days": days}
    said = _join(stage, PLANS, {"card": stage.dice.choice((GOOD, FAILS_LATER))}, subscription_data=data)
    return said and f"{said}, on {days} days' trial"


@act(1)
def start_a_trial_without_card(stage: Stage) -> str | None:
    behavior = stage.dice.choice(("cancel", "pause", "create_invoice"))
    if len(stage.people) >= stage.most_people:
        return None
    who = stage.post("customers", email="trial@example.org")["id"]
    stage.meet(who)
    made = stage.post(
        "subscriptions", customer=who, items=[{"price": MONTHLY}], trial_period_days=stage.dice.choice((2, 7)),
        trial_settings={"end_behavior": {"missing_payment_method": behavior}},
    )  # fmt: skip
    return f"{who} has a trial without a card, {behavior} at its end: {made['id']}"


@act(1)
def start_with_a_card_that_fails(stage: Stage) -> str | None:
    """Without Checkout: incomplete until it is paid, or gone after 23 hours."""
    if len(stage.people) >= stage.most_people:
        return None
    who = stage.post("customers", email="incomplete@example.org")["id"]
    stage.meet(who)
    plan = stage.dice.choice(OFTEN)
    made = stage.post(
        "subscriptions", customer=who, items=[{"price": plan}], default_payment_method="pm_card_chargeDeclined"
    )
    return f"{who} starts {plan} with a card that is declined: {made['id']} {made['status']}"


def _with_coupon(stage: Stage, percent: int, duration: str) -> str | None:
    coupon = stage.post("coupons", percent_off=percent, duration=duration)["id"]
    said = _join(stage, (*OFTEN, *PLANS), {"card": GOOD}, discounts=[{"coupon": coupon}])
    return said and f"{said}, {percent} % off {duration}"


@act(1)
def join_at_part_price_once(stage: Stage) -> str | None:
    return _with_coupon(stage, 30, "once")


@act(0.8)
def join_at_part_price_for_ever(stage: Stage) -> str | None:
    return _with_coupon(stage, 50, "forever")


@act(1)
def join_free_once(stage: Stage) -> str | None:
    return _with_coupon(stage, 100, "once")


@act(0.8)
def join_free_for_ever(stage: Stage) -> str | None:
    return _with_coupon(stage, 100, "forever")


@act(0.8)
def join_with_an_amount_off(stage: Stage) -> str | None:
    coupon = stage.post("coupons", amount_off=200, currency="eur", duration=stage.dice.choice(("once", "forever")))
    said = _join(stage, IN_EUROS, {"card": GOOD}, discounts=[{"coupon": coupon["id"]}])
    return said and f"{said}, 2 euros off"


@act(0.8)
def join_several_at_once(stage: Stage) -> str | None:
    return _join(stage, PLANS, {"card": GOOD}, quantity=stage.dice.randint(2, 4))


@act(1.2)
def join_a_second_time(stage: Stage) -> str | None:
    running = stage.subscriptions("active", "past_due")
    who = stage.any([one["customer"] for one in running if one["customer"] in stage.people])
    said = who and _join(stage, PLANS, {"card": GOOD}, who=who)
    return said and f"{said}, a second membership"


@act(0.8)
def subscribe_to_something_else(stage: Stage) -> str | None:
    return _join(stage, ("price_shirt_month_eur",), {"card": GOOD})


@act(1)
def join_and_buy_along(stage: Stage) -> str | None:
    extra = stage.dice.choice(("price_shirt_eur", "price_gift_eur", "price_half_eur", "price_plain_eur"))
    said = _join(stage, IN_EUROS, {"card": GOOD}, also=[{"price": extra, "quantity": 1}])
    return said and f"{said}, with {extra} on the first invoice"


def _buy(stage: Stage, prices: list[str], how: Raw, **wish: Any) -> str | None:
    items = [{"price": price, "quantity": 1 + stage.chance(0.2)} for price in prices]
    who = wish.pop("who", None) or (stage.reader() if stage.chance(0.6) else None)
    paid = pay(stage, checkout(stage, items, "payment", who=who, **wish), **how)
    return paid and f"{paid['customer'] or 'a guest'} buys {' and '.join(prices)}: {paid['id']}"


@act(3)
def buy_a_term(stage: Stage) -> str | None:
    return _buy(stage, [stage.dice.choice(TERMS)], {"card": GOOD}, keeps=stage.chance(0.6))


@act(3)
def buy_a_term_again(stage: Stage) -> str | None:
    bought = [one for one in stage.all("checkout/sessions", status="complete") if one["mode"] == "payment"]
    who = stage.any([one["customer"] for one in bought if one["customer"] in stage.people])
    return who and _buy(stage, [stage.dice.choice(TERMS)], {"card": GOOD}, who=who)


@act(0.8)
def buy_a_term_by_debit(stage: Stage) -> str | None:
    iban = stage.dice.choice((SETTLES, BOUNCES, BOUNCES_LATE, DEBIT_DISPUTED))
    said = _buy(stage, [stage.dice.choice(("price_half_eur", "price_short_eur"))], {"iban": iban}, keeps=True)
    return said and f"{said}, by debit {iban}"


@act(1.2)
def buy_several_things(stage: Stage) -> str | None:
    prices = ["price_half_eur", "price_short_eur", "price_shirt_eur", "price_gift_eur", "price_short_2_eur"]
    return _buy(stage, stage.dice.sample(prices, stage.dice.randint(2, 4)), {"card": GOOD}, keeps=True)


@act(0.8)
def buy_a_term_for_nothing(stage: Stage) -> str | None:
    coupon = stage.post("coupons", percent_off=100, duration="once")["id"]
    said = _buy(stage, ["price_short_eur"], {"card": GOOD}, keeps=True, discounts=[{"coupon": coupon}])
    return said and f"{said}, for nothing"


@act(1)
def donate(stage: Stage) -> str | None:
    return _buy(stage, [stage.dice.choice(("price_gift_eur", "price_plain_eur"))], {"card": GOOD})


@act(0.7)
def buy_a_shirt(stage: Stage) -> str | None:
    return _buy(stage, ["price_shirt_eur"], {"card": GOOD}, keeps=stage.chance(0.5))
