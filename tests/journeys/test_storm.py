"""Web, worker, beat and broker are killed while Stripe delivers; `make prove ARGS=kills` does it for longer."""

import pytest

from bench.prove import kills, run
from tests.journeys.house import House

pytestmark = pytest.mark.journey


def test_killed_at_random_during_300_deliveries_nothing_is_lost_and_nothing_doubled(house: House) -> None:
    pace = kills.Pace(between_waves=1.0, rounds=1)
    found = kills.over(run.Run(house.var_dir, house.port), seed=300, deliveries=300, pace=pace)
    assert [one for one in found if not one.is_met] == []
    killed = next(one.value for one in found if one.name == "kills: processes killed")
    assert killed == 4
