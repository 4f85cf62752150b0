"""Pages leave packed where that helps, and as they are where it does not."""

import gzip
from collections.abc import Iterator

import pytest
from staff_house import House, running


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:
        yield found


PACKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/sign-in", "/static/css/staff.css", "/static/js/dashboard.js"])
def test_a_page_and_its_files_are_the_same_packed_and_not(house: House, path: str) -> None:
    plain, packed = house.client().get(path), house.client().get(path, headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    opened = gzip.decompress(packed.data)
    assert len(packed.data) < len(opened)
    assert packed.content_length == len(packed.data)
    if path != "/sign-in":  # its token is another each time
        assert opened == plain.data


def test_who_has_a_file_already_is_told_so_packed_or_not(house: House) -> None:
    first = house.client().get("/static/css/staff.css", headers=PACKED)
    again = house.client().get("/static/css/staff.css", headers={**PACKED, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("accepts", ["", "identity", "gzip;q=0", "br"])
def test_whoever_reads_no_gzip_gets_none(house: House, accepts: str) -> None:
    answer = house.client().get("/sign-in", headers={"Accept-Encoding": accepts})
    assert "Content-Encoding" not in answer.headers and "<html" in answer.text


def test_a_short_answer_and_a_part_of_a_file_stay_as_they_are(house: House) -> None:
    part = house.client().get("/static/css/staff.css", headers={**PACKED, "Range": "bytes=0-9"})
    assert part.status_code == 206 and len(part.data) == 10 and "Content-Encoding" not in part.headers
    short = house.client().get("/static/js/preview.js", headers=PACKED)
    assert "Content-Encoding" not in short.headers and short.data
