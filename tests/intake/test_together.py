"""One transaction for all who wait: each gets his own outcome, and a failure is told to those whom it hit."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracker.intake.together import Together
from tracker.local.life import wait_until


def test_each_of_many_callers_gets_the_outcome_of_his_own_item() -> None:
    together: Together[int, int] = Together(lambda items: [item * item for item in items])
    with ThreadPoolExecutor(8) as callers:
        assert list(callers.map(together.do, range(500))) == [number * number for number in range(500)]


class Slow:
    """A write that holds its first batch until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go = threading.Event()

    def __call__(self, items: Sequence[str]) -> Sequence[str]:
        self.batches.append(list(items))
        if len(self.batches) == 1:
            self.go.wait(10)
        if "bad" in items:
            raise ValueError("the disk is full")
        return items


def gathered(slow: Slow, *items: str) -> tuple[list[list[str]], list[str | Exception]]:
    """(the batches, what each got) where `items` come while the first, "early", is being written."""
    together = Together(slow)

    def ask(item: str) -> str | Exception:
        try:
            return together.do(item)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(8) as callers:
        early = callers.submit(ask, "early")
        assert wait_until(lambda: slow.batches == [["early"]], 5)
        later = [callers.submit(ask, item) for item in items]
        assert wait_until(lambda: len(together) == len(items), 5)
        slow.go.set()
        return slow.batches, [one.result() for one in (early, *later)]


def test_who_comes_while_another_is_written_is_written_with_all_who_wait() -> None:
    batches, got = gathered(Slow(), "a", "b", "c")
    assert [sorted(batch) for batch in batches] == [["early"], ["a", "b", "c"]]
    assert got == ["early", "a", "b", "c"]


def test_a_failure_is_raised_to_everybody_in_the_batch_and_to_nobody_else() -> None:
    _, got = gathered(Slow(), "a", "bad")
    assert got[0] == "early"
    assert [str(one) for one in got[1:]] == ["the disk is full", "the disk is full"]


def test_after_a_failure_the_next_is_written() -> None:
    slow = Slow()
    slow.go.set()
    together = Together(slow)
    with pytest.raises(ValueError, match="full"):
        together.do("bad")
    assert together.do("good") == "good"
