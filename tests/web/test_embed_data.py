"""What the banner says: the data of CONTRACT, the texts by state, the languages (BANNER, RULES 4-5)."""

import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tracker.core import accent
from tracker.core.campaign import Campaign, Metric, Publisher, State
from tracker.core.progress import Progress
from tracker.projections import banner, embed_files
from tracker.projections.locales import best_locale, locales

SITE = "https://members.news.example"
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
LAST_EVENING = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
COPY = {
    "en": {
        "headline": "A newsroom that answers to its readers",
        "appeal": "Help us reach {goal} members by {deadline}.",
        "button": "Become a member",
        "reached": "We did it: {count} of you.",
        "ended": "Thank you. {count} members carry this newsroom.",
    },
    "uk": {
        "headline": "Редакція, яка відповідає перед читачами",
        "appeal": "Допоможіть нам зібрати {goal} учасників до {deadline}.",
        "button": "Стати учасником",
    },
}
YEAR_END = Campaign(
    "year-end", "25,000 members by the end of the year", 25_000, date(2026, 1, 1), date(2026, 12, 31),
    "Europe/Kyiv", ("prod_member",), publisher=Publisher("The Dnipro Courier"), copy=COPY,
)  # fmt: skip


def standing(count: int | None, at: datetime = NOON, campaign: Campaign = YEAR_END) -> Progress:
    state = State.UNKNOWN if count is None else State.RUNNING
    return Progress(campaign.slug, campaign.metric, campaign.goal, count, at, None if count is None else at, state)


def surfaces(
    count: int | None,
    at: datetime = NOON,
    campaign: Campaign = YEAR_END,
    locale: str = "en",
    before: int | None = None,
) -> list[banner.Surface]:
    return banner.render(campaign, standing(count, at, campaign), locale, at, SITE, banner.Lately(before))


def told(count: int, campaign: Campaign, joined: int = 0) -> dict[str, Any]:
    """The data with what the last week brought."""
    progress = standing(count, campaign=campaign)
    lately = banner.Lately(count - 10, joined)
    result: dict[str, Any] = json.loads(banner.render(campaign, progress, "en", NOON, SITE, lately)[0].body)
    return result


def data(*args: Any, ahead: bool = False, **named: Any) -> dict[str, Any]:
    found = [one for one in surfaces(*args, **named) if one.path.endswith(".json")]
    result: dict[str, Any] = json.loads(found[ahead].body)
    return result


def page(*args: Any, **named: Any) -> str:
    return next(one.body.decode() for one in surfaces(*args, **named) if one.path.endswith(".html"))


def test_the_data_has_the_contracts_fields_and_texts_ready_to_show() -> None:
    found = data(18_412, before=18_350)
    assert found.pop("text") == {
        "headline": "A newsroom that answers to its readers",
        "appeal": "Help us reach 25,000 members by 31\u00a0December.",
        "button": "Become a member",
        "sentence": "18,412 of 25,000 members",
        "after": " of 25,000 members",
        "later": "Not now",
        "member": "I am already a member",
        "close": "Close",
        "number": "18,412",
        "percent": "73%",
        "days": "38 days left",
        "updated": "as of 14:05, 23 November",
    }
    assert found.pop("look") == f"--d:#8a1f11;--e:{accent.on_dark('#8a1f11')}"
    assert found == {
        "v": 1,
        "campaign": "year-end",
        "metric": "active_members",
        "count": 18_412,
        "goal": 25_000,
        "percent": 73,
        "from": 18_350,
        "as_of": "2026-11-23T12:05:00Z",
        "valid_until": "2026-11-23T22:00:00Z",
        "state": "running",
        "lang": "en",
        "dir": "ltr",
        "numerals": "en",
    }


@pytest.mark.parametrize("locale", ["en", "uk"])
@pytest.mark.parametrize("count", [0, 18_412, 25_000, 26_204])
def test_the_data_stays_within_600_bytes_packed(locale: str, count: int) -> None:
    for at in (NOON, LAST_EVENING, LAST_EVENING + timedelta(days=3)):
        for one in surfaces(count, at, locale=locale, before=max(count - 62, 0)):
            if one.path.endswith(".json"):
                assert len(gzip.compress(one.body, 9)) <= 600, one.body.decode()


def test_the_script_with_its_look_stays_within_3000_bytes_packed() -> None:
    assert len(gzip.compress(embed_files.script().body, 9)) <= 3_000


def test_the_packed_script_is_made_of_the_source_beside_it() -> None:
    packed = (embed_files.FOLDER / embed_files.PACKED).read_text()
    assert packed.partition("\n")[0] == embed_files.mark(), "make embed packs it anew"


