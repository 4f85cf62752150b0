"""The audience team's embed pages: code to copy, previews in every state, texts, colour, quiet rules."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from staff_house import NOON, House, csrf_of, member, running, year_end

from tracker import access
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.projections import embed_files, queries, rehearsal, surfaces
from tracker.web import embed_page, embed_preview

SITE = "https://members.example"
COPY = {
    "en": {"headline": "Hello readers", "appeal": "Reach {goal} by {deadline}"},
    "uk": {"headline": "Вітаємо читачів"},
}


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url, public_url=SITE) as found, time_machine.travel(NOON, tick=False):
        found.keep(campaign=year_end(copy=COPY))
        found.keep(*[member(f"p{n}", NOON - timedelta(days=10 + n)) for n in range(4)])
        found.is_whole()
        yield found


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.client("audience")


def codes(page: str) -> list[str]:
    """What stands to be copied, as the clipboard gets it."""
    return [html.unescape(found) for found in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)]


def standing(house: House) -> Campaign:
    with house.app.app_context():
        found = queries.campaign("year-end")
        assert found is not None
        return found


def published(house: House, locale: str = "en") -> dict[str, Any]:
    """What readers are shown now."""
    with house.app.app_context():
        _, found = surfaces.newer_than(0)
        path = f"/e/year-end.{locale}.json"
        told = next(one for one in found if one.path == path and one.valid_from <= NOON < one.valid_until)
        answer: dict[str, Any] = json.loads(told.body)
        return answer


def logged(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    with house.app.app_context():
        rows = db.session.execute(select(access.Audit.who, access.Audit.action, access.Audit.detail))
        return [(who, action, detail) for who, action, detail in rows if detail.get("campaign")]


def send(client: FlaskClient, path: str, seen: str | None = None, **form: str) -> Any:
    """Fill in the form at `path` as a browser would; `seen` stands in for one that was opened earlier."""
    drawn = client.get(
        path.replace("/switch", "/quiet") if path.endswith("/switch") else path,
        query_string={"locale": form.get("locale", "")},
    )
    token = csrf_of(drawn.text)
    known = re.search(r'name="seen" value="(\w+)"', drawn.text)
    given = {"csrf_token": token, "seen": seen or (known[1] if known else ""), **form}
    return client.post(path, data=given)


def seen_at(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', client.get(path).text)
    assert found
    return found[1]


@pytest.mark.parametrize("kind", embed_page.KINDS)
@pytest.mark.parametrize("locale", ["en", "uk"])
def test_for_each_kind_of_host_there_is_code_that_names_us_and_holds_no_number(
    client: FlaskClient, kind: str, locale: str
) -> None:
    found = codes(client.get(f"/embed/year-end?kind={kind}&locale={locale}").text)[
        :-2
    ]  # the last two are of all kinds
    assert found and all(SITE in one for one in found)
    shown = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", " ".join(found)) + " ".join(
        re.findall(r'alt="([^"]*)"', " ".join(found))
    )
    assert not re.search(r"\d", shown.replace(f"{SITE}/c/year-end", "")), shown
    assert kind in ("address", "strict") or locale in " ".join(found)


def test_the_code_has_the_chosen_form_language_and_placement(client: FlaskClient) -> None:
    found = codes(client.get("/embed/year-end?form=slim&locale=uk&placement=article-end").text)
    element = next(one for one in found if "<member-goal" in one)
    assert 'locale="uk"' in element and 'form="slim"' in element and 'placement="article-end"' in element
    assert "Долучитися" in element, "the words of the code are in the banner's language"
    assert f"{SITE}/e/year-end.uk.json" in found[0]


def test_a_newsletter_gets_a_linked_picture_with_a_tracked_link(client: FlaskClient) -> None:
    (picture,) = codes(client.get("/embed/year-end?kind=mail").text)[:1]
    assert f'href="{SITE}/join/year-end?placement=newsletter&amp;lang=en"' in picture
    assert f'src="{SITE}/e/year-end.en.png"' in picture and 'width="600"' in picture


def test_a_strict_site_gets_the_unchanging_script_with_its_digest_and_nothing_inline(client: FlaskClient) -> None:
    found = codes(client.get("/embed/year-end?kind=strict").text)
    script = embed_files.script()
    assert (
        f'/e/v1.{script.digest}.js" integrity="{script.integrity}"' in found[0] and "crossorigin src=" in found[0]
    )
    assert "style=" not in "".join(found[:2]) and f"connect-src {SITE};" in found[2]


def test_an_odd_placement_is_refused_in_words_and_the_code_keeps_to_the_usual_one(client: FlaskClient) -> None:
    page = client.get('/embed/year-end?placement="><script>').text
    assert "is no placement" in html.unescape(page) and "<script>" not in page.replace("<script src", "")
    assert 'placement="article-top"' in "".join(codes(page))


@pytest.mark.parametrize("state", rehearsal.STATES)
@pytest.mark.parametrize("form", embed_page.FORMS)
def test_every_state_has_a_preview_of_the_real_element_with_data_by_the_real_code(
    client: FlaskClient, state: str, form: str
) -> None:
    at = f"/embed/year-end/preview/{state}/-/"
    page = client.get(f"{at}?form={form}&locale=uk&scheme=dark")
    assert page.status_code == 200 and "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert f'src="{at}e/v1.js"' in page.text and f'form="{form}"' in page.text and 'class="dark"' in page.text
    assert client.get(f"{at}e/v1.js").data == embed_files.script().body
    told = client.get(f"{at}e/year-end.uk.json").get_json()
    expected = {"live": "running", "low": "running", "over": "reached", "stale": "running", "stretch": "reached"}
    assert told["state"] == expected.get(state, state) and told["lang"] == "uk"
    assert (told["count"] is None) == (state in ("unknown", "off"))


def test_the_live_preview_shows_the_true_number_and_the_invented_ones_never_reach_readers(
    house: House, client: FlaskClient
) -> None:
    assert client.get("/embed/year-end/preview/live/-/e/year-end.en.json").get_json()["count"] == 4
    assert client.get("/embed/year-end/preview/over/-/e/year-end.en.json").get_json()["count"] == 10
    with house.app.app_context():
        assert surfaces.newer_than(0)[1] == []


def test_what_a_preview_reports_is_dropped_and_its_button_leads_nowhere(house: House, client: FlaskClient) -> None:
    at = "/embed/year-end/preview/running/-"
    assert client.post(f"{at}/e/beacon", data="kind=view&campaign=year-end").status_code == 204
    assert client.get(f"{at}/join/year-end?placement=x").status_code == 204
    with house.app.app_context():
        assert not any(
            one.views or one.pledges
            for one in queries.sources(year_end(), NOON.date(), NOON.date(), "article", NOON)
        )


def test_previews_are_for_staff_and_a_draft_that_nobody_of_us_signed_is_not_shown(
    house: House, client: FlaskClient
) -> None:
    at = "/embed/year-end/preview/running/-/"
    assert house.client().get(at).status_code == 302 and house.client("finance").get(at).status_code == 403
    with house.app.app_context():
        ours = embed_preview.sealed(embed_preview.Draft("year-end", {"en": {"headline": "Draft"}}))
        others = embed_preview.sealed(embed_preview.Draft("2025", {"en": {"headline": "Draft"}}))
    path = "/embed/year-end/preview/running/{}/e/year-end.en.json"
    assert client.get(path.format(ours)).get_json()["text"]["headline"] == "Draft"
    for strange in (others, ours[:-1], "x"):
        assert client.get(path.format(strange)).status_code == 404
    assert client.get("/embed/year-end/preview/elsewhere/-/").status_code == 404


def test_texts_are_seen_before_they_are_kept_and_nothing_changes_by_looking(
    house: House, client: FlaskClient
) -> None:
    page = send(
        client, "/embed/year-end/texts", locale="en", do="show", headline="Good <b>evening</b> {goal}"
    ).text
    draft = re.search(r"/preview/running/([^/]+)/", page)
    assert draft and draft[1] != "-"
    told = client.get(f"/embed/year-end/preview/running/{draft[1]}/e/year-end.en.json").get_json()
    assert told["text"]["headline"] == "Good <b>evening</b>\u00a010"
    assert "Good &lt;b&gt;evening&lt;/b&gt; {goal}</textarea>" in page
    assert standing(house).copy == COPY and logged(house) == []


def test_kept_texts_are_published_at_once_and_logged_and_the_same_again_changes_nothing(
    house: House, client: FlaskClient
) -> None:
    seen = seen_at(client, "/embed/year-end/texts?locale=en")
    for _ in range(2):
        answer = send(client, "/embed/year-end/texts", seen, locale="en", do="keep", headline="Good evening")
        assert answer.status_code == 303
    assert published(house)["text"]["headline"] == "Good evening"
    assert standing(house).copy == {**COPY, "en": {"headline": "Good evening"}}
    (line,) = logged(house)
    assert line[:2] == ("audience@paper.example", "changed banner texts") and line[2]["locale"] == "en"


@pytest.mark.parametrize("text", ["Reach {gaol}", "x" * 301])
def test_texts_that_do_not_fit_are_refused_beside_their_field_and_stay_in_the_form(
    house: House, client: FlaskClient, text: str
) -> None:
    answer = send(client, "/embed/year-end/texts", locale="en", do="keep", appeal=text)
    assert answer.status_code == 400 and text in answer.text and 'aria-invalid="true"' in answer.text
    assert standing(house).copy == COPY


def test_whoever_saves_second_sees_what_changed_and_overwrites_nothing_unseen(
    house: House, client: FlaskClient
) -> None:
    seen = seen_at(client, "/embed/year-end/texts?locale=en")
    other = house.client("admin")
    assert send(other, "/embed/year-end/texts", locale="en", do="keep", headline="Theirs").status_code == 303
    assert send(other, "/embed/year-end/texts", locale="uk", do="keep", headline="Їхнє").status_code == 303
    refused = send(client, "/embed/year-end/texts", seen, locale="en", do="keep", headline="Mine")
    assert refused.status_code == 409 and "Theirs" in refused.text and ">Mine</textarea>" in refused.text
    assert standing(house).copy["en"] == {"headline": "Theirs"}
    fresh = re.search(r'name="seen" value="(\w+)"', refused.text)
    assert fresh
    assert (
        send(client, "/embed/year-end/texts", fresh[1], locale="en", do="keep", headline="Mine").status_code == 303
    )
    assert standing(house).copy == {"en": {"headline": "Mine"}, "uk": {"headline": "Їхнє"}}


def test_a_language_is_taken_away_and_the_page_says_who_answers_its_readers(
    house: House, client: FlaskClient
) -> None:
    send(client, "/embed/year-end/texts", locale="uk", do="remove")
    assert "uk" not in standing(house).copy
    page = client.get("/embed/year-end/texts?locale=en").text
    section = page.partition('id="falls"')[2].partition("</section>")[0]
    assert "answered in English" in section and "Ukrainian" in section


def test_an_empty_text_shows_our_standard_one_as_its_placeholder(client: FlaskClient) -> None:
    page = client.get("/embed/year-end/texts?locale=uk").text
    button = re.search(r'<textarea id="button"[^>]*placeholder="([^"]*)"', page)
    assert button and button[1] == "Долучитися"


def test_a_colour_is_kept_as_chosen_and_shown_as_it_can_be_read(house: House, client: FlaskClient) -> None:
    told = client.get("/embed/year-end/colour.json?accent=%23ffee00").get_json()
    assert "is shown as" in told["adjusted"] and told["shades"][1]["colour"] == "#ffee00"
    assert send(client, "/embed/year-end/colour", accent="#FFEE00", do="keep").status_code == 303
    assert standing(house).publisher.accent == "#ffee00"
    light, dark = (one["colour"] for one in told["shades"])
    assert published(house)["look"] == f"--d:{light};--e:{dark}"
    refused = send(client, "/embed/year-end/colour", accent="red", do="keep")
    assert refused.status_code == 400 and "is no colour" in refused.text
    assert client.get("/embed/year-end/colour.json?accent=red").status_code == 400


def test_looking_at_a_colour_changes_nothing(house: House, client: FlaskClient) -> None:
    assert "#1657b0" in send(client, "/embed/year-end/colour", accent="#1657b0", do="show").text
    assert standing(house).publisher.accent == "#8a1f11"


def test_quiet_rules_are_kept_one_a_line_and_wrong_ones_refused(house: House, client: FlaskClient) -> None:
    form = {"quiet_paths": "/obituaries/\r\n\r\n /war/ \r\n/war/", "quiet_sections": "Obituaries"}
    assert send(client, "/embed/year-end/quiet", **form).status_code == 303
    assert standing(house).quiet_paths == ("/obituaries/", "/war/")
    assert standing(house).quiet_sections == ("Obituaries",)
    refused = send(client, "/embed/year-end/quiet", quiet_paths="obituaries", quiet_sections="/x")
    assert refused.status_code == 400 and "is no path" in refused.text and "is no section" in refused.text
    assert standing(house).quiet_paths == ("/obituaries/", "/war/")


def test_the_switch_silences_every_surface_at_once_and_says_who_turned_it(
    house: House, client: FlaskClient
) -> None:
    assert "Switch the campaign off?" in client.get("/embed/year-end/switch").text
    for _ in range(2):
        assert send(client, "/embed/year-end/switch", to="off").status_code == 303
    assert standing(house).is_off and published(house)["state"] == "off" and published(house)["count"] is None
    page = client.get("/embed/year-end/quiet").text
    assert "Last switched by audience@paper.example" in page and len(logged(house)) == 1
    send(client, "/embed/year-end/switch", to="on")
    assert not standing(house).is_off and published(house)["count"] == 4
    assert send(client, "/embed/year-end/switch", to="sideways").status_code == 400


def test_a_form_without_its_token_changes_nothing(house: House, client: FlaskClient) -> None:
    for path, form in (
        ("texts", {"do": "keep", "headline": "x"}),
        ("colour", {"accent": "#000000"}),
        ("switch", {"to": "off"}),
    ):
        assert client.post(f"/embed/year-end/{path}", data=form).status_code == 400
    assert standing(house) == replace(year_end(copy=COPY))


@pytest.mark.parametrize("path", ["", "/texts", "/colour", "/quiet", "/switch", "/doctor", "/colour.json"])
def test_a_campaign_there_is_not_is_told_in_words(client: FlaskClient, path: str) -> None:
    assert client.get(f"/embed/nobody{path}").status_code == 404


def test_the_pages_speak_ukrainian_to_the_last_word(client: FlaskClient) -> None:
    for path in ("", "/texts", "/colour", "/quiet", "/switch", "/doctor"):
        page = client.get(f"/embed/year-end{path}?lang=uk").text
        words = re.sub(
            r"<(textarea|option|code|svg).*?</\1>|<[^>]+>", " ", page.partition("<main")[2], flags=re.DOTALL
        )
        words = words.replace("Ten members by the end of the year", "").replace("Content-Security-Policy", "")
        strange = re.findall(r"\b(?:the|and|is|of|Keep|Show|Copy)\b", words)
        assert strange == [], f"{path}: {words.split()}"
