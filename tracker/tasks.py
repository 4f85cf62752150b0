"""Celery's tasks: thin; each calls one verb of the flow. Ids in, nothing out; the truth is in the database.

A lost task delays, it loses nothing: beat finds what is marked. A second beat does no harm: a database lock lets
one sweep run at a time, and what runs by the calendar runs once for its period.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import shared_task
from flask import current_app

from tracker import access, flow, letters
from tracker.db import db
from tracker.intake import articles as looking
from tracker.intake import hearing
from tracker.intake.stripe import comparison
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.intake.stripe.refresh import QUIET
from tracker.ledger import landmarks, objects
from tracker.projections import queries
from tracker.projections.finance import jobs

log = structlog.get_logger()

SCHEDULE = {
    "minute": {"task": "tracker.minute", "schedule": 60.0},
    "mail": {"task": "tracker.mail", "schedule": 60.0},
    "articles": {"task": "tracker.articles", "schedule": 60.0},
    "books": {"task": "tracker.books", "schedule": 60.0},
    "nightly": {"task": "tracker.nightly", "schedule": 900.0},
    "weekly": {"task": "tracker.weekly", "schedule": 3600.0},
}
"""What beat sends; nightly and weekly look for themselves whether their period is done."""
NIGHT_HOUR = 3
ONE_MAKES = 7_340_018
"""The lock of the one worker that makes months' files; it ends with the worker's connection."""
LEASE_SECONDS = objects.LEASE.total_seconds() + 1


def line() -> flow.Line:
    """The line of the running application."""
    found: flow.Line = current_app.extensions["line"]
    return found


@shared_task(name="tracker.process", queue="stripe")
def process() -> None:
    """Refresh what is marked; sent after each stored message."""
    done = flow.process(line(), is_patient=True)
    if done.marked:
        _look_again()
    if done.objects:
        log.info("processed", objects=done.objects, persons=done.persons, marked=done.marked)


def _look_again() -> None:
    """In a storm, messages about what is still marked may have been the last: one more turn, however many ask."""
    session, now = db.session(), line().clock()
    due = landmarks.at(session, "look_again")
    if due is None or due <= now:
        landmarks.put(session, "look_again", now + QUIET)
        session.commit()
        process.apply_async(countdown=QUIET.total_seconds() + 0.5)


@shared_task(name="tracker.minute", queue="sync")
def minute() -> None:
    """Hear of new events and process; goes on with the first reading where that is not done."""
    session = db.session()
    with flow.alone(session) as granted:
        if not granted:
            return
        try:
            if landmarks.at(session, landmarks.LEDGER_WHOLE) is None:
                _load()
            elif flow.minute(line()).marked:
                # What a killed worker held is free again when its lease is over: not a whole minute later.
                process.apply_async(countdown=LEASE_SECONDS)
        except (StripeUnreachableError, StripeRefusedError) as error:
            session.rollback()
            log.warning("stripe did not answer", problem=str(error))
            flow.publish(line())
            if not queries.is_whole():
                minute.apply_async(countdown=2)
        if comparison.is_wanted(session):
            compare.apply_async(countdown=0.2)


@shared_task(name="tracker.compare", queue="sync")
def compare() -> None:
    """The comparison with Stripe's lists that staff asked for; waits until no other sweep runs."""
    session = db.session()
    with flow.alone(session) as granted:
        if not comparison.is_wanted(session):
            return
        if not granted:
            compare.apply_async(countdown=2)
            return
        comparison.begin(session, line().clock())
        problem: str | None = "it broke off; the log says where"
        try:
            _compare(full=False)
            problem = None
        except (StripeUnreachableError, StripeRefusedError) as error:
            problem = str(error)
        finally:
            session.rollback()
            comparison.end(session, line().clock(), problem)


def _load() -> None:
    flow.publish(line())
    if flow.load(line(), line().clock() + flow.SLICE):
        log.info("everything is loaded")
        return
    if queries.is_whole():
        flow.minute(line())  # the ledger may take hours; the count stays fresh beside it
    minute.apply_async(countdown=0.2)


@shared_task(name="tracker.mail", queue="mail")
def mail() -> None:
    """Send what is due; sent after each wish, and each minute for what was not sent then."""
    letters.post(line())


@shared_task(name="tracker.articles", queue="reports")
def articles() -> None:
    """Look at the pages of articles that are due, for some seconds; the rest waits for the next minute."""
    session = db.session()
    with flow.alone(session, looking.ONE_LOOKS) as granted:
        if granted:
            walk = looking.Walk(line().settings, tuple(queries.campaigns()), line().clock)
            found = looking.run(session, walk)
            if found.known or found.gone or found.unreadable:
                log.info("looked at articles", **asdict(found))


@shared_task(name="tracker.books", queue="reports")
def books() -> None:
    """Make the files of large months that were asked for, or close such; sent after each wish and each minute."""
    session = db.session()
    with flow.alone(session, ONE_MAKES) as granted:
        if not granted:
            return
        for job, version in jobs.work(line().settings.zone, line().clock):
            if version is not None:
                detail = {"month": job.month, "version": version.version}
                access.record(job.asked_by, "closed month", detail, line().clock())
            log.info("did a job for a month", month=job.month, kind=job.kind)


@shared_task(name="tracker.nightly", queue="sync")
def nightly() -> None:
    """Stripe's lists against ours, once a night."""
    now = line().clock()
    local = now.astimezone(line().settings.zone)
    if local.hour >= NIGHT_HOUR:
        _once("nightly", f"{local:%Y-%m-%d}", now, lambda: _compare(full=False))


@shared_task(name="tracker.weekly", queue="sync")
def weekly() -> None:
    """A rebuild from the stored objects must give the live projection's hash (RULES 8)."""
    now = line().clock()
    _once("weekly", f"{now.astimezone(line().settings.zone):%G-W%V}", now, _verify)


def _compare(*, full: bool) -> None:
    found = flow.sync(line(), full=full)
    log.info("synced", lost=len(found.lost), drift=found.drift[:20], repaired=found.repaired[:20])


def _verify() -> None:
    rebuilt, live = flow.verify(line())
    told = {"equal": rebuilt == live, "hash": rebuilt, "live_hash": live}
    landmarks.put(db.session(), hearing.VERIFIED, line().clock(), told)
    db.session.commit()
    if rebuilt != live:
        log.error("the projection differs from a rebuild", rebuilt=rebuilt, live=live)
        flow.rebuild(line())


def _once(job: str, period: str, now: datetime, work: Any) -> None:
    """Run `work` once for the period, in one process at a time; a failure lets the next beat try again."""
    session = db.session()
    with flow.alone(session) as granted:
        loaded = landmarks.at(session, landmarks.LEDGER_WHOLE)
        if not granted or loaded is None or now - loaded < timedelta(hours=1):
            return
        if landmarks.value(session, f"job:{job}").get("period") == period:
            return
        try:
            work()
        except (StripeUnreachableError, StripeRefusedError) as error:
            session.rollback()
            log.warning("stripe did not answer", job=job, problem=str(error))
            return
        landmarks.put(session, f"job:{job}", now, {"period": period})
        session.commit()
