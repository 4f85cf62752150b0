"""The banner as a drawing: one SVG, for newsletters and feeds, and in another shape for link cards.

Pure: what is shown in, markup out. Text stays text, and it is set in the reader's fonts where the SVG itself is
shown; so lines are measured with ours and some room is left. The paper is the picture's own and always light:
a mail program that darkens what stands around it leaves it readable.
"""

import re
from dataclasses import dataclass
from html import escape

from tracker.core import accent
from tracker.core.campaign import Campaign, percent
from tracker.projections.lettering import BOLD, NORMAL, lines, width
from tracker.projections.wording import Standing, Words

FAMILIES = "Georgia,'Noto Serif','DejaVu Serif',serif"
PAPER, INK, QUIET, LINE = "#fbfaf7", "#1b1a17", "#5f5b53", "#ddd8cd"
TRACK = "#e3dfd6"
ROOM = 0.93
"""The part of a line that our own measure may fill: the reader's font may run wider than ours."""
MOST_APPEAL = 2
"""Lines; more would make the file too heavy for a letter, and the letter has words of its own."""
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML cannot hold, escaped or not: one of them in a text, and nothing would be drawn at all."""
RIGHT_TO_LEFT, END = "\u2067", "\u2069"
"""Marks that make a line run its own way, whatever draws it: not everything that draws SVG knows `direction`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one picture tells; empty texts are left out."""

    text: Words
    lang: str
    direction: str
    """ltr or rtl."""
    accent: str
    """#rrggbb, readable on the picture's paper."""
    share: float | None
    """How much of the bar is filled, 0 to 1; None draws no bar."""
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of one kind of picture, in its own pixels."""

    width: int
    height: int
    margin: int
    rule: int
    """Height of the line of accent on top."""
    headlines: tuple[int, ...]
    """Sizes to try, large to small."""
    most_lines: int
    number: int
    """The size the number has where there is room."""
    text: int
    small: int
    bar: int
    gap: int
    button: int
    """Height of what looks like a button; 0 leaves it out, for a card is a link as it is."""
    publisher: int = 0
    """Size of the publisher's name; 0 leaves it out."""
    has_days: bool = True
    """Whether the days left are told: not where copies are kept for weeks by others."""


BANNER = Shape(600, 360, 30, 5, (29, 27, 25, 22), 2, 64, 22, 20, 14, 16, 52)
"""600 wide in a letter, half of that on a telephone. Its size never changes: it is written in pasted HTML."""
CARD = Shape(1200, 630, 72, 10, (58, 54, 50, 44), 2, 132, 46, 30, 28, 30, 0, publisher=30, has_days=False)
"""Open Graph's own size."""


def shown(campaign: Campaign, standing: Standing, text: Words, locale: str, direction: str) -> Shown:
    """What a picture tells of a standing, in the words of its other faces."""
    goal = campaign.goal_for(standing.count)
    has_bar = standing.count is not None and percent(standing.count, goal) >= campaign.bar_from
    return Shown(
        text=text,
        lang=locale,
        direction=direction,
        accent=accent.on_light(campaign.publisher.accent),
        share=min(max((standing.count or 0) / goal, 0.0), 1.0) if has_bar else None,
        publisher=_nameless_of_digits(campaign.publisher.name, standing.count is not None),
    )


def spoken(text: Words, shape: Shape) -> str:
    """A picture in words, for those who do not see it: what it tells, in its order."""
    days = text.days if shape.has_days else ""
    said = [text.headline, text.sentence, text.percent, text.appeal, days, text.updated]
    return " · ".join(part.rstrip(".") for part in said if part)


def svg(one: Shown, shape: Shape, families: str = FAMILIES) -> str:
    """The whole picture as markup; `families` is a font-family list."""
    pen = _Pen(one, shape)
    top = _head(pen)
    _appeal(pen, top)
    _foot(pen)
    wide, high = shape.width, shape.height
    markup = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'role="img" lang="{one.lang}" aria-labelledby="goal-title goal-desc" font-family="{escape(families)}" '
        f'fill="{INK}"><title id="goal-title">{escape(one.text.sentence or one.text.headline)}</title>'
        f'<desc id="goal-desc">{escape(spoken(one.text, shape))}</desc>'
        f'<rect width="{wide}" height="{high}" fill="{PAPER}"/>'
        f'<path d="M.5 0v{high - 0.5}h{wide - 1}V0" fill="none" stroke="{LINE}"/>'
        f'<rect width="{wide}" height="{shape.rule}" fill="{one.accent}"/>{"".join(pen.drawn)}</svg>'
    )
    return _NO_XML.sub("", markup)


