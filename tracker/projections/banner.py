"""The public surfaces of a campaign, rendered once per change and minute and handed out as bytes.

Pure: the worker stores what comes back, the web processes hand it out. A surface's count is the truth that
was known when it was rendered, under its `as_of`; where nothing true can be said it holds no number at all.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import msgspec

from tracker.core.campaign import Campaign, Metric, State, day_start, local_day, percent
from tracker.core.progress import Progress
from tracker.projections import embed_files, frame, numerals, picture, raster
from tracker.projections.locales import direction, locales
from tracker.projections.wording import Standing, Words, amount, controls, words

JSON = "application/json"
HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
SVG = "image/svg+xml"
PNG = "image/png"
RASTERS = {"png": picture.BANNER, "card.png": picture.CARD}
"""What is drawn as PNG, by the ending of its path: the banner for letters and feeds, the card for shared links."""

Valid = tuple[datetime, datetime]
"""From when, and until just before when, something is true."""
ALWAYS: Valid = (datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


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


@dataclass(frozen=True, slots=True)
class Lately:
    """What happened before the standing that is shown."""

    before: int | None = None
    """The true count 24 hours earlier, where known: the count-up starts from it."""
    joined: int = 0
    """Persons who joined in the seven days before."""


def render_all(
    campaign: Campaign, progress: Progress, now: datetime, site: str, lately: Lately = Lately()
) -> list[Surface]:
    """`render` for every locale the campaign speaks."""
    return [one for name in locales(campaign) for one in render(campaign, progress, name, now, site, lately)]


def draw_all(campaign: Campaign, progress: Progress, now: datetime, lately: Lately = Lately()) -> list[Surface]:
    """`draw` for every locale the campaign speaks."""
    return [one for name in locales(campaign) for one in draw(campaign, progress, name, now, lately)]


def render(
    campaign: Campaign, progress: Progress, locale: str, now: datetime, site: str, lately: Lately = Lately()
) -> list[Surface]:
    """The campaign's surfaces in `locale`: those true now, and those that follow them by the calendar alone.

    `site` is where readers reach us, without a trailing slash.
    """
    (today, until_tonight), (tomorrow, all_day) = _standings(campaign, progress, now, lately.joined)
    return [
        *_texts(campaign, today, locale, site, lately.before, until_tonight),
        *_texts(campaign, tomorrow, locale, site, None, all_day),
    ]


def draw(
    campaign: Campaign, progress: Progress, locale: str, now: datetime, lately: Lately = Lately()
) -> list[Surface]:
    """The same standings as PNG. Drawing takes long beside writing, so no text waits for it."""
    return [
        _raster(campaign, standing, locale, ending, valid)
        for standing, valid in _standings(campaign, progress, now, lately.joined)
        for ending in RASTERS
    ]


def script() -> Surface:
    """The script under the name that never changes: kept, so that pages that name it find it after an upgrade."""
    found = embed_files.script()
    return Surface(f"/e/v1.{found.digest}.js", SCRIPT, found.body, *ALWAYS)


def silent(campaign: Campaign, locale: str, now: datetime, site: str) -> list[Surface]:
    """What is said before anything is known: the sentence and the link with no number. PNGs: `silent_raster`."""
    standing = Standing(None, now, None, State.OFF if campaign.is_off else State.UNKNOWN)
    return _texts(campaign, standing, locale, site, None, _today(campaign, now))


def silent_raster(campaign: Campaign, locale: str, now: datetime, ending: str) -> Surface:
    """The same as a PNG; a drawing takes its time, so it is made for whoever asks, and kept."""
    standing = Standing(None, now, None, State.OFF if campaign.is_off else State.UNKNOWN)
    return _raster(campaign, standing, locale, ending, _today(campaign, now))


def _today(campaign: Campaign, now: datetime) -> Valid:
    today = local_day(now, campaign.zone)
    return day_start(today, campaign.zone), day_start(today + timedelta(days=1), campaign.zone)


def _standings(campaign: Campaign, progress: Progress, now: datetime, joined: int) -> list[tuple[Standing, Valid]]:
    """Today's standing and tomorrow's, each with its day.

    What follows (a day fewer, or the end) is rendered ahead, so that no cached copy says "1 day left" in January
    even while the worker is away.
    """
    zone, today = campaign.zone, local_day(now, campaign.zone)
    days = [day_start(today + timedelta(days=ahead), zone) for ahead in (0, 1, 2)]
    known = None if progress.state is State.UNKNOWN else progress.count
    found: list[tuple[Standing, Valid]] = []
    for at, valid in zip((now, days[1]), pairwise(days), strict=True):
        state = campaign.state(known, at)
        count = None if state is State.OFF else known
        found.append((Standing(count, at, progress.as_of, state, joined), valid))
    return found


def _texts(
    campaign: Campaign,
    standing: Standing,
    locale: str,
    site: str,
    before: int | None,
    valid: Valid,
) -> list[Surface]:
    text = words(campaign, standing, locale)
    data = _data(campaign, standing, text, locale, before) | {"valid_until": instant(valid[1])}
    page = frame.page(campaign, standing, text, locale, direction(locale), site)
    shown = picture.shown(campaign, standing, text, locale, direction(locale))
    name = f"/e/{campaign.slug}.{locale}"
    return [
        Surface(f"{name}.json", JSON, msgspec.json.encode(data), *valid),
        Surface(f"{name}.html", HTML, page.encode(), *valid),
        Surface(f"{name}.svg", SVG, picture.svg(shown, picture.BANNER).encode(), *valid),
    ]


def _data(
    campaign: Campaign, standing: Standing, text: Words, locale: str, before: int | None
) -> dict[str, object]:
    """What the script asks for (CONTRACT)."""
    count, goal = standing.count, campaign.goal_for(standing.count)
    # only the count itself is counted up to: no money, and no other number told in its place
    rises = campaign.metric is not Metric.AMOUNT_RAISED and text.number == amount(campaign, count or 0, locale)
    quiet = _quiet(campaign)
    return {
        "v": 1,
        "campaign": campaign.slug,
        "metric": campaign.metric,
        "count": count,
        "goal": goal,
        "percent": None if count is None else percent(count, goal),
        "from": before if rises and before is not None else count,
        "as_of": standing.as_of and instant(standing.as_of),
        "state": standing.state,
        "lang": locale,
        "dir": direction(locale),
        "numerals": numerals.intl(locale),
        "look": frame.look(campaign),
        "text": _spoken(text, locale),
        **({"quiet": quiet} if quiet else {}),
    }


def _raster(campaign: Campaign, standing: Standing, locale: str, ending: str, valid: Valid) -> Surface:
    body = raster.png(campaign, standing, locale, RASTERS[ending])
    return Surface(f"/e/{campaign.slug}.{locale}.{ending}", PNG, body, *valid)


def _spoken(text: Words, locale: str) -> dict[str, str]:
    """Only what is said travels: every byte of the data counts (BANNER: at most 600)."""
    said = asdict(text) | {"before": text.before, "after": text.after}
    if text.number:
        said |= asdict(controls(locale))
    return {name: value for name, value in said.items() if value}


def _quiet(campaign: Campaign) -> str:
    """A regular expression that finds a page without a banner in its path, a line break and its section.

    Alternatives of plain text alone, so that no page can make it slow; "" where the banner may stand anywhere.
    """
    if campaign.is_off:
        return "."
    rules = [f"^{_plain(path)}" for path in campaign.quiet_paths]
    rules += [f"\n{_plain(section)}$" for section in campaign.quiet_sections]
    return "|".join(rules)


def _plain(text: str) -> str:
    """`text` as a pattern for itself, in JavaScript as in Python."""
    return re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", text)


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds: 2026-11-23T12:05:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
