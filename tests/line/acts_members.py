"""Acts on a subscription that runs: other plans, cancelling, pausing, other cards, deletion."""

from __future__ import annotations

from tests.line.acts_joining import OFTEN, PLANS
from tests.line.stage import Raw, Stage, act

DAY = 86_400


def _member(stage: Stage, *statuses: str) -> Raw | None:
    """A running subscription of one item."""
    found = stage.subscriptions(*(statuses or ("active", "past_due", "trialing")))
    return stage.any([one for one in found if len(one["items"]["data"]) == 1])  # type: ignore[no-any-return]


def _other_plan(stage: Stage, behavior: str) -> str | None:
    one = _member(stage)
    if one is None:
        return None
    item = one["items"]["data"][0]
    currency = one["currency"]
    plans = [plan for plan in {*OFTEN, *PLANS, "price_club_week_eur"} if plan.endswith(currency)]
    plan = stage.dice.choice(sorted(plans))
    done = stage.try_(
        f"subscriptions/{one['id']}", items=[{"id": item["id"], "price": plan}], proration_behavior=behavior
    )
    return done and f"{one['id']} changes from {item['price']['id']} to {plan}, {behavior}"


@act(1.5)
def change_plan_with_prorations(stage: Stage) -> str | None:
    return _other_plan(stage, "create_prorations")


@act(1.5)
def change_plan_and_invoice(stage: Stage) -> str | None:
    return _other_plan(stage, "always_invoice")


@act(1)
def change_plan_without_settling(stage: Stage) -> str | None:
    return _other_plan(stage, "none")


@act(1)
def change_quantity(stage: Stage) -> str | None:
    one = _member(stage)
    if one is None:
        return None
    item, quantity = one["items"]["data"][0], stage.dice.randint(1, 4)
    how = stage.dice.choice(("create_prorations", "always_invoice", "none"))
    stage.post(
        f"subscriptions/{one['id']}", items=[{"id": item["id"], "quantity": quantity}], proration_behavior=how
    )
    return f"{one['id']} has quantity {quantity}, {how}"


@act(0.6)
def add_another_product(stage: Stage) -> str | None:
    one = _member(stage, "active")
    extra = {"price_member_month_eur": "price_shirt_month_eur", "price_club_month_eur": "price_member_month_eur"}
    price = one and extra.get(one["items"]["data"][0]["price"]["id"])
    if not one or not price:
        return None
    how = stage.dice.choice(("create_prorations", "always_invoice"))
    stage.post(f"subscriptions/{one['id']}", items=[{"price": price}], proration_behavior=how)
    return f"{one['id']} gets {price} too, {how}"


@act(1.5)
def cancel_at_once(stage: Stage) -> str | None:
    one = stage.any(stage.subscriptions())
    done = one and stage.try_(f"subscriptions/{one['id']}", "DELETE")
    return done and f"{one['id']} is cancelled at once"


@act(2)
def cancel_at_period_end(stage: Stage) -> str | None:
    one = _member(stage)
    if one is None or one["cancel_at_period_end"]:
        return None
    stage.post(f"subscriptions/{one['id']}", cancel_at_period_end=True)
    return f"{one['id']} is cancelled at the period's end"


@act(0.6)
def cancel_at_a_later_day(stage: Stage) -> str | None:
    one = _member(stage)
    if one is None:
        return None
    at = stage.now() + stage.dice.randint(1, 20 * DAY)
    stage.post(f"subscriptions/{one['id']}", cancel_at=at)
    return f"{one['id']} is to be cancelled at {at}"


@act(3)
def change_of_mind(stage: Stage) -> str | None:
    leaving = [one for one in stage.subscriptions() if one["cancel_at_period_end"]]
    one = stage.any(leaving)
    if one is None:
        return None
    stage.post(f"subscriptions/{one['id']}", cancel_at_period_end=False)
    return f"{one['id']} stays after all"


def _pause_collection(stage: Stage, behavior: str) -> str | None:
    one = _member(stage)
    if one is None or one["pause_collection"]:
        return None
    wish: Raw = {"behavior": behavior}
    if stage.chance(0.4):
        wish["resumes_at"] = stage.now() + stage.dice.randint(DAY, 40 * DAY)
    stage.post(f"subscriptions/{one['id']}", pause_collection=wish)
    return f"collecting for {one['id']} is paused: {wish}"


@act(0.8)
def pause_collection_as_draft(stage: Stage) -> str | None:
    return _pause_collection(stage, "keep_as_draft")


@act(0.8)
def pause_collection_voiding(stage: Stage) -> str | None:
    return _pause_collection(stage, "void")


@act(0.8)
def pause_collection_writing_off(stage: Stage) -> str | None:
    return _pause_collection(stage, "mark_uncollectible")


@act(4.5)
def collect_again(stage: Stage) -> str | None:
    one = stage.any([one for one in stage.subscriptions() if one["pause_collection"]])
    if one is None:
        return None
    stage.post(f"subscriptions/{one['id']}", pause_collection=None)
    return f"{one['id']} is collected again"


@act(1.2)
def pause(stage: Stage) -> str | None:
    one = _member(stage)
    done = one and stage.try_(f"subscriptions/{one['id']}/pause", type="subscription")
    return done and one and f"{one['id']} is paused"


@act(9)
def resume(stage: Stage) -> str | None:
    one = stage.any(stage.subscriptions("paused"))
    done = one and stage.try_(f"subscriptions/{one['id']}/resume")
    return done and f"{one['id']} is resumed"


@act(1.5)
def give_another_card(stage: Stage) -> str | None:
    one = stage.any(stage.subscriptions())
    if one is None or one["customer"] not in stage.people:
        return None
    card = stage.dice.choice(("pm_card_visa", "pm_card_visa", "pm_sepa_pays", "pm_card_chargeCustomerFail"))
    if card.startswith("pm_sepa") and one["currency"] != "eur":
        return None
    stage.post(f"subscriptions/{one['id']}", default_payment_method=card)
    return f"{one['id']} is to be paid by {card}"


@act(0.8)
def discount_later(stage: Stage) -> str | None:
    one = _member(stage, "active")
    if one is None:
        return None
    percent, duration = stage.dice.choice((50, 100)), stage.dice.choice(("once", "forever"))
    coupon = stage.post("coupons", percent_off=percent, duration=duration)["id"]
    stage.post(f"subscriptions/{one['id']}", discounts=[{"coupon": coupon}])
    return f"{one['id']} gets {percent} % off {duration}"


@act(0.4)
def delete_a_customer(stage: Stage) -> str | None:
    who = stage.any(stage.people)
    if who is None:
        return None
    stage.sandbox.must("DELETE", f"/v1/customers/{who}")
    stage.lose(who)
    return f"{who} is deleted"
