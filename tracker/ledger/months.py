"""Which months are closed, and what was handed out of them: versions, and frozen files read back byte for byte.

Months close in their order and are reopened in the reverse, so the last closed one says it all: it and every
month before it are shut, and what comes for them is booked later (RULES 7).
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from tracker.ledger.month_tables import MonthFileRow, MonthPart, MonthVersion


class FrozenDamagedError(Exception):
    """A frozen file is not what it was when its month was closed."""


@dataclass(frozen=True, slots=True)
class Version:
    """One closing of a month."""

    month: str
    """YYYY-MM"""
    version: int
    """1, 2, ..."""
    closed_at: datetime
    closed_by: str
    rules_version: str
    inputs: Mapping[str, Any]
    """What the rules were applied to."""
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    reopened_reason: str | None = None

    @property
    def stands(self) -> bool:
        """Whether the month is closed by it; a reopened one is only kept beside."""
        return self.reopened_at is None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a file comes to."""

    name: str
    """With its ending: statement.csv."""
    rows: int
    """Without the header."""
    sums: Mapping[str, Mapping[str, str]]
    """Currency -> column -> exact decimal; `all` where the file has no currency."""
    length: int
    """Bytes."""
    sha256: str
    """Hexadecimal."""


def keep_still(session: Session) -> None:
    """Until this transaction ends no month is shut or opened: whoever books something asks for this first.

    Bookers do not wait for each other, and a closing waits for them only at its very end.
    """
    session.execute(text("LOCK TABLE month_version IN SHARE MODE"))


def move(session: Session) -> None:
    """Wait for everybody who books, and let nobody book until this transaction ends.

    As a transaction's first statement it comes before its snapshot: PostgreSQL takes that with the next one.
    """
    session.execute(text("LOCK TABLE month_version IN EXCLUSIVE MODE"))


def shut_through(session: Session) -> str | None:
    """The last closed month, None while there is none: it and all before it take no more bookings."""
    return session.scalar(
        select(MonthVersion.month)
        .where(MonthVersion.reopened_at.is_(None))
        .order_by(MonthVersion.month.desc())
        .limit(1)
    )


def home(month: str, shut: str | None, running: str) -> tuple[str, bool]:
    """(month, whether that is a later one than its own) to book in what belongs to `month`.

    `shut` as `shut_through` answers. The running month is never shut, but for a zone that was changed on a
    month's first day; then it is the first month that is not.
    """
    if shut is None or month > shut:
        return month, False
    return max(running, after(shut)), True


def homes(session: Session, zone: ZoneInfo, now: datetime) -> Callable[[str], str]:
    """Where each month's receipts are booked now, as `home` says; none is shut until this transaction ends."""
    keep_still(session)
    shut, running = shut_through(session), f"{now.astimezone(zone):%Y-%m}"
    return lambda month: home(month, shut, running)[0]


def after(month: str) -> str:
    """The month after that one."""
    return f"{date.fromisoformat(f'{month}-28') + timedelta(days=4):%Y-%m}"


def versions(session: Session, month: str | None = None) -> list[Version]:
    """All closings, of one month or of all, by month and version."""
    asked = select(MonthVersion).order_by(MonthVersion.month, MonthVersion.version)
    if month is not None:
        asked = asked.where(MonthVersion.month == month)
    return [_version(row) for row in session.scalars(asked.execution_options(populate_existing=True))]


def standing(session: Session, month: str) -> Version | None:
    """The version by which the month is closed now, None where it is not."""
    return next((one for one in versions(session, month) if one.stands), None)


def _version(row: MonthVersion) -> Version:
    return Version(
        month=row.month,
        version=row.version,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        rules_version=row.rules_version,
        inputs=row.inputs,
        reopened_at=row.reopened_at,
        reopened_by=row.reopened_by,
        reopened_reason=row.reopened_reason,
    )


def keep_part(session: Session, month: str, version: int, name: str, number: int, piece: bytes) -> None:
    """A stretch of a file that is being frozen; the caller commits all of it or nothing."""
    values = {"month": month, "version": version, "name": name, "number": number}
    session.execute(insert(MonthPart).values(values | {"packed": zlib.compress(piece, 1)}))


def keep_figures(session: Session, month: str, version: int, place: int, figures: Figures) -> None:
    """What the file comes to of which the parts were kept; `place` is its place among the month's files."""
    values = asdict(figures) | {"month": month, "version": version, "place": place}
    session.execute(insert(MonthFileRow).values(values | {"sha256": bytes.fromhex(figures.sha256)}))


def keep_homes(session: Session, month: str) -> None:
    """Note which entries the month has, so that one that goes missing here can come back to it."""
    session.execute(
        text("""INSERT INTO closed_entry (id, month, prior_period)
            SELECT id, booked_month, prior_period FROM entry
            WHERE booked_month = :month AND NOT EXISTS (SELECT FROM closed_entry known WHERE known.id = entry.id)
            ORDER BY id"""),
        {"month": month},
    )


def shut(session: Session, version: Version) -> None:
    """Close the month by that version; to be called after `move`."""
    session.execute(insert(MonthVersion).values(asdict(version)))


def reopen(session: Session, version: Version, who: str, reason: str, now: datetime) -> None:
    """The month is open again, the version stays beside; to be called after `move`."""
    session.execute(
        update(MonthVersion)
        .where(MonthVersion.month == version.month, MonthVersion.version == version.version)
        .values(reopened_at=now, reopened_by=who, reopened_reason=reason)
    )


def figures(session: Session, version: Version) -> list[Figures]:
    """What each frozen file comes to, in the order of the month's files."""
    rows = session.execute(
        select(MonthFileRow.__table__)
        .where(MonthFileRow.month == version.month, MonthFileRow.version == version.version)
        .order_by(MonthFileRow.place)
    )
    return [Figures(row.name, row.rows, row.sums, row.length, row.sha256.hex()) for row in rows]


def pieces(session: Session, version: Version, name: str) -> Iterator[bytes] | None:
    """The frozen file, a part at a time, each ending with a whole line; None where there is no such file.

    FrozenDamagedError at the end of a file whose SHA-256 is another than when its month was closed.
    """
    sha256 = session.scalar(
        select(MonthFileRow.sha256).where(
            MonthFileRow.month == version.month,
            MonthFileRow.version == version.version,
            MonthFileRow.name == name,
        )
    )
    return None if sha256 is None else _checked(session, version, name, sha256)


def _checked(session: Session, version: Version, name: str, sha256: bytes) -> Iterator[bytes]:
    seen = hashlib.sha256()
    asked = (
        select(MonthPart.packed)
        .where(MonthPart.month == version.month, MonthPart.version == version.version, MonthPart.name == name)
        .order_by(MonthPart.number)
    )
    damaged = FrozenDamagedError(
        f"{name} of {version.month}, version {version.version}, is not what was frozen on"
        f" {version.closed_at:%Y-%m-%d}: the database was altered or damaged; restore it from a backup"
    )
    for packed in session.scalars(asked, execution_options={"yield_per": 4}):
        try:
            piece = zlib.decompress(packed)
        except zlib.error as error:
            raise damaged from error
        seen.update(piece)
        yield piece
    if seen.digest() != sha256:
        raise damaged
