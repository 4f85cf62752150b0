"""What the pictures cost beside the banner's texts, and what they weigh."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from bench.figure import Figure, percentile
from tracker.core.campaign import Campaign, Metric, State
from tracker.core.progress import Progress
from tracker.projections import banner, raster

TURNS = 20
HEAVIEST = 60_000
KEPT_SHARE = 0.25
"""Of a drawing's time, for one that did not change: the layout is worked out, the drawing is not done again."""
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
CAMPAIGN = Campaign(
    "pictures", "Members", 25_000, date(2026, 1, 1), date(2026, 12, 31), "Europe/Kyiv", ("prod_member",),
    copy={"en": {"headline": "Journalism that answers to its readers",
                 "appeal": "Help us reach {goal} members by {deadline}. No paywall, no owner but you."}},
)  # fmt: skip


def figures(folder: Path) -> list[Figure]:
    """Medians over counts that differ, so that nothing is found ready; then the same count again."""
    del folder
    texts = _median(
        lambda count: banner.render(CAMPAIGN, _progress(count), "en", NOON, "https://x.example", count)
    )
    drawn = _median(lambda count: banner.draw(CAMPAIGN, _progress(count), "en", NOON))
    kept = _median(lambda count: banner.draw(CAMPAIGN, _progress(20_000), "en", NOON))
    weights = [len(one.body) for one in banner.draw(CAMPAIGN, _progress(18_412), "en", NOON)]
    return [
        Figure(
            "pictures: texts of a change, a locale",
            texts * 1000,
            "ms",
            note="JSON, frame, SVG; today and tomorrow",
        ),
        Figure(
            "pictures: PNGs of a change, a locale",
            drawn * 1000,
            "ms",
            note=f"beside the texts x{drawn / texts:.0f}",
        ),
        Figure("pictures: PNGs that did not change, beside new ones", kept / drawn, "ratio", at_most=KEPT_SHARE),
        Figure("pictures: heaviest PNG", max(weights), "bytes", at_most=HEAVIEST),
    ]


def _median(work: Callable[[int], object]) -> float:
    raster.forget()
    work(20_000)
    spent = []
    for count in range(18_000, 18_000 + TURNS):
        began = time.perf_counter()
        work(count)
        spent.append(time.perf_counter() - began)
    return percentile(spent, 0.5)


def _progress(count: int) -> Progress:
    return Progress("pictures", Metric.ACTIVE_MEMBERS, CAMPAIGN.goal, count, NOON, NOON, State.RUNNING)
