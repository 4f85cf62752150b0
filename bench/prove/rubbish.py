"""What strangers, broken proxies and liars send to a webhook: requests that must never be stored, from a seed."""

import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

MEBIBYTE = 1024 * 1024
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Rubbish:
    """One request as it goes over the wire."""

    kind: str
    request: bytes
    expected: frozenset[int] = frozenset({400, 413})
    is_last: bool = False
    """The connection cannot be used again: its two ends no longer agree where the next request begins."""
    hangs_up: bool = False
    """The sender closes its side before the body is whole; it may go without an answer, status 0."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Draws every choice from one generator, so that a seed tells the whole run."""

    dice: random.Random
    secret: str
    now: int
    """Unix seconds; a run lasts shorter than a signature is good for."""

    def event(self, **changes: Any) -> dict[str, Any]:
        """A true event; only with a true signature would it be stored."""
        name = f"{self.dice.getrandbits(64):016x}"
        plain: dict[str, Any] = {
            "id": f"evt_{name}",
            "object": "event",
            "type": "customer.subscription.updated",
            "api_version": "2026-10-28.endive",
            "created": self.now,
            "livemode": False,
            "data": {"object": {"id": f"sub_{name}", "object": "subscription", "status": "active"}},
        }
        return plain | changes

    def signed(self, body: bytes, *, secret: str | None = None, at: int | None = None) -> bytes:
        """A Stripe-Signature header's value."""
        seconds = str(self.now if at is None else at).encode()
        mark = hmac.new((secret or self.secret).encode(), seconds + b"." + body, hashlib.sha256).hexdigest()
        return b"t=" + seconds + b",v1=" + mark.encode()

    def noise(self, most: int) -> bytes:
        return self.dice.randbytes(self.dice.randrange(most))


def all_of(seed: int, count: int, secret: str, now: int) -> Iterator[Rubbish]:
    """`count` requests, the same for the same arguments."""
    make = Maker(random.Random(seed), secret, now)
    kinds, weights = zip(*KINDS.items(), strict=True)
    for kind in make.dice.choices(kinds, weights, k=count):
        yield kind(make)


def written(body: bytes, headers: Headers, method: bytes = b"POST", length: bytes | None = None) -> bytes:
    """A request to the webhook; `length` replaces the true Content-Length, b"" leaves it out."""
    told = str(len(body)).encode() if length is None else length
    lines = [method + b" /stripe/webhook HTTP/1.1", b"Host: tracker"]
    lines += [name + b": " + value for name, value in headers]
    if told:
        lines.append(b"Content-Length: " + told)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _signature(value: bytes) -> Headers:
    return [(b"Content-Type", b"application/json"), (b"Stripe-Signature", value)]


def signed_rubbish(make: Maker) -> Rubbish:
    """Somebody knows our secret and sends what is no event."""
    shape = make.dice.choice(BODIES)
    body = shape(make)
    return Rubbish(f"signed, {shape.__name__}", written(body, _signature(make.signed(body))))


def unsigned(make: Maker) -> Rubbish:
    """An event or rubbish, and a signature that is none."""
    body = _json(make.event()) if make.dice.random() < 0.5 else make.dice.choice(BODIES)(make)
    forge = make.dice.choice(FORGERIES)
    return Rubbish(f"{forge.__name__} signature", written(body, _signature(forge(make, body))))


