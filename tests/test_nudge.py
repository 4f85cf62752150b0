"""A worker is asked to look at once, then a few times a second, and the last call is never left out."""

import threading
import time

from tracker.local.life import wait_until
from tracker.nudge import Nudge


def test_a_call_is_sent_soon() -> None:
    sent: list[float] = []
    Nudge(lambda: sent.append(time.monotonic()))()
    assert wait_until(lambda: len(sent) == 1, 5)


def test_many_calls_become_few_and_the_last_one_counts() -> None:
    asked, seen = [0], []
    nudge = Nudge(lambda: seen.append(asked[0]), pause=0.05)
    for number in range(1, 2001):
        asked[0] = number
        nudge()
    assert wait_until(lambda: bool(seen) and seen[-1] == 2000, 5)
    assert len(seen) < 100


def test_a_broker_that_hangs_or_fails_holds_nobody_up_and_is_tried_again() -> None:
    gate, tries = threading.Event(), []

    def broken() -> None:
        tries.append(1)
        gate.wait(10)
        raise ConnectionError("no broker")

    nudge = Nudge(broken, pause=0.01)
    began = time.monotonic()
    for _ in range(100):
        nudge()
    assert wait_until(lambda: len(tries) == 1, 5) and time.monotonic() - began < 5
    nudge()
    gate.set()
    assert wait_until(lambda: len(tries) == 2, 5)
    nudge()
    assert wait_until(lambda: len(tries) == 3, 5)
