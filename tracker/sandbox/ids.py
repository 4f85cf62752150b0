"""Object ids that look like Stripe's: prefix, version, a rising number, a scrambled tail."""

from __future__ import annotations

from tracker.sandbox.store import KINDS

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_BASE = len(_PAIRS)
_PREFIXES = {kind.name: kind.prefix for kind in KINDS.values()}
_SCRAMBLE = 0x9E3779B1  # 2^32 / golden ratio: neighbours get tails far apart


class Ids:
    """Hands out ids; `count` is kept with the state, `salt` makes two worlds' ids differ."""

    def __init__(self, salt: int, count: int = 0) -> None:
        self.salt = salt
        self.count = count
        self._mark = "".join(_PAIRS[(salt >> shift) % _BASE] for shift in (0, 12, 24))
        self._upper, self._head = -1, ""

    def tail(self) -> str:
        """14 characters, never the same twice in a world, rising with time like Stripe's."""
        self.count = count = self.count + 1
        upper, low = divmod(count, _BASE)
        if upper != self._upper:
            self._upper, self._head = upper, _PAIRS[upper // _BASE % _BASE] + _PAIRS[upper % _BASE]
        return f"{self._head}{_PAIRS[low]}{self._mark}{_PAIRS[(count * _SCRAMBLE >> 12) % _BASE]}"

    def new(self, kind: str) -> str:
        """A fresh id of this kind; those of sessions are long, as on Stripe."""
        tail = self.tail()
        if kind == "checkout.session":
            return f"cs_test_a1{tail}{self.salt:012x}{tail[::-1]}"
        return f"{_PREFIXES[kind]}_1T{tail}"

    def plain(self, prefix: str) -> str:
        """A fresh id for something that is no list of its own: `il`, `si`, `req`."""
        return f"{prefix}_1T{self.tail()}"
