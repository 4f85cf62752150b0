"""Changing or ending a membership: a mailed link that works once, and no stranger's data by typing an address."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import postbox
import pytest
import reader_site
import requests
from postbox import Postbox
from reader_site import Site
from test_join import headline

from tracker import clock, letters
from tracker.intake.stripe.gateway import Gateway
from tracker.web.limits import limiter

LINK = re.compile(r"http://[^\s\"]+/join/year-end/manage/[A-Za-z0-9_.-]+\?lang=\w+")


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Postbox, str]]:
    with postbox.opened() as found:
        yield found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, post: tuple[Postbox, str]) -> Iterator[Site]:
    sender = "The Dnipro Courier <members@courier.example>"
    with reader_site.running(tmp_path_factory.mktemp("manage"), mail_url=post[1], mail_from=sender) as found:
        found.keep(reader_site.year_end(donation_products=("prod_gift",)))
        found.is_whole()
        yield found


@pytest.fixture
def box(post: tuple[Postbox, str]) -> Postbox:
    post[0].letters.clear()
    post[0].answer, post[0].breaks = "250 taken", False
    return post[0]


@pytest.fixture
def site(running: Site, box: Postbox) -> Site:
    with running.app.app_context():
        limiter.reset()
    running.change("UPDATE pledge SET created_at = created_at - interval '3 days'")
    running.change("DELETE FROM letter")
    return running


def joined(site: Site, email: str, plan: str = "price_monthly") -> str:
    """Somebody who joined through Checkout; answers the customer's id."""
    opened = site.join(plan=plan)
    site.pay(opened.headers["Location"], email=email)
    site.settle()
    ((customer,),) = site.rows(
        f"SELECT customer_id FROM contact WHERE email = '{email}' ORDER BY customer_id DESC LIMIT 1"
    ) or (("",),)
    return str(customer)


def ask(site: Site, email: str, **fields: str) -> requests.Response:
    return site.send("/join/year-end/manage", email=email, **fields)


def deliver(site: Site, later: timedelta = timedelta(0)) -> int:
    """The worker's round, now or later; how many letters left."""
    line = site.app.extensions["line"]
    with site.app.app_context():
        return letters.post(type(line)(line.settings, line.gateway, lambda: clock.now() + later))


def words(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage) -> str:
    (found,) = LINK.findall(words(letter))
    return str(found)


def path(site: Site, link: str) -> str:
    return link.removeprefix(site.url)


def states(site: Site) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in site.rows("SELECT state, address FROM letter ORDER BY id")]


def test_a_member_is_mailed_a_link_that_opens_the_portal_of_that_customer(site: Site, box: Postbox) -> None:
    customer = joined(site, "mara@example.org")
    answer = ask(site, "Mara@Example.org")
    assert headline(answer) == "Look into your mailbox" and box.letters == []
    assert deliver(site) == 1
    (letter,) = box.letters
    assert letter["Subject"] == "Manage your membership · The Dnipro Courier"
    assert letter["From"] == "The Dnipro Courier <members@courier.example>" and "Monthly, since" in words(letter)
    door = site.get(path(site, link_in(letter)))
    assert door.status_code == 200 and "Open my membership" in door.text
    assert f"form-action 'self' {site.sandbox.url}" in door.headers["Content-Security-Policy"]
    opened = site.send(path(site, link_in(letter)))
    assert opened.status_code == 303 and opened.headers["Location"].startswith(f"{site.sandbox.url}/p/session/")
    portal = requests.get(opened.headers["Location"], timeout=5).text
    assert customer in portal or "mara@example.org" in portal


def test_looking_at_the_link_uses_nothing_up_and_pressing_the_button_does(site: Site, box: Postbox) -> None:
    joined(site, "nora@example.org")
    ask(site, "nora@example.org")
    deliver(site)
    link = path(site, link_in(box.letters[0]))
    for _ in range(3):
        assert site.get(link).status_code == 200
        assert requests.head(site.url + link, timeout=5).status_code == 200
    assert site.send(link).status_code == 303
    for again in (site.send(link), site.get(link)):
        assert again.status_code == 410 and headline(again) == "This link does not open any more"


