"""The broker that `make run` brings along: one URL for all who use it, the same after a crash."""

import os
import signal
from pathlib import Path

import pytest
import redis
from kombu import Connection
from limits.storage import storage_from_string
from starters import is_gone, kill_9, start_server, within

from tracker.local import valkey
from tracker.local.server import LocalServerError


def test_one_url_serves_celery_limits_and_redis_alike(tmp_path: Path) -> None:
    server = valkey.ensure(tmp_path)
    assert redis.from_url(server.url).ping()
    assert storage_from_string(server.url).check()
    with Connection(server.url) as connection:
        assert connection.ensure_connection(max_retries=1).connected
    server.stop()


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    server = valkey.ensure(tmp_path)
    port = server.url.rpartition(":")[2].partition("/")[0]
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(f"redis://127.0.0.1:{port}/0").ping()
    for name in ("place.json", "valkey.conf"):
        assert (tmp_path / "valkey" / name).stat().st_mode & 0o077 == 0
    server.stop()


def test_a_started_server_is_found_again_and_only_its_starter_stops_it(tmp_path: Path) -> None:
    first, second = valkey.ensure(tmp_path), valkey.ensure(tmp_path)
    assert (first.started, second.started, second.url) == (True, False, first.url)
    second.stop()
    assert redis.from_url(first.url).ping()
    first.stop()
    assert is_gone(first.pid)


def test_a_killed_server_comes_back_at_the_same_address(tmp_path: Path) -> None:
    server = valkey.ensure(tmp_path)
    os.kill(server.pid, signal.SIGKILL)
    again = valkey.ensure(tmp_path)
    assert again.started
    assert again.url == server.url
    assert redis.from_url(server.url).ping()
    again.stop()
    server.stop()


@pytest.mark.parametrize("in_thread", [False, True], ids=["by the kernel", "by the guard"])
def test_killing_the_starter_ends_the_server(tmp_path: Path, in_thread: bool) -> None:
    starter, pid, _ = start_server("valkey", tmp_path, in_thread=in_thread)
    kill_9(starter)
    assert within(15, lambda: is_gone(pid))


def test_two_folders_have_two_servers(tmp_path: Path) -> None:
    one, two = valkey.ensure(tmp_path / "one"), valkey.ensure(tmp_path / "Наша редакція, 2026 %")
    assert one.url != two.url
    one.stop()
    two.stop()


def test_without_any_program_the_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalServerError, match="set REDIS_URL"):
        valkey.ensure(tmp_path)