def test_below_the_share_that_staff_chose_the_weeks_joiners_are_told_and_no_bar_is_drawn() -> None:
    campaign = replace(YEAR_END, bar_from=10)
    found = told(2_400, campaign, joined=412)
    assert (found["text"]["sentence"], found["text"]["number"]) == ("412 joined this week", "412")
    assert (found["count"], found["from"]) == (2_400, 2_400), "nothing counts up to another number"
    assert "percent" not in found["text"]
    assert told(2_500, campaign, joined=412)["text"]["percent"] == "10%"
    assert told(2_400, campaign, joined=0)["text"]["sentence"] == "2,400 of 25,000 members"
    frame = page(2_400, campaign=campaign)
    assert "progressbar" not in frame and "2,400" in frame


def test_a_stretch_goal_is_taken_up_when_the_goal_is_reached() -> None:
    campaign = replace(YEAR_END, stretch_goals=(27_000, 30_000))
    assert told(24_999, campaign)["text"]["sentence"] == "24,999 of 25,000 members"
    found = told(25_400, campaign)
    assert (found["goal"], found["percent"], found["state"]) == (27_000, 94, "reached")
    assert found["text"]["sentence"] == "25,400 of 27,000 members"
    assert found["text"]["appeal"] == "The goal of 25,000 is reached. Next: 27,000."
    assert told(27_000, campaign)["text"]["appeal"] == "The goal of 27,000 is reached. Next: 30,000."
    assert told(30_010, campaign)["text"]["sentence"] == "30,010 members, 10 over the goal"


def test_quiet_pages_are_named_by_a_pattern_of_plain_text() -> None:
    campaign = replace(YEAR_END, quiet_paths=("/obituaries/", "/a.b(c)"), quiet_sections=("War (live)",))
    quiet = re.compile(told(18_412, campaign)["quiet"])
    assert quiet.search("/obituaries/2026/a-life\nundefined") and quiet.search("/a.b(c)\nNews")
    assert quiet.search("/2026/a\nWar (live)")
    for page_of in ("/2026/obituaries/\nNews", "/aXb(c)\nNews", "/2026/a\nWar (live) more", "/War (live)\nNews"):
        assert not quiet.search(page_of), page_of
    assert "quiet" not in told(18_412, YEAR_END)
    assert told(18_412, replace(YEAR_END, is_off=True))["quiet"] == ".", "switched off it is quiet everywhere"


@pytest.mark.parametrize("locale", ["en", "uk"])
@pytest.mark.parametrize("is_off", [False, True])
def test_what_is_not_known_or_switched_off_holds_no_number_at_all(locale: str, is_off: bool) -> None:
    campaign = replace(YEAR_END, is_off=is_off, name="Members 2026")
    count = 18_412 if is_off else None
    found = data(count, campaign=campaign, locale=locale)
    assert (found["count"], found["percent"], found["from"]) == (None, None, None)
    assert found["state"] == ("off" if is_off else "unknown")
    assert set(found["text"]) == {"headline", "appeal", "button"}
    assert not re.search(r"\d", "".join(found["text"].values()))
    shown = re.sub(
        r"<[^>]+>|<style>.*?</style>", "", page(count, campaign=campaign, locale=locale).split("</head>")[1]
    )
    assert not re.search(r"\d", shown), "the frame shows a number that is not known"
    assert "progressbar" not in page(count, campaign=campaign, locale=locale)


def test_a_zero_is_said_only_when_it_is_the_count() -> None:
    assert data(0)["text"]["sentence"] == "0 of 25,000 members"
    assert data(None)["text"].get("sentence") is None


def test_the_first_members_are_not_called_zero_percent() -> None:
    assert data(3)["percent"] == 0 and "percent" not in data(3)["text"]


def test_each_state_has_its_own_words() -> None:
    reached, over = data(25_000), data(26_204)
    assert (reached["state"], reached["percent"]) == ("reached", 100)
    assert reached["text"]["appeal"] == "We did it: 25,000 of\u00a0you."
    assert over["text"]["sentence"] == "26,204 members, 1,204 over the goal"
    assert (over["percent"], over["text"]["percent"]) == (104, "104%")
    ended = data(24_120, LAST_EVENING + timedelta(hours=2))
    assert ended["state"] == "ended" and "days" not in ended["text"]
    assert ended["text"]["appeal"] == "Thank you. 24,120 members carry this newsroom."


def test_percent_is_rounded_down() -> None:
    assert data(24_999)["percent"] == 99


def test_the_goal_passed_keeps_the_bar_full_and_tells_the_truth_in_words() -> None:
    frame = page(26_204)
    assert 'aria-valuenow="25000" aria-valuetext="26,204 members, 1,204 over the goal"' in frame
    assert 'rect width="100.00%"' in frame


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (datetime(2026, 12, 29, 12, tzinfo=UTC), "2 days left"),
        (datetime(2026, 12, 29, 22, 30, tzinfo=UTC), "1 day left"),  # already the 30th in Kyiv
        (datetime(2026, 12, 31, 21, 59, tzinfo=UTC), "Last day"),
    ],
)
def test_days_left_are_cut_in_the_campaigns_zone(at: datetime, says: str) -> None:
    assert data(18_412, at)["text"]["days"] == says


