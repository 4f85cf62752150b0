"""Reading at one instant: what several files tell of a month must fit together."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from tracker.db import db


@contextmanager
def one_snapshot() -> Iterator[Session]:
    """The session, in which everything is read as of its first question; what is not committed inside is undone.

    Whatever the session was about before is over with it.
    """
    session = db.session()
    session.rollback()
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield session
    finally:
        session.rollback()
