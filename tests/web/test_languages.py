"""The banner's languages: whole, right in number and direction, never two mixed (BANNER, CONTRACT)."""

import gzip
import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from tracker import config, demo
from tracker.core.campaign import Campaign, Metric, Publisher, State
from tracker.core.progress import Progress
from tracker.intake import campaign_file
from tracker.languages import LANGUAGES, PAGE_LANGUAGES, best_locale
from tracker.projections import banner, wording
from tracker.projections.locales import CATALOGUES, catalogue, locales, page_locales
from tracker.projections.numerals import number

SITE = "https://members.news.example"
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
LAST_EVENING = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
RTL = {"ar", "fa", "he", "ur"}
TRANSLATED = LANGUAGES[1:]
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
PLACES = re.compile(r"%\((\w+)\)s")
YEAR_END = Campaign(
    "year-end", "25,000 members by the end of the year", 25_000, date(2026, 1, 1), date(2026, 12, 31),
    "Europe/Kyiv", ("prod_member",), publisher=Publisher("The Dnipro Courier"), currency="EUR",
)  # fmt: skip

every_language = pytest.mark.parametrize("locale", LANGUAGES)
every_translation = pytest.mark.parametrize("locale", TRANSLATED)


def speaking(locale: str, **changes: Any) -> Campaign:
    """A campaign that lists the language, and leaves all its words to us."""
    return replace(YEAR_END, copy={locale: {}}, **changes)


def surface(kind: str, campaign: Campaign, locale: str, count: int | None, at: datetime = NOON) -> bytes:
    state = State.UNKNOWN if count is None else State.RUNNING
    progress = Progress(campaign.slug, campaign.metric, campaign.goal, count, at, (count and at) or None, state)
    before = None if count is None else max(count - 62, 0)
    found = banner.render(campaign, progress, locale, at, SITE, banner.Lately(before))
    return next(one.body for one in found if one.path.endswith(kind))


def data(campaign: Campaign, locale: str, count: int | None, at: datetime = NOON) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(surface(".json", campaign, locale, count, at))
    return found


def babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


def latin(text: str) -> str:
    """The text with every digit as 0-9, and the Arabic sign for percent as ours."""
    return "".join(str(unicodedata.digit(one, one)) for one in text).replace("\u066a", "%")


def translations(locale: str) -> Catalog:
    with (CATALOGUES / str(babel(locale)) / "LC_MESSAGES" / "banner.po").open("rb") as file:
        return read_po(file, locale=str(babel(locale)))


def messages(locale: str) -> dict[str | tuple[str, ...], Message]:
    return {(one.id if isinstance(one.id, str) else tuple(one.id)): one for one in translations(locale) if one.id}


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def categories(locale: str) -> list[str]:
    """CLDR's categories that whole numbers of the language fall into, in CLDR's order: the order of the forms."""
    used = {babel(locale).plural_form(n) for n in [*range(1001), 1_000_000]}
    return [name for name in CATEGORIES if name in used]


def test_there_are_at_least_65_languages_each_with_its_catalogue() -> None:
    assert len(LANGUAGES) == len(set(LANGUAGES)) >= 65
    found = {path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/banner.mo")}
    assert found == {str(babel(locale)) for locale in TRANSLATED}, "English is its own source"


def test_the_languages_are_those_that_publishers_are_told() -> None:
    told = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:Latin|Cyrillic|right to left|others) \| (.+) \|$", told, re.MULTILINE)
    assert sorted(" ".join(rows).split()) == sorted(LANGUAGES)


@every_translation
def test_every_text_of_the_banner_is_translated_and_none_is_left_over(locale: str) -> None:
    used = extract_from_file("python", Path(wording.__file__))
    assert set(messages(locale)) == {text if isinstance(text, str) else tuple(text) for _, text, _, _ in used}
    for message in messages(locale).values():
        assert not message.fuzzy and all(form.strip() for form in forms(message)), message.id
        assert not set(forms(message)) & {message.id, *message.id} or message.id == "%(count)s of %(goal)s"


@every_translation
def test_what_is_compiled_is_what_is_written(locale: str) -> None:
    t = catalogue(locale)
    for message in messages(locale).values():
        if isinstance(message.id, str):
            assert t.gettext(message.id) == message.string
        else:
            assert {t.ngettext(*message.id, n) for n in range(201)} <= set(message.string)


@every_translation
def test_a_translation_holds_the_places_of_the_english_text(locale: str) -> None:
    """Where a form speaks of one number alone ("two days left"), its word may stand for the digit."""
    chosen = {"%(days)s day left": "days", "%(count)s joined this week": "count"}
    for message in messages(locale).values():
        singular = message.id if isinstance(message.id, str) else message.id[0]
        may_lack = {"goal"} if "%(goal)s" in singular else {chosen.get(singular, "")}
        for name, form in zip(categories(locale), forms(message), strict=False):
            is_single = sum(babel(locale).plural_form(n) == name for n in range(201)) == 1
            wanted, found = set(PLACES.findall(singular)), PLACES.findall(form)
            assert len(found) == len(set(found)) and "%" not in PLACES.sub("", form), form
            assert set(found) == wanted or (is_single and set(found) == wanted - may_lack), form


