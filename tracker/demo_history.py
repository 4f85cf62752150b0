"""What happened before the demo was started: its pledges, and what the banner's script would have told by then.

Everything in it is invented, and only the demo writes it; the product learns of both from readers.
"""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

import requests
from sqlalchemy import text

from tracker import clock
from tracker.config import Settings
from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import pledges
from tracker.ledger import attention
from tracker.ledger.attention import Attention
from tracker.projections import queries

DAYS_SEEN = 90
"""So many days before today get invented views."""

Say = Callable[[str], None]

SEEN = text("""
SELECT EXISTS (SELECT FROM attention WHERE campaign = :campaign AND day >= :first AND day < :today)
""")


def load(settings: Settings, campaign: str, say: Say) -> None:
    """Record what readers intended and saw before the demo was started; tell how far the account is read."""
    _pledges(settings, campaign, say)
    _attention(settings, campaign, say)
    _tell_progress(say)


def _pledges(settings: Settings, campaign: str, say: Say) -> None:
    source = f"{settings.stripe_api_base}/_test/pledges"
    after, total, more = None, 0, True
    while more:
        answer = requests.get(source, params={"after": after, "limit": 5000}, timeout=60).json()
        rows, more = answer["pledges"], answer["has_more"]
        for row in rows:
            if row["article"]:
                row["article"] = settings.site + row["article"]
        total += pledges.import_pledges(db.session(), campaign, rows, clock.now())
        db.session.commit()
        after = rows[-1]["id"] if rows else after
    say(f"{total} pledges recorded")


def _attention(settings: Settings, slug: str, say: Say) -> None:
    """Write invented views, clicks and closes of the days before today, unless some of them are there.

    They name a version of the script that never was, so that they can be told from what readers brought.
    """
    campaign = queries.campaign(slug)
    now = clock.now()
    if campaign is None or _is_seen(campaign, now):
        return
    source = f"{settings.stripe_api_base}/_test/attention"
    asked = {"days": str(DAYS_SEEN), "timezone": campaign.timezone}
    told = requests.get(source, params=asked, timeout=60).json()
    rows = [
        Attention(
            slug,
            date.fromisoformat(one["day"]),
            one["kind"],
            settings.site + one["article"],
            one["placement"],
            told["embed"],
            False,
            one["count"],
        )
        for one in told["attention"]
    ]
    attention.add(db.session(), f"demo {local_day(now, campaign.zone)}", rows, now)
    db.session.commit()
    say(f"{sum(row.count for row in rows if row.kind == 'view')} invented views recorded")


def _is_seen(campaign: Campaign, now: datetime) -> bool:
    today = local_day(now, campaign.zone)
    days = {"campaign": campaign.slug, "first": today - timedelta(days=DAYS_SEEN), "today": today}
    return bool(db.session.scalar(SEEN, days))


def _tell_progress(say: Say) -> None:
    began, told = time.monotonic(), ""
    while True:
        db.session.rollback()
        counting, booking = queries.loading(), queries.ledger_loading()
        if counting:
            of = f" of {counting.total:,}" if counting.total else ""
            words = f"still loading: {counting.done:,}{of} {counting.phase}"
        elif booking:
            words = f"the count is whole; now the {booking.phase}: {booking.done:,} so far"
        else:
            say(f"everything is loaded ({time.monotonic() - began:.0f} s)")
            return
        if words != told:
            say(words)
            told = words
        time.sleep(2)
