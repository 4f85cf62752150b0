"""Which letters we can draw, how wide they run and where lines break: Noto Serif, and the machine's own fonts.

Noto Serif comes with the product (Latin with Vietnamese, Cyrillic, Greek). Other scripts are drawn with the Noto
and DejaVu fonts that are installed; a text that needs a letter none of them has is not drawable, and must not be
drawn as empty boxes.
"""

import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import groupby
from pathlib import Path

import uharfbuzz as hb

PACKAGED = "Noto Serif"
NORMAL, BOLD = 400, 700
_SPACE = re.compile(r"[ \t\r\n]+")
_FOLDERS = (
    ("/System/Library/Fonts/Supplemental", "/Library/Fonts", "~/Library/Fonts")
    if sys.platform == "darwin"
    else ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
)
_LIKED = ("NotoSerif", "NotoNaskh", "NotoSans", "DejaVuSerif", "DejaVuSans")


@dataclass(frozen=True, slots=True)
class Type:
    """A family of letters: its name, and the files of its weights."""

    family: str
    regular: Path
    bold: Path
    """The same file where the font is a variable one, or has no bold."""


@lru_cache
def packaged() -> Type:
    """The font that comes with the product."""
    file = Path(str(resources.files("fontpkg_noto_serif"))) / "files" / "NotoSerif[wdth,wght].ttf"
    return Type(PACKAGED, file, file)


def drawable(text: str) -> str | None:
    """`text` as it can be drawn, without ornaments no font has; None where a letter is missing."""
    kept = "".join(char for char in text if _holder(char) or not _is_ornament(char))
    return kept if all(_holder(char) for char in kept) else None


def types(text: str) -> tuple[Type, ...]:
    """The fonts `text` needs, the one that draws most of its letters first; Noto Serif is always among them."""
    held = Counter(one for char in text if char.isalpha() and (one := _holder(char)))
    need = {one for char in text if (one := _holder(char))}
    rest = sorted(need | {packaged()}, key=lambda one: (-held[one], one != packaged(), one.family))
    return tuple(rest)


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: int = NORMAL) -> float:
    """How wide `text` runs at `size`, in the unit of `size`; kerning and joined letters taken into account."""
    total = 0.0
    for held, run in groupby(text, key=_holder):
        piece = "".join(run)
        total += _run(piece, held, weight) if held else sum(map(_guessed, piece))
    return total * size


def lines(text: str, size: float, weight: int, room: float) -> list[str]:
    """`text` in the fewest lines that `room` allows, evened out, so that no word stands alone on the last one."""
    found = _filled(text, size, weight, room)
    low, high = room / 2, room
    while high - low > room / 50:
        middle = (low + high) / 2
        tried = _filled(text, size, weight, middle)
        if len(tried) > len(found):
            low = middle
        else:
            high, found = middle, tried
    return found


def _filled(text: str, size: float, weight: int, room: float) -> list[str]:
    done: list[str] = []
    line = ""
    for word in _words(text, size, weight, room):
        longer = f"{line}{word}"
        if line and width(longer.rstrip(), size, weight) > room:
            done.append(line.rstrip())
            longer = word
        line = longer
    return [*done, line.rstrip()] if line.strip() else done


def _words(text: str, size: float, weight: int, room: float) -> Iterator[str]:
    """What may not be parted, with the space after it: words, or letters where a word alone is too wide."""
    for word in _SPACE.split(text.strip()):  # a number's own spaces do not break
        if width(word, size, weight) <= room:
            yield f"{word} "
        elif word:  # no spaces in this script, or a very long word
            yield from word[:-1]
            yield f"{word[-1]} "


def _guessed(char: str) -> float:
    """In em, of a letter that no font of ours has: an SVG is set in the reader's fonts, which may have it."""
    return 1.0 if unicodedata.east_asian_width(char) in "WF" else 0.6


def _run(piece: str, held: Type, weight: int) -> float:
    """Width of letters that one font has, in em."""
    buffer = hb.Buffer()
    buffer.add_str(piece)
    buffer.guess_segment_properties()
    font = _font(held, weight)
    hb.shape(font, buffer)
    return sum(float(position.x_advance) for position in buffer.glyph_positions or ()) / float(font.face.upem)


@lru_cache(maxsize=64)
def _font(held: Type, weight: int) -> hb.Font:
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(held.bold if weight >= BOLD else held.regular))))
    if font.face.has_var_data:
        font.set_variations({"wght": weight})
    return font


@lru_cache(maxsize=4096)
def _holder(char: str) -> Type | None:
    """The first font that has `char`; spaces and marks of direction need none."""
    if char.isspace() or unicodedata.category(char) == "Cf":
        return packaged()
    return next((one for one in _all() if ord(char) in _letters(one)), None)


def _is_ornament(char: str) -> bool:
    """An emoji (also one newer than this Python), or what chooses its variant: the text says the same without."""
    return unicodedata.category(char) in {"So", "Sk", "Cn"} or "\ufe00" <= char <= "\ufe0f"


@lru_cache(maxsize=256)
def _letters(one: Type) -> frozenset[int]:
    face = hb.Face(hb.Blob.from_file_path(str(one.regular)))
    return frozenset(face.unicodes)


@lru_cache
def _all() -> tuple[Type, ...]:
    """Noto Serif, then the fonts of this machine, the most like it first."""
    files = [file for folder in _FOLDERS for file in _below(Path(folder).expanduser())]
    by_liking = sorted(files, key=lambda file: (_liking(file.name), len(file.name), file.name))
    return (packaged(), *(_installed(file) for file in by_liking))


def _below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            is_plain = file.stem.endswith("-Regular") or file.stem in _LIKED
            if is_plain and file.suffix in {".ttf", ".otf"} and _liking(name) < len(_LIKED):
                yield file


def _liking(name: str) -> int:
    return next((place for place, liked in enumerate(_LIKED) if name.startswith(liked)), len(_LIKED))


def _installed(file: Path) -> Type:
    bold = file.with_name(f"{file.stem.removesuffix('-Regular')}-Bold{file.suffix}")
    face = hb.Face(hb.Blob.from_file_path(str(file)))
    family = str(face.get_name(hb.OTNameIdPredefined.FONT_FAMILY) or file.stem)
    return Type(family, file, bold if bold.exists() else file)
