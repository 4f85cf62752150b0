"""The one place that asks what time it is; everything else is handed an instant."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one door to the clock