def test_what_follows_midnight_is_rendered_ahead_without_a_gap() -> None:
    now, later = [one for one in surfaces(18_412, LAST_EVENING, before=18_000) if one.path.endswith(".json")]
    assert now.valid_until == later.valid_from == YEAR_END.ends_at
    assert json.loads(now.body)["state"] == "running"
    ended = json.loads(later.body)
    assert ended["state"] == "ended" and ended["from"] == ended["count"] == 18_412
    assert ended["as_of"] == "2026-12-31T20:00:00Z", "rendered ahead, yet no fresher than it is"


def test_days_are_whole_where_the_clocks_change() -> None:
    at = datetime(2026, 10, 25, 12, tzinfo=UTC)  # Kyiv goes back an hour on this day
    now, later = [one for one in surfaces(18_412, at) if one.path.endswith(".json")]
    assert now.valid_until - now.valid_from == timedelta(hours=25)
    assert later.valid_until - later.valid_from == timedelta(hours=24)


def test_ukrainian_has_its_own_digits_dates_and_copy() -> None:
    text = data(18_412, locale="uk")["text"]
    assert text["number"] == "18\u00a0412" and text["number"] in text["sentence"]
    assert text["appeal"] == "Допоможіть нам зібрати 25\u00a0000 учасників до 31\u00a0грудня."
    assert text["updated"].endswith("14:05, 23 листопада")


@pytest.mark.parametrize("count", [18_412, None])
def test_no_line_begins_with_a_dash_and_no_short_last_word_stands_alone(count: int | None) -> None:
    copy = {"uk": {"headline": "Новини – для всіх", "appeal": "Наша єдина опора — ви."}}
    found = data(count, campaign=replace(YEAR_END, copy=copy), locale="uk")["text"]
    assert found["headline"] == "Новини\u00a0– для\u00a0всіх"
    assert found["appeal"] == "Наша єдина опора\u00a0—\u00a0ви."


def test_money_is_told_whole_and_rounded_down() -> None:
    raised = replace(YEAR_END, metric=Metric.AMOUNT_RAISED, goal=2_500_000_00, currency="EUR")
    assert data(184_120_99, campaign=raised)["text"]["sentence"] == "€184,120 of €2,500,000"
    forint = replace(raised, currency="JPY", goal=5_000_000)
    assert data(1_000_000, campaign=forint)["text"]["number"] == "¥1,000,000"


def test_a_locale_without_texts_falls_back_whole() -> None:
    english = replace(YEAR_END, copy={"en": COPY["en"]})
    assert locales(english) == ("en",) and best_locale("uk", locales(english)) == "en"
    assert locales(replace(YEAR_END, copy={})) == ("en",)


@pytest.mark.parametrize(
    ("tag", "best"),
    [
        ("en", "en"), ("uk", "uk"), ("uk-UA", "uk"), ("UK-cyrl-ua", "uk"), ("en-GB", "en"), ("de", "en"),
        ("zh-Hant-TW", "en"), ("sl-rozaj-biske", "en"), ("de-CH-1996", "en"), ("uk-u-nu-latn", "uk"),
        ("x-ours", "en"), ("i-klingon", "en"), ("es-419", "en"),
        ("", None), ("u", None), ("uk_UA", None), ("uk-", None), ("-uk", None), ("uk--UA", None), ("12", None),
        ("uk-u", None), ("en-x", None), ("en/../x", None), ("a" * 9, None), ("ук", None),
        ("en" + "-abcde" * 30, None),
    ],
)  # fmt: skip
def test_any_well_formed_tag_gets_the_best_match_and_no_other(tag: str, best: str | None) -> None:
    assert best_locale(tag, ("en", "uk")) == best


def test_staff_texts_are_text_on_the_page_never_markup() -> None:
    hostile = replace(YEAR_END, copy={"en": {"headline": '<script>"&', "button": "{count}{nope}</style>"}})
    frame = page(18_412, campaign=hostile)
    assert "<script>" not in frame and "&lt;script&gt;&#34;&amp;" in frame
    assert "18,412{nope}&lt;/style&gt;" in frame


@pytest.mark.parametrize("colour", ["#8a1f11", "#ffee00", "#000000", "#ffffff", "#1657b0", "red;}body{", ""])
def test_any_accent_is_readable_on_both_papers(colour: str) -> None:
    light, dark = accent.on_light(colour), accent.on_dark(colour)
    assert accent.is_colour(light) and accent.is_colour(dark)
    assert accent.contrast(light, accent.LIGHT_PAPER) >= 4.5 and accent.contrast(light, "#ffffff") >= 4.5
    assert accent.contrast(dark, accent.DARK_PAPER) >= 4.5 and accent.contrast(dark, "#161513") >= 4.5
