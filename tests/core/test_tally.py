"""The tally closes to zero every day, in total, in every group and in money, in every zone (RULES 4)."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.calendar import add_months, day_start, local_day
from tracker.core.coverage import Kind, Piece, Worth, stretches
from tracker.core.origins import Origin
from tracker.core.recurring import value
from tracker.core.segments import Edge, Segment, Standing, segments, stood
from tracker.core.tally import DIMENSIONS, REVENUE, Known, group, tallies

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Kyiv",
        "America/New_York",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Santiago",  # its clocks change at midnight
        "Australia/Lord_Howe",  # by half an hour
    )
]
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 9, 6, 4, tzinfo=UTC),
]
"""New York's, Kyiv's and Santiago's clocks change."""


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Any minute of two years, more often at a day's edge or beside a change of the clocks."""
    how = draw(st.integers(0, 3))
    if how == 0:
        return draw(st.sampled_from(CHANGES)) + timedelta(minutes=draw(st.integers(-180, 180)))
    if how == 1:
        day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 700)))
        return day_start(day, draw(st.sampled_from(ZONES))) + timedelta(seconds=draw(st.integers(-1, 1)))
    return BEGINNING + timedelta(minutes=draw(st.integers(0, 700 * 24 * 60)))


@st.composite
def histories(draw: st.DrawFn) -> list[Piece]:
    """Pieces of three memberships with plans and worths, touching, overlapping, apart; some of one minute."""
    found: list[Piece] = []
    for _ in range(draw(st.integers(0, 10))):
        begin = (
            draw(st.sampled_from([piece.ends_at for piece in found])) if found and draw(st.booleans()) else None
        )
        begin = begin or draw(instants())
        end = begin + timedelta(minutes=draw(st.sampled_from([1, 60, 1439, 1440, 44_640, 525_600])))
        membership = draw(st.sampled_from(["sub_1", "sub_2", "offline:3"]))
        kind = draw(st.sampled_from([Kind.TERM, Kind.TERM, Kind.GRACE, Kind.FREE]))
        worth = Worth(
            draw(st.sampled_from(["EUR", "USD"])),
            draw(st.integers(1, 9000)),
            draw(st.sampled_from(["1", "12", "7d"])),
            draw(st.none() | instants()),
        )
        plan = draw(st.sampled_from(["monthly", "yearly", None]))
        worths = None if membership.startswith("offline") else worth
        found.append(Piece(membership, kind, begin, end, plan, None, draw(st.booleans()), worths))
    return found


def known(pieces: list[Piece], zone: ZoneInfo) -> Known:
    origins = {
        "sub_1": Origin("/a", "end", "v1", country="UA"),
        "sub_2": Origin("/b", "end", "v1", country="US"),
        "offline:3": Origin(source="fair", country="UA"),
    }
    return Known(zone, date(2026, 6, 1), pieces, stretches(pieces), segments(pieces), origins)


def days_of(told: Known) -> list[date]:
    """Every day that anything happens on, and the days beside it."""
    every = {local_day(at, told.zone) for piece in told.pieces for at in (piece.starts_at, piece.ends_at)}
    return sorted({day + timedelta(days=step) for day in every for step in (-1, 0, 1)})


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from(ZONES))
def test_each_day_closes_to_zero_in_total_and_in_each_group(pieces: list[Piece], zone: ZoneInfo) -> None:
    told = known(pieces, zone)
    part = tallies(told)
    for day in days_of(told):
        opening, closing = day_start(day, zone), day_start(day + timedelta(days=1), zone)
        moved = {measure: part[measure, "", day] for measure in ("joined", "returned", "left")}
        assert covered(told, opening) + moved["joined"] + moved["returned"] - moved["left"] == covered(
            told, closing
        )
        for dimension in DIMENSIONS:
            for key in ("", "monthly", "yearly", "/a", "/b", "end", "UA", "US"):
                ins = sum(part[f"{one}:{dimension}", key, day] for one in ("joined", "returned", "moved_in"))
                outs = sum(part[f"{one}:{dimension}", key, day] for one in ("left", "moved_out"))
                was, becomes = (in_group(told, dimension, key, at) for at in (opening, closing))
                assert was + ins - outs == becomes, (dimension, key, day)


def covered(told: Known, at: datetime) -> int:
    return int(any(one.starts_at < at <= one.ends_at for one in told.pieces if one.kind is not Kind.FREE))


