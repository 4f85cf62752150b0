"""/e/ is answered from memory: headers, caches, and what is said while the database is away (CONTRACT, BANNER)."""

import gzip
import io
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
import time_machine
from test_embed_data import NOON, SITE, YEAR_END, standing

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.intake import beacons
from tracker.projections import banner, embed_files
from tracker.projections.banner import Surface
from tracker.web.embed import Embed, News

ENGLISH, UKRAINIAN = "/e/year-end.en.json", "/e/year-end.uk.json"


@dataclass
class Database:
    """What the layer finds when it looks."""

    surfaces: list[Surface] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=lambda: [YEAR_END])
    version: int = 0
    is_away: bool = False

    def publish(self, count: int, at: datetime = NOON) -> None:
        self.surfaces = banner.render_all(YEAR_END, standing(count, at), at, SITE, banner.Lately(count))
        self.version += 1

    def look(self, version: int) -> News:
        if self.is_away:
            raise ConnectionError("no route to the database")
        return News(self.version, self.surfaces if self.version > version else [], self.campaigns)

    def look_slowly(self, version: int) -> News:
        threading.Event().wait(0.3)
        return self.look(version)


@dataclass
class Answered:
    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def behind(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"the application"]


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def layer(database: Database) -> Iterator[Embed]:
    with time_machine.travel(NOON, tick=False):
        database.publish(18_412)
        yield Embed(behind, database.look, SITE)


def ask(layer: Embed, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answered:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    environ["CONTENT_LENGTH"] = str(len(body))
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    environ["wsgi.input"] = io.BytesIO(body)
    setup_testing_defaults(environ)
    got: list[Any] = []
    parts = validator(layer)(environ, lambda status, given, exc_info=None: got.append((status, given)))
    content = b"".join(parts)
    parts.close()
    return Answered(got[0][0], dict(got[0][1]), content)


def test_other_paths_go_to_the_application(layer: Embed) -> None:
    assert ask(layer, "/join/year-end").body == b"the application"


def test_the_number_comes_with_the_headers_that_embedding_needs(layer: Embed) -> None:
    found = ask(layer, ENGLISH)
    assert found.status == "200 OK" and found.json["count"] == 18_412
    expected = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
        "Timing-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    assert expected.items() <= found.headers.items()
    assert "Set-Cookie" not in found.headers
    assert re.fullmatch(r'"[0-9a-f]+"', found.headers["ETag"]), "strong"


def test_known_bytes_are_not_sent_twice(layer: Embed) -> None:
    etag = ask(layer, ENGLISH).headers["ETag"]
    for knows in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = ask(layer, ENGLISH, if_none_match=knows)
        assert (again.status, again.body) == ("304 Not Modified", b"")
        assert again.headers["ETag"] == etag and "Cache-Control" in again.headers
    assert ask(layer, ENGLISH, if_none_match='"other"').status == "200 OK"


def test_the_packed_form_is_the_same_under_a_name_of_its_own(layer: Embed) -> None:
    plain, packed = ask(layer, ENGLISH), ask(layer, ENGLISH, accept_encoding="br, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Content-Encoding" not in ask(layer, ENGLISH, accept_encoding="gzip;q=0, br").headers
    refused = ask(layer, ENGLISH, accept_encoding="gzip", if_none_match=plain.headers["ETag"])
    assert refused.status == "200 OK", "another encoding is another thing"


def test_head_is_get_without_the_body(layer: Embed) -> None:
    head, get = ask(layer, ENGLISH, "HEAD"), ask(layer, ENGLISH)
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


@pytest.mark.parametrize(
    ("before_midnight", "cache"),
    [
        (7200, "public, max-age=10, s-maxage=30, stale-while-revalidate=20, stale-if-error=7170"),
        (35, "public, max-age=10, s-maxage=30, stale-while-revalidate=5, stale-if-error=5"),
        (4, "public, max-age=4, s-maxage=4, stale-while-revalidate=0, stale-if-error=0"),
    ],
)
def test_no_cache_may_show_a_number_past_its_time(database: Database, before_midnight: int, cache: str) -> None:
    midnight = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    with time_machine.travel(midnight - timedelta(seconds=before_midnight), tick=False):
        database.publish(18_412, midnight - timedelta(hours=3))
        assert ask(Embed(behind, database.look, SITE), ENGLISH).headers["Cache-Control"] == cache


@pytest.mark.parametrize(
    ("tag", "lang"), [("uk-UA", "uk"), ("UK", "uk"), ("en-GB", "en"), ("de", "en"), ("x-any", "en")]
)
def test_any_well_formed_locale_is_answered(layer: Embed, tag: str, lang: str) -> None:
    assert ask(layer, f"/e/year-end.{tag}.json").json["lang"] == lang


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/e/nobody.en.json", "no campaign"),
        ("/e/year-end.u_k.json", "not a language tag"),
        ("/e/year-end.json", "embed code"),
        ("/e/year-end.en.exe", "embed code"),
        ("/e/", "embed code"),
        ("/e/../etc/passwd", "embed code"),
    ],
)
def test_what_is_not_there_is_said_in_words(layer: Embed, path: str, words: str) -> None:
    found = ask(layer, path)
    assert found.status == "404 Not Found" and words in found.json["error"]
    assert found.headers["Access-Control-Allow-Origin"] == "*", "a script may read why"


