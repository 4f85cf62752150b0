"""Members against the goal's path, with what the forecast expects and what last year was at the same phase."""

from collections.abc import Iterator
from datetime import date

from tracker.web import briefing, charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext


def panel() -> Panel:
    """Growth."""
    return Panel(
        name="growth",
        title=lambda: gettext("Growth against the goal’s path"),
        definition=lambda: gettext(
            "Members are people whose paid time covers the moment, renewals in grace included. The path "
            "follows the "
            "season, not a straight line: December brings about a quarter of a year."
        ),
        make=_report,
    )


def span_words(days: int) -> str:
    """ "yesterday", "in the last 7 days"."""
    return ngettext("yesterday", "in the last %(num)d days", days)


def _report(reading: Reading) -> Report:
    return Report(
        sentence=_of_the_week(reading) if reading.scope.is_shared else _sentence(reading),
        table=_table(reading) if reading.days else None,
        figure=lambda: _figure(reading),
        note=_note(reading),
    )


def _sentence(reading: Reading) -> str:
    if reading.scope.only or reading.scope.span != "campaign":
        return _of_the_days(reading)
    lately = reading.lately
    if lately is None:
        return gettext("The campaign’s first day is not over: there is nothing to compare yet.")
    span, net = span_words(lately.days), words.signed(lately.net)
    if lately.ahead is None:
        return gettext("Members %(span)s: %(net)s.", span=span, net=net)
    gap = words.number(abs(lately.ahead))
    if lately.ahead == 0:
        return gettext("Members %(span)s: %(net)s, just what the path asks for.", span=span, net=net)
    if lately.ahead > 0:
        return gettext(
            "Members %(span)s: %(net)s, %(gap)s more than the path asks for.", span=span, net=net, gap=gap
        )
    return gettext("Members %(span)s: %(net)s, %(gap)s fewer than the path asks for.", span=span, net=net, gap=gap)


def _of_the_week(reading: Reading) -> str:
    """To people outside: the last row of the table, for other days beside it would tell of single ones."""
    if not reading.spans:
        return gettext("The first week is not over yet.")
    last = reading.spans[-1]
    return gettext(
        "From %(opening)s to %(closing)s members between %(first)s and %(last)s: %(net)s.",
        opening=words.number(last.opening),
        closing=words.number(last.closing),
        first=words.day(last.first),
        last=words.day(last.last),
        net=words.signed(last.closing - last.opening),
    )


def _of_the_days(reading: Reading) -> str:
    if not reading.days:
        return gettext("None of these days has come.")
    first, last = reading.days[0], reading.days[-1]
    return gettext(
        "From %(opening)s to %(closing)s members between %(first)s and %(last)s: %(net)s.",
        opening=words.number(first.opening),
        closing=words.number(last.closing),
        first=words.day(first.day),
        last=words.day(last.day),
        net=words.signed(last.closing - first.opening),
    )


def _note(reading: Reading) -> str:
    inferred = [day.day for day in reading.days if day.inferred]
    if not inferred:
        return ""
    return gettext(
        "Days up to %(day)s, marked as reconstructed in the table, are worked out from Stripe’s records: we "
        "were not "
        "listening yet, or messages are missing.",
        day=words.day(inferred[-1]),
    )


def _table(reading: Reading) -> Table:
    columns = [Column("day", gettext("Day"), "day"), Column("members", gettext("Members"), is_persons=True)]
    if reading.path:
        columns += [Column("path", gettext("Path")), Column("ahead", gettext("Ahead"), "signed")]
    if reading.scope.compares:
        columns.append(Column("last_year", gettext("Last year"), is_persons=True))
    if reading.fan:
        columns += [
            Column("p10", gettext("1 in 10 below")),
            Column("p50", gettext("Expected")),
            Column("p90", gettext("1 in 10 above")),
        ]
    columns.append(Column("inferred", gettext("Reconstructed"), "flag"))
    return Table(tuple(columns), list(_rows(reading)))


def _rows(reading: Reading) -> Iterator[tuple[Cell, ...]]:
    """What was, then what is expected; the latest first would hide that it is one line, so by time."""
    for span, members in reading.ends_of_spans():
        yield _row(reading, span.last, members, inferred=span.inferred)
    for day in _ends_ahead(reading):
        yield _row(reading, day, None, inferred=None)


def _row(reading: Reading, day: date, members: int | None, *, inferred: bool | None) -> tuple[Cell, ...]:
    cells: list[Cell] = [day, members]
    if reading.path:
        path = round(reading.path[day]) if day in reading.path else None
        cells += [path, None if members is None or path is None else members - path]
    if reading.scope.compares:
        cells.append(reading.last_year.get(day))
    if reading.fan:
        expected = reading.fan.get(day)
        cells += [round(expected.p10), round(expected.p50), round(expected.p90)] if expected else [None] * 3
    return (*cells, inferred)


def _ends_ahead(reading: Reading) -> list[date]:
    """The days to come at which a span ends, as many as the forecast reaches."""
    days = [day for day in reading.fan if day > reading.scope.last]
    if not days:
        return []
    return [day for day in days if briefing.ends_span(day, reading.scope.by) or day == days[-1]]


def _figure(reading: Reading) -> charts.Figure:
    goal = gettext("goal %(goal)s", goal=words.number(reading.campaign.goal))
    return charts.growth(
        reading.closings,
        [(day, value) for day, value in reading.path.items() if day >= reading.scope.first],
        unit_goal=goal,
        before=list(reading.last_year.items()) if reading.scope.compares else (),
        fan=[
            (day, one.p2_5, one.p10, one.p25, one.p50, one.p75, one.p90, one.p97_5)
            for day, one in reading.fan.items()
        ],
        notes=[charts.Note(one.first_on, one.last_on, one.text, one.kind) for one in reading.notes],
    )