class _Pen:
    """Draws from the reading side: `x` is how far from where lines begin, right or left."""

    def __init__(self, one: Shown, shape: Shape) -> None:
        self.one, self.shape = one, shape
        self.room = shape.width - 2 * shape.margin
        self.drawn: list[str] = []

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        weight: int = NORMAL,
        fill: str = "",
        end: bool = False,
    ) -> None:
        """`text`, escaped or marked up already, on the line `y`, from its start at `x` or to its end there."""
        is_rtl = self.one.direction == "rtl"
        place = self.shape.width - x if is_rtl else x
        anchor = ' text-anchor="end"' if end != is_rtl else ""
        bold = f' font-weight="{weight}"' if weight != NORMAL else ""
        colour = f' fill="{fill}"' if fill else ""
        marked = f"{RIGHT_TO_LEFT}{text}{END}" if is_rtl else text
        self.drawn.append(
            f'<text x="{_n(place)}" y="{_n(y)}" font-size="{_n(size)}"{anchor}{bold}{colour}>{marked}</text>'
        )

    def box(self, x: float, y: float, wide: float, high: float, fill: str) -> None:
        left = self.shape.width - x - wide if self.one.direction == "rtl" else x
        self.drawn.append(
            f'<rect x="{_n(left)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" fill="{fill}"/>'
        )


def _head(pen: _Pen) -> float:
    """Publisher, headline, number and bar; answers where the next part may begin."""
    one, shape = pen.one, pen.shape
    y = shape.rule + shape.margin * 0.8 + (0 if one.text.sentence else shape.height * 0.08)
    if shape.publisher and one.publisher:
        size, name = shape.publisher, _cut(one.publisher, shape.publisher, BOLD, pen.room * ROOM)
        pen.write(escape(name), shape.margin, y + size * 0.8, size, weight=BOLD, fill=one.accent)
        y += shape.publisher * 1.75
    large, rows = _headline(one.text.headline, shape, pen.room * ROOM)
    for row in rows:
        pen.write(escape(row), shape.margin, y + large * 0.88, large, weight=BOLD)
        y += large * 1.2
    if one.text.sentence:
        y = _number(pen, y + shape.gap * 0.9)
    if one.share is not None:
        y += shape.gap
        pen.box(shape.margin, y, pen.room, shape.bar, TRACK)
        if one.share:
            pen.box(shape.margin, y, max(pen.room * one.share, 1), shape.bar, one.accent)
        y += shape.bar
    return y


def _headline(text: str, shape: Shape, room: float) -> tuple[float, list[str]]:
    """On one line where it can stand there, else in the lines there are; the last resort is three dots."""
    tries = [(size, 1) for size in shape.headlines[:-1]] + [(size, shape.most_lines) for size in shape.headlines]
    for size, most in tries:
        rows = lines(text, size, BOLD, room)
        if len(rows) <= most:
            return size, rows
    return size, _shortened(rows, shape.most_lines, size, BOLD, room)


