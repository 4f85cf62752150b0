"""Content-Security-Policy as browsers read it: what a page's policies let in (CSP Level 3)."""

import pytest

from tracker.core import csp

PAGE = "https://news.example/2026/story"
SCRIPT = "https://members.example/e/v1.js"
DIGEST = "sha384-abc"


def blocked(policy: str, kind: str = "script-src-elem", url: str = SCRIPT, page: str = PAGE, **given: str) -> str:
    return csp.blocking(csp.policies([policy]), kind, url, page, **given)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "img-src 'none'",
        "script-src *",
        "script-src https:",
        "script-src members.example",
        "SCRIPT-SRC Members.Example",
        "script-src https://members.example",
        "script-src http://members.example",
        "script-src *.example",
        "script-src members.example:443",
        "script-src members.example:*",
        "script-src https://members.example/e/",
        "script-src https://members.example/e/v1.js",
        "default-src 'none'; script-src members.example",
        "script-src 'none'; script-src-elem members.example",
        "script-src members.example; script-src 'none'",
        "frame-ancestors 'none'; upgrade-insecure-requests",
        "sandbox allow-scripts",
    ],
)
def test_these_let_the_script_in(policy: str) -> None:
    assert blocked(policy) == ""


@pytest.mark.parametrize(
    ("policy", "by"),
    [
        ("default-src 'self'", "default-src 'self'"),
        ("default-src *; script-src 'self'", "script-src 'self'"),
        ("script-src *; script-src-elem 'self'", "script-src-elem 'self'"),
        ("script-src 'none'", "script-src 'none'"),
        ("script-src", "script-src"),
        ("script-src 'unsafe-inline'", "script-src 'unsafe-inline'"),
        ("script-src example", "script-src example"),
        ("script-src *.members.example", "script-src *.members.example"),
        ("script-src members.example:8443", "script-src members.example:8443"),
        ("script-src members.example/e/v1", "script-src members.example/e/v1"),
        ("script-src data: blob:", "script-src data: blob:"),
        ("sandbox", "sandbox"),
    ],
)
def test_these_keep_it_out_and_the_directive_is_named(policy: str, by: str) -> None:
    assert blocked(policy) == by


def test_each_of_several_policies_must_let_it_in() -> None:
    both = csp.policies(["script-src *, script-src 'self'"])
    assert csp.blocking(both, "script-src-elem", SCRIPT, PAGE) == "script-src 'self'"
    apart = csp.policies(["script-src *"], ["script-src 'none'"])
    assert csp.blocking(apart, "script-src-elem", SCRIPT, PAGE) == "script-src 'none'"


def test_a_meta_element_cannot_sandbox() -> None:
    assert csp.blocking(csp.policies([], ["sandbox"]), "script-src-elem", SCRIPT, PAGE) == ""


def test_a_nonce_or_a_digest_lets_the_script_in_and_strict_dynamic_leaves_no_other_way() -> None:
    strict = "script-src 'nonce-r4nd' 'strict-dynamic' https: members.example"
    assert blocked(strict).startswith("script-src")
    assert blocked(strict, nonce="other").startswith("script-src")
    assert blocked(strict, nonce="r4nd") == ""
    assert blocked(f"script-src '{DIGEST}' 'strict-dynamic'", integrity=DIGEST) == ""
    assert blocked(f"script-src '{DIGEST}'", integrity=f"{DIGEST} sha384-other").startswith("script-src")


def test_self_is_the_page_s_own_origin_and_its_encrypted_twin() -> None:
    assert blocked("script-src 'self'", url="https://news.example/e/v1.js") == ""
    assert blocked("script-src 'self'", url="https://news.example/e/v1.js", page="http://news.example/") == ""
    assert blocked("script-src 'self'", url="http://news.example/e/v1.js") != ""
    assert blocked("script-src 'self'", url="https://news.example:8443/e/v1.js") != ""


def test_connections_and_frames_fall_back_to_their_own_directives() -> None:
    data = "https://members.example/e/year-end.en.json"
    assert blocked("script-src 'none'; connect-src members.example", "connect-src", data) == ""
    assert blocked("default-src 'self'", "connect-src", data) == "default-src 'self'"
    assert blocked("child-src 'none'; default-src *", "frame-src", data) == "child-src 'none'"
    assert blocked("frame-src members.example; child-src 'none'", "frame-src", data) == ""


@pytest.mark.parametrize(
    ("policy", "by"),
    [
        ("", ""),
        ("style-src 'self' 'unsafe-inline'", ""),
        ("style-src 'self'", "style-src 'self'"),
        ("default-src 'none'", "default-src 'none'"),
        ("style-src 'unsafe-inline' 'nonce-a'", "style-src 'unsafe-inline' 'nonce-a'"),
        ("style-src 'self'; style-src-attr 'unsafe-inline'", ""),
    ],
)
def test_style_attributes_need_unsafe_inline(policy: str, by: str) -> None:
    assert csp.blocks_inline_style(csp.policies([policy])) == by


def test_a_port_of_any_length_is_no_port_and_breaks_nothing() -> None:
    found = csp.policies([f"script-src https://members.example:{'9' * 5_000}"])
    url, page = "https://members.example/e/v1.js", "https://news.example/a"
    assert csp.blocking(found, "script-src-elem", url, page).startswith("script-src")