def test_of_many_who_press_at_once_one_gets_in(site: Site, box: Postbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    joined(site, "olha@example.org")
    ask(site, "olha@example.org")
    deliver(site)
    link = path(site, link_in(box.letters[0]))
    with ThreadPoolExecutor(8) as crowd:
        answers = sorted(crowd.map(lambda _: site.send(link).status_code, range(8)))
    assert answers == [303] + [410] * 7


def test_a_link_is_over_after_half_an_hour_and_nothing_but_its_hash_is_kept(site: Site, box: Postbox) -> None:
    joined(site, "petro@example.org")
    ask(site, "petro@example.org")
    deliver(site)
    link = path(site, link_in(box.letters[0]))
    token = link.rpartition("/")[2].partition("?")[0]
    dump = str(site.rows("SELECT p::text FROM portal_link p") + site.rows("SELECT l::text FROM letter l"))
    assert token not in dump and "petro@example.org" not in dump
    site.change("UPDATE portal_link SET expires_at = expires_at - interval '30 minutes'")
    assert site.get(link).status_code == 410 and site.send(link).status_code == 410


@pytest.mark.parametrize("token", ["x", "a.b", "é", "x" * 2000, "%00"])
def test_an_invented_link_opens_nothing(site: Site, token: str) -> None:
    assert site.get(f"/join/year-end/manage/{token}").status_code == 410
    assert site.send(f"/join/year-end/manage/{token}").status_code == 410


def test_a_link_opens_under_its_own_campaign_alone(site: Site, box: Postbox) -> None:
    site.keep(reader_site.year_end(slug="other", name="Another"))
    joined(site, "roma@example.org")
    ask(site, "roma@example.org")
    deliver(site)
    link = path(site, link_in(box.letters[0])).replace("/join/year-end/", "/join/other/")
    assert site.send(link).status_code == 410


def test_nobody_learns_whether_an_address_is_known(site: Site, box: Postbox) -> None:
    joined(site, "known@example.org")
    known, unknown = ask(site, "known@example.org"), ask(site, "unknown@example.org")
    assert known.status_code == unknown.status_code == 200 and known.text == unknown.text
    assert dict(known.headers.items()).keys() == dict(unknown.headers.items()).keys()
    assert deliver(site) == 1 and [letter["To"] for letter in box.letters] == ["known@example.org"]
    assert states(site) == [("sent", None), ("needless", None)]


def test_an_address_typed_again_and_again_is_mailed_once_in_ten_minutes(site: Site, box: Postbox) -> None:
    joined(site, "sofia@example.org")
    for spelling in ("sofia@example.org", "SOFIA@example.org", "Sofia@Example.Org"):
        assert ask(site, spelling).status_code == 200
    deliver(site)
    assert len(site.rows("SELECT 1 FROM letter")) in {1, 2} and len(box.letters) in {1, 2}, (
        "2 over a window's edge"
    )


@pytest.mark.parametrize(
    "address", ["a\x00b@example.org", "a\x01b@example.org", "a\x7f@example.org", "a\u202eb@e.org"]
)
def test_an_address_with_what_cannot_be_seen_is_none(site: Site, box: Postbox, address: str) -> None:
    assert ask(site, address).status_code == 400 and states(site) == []
    assert site.join(plan="price_monthly", email=address).status_code == 400


def test_an_address_that_only_looks_like_a_members_is_mailed_nothing(site: Site, box: Postbox) -> None:
    joined(site, "kim.a@example.org")
    for look_alike in ("\u212aim.a@example.org", "kim.a@\u0435xample.org", "k\u0131m.a@example.org"):
        assert ask(site, look_alike).status_code == 200
    assert deliver(site) == 0 and box.letters == []


def test_an_address_that_is_none_is_said_beside_its_field(site: Site) -> None:
    answer = ask(site, "ada@")
    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text and "email-wrong" in answer.text
    assert site.rows("SELECT 1 FROM letter") == []


def test_the_door_cannot_be_knocked_at_without_end_nor_from_another_site(site: Site) -> None:
    sent = {"Origin": "https://elsewhere.example"}
    foreign = requests.post(
        f"{site.url}/join/year-end/manage", {"email": "a@example.org"}, headers=sent, timeout=5
    )
    assert foreign.status_code == 400 and site.rows("SELECT 1 FROM letter") == []
    assert [ask(site, "none").status_code for _ in range(5)] == [400] * 4 + [429]
    told = ask(site, "none").text
    assert "Try again in a minute." in told and "per 1 minute" not in told, "in words for readers"


def test_somebody_with_two_memberships_gets_a_link_for_each(site: Site, box: Postbox) -> None:
    joined(site, "twice@example.org")
    joined(site, "twice@example.org", plan="price_yearly")
    site.change("DELETE FROM letter")
    ask(site, "twice@example.org")
    deliver(site)
    letter = next(one for one in box.to("twice@example.org") if "Manage your membership" in one["Subject"])
    assert len(LINK.findall(words(letter))) == 2
    assert sorted(re.findall(r"^(Yearly|Monthly), since", words(letter), re.M)) == ["Monthly", "Yearly"]
    assert "Each link works once" in words(letter)


def test_an_ended_membership_still_opens_its_receipts_and_an_erased_or_deleted_person_nothing(
    site: Site, box: Postbox
) -> None:
    customer = joined(site, "gone@example.org")
    gateway = Gateway(site.sandbox.api_key, site.sandbox.url)
    ((subscription,),) = site.rows(
        f"SELECT id FROM stripe_object WHERE kind = 'subscription' AND customer_id = '{customer}'"
    )
    gateway.delete(f"/v1/subscriptions/{subscription}")
    site.settle()
    ask(site, "gone@example.org")
    assert deliver(site) == 1 and "Your membership:" in words(box.letters[0])
    site.change(f"UPDATE contact SET erased_at = now() WHERE customer_id = '{customer}'")
    site.change("DELETE FROM letter")
    ask(site, "gone@example.org")
    assert deliver(site) == 0


def test_while_stripe_is_away_the_link_stays_good(
    site: Site, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(site, "away@example.org")
    ask(site, "away@example.org")
    deliver(site)
    link = path(site, link_in(box.letters[0]))
    line = site.app.extensions["line"]
    away = type(line)(line.settings, Gateway(site.sandbox.api_key, "http://127.0.0.1:9"), line.clock)
    with monkeypatch.context() as while_away:
        while_away.setitem(site.app.extensions, "line", away)
        answer = site.send(link)
    assert answer.status_code == 503 and "Your link stays good" in answer.text
    assert site.send(link).status_code == 303


def test_the_letter_is_plain_words_and_simple_html_in_the_readers_language(site: Site, box: Postbox) -> None:
    joined(site, "ukrainian@example.org")
    ask(site, "ukrainian@example.org", lang="uk")
    deliver(site)
    (letter,) = box.letters
    html = letter.get_body(("html",))
    assert html is not None and letter["Content-Language"] == "uk" and letter["Auto-Submitted"] == "auto-generated"
    text = html.get_content()
    assert 'lang="uk"' in text and "<img" not in text and "<script" not in text and "Щомісяця" in words(letter)
    assert set(re.findall(r'(?:href|src)="(http[^"]+)"', text)) == {link_in(letter)}


def test_no_other_site_learns_the_address_of_a_page_with_a_link_in_it(site: Site, box: Postbox) -> None:
    joined(site, "quiet@example.org")
    ask(site, "quiet@example.org")
    deliver(site)
    door = site.get(path(site, link_in(box.letters[0])))
    assert door.headers["Referrer-Policy"] == "same-origin" and door.headers["Cache-Control"] == "no-store"


def test_the_portals_own_login_page_is_offered_once_it_is_known(site: Site) -> None:
    deliver(site)
    page = site.get("/join/year-end/manage").text
    assert f'href="{site.sandbox.url}/p/login/test"' in page and "Sign in at Stripe" in page


def test_who_joins_twice_is_told_by_mail_alone_once_and_the_count_is_no_other(site: Site, box: Postbox) -> None:
    joined(site, "double@example.org")
    deliver(site)
    assert box.letters == []
    site.change("UPDATE stretch SET starts_at = starts_at - interval '1 minute'")
    opened = site.join(plan="price_yearly", email="double@example.org", lang="en")
    back = site.pay(opened.headers["Location"], email="double@example.org").headers["Location"]
    site.settle()
    persons = site.rows("SELECT count(DISTINCT person_id) FROM stretch")
    thanks = site.get(back.removeprefix(site.url))
    assert headline(thanks) == "You are in. Thank you." and "two memberships" not in thanks.text
    assert deliver(site) == 1 and deliver(site) == 0
    (letter,) = box.to("double@example.org")
    assert letter["Subject"].startswith("You now have two memberships")
    assert f"{site.url}/join/year-end/manage?lang=en" in words(letter)
    assert site.rows("SELECT count(DISTINCT person_id) FROM stretch") == persons


def test_who_comes_back_after_an_end_or_gives_beside_a_membership_is_told_nothing(
    site: Site, box: Postbox
) -> None:
    customer = joined(site, "back@example.org")
    ((subscription,),) = site.rows(
        f"SELECT id FROM stripe_object WHERE kind = 'subscription' AND customer_id = '{customer}'"
    )
    Gateway(site.sandbox.api_key, site.sandbox.url).delete(f"/v1/subscriptions/{subscription}")
    site.settle()
    joined(site, "back@example.org")
    assert deliver(site) == 0 and box.letters == []


def test_a_busy_mail_server_is_tried_again_and_again_until_it_takes_the_letter(site: Site, box: Postbox) -> None:
    joined(site, "busy@example.org")
    ask(site, "busy@example.org")
    box.answer = "451 later"
    assert deliver(site) == 0 and states(site) == [("waiting", "busy@example.org")]
    assert deliver(site, timedelta(seconds=20)) == 0
    box.answer = "250 taken"
    assert deliver(site, timedelta(seconds=40)) == 1 and states(site) == [("sent", None)]
    assert len(site.rows("SELECT 1 FROM portal_link WHERE letter_id = (SELECT id FROM letter)")) == 1


def test_a_link_that_could_not_be_sent_for_an_hour_is_given_up(site: Site, box: Postbox) -> None:
    joined(site, "late@example.org")
    ask(site, "late@example.org")
    box.answer = "451 later"
    deliver(site)
    assert deliver(site, timedelta(minutes=61)) == 0 and states(site) == [("given up", None)]


def test_a_letter_refused_for_good_is_not_tried_again(site: Site, box: Postbox) -> None:
    joined(site, "refused@example.org")
    ask(site, "refused@example.org")
    box.answer = "550 no such mailbox"
    assert deliver(site) == 0 and states(site) == [("refused", None)]


def test_when_nobody_knows_whether_a_letter_left_it_is_never_sent_again(site: Site, box: Postbox) -> None:
    joined(site, "perhaps@example.org")
    ask(site, "perhaps@example.org")
    box.breaks = True
    assert deliver(site) == 0 and states(site) == [("unknown", None)]
    box.breaks = False
    assert deliver(site, timedelta(hours=1)) == 0 and len(box.letters) == 1


def test_killed_between_the_mark_and_the_end_a_letter_is_told_as_unknown_and_not_sent_again(
    site: Site, box: Postbox
) -> None:
    joined(site, "killed@example.org")
    ask(site, "killed@example.org")
    site.change("UPDATE letter SET state = 'sending', attempts = 1, due_at = now() + interval '5 minutes'")
    assert deliver(site) == 0 and states(site)[0][0] == "sending"
    assert deliver(site, timedelta(minutes=6)) == 0
    assert states(site) == [("unknown", None)] and box.letters == []


def test_two_workers_send_a_letter_once(site: Site, box: Postbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    joined(site, "once@example.org")
    ask(site, "once@example.org")
    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(lambda _: deliver(site), range(4))) == 1
    assert len(box.letters) == 1


def test_without_a_mail_server_no_page_offers_a_letter(tmp_path: Path) -> None:
    with reader_site.running(tmp_path) as site:
        site.keep(reader_site.year_end())
        page = site.get("/join/year-end/manage").text
        assert 'name="email"' not in page and "mailto:members@courier.example" in page
        assert ask(site, "ada@example.org").status_code == 404


def test_in_the_demo_letters_are_files_for_their_owner_alone(tmp_path: Path) -> None:
    with reader_site.running(tmp_path, demo=True) as site:
        site.keep(reader_site.year_end())
        site.is_whole()
        joined(site, "demo@example.org")
        assert "files in the folder" in unescape(ask(site, "demo@example.org").text)
        assert deliver(site) == 1
        (file,) = (tmp_path / "var" / "mail").iterdir()
        assert file.name.endswith(".eml") and file.stat().st_mode & 0o777 == 0o600
        assert LINK.search(file.read_bytes().decode())
