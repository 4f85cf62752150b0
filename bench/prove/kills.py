"""kill -9 of web, worker, beat and broker at random while Stripe delivers: nothing lost, nothing doubled."""

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.figure import Figure
from bench.prove import run
from bench.prove.run import BROKER, PROCESSES, Run

DELIVERIES = 10_000
MEMBERS = 20
LANES = 3
LONGEST_STORM_SECONDS = 900.0
RECOVERED_SECONDS = 90.0
DONE_SECONDS = 60.0
LOOKS = 12
"""Of two web processes both are among so many answers, but for once in two thousand."""
BACKLOG = 300
"""So many may wait to be delivered: the account lives on while the product is killed, and no faster."""
NOTHING_DOUBLED = {
    "messages stored twice": "SELECT count(*) - count(DISTINCT id) FROM message",
    "members with two stretches at once": (
        "SELECT count(*) FROM stretch a JOIN stretch b ON a.person_id = b.person_id AND a.campaign = b.campaign"
        " AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
    ),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly readers come, and how often something is killed."""

    between_waves: float = 0.6
    rounds: int = 5
    """So many times each of the four is killed; much more often, and all would wait for restarts."""


PACE = Pace()


@dataclass
class Storm:
    """What the account went through, in the test server's own words, and what was killed meanwhile."""

    joined: int = 0
    gone: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, *, gone: bool) -> None:
        with self._lock:
            self.joined += 1
            self.gone += gone

    @property
    def members(self) -> int:
        return self.joined - self.gone


def figures(folder: Path, seed: int) -> list[Figure]:
    """Over a run of its own, as `tracker run` starts it."""
    with run.started(folder, MEMBERS) as found:
        return over(found, seed, DELIVERIES)


def over(found: Run, seed: int, deliveries: int, pace: Pace = PACE) -> list[Figure]:
    """Storm, recovery, and what is left of it."""
    before, first = found.count(), len(found.deliveries().accepted)
    assert before is not None, "the banner shows no number yet"
    began = time.monotonic()
    storm = _storm(found, seed, first, deliveries, pace)
    seconds, reached = time.monotonic() - began, found.deliveries()
    accepted = len(reached.accepted) - first
    up = _until(found.is_up, RECOVERED_SECONDS)
    truth = before + storm.members
    done = _until(lambda: _is_settled(found, truth), DONE_SECONDS * 3)
    kills = ", ".join(f"{name} {number}" for name, number in sorted(storm.kills.items()))
    told = f"{reached.tried:,} tried in {seconds:.0f} s, seed {seed}, {storm.joined:,} joined"
    return [
        Figure("kills: deliveries", accepted, "accepted", at_least=deliveries, note=told),
        Figure("kills: processes killed", sum(storm.kills.values()), "kills", note=kills),
        Figure("kills: everything up again", up, "s", at_most=RECOVERED_SECONDS),
        Figure("kills: all settled after that", done, "s", at_most=DONE_SECONDS, note=f"the count is {truth:,}"),
        Figure("kills: count beside the test server's", (found.count() or -1) - truth, "persons", 0, 0),
        *_left(found),
    ]


def _storm(found: Run, seed: int, first: int, deliveries: int, pace: Pace) -> Storm:
    """Readers join and leave while a killer goes about, until so many messages were accepted.

    While no web process answers nobody joins: deliveries that fail by the thousand would prove nothing.
    """
    storm, dice = Storm(), random.Random(seed)
    blows, falling = _blows(dice, deliveries, pace.rounds), list[threading.Timer]()
    ends = time.monotonic() + LONGEST_STORM_SECONDS
    with ThreadPoolExecutor(LANES) as lanes:
        number = 0
        while time.monotonic() < ends:
            reached = found.deliveries()
            accepted = len(reached.accepted) - first
            if accepted >= deliveries:
                break
            while blows and accepted >= blows[0][0]:
                victim = blows.pop(0)[1]
                storm.kills[victim] = storm.kills.get(victim, 0) + 1
                falling.append(threading.Timer(dice.uniform(0, 1.5), found.kill, [victim]))
                falling[-1].start()
            if reached.due < BACKLOG and found.answers():
                wave = range(number, number + LANES * 2)
                list(lanes.map(lambda one: _live(found, one, storm), wave))
                number = wave.stop
            time.sleep(pace.between_waves)
    for one in falling:
        one.join()
    return storm


def _blows(dice: random.Random, deliveries: int, rounds: int) -> list[tuple[float, str]]:
    """(after how many deliveries, whom), in order; a quarter fall together with another."""
    victims = [*PROCESSES, BROKER] * rounds
    dice.shuffle(victims)
    moments = [dice.uniform(0, deliveries * 0.95) for _ in victims]
    for place in range(1, len(moments)):
        if dice.random() < 0.25:
            moments[place] = moments[place - 1]
    return sorted(zip(moments, victims, strict=True))


def _live(found: Run, number: int, storm: Storm) -> None:
    """One reader's life: each joins, a tenth gives up at once, a tenth takes the money back."""
    customer = found.stripe(
        "POST", "/v1/customers", email=f"storm{number}@example.org", payment_method="pm_card_visa"
    )["id"]
    bought = found.stripe("POST", "/v1/subscriptions", customer=customer, **{"items[0][price]": "price_monthly"})
    end = number % 10
    if end == 3:
        found.stripe("DELETE", f"/v1/subscriptions/{bought['id']}")
    if end == 7:
        charge = found.stripe("GET", "/v1/charges", customer=customer)["data"][0]
        found.stripe("POST", "/v1/refunds", charge=charge["id"])
    storm.note(gone=end in (3, 7))


def _is_settled(found: Run, truth: int) -> bool:
    open_work = (
        "SELECT (SELECT count(*) FROM stripe_object WHERE done < wanted) + (SELECT count(*) FROM stale_person)"
    )
    # Each web process looks for newer bytes once a second, by itself: whichever answers must have them.
    return found.scalar(open_work) == 0 and all(found.count() == truth for _ in range(LOOKS))


def _left(found: Run) -> list[Figure]:
    """Nothing lost, nothing doubled: our rows beside the test server's lists."""
    accepted = found.deliveries().accepted
    stored = {row[0] for row in found.rows("SELECT id FROM message")}
    synced = found.tracker("sync", "--full", "--json")
    differs = json.loads(synced.stdout)
    money = {one["id"]: one["net"] for one in found.listed("/v1/balance_transactions")}
    ours = dict(found.rows("SELECT id, net_minor FROM entry"))
    doubled = sum(found.scalar(sql) for sql in NOTHING_DOUBLED.values())
    verified = found.tracker("rebuild", "--verify", "--json")
    return [
        Figure(
            "kills: accepted messages that are not stored",
            len(accepted - stored),
            "messages",
            at_most=0,
            note=f"{len(accepted):,} accepted",
        ),
        Figure(
            "kills: drift, and what a sync had to repair",
            len(differs["drift"]) + len(differs["repaired"]),
            "objects",
            at_most=0,
        ),
        Figure(
            "kills: entries that differ from Stripe's",
            len(money.items() ^ ours.items()),
            "entries",
            at_most=0,
            note=f"{len(money):,} balance transactions",
        ),
        Figure("kills: effects doubled", doubled, "effects", at_most=0, note=", ".join(NOTHING_DOUBLED)),
        Figure("kills: a rebuild differs from the live count", verified.returncode, "", at_most=0),
    ]


def _until(is_so: Callable[[], bool], longest: float) -> float:
    """Seconds until it is so; one more than the longest where it never was."""
    began = time.monotonic()
    while time.monotonic() < began + longest:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.2)
    return longest + 1
