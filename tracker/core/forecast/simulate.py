"""The simulation: count now, plus joins, less lapses, in many draws, a day at a time until the deadline."""

from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast import telling
from tracker.core.forecast.answer import LEADS, VERSION, Fan, Forecast
from tracker.core.forecast.inputs import Inputs, check, fingerprint
from tracker.core.forecast.joins import Outlook, outlook
from tracker.core.forecast.lapses import Lapses, Rates, of_members, of_newcomers
from tracker.core.forecast.season import days_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5")


def simulate(inputs: Inputs, *, draws: int = 4000, seed: int) -> Forecast:
    """The forecast of `inputs`, the same for the same seed; ValueError where the inputs cannot be true.

    Joins: profile x growth x drives, a level that errs as it erred before, gamma-Poisson days. Lapses: by kind of
    renewal. The two and the newcomers have a stream of numbers each, so that one what-if leaves the others' luck.
    """
    check(inputs)
    if draws < 100:
        raise ValueError(f"draws is {draws}: a hundred or more are wanted for a range of 95 %")
    ahead = (inputs.ends_on - inputs.on).days + 1
    if ahead < 1:
        return _settled(inputs, draws, seed)
    for_joins, for_lapses, for_newcomers = (
        np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(3)
    )
    expected = outlook(inputs, ahead)
    joined = _joined(expected, draws, for_joins)
    joined *= inputs.joins_factor
    lapsed = _lapsed(inputs, joined, for_lapses, for_newcomers)
    count = np.cumsum(joined - lapsed.daily, axis=0)
    count += inputs.count
    np.maximum(np.rint(count, out=count), 0.0, out=count)
    return _told(inputs, expected, count, joined, lapsed.totals, seed)


def _joined(expected: Outlook, draws: int, generator: np.random.Generator) -> "NDArray[np.float64]":
    """Joins a day, (days, draws): a level a draw, whose error grows with the lead, and each day's chance.

    A day's chance is gamma distributed, with the variance of a gamma-Poisson count, by Wilson and Hilferty's cube
    of a normal number (PNAS 17, 1931): it takes as many numbers whatever the joins, so that a what-if of more
    joins is more in each draw.
    """
    daily = expected.daily * np.exp(expected.level.centre)
    ahead = len(daily)
    # A day's log error grows with the root of its lead plus four weeks; its mean over the joins is the level's.
    ramp = np.sqrt(np.arange(ahead) + 28.0)
    ramp = ramp * daily.sum() / max(float(ramp @ daily), 1e-9) if daily.sum() else np.ones(ahead)
    error = expected.level.spread * np.clip(generator.standard_t(expected.level.freedom, draws), -6, 6)
    shape = 1.0 / (expected.dispersion + 1.0 / np.maximum(daily, 1e-6))
    noise = generator.standard_normal((ahead, draws), np.float32)
    noise *= (1.0 / (3.0 * np.sqrt(shape)))[:, None]
    noise += (1.0 - 1.0 / (9.0 * shape))[:, None]
    np.maximum(noise, 0.0, out=noise)
    chance = noise * noise * noise
    chance /= np.maximum(chance.mean(axis=1, keepdims=True), 1e-9)
    return np.asarray(daily[:, None] * np.exp(ramp[:, None] * error) * chance)


def _lapsed(
    inputs: Inputs,
    joined: "NDArray[np.float64]",
    for_lapses: np.random.Generator,
    for_newcomers: np.random.Generator,
) -> Lapses:
    """Lapses of members and of newcomers; only members lapse, what joined or was raised stays so."""
    ahead, draws = joined.shape
    if inputs.metric != "active_members":
        return Lapses(np.zeros((1, 1)), {})
    rates = Rates(inputs, draws, for_lapses)
    members = of_members(inputs, ahead, draws, rates, for_lapses)
    daily = of_newcomers(inputs, joined, rates, np.asarray(for_newcomers.standard_normal(draws)))
    totals = members.totals | {"newcomers": daily.sum(axis=0)}
    daily += members.daily
    return Lapses(daily, totals)


def _told(
    inputs: Inputs,
    expected: Outlook,
    count: "NDArray[np.float64]",
    joined: "NDArray[np.float64]",
    lapsed: "dict[str, NDArray[np.float64]]",
    seed: int,
) -> Forecast:
    """The draws as plain numbers; `joined` a day, (days, draws); `lapsed` until the deadline, one a draw."""
    days = days_from(inputs.on, inputs.ends_on)
    bands = telling.bands(count)
    after = _after(joined)
    joins = after[-1][1]
    lost = float(np.median(sum(lapsed.values(), np.zeros(count.shape[1]))))
    curve = telling.needed(inputs.goal - inputs.count + lost, expected.daily, days)
    soon = [needed for _, needed in curve[:7]]
    return Forecast(
        on=inputs.on,
        ends_on=inputs.ends_on,
        goal=inputs.goal,
        **dict(zip(NAMES, bands[-1], strict=True)),
        chance=telling.chance(count[-1], inputs.goal),
        expected_on=telling.reached_on(count, inputs.goal, days),
        needed_per_day=-(-sum(soon) // len(soon)),
        needed=curve,
        fan=tuple(Fan(day, *band) for day, band in zip(days, bands, strict=True)),
        expected_joins=round(joins),
        expected_lapses=round(lost),
        bins=telling.bins(count[-1], inputs.goal),
        drivers=telling.drivers(bands[-1][3] - inputs.count, _moved(expected, joins, lapsed)),
        method=expected.method,
        has_history=expected.method == "profile",
        draws=count.shape[1],
        seed=seed,
        inputs_hash=fingerprint(inputs),
        version=VERSION,
        joins_after=tuple((lead, round(median)) for lead, median in after),
    )


def _after(joined: "NDArray[np.float64]") -> list[tuple[int, float]]:
    """(days, median of the joins by then) for each lead that is before the deadline, and for the deadline."""
    ahead = len(joined)
    leads = [*(lead for lead in LEADS if lead < ahead), ahead]
    return [(lead, float(np.median(joined[:lead].sum(axis=0)))) for lead in leads]


def _moved(expected: Outlook, joins: float, lapsed: "dict[str, NDArray[np.float64]]") -> dict[str, float]:
    """What the season and the drives add to joins at the year's mean, and what each kind of lapse takes."""
    whole = max(float(expected.daily.sum()), 1e-9)
    even = expected.even * len(expected.daily)
    found = {"season": joins * (float(expected.ordinary.sum()) - even) / whole}
    found["drives"] = joins * float(expected.driven.sum()) / whole
    return found | {name: -float(np.median(part)) for name, part in lapsed.items()}


def _settled(inputs: Inputs, draws: int, seed: int) -> Forecast:
    """The deadline has passed: the count is what it is."""
    count = inputs.count
    return Forecast(
        on=inputs.on,
        ends_on=inputs.ends_on,
        goal=inputs.goal,
        **dict.fromkeys(NAMES, count),
        chance=1.0 if count >= inputs.goal else 0.0,
        expected_on=None,
        needed_per_day=0,
        needed=(),
        fan=(),
        expected_joins=0,
        expected_lapses=0,
        bins=(),
        drivers=telling.drivers(0, {}),
        method="profile",
        has_history=True,
        draws=draws,
        seed=seed,
        inputs_hash=fingerprint(inputs),
        version=VERSION,
        joins_after=(),
    )
