"""The forms of an HTML page, as a browser without script would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """One HTML form: where it goes and what it sends if nothing is typed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    is_pressed: bool = False  # its first submit button is known already


class _Forms(HTMLParser):
    """Collects what a browser would send for each form if its first button were pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(named.get("action", ""), named.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "input":
            self._input(self._open, named)
        elif tag == "button" and named.get("type", "submit") == "submit":
            self._press(self._open, named)
        elif tag == "select":
            self._select = named.get("name", "")
        elif tag == "option" and self._select and (self._select not in self._open.fields or "selected" in named):
            self._open.fields[self._select] = named.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""

    @staticmethod
    def _press(form: Form, named: dict[str, str]) -> None:
        if not form.is_pressed and named.get("name"):
            form.fields[named["name"]] = named.get("value", "")
        form.is_pressed = True

    def _input(self, form: Form, named: dict[str, str]) -> None:
        kind, name = named.get("type", "text").lower(), named.get("name", "")
        if kind in {"submit", "image"}:
            self._press(form, named)
        elif name and kind in {"radio", "checkbox"}:
            if "checked" in named:
                form.fields[name] = named.get("value", "on")
        elif name and kind not in {"button", "reset", "file"}:
            form.fields[name] = named.get("value", "")


def forms(page: str) -> list[Form]:
    """The forms of an HTML page, in its order."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms
