"""RULES 7 on random histories: months add up to the ledger, and what is frozen stays, whoever closes what when."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.conftest import empty
from tracker.core import facts
from tracker.db import db
from tracker.ledger import books, landmarks, months
from tracker.projections.finance import closing, outgoing
from tracker.projections.finance.closing import RefusedError
from tracker.projections.finance.cut import UnknownMonthError, cut

SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
BEGIN = datetime(2026, 1, 20, tzinfo=UTC)
CURRENCIES = ("EUR", "JPY", "KWD", "UGX")
ZONES = (ZoneInfo("Europe/Kyiv"), ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Caracas"))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What happens, each with its dice: days go by, bookings come late or twice, months close and are reopened."""
    moves = st.sampled_from(("days", "days", "book", "book", "book", "again", "close", "close", "reopen", "zone"))
    return draw(st.lists(st.tuples(moves, st.integers(0, 2**20)), min_size=10, max_size=30))


@dataclass
class Ledger:
    """The books of one history, and what was once handed out of them."""

    now: datetime = BEGIN
    zone: ZoneInfo = ZONES[0]
    told: list[facts.Entry] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)
    frozen: dict[tuple[str, int], dict[str, bytes]] = field(default_factory=dict)

    def play(self, move: str, dice: Random) -> None:
        if move == "days":
            self.now += timedelta(days=dice.randint(1, 40))
        elif move == "zone":
            self.zone = dice.choice(ZONES)
        elif move == "book":
            self.told += [self.invented(dice) for _ in range(dice.randint(1, 8))]
            self.store(dice.sample(self.told, min(len(self.told), 12)) + self.told[-8:])
        elif move == "again" and self.told:
            self.store(dice.choices(self.told, k=5))
        elif move == "close":
            self.close(dice)
        elif move == "reopen":
            self.reopen()

    def invented(self, dice: Random) -> facts.Entry:
        at = self.now - timedelta(seconds=dice.randint(0, 90 * 86_400))
        amount, fee = dice.randint(-10_000, 10_000), dice.randint(0, 300)
        name, currency = f"txn_{len(self.told)}_{dice.getrandbits(40)}", dice.choice(CURRENCIES)
        return facts.Entry(
            name, "charge", "charge", currency, amount, fee, amount - fee, at, None, "pending", None, None, "=x"
        )

    def store(self, entries: Sequence[facts.Entry]) -> None:
        books.add_entries(db.session(), entries, self.zone, self.now)
        db.session.commit()

    def close(self, dice: Random) -> None:
        for name in (landmarks.WHOLE, landmarks.LEDGER_WHOLE, landmarks.AS_OF, landmarks.LAST_SYNC):
            landmarks.put(db.session(), name, self.now)
        db.session.commit()
        shut = months.shut_through(db.session())
        month = months.after(shut) if shut else f"{self.now - timedelta(days=dice.randint(0, 90)):%Y-%m}"
        try:
            version = closing.close(month, self.zone, "somebody", self.now)
        except (RefusedError, UnknownMonthError):  # it runs, is to come, or was passed over
            return
        self.frozen[version.month, version.version] = self.taken(version.month)

    def reopen(self) -> None:
        if shut := months.shut_through(db.session()):
            closing.reopen(shut, self.zone, "somebody", "why not", self.now)

    def taken(self, month: str, version: int | None = None) -> dict[str, bytes]:
        with outgoing.month_files(cut(month, self.zone, self.now + timedelta(days=3)), version) as (_, found):
            return {name: b"".join(pieces) for name, pieces in found}

    def holds(self) -> None:
        """All that is promised, now."""
        rows: dict[str, str] = {}
        sums: dict[str, int] = defaultdict(int)
        for month in db.session.scalars(text("SELECT DISTINCT booked_month FROM entry")).all():
            files = self.taken(month)
            for row in csv.DictReader(io.StringIO(files["transactions.csv"].decode(), newline="")):
                assert row["balance_transaction_id"] not in rows
                rows[row["balance_transaction_id"]] = month
            for currency, columns in json.loads(files["manifest.json"])["files"][0]["sums"].items():
                sums[currency] += int(columns["net"].replace(".", ""))
        stored = {entry.id: entry for entry in self.told}
        assert set(rows) == set(stored)
        for currency in CURRENCIES:
            assert sums[currency] == sum(one.net_minor for one in stored.values() if one.currency == currency)
        assert all(rows[name] == month for name, month in self.homes.items()), "a booking has moved"
        self.homes = rows
        for (month, version), files in self.frozen.items():
            assert self.taken(month, version) == files


@SOME
@given(history=histories())
def test_months_add_up_to_the_ledger_and_what_is_frozen_stays(
    projecting: Flask, history: list[tuple[str, int]]
) -> None:
    with projecting.app_context():
        db.session.rollback()
        empty(projecting)
        ledger = Ledger()
        for move, seed in history:
            ledger.play(move, Random(seed))
            ledger.holds()
        db.session.remove()
    empty(projecting)


@pytest.mark.parametrize("shut", [None, "2026-02", "2026-03", "2026-05"])
@pytest.mark.parametrize("month", ["2026-01", "2026-03", "2026-04"])
def test_the_home_of_a_booking_is_its_own_month_or_the_running_one(month: str, shut: str | None) -> None:
    home, is_prior = months.home(month, shut, "2026-06")
    assert (home, is_prior) == ((month, False) if shut is None or month > shut else ("2026-06", True))


def test_no_booking_comes_into_a_month_that_a_change_of_zone_made_the_running_one_again() -> None:
    assert months.home("2026-11", "2026-12", "2026-12") == ("2027-01", True)
