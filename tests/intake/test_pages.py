"""Fetching a page for staff: only where we may, only what is public, little and soon; on real sockets."""

import gzip
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from publisher import CERTIFICATE, Publisher, moved, page, serving

from tracker.intake import pages

INSIDE = """
10.0.0.1 172.16.3.4 192.168.1.1 127.0.0.1 0.0.0.0 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1
240.0.0.1 255.255.255.255 192.0.0.8 :: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::7f00:1 fe80::1 fe80::1%eth0 fc00::1
fd00::1 fec0::1 ff02::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2001:0:7f00:1:: 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
100::1
""".split()
HELLO = b"<!doctype html><p>Hello"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serving() as found:
        yield found


def door(publisher: Publisher, *hosts: str, seconds: float = 5.0, **more: object) -> pages.Door:
    """As in a demonstration: this machine's own port may be asked, and no other."""
    names = frozenset(hosts or ("news.example",))
    return pages.Door(names, "tracker-embed-doctor (+https://us.example)", publisher.port, seconds=seconds, **more)  # type: ignore[arg-type]


def fetch(publisher: Publisher, url: str, *hosts: str, **more: object) -> pages.Answer:
    return pages.fetch(url, door(publisher, *hosts, **more), publisher.resolve)  # type: ignore[arg-type]


def test_a_page_is_fetched_with_its_policy_and_we_say_who_we_are_and_nothing_else(publisher: Publisher) -> None:
    policies = "Content-Security-Policy: script-src 'self'\r\nContent-Security-Policy: img-src *"
    publisher.paths["/a?b=c"] = page(HELLO, policies)
    answer = fetch(publisher, publisher.url("/a?b=c#part"))
    assert (answer.status, answer.body, answer.hops) == (200, HELLO, ())
    assert answer.policies == ("script-src 'self'", "img-src *")
    asked = publisher.heard[0]
    assert asked.startswith("GET /a?b=c HTTP/1.1\r\n") and f"Host: news.example:{publisher.port}\r\n" in asked
    assert "User-Agent: tracker-embed-doctor (+https://us.example)\r\n" in asked
    assert not re.search("cookie|authorization|referer|forwarded", asked, re.IGNORECASE)


def test_letters_of_other_scripts_in_an_address_are_encoded(publisher: Publisher) -> None:
    publisher.paths["/%D1%81%D0%BD%D1%96%D0%B3"] = page(HELLO)
    assert fetch(publisher, publisher.url("/сніг")).status == 200


def test_a_name_is_looked_up_once_and_the_connection_goes_to_that_very_address(publisher: Publisher) -> None:
    publisher.paths["/"] = page(HELLO)
    fetch(publisher, publisher.url("/"))
    assert publisher.names == [("news.example", publisher.port)]


def test_the_second_address_of_a_name_is_tried_when_the_first_does_not_answer(publisher: Publisher) -> None:
    publisher.paths["/"] = page(HELLO)
    publisher.addresses["news.example"] = ["::1", "127.0.0.1"]
    assert fetch(publisher, publisher.url("/")).body == HELLO


@pytest.mark.parametrize("address", [*INSIDE, "not an address", ""])
def test_an_address_that_is_not_public_is_never_asked(publisher: Publisher, address: str) -> None:
    assert not pages.is_public(address)
    publisher.addresses["inside.example"] = ["93.184.216.34", address]
    with pytest.raises(pages.UnfetchedError, match="not public"):
        pages.fetch("http://inside.example/", pages.Door(frozenset({"inside.example"}), "us"), publisher.resolve)
    assert publisher.heard == []


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_may_be_asked(address: str) -> None:
    assert pages.is_public(address)


