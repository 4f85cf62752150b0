"""manifest.json: each file's rows, sums and SHA-256, the rules and what they were applied to, closed or open."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tracker.db import db
from tracker.ledger import months
from tracker.ledger.months import Figures, Version
from tracker.projections.finance import checks, rules
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.files import FILES

NAME = "manifest.json"


def text(cut: Cut) -> str:
    """As it was frozen where the month is closed; else of the files as they would be drawn now.

    That reads every file of the month: `one_snapshot` makes it fit what else is drawn.
    """
    version = months.standing(db.session(), cut.month)
    if version is not None:
        return frozen(version)
    return of_open(cut, [_figures(Drawing(file, cut)) for file in FILES])


def _figures(drawing: Drawing) -> Figures:
    for _ in drawing.pieces():
        pass
    return drawing.figures()


def frozen(version: Version) -> str:
    """That of a closed month, or of a version that was reopened since."""
    pieces = months.pieces(db.session(), version, NAME)
    if pieces is None:
        raise months.FrozenDamagedError(f"{NAME} of {version.month} is gone: restore the database from a backup")
    return b"".join(pieces).decode()


def of_open(cut: Cut, figures: Sequence[Figures]) -> str:
    """That of a month that is not closed, whose files came to these figures."""
    told = {"state": "running" if cut.is_running else "open", "made_at": _utc(cut.now)}
    return _json(cut, told, rules.VERSION, rules.inputs(cut.zone), figures, checks.every(cut))


def of_closing(cut: Cut, version: Version, figures: Sequence[Figures], green: Sequence[Check]) -> str:
    """That of a month which is just being closed by that version."""
    told = {
        "state": "closed",
        "version": version.version,
        "closed_at": _utc(version.closed_at),
        "closed_by": version.closed_by,
    }
    return _json(cut, told, version.rules_version, version.inputs, figures, green)


def _json(
    cut: Cut, told: dict[str, Any], version: str, inputs: Any, figures: Sequence[Figures], found: Sequence[Check]
) -> str:
    whole = {
        "month": cut.month,
        "zone": cut.zone.key,
        **told,
        "earlier_versions": list(_earlier(cut.month)),
        "rules_version": version,
        "files": list(figures),
        "checks": [
            {"name": one.name, "green": one.is_green, "text": worded(one.text, one.values)} for one in found
        ],
        "inputs": inputs,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def worded(words: str, values: Any) -> str:
    """A check's text in English, filled in."""
    return words % values if values else words


def _earlier(month: str) -> Iterator[dict[str, Any]]:
    """The versions that were reopened, by whom and why."""
    for one in months.versions(db.session(), month):
        if not one.stands:
            yield {
                "version": one.version,
                "closed_at": _utc(one.closed_at),
                "closed_by": one.closed_by,
                "reopened_at": _utc(one.reopened_at),
                "reopened_by": one.reopened_by,
                "reason": one.reopened_reason,
            }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
