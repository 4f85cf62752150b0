"""The banner as a picture says what the data says, is drawn whole or in another language, and stays light."""

import json
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import resvg_py
import time_machine
from test_embed_data import COPY, LAST_EVENING, NOON, SITE, YEAR_END, standing
from test_embed_layer import Database, ask

from tracker.core.campaign import Campaign, Metric, Publisher, State
from tracker.projections import banner, lettering, picture, raster
from tracker.projections.locales import direction
from tracker.projections.wording import Standing, words
from tracker.web.embed import Embed

SPACE = "{http://www.w3.org/2000/svg}"
HEAVIEST = 60_000
LONG = (
    "A newsroom that answers to its readers and to nobody else in this whole country, and will go on so for years"
)


def bodies(count: int | None, campaign: Campaign = YEAR_END, **named: Any) -> dict[str, bytes]:
    """{ending: bytes} of what is true now."""
    at, locale = named.get("at", NOON), named.get("locale", "en")
    progress = standing(count, at, campaign)
    found = [*banner.render(campaign, progress, locale, at, SITE), *banner.draw(campaign, progress, locale, at)]
    return {one.path.split(".", 2)[2]: one.body for one in reversed(found)}


def told(
    count: int | None, campaign: Campaign = YEAR_END, locale: str = "en", state: State = State.RUNNING
) -> str:
    standing_now = Standing(count, NOON, NOON, state)
    shown = picture.shown(campaign, standing_now, words(campaign, standing_now, locale), locale, direction(locale))
    return picture.svg(shown, picture.BANNER)


def texts(svg: bytes | str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SPACE}text")]


def test_svg_png_and_data_tell_the_same_count_and_the_same_time() -> None:
    for count in (0, 1, 18_412, 25_000, 26_204):
        found = bodies(count)
        said = json.loads(found["json"])["text"]
        drawn = texts(found["svg"])
        assert said["updated"] in drawn and any(said["number"] in line for line in drawn)
        assert ET.fromstring(found["svg"]).findtext(f"{SPACE}title") == said["sentence"]
        for ending in ("png", "card.png"):
            language, alt = raster.told(found[ending])
            assert language == "en" and said["sentence"] in alt and said["updated"] in alt


def test_another_count_is_another_picture_and_the_same_count_the_same_bytes() -> None:
    first, again, other = bodies(18_412), bodies(18_412), bodies(18_413)
    raster.forget()
    anew = bodies(18_412)
    for ending in ("svg", "png", "card.png"):
        assert first[ending] == again[ending] == anew[ending] != other[ending]


@pytest.mark.parametrize("is_off", [False, True])
def test_where_no_number_is_known_no_digit_is_drawn(is_off: bool) -> None:
    campaign = replace(YEAR_END, is_off=is_off, name="Members 2026", publisher=Publisher("Channel 5"))
    found = bodies(18_412 if is_off else None, campaign)
    root = ET.fromstring(found["svg"])
    assert not re.search(r"\d", "".join(root.itertext())), found["svg"]
    assert "Become a member" in texts(found["svg"]) and len(texts(found["svg"])) > 2
    for ending in ("png", "card.png"):
        assert not re.search(r"\d", raster.told(found[ending])[1])


def test_a_layer_that_heard_of_no_number_draws_the_sentence_for_whoever_asks() -> None:
    database = Database()
    layer = Embed(lambda environ, start: [], database.look, SITE)
    with time_machine.travel(NOON, tick=False):
        for ending in ("png", "card.png"):
            found = ask(layer, f"/e/year-end.uk-UA.{ending}")
            assert found.status == "200 OK" and found.headers["Content-Language"] == "uk"
            assert not re.search(r"\d", raster.told(found.body)[1])


def test_what_the_picture_says_when_it_is_reached_passed_and_over() -> None:
    reached, passed = told(25_000, state=State.REACHED), told(26_204, state=State.REACHED)
    assert "We did it: 25,000 of\u00a0you." in texts(reached) and "members, 1,204 over the goal" in " ".join(
        texts(passed)
    )
    ended = texts(told(24_210, state=State.ENDED))
    assert "Thank you. 24,210 members carry this newsroom." in " ".join(ended) and not any(
        "left" in line for line in ended
    )


