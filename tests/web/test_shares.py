"""Read-only links: who has one reads, and only as long as staff mean it; nobody learns more than they should."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog.testing
import time_machine
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, member, pledge, running, year_end

from tracker import access
from tracker.db import db
from tracker.web.limits import limiter

PAGE = "/dashboard/year-end/shares"
SECRET = "only the board"


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.is_whole()
        yield found


@dataclass
class Desk:
    """The audience team at its page of links."""

    house: House
    client: FlaskClient

    def send(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": csrf_of(self.client.get(PAGE).text), **fields})

    def link(self, password: str = "", period: str = "30", **more: str) -> str:
        """The path of a new link."""
        made = self.send(PAGE, label="The board", password=password, period=period, **more)
        found = re.search(r'value="http://[^/"]+(/shared/[\w-]+)"', made.text)
        assert made.status_code == 200 and found, made.text
        return found.group(1)

    def number(self) -> int:
        found = re.search(r"/shares/(\d+)/revoke", self.client.get(PAGE).text)
        assert found, "no link of the list can be revoked"
        return int(found.group(1))


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house, house.client("audience"))


def knock(client: FlaskClient, path: str, password: str) -> Any:
    """Type the password that the page asks for."""
    return client.post(path, data={"csrf_token": csrf_of(client.get(path).text), "password": password})


def is_let_in(client: FlaskClient, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 200 and "Ten members" in answer.text


def test_a_link_is_shown_once_and_opens_the_dashboard_to_whoever_has_it(house: House, desk: Desk) -> None:
    path = desk.link()
    assert path.rpartition("/")[2] not in desk.client.get(PAGE).text
    page = house.client().get(path).text
    assert "Ten members by the end of the year" in page
    assert '<strong data-live="count">0</strong>' in page
    for staffs in ('href="/dashboard', "/finance", "/sign-in", "csrf_token", "<form", "data-live-url"):
        assert staffs not in page, staffs


def test_of_a_link_the_database_holds_neither_token_nor_password(house: House, desk: Desk) -> None:
    token = desk.link(SECRET).rpartition("/")[2]
    with house.app.app_context():
        rows = db.session.scalars(
            text("SELECT share::text FROM share UNION ALL SELECT audit::text FROM audit")
        ).all()
    assert rows and not any(token in row or SECRET in row for row in rows)


def test_unknown_expired_and_revoked_links_answer_alike(house: House, desk: Desk) -> None:
    expired, revoked = desk.link(period="7"), desk.link()
    desk.send(f"{PAGE}/{desk.number()}/revoke")
    client = house.client()
    with time_machine.travel(NOON + timedelta(days=8), tick=True):
        answers = [client.get(path) for path in ("/shared/" + "x" * 43, expired, revoked)]
        answers += [
            client.post(path, data={"password": "x"}) for path in ("/shared/" + "x" * 43, expired, revoked)
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1 and "opens nothing" in answers[0].text
    assert len({tuple(answer.headers) for answer in answers}) == 1


def test_no_cache_no_search_engine_and_no_other_site_learns_of_a_link(house: House, desk: Desk) -> None:
    client, locked = house.client(), desk.link(SECRET)
    for answer in (
        client.get(desk.link()),
        client.get(locked),
        knock(client, locked, SECRET),
        client.get("/shared/x"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("period", "last_on", "ends"),
    [
        ("7", "", datetime(2026, 11, 30, 22, tzinfo=UTC)),
        ("90", "", datetime(2027, 2, 21, 22, tzinfo=UTC)),
        ("date", "2026-11-23", datetime(2026, 11, 23, 22, tzinfo=UTC)),
        ("date", "2027-07-01", datetime(2027, 7, 1, 21, tzinfo=UTC)),
    ],
)
def test_a_link_opens_to_the_end_of_its_last_day_in_the_campaigns_zone(
    house: House, desk: Desk, period: str, last_on: str, ends: datetime
) -> None:
    path, client = desk.link(period=period, last_on=last_on), house.client()
    for at, code in ((ends - timedelta(seconds=2), 200), (ends, 404)):
        with time_machine.travel(at, tick=False):
            assert client.get(path).status_code == code


def test_a_link_without_an_end_opens_in_ten_years(house: House, desk: Desk) -> None:
    path = desk.link(period="never")
    with time_machine.travel(NOON + timedelta(days=3653), tick=True):
        assert is_let_in(house.client(), path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"label": " "}, "say whom the link is for"),
        ({"label": "x" * 101}, "101 characters; at most 100"),
        ({"label": "a\x1bb"}, "control character"),
        ({"password": "seven77"}, "7 characters: take 8 to 512"),
        ({"password": "x" * 513}, "513 characters"),
        ({"password": "nul\x00nul\x00nul"}, "a character in it is none"),
        ({"period": "365"}, "choose how long"),
        ({"period": "date", "last_on": ""}, "is no day"),
        ({"period": "date", "last_on": "2026-11-22"}, "over or too far away"),
        ({"period": "date", "last_on": "2036-12-01"}, "over or too far away"),
    ],
)
def test_a_link_that_does_not_fit_is_refused_in_words(
    house: House, desk: Desk, changed: dict[str, str], words: str
) -> None:
    answer = desk.send(PAGE, **{"label": "The board", "period": "30", **changed})
    assert answer.status_code == 400 and words in answer.text and "There is no link yet" in answer.text


def test_a_password_opens_its_own_link_and_no_other(house: House, desk: Desk) -> None:
    path, other = desk.link(SECRET), desk.link(SECRET)
    client = house.client()
    asked = client.get(path).text
    assert "It opens with a password" in asked and "Ten members" not in asked
    assert knock(client, path, "only the bored").status_code == 401 and not is_let_in(client, path)
    answer = knock(client, path, SECRET)
    assert answer.status_code == 303 and answer.headers["Location"] == path
    assert is_let_in(client, path) and not is_let_in(client, other) and not is_let_in(house.client(), path)


def test_the_pass_is_read_by_no_script_and_sent_to_its_link_alone(house: House, desk: Desk) -> None:
    path = desk.link(SECRET)
    answer = knock(house.client(), path, SECRET)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("shared="))
    assert {"HttpOnly", "SameSite=Lax", f"Path={path}", "Max-Age=43200"} <= set(cookie.split("; "))
    assert SECRET not in cookie


def test_over_https_the_pass_never_goes_without_it(database_url: str) -> None:
    with running(database_url, public_url="https://members.news.example") as secure:
        secure.keep(campaign=year_end())
        with secure.app.test_client() as client:
            pass_cookie = _first_pass(secure, client)
    assert pass_cookie.startswith("__Secure-shared=") and "Secure" in pass_cookie.split("; ")


def _first_pass(secure: House, client: FlaskClient) -> str:
    """The cookie of a link whose password is typed in a browser that tells no referrer, as ours is asked to."""
    base = "https://members.news.example"
    with secure.app.app_context():
        from tracker.intake import shares

        _, token = shares.create(db.session(), "year-end", ("The board", SECRET, None), "somebody", NOON)
        db.session.commit()
    form = csrf_of(client.get(f"/shared/{token}", base_url=base).text)
    answer = client.post(f"/shared/{token}", base_url=base, data={"csrf_token": form, "password": SECRET})
    assert answer.status_code == 303, answer.text
    return next(one for one in answer.headers.getlist("Set-Cookie") if "shared=" in one)


def test_the_pass_ends_after_twelve_hours_and_with_the_link(house: House, desk: Desk) -> None:
    path, today = desk.link(SECRET), desk.link(SECRET, period="date", last_on="2026-11-23")
    client = house.client()
    stolen = [_pass_of(client, path), _pass_of(client, today)]
    for at, is_open in ((timedelta(hours=9), [True, True]), (timedelta(hours=11), [True, False])):
        with time_machine.travel(NOON + at, tick=True):
            assert [
                _opens(house, one, cookie) for one, cookie in zip((path, today), stolen, strict=True)
            ] == is_open
    with time_machine.travel(NOON + timedelta(hours=12, minutes=1), tick=True):
        assert not _opens(house, path, stolen[0]), "a copy of the cookie outlives no pass"


def _pass_of(client: FlaskClient, path: str) -> str:
    cookies = knock(client, path, SECRET).headers.getlist("Set-Cookie")
    return next(one for one in cookies if one.startswith("shared=")).split(";")[0].partition("=")[2]


def _opens(house: House, path: str, cookie: str) -> bool:
    client = house.client()
    client.set_cookie("shared", cookie, path=path)
    return is_let_in(client, path)


def test_another_password_and_a_revocation_put_out_who_was_in(house: House, desk: Desk) -> None:
    path, client = desk.link(SECRET), house.client()
    knock(client, path, SECRET)
    assert is_let_in(client, path)
    number = desk.number()
    assert desk.send(f"{PAGE}/{number}/password", password="another one").status_code == 303
    assert not is_let_in(client, path)
    knock(client, path, "another one")
    assert is_let_in(client, path)
    assert "Revoke this link?" in desk.client.get(f"{PAGE}/{number}/revoke").text and is_let_in(client, path)
    desk.send(f"{PAGE}/{number}/revoke")
    assert client.get(path).status_code == 404


def test_a_pass_that_we_did_not_sign_opens_nothing(house: House, desk: Desk) -> None:
    path = desk.link(SECRET)
    good = _pass_of(house.client(), path)
    forged = URLSafeSerializer("y" * 40, salt="pass of a share").dumps(["x", 9999999999])
    of_session = URLSafeSerializer("x" * 40, salt="cookie-session").dumps(["x", 9999999999])
    odd = [URLSafeSerializer("x" * 40, salt="pass of a share").dumps(one) for one in (7, ["a"], [None, "z"], {})]
    for cookie in ("", "x", forged, of_session, good[:-1] + ("A" if good[-1] != "A" else "B"), "." + good, *odd):
        assert not _opens(house, path, cookie), cookie
    assert _opens(house, path, good)


def test_a_password_form_without_its_token_opens_nothing(house: House, desk: Desk) -> None:
    path, client = desk.link(SECRET), house.client()
    answer = client.post(path, data={"password": SECRET})
    assert answer.status_code == 400 and "once more" in answer.text and not is_let_in(client, path)
    assert knock(client, path, "").status_code == 400


def test_five_tries_a_minute_are_enough_for_an_address_at_a_link(house: House, desk: Desk) -> None:
    path, other = desk.link(SECRET), desk.link(SECRET)
    client = house.client()
    limiter.enabled = True
    limiter.reset()
    codes = [knock(client, path, f"guess {n}").status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    assert knock(client, path, SECRET).status_code == 429, "the right one neither, or guessing would go on"
    assert knock(client, other, SECRET).status_code == 303, "another link has tries of its own"
    from_elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    form = csrf_of(client.get(path).text)
    answer = client.post(path, data={"csrf_token": form, "password": SECRET}, environ_base=from_elsewhere)
    assert answer.status_code == 303, "whoever guesses locks nobody else out"
    limiter.reset()


def test_the_list_says_how_often_and_when_a_link_was_last_used(house: House, desk: Desk) -> None:
    path, locked = desk.link(), desk.link(SECRET)
    client = house.client()
    for _ in range(3):
        client.get(path)
    client.head(path)
    client.get(locked)
    with house.app.app_context():
        used = db.session.execute(text("SELECT uses, last_used_at IS NULL FROM share ORDER BY id")).all()
    assert [tuple(row) for row in used] == [(3, False), (0, True)], "asking for a password is no use of the link"
    assert "14:00, 23 November 2026" in desk.client.get(PAGE).text


def test_what_happens_to_links_is_logged_with_ids_and_without_secrets(house: House, desk: Desk) -> None:
    with structlog.testing.capture_logs() as lines:
        path = desk.link(SECRET)
        number = desk.number()
        knock(house.client(), path, "a wrong guess")
        desk.send(f"{PAGE}/{number}/password", password="another one")
        desk.send(f"{PAGE}/{number}/revoke")
        desk.send(f"{PAGE}/{number}/revoke")
    ours = [line for line in lines if "share" in line]
    events = ["share created", "wrong password at a share", "share password changed", "share revoked"]
    assert [line["event"] for line in ours] == events and {line["share"] for line in ours} == {number}
    said = str(lines)
    for secret in (SECRET, "a wrong guess", "another one", path.rpartition("/")[2], "The board"):
        assert secret not in said
    with house.app.app_context():
        acts = [(one.action, one.detail) for one in db.session.query(access.Audit).order_by("id")]
    detail = {"campaign": "year-end", "share": number}
    wanted = ["share created", "share password changed", "share revoked"]
    assert acts[1:] == [(act, detail) for act in wanted]


def test_finance_and_nobody_make_and_revoke_no_links(house: House, desk: Desk) -> None:
    path, number = desk.link(), desk.number()
    finance, nobody = house.client("finance"), house.client()
    token = csrf_of(finance.get("/finance").text)
    for where in (PAGE, f"{PAGE}/{number}/revoke", f"{PAGE}/{number}/password"):
        assert finance.post(where, data={"csrf_token": token, "label": "x", "period": "7"}).status_code == 403
        assert nobody.post(where, data={"label": "x", "period": "7"}).status_code in (302, 401)
    assert is_let_in(nobody, path)


def test_a_link_of_one_campaign_is_not_changed_at_another(house: House, desk: Desk) -> None:
    path, number = desk.link(), desk.number()
    house.keep(campaign=year_end(slug="spring"))
    for act in ("revoke", "password"):
        assert desk.send(f"/dashboard/spring/shares/{number}/{act}").status_code == 404
    assert is_let_in(house.client(), path)


def test_a_label_is_text_wherever_it_stands(house: House, desk: Desk) -> None:
    hostile = "<script>alert(1)</script>\"'"
    made = desk.send(PAGE, label=hostile, period="30").text
    number = desk.number()
    pages = [
        made,
        *(desk.client.get(f"{PAGE}{more}").text for more in ("", f"/{number}/revoke", f"/{number}/password")),
    ]
    for page in pages:
        assert "<script>alert" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("token", ["%00", "%ff%fe", "a" * 5000, "..%2f", "' OR 1=1", "%ed%a0%80"])
def test_an_invented_token_opens_nothing_and_breaks_nothing(house: House, token: str) -> None:
    client = house.client()
    assert client.get(f"/shared/{token}").status_code == 404
    assert client.post(f"/shared/{token}", data={"password": "x"}).status_code in (404, 405)


def test_few_persons_of_a_source_or_a_week_are_not_told_to_strangers(house: House, desk: Desk) -> None:
    """Three came from one article, seven from another, twelve from a third: the seven go with the three."""
    rows: list[Any] = []
    for article, count in (("rare", 3), ("some", 7), ("much", 12)):
        for n in range(count):
            name = f"{article}{n}"
            rows.append(pledge(name, f"https://paper.example/{article}", state="fulfilled"))
            rows.append(member(name, NOON - timedelta(days=9 if article != "rare" else 30), pledge=name))
    house.keep(*rows)
    page = house.client().get(desk.link()).text
    shown = {
        article: re.findall(r'<td class="n">(.*?)</td>', row)[3]
        for article, row in re.findall(r'<th scope="row" class="key">/(\w+)</th>(.*?)</tr>', page, re.S)
    }
    assert shown == {"rare": "kept back", "some": "kept back", "much": "10"}
    assert "+19" in page and "+3<" not in page
    assert '/much</td><td class="n">–</td>' in page, "no zero of views where none could be counted"
