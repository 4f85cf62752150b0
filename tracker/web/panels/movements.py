"""Who joined, came back and left: a bridge that closes every day, in total and for any one filter."""

from collections.abc import Sequence
from datetime import timedelta

from tracker.web import briefing, charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.panels.growth import span_words
from tracker.web.reading import Reading
from tracker.web.words import gettext


def panel() -> Panel:
    """Movements."""
    return Panel(
        name="movements",
        title=lambda: gettext("Joined, returned, left"),
        definition=lambda: gettext(
            "Joined: a person’s first membership ever began. Returned: covered again after a gap. Left: "
            "covered no "
            "more, after the grace for a late payment. Opening + joined + returned − left = closing, every day; "
            "with a filter also those who moved into and out of the group."
        ),
        make=_report,
        rows="moved",
    )


def _report(reading: Reading) -> Report:
    return Report(
        sentence=_sentence(reading),
        table=_table(reading) if reading.days else None,
        figure=lambda: _figure(reading),
        aside=_sums(reading) if reading.days else None,
    )


def _figure(reading: Reading) -> charts.Figure:
    spans = reading.spans
    rows = [(one.first, one.last, one.joined, one.returned, one.left) for one in spans]
    if not {"plan", "country"} & set(reading.scope.only):  # from an article or a placement nobody moves
        return charts.movements(rows)
    moved_in, moved_out = [one.moved_in for one in spans], [one.moved_out for one in spans]
    return charts.movements(rows, moved_in=moved_in, moved_out=moved_out)


def _sentence(reading: Reading) -> str:
    if reading.scope.is_shared:
        return _in_words(reading.spans[-1:]) if reading.spans else gettext("The first week is not over yet.")
    if reading.scope.only or reading.scope.span != "campaign":
        return _of_the_days(reading)
    lately = reading.lately
    if lately is None:
        return gettext("The campaign’s first day is not over: there is nothing to compare yet.")
    told = gettext(
        "%(joined)s joined %(span)s, %(returned)s came back and %(left)s left.",
        joined=words.number(lately.joined),
        span=span_words(lately.days),
        returned=words.number(lately.returned),
        left=words.number(lately.left),
    )
    return f"{told} {_beside_before(reading)}".strip()


def _beside_before(reading: Reading) -> str:
    """The seven days before those, when there are seven."""
    today = reading.scope.today
    days = [day for day in reading.campaign_days if today - timedelta(days=14) <= day.day < today]
    if len(days) < 14:
        return ""
    joined, left = sum(day.joined for day in days[:7]), sum(day.left for day in days[:7])
    return gettext(
        "In the seven days before, %(joined)s joined and %(left)s left.",
        joined=words.number(joined),
        left=words.number(left),
    )


def _of_the_days(reading: Reading) -> str:
    if not reading.days:
        return gettext("None of these days has come.")
    return _in_words(reading.spans)


def _in_words(spans: Sequence[briefing.Span]) -> str:
    return gettext(
        "%(joined)s joined, %(returned)s came back and %(left)s left from %(first)s to %(last)s.",
        joined=words.number(sum(one.joined for one in spans)),
        returned=words.number(sum(one.returned for one in spans)),
        left=words.number(sum(one.left for one in spans)),
        first=words.day(spans[0].first),
        last=words.day(spans[-1].last),
    )


def _columns(reading: Reading) -> list[Column]:
    moved = [
        Column("moved_in", gettext("Moved in"), "signed"),
        Column("moved_out", gettext("Moved out"), "signed"),
    ]
    return [
        Column("joined", gettext("Joined"), "signed", is_persons=True),
        Column("returned", gettext("Returned"), "signed", is_persons=True),
        Column("left", gettext("Left"), "count", is_persons=True),
        *(moved if reading.scope.only else []),
    ]


def _table(reading: Reading) -> Table:
    columns = [
        Column("first_day", gettext("From"), "day"),
        Column("last_day", gettext("To"), "day"),
        Column("opening", gettext("Opening")),
        *_columns(reading),
        Column("closing", gettext("Closing")),
        Column("inferred", gettext("Reconstructed"), "flag"),
    ]
    rows: list[tuple[Cell, ...]] = []
    for span in reading.spans:
        moved = [span.moved_in, span.moved_out] if reading.scope.only else []
        middle = [span.joined, span.returned, span.left, *moved]
        rows.append((span.first, span.last, span.opening, *middle, span.closing, span.inferred))
    return Table(tuple(columns), rows, is_sum_known=False)


def _sums(reading: Reading) -> Table:
    """The whole stretch of days as one bridge."""
    days = reading.days
    columns = (
        Column("what", gettext("The whole time"), "text"),
        Column("persons", gettext("Persons"), is_persons=True),
    )
    rows: list[tuple[str, int]] = [
        (gettext("Members at the start"), days[0].opening),
        (gettext("Joined"), sum(day.joined for day in days)),
        (gettext("Returned"), sum(day.returned for day in days)),
        (gettext("Left"), -sum(day.left for day in days)),
    ]
    if reading.scope.only:
        rows.append((gettext("Moved in"), sum(span.moved_in for span in reading.spans)))
        rows.append((gettext("Moved out"), -sum(span.moved_out for span in reading.spans)))
    return Table(columns, rows, (gettext("Members at the end"), days[-1].closing))
