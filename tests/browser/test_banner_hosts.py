"""The banner in pages as they are: included twice, as a module, moved about, under strict policies."""

from collections.abc import Callable

import pytest
from banner_site import Site
from looking import ELEMENT, await_number
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


def watched(page: Page) -> list[str]:
    """What the page complains of from now on."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.mark.parametrize(
    "tags",
    [
        '<script async src="{}/e/v1.js"></script><script async src="{}/e/v1.js?again"></script>',
        '<script type="module" src="{}/e/v1.js"></script>',
        '<script src="{}/e/v1.js"></script><script type="module" src="{}/e/v1.js"></script>',
        '<script defer src="{}/e/v1.js"></script>',
    ],
    ids=["twice", "module", "both", "deferred"],
)
def test_however_it_is_included_it_works_once(site: Site, contexts: Contexts, tags: str) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    errors, asked = watched(page), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.page(site.goal(), head=tags.replace("{}", site.url)))
    await_number(page)
    page.wait_for_load_state("networkidle")
    assert errors == [] and sum(".json" in url for url in asked) == 1
    expect(page.locator("member-goal section")).to_have_count(1)


def test_an_element_that_comes_later_is_filled_too(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(""))
    page.wait_for_function("!!customElements.get('member-goal')")
    page.locator("main").evaluate("(main, goal) => main.insertAdjacentHTML('beforeend', goal)", site.goal())
    await_number(page)


def test_moved_it_works_on_and_removed_it_asks_no_more(
    publish: Callable[..., None], site: Site, contexts: Contexts
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal() + '<div id="there"></div>'))
    await_number(page)
    page.evaluate("document.getElementById('there').append(document.querySelector('member-goal'))")
    expect(page.locator("#there member-goal section")).to_have_count(1)
    publish(18_413)
    page.clock.run_for(31_000)
    await_number(page, "18,413")
    page.evaluate("document.querySelector('member-goal').remove()")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    page.wait_for_timeout(100)
    assert asked == []


def test_in_a_tab_in_the_background_nothing_is_asked(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal()))
    await_number(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(600_000)
    page.wait_for_timeout(100)
    assert asked == []


def test_nothing_of_ours_keeps_a_page_from_being_kept_for_going_back(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.add_init_script(
        "window.ends = []; const add = EventTarget.prototype.addEventListener;"
        "EventTarget.prototype.addEventListener = function (kind, ...rest) {"
        "if (/unload/.test(kind)) window.ends.push(kind); return add.call(this, kind, ...rest) }"
    )
    page.goto(site.page(site.goal()))
    await_number(page)
    assert page.evaluate("[window.ends, window.onunload, window.onbeforeunload]") == [[], None, None]
    told: list[dict[str, object]] = []
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.on("Page.backForwardCacheNotUsed", lambda event: told.append(event))
    page.goto(site.page("Another"))
    page.go_back(wait_until="commit")
    page.wait_for_timeout(300)
    reasons = [one for each in told for one in each["notRestoredExplanations"]]  # type: ignore[attr-defined]
    ours = [one["reason"] for one in reasons if one["type"] != "SupportPending"]
    assert not {
        "UnloadHandlerExistsInMainFrame",
        "UnloadHandlerExistsInSubFrame",
        "OutstandingNetworkRequestFetch",
    } & set(ours)


def test_under_a_strict_policy_with_trusted_types_nothing_is_violated(site: Site, contexts: Contexts) -> None:
    policy = (
        f"default-src 'none'; script-src {site.url}; style-src {site.url}; connect-src {site.url}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page = contexts().new_page()
    errors = watched(page)
    goals = "".join(site.goal(f"in-{form}", form) for form in ("inline", "slim", "card", "foot"))
    page.goto(site.page(goals, head=site.pasted("head_strict", "year-end", "en"), policy=policy))
    for form in ("inline", "slim", "card", "foot"):
        await_number(page, element=f"[placement=in-{form}]")
    page.locator("[placement=in-foot]").get_by_role("button", name="Close").click()
    expect(page.locator("member-goal")).to_have_count(0)
    assert errors == []


def test_the_strict_article_of_the_paper_shows_its_number_without_a_complaint(
    site: Site, contexts: Contexts
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    errors = watched(page)
    page.goto(f"{site.url}/demo/strict")
    await_number(page, element=ELEMENT)
    await_number(page, element="[placement=article-end]")
    page.wait_for_load_state("networkidle")
    assert errors == []
