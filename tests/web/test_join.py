"""Joining without script over real HTTP, with the test server's own Checkout behind it."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import reader_site
import requests
from reader_site import ARTICLE, Site

from tracker.core.campaign import Metric
from tracker.intake.stripe.gateway import Gateway
from tracker.web import join
from tracker.web.limits import limiter

FORM_ID = "form-id-of-one-showing"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with reader_site.running(tmp_path_factory.mktemp("join")) as found:
        found.keep(reader_site.year_end())
        found.is_whole()
        yield found


@pytest.fixture
def site(running: Site) -> Site:
    """The running site, with nobody's tries counted yet."""
    with running.app.app_context():
        limiter.reset()
    return running


def pledge_of(site: Site, checkout_url: str) -> Any:
    """The row of the pledge behind a Checkout page."""
    (row,) = site.rows(
        "SELECT id, state, article, placement, embed, price, amount_minor, currency, interval"
        f" FROM pledge WHERE session_id = '{session_of(checkout_url)}'"
    )
    return row


def session_of(address: str) -> str:
    found = re.search(r"cs_test_\w+", address)
    assert found
    return found[0]


def checkout_session(site: Site, session_id: str) -> dict[str, Any]:
    found = Gateway(site.sandbox.api_key, site.sandbox.url).get(f"/v1/checkout/sessions/{session_id}")
    assert found is not None
    return found