@every_translation
def test_the_form_is_the_one_that_cldr_names(locale: str) -> None:
    t, names = catalogue(locale), categories(locale)
    assert isinstance(t, GNUTranslations) and translations(locale).num_plurals == len(names)
    choose = t.plural  # type: ignore[attr-defined]
    for n in [*range(201), 1_204, 18_412, 25_000, 1_000_000, 2_000_000]:
        assert names[int(choose(n))] == babel(locale).plural_form(n), n


@every_language
@pytest.mark.parametrize("count", [1, 2, 5, 21, 18_412, 25_000, 26_204])
def test_number_percent_language_and_direction_are_babels_own(locale: str, count: int) -> None:
    found, spoken = data(speaking(locale, name="Members"), locale, count), babel(locale)
    assert (found["lang"], found["dir"]) == (locale, "rtl" if locale in RTL else "ltr")
    text, system = found["text"], {"numbering_system": "default"}
    assert latin(text["number"]) == format_decimal(count, locale=spoken, **system)
    if found["percent"]:
        assert latin(text["percent"]) == format_percent(found["percent"] / 100, locale=spoken, **system)
    own = {unicodedata.digit(one) - ord(one) for value in text.values() for one in value if one.isdigit()}
    assert len(own) == 1, "one kind of digits, in dates and days, too"


@every_language
@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("count", [1, 5, 25, 500, 25_000, 26_204])
def test_the_count_is_the_first_number_of_the_sentence(locale: str, metric: Metric, count: int) -> None:
    minor = 100 if metric is Metric.AMOUNT_RAISED else 1
    text = data(speaking(locale, metric=metric, goal=25_000 * minor), locale, count * minor)["text"]
    before, found, after = text["sentence"].partition(text["number"])
    assert found and not re.search(r"\d", before), "a face sets the number large, and must not take another for it"
    assert not re.match(r"[\d.,\u00a0\u202f\u066c]+\d", after), "nor cut a longer one in two"
    assert re.search(r"\d", after) and "{" not in text["sentence"]


@every_language
def test_the_data_stays_within_600_bytes_packed_in_every_language(locale: str) -> None:
    shown = demo.campaign(config.load(timezone="Europe/Kyiv"), 2026)
    campaigns = [speaking(locale)] + ([shown] if locale in locales(shown) else [])
    for campaign in campaigns:
        for at in (NOON, LAST_EVENING, LAST_EVENING + timedelta(days=3)):
            for count in (18_412, 25_000, 26_204):
                body = surface(".json", campaign, locale, count, at)
                assert len(gzip.compress(body, 9)) <= 600, body.decode()


@every_language
def test_the_frame_is_a_page_in_that_language(locale: str) -> None:
    page = surface(".html", speaking(locale), locale, 18_412).decode()
    assert f'<html lang="{locale}" dir="{"rtl" if locale in RTL else "ltr"}">' in page
    assert f"<b>{number(18_412, locale)}</b>" in page


@every_language
def test_what_is_not_known_holds_no_number_in_any_language(locale: str) -> None:
    text = data(speaking(locale), locale, None)["text"]
    assert set(text) == {"headline", "appeal", "button"}
    assert not re.search(r"\d", "".join(text.values()))


@every_translation
def test_no_language_shows_a_word_of_another(locale: str) -> None:
    """The campaign's name and the staff's texts belong to the language they were written in."""
    english = {"headline": "A headline", "appeal": "An appeal", "button": "A button", "reached": "R", "ended": "E"}
    campaign = replace(YEAR_END, name="An English name", copy={"en": english, locale: {}})
    assert data(campaign, locale, 18_412)["text"] == data(speaking(locale, name=""), locale, 18_412)["text"]
    for at in (NOON, LAST_EVENING + timedelta(days=3)):
        for count in (None, 18_412, 25_000, 26_204):
            shown = data(campaign, locale, count, at)["text"].values()
            assert not set(shown) & {*english.values(), campaign.name, ""}


def test_the_campaigns_name_is_the_headline_only_in_its_default_language() -> None:
    campaign = replace(YEAR_END, copy={"uk": {}, "de": {}}, name="Двадцять п’ять тисяч")
    assert locales(campaign) == ("uk", "de")
    assert data(campaign, "uk", 18_412)["text"]["headline"] == "Двадцять п’ять тисяч"
    assert data(campaign, "de", 18_412)["text"]["headline"] == "Journalismus, getragen von seinen Lesern"
    assert data(campaign, "de", 18_412)["text"]["button"] == "Mitglied werden"


def test_a_campaign_speaks_what_staff_listed_and_we_know() -> None:
    assert locales(replace(YEAR_END, copy={"de": {}, "tlh": {"headline": "?"}, "en": {}})) == ("en", "de")
    assert locales(replace(YEAR_END, copy={"tlh": {}})) == ("en",)
    assert page_locales(replace(YEAR_END, copy={"de": {}, "uk": {}})) == ("uk",)
    assert page_locales(replace(YEAR_END, copy={"de": {}})) == PAGE_LANGUAGES[:1] == ("en",)


