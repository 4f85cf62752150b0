"""From a reader's payment to the changed banner, at rest, through the processes that `tracker run` starts."""

import signal
import sys
import time
from pathlib import Path

import requests

from bench.figure import Figure, percentile
from bench.house import EMBED
from bench.processes import running, wait_for
from tracker import demo
from tracker.local.ports import LOOPBACK, any_port

JOINS = 10
MEMBERS = 40
TARGET_SECONDS = 5.0
LONGEST_SECONDS = 30.0
LOAD_SECONDS = 120.0
STEADY_SECONDS = 1.5
"""Every web process looks once a second: this long without an old answer, and all of them have the new one."""
LOOK_SECONDS = 0.05
CARD = {"name": "Ada", "card_number": "4242 4242 4242 4242", "country": "UA"}


def figures(folder: Path) -> list[Figure]:
    """p50 and p95 of the seconds from sending the payment's form to the last old answer of the banner."""
    port = any_port()
    home = folder / "run"
    home.mkdir()
    command = [str(Path(sys.executable).parent / "tracker"), "run", "--members", str(MEMBERS), "--no-readers"]
    # DATABASE_URL and the like would lead the demo to somebody's own servers.
    given = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "STRIPE_API_BASE", "PUBLIC_URL"), "")
    env = {**given, "PORT": str(port), "VAR_DIR": str(home / "var")}
    with running(command, home, env, stop=signal.SIGINT) as process:
        output = home / "output"
        wait_for(process, lambda: "everything is loaded" in output.read_text(errors="replace"), home, LOAD_SECONDS)
        waits = [_join(f"http://{LOOPBACK}:{port}", number) for number in range(JOINS)]
    note = f"{JOINS} joins, from the payment's form on"
    return [
        Figure("join to changed banner, p50", percentile(waits, 0.5), "s", at_most=TARGET_SECONDS, note=note),
        Figure("join to changed banner, p95", percentile(waits, 0.95), "s", at_most=TARGET_SECONDS),
    ]


def _join(site: str, number: int) -> float:
    """One reader joins and pays; seconds until no web process shows the old number any more."""
    with requests.Session() as reader:
        reader.trust_env = False  # no proxy stands between this machine and itself
        before = _count(reader, site)
        form = {"plan": "price_monthly"}
        checkout = _form(
            reader, f"{site}/join/{demo.SLUG}", form, {"Origin": site, "Sec-Fetch-Site": "same-origin"}
        )
        began = last_old = time.monotonic()
        _form(reader, checkout, {"email": f"reader{number}@example.org", **CARD})
        while time.monotonic() < last_old + STEADY_SECONDS:
            if _count(reader, site) != before + 1:
                last_old = time.monotonic()
            if last_old > began + LONGEST_SECONDS:
                raise RuntimeError(f"the banner still shows {before}, {LONGEST_SECONDS:g} s after a payment")
            time.sleep(LOOK_SECONDS)
    return last_old - began


def _count(reader: requests.Session, site: str) -> int:
    """What the banner shows now; a connection of its own each time, so that every web process is asked."""
    answer = reader.get(site + EMBED, headers={"Connection": "close"}, timeout=5)
    return int(answer.json()["count"])


def _form(reader: requests.Session, url: str, form: dict[str, str], headers: dict[str, str] | None = None) -> str:
    """Send a form; where its redirect leads."""
    answer = reader.post(url, form, headers=headers, allow_redirects=False, timeout=10)
    if answer.status_code != 303:
        raise RuntimeError(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    return answer.headers["Location"]
