"""What `make run` starts: everything on embedded defaults, the demo campaign, and a Stripe test server behind it.

What a run needs to know next time (keys, sign-ins) stands in `demo.json` under VAR_DIR, for its owner alone.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from tracker import access, clock, mail
from tracker.config import Settings, load
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import campaign_file
from tracker.ledger import campaigns
from tracker.local import ports, postgres, supervisor, valkey
from tracker.local.children import Process
from tracker.projections import queries

SLUG = "year-end"
STAFF = {"audience": "audience@demo.example", "finance": "finance@demo.example", "admin": "admin@demo.example"}
READERS_PER_HOUR = 60

MakeApp = Callable[[Settings], Flask]

CAMPAIGN = """
slug = "{slug}"
name = "25,000 members by the end of the year"
goal = 25000
starts_on = {year}-01-01
ends_on = {year}-12-31
timezone = "{timezone}"
currency = "EUR"
products = ["prod_member"]
donation_products = ["prod_gift"]
allowed_hosts = ["127.0.0.1", "localhost"]

[publisher]
name = "The Dnipro Courier"
accent = "#8a1f11"
contact = "members@courier.example"

[gifts]
product = "prod_gift"
[gifts.amounts]
EUR = [5, 10, 25, 50]
[gifts.limits]
EUR = [1, 5000]

[[plans]]
price = "price_monthly"
name.en = "Monthly"
name.uk = "Щомісяця"
[[plans]]
price = "price_yearly"
name.en = "Yearly"
name.uk = "Щороку"

[copy.en]
headline = "Journalism that answers to its readers"
appeal = "Help us reach {{goal}} members by {{deadline}}. No paywall, no owner but you."
button = "Become a member"
reached = "You did it: {{goal}} members. Every new one carries us further."
ended = "The campaign is over. Thank you to everyone who joined."
[copy.uk]
headline = "Журналістика, що відповідає перед читачами"
appeal = "Допоможіть нам зібрати {{goal}} учасників до {{deadline}}. Наша єдина опора — ви."
button = "Долучитися"
reached = "Вам вдалося: {{goal}} учасників. Кожен новий додає нам сили."
ended = "Кампанію завершено. Дякуємо всім, хто долучився."
[copy.ar]
headline = "صحافة مسؤولة أمام قرّائها"
appeal = "ساعدونا على بلوغ {{goal}} عضو بحلول {{deadline}}. القراءة للجميع، ولا مالك سواكم."
button = "انضموا إلينا"
reached = "لقد نجحتم: {{goal}} عضو. وكل عضو جديد يدفعنا إلى الأمام."
ended = "انتهت الحملة. شكرًا لكل من انضم."
[copy.de]
headline = "Journalismus, der seinen Lesern verpflichtet ist"
appeal = "{{goal}} Mitglieder bis zum {{deadline}}: Helfen Sie mit. Ohne Paywall, getragen nur von Ihnen."
button = "Mitglied werden"
reached = "Sie haben es geschafft: {{goal}} Mitglieder. Jedes weitere bringt uns voran."
ended = "Die Kampagne ist vorbei. Danke an alle, die Mitglied geworden sind."
"""


class Keys:
    """The demo's secrets, made once and kept in `demo.json` under `var_dir`, readable by its owner alone."""

    def __init__(self, var_dir: Path) -> None:
        self._path = var_dir / "demo.json"
        self.held: dict[str, Any] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def keep(self, name: str, make: Callable[[], Any]) -> Any:
        """The value of that name, made on first use."""
        if name not in self.held:
            self.put(name, make())
        return self.held[name]

    def put(self, name: str, value: Any) -> None:
        """Write the value down."""
        self.held[name] = value
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.held, file, indent=1)


