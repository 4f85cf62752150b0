"""Which language a page speaks: `?lang=`, else the browser's wish, else English."""

from flask import Flask, request
from flask_babel import Babel

from tracker.languages import PAGE_LANGUAGES as LANGUAGES


def init_app(app: Flask) -> None:
    """All texts through Babel; catalogues are in tracker/translations."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    Babel(app, locale_selector=_wished)


def spoken() -> str:
    """The locale that this page speaks."""
    return _wished()


def _wished() -> str:
    asked = request.args.get("lang", "").partition("-")[0].lower()
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
