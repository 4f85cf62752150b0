"""Notes and drives on the calendar: what staff write beside the days, read from a form or from a campaign's file.

A drive is a membership campaign of the publisher's own, past or planned. No method sees a drive that moves in the
calendar, so it is told; the forecast reads it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.core.findings import N_, Finding, is_one_line, shown

LONGEST_TEXT = 200
LONGEST_DAYS = 400
"""A drive of more days is a season, which the forecast knows from earlier years."""
LEAST_LIFT, MOST_LIFT = 0.1, 50.0
FIELDS = ("kind", "text", "first_on", "last_on", "lift", "scope", "is_shared")
"""The fields of the form."""


class Kind(StrEnum):
    """What an annotation is."""

    NOTE = "note"
    DRIVE = "drive"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A few words about some days."""

    first_on: date
    last_on: date
    """The last day, whole; the first one where there is only one."""
    text: str
    kind: Kind = Kind.NOTE
    lift: float | None = None
    """How many times ordinary joins a day a drive is expected to bring; None: measured from earlier drives."""
    is_shared: bool = True
    """Whether it also stands on pages behind shared links."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive as a campaign's file tells it, and as the forecast reads it."""

    name: str
    first_on: date
    last_on: date
    """The last day, whole."""
    lift: float | None = None
    """As Annotation.lift."""


def drive_of(told: Annotation) -> Drive:
    """The drive that an annotation of that kind tells."""
    return Drive(told.text, told.first_on, told.last_on, told.lift)


def annotation_of(drive: Drive) -> Annotation:
    """A campaign file's drive as it stands on the calendar."""
    return Annotation(drive.first_on, drive.last_on, drive.name, Kind.DRIVE, drive.lift)


def read(fields: Mapping[str, str]) -> Annotation | list[Finding]:
    """What a form tells (FIELDS; the scope is not read here), or everything that is wrong with it.

    An empty last day is the first one; a note has no lift.
    """
    found: list[Finding] = []
    kind = _kind(fields.get("kind", ""), found)
    first_on = _day("first_on", fields.get("first_on", ""), found)
    last_on = _day("last_on", fields["last_on"], found) if fields.get("last_on", "").strip() else first_on
    lift = _lift(fields.get("lift", ""), found) if kind is Kind.DRIVE else None
    words = fields.get("text", "").strip()
    found += wrong_text(words)
    if first_on and last_on:
        found += wrong_days(first_on, last_on)
    if found or not (first_on and last_on):
        return found
    return Annotation(first_on, last_on, words, kind, lift, bool(fields.get("is_shared")))


def fields_of(told: Annotation) -> dict[str, str]:
    """The fields of the form that would tell it."""
    return {
        "kind": told.kind.value,
        "text": told.text,
        "first_on": told.first_on.isoformat(),
        "last_on": told.last_on.isoformat(),
        "lift": "" if told.lift is None else f"{told.lift:g}",
        "is_shared": "1" if told.is_shared else "",
    }


def day_of(written: str) -> date | None:
    """The day that is written as 2026-11-03; None for any other writing."""
    try:
        # fromisoformat alone also takes weeks and bare digits, which nobody means.
        is_plain = len(written) == len("2026-11-03") and written.isascii() and written[4] == written[7] == "-"
        return date.fromisoformat(written) if is_plain else None
    except ValueError:
        return None


def wrong_text(words: str) -> list[Finding]:
    """Why these words cannot stand on the calendar: none, too many, or with signs that nobody sees."""
    if not words.strip():
        return [Finding("text", N_("there are no words; say what happens on these days"))]
    if len(words) > LONGEST_TEXT:
        sizes = {"found": len(words), "most": LONGEST_TEXT}
        return [Finding("text", N_("%(found)s characters; at most %(most)s fit beside a chart"), sizes)]
    if not is_one_line(words):
        return [Finding("text", N_("there is a control character or a line break in it; write it on one line"))]
    return []


def wrong_days(first_on: date, last_on: date) -> list[Finding]:
    """Why these cannot be the first and the last day."""
    if last_on < first_on:
        values = {"last": last_on, "first": first_on}
        return [
            Finding("last_on", N_("%(last)s lies before the first day, %(first)s; give the later day"), values)
        ]
    days = (last_on - first_on).days + 1
    if days > LONGEST_DAYS:
        sizes = {"found": days, "most": LONGEST_DAYS}
        return [Finding("last_on", N_("these are %(found)s days; at most %(most)s: part it"), sizes)]
    return []


def wrong_lift(lift: float | None) -> list[Finding]:
    """Why nobody can expect that."""
    if lift is None or LEAST_LIFT <= lift <= MOST_LIFT:
        return []
    values = {"found": f"{lift:g}", "least": f"{LEAST_LIFT:g}", "most": f"{MOST_LIFT:g}"}
    text = N_("%(found)s is no lift; write how many times ordinary joins it brings, %(least)s to %(most)s")
    return [Finding("lift", text, values)]


def first_twice(drives: Iterable[Drive]) -> Drive | None:
    """The first drive that is told a second time in the same words for the same days, or None."""
    seen: set[tuple[str, date, date]] = set()
    for one in drives:
        key = (one.name, one.first_on, one.last_on)
        if key in seen:
            return one
        seen.add(key)
    return None


def _kind(given: str, found: list[Finding]) -> Kind:
    try:
        return Kind(given)
    except ValueError:
        found.append(Finding("kind", N_("choose whether it is a note or a drive")))
        return Kind.NOTE


def _day(field: str, given: str, found: list[Finding]) -> date | None:
    written = given.strip()
    day = day_of(written)
    if day is not None:
        return day
    text = N_("“%(found)s” is no day; write it as 2026-11-03") if written else N_("the first day is missing")
    found.append(Finding(field, text, {"found": shown(written)} if written else {}))
    return None


def _lift(given: str, found: list[Finding]) -> float | None:
    written = given.strip().replace(",", ".")
    if not written:
        return None
    try:
        # Digits alone: float() reads nan, infinity and underscores, too.
        lift = float(written) if written.isascii() and written.replace(".", "", 1).isdigit() else None
    except ValueError:
        lift = None
    if lift is None:
        text = N_("“%(found)s” is no number; write one such as 2.5, or leave it empty")
        found.append(Finding("lift", text, {"found": shown(written)}))
        return None
    found += wrong_lift(lift)
    return lift
