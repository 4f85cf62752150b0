"""What does not fit, as a value: said in English on the command line, in the reader's language on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from unicodedata import category

_JOINERS = "\u200c\u200d\u200e\u200f"
"""Persian, Indic scripts and emoji need the joiners; the two marks only say where they stand themselves."""


def N_(text: str) -> str:  # noqa: N802  the name that the extraction of texts knows
    """Marks a text for translation; it is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit in what staff told: what was found and what to do."""

    column: str
    """The cell or field; empty where it is about the whole."""
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    """What fills the text's %(name)s."""

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


def shown(value: str) -> str:
    """A found cell for a message: short, and with nothing in it that a terminal would obey."""
    short = value if len(value) <= 60 else value[:59] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)


def is_one_line(value: str) -> bool:
    """Whether a text is one line of what can be seen: spaces of every width and what joins letters are part of it.

    What turns the direction of the text around it is not.
    """
    return all(c.isprintable() or c in _JOINERS or category(c) == "Zs" for c in value)


def is_storable(value: str) -> bool:
    """Whether a text can be in the database at all: no NUL, no half of a character."""
    return not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value)