def odd_headers(make: Maker) -> Rubbish:
    """Headers missing, doubled, folded, injected, endless; the event itself is true, its signature is not."""
    body = _json(make.event())
    forged = make.signed(body, secret="whsec_theirs")
    odd: list[Headers] = [
        [],
        [(b"Stripe-Signature", b"")],
        [(b"Stripe-Signature", forged), (b"Stripe-Signature", forged)],
        [(b"Stripe-Signature", forged + b"\r\nX-Injected: 1")],
        [(b"Stripe-Signature", forged + b"\r\n folded")],
        [(b"Stripe-Signature", forged + b"\x00")],
        [(b"Stripe-Signature", forged + b"\n")],
        [(b"Stripe-Signature", b"\xff\xfe" + make.noise(40).replace(b"\r", b"").replace(b"\n", b""))],
        [(b"Stripe-Signature", b"v1=0," * make.dice.randrange(1, 3_000))],
        [(b"stripe_signature", forged)],
        [(b"Stripe-Signature ", make.signed(body))],
        [(b"Stripe-Signature", forged), (b"Content-Type", make.dice.choice(CONTENT_TYPES))],
        [(b"Stripe-Signature", forged), (b"Content-Encoding", b"gzip")],
        [(b"Stripe-Signature", forged), (b"X-Forwarded-For", b"1.1.1.1, " * 500)],
        [(b"Stripe-Signature", forged), (b"Cookie", b"tracker=" + b"x" * 6_000)],
    ]
    number = make.dice.randrange(len(odd))
    return Rubbish(f"headers {number}", written(body, odd[number]), is_last=number in (3, 4, 5, 6, 7, 10))


def odd_length(make: Maker) -> Rubbish:
    """A Content-Length that is no number, not the body's, or not there."""
    body = _json(make.event())
    told = make.dice.choice([b"-1", b"x", b"1e3", b"0x10", b"99999999999999999999", b"+5", b"1, 2", b"0", b""])
    return Rubbish(f"length {told.decode()!r}", written(body, _signature(b""), length=told), is_last=True)


def cut_short(make: Maker) -> Rubbish:
    """The sender hangs up in the middle of a signed body."""
    body = _json(make.event())
    part = body[: make.dice.randrange(len(body))]
    request = written(part, _signature(make.signed(body)), length=str(len(body)).encode())
    return Rubbish("cut short", request, frozenset({0, 400}), is_last=True, hangs_up=True)


