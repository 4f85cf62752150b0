"""The long proofs of `make prove`, in short: the same code over fewer requests, on the same real processes."""

from pathlib import Path

import pytest

from bench.prove import malformed

pytestmark = pytest.mark.journey


def test_of_4000_malformed_requests_each_is_refused_and_none_leaves_a_row(tmp_path: Path) -> None:
    found = malformed.figures(tmp_path, seed=4, count=4_000)
    assert [one for one in found if not one.is_met] == []
