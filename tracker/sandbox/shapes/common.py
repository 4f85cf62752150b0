"""What all shapes share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NO_TAX: dict[str, Any] = {"disabled_reason": None, "enabled": False, "liability": None, "status": None}
NO_ADDRESS: dict[str, Any] = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a shape may know besides its record: the second, and where the server is reached."""

    now: int
    url: str


def listed(data: Sequence[dict[str, Any]], url: str, has_more: bool = False) -> dict[str, Any]:
    """Stripe's list object."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def address(country: str | None, **parts: str | None) -> dict[str, Any] | None:
    """An address of which often only the country is known; None when nothing is."""
    if country is None and not any(parts.values()):
        return None
    return {**NO_ADDRESS, "country": country, **parts}
