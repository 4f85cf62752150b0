"""The articles of the invented newspaper that bring members in the demo's story.

The Dnipro Courier is an independent newsroom in Kyiv that exists only here. `story.py` takes its sources
from this list and `readers.py` joins from them; the words of the demo article itself are in
`tracker/static/demo/article.json`, because the product's pages may not import the test server.
"""

import json
import re
import sys
from dataclasses import dataclass
from datetime import date, timedelta

PUBLISHER = "The Dnipro Courier"
LEAD_TITLE = "The library that came back by wheelbarrow"

# Where a join began: (name, share in a quiet week, share while a campaign runs, needs an article).
PLACEMENTS: tuple[tuple[str, float, float, bool], ...] = (
    ("article-top", 0.30, 0.31, True),
    ("article-end", 0.24, 0.17, True),
    ("slim-bar", 0.13, 0.12, True),
    ("newsletter", 0.15, 0.24, False),
    ("homepage", 0.11, 0.10, False),
    ("direct", 0.07, 0.06, False),
)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a source of joins."""

    title: str
    section: str
    author: str
    days_before: int  # published this many days before the story's present
    weight: float  # how many readers it moves in its first week, relative to the others
    lasting: float  # the share of that pull which it keeps for good
    surge: float = 0.0  # what its first days add to the day's joins, in multiples of a quiet day

    @property
    def slug(self) -> str:
        """The last part of its address, made of the title; the product's demo pages read it back."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def published_on(self, today: date) -> date:
        """The day of publication, seen from `today` (a day in the publisher's zone)."""
        return today - timedelta(days=self.days_before)

    def path(self, today: date) -> str:
        """The path at the publisher's site; the lead article's is the product's own demo page."""
        if self.title == LEAD_TITLE:
            return "/demo/article"
        return f"/demo/{self.published_on(today).year}/{self.slug}"


def pull(article: Article, age_days: int) -> float:
    """How strongly an article brings readers to join `age_days` after its publication (0 before it)."""
    if age_days < 0:
        return 0.0
    fresh: float = 0.5 ** (age_days / 4)
    return article.weight * max(fresh, article.lasting)


