"""Small is the point: what is longer stands here with its reason, and leaves when it shrinks (STYLE)."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION, LONGEST_FILE = 40, 300
LONG_FUNCTIONS: dict[str, str] = {}
LONG_FILES = {
    "tracker/core/facts.py": "every fact we keep in one place, each field explained once, where it is defined",
    "tracker/intake/stripe/shapes.py": "one small reader for each of Stripe's types, and their table",
}


def sources() -> Iterator[tuple[str, str]]:
    """(path, text) of the product's Python; a migration is a list of what was done, and stays as it was run."""
    for path in sorted((ROOT / "tracker").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("tracker/migrations/"):
            yield name, path.read_text(encoding="utf-8")


def functions(name: str, text: str) -> Iterator[tuple[str, int]]:
    """("path:name", lines) of every function in a file, decorators not counted."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{name}:{node.name}", node.end_lineno - node.lineno + 1


def test_functions_are_short_or_say_why_not() -> None:
    long = {
        which: lines
        for name, text in sources()
        for which, lines in functions(name, text)
        if lines > LONGEST_FUNCTION
    }
    unexplained = {which: lines for which, lines in long.items() if which not in LONG_FUNCTIONS}
    assert not unexplained, f"over {LONGEST_FUNCTION} lines: make them shorter, or give LONG_FUNCTIONS the reason"
    assert not set(LONG_FUNCTIONS) - set(long), "these are short now: take them off LONG_FUNCTIONS"


def test_files_are_short_or_say_why_not() -> None:
    long = {name: lines for name, text in sources() if (lines := len(text.splitlines())) > LONGEST_FILE}
    unexplained = {name: lines for name, lines in long.items() if name not in LONG_FILES}
    assert not unexplained, f"over {LONGEST_FILE} lines: part them, or give LONG_FILES the reason"
    assert not set(LONG_FILES) - set(long), "these are short now: take them off LONG_FILES"