def test_this_machine_is_asked_at_our_own_port_alone_and_only_in_a_demonstration(publisher: Publisher) -> None:
    publisher.paths["/"] = page(HELLO)
    named = frozenset({f"news.example:{publisher.port}"})
    with pytest.raises(pages.UnfetchedError, match="not public"):
        pages.fetch(publisher.url("/"), pages.Door(named, "us"), publisher.resolve)
    with pytest.raises(pages.UnfetchedError, match="not public"):
        pages.fetch(publisher.url("/"), pages.Door(named, "us", own_port=publisher.port + 1), publisher.resolve)
    assert publisher.heard == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://news.example/", "no address of a page"),
        ("file:///etc/passwd", "no address of a page"),
        ("news.example", "no address of a page"),
        ("http://", "no address of a page"),
        ("http://news.example:99999/", "no address of a page"),
        ("http://news.example/ a", "no address of a page"),
        ("http://news.example/\r\nHost: other", "no address of a page"),
        ("http://[::1", "no address of a page"),
        ("http://reader:secret@news.example/", "without them"),
        ("http://other.example/", "none of the campaigns’ hosts"),
        ("http://news.example.other.example/", "none of the campaigns’ hosts"),
        ("http://2130706433/", "none of the campaigns’ hosts"),
        ("http://169.254.169.254/latest/meta-data/", "none of the campaigns’ hosts"),
        ("http://news.example:22/", "Port 22 is not asked"),
        ("http://news.example:443/", "Port 443 is not asked"),
        ("http://gone.example/", "not known"),
    ],
)
def test_what_we_may_not_ask_is_refused_in_words_before_anything_is_sent(
    publisher: Publisher, url: str, words: str
) -> None:
    with pytest.raises(pages.UnfetchedError, match=words):
        fetch(publisher, url, "news.example", "gone.example")
    assert publisher.heard == []


DISGUISED = """
2130706433 0x7f000001 017700000001 0177.0.0.1 0x7f.1 127.1 127.0.1 localhost localhost. 127.0.0.1. 0
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:a9fe:a9fe] [64:ff9b::7f00:1] [::1%25lo]
\u2460\u2461\u2466.\u24ea.\u24ea.\u2460 \uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 2852039166 0xa9fea9fe
""".split()
"""This machine, and the cloud's own data, as the machine's resolver reads them."""


@pytest.mark.parametrize("host", DISGUISED)
@pytest.mark.parametrize("port", [80, 443, None])
def test_an_inner_address_in_any_guise_is_not_asked_even_where_staff_listed_it(
    publisher: Publisher, host: str, port: int | None
) -> None:
    url = f"{'https' if port == 443 else 'http'}://{host}:{port or publisher.port}/"
    names = {host, f"{host}:{publisher.port}", host.strip("[]"), host.rstrip("."), "127.0.0.1"}
    with pytest.raises(pages.UnfetchedError, match=r"not public|no address|not known|none of the|is not asked"):
        pages.fetch(url, pages.Door(frozenset(names), "us"))
    assert publisher.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example@127.0.0.1:{port}/",
        "http://news.example:80@127.0.0.1:{port}/",
        "http://news.example%40127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@news.example/",
        "http://127.0.0.1:{port}?@news.example/",
        "http://127.0.0.1:{port}\\@news.example/",
        "http://127.0.0.1:{port};@news.example/",
        "http://news.example.127.0.0.1.nip.example:{port}/",
        "http://127.0.0.1%00.news.example:{port}/",
        "http:///127.0.0.1:{port}/",
        "http:127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "gopher://news.example:{port}/_GET",
    ],
)
def test_an_address_that_only_looks_like_the_publishers_is_not_asked(publisher: Publisher, url: str) -> None:
    with pytest.raises(pages.UnfetchedError):
        pages.fetch(url.format(port=publisher.port), door(publisher))
    assert publisher.heard == []
    publisher.paths["/"] = moved(url.format(port=publisher.port))
    with suppress(pages.UnfetchedError):  # some are paths of the same host to whoever joins addresses
        fetch(publisher, publisher.url("/"))
    assert {name for name, _ in publisher.names} == {"news.example"}


def test_a_name_that_turns_inward_after_a_redirect_is_not_followed(publisher: Publisher) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"]])
    publisher.paths["/"] = moved("/again")
    with pytest.raises(pages.UnfetchedError, match="not public"):
        pages.fetch(publisher.url("/"), door(publisher), lambda host, port: next(answers))
    assert len(publisher.heard) == 1


