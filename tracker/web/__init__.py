"""The faces: one file a feature, in the order in which a request meets them."""

from importlib import import_module
from multiprocessing.util import Finalize
from typing import Any

from flask import Flask

from tracker.web import embed

PARTS = (
    "languages",
    "limits",
    "headers",
    "packing",
    "guard",
    "errors",
    "signin",
    "stripe_webhook",
    "join",
    "campaign_page",
    "oembed",
    "dashboard",
    "calendar_page",
    "shares",
    "shared",
    "plotly_files",
    "notices",
    "offline",
    "offline_file",
    "people",
    "embed_code",
    "embed_page",
    "embed_preview",
    "embed_texts",
    "embed_look",
    "embed_quiet",
    "embed_doctor",
    "gift_notes",
    "finance",
    "finance_month",
    "finance_reminder",
    "health",
    "api_growth",
    "api_finance",
    "persons",
    "demo",
)
"""Every part that serves pages; each has `blueprint`, or `init_app`, or both."""


def init_app(app: Flask) -> None:
    """Give the application all its pages."""
    for name in PARTS:
        part = import_module(f"tracker.web.{name}")
        if hasattr(part, "init_app"):
            part.init_app(app)
        if hasattr(part, "blueprint") and part.blueprint.name not in app.blueprints:
            app.register_blueprint(part.blueprint)


def embed_first(app: Flask) -> Any:
    """The WSGI application: public bytes from memory, everything else from the pages."""
    layer = embed.Embed(app.wsgi_app, embed.poller(app), app.config["TRACKER"].site, embed.keeper(app))
    # A web process that is asked to end writes what it has counted; `atexit` is not heard in a worker of granian.
    Finalize(None, layer.book.write, exitpriority=0)
    return layer
