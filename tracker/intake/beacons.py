"""What the banner's script tells us: seen, clicked, closed. Counted in memory, written in batches by a thread.

A beacon holds nothing about its reader, and nothing of the request is kept besides: no address, no user agent, no
cookie. A process that dies loses less than half a minute; a batch that is tried again is never counted twice.
"""

import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from crawleruseragents import is_crawler
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.intake.pledges import canonical_article, label
from tracker.ledger import attention
from tracker.ledger.attention import OTHER, Attention

__all__ = ["Attention", "Batch", "Beacon", "Book", "is_machine", "read", "store"]

KINDS = ("view", "click", "close")
MOST_FIELDS = 8
MOST_KEYS = 4_000
"""Places that a process tells apart between two writings; what comes beyond is counted as of elsewhere."""
PAUSE_SECONDS = 10.0
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EMBED = re.compile(r"v[0-9]{1,3}")
_AHEAD = re.compile(r"prefetch|prerender", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Beacon:
    """One event of one banner."""

    campaign: str
    kind: str
    article: str
    """Origin and path; "" where the page did not say."""
    placement: str
    embed: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was counted between two writings, under an id that it keeps until it is written."""

    id: str
    counted: Sequence[Attention]


def read(body: bytes) -> Beacon | None:
    """The beacon in a form-encoded body, None where it is none: nobody reads an error that a beacon gets."""
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # UnicodeDecodeError is one
        return None
    told = dict(pairs)
    campaign, kind = told.get("campaign", ""), told.get("kind", "")
    if len(told) != len(pairs) or kind not in KINDS or not _SLUG.fullmatch(campaign):
        return None
    embed = told.get("embed", "")
    return Beacon(
        campaign=campaign,
        kind=kind,
        article=canonical_article(told.get("article", "")),
        placement=label(told.get("placement", "")),
        embed=embed if _EMBED.fullmatch(embed) else "",
    )


def is_machine(user_agent: str, purpose: str) -> bool:
    """A known bot by its own name, or a browser that fetches ahead (the Sec-Purpose header)."""
    return not user_agent or bool(_AHEAD.search(purpose)) or _is_bot(user_agent[:500])


@lru_cache(maxsize=2_048)
def _is_bot(user_agent: str) -> bool:
    return bool(is_crawler(user_agent))


def store(session: Session, batch: Batch, now: datetime) -> None:
    """Write what a book held; commits. A batch that is written already changes nothing."""
    attention.add(session, batch.id, batch.counted, now)
    session.commit()


class Book:
    """What this process counted and has not written yet. `write` answers whether it could.

    While it cannot, one batch waits under its id and the rest gathers in the next.
    """

    def __init__(self, write: Callable[[Batch], bool], *, pause: float = PAUSE_SECONDS) -> None:
        self._write, self._pause = write, pause
        self._lock = threading.Lock()
        self._held: Counter[Attention] = Counter()
        self._waiting: Batch | None = None
        self._is_running = False

    def count(self, beacon: Beacon, campaign: Campaign, now: datetime, *, is_bot: bool) -> None:
        """Count one; never waits for the database and never fails."""
        article, placement = beacon.article, beacon.placement
        if article and urlsplit(article).hostname not in campaign.allowed_hosts:
            article, placement = OTHER, OTHER
        day = local_day(now, campaign.zone)
        key = Attention(campaign.slug, day, beacon.kind, article, placement, beacon.embed, is_bot)
        with self._lock:
            if key not in self._held and len(self._held) >= MOST_KEYS:
                key = replace(key, article=OTHER, placement=OTHER)
            self._held[key] += 1
            if self._is_running:
                return
            self._is_running = True
        try:
            threading.Thread(target=self._run, name="beacons", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next beacon tries again
            with self._lock:
                self._is_running = False

    def write(self) -> bool:
        """Write what there is; True when nothing is left."""
        with self._lock:
            if self._waiting is None and self._held:
                counted = [replace(key, count=count) for key, count in self._held.items()]
                self._waiting, self._held = Batch(uuid.uuid4().hex, counted), Counter()
            waiting = self._waiting
        if waiting is not None and self._write(waiting):
            with self._lock:
                self._waiting = None
        with self._lock:
            return self._waiting is None and not self._held

    def _run(self) -> None:
        while True:
            time.sleep(self._pause)
            if self.write():
                with self._lock:
                    if not self._held:
                        self._is_running = False
                        return