def _number(pen: _Pen, y: float) -> float:
    """The sentence with its number large and the percent at the end of the line; answers where it ends."""
    one, shape, text = pen.one, pen.shape, pen.one.text
    before, _, after = text.sentence.partition(text.number) if text.number else ("", "", text.sentence)
    rest = shape.text if text.number else shape.text * 1.35
    room = (pen.room - width(text.percent, shape.text * 1.2, BOLD)) * ROOM - shape.gap
    size, below = float(shape.number), ""
    if width(before + after, rest) + width(text.number, size * 0.62, BOLD) > room:
        after, below = ("", after.lstrip(" ,،、")) if text.number else (after, "")
        size *= 0.82 if below else 1
    while width(text.number, size, BOLD) + width(before + after, rest) > room and size > rest:
        size -= 1
    line = y + (size if text.number else rest) * 0.86
    number = (
        f'<tspan font-size="{_n(size)}" font-weight="{BOLD}">{escape(text.number)}</tspan>' if text.number else ""
    )
    fits = min(1.0, room / max(width(before + after, rest) + width(text.number, size, BOLD), 1))
    pen.write(f"{escape(before)}{number}{escape(after)}", shape.margin, line, rest * (1 if text.number else fits))
    if text.percent:
        end = shape.width - shape.margin
        pen.write(escape(text.percent), end, line, shape.text * 1.2, weight=BOLD, fill=one.accent, end=True)
    if below:
        small = rest * min(1.0, pen.room * ROOM / width(below, rest))
        line += rest * 1.35
        pen.write(escape(below), shape.margin, line, small)
    return line + shape.gap * 0.1


def _appeal(pen: _Pen, top: float) -> None:
    """What is asked for, or said in its place; whole or not at all: half an appeal asks for nothing."""
    shape, text = pen.shape, pen.one.text.appeal
    floor = shape.height - shape.margin * 0.8 - max(shape.button, shape.small * 1.2) - shape.gap * 0.8
    full = shape.text if pen.one.text.sentence else shape.text * 1.2
    for size in (full, full * 0.92, full * 0.84):
        rows = lines(text, size, NORMAL, pen.room * ROOM)
        spare = floor - top - len(rows) * size * 1.3
        if len(rows) <= MOST_APPEAL and spare >= shape.gap * 0.4:
            y = top + min(spare / 2, shape.gap * 1.1)
            for place, row in enumerate(rows):
                pen.write(escape(row), shape.margin, y + size * (0.95 + 1.3 * place), size)
            return


def _foot(pen: _Pen) -> None:
    """What looks like the button, and how fresh the number is."""
    one, shape, text = pen.one, pen.shape, pen.one.text
    bottom, used = shape.height - shape.margin * 0.8, 0.0
    if shape.button:
        size, label = shape.text * 0.95, text.button
        used = min(width(label, size, BOLD) / ROOM + shape.button, pen.room)
        size *= min(1.0, (used - shape.button * 0.4) * ROOM / max(width(label, size, BOLD), 1))
        pen.box(shape.margin, bottom - shape.button, used, shape.button, one.accent)
        middle = shape.margin + (used - width(label, size, BOLD)) / 2
        pen.write(escape(label), middle, bottom - shape.button / 2 + size * 0.36, size, weight=BOLD, fill="#fff")
    days = text.days if shape.has_days else ""
    rows = [(days, BOLD, INK), (text.updated, NORMAL, QUIET)]
    rows = [row for row in rows if row[0]]
    room = (pen.room - used) * ROOM - shape.gap
    size = shape.small * min([1.0, *(room / width(words, shape.small, weight) for words, weight, _ in rows)])
    y = bottom - (shape.button - len(rows) * size * 1.3) / 2 if shape.button else bottom
    for words, weight, fill in reversed(rows):
        x = shape.width - shape.margin if used else shape.margin
        pen.write(escape(words), x, y - size * 0.34, size, weight=weight, fill=fill, end=bool(used))
        y -= size * 1.3


def _shortened(rows: list[str], most: int, size: float, weight: int, room: float) -> list[str]:
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], _cut(f"{rows[most - 1]} {rows[most]}", size, weight, room, always=True)]


def _cut(text: str, size: float, weight: int, room: float, *, always: bool = False) -> str:
    """`text` as far as there is room, then three dots."""
    if not always and width(text, size, weight) <= room:
        return text
    kept = text
    while kept and width(f"{kept}…", size, weight) > room:
        kept = kept[:-1]
    whole, space, _ = kept.rpartition(" ")
    return f"{(whole if space else kept).rstrip(' ,.;:')}…"


def _nameless_of_digits(name: str, may_count: bool) -> str:
    """Where no number is known, none is shown: not even that of a "Channel 5"."""
    return name if may_count or not any(char.isdigit() for char in name) else ""


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
