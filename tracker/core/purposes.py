"""What a payment was for (RULES 6): told by the products on its invoice, or in its Checkout session."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

MEMBERSHIP = "membership"
DONATION = "donation"
OTHER = "other"
COUNTED = (MEMBERSHIP, DONATION)
"""The purposes that amount_raised counts (RULES 4)."""
CATEGORIES = ("charge", "charge_failure", "refund", "refund_failure", "dispute", "dispute_reversal")
"""The reporting categories that it counts."""


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of an invoice or one item of a session; what cost nothing brought no money and is none."""

    product: str | None
    is_once: bool
    """An item of a session."""
    has_months: bool
    """The product says how many months a one-off purchase of it lasts."""


def purpose(bought: Iterable[Bought], members: Collection[str], donations: Collection[str]) -> str | None:
    """membership or donation, where all that was bought is it; None for other, mixed and unknown purposes."""
    found = {_purpose_of(one, members, donations) for one in bought}
    return found.pop() if len(found) == 1 and found <= set(COUNTED) else None


def _purpose_of(one: Bought, members: Collection[str], donations: Collection[str]) -> str:
    """A product in both lists is a membership by subscription, and a donation where it is bought once."""
    if one.is_once:
        if one.product in donations:
            return DONATION
        if one.product in members:  # a member product without months, bought once, is a donation (RULES 1)
            return MEMBERSHIP if one.has_months else DONATION
        return OTHER
    if one.product in members:
        return MEMBERSHIP
    return DONATION if one.product in donations else OTHER
