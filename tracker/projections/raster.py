"""The banner's pictures as PNG: for mail programs and link cards, which show no SVG.

Drawn with the fonts that are here, whole or not at all: a language whose letters none of them has is told in the
campaign's own language instead, and the file says in which one it is.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import resvg_py

from tracker.core.campaign import Campaign
from tracker.projections import lettering, picture
from tracker.projections.locales import LANGUAGES, catalogue, direction, locales
from tracker.projections.picture import Shape, Shown
from tracker.projections.wording import Standing, Words, words

SCALE = {picture.BANNER: 2, picture.CARD: 1}
"""Pixels of the PNG for one of the picture's, so that letters stay sharp; a card has the size it is asked in."""
KEPT = 64
"""Pictures kept by what is in them: most of those that are drawn a minute later have not changed."""
HEAVY = 60_000
"""Bytes above which a PNG is packed more tightly: a letter holds others beside it."""
_HEAD = 8 + 25
"""Bytes of a PNG's signature and header chunk; ours follows them."""


def png(campaign: Campaign, standing: Standing, locale: str, shape: Shape) -> bytes:
    """The picture of a standing in `locale`, or where it cannot be drawn in the nearest that can."""
    one = in_reach(campaign, standing, locale)
    needed = lettering.types("".join(_texts(one)))
    families = ",".join(f"'{held.family}'" for held in needed)
    files = tuple(dict.fromkeys(str(file) for held in needed for file in (held.regular, held.bold)))
    return _drawn(
        picture.svg(one, shape, families), files, SCALE[shape], picture.spoken(one.text, shape), one.lang
    )


def in_reach(campaign: Campaign, standing: Standing, locale: str) -> Shown:
    """What is shown, in the first language whose letters we have: the one asked for, the campaign's, English."""
    for name in dict.fromkeys((locale, *locales(campaign), LANGUAGES[0])):
        told = words(campaign, standing, name)
        found = picture.shown(campaign, standing, told, name, direction(name))
        drawn = _drawable(found)
        if drawn:
            return drawn
    return _drawable(_plain(found)) or _plain(found)


def size(shape: Shape) -> tuple[int, int]:
    """(width, height) of its PNG in pixels."""
    return shape.width * SCALE[shape], shape.height * SCALE[shape]


def _texts(one: Shown) -> list[str]:
    text = one.text
    told = [text.headline, text.appeal, text.button, text.sentence, text.percent, text.days, text.updated]
    return [*told, one.publisher]


def _drawable(one: Shown) -> Shown | None:
    """`one` as it can be drawn whole; None where a letter is missing. A publisher's name alone may be left out."""
    fields = "headline appeal button sentence number percent days updated".split()
    told = {name: lettering.drawable(getattr(one.text, name)) for name in fields}
    if any(text is None for text in told.values()):
        return None
    kept = {name: text.strip() for name, text in told.items() if text is not None}
    return replace(one, text=replace(one.text, **kept), publisher=lettering.drawable(one.publisher) or "")


def _plain(one: Shown) -> Shown:
    """Staff's texts left out where no language of the campaign can be drawn: the number and our own words stay."""
    t = catalogue(LANGUAGES[0])
    headline = t.gettext("Journalism carried by its readers")
    texts: Words = replace(one.text, headline=headline, appeal="", button=t.gettext("Become a member"))
    return replace(one, text=texts, publisher="")


def forget() -> None:
    """Draw everything anew from here on."""
    _drawn.cache_clear()


@lru_cache(maxsize=KEPT)
def _drawn(markup: str, files: tuple[str, ...], scale: int, alt: str, lang: str) -> bytes:
    """PNG bytes, the same for the same markup and fonts; the words stand in it, too, with their language."""
    drawn = resvg_py.svg_to_bytes(
        svg_string=markup,
        zoom=scale,
        skip_system_fonts=True,
        font_files=list(files),
        font_family=lettering.PACKAGED,
    )
    told = b"Description\0\0\0" + lang.encode() + b"\0\0" + alt.encode()
    text = _chunk(b"iTXt", told)
    light = drawn if len(drawn) + len(text) <= HEAVY else _without_alpha(drawn)
    return light[:_HEAD] + text + light[_HEAD:]


def _without_alpha(drawn: bytes) -> bytes:
    """The same picture in three channels instead of four, packed as tightly as it goes: a tenth lighter.

    Each channel of PNG's lines is filtered by itself, so that one can be taken out as it stands; ours is opaque.
    """
    wide, high = struct.unpack(">II", drawn[16:24])
    lines = zlib.decompress(b"".join(data for kind, data in _chunks(drawn) if kind == b"IDAT"))
    kept = bytearray(high * (3 * wide + 1))
    for line in range(high):
        old, new = line * (4 * wide + 1), line * (3 * wide + 1)
        kept[new] = lines[old]
        for channel in (1, 2, 3):
            end = new + 3 * wide + 1
            kept[new + channel : end : 3] = lines[old + channel : old + 4 * wide + 1 : 4]
    head = drawn[16:25] + b"\x02" + drawn[26:29]
    body = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(kept, 9)) + _chunk(b"IEND", b"")
    return drawn[:8] + body


def _chunks(drawn: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(drawn):
        length = struct.unpack(">I", drawn[at : at + 4])[0]
        yield drawn[at + 4 : at + 8], drawn[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def told(body: bytes) -> tuple[str, str]:
    """(language, words) that stand in a PNG of ours."""
    length = struct.unpack(">I", body[_HEAD : _HEAD + 4])[0]
    _, _, rest = body[_HEAD + 8 : _HEAD + 8 + length].partition(b"\0")
    lang, _, alt = rest[2:].split(b"\0", 2)
    return lang.decode(), alt.decode()
