"""What staff may write into a campaign: its texts and its quiet rules. Files and pages ask the same functions."""

import re
from collections.abc import Iterable, Mapping

from tracker.core.findings import N_, Finding, is_storable, shown

TEXTS = ("headline", "appeal", "button", "reached", "ended")
PLACES = ("goal", "deadline", "count")
"""Placeholders in a text: {goal}, {deadline}, {count}."""
LONGEST_TEXT = 300
LONGEST_PATH = 200
LONGEST_SECTION = 100
_PLACE = re.compile(r"\{(?:" + "|".join(PLACES) + r")\}")
_BRACES = re.compile(r"\{[^{}\s]*\}?|\}")


def wrong_texts(texts: Mapping[str, str]) -> list[Finding]:
    """What does not fit in one locale's texts; each finding names its text."""
    found = []
    for name, words in texts.items():
        if name not in TEXTS:
            known = ", ".join(TEXTS)
            found.append(Finding(name, N_("this is not a text we show; there are %(known)s"), {"known": known}))
        elif len(words) > LONGEST_TEXT:
            sizes = {"found": len(words), "most": LONGEST_TEXT}
            found.append(Finding(name, N_("%(found)s characters; at most %(most)s fit the banner"), sizes))
        elif not is_storable(words):
            found.append(Finding(name, N_("a character in it is none; write the text anew")))
        elif strange := _BRACES.search(_PLACE.sub("", words)):
            values = {"found": shown(strange[0]), "known": ", ".join(f"{{{place}}}" for place in PLACES)}
            found.append(Finding(name, N_("%(found)s is no placeholder; there are %(known)s"), values))
    return found


def wrong_paths(paths: Iterable[str]) -> list[Finding]:
    """Beginnings of paths that no article can have."""
    return [
        Finding(
            "quiet_paths",
            N_("“%(found)s” is no path; write its beginning, such as /obituaries/"),
            {"found": shown(one)},
        )
        for one in paths
        if not one.startswith("/") or len(one) > LONGEST_PATH or not is_storable(one) or re.search(r"[\s?#]", one)
    ]


def wrong_sections(sections: Iterable[str]) -> list[Finding]:
    """Sections that are none: empty, too long, or a path."""
    return [
        Finding(
            "quiet_sections", N_("“%(found)s” is no section; write it as your articles do"), {"found": shown(one)}
        )
        for one in sections
        if not one.strip() or one.startswith("/") or len(one) > LONGEST_SECTION or not is_storable(one)
    ]