def test_an_unknown_frame_is_a_page_in_words(layer: Embed) -> None:
    found = ask(layer, "/e/<b>.en.html")
    assert b"<b>" not in found.body
    assert b"no campaign" in ask(layer, "/e/nobody.en.html").body


def test_the_frame_may_stand_anywhere_and_run_only_its_own_few_lines(layer: Embed) -> None:
    found = ask(layer, "/e/year-end.en.html")
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors *" in policy and "unsafe" not in policy
    assert b"18,412" in found.body and found.body.count(b"<script") == 1
    code = embed_files.frame_script().encode()
    assert code in found.body and b64encode(sha256(code).digest()).decode() in policy.split("script-src ")[1]
    assert (
        b'href="https://members.news.example/join/year-end?placement=frame&amp;embed=v1&amp;lang=en"' in found.body
    )


def test_the_script_has_a_living_and_an_immutable_name(layer: Embed) -> None:
    script = embed_files.script()
    living, pinned = ask(layer, "/e/v1.js"), ask(layer, f"/e/v1.{script.digest}.js")
    assert living.body == pinned.body == script.body
    assert "immutable" in pinned.headers["Cache-Control"] and "immutable" not in living.headers["Cache-Control"]
    assert ask(layer, "/e/v1.0123456789.js").status == "404 Not Found"
    assert ask(layer, "/e/v1.css").headers["Content-Type"].startswith("text/css")


def test_a_script_that_pages_name_by_its_digest_is_found_after_an_upgrade(
    layer: Embed, database: Database
) -> None:
    older = Surface("/e/v1.0123456789.js", banner.SCRIPT, b"the script of last year", *banner.ALWAYS)
    database.surfaces = [*database.surfaces, older, banner.script()]
    database.version += 1
    layer.look()
    found = ask(layer, older.path)
    assert found.body == older.body and found.headers["Cache-Control"].endswith("immutable")
    assert ask(layer, banner.script().path).body == embed_files.script().body


def test_only_beacons_are_posted(layer: Embed) -> None:
    assert ask(layer, ENGLISH, "POST").headers["Allow"] == "GET, HEAD"
    assert ask(layer, "/e/beacon").headers["Allow"] == "POST"
    counted = ask(layer, "/e/beacon", "POST", b"{}")
    assert (counted.status, counted.headers["Cache-Control"], counted.body) == ("204 No Content", "no-store", b"")
    assert ask(layer, "/e/beacon", "POST", b"x" * 2049).status == "413 Content Too Large"


