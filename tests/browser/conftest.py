"""One site and one browser for all that is asked of the banner; a context of its own for each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from banner_site import Site, serving
from playwright.sync_api import Browser, BrowserContext

from tracker.web.embed import Embed

Contexts = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Site, Embed]]:
    site = Site()
    with serving(site) as layer:
        yield site, layer


@pytest.fixture
def publish(running: tuple[Site, Embed]) -> Callable[..., None]:
    """What the site tells from now on, at once: `publish(18_412, 18_350, is_off=True)`."""
    site, layer = running

    def put(count: int | None, before: int | None = None, **changes: Any) -> None:
        site.publish(count, before, **changes)
        layer.look()

    return put


@pytest.fixture
def site(running: tuple[Site, Embed], publish: Callable[..., None]) -> Site:
    """The site with 18,412 members, 18,350 a day ago."""
    publish(18_412, 18_350)
    return running[0]


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Contexts]:
    made: list[BrowserContext] = []

    def make(width: int = 390, height: int = 900, **options: object) -> BrowserContext:
        given = {"viewport": {"width": width, "height": height}} | options
        made.append(chromium.new_context(**given))  # type: ignore[arg-type]
        made[-1].set_default_timeout(8_000)
        return made[-1]

    yield make
    for context in made:
        context.close()
