"""What is worked out of one person for one campaign, and the rows that are kept of it, table by table."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.core.coverage import Kind, Piece, Stretch, stretches
from tracker.core.membership import pieces
from tracker.core.origins import Origin, origin
from tracker.core.person import PersonFacts, Terms
from tracker.core.segments import Segment, Stood, segments, stood
from tracker.core.tally import Known, Part, tallies

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """One person's coverage for one campaign, and what follows from it."""

    campaign: Campaign
    person: str
    pieces: list[Piece]
    stretches: list[Stretch]
    segments: list[Segment]
    stood: list[Stood]
    origins: Mapping[str, Origin]
    part: Part


@dataclass(frozen=True, slots=True)
class Table:
    """A table of rows of persons, each row of one campaign and one person."""

    name: str
    columns: Sequence[str]
    order: str
    """The order of one person's rows, in SQL, as `rows` gives them."""
    rows: Callable[[Covered], list[Row]]


def work_out(told: PersonFacts, campaign: Campaign, months: Mapping[str, int]) -> Covered:
    """A person's coverage for a campaign, from all that was told of them; `months`: product -> months it buys."""
    terms = Terms(campaign.slug, frozenset(campaign.products), campaign.grace_days, campaign.zone, months)
    found = pieces(told, terms)
    found.sort(key=lambda piece: (piece.membership, piece.starts_at, piece.ends_at, piece.kind, piece.plan or ""))
    whole, cut = stretches(found), segments(found)
    pledges = {piece.membership: piece.pledge for piece in found}
    origins = {
        one: origin(told, one, pledges[one], campaign.slug) for one in sorted({one.membership for one in cut})
    }
    known = Known(campaign.zone, campaign.starts_on, found, whole, cut, origins)
    return Covered(campaign, told.person, found, whole, cut, stood(found), origins, tallies(known))


def _pieces(one: Covered) -> list[Row]:
    return [
        (
            one.campaign.slug,
            one.person,
            piece.membership,
            piece.starts_at,
            piece.ends_at,
            piece.kind.value,
            piece.plan,
        )
        for piece in one.pieces
    ]


def _stretches(one: Covered) -> list[Row]:
    zone = one.campaign.zone
    return [
        (
            one.campaign.slug,
            one.person,
            stretch.membership,
            stretch.starts_at,
            stretch.ends_at,
            one.stretches[0].starts_at,
            local_day(stretch.starts_at, zone),
            local_day(stretch.ends_at, zone),
            stretch.plan,
            stretch.pledge,
            stretch.inferred,
        )
        for stretch in one.stretches
    ]


def _segments(one: Covered) -> list[Row]:
    zone = one.campaign.zone
    rows: list[Row] = []
    for segment in one.segments:
        days = local_day(segment.starts_at, zone), local_day(segment.ends_at, zone)
        edges = segment.begins.value, segment.ends.value
        came = one.origins[segment.membership]
        where = came.article, came.placement, came.embed, came.source, came.country
        what = segment.membership, segment.plan, *where, segment.inferred
        rows.append((one.campaign.slug, one.person, segment.starts_at, segment.ends_at, *days, *edges, *what))
    return rows


def _stood(one: Covered) -> list[Row]:
    found = sorted((span.standing.value, span.starts_at, span.ends_at) for span in one.stood)
    return [(one.campaign.slug, one.person, *row) for row in found]


def _renewals(one: Covered) -> list[Row]:
    began = {piece.membership: piece.starts_at for piece in reversed(one.pieces) if piece.kind is not Kind.FREE}
    rows: list[Row] = []
    for piece in one.pieces:
        renews = piece.renewal
        if renews is not None and renews.is_open:
            own = one.campaign.slug, one.person, piece.membership, piece.plan or "", began[piece.membership]
            due = renews.due_at, renews.until_at, local_day(renews.due_at, one.campaign.zone)
            money = renews.currency, renews.amount_minor
            rows.append((*own, *due, renews.length, renews.is_first, renews.standing, *money))
    return rows


def _parts(one: Covered) -> list[Row]:
    return [(one.campaign.slug, one.person, written(one.part))] if one.part else []


def written(part: Part) -> str:
    """A person's part as it is kept; `read_part` reads it."""
    rows = [[measure, key, day.isoformat(), n] for (measure, key, day), n in sorted(part.items())]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def read_part(kept: str) -> Part:
    """What `written` wrote."""
    rows = json.loads(kept)
    return Part({(measure, key, date.fromisoformat(day)): n for measure, key, day, n in rows})


OF_PERSON = ("campaign", "person_id")
PIECES = Table(
    "coverage",
    (*OF_PERSON, "membership_id", "starts_at", "ends_at", "kind", "plan"),
    'membership_id COLLATE "C", starts_at, ends_at, kind COLLATE "C", plan COLLATE "C" NULLS FIRST',
    _pieces,
)
STRETCHES = Table(
    "stretch",
    (*OF_PERSON, *"membership_id starts_at ends_at first_at starts_on ends_on plan pledge_id inferred".split()),
    "starts_at",
    _stretches,
)
SEGMENTS = Table(
    "segment",
    (
        *OF_PERSON,
        *"starts_at ends_at starts_on ends_on begins ends membership_id plan".split(),
        *"article placement embed source country inferred".split(),
    ),
    "starts_at",
    _segments,
)
STANDINGS = Table(
    "standing",
    (*OF_PERSON, "standing", "starts_at", "ends_at"),
    'standing COLLATE "C", starts_at, ends_at',
    _stood,
)
RENEWALS = Table(
    "renewal",
    (
        *OF_PERSON,
        *"membership_id plan since_at due_at until_at due_on length is_first standing currency".split(),
        "amount_minor",
    ),
    'membership_id COLLATE "C", due_at',
    _renewals,
)
PARTS = Table("tally_part", (*OF_PERSON, "part"), "part", _parts)
TABLES = (PIECES, STRETCHES, SEGMENTS, STANDINGS, RENEWALS, PARTS)
