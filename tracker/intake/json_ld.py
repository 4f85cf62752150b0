"""JSON-LD in an article's page: the article it speaks of, however it is nested, broken or hostile.

The vocabulary is schema.org's. Nothing here follows a link or fails: what cannot be read tells nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

LONGEST_SCRIPT = 256 * 1024
"""Characters of one script; an article's has some thousands."""
MOST_SCRIPTS = 10
MOST_NODES = 2_000
"""Objects looked at in a page."""
MOST_VALUES = 20
"""Of a list of names or types."""
_WITHIN = ("@graph", "mainEntity", "mainEntityOfPage")
_OTHER_TYPES = frozenset({"BlogPosting", "LiveBlogPosting", "Report"})
"""Articles by schema.org whose names do not say so; NewsArticle, ReportageNewsArticle and others do."""

Node = Mapping[str, Any]


def article(scripts: Iterable[str], url: str) -> Node:
    """The object of the article at `url` (`text`, `authors` read it), empty where the scripts tell of none.

    Of several the one that names the page's path wins, then the first with a headline.
    """
    nodes = list(islice(_nodes(scripts), MOST_NODES))
    found = [node for node in nodes if _is_article(node)]
    path = _path(url)
    own = [node for node in found if path in {_path(address) for address in _addresses(node)}]
    told = [node for node in [*own, *found] if text(node, "headline")]
    chosen = next(iter([*told, *own, *found]), None)
    return {} if chosen is None else {**chosen, "author": _resolved(chosen.get("author"), nodes)}


def text(node: Node, name: str) -> str:
    """A property as text; of several the first that is one, else empty."""
    return next(_texts(node.get(name)), "")


def authors(node: Node) -> list[str]:
    """The names of its authors, persons or organizations, as told."""
    found = []
    for one in _several(node.get("author")):
        found += list(islice(_texts(one.get("name") if isinstance(one, dict) else one), 1))
    return found


def _nodes(scripts: Iterable[str]) -> Iterator[Node]:
    """The objects, breadth first, and those within @graph and the like; not what is only mentioned."""
    for script in islice(scripts, MOST_SCRIPTS):
        if len(script) > LONGEST_SCRIPT:
            continue
        try:
            waiting = [json.loads(script, strict=False)]  # line breaks within texts are common
        except (ValueError, RecursionError):
            continue
        for value in waiting:
            if isinstance(value, list):
                waiting += value[:MOST_NODES]
            elif isinstance(value, dict):
                yield value
                waiting += [value[name] for name in _WITHIN if isinstance(value.get(name), (dict, list))]
            if len(waiting) > 2 * MOST_NODES:
                break


def _is_article(node: Node) -> bool:
    names = [one.rpartition("/")[2].rpartition(":")[2] for one in islice(_texts(node.get("@type")), MOST_VALUES)]
    return any(name.endswith("Article") or name in _OTHER_TYPES for name in names)


def _addresses(node: Node) -> Iterator[str]:
    for name in ("url", "@id", "mainEntityOfPage"):
        value = node.get(name)
        yield from islice(_texts(value.get("@id") if isinstance(value, dict) else value), MOST_VALUES)


def _path(address: str) -> str:
    """Where an address leads, whichever name of the host it has; "#article" leads nowhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path.rstrip("/") or ("/" if parts.netloc else "")


def _resolved(told: Any, nodes: list[Node]) -> list[Any]:
    """Authors, of whom some only point to another object of the page by its @id."""
    known = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and node.get("name")}
    found = []
    for one in _several(told):
        is_pointer = isinstance(one, dict) and not one.get("name") and isinstance(one.get("@id"), str)
        found.append(known.get(one["@id"], one) if is_pointer else one)
    return found


def _several(value: Any) -> list[Any]:
    return value[:MOST_VALUES] if isinstance(value, list) else [value]


def _texts(value: Any) -> Iterator[str]:
    for one in _several(value):
        if isinstance(one, dict):
            one = one.get("@value")  # {"@value": "...", "@language": "uk"}
        if isinstance(one, str) and one.strip():
            yield one