def test_the_bar_is_as_long_as_the_share_and_never_longer_than_its_track() -> None:
    for count, share in ((0, None), (12_500, 0.5), (25_000, 1.0), (90_000, 1.0)):
        track, *filled = [float(one.get("width", "")) for one in ET.fromstring(told(count)).iter(f"{SPACE}rect")][
            2:-1
        ]
        assert filled == ([] if share is None else [track * share])


def test_below_the_share_that_staff_set_there_is_no_bar() -> None:
    small = replace(YEAR_END, bar_from=10)
    assert picture.TRACK not in told(2_000, small) and picture.TRACK in told(2_500, small)


def test_a_stretch_goal_is_what_the_bar_measures() -> None:
    further = replace(YEAR_END, stretch_goals=(50_000,))
    filled = ET.fromstring(told(25_000, further)).findall(f"{SPACE}rect")[3]
    assert float(filled.get("width", "")) == pytest.approx(540 / 2)


def test_long_texts_stay_inside_and_nothing_is_written_over_the_percent() -> None:
    campaign = replace(YEAR_END, copy={"en": {"headline": LONG, "appeal": LONG, "button": LONG}})
    for shown in (told(18_412, campaign), told(123_456_789, replace(campaign, goal=987_654_321))):
        for one in ET.fromstring(shown).iter(f"{SPACE}text"):
            weight = int(one.get("font-weight", "400"))
            wide = sum(
                lettering.width(part, float(size), bold)
                for part, size, bold in [
                    (one.text or "", one.get("font-size", ""), weight),
                    *(("".join(span.itertext()), span.get("font-size", ""), 700) for span in one),
                    *((span.tail or "", one.get("font-size", ""), weight) for span in one),
                ]
            )
            x, end = float(one.get("x", "")), one.get("text-anchor") == "end"
            assert x - wide >= 0 if end else x + wide <= picture.BANNER.width, ET.tostring(one)


def test_a_number_s_own_spaces_do_not_break() -> None:
    assert all("25\xa0000" in line for line in lettering.lines("до 25\xa0000 учасників", 20, 400, 130)[:1])


