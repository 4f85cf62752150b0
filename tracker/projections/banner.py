"""The public surfaces of a campaign, rendered once per change and minute and handed out as bytes.

Pure: the worker stores what comes back, the web processes hand it out. A surface's count is the truth that
was known when it was rendered, under its `as_of`; where nothing true can be said it holds no number at all.
"""

import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from tracker.core.campaign import Campaign, Metric, State, day_start, local_day, percent
from tracker.core.progress import Progress
from tracker.projections import frame, numerals
from tracker.projections.locales import babel_locale, locales
from tracker.projections.wording import Standing, Words, amount, controls, words

JSON = "application/json"
HTML = "text/html; charset=utf-8"


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


def render(
    campaign: Campaign, progress: Progress, locale: str, now: datetime, site: str, lately: Lately = Lately()
) -> list[Surface]:
    """The campaign's surfaces in `locale`: those true now, and those that follow them by the calendar alone.

    `site` is where readers reach us, without a trailing slash. What follows (a day fewer, or the end) is rendered
    ahead, so that no cached copy says "1 day left" in January even while the worker is away.
    """
    zone = campaign.zone
    today = local_day(now, zone)
    found: list[Surface] = []
    for ahead in (0, 1):
        starts = day_start(today + timedelta(days=ahead), zone)
        ends = day_start(today + timedelta(days=ahead + 1), zone)
        standing = replace(_standing(campaign, progress, now if ahead == 0 else starts), joined=lately.joined)
        found += _pair(campaign, standing, locale, site, None if ahead else lately.before, (starts, ends))
    return found


def silent(campaign: Campaign, locale: str, now: datetime, site: str) -> list[Surface]:
    """What is said before anything is known: the sentence and the link with no number."""
    standing = Standing(None, now, None, State.OFF if campaign.is_off else State.UNKNOWN)
    starts = day_start(local_day(now, campaign.zone), campaign.zone)
    ends = day_start(local_day(now, campaign.zone) + timedelta(days=1), campaign.zone)
    return _pair(campaign, standing, locale, site, None, (starts, ends))


def _standing(campaign: Campaign, progress: Progress, at: datetime) -> Standing:
    count = None if progress.state is State.UNKNOWN else progress.count
    state = campaign.state(count, at)
    return Standing(None if state is State.OFF else count, at, progress.as_of, state)


def _pair(
    campaign: Campaign,
    standing: Standing,
    locale: str,
    site: str,
    before: int | None,
    valid: tuple[datetime, datetime],
) -> list[Surface]:
    text = words(campaign, standing, locale)
    data = _data(campaign, standing, text, locale, before) | {"valid_until": instant(valid[1])}
    page = frame.page(campaign, standing, text, locale, direction(locale), site)
    name = f"/e/{campaign.slug}.{locale}"
    return [
        Surface(f"{name}.json", JSON, msgspec.json.encode(data), *valid),
        Surface(f"{name}.html", HTML, page.encode(), *valid),
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


def direction(locale: str) -> str:
    """ltr or rtl, as the locale's script runs."""
    return babel_locale(locale).text_direction
