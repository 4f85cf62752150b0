"""Who may see what: the whole URL map is walked, for nobody and for each role, by session and by token."""

from collections.abc import Iterator

import pytest
from staff_house import BOOTSTRAP, NOON, PASSWORD, ROLES, House, csrf_of, running
from werkzeug.routing import Rule

from tracker import access
from tracker.db import db
from tracker.web import guard
from tracker.web.limits import limiter

VALUES = {"slug": "year-end", "month": "2026-10", "filename": "css/staff.css", "year": "2026", "number": 1}


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:
        yield found


def doors(house: House) -> Iterator[tuple[Rule, str | None]]:
    for rule in house.app.url_map.iter_rules():
        yield rule, guard.area_of(house.app.view_functions[rule.endpoint])


def address(house: House, rule: Rule) -> str:
    with house.app.test_request_context():
        built = rule.build({name: VALUES.get(name, "x") for name in rule.arguments}, append_unknown=False)
    assert built is not None
    return built[1]


def test_every_view_says_who_may_see_it(house: House) -> None:
    silent = [rule.rule for rule, area in doors(house) if area is None]
    assert not silent, f"mark these with @allow(...) or @public: {silent}"


def test_every_staff_page_by_url_and_role_does_what_the_table_says(house: House) -> None:
    clients = {role: house.client(role) for role in ROLES}
    seen = 0
    for rule, area in doors(house):
        if area in (None, guard.PUBLIC) or "GET" not in (rule.methods or ()):
            continue
        seen += 1
        path = address(house, rule)
        nobody = house.client().get(path)
        assert nobody.status_code in (302, 401), f"{path} answers nobody with {nobody.status_code}"
        if nobody.status_code == 302:
            assert nobody.headers["Location"].startswith("/sign-in")
        for role, client in clients.items():
            refused = client.get(path).status_code == 403
            assert refused == (role not in access.ALLOWED[str(area)]), f"{role} at {path}"
    assert seen >= 15


def test_the_audience_team_sees_no_books_and_finance_no_readers(house: House) -> None:
    assert house.client("audience").get("/finance").status_code == 403
    assert house.client("finance").get("/dashboard").status_code == 403
    assert house.client("finance").get("/finance").status_code == 200


def test_after_sign_in_each_role_lands_at_its_own_work(house: House) -> None:
    for role, home in (("audience", "/dashboard"), ("finance", "/finance"), ("admin", "/dashboard")):
        answer = house.sign_in(house.app.test_client(), f"{role}@paper.example", PASSWORD)
        assert answer.headers["Location"] == home


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\\\\evil",
        "/a\nb",
        " /x",
    ],
)
def test_a_sign_in_never_sends_anybody_elsewhere(house: House, elsewhere: str) -> None:
    answer = house.sign_in(house.app.test_client(), "admin@paper.example", PASSWORD, next=elsewhere)
    assert answer.headers["Location"] == "/dashboard"


def test_a_sign_in_leads_back_to_the_page_that_was_asked_for(house: House) -> None:
    asked = house.client().get("/dashboard/year-end?by=day").headers["Location"]
    assert asked == "/sign-in?next=/dashboard/year-end?by%3Dday"
    answer = house.sign_in(
        house.app.test_client(), "admin@paper.example", PASSWORD, next="/dashboard/year-end?by=day"
    )
    assert answer.headers["Location"] == "/dashboard/year-end?by=day"


