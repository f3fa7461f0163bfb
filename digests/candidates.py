"""Stories as choosing and ranking look at them: values, made of rows; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from digests.chips import chips_of
from digests.rank import Cited, explain
from digests.views import ArticleView, DocumentChip
from digests.watch import Mark, marks_of
from feeds.classify import STEP
from feeds.documents import names_central_organ
from feeds.models import Article
from feeds.places import present_province
from feeds.positions import minute_position
from feeds.sources import LEVELS
from feeds.text import modern_tones

FEWER, USUAL, MORE = -1, 0, 1
# An article that names more provinces than this is about the whole country.
MOST_PLACES = 3
_DAY = timedelta(days=1)
_FULL = 4000  # characters; more text makes no fuller report
# What a headline in a digest shows of its article.
VIEWED = (
    Article.id,
    Article.position,
    Article.title,
    Article.title_is_ours,
    Article.url,
    Article.outlet,
    Article.level,
    Article.published_at,
    Article.first_seen_at,
    Article.original_id,
)


@dataclass(frozen=True, slots=True)
class Report:
    """An article as choosing looks at it. `volume` is the least at which a reader is shown it, `weight` how well it
    heads a story: its own headline, a document in headline or lead, the level of its outlet, its length, its newness.

    `places` are the provinces of today it is about, the first the one it is most about; none: the whole country.
    """

    view: ArticleView
    volume: int
    position: int
    placement: int
    first_seen_at: datetime
    original_id: int | None
    language: str
    topics: tuple[str, ...]
    places: tuple[str, ...]
    score: float
    weight: tuple[bool, bool, int, bool, int, int]
    mentions: Sequence[Row[Any]]
    drafts: tuple[str, ...]
    """Drafts that it reports (Draft.value)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story as it is shown at some volume: its reports, newest first, and its points (digests.rank).

    `chips`, the surest first, may be too many to show; by its `marks` it is followed (digests.watch). `earlier` are
    the stories it continues, the latest first.
    """

    story_id: int
    reports: tuple[Report, ...]
    chips: tuple[DocumentChip, ...]
    marks: frozenset[Mark]
    points: Mapping[str, float]
    earlier: tuple[int, ...]
    last_seen_at: datetime
    last_placement: int


def make_report(row: Row[Any], mentions: Sequence[Row[Any]], drafts: Iterable[str] = ()) -> Report:
    """A row of `digests.edition` as a report."""
    opening = len(row.title) + row.lead_length + 2  # each ends with a line break
    cites = any(mention.key and mention.start < opening for mention in mentions)
    level = -LEVELS.index(row.level or "other")
    return Report(
        view=view_article(row),
        volume=MORE if row.state == "near" else FEWER if row.margin is not None and row.margin >= STEP else USUAL,
        position=row.position,
        placement=row.placement or 0,
        first_seen_at=row.first_seen_at,
        original_id=row.original_id,
        language=row.language,
        topics=tuple(row.topics),
        places=places_of(row),
        score=row.score or 0.0,
        weight=(not row.title_is_ours, cites, level, row.lead_length > 0, min(row.length, _FULL), row.position),
        mentions=mentions,
        drafts=tuple(drafts),
    )


def make_candidate(
    story_id: int, reports: Iterable[Report], earlier: tuple[int, ...], first_cited: Mapping[str, int], now: datetime
) -> Candidate:
    """A story of these reports. `first_cited` are the positions where the numbers of new documents were cited first."""
    newest_first = tuple(sorted(reports, key=lambda report: -report.position))
    head = head_of(newest_first)
    inside = [head, *(report for report in newest_first if report is not head)]
    mentions = [mention for report in inside for mention in report.mentions]
    chips = chips_of(mentions, [report.view for report in inside])
    day_before = minute_position(min(report.view.dated_at for report in inside) - _DAY)
    cited = [Cited(m.issuer, m.stage, m.status, m.issued_on, first_cited.get(m.key, -1) >= day_before)
             for m in mentions if m.key]  # fmt: skip
    return Candidate(
        story_id=story_id,
        reports=newest_first,
        chips=chips,
        marks=frozenset(
            mark
            for report in inside
            for mark in marks_of(report.mentions, report.places, is_policy=report.volume <= USUAL, drafts=report.drafts)
        ),
        points=explain(cited, [report.view for report in newest_first], head.score, now),
        earlier=earlier,
        last_seen_at=max(report.first_seen_at for report in inside),
        last_placement=max(report.placement for report in inside),
    )


def head_of(
    reports: Sequence[Report], language: str | None = None, summarised: Callable[[int], object] = bool
) -> Report:
    """The weightiest report, but none that repeats another of them; in the reader's language where there is one, and
    there one with a summary (as `summarised` says of an id).
    """
    if len(reports) == 1:
        return reports[0]
    ids = {report.view.article_id for report in reports}

    def worth(one: Report) -> tuple[bool, bool, bool, tuple[object, ...]]:
        is_summarised = bool(summarised(one.view.article_id))
        return one.original_id not in ids, one.language == language, is_summarised, one.weight

    return max(reports, key=worth)


def view_article(article: Article | Row[Any]) -> ArticleView:
    """What is shown of an article."""
    return ArticleView(
        article_id=article.id,
        title=article.title,
        title_is_ours=article.title_is_ours,
        url=article.url,
        outlet=article.outlet,
        level=article.level,
        dated_at=article.published_at or article.first_seen_at,
        date_known=article.published_at is not None,
    )


def places_of(article: Article | Row[Any]) -> tuple[str, ...]:
    """The provinces of today that an article is about; none where that is the whole country.

    Those it names; where it names none, its outlet's own, unless its headline is of a central organ.
    """
    if not article.places and article.province and not names_central_organ(modern_tones(article.title)):
        return (present_province(article.province),)
    return places_named(article.places)


def places_named(names: Iterable[str]) -> tuple[str, ...]:
    """The provinces of today that an article is about, of those it names."""
    named = tuple(dict.fromkeys(map(present_province, names)))
    return named if len(named) <= MOST_PLACES else ()