def test_staff_texts_are_text_in_the_picture_never_markup() -> None:
    hostile = replace(YEAR_END, copy={"en": {"headline": '</text><script>"&', "button": "<b>"}})
    shown = told(18_412, hostile)
    assert '</text><script>"&' in texts(shown) and "<script" not in shown
    assert bodies(18_412, hostile)["png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("odd", ["\x01", "\x1b", "\ufffe", "\uffff"])
def test_a_character_that_no_markup_can_hold_keeps_no_picture_from_being_drawn(odd: str) -> None:
    texts_of = dict.fromkeys(("headline", "appeal", "button"), f"Read{odd} us")
    campaign = replace(YEAR_END, copy={"en": texts_of}, publisher=Publisher(name=f"News{odd}"))
    drawn = bodies(18_412, campaign)
    assert "Read us" in texts(drawn["svg"]) and drawn["png"].startswith(b"\x89PNG")


def test_right_to_left_begins_on_the_right() -> None:
    hebrew = replace(YEAR_END, copy={"he": {"headline": "מערכת שעונה לקוראיה"}})
    lines = list(ET.fromstring(told(18_412, hebrew, "he")).iter(f"{SPACE}text"))
    assert (lines[0].get("x"), lines[0].get("text-anchor")) == ("570", "end")
    filled = ET.fromstring(told(12_500, hebrew, "he")).findall(f"{SPACE}rect")[3]
    assert float(filled.get("x", "")) == pytest.approx(300)


def test_letters_that_no_font_has_are_told_in_the_campaigns_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_FOLDERS", ())  # a machine with no font but the product's own
    for cached in (lettering._all, lettering._holder, lettering.width):
        cached.cache_clear()
    try:
        japanese = replace(YEAR_END, copy={"ja": {"headline": "読者に応える編集部"}, "uk": COPY["uk"]})
        found = raster.png(japanese, Standing(18_412, NOON, NOON, State.RUNNING), "ja", picture.BANNER)
        assert raster.told(found)[0] == "uk" and "Редакція" in raster.told(found)[1]
        alone = replace(YEAR_END, copy={"en": {"headline": "読者に応える編集部"}})
        shown = raster.in_reach(alone, Standing(18_412, NOON, NOON, State.RUNNING), "en")
        assert shown.text.headline == "Journalism carried by its readers" and shown.text.number == "18,412"
    finally:
        for cached in (lettering._all, lettering._holder, lettering.width):
            cached.cache_clear()


def test_latin_with_vietnamese_cyrillic_and_greek_need_nothing_but_the_product() -> None:
    for text in (
        "Tờ báo của độc giả ở Việt Nam",
        "Її ґанок, ўсё, ђаво",
        "Η εφημερίδα των αναγνωστών",
        "Žluťoučký kůň ₴ € 73 %",
    ):
        assert [one.family for one in lettering.types(text)] == [lettering.PACKAGED] and lettering.drawable(text)


def test_an_ornament_is_left_out_before_the_language_is() -> None:
    assert lettering.drawable("Together \U0001fae8") == "Together "


@pytest.mark.parametrize("locale", ["en", "uk"])
@pytest.mark.parametrize("count", [0, 18_412, 25_000, 26_204, None])
def test_a_png_is_light_and_has_the_size_that_is_promised(locale: str, count: int | None) -> None:
    for campaign in (YEAR_END, replace(YEAR_END, metric=Metric.AMOUNT_RAISED, goal=1_000_000_00)):
        for at in (NOON, LAST_EVENING, LAST_EVENING + timedelta(days=3)):
            found = bodies(count, campaign, locale=locale, at=at)
            for ending, shape in banner.RASTERS.items():
                assert len(found[ending]) <= HEAVIEST, (ending, locale, count, at)
                assert struct.unpack(">II", found[ending][16:24]) == raster.size(shape)
            assert len(found["svg"]) <= 4_000


def test_the_heaviest_texts_stay_light_too() -> None:
    for cut in (60, 70, 80, 90, 100, len(LONG)):
        words_cut = LONG[:cut]
        found = bodies(18_412, replace(YEAR_END, copy={"en": {"headline": words_cut, "appeal": words_cut}}))
        assert len(found["png"]) <= HEAVIEST and len(found["card.png"]) <= HEAVIEST, cut


def test_a_picture_packed_more_tightly_is_the_same_picture() -> None:
    paths = '<path fill="#fff" d="M0 0h24v9H0"/><path d="M1 1l19 7V1"/>'
    markup = f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="9">{paths}</svg>'
    drawn = resvg_py.svg_to_bytes(svg_string=markup, skip_system_fonts=True)
    four, three = pixels(drawn), pixels(raster._without_alpha(drawn))
    assert [pixel[:3] for pixel in four] == three and len(set(three)) > 5 and len(three) == 24 * 9


def pixels(png: bytes) -> list[tuple[int, ...]]:
    """The picture's pixels in order; the lines' filters undone as PNG's specification says (section 9)."""
    wide, _ = struct.unpack(">II", png[16:24])
    size = {2: 3, 6: 4}[png[25]]
    data = zlib.decompress(b"".join(data for kind, data in raster._chunks(png) if kind == b"IDAT"))
    found, above = [], bytes(wide * size)
    for start in range(0, len(data), wide * size + 1):
        kind, line = data[start], bytearray(data[start + 1 : start + 1 + wide * size])
        for at in range(len(line)):
            left, up, corner = (line[at - size], above[at], above[at - size]) if at >= size else (0, above[at], 0)
            nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            line[at] = (line[at] + (0, left, up, (left + up) // 2, nearest)[kind]) % 256
        found += [tuple(line[at : at + size]) for at in range(0, len(line), size)]
        above = bytes(line)
    return found


def test_a_picture_is_served_like_its_data() -> None:
    database = Database()
    layer = Embed(lambda environ, start: [], database.look, SITE)
    with time_machine.travel(NOON, tick=False):
        database.publish(18_412)
        database.surfaces += banner.draw_all(YEAR_END, standing(18_412), NOON)
        data = ask(layer, "/e/year-end.en.json")
        for ending, kind in (("svg", "image/svg+xml"), ("png", "image/png"), ("card.png", "image/png")):
            found = ask(layer, f"/e/year-end.en-GB.{ending}")
            assert (found.status, found.headers["Content-Type"]) == ("200 OK", kind)
            assert found.headers["Cache-Control"] == data.headers["Cache-Control"]
            assert found.headers["X-Content-Type-Options"] == "nosniff"
        svg = ask(layer, "/e/year-end.en.svg")
        assert svg.headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri")
        assert "style=" not in svg.body.decode() and "<style" not in svg.body.decode()
        assert ask(layer, "/e/year-end.uk.png").headers["Content-Language"] == "uk"
        assert b"no campaign" in ask(layer, "/e/nobody.en.png").body
