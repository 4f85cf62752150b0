"""What staff are told of an article: judged by its own HTML and headers, each finding with its cure."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from staff_house import House, running, year_end
from werkzeug.serving import make_server

from tracker import cli, config, web
from tracker.app import ROOT, create_app
from tracker.core.article import Page
from tracker.core.campaign import Campaign
from tracker.intake import page_source
from tracker.local import ports
from tracker.projections import embed_files, judgement
from tracker.projections.diagnosis import Known, Level, Remark
from tracker.web.limits import limiter

SITE = "https://members.example"
URL = "https://news.example/2026/story"
SCRIPT = f'<script async src="{SITE}/e/v1.js"></script>'
PRELOAD = f'<link rel="preload" as="fetch" crossorigin href="{SITE}/e/year-end.en.json">'
RESERVE = f'<link rel="stylesheet" href="{SITE}/e/v1.css">'
CANONICAL = f'<link rel="canonical" href="{URL}">'
HEAD = PRELOAD + RESERVE + SCRIPT + CANONICAL
GOAL = '<member-goal campaign="year-end" locale="en">Carried by readers. <a href="#">Join</a></member-goal>'
COPY = {"en": {"headline": "Hello"}, "uk": {"headline": "Вітаємо"}}
CAMPAIGN = year_end(allowed_hosts=("news.example",), copy=COPY)
FRAME = f'<iframe src="{SITE}/e/year-end.en.html" title="Membership" height="360"></iframe>'
DIGEST, INTEGRITY = embed_files.script().digest, embed_files.script().integrity


def judged(
    head: str = HEAD,
    body: str = GOAL,
    *policies: str,
    lang: str = "en",
    campaign: Campaign = CAMPAIGN,
    **page: Any,
) -> list[Remark]:
    html = f'<!doctype html><html lang="{lang}"><head>{head}</head><body><p>Some words.</p>{body}</body></html>'
    source = page_source.read(html.encode(), "text/html; charset=utf-8", URL)
    known = Known((SITE,), (campaign,), DIGEST, INTEGRITY)
    return judgement.judge(
        Page(**{"asked": URL, "url": URL, "policies": policies, "source": source, **page}), known
    )


def names(found: list[Remark], level: Level | None = None) -> list[str]:
    return [one.name for one in found if level in (None, one.level)]


def test_an_article_made_as_we_tell_is_well_and_nothing_else_is_said() -> None:
    assert names(judged()) == ["well"]


@pytest.mark.parametrize(
    ("head", "body", "name"),
    [
        (HEAD, "<p>Nothing", "no-element"),
        (HEAD.replace(SCRIPT, ""), GOAL, "no-script"),
        (HEAD + SCRIPT, GOAL, "two-scripts"),
        (HEAD.replace(SCRIPT, SCRIPT.replace(SITE, "https://old.example")), GOAL, "foreign-script"),
        (HEAD.replace(f'src="{SITE}', f'src="http{SITE[5:]}'), GOAL, "foreign-script"),
        (HEAD.replace("<script async", '<script async type="text/plain"'), GOAL, "blocked-type"),
        (HEAD.replace("v1.js", "v1.0123456789.js"), GOAL, "old-script"),
        (HEAD.replace("async src", 'async crossorigin integrity="sha384-x" src'), GOAL, "integrity"),
        (HEAD.replace("async src", f'async crossorigin integrity="{INTEGRITY}" src'), GOAL, "integrity-living"),
        (
            HEAD.replace("async src", f'async integrity="{INTEGRITY}" src').replace("v1.js", f"v1.{DIGEST}.js"),
            GOAL,
            "integrity-cors",
        ),
        (HEAD.replace(RESERVE, ""), GOAL, "no-reserve"),
        (HEAD.replace(" crossorigin", ""), GOAL, "preload-mode"),
        (HEAD.replace(" crossorigin", ' crossorigin="use-credentials"'), GOAL, "preload-mode"),
        (HEAD.replace('as="fetch"', 'as="script"'), GOAL, "preload-mode"),
        (HEAD.replace("year-end.en.json", "year-end.uk.json"), GOAL, "preload-other"),
        (HEAD.replace(CANONICAL, ""), GOAL, "no-canonical"),
        (HEAD.replace("https://news.example", "https://www.news.example"), GOAL, "canonical-elsewhere"),
        (HEAD + '<link rel="canonical" href="/other">', GOAL, "canonicals"),
        (HEAD, GOAL.replace(' campaign="year-end"', ""), "no-campaign"),
        (HEAD, GOAL.replace("year-end", "2019"), "unknown-campaign"),
        (HEAD, GOAL.replace('locale="en"', 'locale="en_GB"'), "bad-locale"),
        (HEAD, GOAL.replace("Carried by", "18,412 of 25,000"), "frozen-number"),
        (HEAD, GOAL.replace("Carried by", "١٨٬٤١٢"), "frozen-number"),
        (HEAD, f"<div hidden>{GOAL}</div>", "hidden"),
        (HEAD, f'<div style="DISPLAY : none">{GOAL}</div>', "hidden"),
        (HEAD, f"<noscript>{GOAL}</noscript>", "inert"),
        ("", FRAME.replace(' title="Membership"', ""), "frame-title"),
        ("", FRAME.replace(' height="360"', ""), "frame-height"),
        ("", FRAME.replace("<iframe", '<iframe sandbox="allow-scripts"'), "frame-sandbox"),
        ("", FRAME.replace(SITE, "https://old.example"), "foreign-address"),
        ("", FRAME.replace("year-end", "2019"), "unknown-campaign"),
        ("", f'<img src="{SITE}/e/year-end.en.png" alt="18,412 members">', "frozen-number"),
        ("", f'<img src="{SITE}/e/year-end.en.png">', "picture-alt"),
    ],
)
def test_what_blocks_or_falsifies_the_banner_is_a_problem_with_its_cure(head: str, body: str, name: str) -> None:
    found = judged(head, body)
    assert name in names(found, Level.PROBLEM) and "well" not in names(found)
    assert all(one.cure for one in found if one.level is Level.PROBLEM)


@pytest.mark.parametrize(
    ("head", "body", "name"),
    [
        (HEAD.replace("<script async", "<script defer"), GOAL, "not-async"),
        (HEAD.replace("<script async", "<script"), GOAL, "not-async"),
        (HEAD.replace(PRELOAD, ""), GOAL, "no-preload"),
        (HEAD.replace(".en.json", ".pl.json"), GOAL.replace('"en"', '"pl"'), "other-language"),
        (HEAD + '<meta name="member-goal" content="off">', GOAL, "switched-off"),
        (HEAD, GOAL.replace('Carried by readers. <a href="#">Join</a>', ""), "no-fallback"),
    ],
)
def test_what_somebody_may_have_meant_is_a_note_and_no_problem(head: str, body: str, name: str) -> None:
    found = judged(head, body)
    assert name in names(found, Level.NOTE) and not names(found, Level.PROBLEM)


def test_a_page_without_a_language_is_told_that_the_banner_speaks_english() -> None:
    assert "no-language" in names(judged(body=GOAL.replace(' locale="en"', ""), lang=""))


def test_a_frame_alone_needs_no_script_and_is_well() -> None:
    assert names(judged("", FRAME)) == ["well"]
    assert names(judged("", FRAME.replace("<iframe", '<iframe sandbox="allow-popups"'))) == ["well"]


def test_a_style_of_the_publisher_s_own_keeps_the_place_too() -> None:
    own = HEAD.replace(RESERVE, "<style>member-goal { display: block; min-height: 16em }</style>")
    assert names(judged(own)) == ["well"]
    inline = GOAL.replace("<member-goal", '<member-goal style="min-height:16em"')
    assert names(judged(HEAD.replace(RESERVE, ""), inline)) == ["well"]
    assert "csp-inline" in names(judged(HEAD.replace(RESERVE, ""), inline, f"style-src {SITE}"))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("script-src 'self'", f"Add {SITE} to script-src."),
        ("default-src 'self'", f"Add {SITE} to default-src."),
        (f"default-src {SITE}; connect-src 'self'", f"Add {SITE} to connect-src."),
        (f"default-src {SITE}; style-src 'self'", f"Add {SITE} to style-src."),
        ("script-src 'nonce-a' 'strict-dynamic'", "the script needs the page’s nonce"),
        ("sandbox", "needs allow-scripts"),
    ],
)
def test_a_policy_that_keeps_the_banner_out_is_named_with_what_to_add(policy: str, words: str) -> None:
    assert any(words in str(one) for one in judged(HEAD, GOAL, policy))
    meta = HEAD + f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    assert policy == "sandbox" or any(words in str(one) for one in judged(meta))


def test_the_policy_that_the_staff_s_page_writes_lets_all_of_it_in() -> None:
    policy = f"default-src 'self'; script-src {SITE}; style-src {SITE}; connect-src {SITE}; frame-src {SITE}"
    assert names(judged(HEAD, GOAL + FRAME, policy)) == ["well"]


def test_a_quiet_rule_that_fits_and_a_switched_off_campaign_are_told() -> None:
    quiet = replace(CAMPAIGN, quiet_paths=("/2026/",), quiet_sections=("Obituaries",), is_off=True)
    head = HEAD + '<meta property="article:section" content="Obituaries">'
    found = judged(head, campaign=quiet)
    assert names(found).count("quiet-rule") == 2 and "campaign-off" in names(found)


def test_a_page_that_builds_itself_by_script_is_told_apart_from_one_without_a_banner() -> None:
    assert "built-by-script" in names(judged('<script src="/app.js"></script>', '<div id="root"></div>'))
    assert "no-element" in names(judged('<script src="/app.js"></script>', "<p>" + "many words " * 30))


def test_what_is_no_page_is_said() -> None:
    found = judged(status=403, source=None, content_type="application/pdf", hops=("http://news.example/",))
    assert names(found, Level.PROBLEM) == ["status", "not-html"] and "redirects" in names(found, Level.NOTE)


def test_what_comes_from_the_page_cannot_write_on_a_terminal() -> None:
    found = judged(body=GOAL.replace("year-end", "\x1b[31m2019"))
    assert "\x1b" not in "".join(map(str, found))


@pytest.fixture
def demo(database_url: str) -> Iterator[tuple[House, str]]:
    """The demonstration on a real port, its article with the real banner in it."""
    port = ports.any_port()
    here = f"http://127.0.0.1:{port}"
    with running(database_url, demo=True, port=port, public_url=here) as house:
        house.keep(campaign=year_end(allowed_hosts=("127.0.0.1", "localhost"), copy=COPY))
        server = make_server("127.0.0.1", port, web.embed_first(house.app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield house, here
        server.shutdown()
        server.server_close()
        thread.join(10)


def command(database_url: str, here: str, *words: str) -> Any:
    def make_app(settings: config.Settings, **_: Any) -> Flask:
        return create_app(settings, needed={})

    given = {"DATABASE_URL": database_url, "DEMO": "true", "PORT": here.rpartition(":")[2], "PUBLIC_URL": here}
    return CliRunner(env=given).invoke(cli.tracker, ["embed-doctor", *words], obj=cli.Context(ROOT, make_app))


def test_the_command_finds_the_demonstration_s_article_well(demo: tuple[House, str], database_url: str) -> None:
    _, here = demo
    for url in (
        f"{here}/demo/article",
        f"{here}/demo/article?frame=1",
        f"{here.replace('127.0.0.1', 'localhost')}/demo/article",
    ):
        done = command(database_url, here, url, "--json")
        told = json.loads(done.stdout)
        assert (done.exit_code, told["well"], told["status"]) == (0, True, 200), done.output


def test_the_command_exits_1_on_a_problem_and_2_where_it_may_not_ask(
    demo: tuple[House, str], database_url: str
) -> None:
    _, here = demo
    found = command(database_url, here, f"{here}/c/year-end")
    assert found.exit_code == 1 and "problem: No banner stands on this page" in found.output
    refused = command(database_url, here, "http://169.254.169.254/")
    assert refused.exit_code == 2 and "none of the campaigns’ hosts" in refused.output


def test_the_page_says_the_same_in_words_and_refuses_other_hosts(demo: tuple[House, str]) -> None:
    house, here = demo
    client = house.client("audience")
    assert "Nothing blocks the banner here." in client.get(f"/embed/year-end/doctor?url={here}/demo/article").text
    refused = client.get("/embed/year-end/doctor?url=http://localhost:1/")
    assert refused.status_code == 400 and "Port 1 is not asked" in refused.text
    assert house.client().get("/embed/year-end/doctor").status_code == 302


def test_the_page_is_not_a_way_to_ask_others_without_end(demo: tuple[House, str]) -> None:
    house, _ = demo
    client = house.client("audience")
    limiter.enabled = True
    try:
        statuses = [client.get("/embed/year-end/doctor?url=ftp://x").status_code for _ in range(22)]
    finally:
        limiter.enabled = False
        limiter.reset()
    assert statuses[0] == 400 and statuses[-1] == 429
