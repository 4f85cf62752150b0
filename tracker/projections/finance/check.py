"""What must be true before a month may be closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true before a month may be closed."""

    name: str  # for scripts, e.g. payouts_tie
    is_green: bool
    text: str  # what was found, N_(...) with %(name)s
    cure: str = ""  # what to do, N_(...); empty where green
    values: Mapping[str, object] = field(default_factory=dict)
