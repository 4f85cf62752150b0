"""What readers are shown: rendered once for each change, handed out as bytes, and kept (RULES 4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.core.progress import Progress
from tracker.db import db
from tracker.projections import banner, queries, surfaces
from tracker.projections.tables import Published

Clock = Callable[[], datetime]
DRAWING_PAUSE = timedelta(seconds=5)
_drawn_at: dict[str, datetime] = {}
"""When this process last drew a campaign's pictures."""


def publish(clock: Clock, site: str, *, is_brisk: bool = False) -> None:
    """Render the public bytes anew and keep what readers are shown; nothing is written where nothing changed.

    Pictures are drawn last, for they take long; in brisk work those drawn a moment ago wait for the next minute.
    """
    known = queries.campaigns()
    surfaces.store([banner.script()])
    for campaign in known:
        now, found, lately = _standing(clock, campaign, surfaces.ONE_WRITER)
        if found.count is not None:
            _keep_shown(db.session(), campaign.slug, found.count, now)
        surfaces.store(banner.render_all(campaign, found, now, site, lately))
    for campaign in known:
        drawn_at = _drawn_at.get(campaign.slug, campaign.starts_at)
        if not is_brisk or abs(clock() - drawn_at) >= DRAWING_PAUSE:
            now, found, lately = _standing(clock, campaign, surfaces.ONE_DRAWER)
            _drawn_at[campaign.slug] = now
            surfaces.store(banner.draw_all(campaign, found, now, lately))


def _standing(clock: Clock, campaign: Campaign, lock: int) -> tuple[datetime, Progress, banner.Lately]:
    """The instant, and what is to be shown at it, read under a lock that ends when it is stored.

    Whoever reads later stores later: no worker that was slow puts an older number over a newer one.
    """
    surfaces.wait_for(lock)
    now = clock()
    found = queries.live_progress(campaign, now)
    return now, found, _lately(campaign, found)


def _lately(campaign: Campaign, found: Progress) -> banner.Lately:
    """What the banner tells of the days before; the week's joiners only where it may show them."""
    if found.count is None:
        return banner.Lately()
    earlier = found.at - timedelta(days=1)
    before = queries.count_at(campaign, earlier) if earlier >= campaign.starts_at else None
    joined = queries.joined_since(campaign, found.at - timedelta(days=7), found.at) if campaign.bar_from else 0
    return banner.Lately(before, joined)


def _keep_shown(session: Session, slug: str, count: int, now: datetime) -> None:
    """RULES 4: what readers were shown is kept; a row each time it changes."""
    last = session.scalars(
        select(Published.count)
        .where(Published.campaign == slug)
        .order_by(Published.at.desc(), Published.id.desc())
        .limit(1)
    ).first()
    if last != count:
        session.add(Published(campaign=slug, at=now, count=count))
