"""Every text that people see can be translated: what the code asks the catalogue for, the catalogue has."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
ASKS = ("gettext", "ngettext", "lazy_gettext", "_", "N_")


def asked(path: Path) -> Iterator[str]:
    """The English texts that a file asks for, also where a reader of sources would miss them: in an f-string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ASKS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_text_of_the_code_is_in_the_catalogue() -> None:
    known: set[str] = set()
    for name in ("messages", "banner"):
        with (ROOT / f"tracker/translations/uk/LC_MESSAGES/{name}.po").open("rb") as file:
            known |= {one.id[0] if isinstance(one.id, tuple) else one.id for one in read_po(file) if one.string}
    missing = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted((ROOT / "tracker").rglob("*.py"))
        for text in asked(path)
        if text not in known
    }
    assert not missing, "write the text into a name of its own, not into an f-string, then `make messages`"