def hidden(page: str) -> dict[str, str]:
    return {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def headline(answer: requests.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return unescape(found[1])


def cleared(site: Site) -> None:
    """Nobody's tries are counted yet."""
    with site.app.app_context():
        limiter.reset()


def join_and_settle(site: Site, **fields: str) -> str:
    """Somebody joins; answers the way back to the thanks page."""
    cleared(site)
    opened = site.join(**fields)
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    site.settle()
    return back


def place_in(page: str) -> str:
    """What the page says of the member's own number, "" where it says nothing."""
    found = re.search(r"<strong>(You are member [^<]+)</strong>", page)
    return found[1] if found else ""


def count(site: Site) -> int:
    found = re.search(r"<strong>([\d,]+)</strong>", site.get("/c/year-end").text)
    assert found
    return int(found[1].replace(",", ""))


def test_the_page_offers_the_plans_at_stripes_own_prices_with_the_first_chosen(site: Site) -> None:
    page = site.get("/join/year-end").text
    assert re.findall(r'plan-amount">([^<]+)<', page) == ["€5", "€48"]
    assert "a year · €4 a month" in page
    assert page.count(" checked") == 1 and page.index(" checked") < page.index("price_yearly")
    assert "<script" not in page and " style=" not in page


def test_the_form_may_lead_to_checkout_and_nowhere_else(site: Site) -> None:
    policy = site.get("/join/year-end").headers["Content-Security-Policy"]
    assert f"form-action 'self' {site.sandbox.url};" in policy and "unsafe" not in policy


def test_joining_records_the_pledge_before_it_sends_the_reader_to_checkout(site: Site) -> None:
    came = site.get(f"/join/year-end?article={ARTICLE}%3Futm=1&placement=article-end&embed=v1")
    answer = site.join(**hidden(came.text), plan="price_yearly", email="ada@example.org")
    assert answer.status_code == 303 and answer.headers["Location"].startswith(site.sandbox.url)
    pledge = pledge_of(site, answer.headers["Location"])
    assert pledge[1:] == ("open", ARTICLE, "article-end", "v1", "price_yearly", 4800, "EUR", "year")
    session = checkout_session(site, session_of(answer.headers["Location"]))
    assert session["client_reference_id"] == pledge[0] and session["customer_email"] == "ada@example.org"
    assert session["metadata"] == {"pledge_id": pledge[0], "campaign": "year-end"}
    assert session["amount_total"] == 4800 and session["mode"] == "subscription"


def test_a_second_click_is_the_same_pledge_and_another_choice_is_not(site: Site) -> None:
    one, again = site.join(form_id=FORM_ID), site.join(form_id=FORM_ID)
    other = site.join(form_id=FORM_ID, plan="price_yearly")
    assert one.headers["Location"] == again.headers["Location"] != other.headers["Location"]


def test_the_whole_way_from_the_form_to_the_count(site: Site) -> None:
    before = count(site)
    opened = site.join(article=ARTICLE, placement="article-end")
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    waiting = site.get(back)
    assert headline(waiting) == "Your payment is being confirmed" and "try=1" in waiting.headers["Refresh"]
    site.settle()
    thanks = site.get(back)
    assert headline(thanks) == "You are in. Thank you." and "Refresh" not in thanks.headers
    assert f'href="{ARTICLE}"' in thanks.text and "example.org" not in thanks.text
    assert count(site) == before + 1
    assert pledge_of(site, opened.headers["Location"])[1] == "fulfilled"


def test_a_new_member_is_told_the_own_number_and_it_stays_however_many_come_after(site: Site) -> None:
    before = count(site)
    first, second = join_and_settle(site), join_and_settle(site)
    numbers = {place_in(site.get(back).text) for back in (first, second)}
    assert numbers == {f"You are member {before + n} of 25,000." for n in (1, 2)}, "in one second, yet none twice"
    shown = [place_in(site.get(back).text) for back in (first, second)]
    join_and_settle(site)
    assert [place_in(site.get(back).text) for back in (first, second)] == shown
    assert place_in(site.get(first + "&lang=uk").text) == shown[0]


def test_the_number_that_reaches_the_goal_is_told_of_the_goal_and_beyond_it_alone(site: Site) -> None:
    back = join_and_settle(site)
    number = int(re.findall(r"\d+", place_in(site.get(back).text))[0])
    for goal, told in ((number, f"{number} of {number}."), (number - 1, f"{number}.")):
        site.keep(reader_site.year_end(goal=goal))
        assert place_in(site.get(back).text) == f"You are member {told}"
    site.keep(reader_site.year_end(goal=number - 1, stretch_goals=(number + 7,)))
    assert place_in(site.get(back).text) == f"You are member {number} of {number + 7}."
    site.keep(reader_site.year_end())


def test_no_number_where_the_campaign_counts_money_or_the_person_was_counted_before(site: Site) -> None:
    back = join_and_settle(site)
    ((person,),) = site.rows(
        f"SELECT customer_id FROM stripe_object WHERE id = '{session_of(back)}' AND kind = 'checkout.session'"
    )
    site.keep(reader_site.year_end(metric=Metric.AMOUNT_RAISED))
    thanks = site.get(back)
    assert headline(thanks) == "You are in. Thank you." and place_in(thanks.text) == ""
    site.keep(reader_site.year_end(metric=Metric.NEW_MEMBERS))
    assert place_in(site.get(back).text) != ""
    site.change(f"UPDATE stretch SET first_at = first_at - interval '400 days' WHERE person_id = '{person}'")
    for metric in (Metric.NEW_MEMBERS, Metric.ACTIVE_MEMBERS):
        site.keep(reader_site.year_end(metric=metric))
        thanks = site.get(back)
        assert headline(thanks) == "You are in. Thank you." and place_in(thanks.text) == ""


def test_who_was_linked_to_an_older_member_is_thanked_and_given_no_number(site: Site) -> None:
    older, newer = join_and_settle(site), join_and_settle(site)
    ids = sorted(session_of(back) for back in (older, newer))
    persons = [
        row[0] for row in site.rows(f"SELECT customer_id FROM stripe_object WHERE id IN ('{ids[0]}', '{ids[1]}')")
    ]
    site.change(
        f"UPDATE stretch SET starts_at = starts_at - interval '1 hour', first_at = first_at - interval '1 hour',"
        f" person_id = '{min(persons)}' WHERE pledge_id IN (SELECT id FROM pledge WHERE session_id ="
        f" '{session_of(older)}')"
    )
    site.change(
        f"DELETE FROM stretch WHERE pledge_id = (SELECT id FROM pledge WHERE session_id = '{session_of(newer)}')"
    )
    site.change(f"INSERT INTO person_link VALUES ('{max(persons)}', '{min(persons)}', now(), 'staff')")
    thanks = site.get(newer)
    assert headline(thanks) == "You are in. Thank you." and place_in(thanks.text) == ""


def test_members_pass_the_campaign_on_by_ways_that_are_told_apart_and_name_nobody(site: Site) -> None:
    page = site.get(join_and_settle(site)).text
    links = [unescape(href) for href in re.findall(r'<li><a href="([^"]+)" rel="noopener noreferrer"', page)]
    ways = [re.findall(r"placement(?:=|%3D)(share-[a-z]+)", link) for link in links]
    assert ways == [[f"share-{way}"] for way in ("mail", "whatsapp", "telegram", "facebook", "bluesky", "x")]
    assert not re.search(r"plg_|cs_test|cus_|ada", " ".join(links))
    assert f"{site.url}/c/year-end?placement=share-copy" in page
    shared = site.get("/c/year-end?placement=share-telegram").text
    assert "/join/year-end?lang=en&amp;placement=share-telegram" in shared
    assert "placement=direct" in site.get("/c/year-end?placement=<x>").text


def test_the_thanks_page_does_not_believe_the_redirect(site: Site) -> None:
    session = session_of(site.join().headers["Location"])
    assert headline(site.get(f"/join/year-end/thanks?session_id={session}")) == "Your payment is being confirmed"
    unknown = site.get("/join/year-end/thanks?session_id=cs_test_invented")
    assert unknown.status_code == 404 and headline(unknown) == "We do not know this payment"


def test_the_thanks_page_stops_asking_after_a_while(site: Site) -> None:
    session = session_of(site.join().headers["Location"])
    late = site.get(f"/join/year-end/thanks?session_id={session}&try=30")
    assert "Refresh" not in late.headers and "longer than usual" in late.text


def test_an_expired_session_is_told_gently(site: Site) -> None:
    session = session_of(site.join().headers["Location"])
    Gateway(site.sandbox.api_key, site.sandbox.url).post(
        f"/v1/checkout/sessions/{session}/expire", {}, "e" + session
    )
    site.settle()
    assert headline(site.get(f"/join/year-end/thanks?session_id={session}")) == "Nothing was paid"


def test_a_membership_given_back_is_neither_thanked_for_nor_waited_for(site: Site) -> None:
    opened = site.join()
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    site.settle()
    gateway = Gateway(site.sandbox.api_key, site.sandbox.url)
    subscription = checkout_session(site, session_of(back))["subscription"]
    ((intent,),) = site.rows(
        "SELECT payment_intent_id FROM stripe_object WHERE kind = 'invoice_payment'"
        f" AND invoice_id IN (SELECT id FROM stripe_object WHERE subscription_id = '{subscription}')"
    )
    gateway.post("/v1/refunds", {"payment_intent": intent}, f"refund {intent}")
    site.settle()
    assert headline(site.get(back)) == "Your payment is being confirmed"
    site.change("UPDATE pledge SET settled_at = settled_at - interval '11 minutes'")
    assert headline(site.get(back)) == "This membership is not running now"


def test_whoever_leaves_checkout_finds_the_choice_again(site: Site) -> None:
    opened = site.join(plan="price_yearly", article=ARTICLE, placement="slim-bar")
    cancel = checkout_session(site, session_of(opened.headers["Location"]))["cancel_url"]
    page = site.get(cancel.removeprefix(site.url)).text
    assert re.search(r'value="price_yearly" required checked', page) and "Nothing was charged." in page
    assert hidden(page)["article"] == ARTICLE and hidden(page)["placement"] == "slim-bar"


def test_an_article_elsewhere_is_kept_as_a_source_but_never_linked(site: Site) -> None:
    opened = site.join(article="https://elsewhere.example/x")
    back = site.pay(opened.headers["Location"]).headers["Location"]
    site.settle()
    assert "elsewhere.example" not in site.get(back.removeprefix(site.url)).text
    assert pledge_of(site, opened.headers["Location"])[2] == "https://elsewhere.example/x"


@pytest.mark.parametrize("plan", ["", "price_unknown", "price_monthly\x00", "x" * 5000])
def test_a_plan_that_is_not_offered_is_400_in_words_with_the_form_again(site: Site, plan: str) -> None:
    answer = site.join(plan=plan, email="ada@example.org", placement="slim-bar")
    assert answer.status_code == 400 and "Choose one of the memberships below" in answer.text
    assert 'value="ada@example.org"' in answer.text and hidden(answer.text)["placement"] == "slim-bar"


@pytest.mark.parametrize("email", ["ada", "ada@", "@b.c", "a b@c.de", "a@b", "<x>@c.de", "a@" + "b" * 300 + ".de"])
def test_an_address_that_is_none_is_400_beside_its_field(site: Site, email: str) -> None:
    answer = site.join(email=email)
    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("sent", FOREIGN, ids=str)
def test_a_form_from_another_site_is_refused_and_leaves_no_pledge(site: Site, sent: dict[str, str]) -> None:
    before = site.rows("SELECT count(*) FROM pledge")
    assert site.join(headers=sent).status_code == 400
    assert site.rows("SELECT count(*) FROM pledge") == before


def test_a_client_that_says_nothing_of_its_origin_may_join(site: Site) -> None:
    assert site.join(headers={}).status_code == 303


def test_one_address_cannot_open_sessions_without_end(site: Site) -> None:
    answers = [site.join(plan="none") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [400] * 20 + [429]
    assert headline(answers[-1]) == "Just a moment, please"


@pytest.mark.parametrize("limit", ["SESSIONS_OF_CAMPAIGN", "SESSIONS_OF_ALL"])
def test_opening_sessions_has_a_pace_and_the_page_about_it_is_calm(
    site: Site, limit: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(join, limit, "2/minute")
    assert [site.join(plan="none").status_code for _ in range(5)] == [400] * 5, "these open no session"
    assert [site.join().status_code for _ in range(2)] == [303] * 2
    answer = site.join(lang="uk")
    assert answer.status_code == 429 and "Retry-After" in answer.headers
    assert answer.headers["Content-Language"] == "uk" and 'href="/join/year-end?lang=uk"' in answer.text
    told = [line for line in caplog.messages if "joining is held back for year-end" in line]
    assert told and not any("127.0.0.1" in line for line in told)
    assert site.get("/join/year-end").status_code == 200


def test_while_stripe_is_away_the_page_is_gentle_and_the_pledge_is_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = site.app.extensions["line"]
    away = type(line)(line.settings, Gateway(site.sandbox.api_key, "http://127.0.0.1:9"), line.clock)
    with monkeypatch.context() as while_away:
        while_away.setitem(site.app.extensions, "line", away)
        answer = site.join(form_id="form-while-stripe-is-away", placement="homepage")
    assert answer.status_code == 503 and "Try again" in answer.text
    kept = site.rows("SELECT id FROM pledge WHERE placement = 'homepage' AND session_id IS NULL")
    retried = site.join(**hidden(answer.text))
    assert retried.status_code == 303
    assert pledge_of(site, retried.headers["Location"])[0] == kept[0][0]


def test_the_page_speaks_the_readers_language_and_keeps_it_through_checkout(site: Site) -> None:
    wished = site.get("/join/year-end", headers={"Accept-Language": "uk-UA,uk;q=0.9"})
    assert wished.headers["Content-Language"] == "uk" and 'lang="uk"' in wished.text
    assert (
        site.get("/join/year-end?lang=en", headers={"Accept-Language": "uk"}).headers["Content-Language"] == "en"
    )
    opened = site.join(lang="uk")
    session = checkout_session(site, session_of(opened.headers["Location"]))
    assert "lang=uk" in session["success_url"] and session["locale"] == "auto"


@pytest.mark.parametrize("lang", ["tlh", "-", "uk_UA", "\x00", "x" * 500, "zz-ZZ"])
def test_an_odd_language_gets_a_page_all_the_same(site: Site, lang: str) -> None:
    assert requests.get(f"{site.url}/join/year-end", {"lang": lang}, timeout=10).status_code == 200


def test_an_unknown_campaign_is_404_in_words(site: Site) -> None:
    for path in ("/join/none", "/join/none/thanks", "/join/none/manage", "/c/none", "/c/none/method"):
        answer = site.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404 and "no campaign by the name" in answer.text
    assert requests.post(f"{site.url}/join/none", timeout=10).status_code == 404


def test_whoever_wants_to_change_a_membership_is_told_how(site: Site) -> None:
    page = site.get("/join/year-end/manage")
    assert page.status_code == 200 and "mailto:members@courier.example" in page.text