def test_before_the_first_count_the_state_is_unknown_and_no_number_stands(database: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        layer = Embed(behind, database.look, SITE)
        for path in (ENGLISH, UKRAINIAN, "/e/year-end.de.json"):
            found = ask(layer, path).json
            assert (found["state"], found["count"]) == ("unknown", None)
        assert b"progressbar" not in ask(layer, "/e/year-end.en.html").body


def test_readers_who_come_together_at_the_start_all_see_the_number(database: Database) -> None:
    database.publish(18_412, clock.now())
    layer = Embed(behind, database.look_slowly, SITE)
    with ThreadPoolExecutor(8) as readers:
        found = list(readers.map(lambda _: ask(layer, ENGLISH), range(8)))
    assert [one.status for one in found] == ["200 OK"] * 8


def test_a_new_count_replaces_the_old_one(layer: Embed, database: Database) -> None:
    assert ask(layer, ENGLISH).json["count"] == 18_412
    database.publish(18_413)
    layer.look()
    assert ask(layer, ENGLISH).json["count"] == 18_413


def test_the_last_bytes_go_on_while_the_database_is_away_for_a_day(database: Database) -> None:
    with time_machine.travel(NOON, tick=False) as time:
        database.publish(18_412)
        layer = Embed(behind, database.look, SITE)
        assert ask(layer, ENGLISH).json["text"]["days"] == "38 days left"
        database.is_away = True
        time.shift(timedelta(hours=24))
        later = refreshed(layer)
        assert later["count"] == 18_412 and later["as_of"] == "2026-11-23T12:05:00Z"
        assert later["text"]["days"] == "37 days left", "the day has passed, though nobody rendered"
        time.shift(timedelta(hours=48))
        assert refreshed(layer)["count"] is None, "too old to be shown as a number"


def refreshed(layer: Embed) -> dict[str, Any]:
    """What is answered after the layer has turned to the present second."""
    layer._tick = -1.0
    return ask(layer, ENGLISH).json


def test_a_start_without_database_says_that_it_does_not_know_yet(database: Database) -> None:
    database.is_away = True
    found = ask(Embed(behind, database.look, SITE), ENGLISH)
    assert found.status == "503 Service Unavailable" and found.headers["Cache-Control"] == "no-store"


def test_the_switched_off_campaign_falls_silent(layer: Embed, database: Database) -> None:
    off = replace(YEAR_END, is_off=True)
    database.surfaces = banner.render_all(off, standing(18_412), NOON, SITE)
    database.version += 1
    layer.look()
    assert (ask(layer, ENGLISH).json["state"], ask(layer, ENGLISH).json["count"]) == ("off", None)


def test_a_beacon_of_a_campaign_of_ours_is_counted_and_any_other_is_let_go(database: Database) -> None:
    kept: list[beacons.Batch] = []
    layer = Embed(behind, database.look, SITE, lambda batch: not kept.append(batch))
    database.publish(18_412)
    ask(layer, ENGLISH)
    for body in (b"kind=view&campaign=year-end", b"kind=view&campaign=nobody", b"kind=view", b"\x00"):
        assert ask(layer, "/e/beacon", "POST", body).status == "204 No Content"
    assert layer.book.write()
    assert [(one.kind, one.campaign, one.count) for batch in kept for one in batch.counted] == [
        ("view", "year-end", 1)
    ]


def test_while_a_campaign_is_off_nothing_is_counted(database: Database) -> None:
    kept: list[beacons.Batch] = []
    layer = Embed(behind, database.look, SITE, lambda batch: not kept.append(batch))
    database.campaigns = [replace(YEAR_END, is_off=True)]
    database.publish(18_412)
    ask(layer, ENGLISH)
    ask(layer, "/e/beacon", "POST", b"kind=view&campaign=year-end")
    assert layer.book.write() and kept == []