def too_large(make: Maker) -> Rubbish:
    """Over a mebibyte: only said so, sent whole, or in chunks without a length."""
    way = make.dice.choice(["said", "said", "said", "sent", "chunks"])
    if way == "said":
        length = str(MEBIBYTE + make.dice.randrange(1, 10**12)).encode()
        return Rubbish("too large, said", written(b"", _signature(b"x"), length=length), is_last=True)
    body = b" " * (MEBIBYTE + 1)
    if way == "sent":
        return Rubbish("too large, sent", written(body, _signature(make.signed(body))), is_last=True)
    chunked = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in [body[: MEBIBYTE // 2]] * 3)
    headers = [*_signature(b"x"), (b"Transfer-Encoding", b"chunked")]
    return Rubbish("too large, chunks", written(chunked + b"0\r\n\r\n", headers, length=b""), is_last=True)


def method(make: Maker) -> Rubbish:
    """Anything but POST, with a true event."""
    body = _json(make.event())
    name = make.dice.choice([b"GET", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"HEAD", b"TRACE", b"BREW"])
    headers = _signature(make.signed(body))
    return Rubbish(f"method {name.decode()}", written(body, headers, name), frozenset({405}), is_last=True)


KINDS: dict[Callable[[Maker], Rubbish], float] = {
    signed_rubbish: 45,
    unsigned: 30,
    odd_headers: 15,
    method: 5,
    odd_length: 2,
    cut_short: 2,
    too_large: 1,
}
"""Each kind and its share."""

CONTENT_TYPES = [
    b"",
    b"text/html",
    b"multipart/form-data; boundary=x",
    b"application/x-www-form-urlencoded",
    b"\xff",
]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _noise(make: Maker) -> bytes:
    return make.noise(2_000)


def _truncated(make: Maker) -> bytes:
    whole = _json(make.event())
    return whole[: make.dice.randrange(len(whole))]


def _with_a_tail(make: Maker) -> bytes:
    return _json(make.event()) + make.dice.choice([b"x", b"{}", b"\x00", b",", b"]"])


def _no_number(make: Maker) -> bytes:
    value = make.dice.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e400", b"9" * 5_000, b"01", b"0x1"])
    return _json(make.event()).replace(b'"active"', value)


def _twice(make: Maker) -> bytes:
    key = make.dice.choice(['"id": "evt_other", ', '"livemode": true, ', '"object": "event", ', '"data": {}, '])
    return b"{" + key.encode() + _json(make.event())[1:]


def _deep(make: Maker) -> bytes:
    depth = make.dice.choice([1_000, 10_000, 100_000])
    return b"[" * depth if make.dice.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth


def _bad_utf8(make: Maker) -> bytes:
    bad = make.dice.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80"])
    return _json(make.event()).replace(b"active", b"act" + bad + b"ive")


def _another_encoding(make: Maker) -> bytes:
    text = json.dumps(make.event())
    return text.encode(make.dice.choice(["utf-16", "utf-32", "utf-16-le", "utf-8-sig", "cp037"]))


def _another_value(make: Maker) -> bytes:
    return make.dice.choice([b"", b"[]", b"{}", b"1", b"null", b"true", b'"event"', b"[{}]", b"<xml/>", b"a=b"])


def _wrong_type(make: Maker) -> bytes:
    """A true event but for one field, that is missing or of another type."""
    wrong: list[Any] = [None, 0, -1, 1.5, True, "", "\x00", "\ud800", "x" * 300, "a b", [], {}, [1], 10**30]
    allowed: dict[str, Callable[[Any], bool]] = {
        "id": lambda value: False,
        "type": lambda value: False,
        "object": lambda value: False,
        "created": lambda value: False,
        "livemode": lambda value: value is True,
        "data": lambda value: False,
    }
    field = make.dice.choice(list(allowed))
    event = make.event()
    if make.dice.random() < 0.2:
        del event[field]
        return _json(event)
    event[field] = make.dice.choice([value for value in wrong if not allowed[field](value)])
    return _json(event)


def _object_unnamed(make: Maker) -> bytes:
    return _json(make.event(data=make.dice.choice([{}, {"object": None}, {"object": "sub_1"}, {"object": [1]}])))


def _another_time(make: Maker) -> bytes:
    return _json(make.event(created=make.dice.choice([-1, 0, 10**12, "yesterday", "2026-11-23T12:00:00"])))


BODIES: list[Callable[[Maker], bytes]] = [
    _noise,
    _truncated,
    _with_a_tail,
    _no_number,
    _twice,
    _deep,
    _bad_utf8,
    _another_encoding,
    _another_value,
    _wrong_type,
    _object_unnamed,
    _another_time,
]
"""Bodies that are no event, however well they are signed."""


def _anothers(make: Maker, body: bytes) -> bytes:
    return make.signed(body, secret=f"whsec_{make.dice.getrandbits(32):x}")


def _old(make: Maker, body: bytes) -> bytes:
    return make.signed(body, at=make.now - make.dice.randrange(3_600, 10**8))


def _future(make: Maker, body: bytes) -> bytes:
    return make.signed(body, at=make.now + make.dice.randrange(3_600, 10**9))


def _of_another_body(make: Maker, body: bytes) -> bytes:
    return make.signed(body + b" ")


def _in_pieces(make: Maker, body: bytes) -> bytes:
    whole = make.signed(body)
    return whole[: make.dice.randrange(len(whole) - 1)]


def _of_an_older_scheme(make: Maker, body: bytes) -> bytes:
    return make.signed(body).replace(b"v1=", b"v0=")


def _with_two_times(make: Maker, body: bytes) -> bytes:
    return b"t=1," + make.signed(body)


def _in_capitals(make: Maker, body: bytes) -> bytes:
    return make.signed(body).upper()


FORGERIES: list[Callable[[Maker, bytes], bytes]] = [
    _anothers,
    _old,
    _future,
    _of_another_body,
    _in_pieces,
    _of_an_older_scheme,
    _with_two_times,
    _in_capitals,
]
"""Signatures that must not be taken, each over the very body that is sent, or nearly."""
