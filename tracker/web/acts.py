"""What staff do to the facts: written down with them in one transaction; then a worker is nudged."""

import logging
from typing import Any

from flask import current_app, flash, request

from tracker import access, clock
from tracker.core.findings import Finding
from tracker.web.guard import staff
from tracker.web.words import gettext

_log = logging.getLogger(__name__)
MOST_PAGES = 100_000


def done(action: str, detail: dict[str, Any], told: str) -> None:
    """Log and commit what was done, let a worker follow it, and tell the next page that it was."""
    access.record(staff().name, action, detail, clock.now())
    try:
        current_app.extensions["nudge"]()
    except Exception as error:  # whatever the broker's client raises: beat finds the mark within a minute
        _log.warning("the worker could not be nudged, beat will find the mark: %s", error)
    flash(told)


def finding(found: Finding) -> str:
    """What does not fit, in the reader's language."""
    return gettext(found.text, **found.values)


def asked_page() -> int:
    """The page of a list that the address names: 1 for none and for nonsense."""
    given = request.args.get("page", "1")
    return min(max(int(given), 1), MOST_PAGES) if given.isdecimal() and len(given) < 9 else 1
