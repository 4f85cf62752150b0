"""An article's page as the publisher serves it: what of it bears on the banner, as plain facts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Element:
    """One <member-goal>."""

    campaign: str
    locale: str
    """As written; empty without one."""
    lang: str
    """The nearest `lang` of the page; empty without one."""
    placement: str
    style: str
    text: str
    """What readers see without script."""
    is_inert: bool
    """In a <template> or <noscript>: no script finds it there."""
    is_hidden: bool
    """It, or what it stands in, is hidden by the source itself; style sheets are not looked at."""


@dataclass(frozen=True, slots=True)
class Script:
    """A <script> of the banner's; `src` is absolute."""

    src: str
    type: str = ""
    integrity: str = ""
    nonce: str = ""
    crossorigin: str | None = None
    """None: without the attribute."""
    is_async: bool = False
    is_deferred: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A <link> to something of the banner's; `href` is absolute."""

    rel: str
    href: str
    kind: str = ""
    """Its `as`."""
    crossorigin: str | None = None
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """An <iframe> with the banner's page; `src` is absolute."""

    src: str
    title: str = ""
    height: str = ""
    style: str = ""
    sandbox: str | None = None
    """None: not sandboxed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An <img> of the banner; `src` is absolute."""

    src: str
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What the HTML of a page holds of the banner, and of what bears on it."""

    lang: str = ""
    canonicals: tuple[str, ...] = ()
    """Absolute addresses."""
    sections: tuple[str, ...] = ()
    """`article:section`."""
    switch: str = ""
    """The content of <meta name="member-goal">."""
    policies: tuple[str, ...] = ()
    """Content-Security-Policy in meta elements."""
    elements: tuple[Element, ...] = ()
    scripts: tuple[Script, ...] = ()
    links: tuple[Link, ...] = ()
    frames: tuple[Frame, ...] = ()
    pictures: tuple[Picture, ...] = ()
    has_own_reserve: bool = False
    """A style element of the page gives member-goal a height."""
    all_scripts: int = 0
    words: int = 0
    """Words of the body's text, scripts and styles not counted."""
    is_cut: bool = False
    """More tags than we read; what follows is not known."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the publisher's server, read."""

    asked: str
    url: str
    """Where the redirects ended."""
    hops: tuple[str, ...] = ()
    """The addresses that sent us on, the first as asked."""
    status: int = 200
    content_type: str = "text/html"
    policies: tuple[str, ...] = ()
    """Content-Security-Policy headers."""
    is_cut: bool = False
    """Longer than we read; what follows is not known."""
    source: Source | None = None
    """None where it is no HTML."""