@pytest.mark.parametrize(
    ("email", "password"), [("audience@paper.example", "wrong"), ("nobody@paper.example", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nothing(
    house: House, email: str, password: str
) -> None:
    client = house.app.test_client()
    answer = house.sign_in(client, email, password)
    assert answer.status_code == 401 and "do not belong together" in answer.text
    assert client.get("/dashboard").status_code == 302


def test_a_sign_in_without_its_form_token_is_refused(house: House) -> None:
    client = house.app.test_client()
    answer = client.post("/sign-in", data={"email": "admin@paper.example", "password": PASSWORD})
    assert answer.status_code == 400 and "once more" in answer.text


def test_signing_out_needs_the_form_token_and_ends_the_session(house: House) -> None:
    client = house.client("audience")
    assert client.post("/sign-out").status_code == 400
    page = client.get("/dashboard", follow_redirects=True).text
    assert client.post("/sign-out", data={"csrf_token": csrf_of(page)}).status_code == 303
    assert client.get("/dashboard").status_code == 302


def test_another_password_ends_every_open_session(house: House) -> None:
    client = house.client("audience")
    with house.app.app_context():
        access.set_password("audience@paper.example", "another good password")
    assert client.get("/dashboard").status_code == 302


def test_eleven_tries_a_minute_are_too_many(house: House) -> None:
    limiter.enabled = True
    limiter.reset()
    client = house.app.test_client()
    codes = [house.sign_in(client, "admin@paper.example", "wrong").status_code for _ in range(11)]
    limiter.reset()
    assert codes == [401] * 10 + [429]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    cookie = house.sign_in(house.app.test_client(), "admin@paper.example", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_of_this_host_alone(database_url: str) -> None:
    with running(database_url, public_url="https://members.news.example") as house:
        client = house.app.test_client()
        page = client.get("/sign-in", base_url="https://members.news.example")
        form = {"email": "admin@paper.example", "password": PASSWORD, "csrf_token": csrf_of(page.text)}
        sent = {"Referer": "https://members.news.example/sign-in"}
        answer = client.post("/sign-in", data=form, base_url="https://members.news.example", headers=sent)
        assert answer.status_code == 303
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-tracker=") and "Secure" in cookie and "Path=/" in cookie


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_opens_what_its_role_may_see_until_it_is_revoked(house: House) -> None:
    with house.app.app_context():
        secret = access.add_token("sheets", "finance", NOON)
        stored = db.session.query(access.ApiToken).one()
        assert secret.startswith("trk_") and secret.encode() not in stored.token_sha256
    client = house.app.test_client()
    assert client.get("/api/v1/finance/months", headers=bearer(secret)).status_code == 200
    assert client.get("/api/v1/campaigns/year-end/daily", headers=bearer(secret)).status_code == 403
    with house.app.app_context():
        assert access.revoke_token("sheets", NOON) == 1
    answer = client.get("/api/v1/finance/months", headers=bearer(secret))
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_the_environment_works_before_anybody_can_sign_in(house: House) -> None:
    assert house.app.test_client().get("/api/v1/health/stripe", headers=bearer(BOOTSTRAP)).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer trk_wrong", "Basic YTpi", "trk_x", "Bearer ü"])
def test_any_other_authorization_is_refused_in_words(house: House, header: str) -> None:
    sent = header.encode("utf-8").decode("latin-1")
    answer = house.app.test_client().get("/api/v1/health/stripe", headers={"Authorization": sent})
    assert answer.status_code == 401 and "bearer token" in answer.get_json()["detail"]


def test_a_bad_token_is_not_saved_by_a_good_session(house: House) -> None:
    assert house.client("admin").get("/dashboard", headers=bearer("trk_wrong")).status_code == 401


@pytest.mark.parametrize(
    ("email", "role", "password", "words"),
    [
        ("no address", "admin", PASSWORD, "no e-mail address"),
        ("a@b", "boss", PASSWORD, "no role 'boss'"),
        ("a@b", "admin", "short", "10 to 512"),
        ("ADMIN@paper.example", "admin", PASSWORD, "there already"),
    ],
)
def test_a_user_that_does_not_fit_is_refused_in_words(
    house: House, email: str, role: str, password: str, words: str
) -> None:
    with house.app.app_context(), pytest.raises(access.AccessError, match=words):
        access.add_user(email, role, password, NOON)


def test_what_staff_do_is_written_down(house: House) -> None:
    house.client("finance").get("/finance/months/2026-10/transactions.csv")
    with house.app.app_context():
        lines = [(line.who, line.action, line.detail) for line in db.session.query(access.Audit).order_by("id")]
    assert lines == [
        ("finance@paper.example", "signed in", {}),
        ("finance@paper.example", "took transactions.csv", {"month": "2026-10"}),
    ]
