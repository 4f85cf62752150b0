"""The demo's newspaper: there only in the demo, with the banner pasted in as publishers are told to."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from tracker import config
from tracker.app import ROOT
from tracker.web import demo, headers


def paper(is_demo: bool) -> FlaskClient:
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config["TRACKER"] = config.load(demo=is_demo)
    Babel(app)
    headers.init_app(app)
    app.register_blueprint(demo.blueprint)
    return app.test_client()


@pytest.fixture
def reader() -> Iterator[FlaskClient]:
    with paper(is_demo=True) as client:
        yield client


def test_outside_the_demo_there_is_no_newspaper() -> None:
    client = paper(is_demo=False)
    assert client.get("/demo/article").status_code == 404
    assert client.get("/demo/strict").status_code == client.get("/demo/forms").status_code == 404
    assert client.get("/demo/2026/who-sees-the-first-snow").status_code == 404


def test_the_article_has_what_a_newspapers_page_has(reader: FlaskClient) -> None:
    page = reader.get("/demo/article").text
    for part in ("Latest", "Show more", "min read", "Drawing: The Dnipro Courier", "Related story", "Read more"):
        assert part in page, part
    assert '<link rel="canonical" href="http://localhost/demo/article">' in page


def test_the_pasted_code_holds_no_number(reader: FlaskClient) -> None:
    page = reader.get("/demo/article").text
    pasted = re.findall(r"<member-goal[^>]*>(.*?)</member-goal>", page, re.DOTALL)
    assert len(pasted) == 2
    assert not any(re.search(r"\d", re.sub(r"<[^>]+>", "", one)) for one in pasted)


def test_the_preload_names_what_the_element_will_ask_for(reader: FlaskClient) -> None:
    page = reader.get("/demo/article?lang=uk-UA").text
    assert '<link rel="preload" as="fetch" crossorigin href="http://localhost/e/year-end.uk.json">' in page
    assert page.count('locale="uk"') == 2


def test_the_same_banner_stands_in_a_frame(reader: FlaskClient) -> None:
    answer = reader.get("/demo/article?frame=1")
    assert '<iframe src="http://localhost/e/year-end.en.html"' in answer.text and "<member-goal" not in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_strict_article_holds_nothing_inline_and_its_policy_allows_nothing_inline(reader: FlaskClient) -> None:
    answer = reader.get("/demo/strict")
    page, policy = answer.text, answer.headers["Content-Security-Policy"]
    assert "<style" not in page and not re.search(r"<script(?![^>]* src=)|<[^>]+ (style|on\w+)=", page)
    assert '<link rel="stylesheet" href="http://localhost/e/v1.css">' in page
    assert "sha256" not in policy and "unsafe" not in policy and "require-trusted-types-for 'script'" in policy
    assert page.count("<member-goal") == 2


def test_one_page_shows_every_form(reader: FlaskClient) -> None:
    page = reader.get("/demo/forms?lang=uk").text
    assert re.findall(r'<member-goal[^>]* form="(\w+)"', page) == ["inline", "slim", "card", "foot"]
    assert page.count('locale="uk"') == 4 and '<option value="uk" lang="uk" selected>' in page


def test_every_page_of_the_paper_leads_to_the_other_ways(reader: FlaskClient) -> None:
    ways = {"/demo/article", "/demo/article?frame=1", "/demo/strict", "/demo/forms"}
    for path in ways:
        footer = reader.get(path).text.partition("<footer>")[2]
        assert set(re.findall(r'href="(/demo/[^"]*)"', footer)) <= ways - {path}, path
    lead = reader.get("/demo/article").text.partition("<footer>")[2]
    assert set(re.findall(r'href="(/demo/[^"]*)"', lead)) == ways - {"/demo/article"}


def test_other_stories_have_addresses_and_titles_of_their_own(reader: FlaskClient) -> None:
    assert "<h1>Who sees the first snow</h1>" in reader.get("/demo/2026/who-sees-the-first-snow").text
    assert "<h1>Lighthouse keeper</h1>" in reader.get("/demo/2026/lighthouse-keeper").text
    assert 'href="http://localhost/demo/2026/lighthouse-keeper"' in reader.get("/demo/2026/lighthouse-keeper").text


@pytest.mark.parametrize("path", ["2026/Odd_Slug", "2026/-x", "1/x", "2026/" + "a" * 81, "2026/%3Cscript%3E"])
def test_an_odd_address_is_no_story(reader: FlaskClient, path: str) -> None:
    assert reader.get(f"/demo/{path}").status_code == 404
