"""Articles, authors, sections and placements: from a view to a member who is still one after 90 days."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from urllib.parse import urlsplit

from tracker.core.article_card import NO_ARTICLE, NO_AUTHOR, NO_SECTION, ArticleCard, by_author, by_section
from tracker.core.progress import Source
from tracker.web import charts, words
from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext

_CHARTED = 10
UNTOLD = (*NO_ARTICLE, NO_AUTHOR, NO_SECTION)


def panels() -> list[Panel]:
    """One for each way of grouping."""
    return [
        _panel("articles", lambda: gettext("Articles"), lambda: gettext("Article"), _articles),
        _panel("authors", lambda: gettext("Authors"), lambda: gettext("Author"), _authors),
        _panel("sections", lambda: gettext("Sections"), lambda: gettext("Section"), _sections),
        _panel("versions", lambda: gettext("Versions of the banner"), lambda: gettext("Version"), _versions),
        _panel("placements", lambda: gettext("Placements"), lambda: gettext("Placement"), _placements),
    ]


Rows = Callable[[Reading], Sequence[tuple[str, Source]]]
"""(shown name, figures), the most joined first."""


def _panel(name: str, title: Callable[[], str], one: Callable[[], str], rows: Rows) -> Panel:
    return Panel(
        name=name,
        title=title,
        definition=lambda: _definition(name),
        make=lambda reading: _report(reading, name, one(), rows(reading)),
        rows="joined",
    )


def _definition(name: str) -> str:
    told = gettext(
        "Views: half of the banner in sight for a second, bots apart. Pledges: said they would join. Joined: "
        "whose "
        "first membership ever began from such a pledge. Still members: of those who joined 90 days ago or "
        "earlier, "
        "covered 90 days after. Each of these happened on the days looked at."
    )
    if name != "authors":
        return told
    whole = gettext("Who wrote with others is credited whole, so the rows add up to more than the total.")
    return f"{told} {whole}"


def _articles(reading: Reading) -> Sequence[tuple[str, Source]]:
    cards = reading.cards
    return [(title_of(row.key, cards.get(row.key)), row) for row in reading.by_article]


def title_of(key: str, card: ArticleCard | None) -> str:
    """An article by its title; by its address without the site's where none is known."""
    if card is not None and card.title:
        return card.title
    parts = urlsplit(key)
    return (parts.path if parts.netloc else key) or gettext("(no article)")


def _authors(reading: Reading) -> Sequence[tuple[str, Source]]:
    rows = by_author(reading.by_article, reading.cards)
    return [
        (gettext("(no author told)") if row.key == NO_AUTHOR else title_of(row.key, None), row) for row in rows
    ]


def _sections(reading: Reading) -> Sequence[tuple[str, Source]]:
    rows = by_section(reading.by_article, reading.cards)
    return [
        (gettext("(no section told)") if row.key == NO_SECTION else title_of(row.key, None), row) for row in rows
    ]


def _placements(reading: Reading) -> Sequence[tuple[str, Source]]:
    return [(row.key or gettext("(no placement)"), row) for row in reading.sources("placement")]


def _versions(reading: Reading) -> Sequence[tuple[str, Source]]:
    return [(row.key or gettext("(not known)"), row) for row in reading.sources("embed")]


def _report(reading: Reading, name: str, one: str, rows: Sequence[tuple[str, Source]]) -> Report:
    if not rows:
        return Report(gettext("Nothing came from here on these days."))
    told = [(shown, row.joined) for shown, row in _told(rows)[:_CHARTED]]
    return Report(
        sentence=_sentence(rows),
        table=_table(name, one, rows),
        figure=(lambda: charts.ranking(told, gettext("joined"))) if any(n for _, n in told) else None,
        note=_machines(reading) if name == "articles" else "",
    )


def _machines(reading: Reading) -> str:
    views = reading.machine_views
    if not views:
        return ""
    return ngettext(
        "%(views)s view by a bot or a browser that fetched ahead is counted apart, in none of these.",
        "%(views)s views by bots and browsers that fetched ahead are counted apart, in none of these.",
        views,
        views=words.number(views),
    )


def _told(rows: Sequence[tuple[str, Source]]) -> list[tuple[str, Source]]:
    """Those of which it is known what they are: nobody can do anything about the others."""
    return [(shown, row) for shown, row in rows if row.key not in UNTOLD]


def _sentence(rows: Sequence[tuple[str, Source]]) -> str:
    joined = sum(row.joined for _, row in rows)
    told = _told(rows)
    if not joined:
        return gettext("Nobody has joined from here on these days.")
    if not told or not told[0][1].joined:
        return gettext("Joined: %(all)s. Of none of them is this known.", all=words.number(joined))
    first, most = told[0]
    return gettext(
        "“%(first)s” brought most: %(n)s of %(all)s who joined (%(share)s).",
        first=first,
        n=words.number(most.joined),
        all=words.number(joined),
        share=words.part(Fraction(most.joined, joined)),
    )


def _table(name: str, one: str, rows: Sequence[tuple[str, Source]]) -> Table:
    columns = (
        Column(name.removesuffix("s"), one, "text"),
        *((Column("address", gettext("Address"), "text"),) if name == "articles" else ()),
        Column("views", gettext("Views")),
        Column("clicks", gettext("Clicks")),
        Column("pledges", gettext("Pledges"), is_persons=True),
        Column("joined", gettext("Joined"), is_persons=True),
        Column("joined_per_1000_views", gettext("Joined in 1,000 views"), "ratio"),
        Column("retained", gettext("Still members"), is_persons=True),
    )
    return Table(columns, [_row(name, shown, row) for shown, row in rows])


def _row(name: str, shown: str, row: Source) -> tuple[str | int | Fraction | None, ...]:
    """Pledges without a view came by ways that nobody counts views of, or before they were counted: no zero
    then."""
    is_seen = bool(row.views) or not row.pledges
    rate = Fraction(row.joined * 1000, row.views) if row.views else None
    address = (row.key,) if name == "articles" else ()
    seen = (row.views, row.clicks) if is_seen else (None, None)
    return (shown, *address, *seen, row.pledges, row.joined, rate, row.retained)
