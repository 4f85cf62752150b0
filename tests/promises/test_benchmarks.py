"""The long benchmarks of `make bench`, in short: the same code over fewer objects and members."""

from pathlib import Path

import pytest

from bench import finance, rebuild, sweep

pytestmark = pytest.mark.journey


def test_a_rebuild_of_a_multiplied_account_comes_to_what_the_product_had_worked_out(tmp_path: Path) -> None:
    found = {one.name: one for one in rebuild.figures(tmp_path, objects=6_000, members=20)}
    assert [one for one in found.values() if not one.is_met] == []
    assert found["rebuild: stored objects"].value >= 6_000
    assert found["rebuild: peak of its database session"].value > 1


def test_a_full_sweep_finds_nothing_in_an_account_that_stood_still(tmp_path: Path) -> None:
    found = {one.name: one for one in sweep.figures(tmp_path, members=60)}
    assert found["sweep: requests"].value > 10
    assert found["sweep: wall"].is_met


def test_a_month_of_the_books_is_drawn_at_once_and_in_little_memory(tmp_path: Path) -> None:
    found = {one.name: one for one in finance.figures(tmp_path, entries=3_000)}
    assert found["finance: its first row"].is_met and found["finance: peak of the process"].is_met
    assert found["finance: transactions.csv"].value > 0
