"""A whole month handed out: every file and then the manifest, all of one instant."""

from collections.abc import Iterator
from contextlib import contextmanager

from tracker.db import db
from tracker.ledger import months
from tracker.ledger.months import Figures, FrozenDamagedError, Version
from tracker.projections.finance import manifest
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.files import FILES
from tracker.projections.finance.snapshot import one_snapshot

__all__ = ["Files", "FrozenDamagedError", "NoVersionError", "figures", "month_files"]
Files = Iterator[tuple[str, Iterator[bytes]]]
"""Name and pieces, in their order, the manifest last; each is taken whole before the next."""


class NoVersionError(Exception):
    """The month was never closed so often."""


@contextmanager
def month_files(cut: Cut, version: int | None = None) -> Iterator[tuple[str, Files]]:
    """(state, files): frozen ones of a closed month, or of the version asked for; else drawn now, in one snapshot.

    State is `running`, `open`, `closed`, or `reopened` for a version that no longer stands.
    """
    with one_snapshot() as session:
        if version is None:
            found = months.standing(session, cut.month)
        else:
            found = next((one for one in months.versions(session, cut.month) if one.version == version), None)
            if found is None:
                raise NoVersionError(f"{cut.month} has no version {version}: {_known(cut.month)}")
        if found is None:
            yield "running" if cut.is_running else "open", _drawn(cut)
        else:
            yield "closed" if found.stands else "reopened", _frozen(found)


def _known(month: str) -> str:
    count = len(months.versions(db.session(), month))
    return f"it was closed {count} times" if count else "it was never closed"


def figures(version: Version) -> list[Figures]:
    """What each file of a closed month comes to, the manifest last."""
    return months.figures(db.session(), version)


def _frozen(version: Version) -> Files:
    for one in months.figures(db.session(), version):
        pieces = months.pieces(db.session(), version, one.name)
        yield one.name, iter(()) if pieces is None else pieces


def _drawn(cut: Cut) -> Files:
    figures = []
    for file in FILES:
        drawing = Drawing(file, cut)
        yield file.name, drawing.pieces()
        figures.append(drawing.figures())
    yield manifest.NAME, iter([manifest.of_open(cut, figures).encode()])
