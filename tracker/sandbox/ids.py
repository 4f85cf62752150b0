"""Object ids that look like Stripe's: prefix, version, a rising number, a scrambled tail."""

from __future__ import annotations

from tracker.sandbox.store import KINDS

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_BASE = len(_PAIRS)
_SCRAMBLE = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: neighbours get tails far apart


class Ids:
    """Hands out ids; `count` is kept with the state, `salt` makes two worlds' ids differ."""

    def __init__(self, salt: int, count: int = 0) -> None:
        self.salt = salt
        self.count = count

    def tail(self) -> str:
        """14 characters, never the same twice in a world, rising with time like Stripe's."""
        self.count += 1
        number = self.count
        mixed = (number * _SCRAMBLE + self.salt) & 0xFFFFFFFFFFFF
        head = _PAIRS[number // _BASE // _BASE % _BASE] + _PAIRS[number // _BASE % _BASE] + _PAIRS[number % _BASE]
        return (
            head
            + _PAIRS[mixed % _BASE]
            + _PAIRS[mixed // _BASE % _BASE]
            + _PAIRS[mixed // _BASE // _BASE % _BASE]
            + _PAIRS[(mixed >> 36) % _BASE]
        )

    def new(self, kind: str) -> str:
        """A fresh id of this kind."""
        if kind == "checkout.session":
            return f"cs_test_a1{self.tail()}{self.tail()}{self.tail()}"
        return f"{KINDS[kind].prefix}_1T{self.tail()}"

    def plain(self, prefix: str) -> str:
        """A fresh id for something that is no list of its own: `il`, `si`, `req`."""
        return f"{prefix}_{self.tail()}"
