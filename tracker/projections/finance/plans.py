"""How the database goes about the large questions of a month."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.db import as_json


@contextmanager
def step_by_step(session: Session) -> Iterator[None]:
    """What is asked within is planned row by row along the indexes, whatever the statistics say.

    A plan that first sorts or hashes a million rows has its first row late and needs room on disk: hashing every
    object of the ledger for the few invoices among them costs more than looking each of these up.
    """
    before: dict[str, str] = dict(
        session.execute(text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), _PLANS).all()
    )
    session.execute(_SET, {"settings": as_json(dict.fromkeys(before, "off"))})
    yield
    session.execute(_SET, {"settings": as_json(before)})


_PLANS = {"names": ["enable_hashjoin", "enable_mergejoin", "enable_sort", "jit"]}
_SET = text("SELECT set_config(key, value, true) FROM jsonb_each_text(CAST(:settings AS jsonb))")
