"""What is close to the number and is not in it, or is in it in a way that one should know (RULES 4)."""

from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext


def panel() -> Panel:
    """Beside the count."""
    return Panel(
        name="beside",
        title=lambda: gettext("Beside the count"),
        definition=lambda: gettext(
            "Persons, but for pledges and objects. In grace and offline are in the number; the others are not."
        ),
        make=_report,
    )


def _report(reading: Reading) -> Report:
    found, told = reading.beside, reading.told
    if found.count is None:
        return Report(
            gettext("No number yet: nothing true can be said before the first sync with Stripe is whole.")
        )
    columns = (
        Column("what", gettext("What"), "text"),
        Column("meaning", gettext("Meaning"), "text"),
        Column("count", gettext("How many"), is_persons=True),
    )
    rows = [
        (gettext("Pledges open"), gettext("said they would join, not paid yet"), told(found.pledges_open)),
        (gettext("Payment pending"), gettext("first payment on its way"), told(found.pending)),
        (gettext("In grace"), gettext("counted, while the renewal is collected"), told(found.in_grace)),
        (gettext("Complimentary"), gettext("not counted: nothing was paid"), told(found.complimentary)),
        (gettext("Offline"), gettext("counted, paid outside Stripe"), told(found.offline)),
        (gettext("Possible duplicates"), gettext("same e-mail, not merged"), told(int(found.possible_duplicates))),
        (gettext("Unsettled"), gettext("objects waiting for Stripe"), found.unsettled),
    ]
    sentence = gettext("What is close to the number and is not in it, or is in it in a way that one should know.")
    return Report(sentence, Table(columns, rows))
