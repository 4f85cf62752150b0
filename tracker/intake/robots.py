"""What a site's robots.txt lets us fetch (RFC 9309), and how long an answer asks us to wait (RFC 9110, 10.2.3)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

AGENT = "tracker-articles"
"""Our name in a robots.txt; "*" is for us where no group is ours."""
_LONGEST_WAIT = timedelta(days=7)
Rule = tuple[str, bool]
"""(pattern of a path, whether it allows)."""


def allows(text: str, path: str) -> bool:
    """Whether the path may be fetched: the longest rule that fits decides, the kinder of two as long."""
    by_agent: dict[str, list[Rule]] = {}
    for agents, rule in _rules(text):
        for agent in agents:
            by_agent.setdefault(agent, []).extend([rule] if rule else [])
    mine = by_agent.get(AGENT, by_agent.get("*", []))
    fitting = [(len(pattern), is_allowed) for pattern, is_allowed in mine if _fits(pattern, path)]
    return max(fitting, default=(0, True))[1]


def _rules(text: str) -> Iterator[tuple[list[str], Rule | None]]:
    """(the agents it is for, a rule) in the order of the file; None tells of a group, which may be empty."""
    agents: list[str] = []
    is_open = False
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if name.lower() == "user-agent":
            agents = [*agents, value.lower()] if is_open else [value.lower()]
            is_open = True
            yield agents[-1:], None
        elif name.lower() in ("allow", "disallow"):
            is_open = False
            if value:
                yield agents, (value, name.lower() == "allow")


def _fits(pattern: str, path: str) -> bool:
    """`*` stands for anything, `$` at the end for the path's end; without backtracking, whatever is written."""
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1] if is_whole else rest:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not is_whole:
        return True
    return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at if rest else at == len(path)


def wait(told: str, now: datetime) -> timedelta | None:
    """How long Retry-After asks us to wait, a week at most; None where it says nothing that can be read."""
    if told.strip().isdecimal():
        return min(timedelta(seconds=int(told.strip()[:8])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), _LONGEST_WAIT)
