"""The database that `make run` brings along: started, found again, and never left behind."""

import os
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starters import is_gone, kill_9, start_server, within

from tracker.local import binaries, postgres
from tracker.local.server import LocalServerError


def ask(url: str, sql: str) -> Any:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        answer = connection.execute(sql)
        return answer.fetchone()[0] if answer.description else None


def test_a_started_server_is_found_again_and_only_its_starter_stops_it(tmp_path: Path) -> None:
    first = postgres.ensure(tmp_path, throwaway=True)
    second = postgres.ensure(tmp_path, throwaway=True)
    assert (first.started, second.started) == (True, False)
    assert second.url == first.url
    second.stop()
    assert ask(first.url, "select current_database()") == "tracker"
    first.stop()
    first.stop()
    assert is_gone(first.pid)


def test_what_was_committed_is_there_at_the_next_start(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path)
    ask(server.url, "create table kept as select 1 as one")
    assert ask(server.url, "show fsync") == "on"
    server.stop()
    again = postgres.ensure(tmp_path)
    assert ask(again.url, "select one from kept") == 1
    again.stop()


def test_throwaway_gives_up_safety_for_speed(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path, throwaway=True)
    assert [ask(server.url, f"show {name}") for name in ("fsync", "synchronous_commit")] == ["off", "off"]
    server.stop()


@pytest.mark.parametrize("in_thread", [False, True], ids=["by the kernel", "by the guard"])
def test_killing_the_starter_ends_the_server_and_loses_nothing(tmp_path: Path, in_thread: bool) -> None:
    starter, pid, url = start_server("postgres", tmp_path, in_thread=in_thread)
    ask(url, "create table kept as select 1 as one")
    kill_9(starter)
    assert within(15, lambda: is_gone(pid))
    again = postgres.ensure(tmp_path)
    assert ask(again.url, "select one from kept") == 1
    again.stop()


def test_a_killed_server_is_started_again_at_once(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path)
    ask(server.url, "create table kept as select 1 as one")
    os.kill(server.pid, signal.SIGKILL)
    again = postgres.ensure(tmp_path)
    assert again.started
    assert (again.url, ask(again.url, "select one from kept")) == (server.url, 1)
    again.stop()
    server.stop()


def test_a_pid_file_that_names_a_stranger_does_not_hinder(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path, throwaway=True)
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = postgres.ensure(tmp_path, throwaway=True)
    assert again.started
    again.stop()


def test_data_of_another_major_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")
    with pytest.raises(LocalServerError, match=r"PostgreSQL 13.*runs \d+.*pg_dump.*pg_restore.*DATABASE_URL"):
        postgres.ensure(tmp_path)


def test_a_half_made_directory_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = postgres.ensure(tmp_path, throwaway=True)
    assert ask(server.url, "select count(*) from pg_tables where schemaname = 'public'") == 0
    server.stop()


def test_a_path_too_long_for_a_socket_works_and_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path / ("d" * 60) / ("e" * 60), throwaway=True)
    sockets = Path(ask(server.url, "show unix_socket_directories").strip('"'))
    assert tmp_path not in sockets.parents
    assert sockets.stat().st_mode & 0o077 == 0
    server.stop()
    assert not sockets.exists()


def test_folders_above_the_data_stay_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = postgres.ensure(closed / "var", throwaway=True)
    assert ask(server.url, "select 1") == 1
    assert closed.stat().st_mode & 0o007 == 0
    server.stop()


def test_a_folder_with_spaces_commas_and_other_letters_is_as_good_as_any(tmp_path: Path) -> None:
    server = postgres.ensure(tmp_path / "Наша редакція, 2026 %", throwaway=True)
    assert ask(server.url, "select 1") == 1
    server.stop()


def test_variables_for_another_server_do_not_reach_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    server = postgres.ensure(tmp_path, throwaway=True)
    server.stop()
    assert is_gone(server.pid)


def test_without_any_programs_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda: iter(()))
    with pytest.raises(LocalServerError, match="set DATABASE_URL to a PostgreSQL 15 or later"):
        binaries.find_programs()
