"""A message to a chat: to public addresses alone, once, soon, and its address told to nobody."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests import chat_room
from tests.chat_room import Room
from tracker import chat
from tracker.chat import ChatLaterError, ChatRefusedError, ChatUnknownError, WrongAddressError


@pytest.fixture
def room() -> Iterator[Room]:
    with chat_room.opened() as found:
        yield found


def test_a_message_arrives_as_the_json_that_chats_take(room: Room) -> None:
    chat.say(room.url, "612 приєдналися — “так”", room.door())
    ((path, headers, body),) = room.heard
    assert path == "/services/T0/B0/secret-of-the-room" and json.loads(body) == {"text": "612 приєдналися — “так”"}
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["User-Agent"] == "tracker (+https://us.example)"
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_the_query_of_an_address_is_part_of_it(room: Room) -> None:
    chat.say(f"https://{chat_room.HOST}:{room.port}/v1/spaces/A/messages?key=k&token=t%3D", "x", room.door())
    assert room.heard[0][0] == "/v1/spaces/A/messages?key=k&token=t%3D"


def test_a_name_is_looked_up_once_and_nothing_but_public_addresses_is_asked(room: Room) -> None:
    chat.say(room.url, "x", room.door())
    assert room.asked == [chat_room.HOST]
    for inside in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fd00::1"):
        room.addresses = ("93.184.216.34", inside)
        with pytest.raises(ChatRefusedError, match="not_public"):
            chat.say(room.url, "x", room.door())
    room.addresses = ("127.0.0.1",)
    with pytest.raises(ChatRefusedError, match="port"):
        chat.say(room.url, "x", room.door(own_port=0))
    assert len(room.heard) == 1


def test_this_machine_is_not_asked_at_the_usual_port_either(room: Room) -> None:
    with pytest.raises(ChatRefusedError, match="not_public"):
        chat.say(f"https://{chat_room.HOST}/hook/abc", "x", room.door())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example/a", "no_https"),
        ("ftp://hooks.example/a", "no_https"),
        ("https://hooks.example", "no_address"),
        ("https://hooks.example/", "no_address"),
        ("https://user:word@hooks.example/a", "credentials"),
        ("https://hooks.example:22/a", "port"),
        ("https://hooks.example:99999/a", "no_address"),
        ("https://hooks.example/a b", "no_address"),
        ("https://hooks.example/a\r\nX: y", "no_address"),
        ("https://хук.example/a", "no_address"),
        ("https://hooks.example/" + "a" * 2048, "no_address"),
        ("", "no_https"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(room: Room, url: str, why: str) -> None:
    with pytest.raises(WrongAddressError) as found:
        chat.checked(url)
    assert found.value.why == why
    with pytest.raises(ChatRefusedError):
        chat.say(url, "x", room.door())
    assert room.asked == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_chat_in_trouble_is_asked_again_later(room: Room, status: int) -> None:
    room.status = status
    with pytest.raises(ChatLaterError, match=str(status)):
        chat.say(room.url, "x", room.door())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(room: Room, status: int) -> None:
    room.status = status
    with pytest.raises(ChatRefusedError, match=str(status)):
        chat.say(room.url, "x", room.door())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(room: Room, status: int) -> None:
    room.status, room.headers = status, {"Location": room.url + "/elsewhere"}
    with pytest.raises(ChatRefusedError, match=str(status)):
        chat.say(room.url, "x", room.door())
    assert len(room.heard) == 1


def test_a_chat_that_answers_nothing_may_have_heard_and_is_not_asked_again(room: Room) -> None:
    room.breaks = True
    with pytest.raises(ChatUnknownError):
        chat.say(room.url, "x", room.door())


def test_a_chat_that_keeps_us_waiting_is_left_in_time(room: Room) -> None:
    room.delay = 3
    began = time.monotonic()
    with pytest.raises(ChatUnknownError, match="timeout"):
        chat.say(room.url, "x", room.door(seconds=0.5))
    assert time.monotonic() - began < 2


def test_nobody_there_is_for_later(room: Room) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ChatLaterError):
        chat.say(f"https://{chat_room.HOST}:{port}/hook", "x", room.door(own_port=port))


def test_a_certificate_of_another_is_not_spoken_to(room: Room) -> None:
    with pytest.raises(ChatLaterError, match="certificate"):
        chat.say(room.url, "x", room.door(trust=None))
    assert room.heard == []


def test_no_error_holds_the_address(room: Room) -> None:
    room.status = 404
    with pytest.raises(ChatRefusedError) as found:
        chat.say(room.url, "x", room.door())
    assert "secret" not in repr(found.value) and found.value.__cause__ is None
    assert chat.masked(room.url) == "https://news.example/…room"
