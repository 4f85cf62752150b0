"""The cells that the database finishes are the very text that core makes, whatever stands in them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tracker.core import csv_text
from tracker.core.money import THREE_DECIMAL, TWO_DECIMAL, ZERO_DECIMAL, decimal_text
from tracker.db import as_json, db
from tracker.projections.finance import cells

CURRENCIES = sorted(THREE_DECIMAL | TWO_DECIMAL | ZERO_DECIMAL)
STARTS = (
    "",
    " ",
    "  ",
    "'",
    '"',
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u202e",
    "a",
    "Z",
    "~",
    "[",
    "0",
    ",",
    ";",
    "%",
    "é",
    "💛",
)
RUNS = ("", *csv_text.RUNS, "=1+1", "=HYPERLINK(1)", "@SUM(1)", "-2+3", "\r\n=1", "=cmd|'/C calc'!A0")


def cell(make: Callable[..., str], given: Iterable[Any], kind: str, *more: str, **values: Any) -> list[str]:
    """What the database makes of each of these."""
    sql = f"""SELECT {make("v", *more)} FROM jsonb_array_elements_text(CAST(:given AS jsonb))
        WITH ORDINALITY AS given (value, place), LATERAL (SELECT CAST(value AS {kind}) AS v) cast_
        ORDER BY place"""
    asked = {"given": as_json(list(given)), **cells.VALUES, **values}
    asked = {name: value for name, value in asked.items() if f":{name}" in sql}
    return list(db.session.scalars(text(sql), asked))


@pytest.fixture(scope="module")
def database(projecting: Flask) -> Any:
    with projecting.app_context():
        yield
        db.session.remove()


def test_text_of_every_dangerous_kind(database: None) -> None:
    hostile = [start + run + end for start in STARTS for run in RUNS for end in ("", "1", " x\r\ny")]
    assert cell(cells.safe, hostile, "text") == [csv_text.safe(one) for one in hostile]
    assert cell(cells.safe, [None], "text") == [""]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=50))
def test_any_text(database: None, given: list[str]) -> None:
    assert cell(cells.safe, given, "text") == [csv_text.safe(one) for one in given]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_amounts_of_every_currency(database: None, currency: str) -> None:
    dice = Random(currency)
    amounts = [0, 1, -1, 9, -10, 99, 100, -100, 1005, 2**62, -(2**62)]
    amounts += [dice.randint(-(10**15), 10**15) for _ in range(50)]
    found = cell(cells.decimal, amounts, "bigint", f"'{currency}'")
    assert found == [decimal_text(amount, currency) for amount in amounts]
    assert cell(cells.decimal, [None], "bigint", f"'{currency}'") == [""]


@pytest.mark.parametrize(
    "name", ["Europe/Kyiv", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC"]
)
def test_instants_of_every_hour_and_around_each_change_of_clocks(database: None, name: str) -> None:
    zone, begins = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    instants = [begins + timedelta(minutes=30 * step, seconds=step % 60) for step in range(2 * 24 * 365)]
    told = [at.isoformat() for at in instants]
    assert cell(cells.local, told, "timestamptz", zone=name) == [
        at.astimezone(zone).isoformat() for at in instants
    ]
    assert cell(cells.utc, told, "timestamptz") == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in instants]
    assert cell(cells.utc, [None], "timestamptz") == [""]
