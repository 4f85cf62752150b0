"""The rendered public bytes, kept where every web process can pick them up."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Sequence, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Instant, Model, db
from tracker.projections.banner import Surface

version_sequence = Sequence("surface_version", metadata=Model.metadata)

ONE_WRITER = 7_316_001
"""Advisory lock: versions become visible in the order they were drawn, so that no reader steps over one."""
ONE_DRAWER = 7_316_002
"""Advisory lock of those who draw pictures: they take long, and texts need not wait for them."""


class StoredSurface(Model):
    """One rendered surface; a path has those true now and those that follow by the calendar."""

    __tablename__ = "surface"
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    content_type: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_surface_version", "version"),)


def wait_for(lock: int) -> None:
    """Hold one of the locks above until `store` ends the transaction: what is read meanwhile is the latest."""
    db.session.execute(select(func.pg_advisory_xact_lock(lock)))


def store(surfaces: Iterable[Surface]) -> int:
    """Write the paths that changed, whole, in one transaction that is committed here; how many they were."""
    by_path: dict[str, list[Surface]] = {}
    for one in surfaces:
        by_path.setdefault(one.path, []).append(one)
    wait_for(ONE_WRITER)
    stored = _fingerprints(list(by_path))
    changed = {path: group for path, group in by_path.items() if _fingerprint(group) != stored.get(path)}
    if changed:
        version = db.session.scalar(select(version_sequence.next_value()))
        db.session.execute(delete(StoredSurface).where(StoredSurface.path.in_(changed)))
        db.session.add_all(_row(one, version or 0) for group in changed.values() for one in group)
    db.session.commit()
    return len(changed)


def newer_than(version: int) -> tuple[int, list[Surface]]:
    """The latest version there is, and all surfaces of every path that changed after `version` (0: of all)."""
    table = StoredSurface
    rows = db.session.execute(
        select(table.path, table.content_type, table.body, table.valid_from, table.valid_until, table.version)
        .where(table.version > version)
        .order_by(table.path, table.valid_from)
    ).all()
    latest = max((row.version for row in rows), default=version)
    return latest, [Surface(*row[:5]) for row in rows]


Fingerprint = frozenset[tuple[datetime, datetime, str]]


def _fingerprint(group: Iterable[Surface]) -> Fingerprint:
    return frozenset((one.valid_from, one.valid_until, one.etag) for one in group)


def _fingerprints(paths: list[str]) -> dict[str, Fingerprint]:
    table = StoredSurface
    found: dict[str, set[tuple[datetime, datetime, str]]] = {}
    columns = select(table.path, table.valid_from, table.valid_until, table.etag)
    for path, valid_from, valid_until, etag in db.session.execute(columns.where(table.path.in_(paths))):
        found.setdefault(path, set()).add((valid_from, valid_until, etag))
    return {path: frozenset(group) for path, group in found.items()}


def _row(one: Surface, version: int) -> StoredSurface:
    return StoredSurface(
        path=one.path,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        content_type=one.content_type,
        body=one.body,
        etag=one.etag,
        version=version,
    )