def test_redirects_are_followed_and_told(publisher: Publisher) -> None:
    publisher.paths |= {"/a": moved("/b"), "/b": moved(publisher.url("/c")), "/c": page(HELLO)}
    answer = fetch(publisher, publisher.url("/a"))
    assert answer.url == publisher.url("/c") and answer.hops == (publisher.url("/a"), publisher.url("/b"))


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://169.254.169.254/", "none of the campaigns’ hosts"),
        ("http://other.example/", "none of the campaigns’ hosts"),
        ("http://inside.example/", "not public"),
        ("//inside.example/", "not asked|not public"),
        ("file:///etc/passwd", "no address of a page"),
        ("http://me:word@news.example/", "without them"),
        ("http://[::1", "no address of a page"),
    ],
)
def test_each_redirect_is_looked_at_anew(publisher: Publisher, location: str, words: str) -> None:
    publisher.addresses["inside.example"] = ["10.0.0.7"]
    publisher.paths["/"] = moved(location)
    with pytest.raises(pages.UnfetchedError, match=words):
        fetch(publisher, publisher.url("/"), "news.example", "inside.example")
    assert len(publisher.heard) == 1


def test_at_most_five_redirects_are_followed(publisher: Publisher) -> None:
    publisher.paths |= {f"/{n}": moved(f"/{n + 1}") for n in range(9)}
    with pytest.raises(pages.UnfetchedError, match="more than 5 times"):
        fetch(publisher, publisher.url("/0"))
    assert len(publisher.heard) == 6


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n<p>"])
def test_a_server_that_drips_is_left_when_the_time_is_over(publisher: Publisher, start: bytes) -> None:
    def drip(line: socket.socket, _: str) -> None:
        line.sendall(start)
        while True:
            line.sendall(b"a")
            time.sleep(0.05)

    publisher.paths["/"] = drip
    began = time.monotonic()
    with pytest.raises(pages.UnfetchedError, match="did not answer whole within 1 seconds"):
        fetch(publisher, publisher.url("/"), seconds=1.0)
    assert time.monotonic() - began < 3


def test_a_resolver_that_hangs_is_left_when_the_time_is_over(publisher: Publisher) -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(5)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(pages.UnfetchedError, match="not known"):
        pages.fetch(publisher.url("/"), door(publisher, seconds=0.5), hang)
    assert time.monotonic() - began < 2


def test_of_a_large_page_the_beginning_is_read_however_well_it_was_packed(publisher: Publisher) -> None:
    publisher.paths["/packed"] = page(gzip.compress(bytes(80_000_000)), "Content-Encoding: gzip")
    publisher.paths["/plain"] = page(b"a" * 3_000_000)
    for path in ("/packed", "/plain"):
        answer = fetch(publisher, publisher.url(path))
        assert (len(answer.body), answer.is_cut) == (pages.LARGEST, True)


def test_a_packed_page_is_unpacked(publisher: Publisher) -> None:
    publisher.paths["/"] = page(gzip.compress(HELLO), "Content-Encoding: gzip")
    assert fetch(publisher, publisher.url("/")).body == HELLO


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<p>",
        page(b"no gzip at all", "Content-Encoding: gzip"),
        page(HELLO, "Content-Encoding: br"),
    ],
)
def test_what_is_no_whole_answer_of_a_web_server_is_told_in_words(publisher: Publisher, answer: bytes) -> None:
    publisher.paths["/"] = answer
    with pytest.raises(pages.UnfetchedError, match="does not answer as a web server does"):
        fetch(publisher, publisher.url("/"))


def test_over_tls_the_certificate_must_be_of_the_name_that_was_asked() -> None:
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    with serving(is_safe=True) as publisher:
        publisher.paths["/"] = page(HELLO)
        publisher.addresses["other.example"] = ["127.0.0.1"]
        named = publisher.url("/", scheme="https")
        assert fetch(publisher, named, trust=trust).body == HELLO
        with pytest.raises(pages.UnfetchedError, match="no certificate that we trust"):
            fetch(publisher, publisher.url("/", "other.example", "https"), "other.example", trust=trust)
        with pytest.raises(pages.UnfetchedError, match="no certificate that we trust"):
            fetch(publisher, named)
    assert len(publisher.heard) == 1


def test_over_tls_a_server_that_never_shakes_hands_is_left_when_the_time_is_over(publisher: Publisher) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    publisher.port = listener.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(pages.UnfetchedError, match="did not answer whole"):
        fetch(publisher, publisher.url("/", scheme="https"), seconds=0.7)
    assert time.monotonic() - began < 3
    listener.close()
