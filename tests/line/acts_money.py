"""Acts by which money goes back: refunds in every status, disputes in every turn."""

from __future__ import annotations

from tests.line.stage import Raw, Stage, act


def _refund(stage: Stage, charge: Raw | None, share: float, **more: object) -> str | None:
    if charge is None:
        return None
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if share == 1 else max(1, int(left * share))
    made = stage.try_("refunds", charge=charge["id"], amount=amount, **more)
    return made and f"{made['id']} of {amount} of {charge['amount']} {charge['currency']} ({charge['id']}) {more}"


@act(2.56)
def refund_all(stage: Stage) -> str | None:
    return _refund(stage, stage.any(stage.charges()), 1)


@act(1.2)
def refund_a_part(stage: Stage) -> str | None:
    return _refund(stage, stage.any(stage.charges()), 0.4)


@act(2.4)
def refund_the_rest(stage: Stage) -> str | None:
    return _refund(stage, stage.any([one for one in stage.charges() if one["amount_refunded"]]), 1)


@act(0.8)
def refund_once_the_reader_says_where_to(stage: Stage) -> str | None:
    return _refund(
        stage, stage.any(stage.charges()), stage.dice.choice((0.5, 1)), instructions_email="a@b.example"
    )


def _refund_becomes(stage: Stage, found: tuple[str, ...], status: str) -> str | None:
    one = stage.any([one for one in stage.all("refunds") if one["status"] in found])
    done = one and stage.steer(f"refunds/{one['id']}", status=status)
    return done and f"{one['id']} is {status}"


@act(3)
def let_a_refund_succeed(stage: Stage) -> str | None:
    return _refund_becomes(stage, ("pending", "requires_action"), "succeeded")


@act(3)
def let_a_refund_fail(stage: Stage) -> str | None:
    return _refund_becomes(stage, ("succeeded", "pending"), "failed")


@act(3)
def call_a_refund_off(stage: Stage) -> str | None:
    return _refund_becomes(stage, ("requires_action",), "canceled")


def _dispute(stage: Stage, share: float, **more: object) -> str | None:
    charge = stage.any([one for one in stage.all("charges") if one["status"] == "succeeded"])
    if charge is None:
        return None
    amount = charge["amount"] if share == 1 else max(1, int(charge["amount"] * share))
    made = stage.steer("disputes", charge=charge["id"], amount=amount, **more)
    return made and f"{made['id']} over {amount} of {charge['id']} {more or ''}"


@act(1.92)
def dispute_all(stage: Stage) -> str | None:
    return _dispute(stage, 1)


@act(0.8)
def dispute_a_part(stage: Stage) -> str | None:
    return _dispute(stage, 0.6)


@act(0.7)
def inquire(stage: Stage) -> str | None:
    return _dispute(stage, 1, inquiry=True)


def _is_taken(dispute: Raw) -> bool:
    return sum(one["amount"] for one in dispute["balance_transactions"]) < 0


def _dispute_becomes(stage: Stage, found: tuple[str, ...], status: str) -> str | None:
    one = stage.any([one for one in stage.all("disputes") if one["status"] in found])
    done = one and stage.steer(f"disputes/{one['id']}", status=status)
    return done and f"{one['id']} is {status}"


@act(3.6)
def win_a_dispute(stage: Stage) -> str | None:
    return _dispute_becomes(stage, ("needs_response", "under_review", "appeal_under_review"), "won")


@act(2.4)
def lose_a_dispute(stage: Stage) -> str | None:
    return _dispute_becomes(stage, ("needs_response", "under_review"), "lost")


@act(2.4)
def appeal(stage: Stage) -> str | None:
    return _dispute_becomes(stage, ("lost",), stage.dice.choice(("appeal_needs_response", "appeal_under_review")))


@act(2.4)
def turn_an_inquiry_into_a_dispute(stage: Stage) -> str | None:
    return _dispute_becomes(stage, ("warning_needs_response",), "needs_response")


@act(1.8)
def close_an_inquiry(stage: Stage) -> str | None:
    return _dispute_becomes(stage, ("warning_needs_response",), "warning_closed")


@act(2.4)
def give_disputed_money_back(stage: Stage) -> str | None:
    one = stage.any([one for one in stage.all("disputes") if _is_taken(one)])
    done = one and stage.steer(f"disputes/{one['id']}", reinstate=True)
    return done and f"the money of {one['id']} is given back"


@act(3)
def take_disputed_money_again(stage: Stage) -> str | None:
    found = [one for one in stage.all("disputes") if one["balance_transactions"] and not _is_taken(one)]
    one = stage.any(found)
    done = one and stage.steer(f"disputes/{one['id']}", withdraw=True)
    return done and f"the money of {one['id']} is taken again"
