"""The section `[gifts]` of a campaign's file: amounts as a publisher writes them, and errors that say the cure."""

import pytest

from tracker.core.gifts import Gifts
from tracker.intake import campaign_file
from tracker.intake.campaign_file import CampaignFileError

FILE = """
slug = "2026"
name = "Members"
goal = 100
starts_on = 2026-01-01
ends_on = 2026-12-31
products = ["prod_member"]
donation_products = ["prod_gift"]
[gifts]
"""
GIFT = 'product = "prod_gift"\n'


def gifts(section: str) -> Gifts:
    return campaign_file.read(FILE + section, "Europe/Kyiv").gifts


def test_without_the_section_no_gifts_are_offered() -> None:
    assert campaign_file.read(FILE.removesuffix("[gifts]\n"), "Europe/Kyiv").gifts == Gifts()


def test_amounts_become_minor_units_of_their_currency() -> None:
    section = GIFT + '[gifts.amounts]\nEUR = [5, 10, "12.50"]\nJPY = [500, 1000]\n[gifts.limits]\nEUR = [1, 5000]'
    found = gifts(section)
    assert found.amounts == {"EUR": (500, 1000, 1250), "JPY": (500, 1000)}
    assert found.limits == {"EUR": (100, 500_000), "JPY": (500, 100_000)}
    assert found.intervals == ("once", "month", "year") and found.has_note


def test_intervals_and_the_note_can_be_chosen() -> None:
    found = gifts(GIFT + 'intervals = ["month"]\nnote = false\n[gifts.amounts]\nEUR = [5]')
    assert found.intervals == ("month",) and not found.has_note


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('product = "prod_other"\n[gifts.amounts]\nEUR = [5]', "none of donation_products"),
        (GIFT, "at least one line of gifts.amounts"),
        ("[gifts.amounts]\nEUR = [5]", "need both a product"),
        (GIFT + "[gifts.amounts]\nEUR = [10, 5]", "must rise"),
        (GIFT + "[gifts.amounts]\nEUR = [5, 5]", "must rise"),
        (GIFT + "[gifts.amounts]\nEUR = [0, 5]", "no amount above 0"),
        (GIFT + "[gifts.amounts]\nEUR = [-5]", "no amount above 0"),
        (GIFT + "[gifts.amounts]\nEUR = [2.5]", "gifts.amounts.EUR.0"),
        (GIFT + '[gifts.amounts]\nEUR = ["2.505"]', "no amount above 0"),
        (GIFT + '[gifts.amounts]\nEUR = ["0.30", 5]', "below Stripe's smallest charge of 0.50"),
        (GIFT + "[gifts.amounts]\nHUF = [100]", "below Stripe's smallest charge of 175.00"),
        (GIFT + "[gifts.amounts]\nEUR = [5]\n[gifts.limits]\nEUR = [6, 10]", "within gifts.limits.EUR"),
        (GIFT + "[gifts.amounts]\nEUR = [5]\n[gifts.limits]\nUSD = [6, 10]", "gifts.limits.USD has no line"),
        (GIFT + "[gifts.amounts]\nEUR = [5]\n[gifts.limits]\nEUR = [1, 2000000]", "above Stripe's largest charge"),
        (GIFT + "[gifts.amounts]\nEUX = [5]", "'EUX' is no currency"),
        (GIFT + "[gifts.amounts]\neur = [5]", "'eur' is no currency"),
        (GIFT + '[gifts.amounts]\nKWD = ["2.505"]', "finer than Stripe charges"),
        (GIFT + "[gifts.amounts]\nEUR = []", "gifts.amounts.EUR"),
        (GIFT + 'intervals = ["week"]\n[gifts.amounts]\nEUR = [5]', "gifts.intervals.0"),
        (GIFT + 'intervals = ["once", "once"]\n[gifts.amounts]\nEUR = [5]', "name one twice"),
        (GIFT + "sum = 5\n[gifts.amounts]\nEUR = [5]", "gifts.sum"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(section: str, words: str) -> None:
    with pytest.raises(CampaignFileError, match="gifts") as error:
        gifts(section)
    assert words in str(error.value)
