"""oEmbed: the address of a campaign's page becomes its banner, wherever it is pasted (BANNER pitfalls 14, 15)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import Client, TestResponse

from tests.conftest import empty
from tests.line.conftest import year_end
from tracker import config, web
from tracker.app import create_app
from tracker.core.campaign import Publisher
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import picture, raster

SITE = "https://members.news.example"
PAGE = f"{SITE}/c/year-end"
COPY = {
    "en": {"headline": "{count} of us carry this newsroom", "button": "Become a member"},
    "uk": {"headline": "Редакція, яка відповідає «читачам» & <всім>", "button": "Стати учасником"},
}


@pytest.fixture
def client(database_url: str) -> Iterator[Client]:
    settings = config.load(
        database_url=database_url,
        secret_key="x" * 32,
        stripe_secret_key="sk_test_oembed",
        public_url=SITE,
        _env_file=None,
    )
    app = create_app(settings)
    web.init_app(app)
    with app.app_context():
        campaigns.put(db.session(), replace(year_end(), copy=COPY, publisher=Publisher("The Dnipro Courier")))
        db.session.commit()
    yield Client(web.embed_first(app))
    empty(app)
    with app.app_context():
        db.engine.dispose()


def ask(client: Client, url: str = PAGE, **fields: Any) -> TestResponse:
    return client.get("/oembed", query_string={"url": url, "format": "json", **fields})


def test_the_answer_is_a_frame_with_its_size_and_no_number_in_it(client: Client) -> None:
    found = ask(client)
    told = found.get_json()
    assert found.status_code == 200 and found.mimetype == "application/json"
    assert (told["version"], told["type"], told["provider_name"]) == ("1.0", "rich", "The Dnipro Courier")
    html = told["html"]
    assert re.fullmatch(r"<iframe [^<>]*></iframe>", html) and f'src="{SITE}/e/year-end.en.html"' in html
    assert (told["width"], told["height"]) == (600, 290) and 'width="600" height="290"' in html
    without_size = re.sub(r'(width|height|frameborder)="\d+"', "", html)
    assert not re.search(r"\d", without_size + told["title"]), (
        "it is stored for ever: a number would be a false one"
    )
    assert told["title"] and f'title="{told["title"]}"' in html


def test_the_thumbnail_is_the_picture_with_its_own_size(client: Client) -> None:
    told = ask(client).get_json()
    assert told["thumbnail_url"] == f"{SITE}/e/year-end.en.png"
    assert (told["thumbnail_width"], told["thumbnail_height"]) == raster.size(picture.BANNER)
    assert "thumbnail_url" not in ask(client, maxwidth=600).get_json()


@pytest.mark.parametrize(
    ("limits", "size"),
    [
        ({"maxwidth": 500, "maxheight": 750}, (500, 290)),
        ({"maxwidth": 320}, (320, 420)),
        ({"maxwidth": 400, "maxheight": 200}, (400, 200)),
        ({"maxwidth": 1200, "maxheight": ""}, (600, 290)),
    ],
)
def test_limits_are_kept(client: Client, limits: dict[str, Any], size: tuple[int, int]) -> None:
    told = ask(client, **limits).get_json()
    assert (told["width"], told["height"]) == size and f'width="{size[0]}" height="{size[1]}"' in told["html"]


@pytest.mark.parametrize(
    ("url", "locale"),
    [
        (f"{PAGE}?lang=uk", "uk"), (f"{PAGE}?utm_source=mail&lang=uk-UA#top", "uk"), (f"{PAGE}/", "en"),
        ("http://MEMBERS.news.example/c/year-end", "en"), (f"{PAGE}?lang=zz9_", "en"), (f"{PAGE}?lang=fr", "en"),
    ],
)  # fmt: skip
def test_every_spelling_of_the_page_is_known(client: Client, url: str, locale: str) -> None:
    assert f"/e/year-end.{locale}.html" in ask(client, url).get_json()["html"]


@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}/c/nobody", f"{SITE}/c/year-end/method", f"{SITE}/", "https://elsewhere.example/c/year-end",
        "https://members.news.example.evil.example/c/year-end", "https://x@members.news.example/c/year-end",
        "javascript:alert(1)//members.news.example/c/year-end", "ftp://members.news.example/c/year-end",
        "http://[members.news.example/c/year-end", "/c/year-end", "\x00", "a" * 5000,
    ],
)  # fmt: skip
def test_what_is_none_of_ours_is_not_found(client: Client, url: str) -> None:
    found = ask(client, url)
    assert found.status_code == 404 and "no page of a campaign" in found.get_json()["error"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"format": "xml"}, 501), ({"url": ""}, 400), ({"maxwidth": "wide"}, 400), ({"maxheight": "-1"}, 400),
        ({"maxwidth": "0"}, 400), ({"maxwidth": "9" * 400}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_words(client: Client, fields: dict[str, str], status: int) -> None:
    found = client.get("/oembed", query_string={"url": PAGE, "format": "json", **fields})
    assert found.status_code == status and len(found.get_json()["error"]) > 20
    assert found.headers["Access-Control-Allow-Origin"] == "*" and found.headers["Cache-Control"] == "no-store"


def test_format_may_be_left_out(client: Client) -> None:
    assert client.get(f"/oembed?url={quote(PAGE, safe='')}").get_json()["type"] == "rich"


def test_it_is_for_everybody_may_be_kept_and_knows_nobody(client: Client) -> None:
    found = ask(client)
    assert found.headers["Access-Control-Allow-Origin"] == "*" and "Set-Cookie" not in found.headers
    assert found.headers["Cache-Control"] == "public, max-age=300" and found.get_json()["cache_age"] == 86_400
    assert found.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_staff_texts_are_text_in_the_frame_s_title(client: Client) -> None:
    told = ask(client, f"{PAGE}?lang=uk").get_json()
    assert told["title"] == COPY["uk"]["headline"] and unescape(told["html"]).count("<iframe") == 1
    assert "&lt;всім&gt;" in told["html"] and "<всім>" not in told["html"]


def test_the_page_leads_to_its_embedding_and_the_embedding_to_a_frame(client: Client) -> None:
    page = client.get("/c/year-end?lang=uk").text
    found = re.search(r'<link rel="alternate" type="application/json\+oembed" title="[^"]+" href="([^"]+)">', page)
    assert found and unescape(found[1]).startswith(f"{SITE}/oembed?")
    told = client.get(unescape(found[1]).removeprefix(SITE)).get_json()
    address = re.search(r'src="([^"]+)"', told["html"])
    assert address and address[1] == f"{SITE}/e/year-end.uk.html"
    for path in (address[1], told["thumbnail_url"]):
        assert client.get(path.removeprefix(SITE)).status_code == 200


def test_the_page_s_card_is_there_in_the_size_it_says(client: Client) -> None:
    page = client.get("/c/year-end?lang=uk").text
    card = dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', page))
    assert card["twitter:card"] == "summary_large_image" and card["og:locale"] == "uk_UA"
    assert (card["og:image:width"], card["og:image:height"]) == ("1200", "630") and card["og:image:alt"]
    assert card["og:image"] == f"{SITE}/e/year-end.uk.card.png" and f'<link rel="canonical" href="{PAGE}">' in page
    drawn = client.get(card["og:image"].removeprefix(SITE))
    assert drawn.mimetype == "image/png" and drawn.data[16:24] == b"\0\0\x04\xb0\0\0\x02\x76"