def in_group(told: Known, dimension: str, key: str, at: datetime) -> int:
    standing = (one for one in told.segments if one.starts_at < at <= one.ends_at)
    return sum(group(one, told.origins, dimension) == key for one in standing)


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from(ZONES))
def test_recurring_money_closes_to_zero_every_day_in_each_currency_and_length(
    pieces: list[Piece], zone: ZoneInfo
) -> None:
    told = known(pieces, zone)
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    for (measure, key, day), n in sorted(tallies(told).items(), key=lambda row: row[0][2]):
        if measure.startswith(REVENUE):
            standing[key][day.isoformat()] += n
    for day in days_of(told):
        closing = day_start(day + timedelta(days=1), zone)
        truth: Counter[str] = Counter()
        for piece in pieces:
            worth = piece.worth
            if worth is None or piece.kind is not Kind.TERM or not piece.starts_at < closing <= piece.ends_at:
                continue
            if worth.until_at is None or worth.until_at >= closing:
                truth[f"{worth.currency}/{worth.length}"] += worth.amount_minor
        told_of = {
            key: sum(n for at, n in steps.items() if at <= day.isoformat()) for key, steps in standing.items()
        }
        assert {key: n for key, n in told_of.items() if n} == dict(truth)


@given(histories())
def test_segments_are_the_stretches_cut_where_membership_or_plan_changes(pieces: list[Piece]) -> None:
    cut = segments(pieces)
    joined: list[list[Segment]] = []
    for one in cut:
        if one.begins is Edge.MOVED:
            assert joined[-1][-1].ends_at == one.starts_at and joined[-1][-1].ends is Edge.MOVED
            assert (joined[-1][-1].membership, joined[-1][-1].plan) != (one.membership, one.plan)
            joined[-1].append(one)
        else:
            assert one.begins is (Edge.RETURNED if joined else Edge.JOINED)
            joined.append([one])
    spans = [(group[0].starts_at, group[-1].ends_at, group[0].inferred) for group in joined]
    assert spans == [(one.starts_at, one.ends_at, one.inferred) for one in stretches(pieces)]
    assert all(group[-1].ends is Edge.LEFT for group in joined)


@given(histories())
def test_the_covering_membership_is_the_one_that_began_first(pieces: list[Piece]) -> None:
    counted = [piece for piece in pieces if piece.kind is not Kind.FREE]
    for one in segments(pieces):
        for at in (one.starts_at + timedelta(microseconds=1), one.ends_at):
            covering = {piece.membership for piece in counted if piece.starts_at < at <= piece.ends_at}
            began = {
                name: min(piece.starts_at for piece in counted if piece.membership == name) for name in covering
            }
            assert one.membership == min(covering, key=lambda name: (began[name], name))


@given(histories(), instants())
def test_standings_are_what_the_pieces_say_at_every_instant(pieces: list[Piece], at: datetime) -> None:
    covering = [piece for piece in pieces if piece.starts_at < at <= piece.ends_at]
    kinds = {piece.kind for piece in covering}
    counted = [piece for piece in covering if piece.kind is not Kind.FREE]
    truth = {
        Standing.GRACE: Kind.GRACE in kinds and Kind.TERM not in kinds,
        Standing.FREE: kinds == {Kind.FREE},
        Standing.OFFLINE: bool(counted) and all(one.membership.startswith("offline:") for one in counted),
    }
    found = [one.standing for one in stood(pieces) if one.starts_at < at <= one.ends_at]
    assert sorted(found) == sorted(standing for standing, holds in truth.items() if holds)


@given(histories(), st.sampled_from(ZONES))
def test_retention_counts_at_each_monthly_return_of_the_first_joining(pieces: list[Piece], zone: ZoneInfo) -> None:
    told = known(pieces, zone)
    part = tallies(told)
    found = {(key, day): n for (measure, key, day), n in part.items() if measure == "retention"}
    if not told.stretches:
        assert not found
        return
    first = told.stretches[0].starts_at
    month = local_day(first, zone).replace(day=1)
    truth = {("0", month): 1}
    truth |= {(str(n), month): 1 for n in range(1, 130) if covered(told, add_months(first, n, zone))}
    assert found == truth


def test_a_value_a_month_is_exact() -> None:
    assert value({"12": 5000, "1": 500}) == Fraction(5000, 12) + 500
    assert value({"7d": 700}) == Fraction(700 * 365, 7 * 12)
