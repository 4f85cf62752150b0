"""Settings from the environment and `.env`; a wrong one stops the start with one line that says the cure.

The names are held by the outside (operators' scripts, platforms); `.env.example` lists each with a comment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROLES = ("audience", "finance", "admin")


class SettingError(Exception):
    """A setting is missing or wrong; the text names the variable, what was found and what to set."""


@dataclass(frozen=True, slots=True)
class BootstrapToken:
    """A token given by the environment: usable before anybody can sign in."""

    name: str
    role: str
    token: str


def _database(value: str) -> str:
    """PostgreSQL only; `postgres://` as platforms write it is accepted and given our driver."""
    scheme, separator, rest = value.partition("://")
    if value and (not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}):
        raise ValueError("set a PostgreSQL address such as postgresql://user:password@host/name")
    return f"postgresql+psycopg://{rest}" if value else ""


def _redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "redis+socket://", "unix://")):
        raise ValueError("set a Redis or Valkey address such as redis://host:6379/0")
    return value


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("set an IANA time zone such as Europe/Kyiv")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise ValueError("set a full address such as https://members.news.example")
    return value.rstrip("/")


def _stripe_key(value: str) -> str:
    if value and not value.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise ValueError("set a Stripe secret or restricted key (sk_... or rk_...)")
    return value


def _mail_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/")):
        raise ValueError("set a mail server such as smtp://user:password@host:587 or smtps://...")
    return value


def _mail_from(value: str) -> str:
    _, address = parseaddr(value)
    if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ValueError("set a sender such as The News <members@news.example>")
    return value


def _port(value: int) -> int:
    if not 1 <= value <= 65535:
        raise ValueError("set a port between 1 and 65535")
    return value


def _hops(value: int) -> int:
    if not 0 <= value <= 10:
        raise ValueError("set the number of proxies in front of the app, 0 to 10")
    return value


def _log_format(value: str) -> str:
    if value not in {"console", "json"}:
        raise ValueError("set console or json")
    return value


def _commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _tokens(value: object) -> object:
    """`name:role:token`, comma separated."""
    if not isinstance(value, str):
        return value
    found = []
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        name, _, rest = part.partition(":")
        role, _, token = rest.partition(":")
        if role not in ROLES or not name or len(token) < 16:
            raise ValueError(
                f"write each token as name:role:token with a role of {', '.join(ROLES)} "
                "and a token of 16 characters or more"
            )
        found.append(BootstrapToken(name, role, token))
    return tuple(found)


class Settings(BaseSettings):
    """Every setting there is. Empty means: not given."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: Annotated[str, AfterValidator(_database)] = ""
    redis_url: Annotated[str, AfterValidator(_redis)] = ""
    stripe_secret_key: Annotated[str, AfterValidator(_stripe_key)] = ""
    stripe_webhook_secrets: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_commas)] = ()
    stripe_api_base: Annotated[str, AfterValidator(_http_url)] = ""
    secret_key: str = ""
    public_url: Annotated[str, AfterValidator(_http_url)] = ""
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Kyiv"
    mail_url: Annotated[str, AfterValidator(_mail_url)] = ""
    mail_from: Annotated[str, AfterValidator(_mail_from)] = ""
    chromium: str = ""
    """The browser that draws charts for letters; empty: the first on PATH; `none`: no pictures."""
    proxy_hops: Annotated[int, AfterValidator(_hops)] = 0
    api_tokens: Annotated[tuple[BootstrapToken, ...], NoDecode, BeforeValidator(_tokens)] = ()
    log_format: Annotated[str, AfterValidator(_log_format)] = "console"
    var_dir: Path = Path("var")
    port: Annotated[int, AfterValidator(_port)] = 8000
    demo: bool = False
    """Set by `tracker run`: the demo article is served and staff see that the figures are invented."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_live(self) -> bool:
        """RULES 5: a deployment has one mode, that of its Stripe key."""
        return "_live_" in self.stripe_secret_key

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def sends_mail(self) -> bool:
        """Whether a letter reaches anybody: by a server, or as a file that whoever runs the demo can read."""
        return bool(self.mail_url) or self.demo

    @property
    def site(self) -> str:
        """Where readers reach us, without a trailing slash."""
        return self.public_url or f"http://127.0.0.1:{self.port}"


def load(**given: Any) -> Settings:
    """Read the settings; `given` ones win over the environment. SettingError names what to mend."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        secret = name in {"STRIPE_SECRET_KEY", "SECRET_KEY", "API_TOKENS", "DATABASE_URL", "REDIS_URL", "MAIL_URL"}
        found = "a value that does not fit" if secret else repr(first.get("input"))
        cure = first["msg"].removeprefix("Value error, ")
        raise SettingError(f"{name}: found {found}; {cure}") from None


def require(settings: Settings, names: Mapping[str, str]) -> None:
    """SettingError for the first of `names` (setting -> what to set) that is empty."""
    for name, cure in names.items():
        if not getattr(settings, name.lower()):
            raise SettingError(f"{name}: found nothing; {cure}")
