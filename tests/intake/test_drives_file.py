"""Drives in a campaign's file: told once, read as they were meant, and refused in words."""

from datetime import date

import pytest

from tracker.core.annotations import Drive
from tracker.intake import campaign_file
from tracker.intake.campaign_file import CampaignFileError

FILE = """
slug = "year-end"
name = "Year end"
goal = 10
starts_on = 2026-01-01
ends_on = 2026-12-31
products = ["prod_member"]
"""


def drives(tables: str) -> tuple[Drive, ...]:
    return campaign_file.read(FILE + tables, "Europe/Kyiv").drives


def drive(lines: str) -> str:
    return f"[[drives]]\n{lines}\n"


SPRING = drive('name = "Spring drive"\nfirst_on = 2026-04-01\nlast_on = 2026-04-14\nlift = 3')
ONE_DAY = drive('name = "Open day"\nfirst_on = 2026-03-01')


def test_a_drive_has_a_name_days_and_perhaps_a_lift() -> None:
    told = drives(SPRING + ONE_DAY)
    assert told == (
        Drive("Open day", date(2026, 3, 1), date(2026, 3, 1), None),
        Drive("Spring drive", date(2026, 4, 1), date(2026, 4, 14), 3.0),
    )


def test_the_order_of_drives_in_the_file_is_no_change_of_the_campaign() -> None:
    assert drives(SPRING + ONE_DAY) == drives(ONE_DAY + SPRING)


def test_a_file_without_drives_tells_none() -> None:
    assert drives("") == ()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('name = ""\nfirst_on = 2026-04-01', "there are no words"),
        (f'name = "{"x" * 201}"\nfirst_on = 2026-04-01', "201 characters; at most 200"),
        ('name = "a\\u0007b"\nfirst_on = 2026-04-01', "control character"),
        ('name = "a\\nb"\nfirst_on = 2026-04-01', "line break"),
        ('name = "a"\nfirst_on = 2026-04-02\nlast_on = 2026-04-01', "lies before the first day"),
        ('name = "a"\nfirst_on = 2026-01-01\nlast_on = 2027-02-05', "401 days; at most 400"),
        ('name = "a"\nfirst_on = 2026-04-01\nlift = 0.05', "0.05 is no lift"),
        ('name = "a"\nfirst_on = 2026-04-01\nlift = 51', "51 is no lift"),
        ('name = "a"\nfirst_on = 2026-04-01\nlift = nan', "nan is no lift"),
        ('name = "a"\nfirst_on = 2026-04-01\nlift = true', "drives.0.lift"),
        ('name = "a"\nfirst_on = 2026-04-01\nuplift = 2', "drives.0.uplift"),
        ('name = "a"', "drives.0.first_on"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_with_its_place(lines: str, words: str) -> None:
    with pytest.raises(CampaignFileError) as refused:
        drives(drive(lines))
    assert words in str(refused.value) and "drives" in str(refused.value)


def test_the_same_drive_twice_is_one_too_many() -> None:
    with pytest.raises(CampaignFileError, match="'Spring drive' from 2026-04-01 to 2026-04-14 is there twice"):
        drives(SPRING + SPRING)
