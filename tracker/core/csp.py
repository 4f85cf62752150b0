"""Whether a page's Content-Security-Policy lets something load (W3C CSP Level 3, sections 6.7 and 6.8)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

FALLBACKS: dict[str, tuple[str, ...]] = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "style-src-elem": ("style-src-elem", "style-src", "default-src"),
    "style-src-attr": ("style-src-attr", "style-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "img-src": ("img-src", "default-src"),
}
"""What is asked for -> the directives that answer, the first that is there alone."""
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|[^:/]+)(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>/.*)?", re.I
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: a header's value has one between commas; each of a page's policies must allow."""

    directives: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def governing(self, kind: str) -> str:
        """The directive that decides on `kind` (a key of FALLBACKS); empty where none does."""
        return next((name for name in FALLBACKS[kind] if name in self.directives), "")


def policies(headers: Iterable[str], metas: Iterable[str] = ()) -> list[Policy]:
    """The policies of a page's headers and meta elements; a meta's sandbox and frame-ancestors say nothing."""
    found = [_policy(part, ()) for header in headers for part in header.split(",")]
    found += [
        _policy(part, ("sandbox", "frame-ancestors", "report-uri")) for meta in metas for part in meta.split(",")
    ]
    return [policy for policy in found if policy.directives]


def blocking(
    found: Iterable[Policy], kind: str, url: str, page: str, *, nonce: str = "", integrity: str = ""
) -> str:
    """The first directive that keeps `url` out of `page`, as `script-src 'self'`; empty where all let it in."""
    for policy in found:
        if kind == "script-src-elem" and _is_scriptless(policy):
            return "sandbox"
        name = policy.governing(kind)
        if name and not _lets_in(kind, policy.directives[name], urlsplit(url), urlsplit(page), nonce, integrity):
            return " ".join((name, *policy.directives[name]))
    return ""


def blocks_inline_style(found: Iterable[Policy]) -> str:
    """The first directive that makes a style attribute void; empty where none does."""
    for policy in found:
        name = policy.governing("style-src-attr")
        sources = [source.lower() for source in policy.directives.get(name, ())]
        has_exact = any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources)
        if name and ("'unsafe-inline'" not in sources or has_exact):
            return " ".join((name, *policy.directives[name]))
    return ""


def _policy(text: str, without: tuple[str, ...]) -> Policy:
    directives: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        words = part.split()
        if words and words[0].lower() not in without:
            directives.setdefault(words[0].lower(), tuple(words[1:]))  # the first of a name counts
    return Policy(directives)


def _is_scriptless(policy: Policy) -> bool:
    sandbox = policy.directives.get("sandbox")
    return sandbox is not None and "allow-scripts" not in sandbox


def _lets_in(
    kind: str, sources: tuple[str, ...], url: SplitResult, page: SplitResult, nonce: str, integrity: str
) -> bool:
    if kind in ("script-src-elem", "style-src-elem") and nonce and f"'nonce-{nonce}'" in sources:
        return True
    if kind == "script-src-elem":
        digests = [word for word in integrity.split() if word]
        if digests and all(f"'{digest}'" in sources for digest in digests):
            return True
        if "'strict-dynamic'" in (source.lower() for source in sources):
            return False  # hosts are passed over: only what is named by nonce or digest may run
    return any(_matches(source, url, page) for source in sources)


def _matches(source: str, url: SplitResult, page: SplitResult) -> bool:
    if source == "*":
        return url.scheme in ("http", "https") or url.scheme == page.scheme
    if source.lower() == "'self'":
        return _is_same(url, page)
    if source.startswith("'"):
        return False
    scheme = _SCHEME.fullmatch(source)
    if scheme:
        return _is_scheme(scheme[1].lower(), url.scheme)
    named = _HOST.fullmatch(source)
    if not named:
        return False
    return (
        _is_scheme((named["scheme"] or page.scheme).lower(), url.scheme)
        and _is_host(named["host"].lower(), (url.hostname or "").lower())
        and _is_port(named["port"], url)
        and _is_path(named["path"], url.path)
    )


def _is_same(url: SplitResult, page: SplitResult) -> bool:
    """The page's own origin; its encrypted twin, too, on the ports that the schemes have by themselves."""
    if url.hostname != page.hostname:
        return False
    if url.scheme == page.scheme:
        return _port(url) == _port(page)
    return (page.scheme, url.scheme) == ("http", "https") and (_port(page), _port(url)) == (80, 443)


def _is_scheme(wanted: str, given: str) -> bool:
    return wanted == given or (wanted, given) == ("http", "https")


def _is_host(wanted: str, given: str) -> bool:
    if wanted == "*":
        return True
    return given.endswith(wanted[1:]) if wanted.startswith("*.") else wanted == given


def _is_port(wanted: str | None, url: SplitResult) -> bool:
    if wanted in (None, ""):
        return _port(url) == PORTS.get(url.scheme)
    return wanted == "*" or int(wanted or 0) == _port(url) or (wanted == "80" and _port(url) == 443)


def _is_path(wanted: str | None, given: str) -> bool:
    if not wanted or wanted == "/":
        return True
    return given.startswith(wanted) if wanted.endswith("/") else wanted == given


def _port(url: SplitResult) -> int | None:
    try:
        return url.port or PORTS.get(url.scheme)
    except ValueError:
        return None
