"""A publisher's one colour, made readable on our papers (WCAG 2.2, contrast of text at least 4.5 to 1)."""

import re
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass

from tracker.core.findings import N_, Finding, shown

LIGHT_PAPER = "#f4f1ea"
"""Slightly darker than the light papers in use, so that a little room is left."""
DARK_PAPER = "#22201d"
"""Slightly lighter than the dark papers in use."""
LIGHT_INK = "#ffffff"
DARK_INK = "#161513"
"""What the button's words are written in, on the accent."""
DEFAULT = "#8a1f11"
ENOUGH = 4.5
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Shade:
    """The accent as it is really shown on one kind of paper."""

    colour: str
    on_paper: float
    """WCAG contrast ratio with the paper: the bar, the percent."""
    of_ink: float
    """WCAG contrast ratio of the button's words with it."""


def is_colour(text: str) -> bool:
    """Whether `text` is #rrggbb, the one form that goes into a style sheet of ours."""
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two #rrggbb colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def on_light(accent: str) -> str:
    """`accent` darkened as far as text on light paper needs; white stands on it readably, too."""
    return _shaded(accent, 0.0, LIGHT_PAPER)


def on_dark(accent: str) -> str:
    """`accent` lightened as far as text on dark paper needs; dark ink stands on it readably, too."""
    return _shaded(accent, 1.0, DARK_PAPER)


def shades(accent: str) -> tuple[Shade, Shade]:
    """(on light paper, on dark paper); both reach what WCAG AA asks of text, whatever the colour."""
    light, dark = on_light(accent), on_dark(accent)
    return (
        Shade(light, contrast(light, LIGHT_PAPER), contrast(LIGHT_INK, light)),
        Shade(dark, contrast(dark, DARK_PAPER), contrast(DARK_INK, dark)),
    )


def wrong(accent: str) -> Finding | None:
    """Why `accent` cannot be a campaign's colour; None where it can."""
    if is_colour(accent):
        return None
    values = {"found": shown(accent), "example": DEFAULT}
    return Finding("accent", N_("“%(found)s” is no colour; write it as #rrggbb, such as %(example)s"), values)


def adjusted(accent: str) -> Finding | None:
    """What is shown in place of a colour that cannot be read as it is; None where it is shown as it is."""
    light, dark = shades(accent)
    if {light.colour, dark.colour} == {accent.lower()}:
        return None
    text = N_("%(accent)s is shown as %(light)s on light paper and as %(dark)s on dark, so that it can be read")
    return Finding("accent", text, {"accent": accent, "light": light.colour, "dark": dark.colour})


def _shaded(accent: str, toward: float, paper: str) -> str:
    """The same hue, its lightness moved toward 0 or 1 only as far as needed: it stays the publisher's colour."""
    base = accent if is_colour(accent) else DEFAULT
    hue, light, saturation = rgb_to_hls(*(part / 255 for part in _channels(base)))
    colour = base.lower()
    for step in range(1, 41):
        if contrast(colour, paper) >= ENOUGH:
            break
        parts = hls_to_rgb(hue, light + (toward - light) * step / 40, saturation)
        colour = "#{:02x}{:02x}{:02x}".format(*(round(part * 255) for part in parts))
    return colour


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
