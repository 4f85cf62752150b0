"""`tracker run` on real processes: it says what is wrong before it starts, and leaves nothing when it ends."""

import json
import socket
import time
from pathlib import Path

import pytest

from tests.journeys import traces
from tests.journeys.house import ROOT, House, environment, tracker

pytestmark = pytest.mark.journey


def test_a_sync_after_the_load_finds_nothing_lost_and_no_drift(house: House) -> None:
    synced = house.tracker("sync", "--json")
    found = json.loads(synced.stdout)
    assert (synced.returncode, found["lost"], found["drift"]) == (0, [], [])


def test_a_rebuild_agrees_with_the_live_count(house: House) -> None:
    verified = house.tracker("rebuild", "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_ctrl_c_ends_all_of_it_and_a_second_start_goes_on(house: House) -> None:
    before, count = house.pids(), house.count()
    assert len(before) >= 8
    began = time.monotonic()
    assert house.stop() == 0, house.log[-4000:]
    print(f"ended in {time.monotonic() - began:.1f} s")
    assert traces.alive(before) == set()
    assert traces.that_name(str(house.var_dir)) == set()
    assert not (house.var_dir / "run.json").exists()
    began = time.monotonic()
    house.start()
    print(f"second start: the number after {time.monotonic() - began:.1f} s")
    assert house.count() == count


def test_no_file_is_written_outside_the_one_folder(house: House) -> None:
    """Home and temporary folder are the run's own; in the checkout its processes work at the top."""
    assert traces.names(ROOT) == house.names_before
    assert traces.files(house.folder / "home") == set()
    assert traces.files(house.folder / "temporary") == set()


def test_a_second_run_in_the_same_folder_is_refused_in_one_line(house: House) -> None:
    refused = house.tracker("run")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1 and "already running" in refused.stderr


def test_an_occupied_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = tracker(environment(tmp_path, PORT=port), "run")
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [f"port {port} is in use: set PORT=... or stop the other program"]


def test_a_wrong_setting_ends_the_command_with_one_line_that_names_it(tmp_path: Path) -> None:
    refused = tracker(environment(tmp_path, DATABASE_URL="mysql://x"), "db", "upgrade")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stderr.startswith("DATABASE_URL: ") and "postgresql://" in refused.stderr
