"""Random worlds play without an error, everything happens in them, and the oracle's answers hold together."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from itertools import pairwise

import pytest

from tests.line.account import Account
from tests.line.oracle import cents, entries, figures, truth
from tests.line.stage import ACTS
from tests.line.worlds import World

SEEDS = 120


def test_worlds_play_and_everything_happens_in_them() -> None:
    done: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for seed in range(SEEDS):
        with World(seed) as world:
            try:
                world.play()
                hold_together(world)
            except Exception as problem:
                raise AssertionError(world.story()) from problem
            done.update(world.stage.done)
            told.update(event["type"] for event in world.history)
            statuses.update(
                f"{event['data']['object']['object']} {event['data']['object'].get('status')}"
                for event in world.history
            )
    assert set(ACTS) <= set(done)
    for name in "past_due unpaid paused canceled incomplete incomplete_expired trialing".split():
        assert statuses[f"subscription {name}"], name
    for status in "refund pending|refund failed|refund canceled|dispute won|dispute lost|invoice void".split("|"):
        assert statuses[status], status
    for name in ("checkout.session.expired", "checkout.session.async_payment_failed", "charge.dispute.created"):
        assert told[name], name


def hold_together(world: World) -> None:
    account = Account.of(world.sandbox)
    found = truth(account, world.history, world.terms)
    assert found == truth(account, world.history, world.terms)
    for stretches in found.values():
        assert all(start < end and start.tzinfo is UTC for start, end in stretches)
        assert all(one[1] < other[0] for one, other in pairwise(stretches))
    instants = [at for stretches in found.values() for stretch in stretches for at in stretch]
    for at in {*instants[:2], *(one + timedelta(seconds=1) for one in instants[1:2])}:
        now = figures(at, account, world.history, world.terms)
        covered = {person for person, held in found.items() if any(start < at <= end for start, end in held)}
        assert (now.active, now.in_grace - covered, now.complimentary & covered) == (covered, set(), set())
    add_up(world, account)


def add_up(world: World, account: Account) -> None:
    held = world.sandbox.must("GET", "/v1/balance")
    balance = {one["currency"]: 0 for one in held["available"]}
    for one in [*held["available"], *held["pending"]]:
        balance[one["currency"]] += one["amount"]
    sums = cents(account)
    assert {currency: one["net"] for currency, one in sums.items()} == {
        currency: amount for currency, amount in balance.items() if currency in sums
    }
    assert all(net == amount - fee for amount, fee, net, *_ in entries(account).values())
    assert sum(one["count"] for one in sums.values()) == len(entries(account))


@pytest.mark.parametrize("seed", [3, 11])
def test_a_seed_always_tells_the_same_story(seed: int) -> None:
    def told() -> tuple[list[str], list[str], object]:
        with World(seed) as world:
            world.play()
            found = truth(Account.of(world.sandbox), world.history, world.terms)
            return world.told, [event["id"] for event in world.history], found

    assert told() == told()


def test_messages_are_all_that_history_holds_and_come_once() -> None:
    with World(5) as world:
        first = world.messages()
        world.play(6)
        rest = world.messages()
        assert (len(first) + len(rest), world.messages()) == (len(world.history), [])
        assert len({event["id"] for event in world.history}) == len(world.history)
        assert [event["created"] for event in world.history] == sorted(one["created"] for one in world.history)
