"""A campaign's TOML file, as publishers write it, to a Campaign; what does not fit is said with its place."""

import tomllib
from datetime import date
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tracker.core import accent, campaign_words
from tracker.core.campaign import Campaign, Metric, Plan, Publisher
from tracker.core.findings import Finding
from tracker.intake.drives_file import DrivesFile, drives_of
from tracker.intake.gifts_file import GiftsFile
from tracker.languages import LANGUAGES, matching, of_land


class CampaignFileError(Exception):
    """The file cannot be used; one line per finding: the place, what was found, what to do."""


def _zone(value: str) -> str:
    if value and value not in available_timezones():
        raise ValueError(f"{value!r} is no IANA time zone; write one such as Europe/Kyiv")
    return value


def _fits(found: list[Finding], place: str = "") -> None:
    """ValueError with the first finding in words."""
    for one in found[:1]:
        raise ValueError(f"{place}{one.column}: {one}" if place else str(one))


def _locale_texts(value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    for locale, texts in value.items():
        if locale not in LANGUAGES:
            raise ValueError(f"copy.{locale} is no language we speak; {_nearest_locale(locale)}")
        _fits(campaign_words.wrong_texts(texts), f"copy.{locale}.")
    return value


def _paths(value: list[str]) -> list[str]:
    _fits(campaign_words.wrong_paths(value))
    return value


def _sections(value: list[str]) -> list[str]:
    _fits(campaign_words.wrong_sections(value))
    return value


def _colour(value: str) -> str:
    found = accent.wrong(value)
    _fits([found] if found else [])
    return value


def _nearest_locale(name: str) -> str:
    """What to write instead of a locale that we do not speak."""
    tag = name.replace("_", "-")
    close = get_close_matches(tag.lower(), [known.lower() for known in LANGUAGES], n=1, cutoff=0.6)
    known = {language.lower(): language for language in LANGUAGES}
    nearest = known.get(tag.lower()) or matching(tag, LANGUAGES) or of_land(tag)
    nearest = nearest or (known[close[0]] if close else "")
    return f"write {nearest}" if nearest else f"there are {', '.join(LANGUAGES)}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _PlanFile(_Strict):
    price: Annotated[str, Field(pattern=r"^\S+$", max_length=255)]
    name: dict[str, str]


class _PublisherFile(_Strict):
    name: str = ""
    logo: str = ""
    accent: Annotated[str, AfterValidator(_colour)] = accent.DEFAULT
    contact: str = ""
    terms_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    privacy_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""


class _CampaignFile(_Strict):
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    metric: Metric = Metric.ACTIVE_MEMBERS
    goal: Annotated[int, Field(gt=0, lt=10**15)]
    starts_on: date
    ends_on: date
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")] = "EUR"
    products: Annotated[list[str], Field(min_length=1)]
    donation_products: list[str] = []
    grace_days: Annotated[int, Field(ge=0, le=365)] = 30
    allowed_hosts: list[str] = []
    is_off: bool = False
    quiet_paths: Annotated[list[str], AfterValidator(_paths)] = []
    quiet_sections: Annotated[list[str], AfterValidator(_sections)] = []
    stretch_goals: list[Annotated[int, Field(lt=10**15)]] = []
    bar_from: Annotated[int, Field(ge=0, le=100)] = 0
    publisher: _PublisherFile = _PublisherFile()
    plans: list[_PlanFile] = []
    gifts: GiftsFile = GiftsFile()
    drives: DrivesFile = []
    texts: Annotated[dict[str, dict[str, str]], AfterValidator(_locale_texts), Field(alias="copy")] = {}

    @model_validator(mode="after")
    def _days(self) -> "_CampaignFile":
        if self.ends_on < self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} lies before starts_on {self.starts_on}; give the later day")
        return self

    @model_validator(mode="after")
    def _gifts(self) -> "_CampaignFile":
        if self.gifts.product and self.gifts.product not in self.donation_products:
            raise ValueError(
                f"gifts.product {self.gifts.product} is none of donation_products; name it there, too"
            )
        return self

    @model_validator(mode="after")
    def _goals(self) -> "_CampaignFile":
        goals = [self.goal, *self.stretch_goals]
        if goals != sorted(set(goals)):
            raise ValueError(f"stretch_goals {self.stretch_goals} must rise, each above the goal of {self.goal}")
        return self


def read(text: str, default_timezone: str) -> Campaign:
    """The campaign in a TOML text. CampaignFileError where it cannot be used."""
    try:
        given = _CampaignFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CampaignFileError(f"not TOML: {error}") from None
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in found['loc']) or 'the file'}: "
            f"{found['msg'].removeprefix('Value error, ')}"
            + (f" (found {found['input']!r})" if found["loc"] and found["type"] != "missing" else "")
            for found in error.errors()
        ]
        raise CampaignFileError("\n".join(lines)) from None
    return Campaign(
        slug=given.slug,
        name=given.name,
        goal=given.goal,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        timezone=given.timezone or default_timezone,
        products=tuple(given.products),
        metric=given.metric,
        currency=given.currency.upper(),
        donation_products=tuple(given.donation_products),
        grace_days=given.grace_days,
        allowed_hosts=tuple(given.allowed_hosts),
        is_off=given.is_off,
        quiet_paths=tuple(given.quiet_paths),
        quiet_sections=tuple(given.quiet_sections),
        stretch_goals=tuple(given.stretch_goals),
        bar_from=given.bar_from,
        publisher=Publisher(**given.publisher.model_dump()),
        plans=tuple(Plan(plan.price, plan.name) for plan in given.plans),
        gifts=given.gifts.gifts(),
        copy=given.texts,
        drives=drives_of(given.drives),
    )
