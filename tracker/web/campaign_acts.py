"""How staff's pages change a part of a campaign: checked against others' changes, logged, published at once."""

from collections.abc import Callable
from typing import Any

from flask import current_app, flash

from tracker import flow
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import campaign_edit
from tracker.web import acts
from tracker.web.words import gettext


def keep(
    slug: str,
    part: campaign_edit.Part,
    seen: str,
    alter: Callable[[Campaign], Campaign],
    action: str,
    detail: dict[str, Any],
    told: str,
) -> Campaign | None:
    """Change it and let every surface follow; None when done, else the campaign as another left it meanwhile."""
    try:
        what = campaign_edit.change(db.session(), slug, part, seen, alter)
    except campaign_edit.MeanwhileError as error:
        db.session.rollback()
        return error.campaign
    if what == "unchanged":
        db.session.rollback()
        flash(gettext("It stands so already: nothing was changed."))
        return None
    acts.done(action, {"campaign": slug, **detail}, told)
    line: flow.Line = current_app.extensions["line"]
    flow.publish(line)
    return None
