"""What a web page, an editor's texts and a wrong role try against every page there is (docs/decisions/0013)."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from staff_house import NOON, ROLES, House, running, year_end
from werkzeug.routing import Rule

from tracker import access
from tracker.core.campaign import Publisher
from tracker.db import db
from tracker.ledger.tables import StoredCampaign
from tracker.projections import letter_words
from tracker.web import guard

VALUES = {
    "slug": "year-end",
    "month": "2026-10",
    "year": "2026",
    "state": "running",
    "draft": "-",
    "campaign": "year-end",
}
EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Referer": "https://evil.example/"}
UNRIDDEN = {
    "signin.enter": "a token of its own",
    "embed_preview.beacon": "takes nothing, keeps nothing",
}
"""Public forms that do not look where they come from, and why they need not."""
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
BREAKS = "</title></style></script><svg onload=alert(1)>"
HOSTILE = year_end(
    name=IMAGE + BREAKS,
    publisher=Publisher(SCRIPT + IMAGE, contact=f"a{IMAGE}@b.example", terms_url="javascript:alert(1)"),
    copy={
        "en": {"headline": SCRIPT + BREAKS, "appeal": IMAGE + BREAKS, "button": SCRIPT, "reached": BREAKS},
        "uk": {"headline": IMAGE, "appeal": SCRIPT, "button": BREAKS},
    },
)
ALIVE = re.compile(r"<script>alert|<img src=x|<svg onload|href=\"javascript:", re.I)


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:
        found.keep(campaign=year_end())
        yield found


def doors(house: House, method: str) -> Iterator[tuple[Rule, str, str]]:
    """(rule, its area, its address) of every view that answers to `method`."""
    for rule in house.app.url_map.iter_rules():
        if method in (rule.methods or ()):
            with house.app.test_request_context():
                given = {name: VALUES.get(name, "1") for name in rule.arguments}
                built = rule.build(given, append_unknown=False)
            assert built is not None
            yield rule, str(guard.area_of(house.app.view_functions[rule.endpoint])), built[1]


def test_no_other_method_than_get_and_post_changes_anything(house: House) -> None:
    known = {"GET", "HEAD", "OPTIONS", "POST"}
    assert all(set(rule.methods or ()) <= known for rule in house.app.url_map.iter_rules())


def test_every_form_of_staff_is_shut_to_nobody_to_other_roles_and_without_its_token(house: House) -> None:
    clients = {role: house.client(role) for role in ROLES}
    tried = 0
    for _, area, path in doors(house, "POST"):
        if area == guard.PUBLIC:
            continue
        tried += 1
        assert house.client().post(path).headers.get("Location", "").startswith("/sign-in"), path
        for role, client in clients.items():
            wanted = 400 if role in access.ALLOWED[area] else 403
            assert client.post(path).status_code == wanted, f"{role} at {path}"
            assert client.post(path, data={"csrf_token": "x"}, headers=EVIL).status_code == wanted, path
    assert tried >= 14
    with house.app.app_context():
        assert {line.action for line in db.session.query(access.Audit)} == {"signed in"}


def test_every_public_form_of_another_site_is_refused(house: House) -> None:
    tried = 0
    for rule, area, path in doors(house, "POST"):
        if area != guard.PUBLIC or rule.endpoint in UNRIDDEN:
            continue
        tried += 1
        for headers in (EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
            # no such token was given out; test_shares.py and test_notices.py ride on those that were
            wanted = 404 if rule.endpoint in ("shared.enter", "notices.stop") else 400
            assert house.client().post(path, headers=headers).status_code == wanted, f"{path} {headers}"
    assert tried >= 3


def test_a_page_that_only_shows_takes_no_form(house: House) -> None:
    posts = {path for _, _, path in doors(house, "POST")}
    client = house.client("admin")
    for _, _, path in doors(house, "GET"):
        if path not in posts:
            assert client.post(path).status_code in (404, 405), path


def opened(client: FlaskClient, house: House) -> Iterator[tuple[str, str]]:
    for _, _, path in doors(house, "GET"):
        for asked in (path, f"{path}?lang=uk"):
            answer = client.get(asked)
            if answer.mimetype in ("text/html", "image/svg+xml"):
                yield asked, answer.text


def test_what_staff_write_is_text_on_every_page(database_url: str) -> None:
    with running(database_url) as house:
        house.keep(campaign=HOSTILE)
        house.is_whole(NOON)
        with house.app.app_context():
            assert db.session.query(StoredCampaign).count() == 1
        seen = dict(opened(house.client("admin"), house))
        assert {path: found[0] for path, page in seen.items() if (found := ALIVE.findall(page))} == {}
        told = [path for path, page in seen.items() if "&lt;img src=x" in page or "&lt;script&gt;" in page]
        assert len(told) >= 12, "the texts are on the pages that were looked at"


@pytest.mark.parametrize("locale", ["en", "uk"])
def test_what_staff_write_is_text_in_a_letter(house: House, locale: str) -> None:
    door = letter_words.Door(f"Monthly {IMAGE}", "https://members.example/join/year-end/manage/t?lang=en")
    for words in (
        letter_words.portal(HOSTILE, [door, door], 30, locale),
        letter_words.twice(HOSTILE, door.address, locale),
    ):
        look = {"lang": locale, "direction": "ltr", "accent": "#8a1f11", "ink": "#ffffff"}
        html = house.app.jinja_env.get_template("mail/letter.html").render(words=words, **look)
        assert not ALIVE.search(html) and html.count("&lt;script&gt;") >= 2