ARTICLES: tuple[Article, ...] = (
    Article(LEAD_TITLE, "Reportage", "Olena Tyshko", 37, 9.0, 0.45, 1.6),
    Article("Why this newsroom belongs to its readers", "About us", "The editors", 1400, 5.0, 0.5),
    Article("How a story gets from a notebook to you", "About us", "The editors", 1400, 2.5, 0.4),
    Article("What we got wrong, and how we found out", "About us", "Marko Velychko", 1390, 1.5, 0.3),
    Article("The first page, and who carried it home", "About us", "The editors", 818, 5.0, 0.05, 0.6),
    Article("Where the trolleybuses sleep", "City", "Danylo Hrim", 803, 4.5, 0.04),
    Article("The woman who draws the missing streets", "Portrait", "Olena Tyshko", 791, 6.0, 0.06, 1.1),
    Article("Bread weighed by the light of a phone", "Reportage", "Marko Velychko", 776, 6.5, 0.07, 1.3),
    Article("Salt, wind and one working crane", "Economy", "Taras Ilnyk", 762, 4.0, 0.04),
    Article("What a well remembers", "Countryside", "Petro Lan", 747, 3.5, 0.04),
    Article("The museum that lends its chairs", "Culture", "Iva Soroka", 733, 4.0, 0.04),
    Article("A year in the queue for a passport", "Investigation", "Halyna Reva", 718, 7.0, 0.08, 1.5),
    Article("Nine winters of the same thermometer", "Science", "Petro Lan", 701, 4.0, 0.05),
    Article("The night shift at the seed bank", "Science", "Mykola Sych", 684, 4.5, 0.04),
    Article("Who pays for the bus that never came", "Investigation", "Halyna Reva", 668, 7.5, 0.09, 1.7),
    Article("The tailor who refuses zips", "Portrait", "Nadia Orel", 655, 4.0, 0.04),
    Article("Twelve bridges, one inspector", "Investigation", "Marko Velychko", 637, 6.5, 0.07, 1.2),
    Article("The reading room above the market", "Culture", "Zoya Kalyna", 620, 4.0, 0.04),
    Article("Honey from the roof of a ministry", "City", "Nadia Orel", 606, 4.0, 0.04),
    Article("The price of a jar of gherkins", "Economy", "Taras Ilnyk", 592, 4.5, 0.05),
    Article("Three villages share a doctor", "Countryside", "Oksana Bilyk", 579, 5.0, 0.06, 0.7),
    Article("The chess club that meets on platform four", "City", "Danylo Hrim", 566, 4.0, 0.04),
    Article("A theatre with eleven seats", "Culture", "Iva Soroka", 549, 4.5, 0.05),
    Article("The tender nobody read to the end", "Investigation", "Halyna Reva", 533, 8.0, 0.10, 1.9),
    Article("How to move a lighthouse", "Reportage", "Marko Velychko", 518, 6.0, 0.06, 1.1),
    Article("The last typesetter learns to swim", "Portrait", "Olena Tyshko", 504, 5.5, 0.06),
    Article("Small change: a month without cards", "Economy", "Yurii Dovhan", 489, 4.0, 0.04),
    Article("Frogs on the number six road", "Science", "Mykola Sych", 476, 4.0, 0.04),
    Article("What the ferry carries back", "Reportage", "Lesia Maistrenko", 462, 5.5, 0.06, 0.8),
    Article("A hundred days, a hundred doors", "Reportage", "Olena Tyshko", 448, 6.0, 0.08, 0.9),
    Article("The dictionary of things we broke", "Culture", "Zoya Kalyna", 436, 4.0, 0.04),
    Article("The man who still counts the ships", "Portrait", "Danylo Hrim", 424, 6.0, 0.06, 0.7),
    Article("A school bus with a library inside", "Countryside", "Oksana Bilyk", 411, 4.5, 0.05),
    Article("The orchestra that rehearses in a stairwell", "Culture", "Iva Soroka", 397, 4.0, 0.05),
    Article("Whose river is it, on paper", "Investigation", "Halyna Reva", 384, 7.0, 0.09, 1.4),
    Article("Counting every apple tree in the valley", "Countryside", "Petro Lan", 371, 3.5, 0.05),
    Article("The accountant of the flower market", "Economy", "Taras Ilnyk", 356, 4.0, 0.04),
    Article("Eleven hours in carriage seven", "Reportage", "Marko Velychko", 341, 10.0, 0.12, 2.4),
    Article("The weight of a parcel from home", "Economy", "Yurii Dovhan", 327, 4.5, 0.05),
    Article("They swim at six, whatever the ice says", "City", "Iva Soroka", 312, 4.0, 0.05),
    Article("Two clocks in one town hall", "City", "Vira Pohrib", 299, 4.0, 0.04),
    Article("A drawer of nine hundred lost gloves", "City", "Nadia Orel", 286, 3.5, 0.04),
    Article("The heating plan that fits on a napkin", "Investigation", "Halyna Reva", 272, 7.5, 0.09, 1.6),
    Article("The bakery that never learned to close", "City", "Danylo Hrim", 259, 6.5, 0.08, 1.3),
    Article("Letters to a lighthouse keeper", "Portrait", "Lesia Maistrenko", 245, 4.5, 0.05),
    Article("The school that keeps the weather", "Science", "Petro Lan", 231, 4.0, 0.05),
    Article("The bees came back on a Tuesday", "Countryside", "Oksana Bilyk", 217, 4.0, 0.05),
    Article("A map of four thousand nests", "Countryside", "Nadia Orel", 204, 4.5, 0.06),
    Article("What a pension buys in March", "Economy", "Taras Ilnyk", 190, 5.0, 0.05, 0.6),
    Article("The piano tuner's last appointment", "Portrait", "Olena Tyshko", 176, 8.0, 0.10, 1.8),
    Article("Rehearsal for a flood", "Reportage", "Lesia Maistrenko", 163, 5.0, 0.06),
    Article("It takes nine years to paint a bridge", "City", "Marko Velychko", 151, 4.0, 0.05),
    Article("The museum guard who paints at night", "Culture", "Zoya Kalyna", 139, 4.0, 0.04),
    Article("One postwoman, two islands", "Portrait", "Iva Soroka", 127, 4.5, 0.05),
    Article("The contract with seventeen signatures", "Investigation", "Halyna Reva", 115, 7.0, 0.08, 1.3),
    Article("The light that stays on in Linden Street", "City", "Danylo Hrim", 104, 4.0, 0.05),
    Article("A microscope on a kitchen table", "Science", "Mykola Sych", 93, 4.0, 0.05),
    Article("Forty thousand envelopes of next year", "Science", "Petro Lan", 82, 5.0, 0.06),
    Article("The shop that sells by the spoon", "Economy", "Yurii Dovhan", 71, 4.0, 0.05),
    Article("Nothing leaves this room broken", "City", "Nadia Orel", 61, 6.0, 0.07, 1.2),
    Article("The choir of the number nine tram", "Culture", "Iva Soroka", 47, 4.5, 0.05),
    Article("Reading the river by its smell", "Portrait", "Marko Velychko", 26, 5.0, 0.06),
    Article("A furnace that has burned since spring", "Economy", "Danylo Hrim", 16, 4.5, 0.05),
    Article("The vote that took eleven minutes", "Investigation", "Halyna Reva", 11, 6.0, 0.07, 0.6),
    Article("Who sees the first snow", "City", "Nadia Orel", 6, 5.5, 0.05, 0.8),
    Article("The telescope on the bakery roof", "Science", "Petro Lan", 2, 5.0, 0.05),
)


def told() -> str:
    """The articles as JSON for the product's demo pages, which may not import the test server.

    python -m tracker.sandbox.articles > tracker/static/demo/articles.json
    """
    rows = [[one.title, one.section, one.author, one.days_before] for one in ARTICLES]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(told())
