"""What must be true before a month may be closed, and what to do where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true before a month may be closed."""

    name: str
    """For scripts: payouts_tie."""
    is_green: bool
    text: str
    """What was found, with %(name)s for the values; translated where it is shown."""
    cure: str = ""
    """What to do; empty where green."""
    values: Mapping[str, object] = field(default_factory=dict)
