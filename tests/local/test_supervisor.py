"""`make run` as its user meets it: up in order, restarted when hurt, gone without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starters import is_gone, within

from tracker.local.ports import any_port, port_is_free

BOARD = Path(__file__).with_name("board.py")


def command(var_dir: Path, port: int, scene: str) -> list[str]:
    return [sys.executable, str(BOARD), str(var_dir), str(port), scene]


@contextmanager
def running(
    var_dir: Path, port: int, scene: str = "plain", *, told: str = "everything is up"
) -> Iterator[subprocess.Popen[str]]:
    var_dir.mkdir(parents=True, exist_ok=True)
    output = var_dir / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            command(var_dir, port, scene), stdout=file, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
    try:
        assert within(30, lambda: told in output.read_text() or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(30)


def written(var_dir: Path) -> dict[str, Any]:
    return json.loads((var_dir / "run.json").read_text())


def every_pid(run: dict[str, Any]) -> list[int]:
    return [*run["processes"].values(), *(server["pid"] for server in run["servers"].values())]


def ask_twice(var_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(var_dir, port, "plain"), capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_with_exit_code_0(tmp_path: Path, number: signal.Signals) -> None:
    port = any_port()
    with running(tmp_path, port) as process:
        run = written(tmp_path)
        assert run["supervisor"] == process.pid
        assert run["urls"] == {"web": f"http://127.0.0.1:{port}/"}
        process.send_signal(number)
        assert process.wait(30) == 0
        assert all(is_gone(pid) for pid in every_pid(run))
        assert port_is_free(port)
        assert not (tmp_path / "run.json").exists()


def test_lines_carry_their_speaker_and_steps_their_seconds(tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    with running(tmp_path, any_port()):
        assert within(15, lambda: "tick" in output.read_text())
    text = output.read_text()
    assert "once     | done once" in text
    assert "worker   | tick" in text
    steps = [line.split()[0] for line in text.splitlines() if line.endswith(" s")]
    assert steps == ["valkey", "once", "web"]


@pytest.mark.parametrize("name", ["web", "worker", "valkey"])
def test_what_is_killed_is_started_again(tmp_path: Path, name: str) -> None:
    port = any_port()
    with running(tmp_path, port):
        before = {**written(tmp_path)["processes"], "valkey": written(tmp_path)["servers"]["valkey"]["pid"]}[name]
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            run = written(tmp_path)
            now = {**run["processes"], "valkey": run["servers"]["valkey"]["pid"]}[name]
            return now != before and not is_gone(now) and not port_is_free(port)

        assert within(15, is_back)
        said = (tmp_path / "output.txt").read_text()
        assert f"{name} was ended by SIGKILL; starting it again in 0.5 s" in said or "valkey ended" in said


def test_killing_the_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    port = any_port()
    with running(tmp_path, port) as process:
        pids = every_pid(written(tmp_path))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert within(15, lambda: all(is_gone(pid) for pid in pids) and port_is_free(port))


def test_what_a_double_kill_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    port = any_port()
    with running(tmp_path, port) as process:
        web = written(tmp_path)["processes"]["web"]
        process.send_signal(signal.SIGSTOP)  # so that it cannot end the group of the process killed next
        os.kill(web, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert not port_is_free(port)
    with running(tmp_path, port) as process:
        assert process.poll() is None
        assert written(tmp_path)["processes"]["web"] != web


def test_a_process_that_does_not_drain_is_ended_all_the_same(tmp_path: Path) -> None:
    with running(tmp_path, any_port(), "deaf", told="| deaf") as process:
        pids = every_pid(written(tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert all(is_gone(pid) for pid in pids)


def test_a_process_that_ends_before_it_is_ready_stops_the_start_and_is_named(tmp_path: Path) -> None:
    done = subprocess.run(command(tmp_path, any_port(), "dies"), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "stopping: web ended with exit code 3 before it was ready" in done.stdout


def test_a_second_run_in_the_same_folder_says_so_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path, any_port()) as process:
        second = ask_twice(tmp_path, any_port())
        assert second.returncode == 2
        assert second.stderr.count("\n") == 1
        assert f"already running in {tmp_path} (process {process.pid})" in second.stderr
        assert process.poll() is None


def test_an_occupied_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ask_twice(tmp_path, port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"port {port} is in use: set PORT=... or stop the other program\n"
    assert not (tmp_path / "valkey").exists()
