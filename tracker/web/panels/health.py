"""Whether the numbers above can be trusted today: how well we hear Stripe."""

from tracker.intake.health import pulse
from tracker.web import words
from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext


def panel() -> Panel:
    """Data health."""
    return Panel(
        name="health",
        title=lambda: gettext("Health of the data"),
        definition=lambda: gettext(
            "Unsettled: objects that wait for Stripe or hold something unknown here; they are not counted. "
            "Drift: objects on which our store and Stripe’s lists still differ after the last comparison."
        ),
        make=_report,
        is_for_outsiders=False,
    )


def _report(reading: Reading) -> Report:
    found, zone = pulse(), reading.campaign.zone
    as_of = reading.progress.as_of
    columns = (Column("what", gettext("What"), "text"), Column("state", gettext("State"), "text"))
    rows = [
        (gettext("Checked with Stripe"), words.moment(as_of, zone) if as_of else gettext("not yet")),
        (
            gettext("Last message"),
            words.moment(found.last_event_at, zone) if found.last_event_at else gettext("none yet"),
        ),
        (gettext("Waiting to be fetched"), words.number(found.marked)),
        (gettext("Unsettled"), words.number(found.unsettled)),
        (gettext("Drift"), words.number(found.drift)),
        (
            gettext("Lists compared"),
            words.moment(found.last_sync_at, zone) if found.last_sync_at else gettext("not yet"),
        ),
    ]
    return Report(
        _sentence(found.unsettled, found.drift, is_compared=found.last_sync_at is not None), Table(columns, rows)
    )


def _sentence(unsettled: int, drift: int, *, is_compared: bool) -> str:
    if not unsettled and not drift and not is_compared:
        return gettext("Everything that was heard is settled; our store is not compared with Stripe’s lists yet.")
    if not unsettled and not drift:
        return gettext("Everything that was heard is settled, and our store does not differ from Stripe’s lists.")
    told = []
    if unsettled:
        told.append(ngettext("%(num)d object is unsettled.", "%(num)d objects are unsettled.", unsettled))
    if drift:
        told.append(ngettext("%(num)d object differs from Stripe.", "%(num)d objects differ from Stripe.", drift))
    return " ".join(told)