@pytest.mark.parametrize(
    ("tag", "best"),
    [
        ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("cmn", "zh-Hans"),
        ("zh-hant-hk", "zh-Hant"), ("no", "nb"), ("nn-NO", "nn"), ("iw", "he"), ("in", "id"), ("tl-PH", "fil"),
        ("mo", "ro"), ("sh", "sr-Latn"), ("sr-ME", "sr-Latn"), ("sr-RS", "sr"), ("sr-Latn-RS", "sr-Latn"),
        ("pt-PT", "pt"), ("pt-BR", "pt-BR"), ("pt-AO", "pt"), ("es-419", "es"), ("de-CH-1996", "de"),
        ("FA-ir", "fa"), ("ar-EG-u-nu-arab", "ar"),
        ("pa-Arab", "en"), ("az-Cyrl", "en"), ("hi-Latn", "en"), ("tlh", "en"),
    ],
)  # fmt: skip
def test_older_and_regional_tags_find_their_language_and_no_other_script(tag: str, best: str) -> None:
    assert best_locale(tag, LANGUAGES) == best


def test_a_tag_finds_the_region_or_script_that_the_campaign_has() -> None:
    assert best_locale("pt", ("en", "pt-BR")) == "pt-BR" == best_locale("pt-PT", ("en", "pt-BR"))
    assert best_locale("zh-TW", ("en", "zh-Hans")) == "en"


def test_ukrainian_counts_days_and_people_as_ukrainians_do() -> None:
    days = {
        n: data(speaking("uk"), "uk", 5, LAST_EVENING - timedelta(days=n))["text"]["days"] for n in (1, 2, 5, 21)
    }
    assert days == {
        1: "Залишився 1 день", 2: "Залишилося 2 дні", 5: "Залишилося 5 днів", 21: "Залишився 21 день",
    }  # fmt: skip
    assert [wording.joined_this_week(n, "uk") for n in (1, 2, 5, 21)] == [
        "Цього тижня долучився 1 учасник", "Цього тижня долучилися 2 учасники",
        "Цього тижня долучилося 5 учасників", "Цього тижня долучився 21 учасник",
    ]  # fmt: skip
    further = data(replace(speaking("uk"), stretch_goals=(30_000,)), "uk", 25_000)
    assert further["text"]["appeal"] == "Мети 25\u00a0000 досягнуто. Наступна: 30\u00a0000."
    assert wording.controls("uk") == wording.Controls("Не зараз", "Я вже серед учасників", "Закрити")


@pytest.mark.parametrize("week", [1, 2, 3, 5, 11, 21, 412])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_weeks_joiners_are_told_whole_in_every_language(locale: str, week: int) -> None:
    campaign = replace(speaking(locale), bar_from=50)
    standing = wording.Standing(week, LAST_EVENING - timedelta(days=9), None, State.RUNNING, joined=week)
    found = wording.words(campaign, standing, locale)
    assert found.before + found.number + found.after == found.sentence
    assert found.number in (number(week, locale), found.sentence), "some say one and two without a digit"


def test_arabic_names_one_and_two_days_without_a_digit() -> None:
    days = {
        n: data(speaking("ar"), "ar", 5, LAST_EVENING - timedelta(days=n))["text"]["days"] for n in (1, 2, 5, 21)
    }
    assert days == {1: "بقي يوم واحد", 2: "بقي يومان", 5: "بقيت 5 أيام", 21: "بقي 21 يومًا"}


def campaign_text(copy: str) -> str:
    days = "starts_on = 2026-01-01\nends_on = 2026-12-31\n"
    return f'slug = "a"\nname = "A"\ngoal = 5\nproducts = ["prod_member"]\n{days}{copy}'


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("pt_BR", "write pt-BR"), ("pt-br", "write pt-BR"), ("de-AT", "write de"), ("no", "write nb"),
        ("zh", "write zh-Hans"), ("zh_TW", "write zh-Hant"), ("ua", "write uk"), ("gr", "write el"),
        ("deu", "write de"), ("klingon", "there are en, uk, af"),
    ],
)  # fmt: skip
def test_a_language_we_do_not_speak_is_refused_with_the_one_to_write(written: str, cure: str) -> None:
    with pytest.raises(campaign_file.CampaignFileError, match=rf"copy\.{written} is no language we speak; {cure}"):
        campaign_file.read(campaign_text(f"[copy.{written}]\n"), "Europe/Kyiv")


def test_an_empty_table_is_enough_to_speak_a_language() -> None:
    campaign = campaign_file.read(campaign_text("[copy.de]\n[copy.pt-BR]\n"), "Europe/Kyiv")
    assert locales(campaign) == ("de", "pt-BR")


def test_no_catalogue_is_read_before_a_reader_asks() -> None:
    asks = "import tracker.app; from tracker.projections.locales import catalogue; print(catalogue.cache_info())"
    answer = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout
    assert "currsize=0" in answer
