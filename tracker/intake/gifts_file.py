"""The section `[gifts]` of a campaign's file: amounts in whole and decimal units, as a publisher writes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator

from tracker.core.gifts import LARGEST_CHARGE, STRIPES_LEAST, Gifts
from tracker.core.money import decimal_text, is_known, minor_units, step

MOST_AMOUNTS = 8
_Amount = StrictInt | StrictStr
_UNLIMITED = 100
"""Where no limits are given, the largest gift is so many times the largest suggestion."""


class GiftsFile(BaseModel):
    """As written; `gifts()` answers it in minor units."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    product: str = ""
    amounts: dict[str, Annotated[list[_Amount], Field(min_length=1, max_length=MOST_AMOUNTS)]] = {}
    limits: dict[str, Annotated[list[_Amount], Field(min_length=2, max_length=2)]] = {}
    intervals: Annotated[list[Literal["once", "month", "year"]], Field(min_length=1)] = ["once", "month", "year"]
    note: bool = True

    @model_validator(mode="after")
    def _fits(self) -> "GiftsFile":
        if bool(self.product) != bool(self.amounts):
            raise ValueError(
                "gifts need both a product and at least one line of gifts.amounts, such as EUR = [5, 10]"
            )
        if len(set(self.intervals)) < len(self.intervals):
            raise ValueError(f"intervals {self.intervals} name one twice")
        for currency in (*self.amounts, *self.limits):
            if not is_known(currency) or currency != currency.upper():
                raise ValueError(f"{currency!r} is no currency that Stripe charges in; write one such as EUR")
        if unused := set(self.limits) - set(self.amounts):
            raise ValueError(
                f"gifts.limits.{min(unused)} has no line in gifts.amounts; suggest amounts in it, too"
            )
        for currency in self.amounts:
            _check(currency, self._minor(currency), self._limits(currency))
        return self

    def gifts(self) -> Gifts:
        """The section as the join page uses it."""
        return Gifts(
            product=self.product,
            amounts={currency: self._minor(currency) for currency in self.amounts},
            limits={currency: self._limits(currency) for currency in self.amounts},
            intervals=tuple(self.intervals),
            has_note=self.note,
        )

    def _minor(self, currency: str) -> tuple[int, ...]:
        return tuple(_minor(amount, currency) for amount in self.amounts[currency])

    def _limits(self, currency: str) -> tuple[int, int]:
        if currency in self.limits:
            least, most = (_minor(amount, currency) for amount in self.limits[currency])
            return least, most
        amounts = self._minor(currency)
        return amounts[0], min(amounts[-1] * _UNLIMITED, LARGEST_CHARGE)


def _minor(amount: int | str, currency: str) -> int:
    found = minor_units(str(amount), currency)
    if not found:
        raise ValueError(f'{amount!r} {currency} is no amount above 0; write 5, or with decimals "2.50"')
    if found % step(currency):
        raise ValueError(f"{amount!r} {currency} is finer than Stripe charges in this currency; round it")
    return found


def _check(currency: str, amounts: tuple[int, ...], limits: tuple[int, int]) -> None:
    least, most = limits
    if list(amounts) != sorted(set(amounts)):
        raise ValueError(f"gifts.amounts.{currency} must rise, each above the one before")
    if not least <= amounts[0] <= amounts[-1] <= most:
        raise ValueError(f"gifts.amounts.{currency} must lie within gifts.limits.{currency}")
    floor = STRIPES_LEAST.get(currency, 1)
    if least < floor:
        raise ValueError(
            f"{decimal_text(least, currency)} {currency} is below Stripe's smallest charge of "
            f"{decimal_text(floor, currency)}; raise the smallest amount"
        )
    if most > LARGEST_CHARGE:
        raise ValueError(
            f"{decimal_text(most, currency)} {currency} is above Stripe's largest charge of "
            f"{decimal_text(LARGEST_CHARGE, currency)}; lower the largest amount"
        )
