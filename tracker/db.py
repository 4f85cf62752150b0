"""The database handle: PostgreSQL only, one dialect in demo, tests and production."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = DateTime(timezone=True)
"""The type of every column that holds an instant: with its zone, never a wall clock alone."""


class Base(DeclarativeBase):
    """Tables are declared where they belong: ledger, projections, access."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

if TYPE_CHECKING:  # the extension makes the class at run time; a type checker cannot follow it

    class Model(Base):
        __abstract__ = True
else:
    Model = db.Model


def as_json(value: Any) -> str:
    """Rows as one JSON text for `jsonb_to_recordset`: far quicker than an array a column."""
    return msgspec.json.encode(value).decode()


_AWAY = ("08", "57P")
"""PostgreSQL's own words for a connection that broke, and for a server that stops or starts."""


def engine_options(*, pool_size: int = 5) -> dict[str, Any]:
    """What every engine of ours is made with; dead connections are noticed before use."""
    decode: Callable[[str | bytes], Any] = msgspec.json.decode
    return {
        "json_serializer": as_json,
        "json_deserializer": decode,
        "hide_parameters": True,  # an error is logged, and its values are addresses and readers' words
        "pool_pre_ping": True,
        "pool_size": pool_size,
        "connect_args": {"connect_timeout": 5},
    }


def is_away(error: BaseException) -> bool:
    """Whether the database did not answer, or ended the connection: a pause, not a fault of what was asked."""
    if not isinstance(error, DBAPIError):
        return False
    told = getattr(error.orig, "sqlstate", None)
    has_no_word = isinstance(error.orig, psycopg.OperationalError) and told is None
    return error.connection_invalidated or has_no_word or (told or "").startswith(_AWAY)