def known_environment(var_dir: Path) -> Mapping[str, str]:
    """The settings of the demo that ran last under `var_dir`; empty where none did."""
    return Keys(var_dir).held.get("environment", {}) if (var_dir / "demo.json").exists() else {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run may choose."""

    year: int | None = None
    """The campaign's year; None: the present one."""
    members: int | None = None
    """How many members the test server invents when it is filled for the first time; None: as fits the day."""
    has_readers: bool = True
    """Whether invented readers go on joining while it runs."""


def run(root: Path, make_app: MakeApp, settings: Settings, wish: Wish) -> int:
    """Start everything and watch over it until Ctrl-C; answers the exit code."""
    return supervisor.run(
        lambda board: _compose(board, root, make_app, settings, wish),
        var_dir=settings.var_dir,
        ports=[settings.port],
    )


def _compose(board: supervisor.Board, root: Path, make_app: MakeApp, settings: Settings, wish: Wish) -> None:
    keys = Keys(settings.var_dir)
    environment = _environment(board, settings, keys)
    stripe_port = int(environment.pop("_STRIPE_PORT"))
    bin_dir = Path(sys.executable).parent
    _start_stripe(board, settings, keys, stripe_port, wish)
    board.command("database", [str(bin_dir / "tracker"), "db", "upgrade"], environment)
    full = load(**{name.lower(): value for name, value in environment.items()})
    passwords = board.step("campaign and staff", lambda: _prepare(make_app(full), full, keys, wish.year))
    for name, line in procfile(root, full).items():
        if name == "web":
            board.process(
                Process(name, line, environment, ready=f"{full.site}/readyz", drain_seconds=10, cwd=root)
            )
    board.ready("web")
    board.say(_welcome(full, passwords, stripe_port))
    board.ready("stripe")
    for name, line in procfile(root, full).items():
        if name in {"worker", "beat"}:
            board.process(Process(name, line, environment, cwd=root))
    board.process(Process("load", [str(bin_dir / "tracker"), "demo-load"], environment, restarts=False, cwd=root))
    if wish.has_readers:
        readers = [sys.executable, "-m", "tracker.sandbox.readers", "--site", full.site, "--campaign", SLUG]
        board.process(
            Process("readers", [*readers, "--per-hour", str(READERS_PER_HOUR), "--first-after", "45"], cwd=root)
        )


def _environment(board: supervisor.Board, settings: Settings, keys: Keys) -> dict[str, str]:
    """The settings of every process; what is not given is embedded, made once, or the test server's."""
    var_dir = settings.var_dir.resolve()
    database = settings.database_url or board.server("postgres", lambda: postgres.ensure(var_dir)).url
    broker = settings.redis_url or board.server("valkey", lambda: valkey.ensure(var_dir)).url
    stripe_port = ports.free_port(after=settings.port)
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "STRIPE_SECRET_KEY": keys.keep("stripe_key", lambda: f"sk_test_{secrets.token_hex(16)}"),
        "STRIPE_WEBHOOK_SECRETS": keys.keep("webhook_secret", lambda: f"whsec_{secrets.token_hex(16)}"),
        "STRIPE_API_BASE": f"http://{ports.LOOPBACK}:{stripe_port}",
        "SECRET_KEY": keys.keep("secret_key", lambda: secrets.token_hex(32)),
        "PUBLIC_URL": settings.public_url or f"http://{ports.LOOPBACK}:{settings.port}",
        "TIMEZONE": settings.timezone,
        "VAR_DIR": str(var_dir),
        "PORT": str(settings.port),
        "DEMO": "true",
        "GRANIAN_HOST": ports.LOOPBACK,
    }
    keys.put("environment", environment)
    return environment | {"_STRIPE_PORT": str(stripe_port)}


def _start_stripe(board: supervisor.Board, settings: Settings, keys: Keys, port: int, wish: Wish) -> None:
    command = [sys.executable, "-m", "tracker.sandbox", "--port", str(port)]
    command += ["--state", str(settings.var_dir.resolve() / "stripe"), "--demo"]
    command += ["--year", str(wish.year or _this_year(settings))]
    command += ["--members", str(wish.members)] if wish.members is not None else []
    command += ["--timezone", settings.timezone]
    command += ["--webhook-url", f"http://{ports.LOOPBACK}:{settings.port}/stripe/webhook"]
    command += ["--webhook-secret", keys.held["webhook_secret"], "--api-key", keys.held["stripe_key"]]
    board.tell("stripe", f"http://{ports.LOOPBACK}:{port}")
    board.process(
        Process("stripe", command, ready=f"http://{ports.LOOPBACK}:{port}/_test/deliveries", ready_seconds=180)
    )


def procfile(root: Path, settings: Settings) -> dict[str, list[str]]:
    """The Procfile's lines as commands of this installation, each through a shell as platforms run them."""
    found = {}
    for line in (root / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if command:
            search = f"PATH={Path(sys.executable).parent}:$PATH"
            found[name.strip()] = ["/bin/sh", "-c", f"{search} exec {command.strip()}"]
    return found


def campaign(settings: Settings, year: int | None) -> Campaign:
    """The demo's campaign: 25,000 members by the end of the year."""
    year = year or _this_year(settings)
    text = CAMPAIGN.format(slug=SLUG, year=year, timezone=settings.timezone)
    return campaign_file.read(text + drives(year), settings.timezone)


def drives(year: int) -> str:
    """The drives of the year and the two before as `[[drives]]`; asked for, as nothing here imports it."""
    command = [sys.executable, "-m", "tracker.sandbox.drives", str(year - 2), str(year)]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout


def _this_year(settings: Settings) -> int:
    return clock.now().astimezone(settings.zone).year


def _prepare(app: Flask, settings: Settings, keys: Keys, year: int | None) -> dict[str, str]:
    """The campaign on first start, and the staff with their passwords."""
    now = clock.now()
    with app.app_context():
        if year is not None or queries.campaign(SLUG) is None:
            campaigns.put(db.session(), campaign(settings, year))
            db.session.commit()
        passwords: dict[str, str] = keys.keep(
            "passwords", lambda: {role: secrets.token_urlsafe(9) for role in STAFF}
        )
        for role, email in STAFF.items():
            try:
                access.add_user(email, role, passwords[role], now)
            except access.AccessError:
                continue  # there since an earlier start
    return passwords


def _welcome(settings: Settings, passwords: Mapping[str, str], stripe_port: int) -> str:
    site = settings.site
    rows = [
        ("article with the banner", f"{site}/demo/article"),
        ("campaign", f"{site}/c/{SLUG}"),
        ("join", f"{site}/join/{SLUG}"),
        ("dashboard", f"{site}/dashboard/{SLUG}"),
        ("finance", f"{site}/finance"),
        ("Stripe health", f"{site}/health/stripe"),
        ("Stripe test server", f"http://{ports.LOOPBACK}:{stripe_port}"),
        ("mail that would leave", str(mail.folder(settings).resolve())),
    ]
    urls = "\n".join(f"  {name:<26}{url}" for name, url in rows)
    staff = "\n".join(f"  {role:<26}{email}   {passwords[role]}" for role, email in STAFF.items())
    return f"\nThe pages are up; the demo's members load behind them.\n{urls}\nSign in as\n{staff}\n"
