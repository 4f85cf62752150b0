"""The public surfaces of a campaign, rendered once per change and minute and handed out as bytes.

Pure: the worker stores what comes back, the web processes hand it out. A surface's count is the truth that
was known when it was rendered, under its `as_of`; where nothing true can be said it holds no number at all.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from tracker.core import accent
from tracker.core.campaign import Campaign, State, day_start, local_day, percent
from tracker.core.progress import Progress
from tracker.projections import frame, picture, raster
from tracker.projections.locales import direction, locales
from tracker.projections.wording import Standing, Words, words

JSON = "application/json"
HTML = "text/html; charset=utf-8"
SVG = "image/svg+xml"
PNG = "image/png"
RASTERS = {"png": picture.BANNER, "card.png": picture.CARD}
"""What is drawn as PNG, by the ending of its path: the banner for letters and feeds, the card for shared links."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Bytes that are true from `valid_from` until just before `valid_until`."""

    path: str
    content_type: str
    body: bytes
    valid_from: datetime
    valid_until: datetime

    @property
    def etag(self) -> str:
        """A name for the bytes, without quotes."""
        return sha256(self.body).hexdigest()[:20]


def render_all(
    campaign: Campaign, progress: Progress, now: datetime, site: str, before: int | None = None
) -> list[Surface]:
    """`render` for every locale the campaign speaks."""
    return [one for name in locales(campaign) for one in render(campaign, progress, name, now, site, before)]


def render(
    campaign: Campaign, progress: Progress, locale: str, now: datetime, site: str, before: int | None = None
) -> list[Surface]:
    """The campaign's surfaces in `locale`: those true now, and those that follow them by the calendar alone.

    `site` is where readers reach us, without a trailing slash. `before` is the true count 24 hours before `now`,
    where known: the count-up starts from it. What follows (a day fewer, or the end) is rendered ahead, so that
    no cached copy says "1 day left" in January even while the worker is away.
    """
    zone = campaign.zone
    today = local_day(now, zone)
    found: list[Surface] = []
    for ahead in (0, 1):
        starts = day_start(today + timedelta(days=ahead), zone)
        ends = day_start(today + timedelta(days=ahead + 1), zone)
        standing = _standing(campaign, progress, now if ahead == 0 else starts)
        found += _texts(campaign, standing, locale, site, before if ahead == 0 else None, (starts, ends))
        found += [_raster(campaign, standing, locale, ending, (starts, ends)) for ending in RASTERS]
    return found


def silent(campaign: Campaign, locale: str, now: datetime, site: str) -> list[Surface]:
    """What is said before anything is known: the sentence and the link with no number. PNGs: `silent_raster`."""
    standing = Standing(None, now, None, State.OFF if campaign.is_off else State.UNKNOWN)
    return _texts(campaign, standing, locale, site, None, _today(campaign, now))


def silent_raster(campaign: Campaign, locale: str, now: datetime, ending: str) -> Surface:
    """The same as a PNG; a drawing takes its time, so it is made for whoever asks, and kept."""
    standing = Standing(None, now, None, State.OFF if campaign.is_off else State.UNKNOWN)
    return _raster(campaign, standing, locale, ending, _today(campaign, now))


def _today(campaign: Campaign, now: datetime) -> tuple[datetime, datetime]:
    today = local_day(now, campaign.zone)
    return day_start(today, campaign.zone), day_start(today + timedelta(days=1), campaign.zone)


def _standing(campaign: Campaign, progress: Progress, at: datetime) -> Standing:
    count = None if progress.state is State.UNKNOWN else progress.count
    state = campaign.state(count, at)
    return Standing(None if state is State.OFF else count, at, progress.as_of, state)


def _texts(
    campaign: Campaign,
    standing: Standing,
    locale: str,
    site: str,
    before: int | None,
    valid: tuple[datetime, datetime],
) -> list[Surface]:
    text = words(campaign, standing, locale)
    body = {
        "v": 1,
        "campaign": campaign.slug,
        "metric": campaign.metric,
        "count": standing.count,
        "goal": campaign.goal,
        "percent": None if standing.count is None else percent(standing.count, campaign.goal),
        "from": standing.count if before is None or standing.count is None else before,
        "as_of": standing.as_of and instant(standing.as_of),
        "valid_until": instant(valid[1]),
        "state": standing.state,
        "lang": locale,
        "dir": direction(locale),
        "accent": [accent.on_light(campaign.publisher.accent), accent.on_dark(campaign.publisher.accent)],
        "text": _spoken(text),
    }
    page = frame.page(campaign, standing, text, locale, direction(locale), site)
    shown = picture.shown(campaign, standing, text, locale, direction(locale))
    name = f"/e/{campaign.slug}.{locale}"
    return [
        Surface(f"{name}.json", JSON, msgspec.json.encode(body), *valid),
        Surface(f"{name}.html", HTML, page.encode(), *valid),
        Surface(f"{name}.svg", SVG, picture.svg(shown, picture.BANNER).encode(), *valid),
    ]


def _raster(
    campaign: Campaign, standing: Standing, locale: str, ending: str, valid: tuple[datetime, datetime]
) -> Surface:
    body = raster.png(campaign, standing, locale, RASTERS[ending])
    return Surface(f"/e/{campaign.slug}.{locale}.{ending}", PNG, body, *valid)


def _spoken(text: Words) -> dict[str, str]:
    """Only what is said travels: every byte of the data counts (BANNER: at most 600)."""
    return {name: value for name, value in asdict(text).items() if value}


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds: 2026-11-23T12:05:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
