"""The tables `[[drives]]` of a campaign's file: the publisher's own membership campaigns, past and planned."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, model_validator

from tracker.core import annotations
from tracker.core.annotations import Drive
from tracker.core.findings import Finding

MOST_DRIVES = 200


def _fits(found: list[Finding]) -> None:
    for one in found[:1]:
        raise ValueError(str(one))


def _text(value: str) -> str:
    _fits(annotations.wrong_text(value))
    return value


def _lift(value: int | float | None) -> float | None:
    lift = None if value is None else float(value)
    _fits(annotations.wrong_lift(lift))
    return lift


class DriveFile(BaseModel):
    """One drive as written; the last day is the first one where only that is given."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Annotated[str, AfterValidator(_text)]
    first_on: date
    last_on: date | None = None
    lift: Annotated[StrictInt | StrictFloat | None, AfterValidator(_lift)] = None

    @model_validator(mode="after")
    def _days(self) -> "DriveFile":
        _fits(annotations.wrong_days(self.first_on, self.last_on or self.first_on))
        return self

    def drive(self) -> Drive:
        """It as the forecast reads it."""
        lift = None if self.lift is None else float(self.lift)
        return Drive(self.name, self.first_on, self.last_on or self.first_on, lift)


def drives_of(given: Iterable[DriveFile]) -> tuple[Drive, ...]:
    """The drives in the order of their days: another order in the file is no change of the campaign."""
    return tuple(sorted((one.drive() for one in given), key=lambda one: (one.first_on, one.last_on, one.name)))


def _each_once(given: list[DriveFile]) -> list[DriveFile]:
    twice = annotations.first_twice(drives_of(given))
    if twice is not None:
        raise ValueError(f"{twice.name!r} from {twice.first_on} to {twice.last_on} is there twice; leave one out")
    return given


DrivesFile = Annotated[list[DriveFile], Field(max_length=MOST_DRIVES), AfterValidator(_each_once)]
