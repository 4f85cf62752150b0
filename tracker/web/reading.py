"""What the dashboard read for one look, each thing once, however many panels draw from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from tracker.core.annotations import Annotation
from tracker.core.article_card import ArticleCard
from tracker.core.campaign import Campaign, Metric
from tracker.core.forecast.answer import Fan
from tracker.core.growth import GroupBridge
from tracker.core.pace import Standing, course
from tracker.core.progress import Day, GroupedDay, Progress, Source
from tracker.core.tally import SOURCES
from tracker.projections import articles, calendar_notes, forecast_record, forecasting, growth, queries
from tracker.projections.forecast_record import Judged
from tracker.projections.forecasting import Kept
from tracker.web import briefing, words
from tracker.web.scope import Scope
from tracker.web.words import gettext

_ROUND = 5
_CHOICES = 40
"""So many countries and placements can be chosen from; the rest by the address."""


@dataclass(frozen=True)
class Reading:
    """One look at one campaign; what is asked of it is read when it is first needed."""

    scope: Scope
    _bridges: dict[str, list[GroupBridge]] = field(default_factory=dict)

    @property
    def campaign(self) -> Campaign:
        return self.scope.campaign

    @cached_property
    def progress(self) -> Progress:
        """The number as every face shows it now; filters do not touch it."""
        return queries.live_progress(self.campaign, self.scope.number_at or self.scope.now)

    @cached_property
    def standing(self) -> Standing | None:
        return briefing.standing(self.campaign, self.progress, self.scope.number_at or self.scope.now)

    @cached_property
    def beside(self) -> Progress:
        """What is close to the number, at the instant that is looked at."""
        if self.scope.number_at is None:
            return self.progress
        return queries.progress(self.campaign, min(self.scope.now, self.campaign.ends_at))

    def told(self, persons: int) -> int:
        """A count of persons that grows: to people outside in fives, for each step of it would tell of one.

        One to four stay as they are, for those are kept back.
        """
        is_rounded = self.scope.is_shared and persons >= _ROUND
        return _ROUND * round(persons / _ROUND) if is_rounded else persons

    @cached_property
    def days(self) -> Sequence[Day]:
        """The bridge day by day over the days looked at, filtered."""
        scope = self.scope
        if not scope.has_begun:
            return []
        if not scope.only:
            return queries.daily(self.campaign, scope.first, scope.last, scope.now)
        found = growth.daily_of(self.campaign, scope.only, scope.first, scope.last, scope.now)
        return [
            GroupedDay(
                one.day,
                one.moves.opening,
                one.moves.joined,
                one.moves.returned,
                one.moves.left,
                one.moves.closing,
                inferred=False,
                moved_in=one.moves.moved_in,
                moved_out=one.moves.moved_out,
            )
            for one in found
        ]

    @cached_property
    def spans(self) -> list[briefing.Span]:
        return briefing.spans(self.days, self.scope.by)

    @cached_property
    def lately(self) -> briefing.Lately | None:
        """The last seven whole days, whatever days are looked at."""
        return briefing.lately(self.campaign, self.campaign_days, self.scope.now)

    @cached_property
    def campaign_days(self) -> Sequence[Day]:
        """The bridge since the campaign's first day, of everybody."""
        scope, campaign = self.scope, self.campaign
        last = min(scope.today, campaign.ends_on)
        if not scope.only and (scope.first, scope.last) == (campaign.starts_on, last):
            return self.days
        if last < campaign.starts_on:
            return []
        return queries.daily(campaign, campaign.starts_on, last, scope.now)

    @property
    def has_path(self) -> bool:
        """Daily rows are members: only a goal counted in members can be drawn on one scale with them."""
        return self.campaign.metric is Metric.ACTIVE_MEMBERS and not self.scope.only

    @cached_property
    def path(self) -> dict[date, float]:
        """The goal's path at the end of each day of the campaign; empty where it cannot be compared."""
        return dict(course(self.campaign, self.progress.opening).points) if self.has_path else {}

    @cached_property
    def closings(self) -> list[tuple[date, int]]:
        """Members at the end of each day; of today, which is not over, the number shown on top."""
        found = [(day.day, day.closing) for day in self.days]
        count, scope = self.progress.count, self.scope
        is_live = found and found[-1][0] == scope.today and self.has_path and count is not None
        if is_live and count is not None and scope.now < self.campaign.ends_at:
            found[-1] = (scope.today, count)
        return found

    def ends_of_spans(self) -> Sequence[tuple[briefing.Span, int]]:
        """Each span with the members at its end, the last one's as shown on top."""
        closing = dict(self.closings)
        return [(span, closing.get(span.last, span.closing)) for span in self.spans]

    @cached_property
    def forecast(self) -> Kept | None:
        """The forecast that stands."""
        return forecasting.latest(self.campaign, self.scope.now if self.scope.is_shared else None)

    @cached_property
    def fan(self) -> dict[date, Fan]:
        """What is expected of each day to come; empty where the days looked at do not reach today, or are
        filtered."""
        scope, kept = self.scope, self.forecast
        reached = min(scope.today - timedelta(days=scope.is_shared), self.campaign.ends_on)
        if kept is None or not self.has_path or scope.last < reached:
            return {}
        return {one.on: one for one in kept.forecast.fan if one.on >= scope.today}

    @cached_property
    def judged(self) -> list[Judged]:
        found = forecast_record.judged(self.campaign, self.scope.now)
        return [one for one in found if one.made_on < self.scope.today] if self.scope.is_shared else found

    @cached_property
    def notes(self) -> list[Annotation]:
        """Notes and drives of the days looked at; of the days to come, too, where the forecast is drawn."""
        scope = self.scope
        last = max([scope.last, *self.fan])
        found = calendar_notes.annotations(self.campaign, scope.first, last, shared_only=scope.is_shared)
        return [one for one in found if not scope.is_shared or one.first_on <= scope.today]

    @cached_property
    def last_year(self) -> dict[date, int]:
        """Members a year before at the same phase of the campaign, by this year's days; empty where not asked
        for."""
        if not self.scope.compares or not self.scope.has_begun:
            return {}
        last = max([self.scope.last, *self.fan])
        return forecasting.year_before(self.campaign, self.scope.first, last, self.scope.now)

    def sources(self, by: str) -> list[Source]:
        """What each article, placement or embed version brought on the days looked at."""
        return self._sources[by]

    @cached_property
    def _sources(self) -> dict[str, list[Source]]:
        scope = self.scope
        if not scope.has_begun:
            return {by: [] for by in SOURCES}
        found = queries.sources_by(self.campaign, scope.first, scope.last, SOURCES, scope.now)
        if not scope.is_shared:
            return found
        return {by: [self._rounded(one) for one in rows] for by, rows in found.items()}

    def _rounded(self, one: Source) -> Source:
        retained = None if one.retained is None else self.told(one.retained)
        return replace(one, pledges=self.told(one.pledges), joined=self.told(one.joined), retained=retained)

    @cached_property
    def by_article(self) -> list[Source]:
        return self.sources("article")

    @cached_property
    def machine_views(self) -> int:
        """Views by machines on the days looked at: in none of the other figures."""
        scope = self.scope
        return queries.machine_views(self.campaign, scope.first, scope.last) if scope.has_begun else 0

    @cached_property
    def cards(self) -> dict[str, ArticleCard]:
        """Titles, sections and authors of the articles."""
        return articles.cards(row.key for row in self.by_article)

    def bridge(self, dimension: str) -> list[GroupBridge]:
        """Each plan's, country's, article's or placement's own bridge over the days looked at."""
        if dimension not in self._bridges:
            scope = self.scope
            found = growth.bridge_by(self.campaign, dimension, scope.first, scope.last, scope.now)
            self._bridges[dimension] = found
        return self._bridges[dimension]

    def named(self, dimension: str, key: str) -> str:
        """A group's key in words: a plan and a country by its name, an article by its title."""
        if not key:
            return gettext("(not known)")
        if dimension == "plan":
            return self._plan_names.get(key, key)
        if dimension == "article":
            card = articles.cards([key]).get(key)
            return card.title or key if card else key
        return words.country(key) if dimension == "country" else key

    @cached_property
    def _plan_names(self) -> dict[str, str]:
        spoken = str(words.locale())
        return {
            plan.price: plan.name.get(spoken) or next(iter(plan.name.values()), plan.price)
            for plan in self.campaign.plans
        }

    @cached_property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What can be filtered by: (key, name), the largest first."""
        if not self.scope.has_begun:
            return {}
        found = {}
        for dimension in ("plan", "country", "placement"):
            keys = [one.key for one in self.bridge(dimension) if one.key][:_CHOICES]
            found[dimension] = [(key, self.named(dimension, key)) for key in keys]
        return found

    def main_currency(self, currencies: set[str]) -> str:
        """The campaign's own where it is among them, else the first."""
        own = self.campaign.currency.upper()
        return next((one for one in sorted(currencies) if one.upper() == own), min(currencies))
