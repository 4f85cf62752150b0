"""Reading at one instant: what several files tell of a month must fit together."""

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy import text
from sqlalchemy.orm import Session, SessionTransaction

from tracker.db import db

T = TypeVar("T")
Known = dict[Hashable, Any]
_KNOWN = "tracker.finance.snapshot"
"""Where the session keeps what was worked out in its snapshot."""


@contextmanager
def one_snapshot() -> Iterator[Session]:
    """The session, in which everything is read as of its first question; what is not committed inside is undone.

    Whatever the session was about before is over with it.
    """
    session = db.session()
    session.rollback()
    _begin(session)
    session.info[_KNOWN] = (session.get_transaction(), {})
    try:
        yield session
    finally:
        session.info.pop(_KNOWN, None)
        session.rollback()


def once(key: Hashable, work_out: Callable[[], T]) -> T:
    """What one snapshot tells, worked out once in it, for files and checks alike; outside of one, each time anew.

    The value is handed to several: none of them may change it.
    """
    known = _known(db.session())
    if known is None:
        return work_out()
    if key not in known:
        known[key] = work_out()
    found = known[key]
    return cast(T, found.result() if isinstance(found, Future) else found)


@contextmanager
def ahead(key: Hashable, work_out: Callable[[], Any]) -> Iterator[None]:
    """Begin to work out what `once` will be asked for, by a connection beside that reads in the same snapshot.

    So the database's two slow questions of a large month are answered side by side, not one after the other.
    """
    session = db.session()
    known = _known(session)
    if known is None:
        raise RuntimeError("there is no snapshot in which to work anything out ahead")
    name = session.scalar(text("SELECT pg_export_snapshot()"))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as pool:
        known[key] = pool.submit(_beside, app, str(name), work_out)
        yield


def _beside(app: Flask, snapshot: str, work_out: Callable[[], T]) -> T:
    with app.app_context():
        session = db.session()
        _begin(session)
        session.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
        return work_out()


def _begin(session: Session) -> None:
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _known(session: Session) -> Known | None:
    """What was worked out in the snapshot that the session reads in; None outside of one, or after it."""
    transaction, known = cast(tuple[SessionTransaction | None, Known], session.info.get(_KNOWN, (None, {})))
    return known if transaction is not None and transaction is session.get_transaction() else None
