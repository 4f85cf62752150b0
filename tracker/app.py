"""Read this first: it joins the parts in the order of the flow."""

from pathlib import Path

from flask import Flask

from tracker import config
from tracker.db import db, engine_options

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: config.Settings | None = None) -> Flask:
    """The web application over one database; SettingError where a needed setting is missing."""
    settings = settings or config.load()
    config.require(settings, {"DATABASE_URL": "set the PostgreSQL to use, or start with `make run`"})
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(),
        SECRET_KEY=settings.secret_key,
        TRACKER=settings,
    )
    db.init_app(app)
    return app
