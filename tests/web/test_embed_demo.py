"""The demo's newspaper: there only in the demo, with the banner pasted in as publishers are told to."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from tests.conftest import empty
from tests.line.conftest import year_end
from tracker import config, web
from tracker.app import ROOT, create_app
from tracker.core.article_card import ArticleCard
from tracker.db import db
from tracker.intake import article_tags
from tracker.ledger import campaigns, landmarks
from tracker.sandbox.articles import told
from tracker.web import demo, embed_code, headers

COPY = {"en": {"headline": "Carried by its readers"}, "uk": {"headline": "Тримається на «читачах» & <друзях>"}}


def paper(is_demo: bool) -> FlaskClient:
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config["TRACKER"] = config.load(demo=is_demo)
    Babel(app)
    headers.init_app(app)
    app.register_blueprint(demo.blueprint)
    embed_code.init_app(app)
    return app.test_client()


@pytest.fixture
def reader() -> Iterator[FlaskClient]:
    with paper(is_demo=True) as client:
        yield client


@pytest.fixture
def house(database_url: str) -> Iterator[Flask]:
    """All of the demo, on a database, as yet without a campaign."""
    settings = config.load(
        database_url=database_url, secret_key="x" * 32, stripe_secret_key="sk_test_demo", demo=True
    )
    app = create_app(settings)
    web.init_app(app)
    yield app
    empty(app)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def visitor(house: Flask) -> FlaskClient:
    """A reader of the whole demo, with its campaign."""
    with house.app_context():
        campaigns.put(db.session(), replace(year_end(), copy=COPY))
        db.session.commit()
    return house.test_client()


def test_outside_the_demo_there_is_no_newspaper() -> None:
    client = paper(is_demo=False)
    assert client.get("/demo/article").status_code == 404
    assert client.get("/demo/strict").status_code == client.get("/demo/forms").status_code == 404
    assert client.get("/demo/wordpress").status_code == 404
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
    assert "<h1>The banner in all its forms</h1>" in page, "an English paper, whatever the banner speaks"
    assert page.count('locale="uk"') == 4 and '<option value="uk" lang="uk" selected>' in page


def test_wordpress_frames_what_oembed_answers_for_the_pasted_address(visitor: FlaskClient) -> None:
    page = visitor.get("/demo/wordpress?lang=uk-UA").text
    told = visitor.get("/oembed?url=http://127.0.0.1:8000/c/year-end?lang=uk").get_json()
    frames = re.findall(r"<iframe[^>]*></iframe>", page)
    assert len(frames) == 1 and "<member-goal" not in page
    secret = re.search(r'#\?secret=([a-zA-Z0-9]{10})" data-secret="\1"', frames[0])
    assert secret, frames[0]
    shown = frames[0].replace(' sandbox="allow-scripts"', "").replace(f' data-secret="{secret[1]}"', "")
    assert shown.replace(f"#?secret={secret[1]}", "") == told["html"]
    assert 'sandbox="allow-scripts"' in frames[0] and "year-end.uk.html" in frames[0]


def test_no_two_frames_of_wordpress_share_a_secret(visitor: FlaskClient) -> None:
    secrets = {re.findall(r'data-secret="(\w+)"', visitor.get("/demo/wordpress").text)[0] for _ in range(5)}
    assert len(secrets) == 5


def test_the_page_around_wordpress_s_frame_allows_nothing_inline(visitor: FlaskClient) -> None:
    answer = visitor.get("/demo/wordpress")
    policy = answer.headers["Content-Security-Policy"]
    assert "<style" not in answer.text and not re.search(
        r"<script(?![^>]* src=)|<[^>]+ (style|on\w+)=", answer.text
    )
    assert "frame-src 'self' http://127.0.0.1:8000" in policy and "sha256" not in policy and "unsafe" not in policy


def test_where_oembed_knows_no_campaign_wordpress_shows_the_address(house: Flask) -> None:
    page = house.test_client().get("/demo/wordpress").text
    assert "<iframe" not in page
    assert (
        '<a href="http://127.0.0.1:8000/c/year-end?lang=en">http://127.0.0.1:8000/c/year-end?lang=en</a>' in page
    )


def test_every_page_of_the_paper_leads_to_the_other_ways(visitor: FlaskClient) -> None:
    ways = {"/demo/article", "/demo/article?frame=1", "/demo/strict", "/demo/forms", "/demo/wordpress"}
    for path in ways:
        footer = visitor.get(path).text.partition("<footer>")[2]
        assert set(re.findall(r'href="(/demo/[^"]*)"', footer)) <= ways - {path}, path
        assert "/demo/wordpress" in footer or path == "/demo/wordpress", path
    lead = visitor.get("/demo/article").text.partition("<footer>")[2]
    assert set(re.findall(r'href="(/demo/[^"]*)"', lead)) == ways - {"/demo/article"}


def test_other_stories_have_addresses_and_titles_of_their_own(reader: FlaskClient, visitor: FlaskClient) -> None:
    assert "<h1>Who sees the first snow</h1>" in visitor.get("/demo/2026/who-sees-the-first-snow").text
    assert "<h1>Lighthouse keeper</h1>" in reader.get("/demo/2026/lighthouse-keeper").text
    assert 'href="http://localhost/demo/2026/lighthouse-keeper"' in reader.get("/demo/2026/lighthouse-keeper").text


def test_the_newspaper_knows_every_article_of_the_invented_past() -> None:
    words = "write it anew: python -m tracker.sandbox.articles > tracker/static/demo/articles.json"
    assert (ROOT / "tracker/static/demo/articles.json").read_text(encoding="utf-8") == told(), words


def test_a_story_tells_its_author_section_and_day_to_readers_and_to_programs(
    house: Flask, visitor: FlaskClient
) -> None:
    begun = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # already the 21st in Kyiv
    with house.app_context():
        landmarks.put(db.session(), landmarks.CONNECTED, begun)
        db.session.commit()
    for way in ("", "?frame=1"):
        page = visitor.get(f"/demo/2026/the-piano-tuner-s-last-appointment{way}")
        card = article_tags.read(page.data, "text/html", page.request.url, ZoneInfo("Europe/Kyiv"), begun.date())
        assert card == ArticleCard(
            title="The piano tuner's last appointment",
            section="Portrait",
            authors=("Olena Tyshko",),
            published_on=begun.date() - timedelta(days=175),
            language="en",
        )
    page = visitor.get("/demo/2026/who-sees-the-first-snow").text
    assert "By Nadia Orel" in page and "15 November 2026" in page and "About the author" not in page


@pytest.mark.parametrize("path", ["2026/Odd_Slug", "2026/-x", "1/x", "2026/" + "a" * 81, "2026/%3Cscript%3E"])
def test_an_odd_address_is_no_story(reader: FlaskClient, path: str) -> None:
    assert reader.get(f"/demo/{path}").status_code == 404
