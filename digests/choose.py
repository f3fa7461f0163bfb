"""Which stories a digest tells, of the candidates of an edition.

A story is new to a digest by a report of it that

- was first seen in its window, or up to `LATE` before it, since an article may be found to be policy only after the
  last digest was made; or was given its story since the last digest of the subscription was composed, however long it
  was read before (but not longer than `LONGEST_READING`);
- is not old news: published at most `LATE` before the window, or, where it was our reading that took so long, at most
  that before we first saw it. A first digest begins where its window does: the first reading of the feeds brings weeks
  of articles at once.

It is told once to a chat, whichever subscription it matches. What a digest held back is not new to the next one,
unless there are further reports of it.

It is wanted if one report of it is on a wanted topic, about a wanted province (of today; an article about the whole
country is about none), of a wanted outlet and has the words wanted, and none has an unwanted word. That report heads
it. A story that a follow meets (digests.watch) comes first and whatever else was chosen: also what is only nearly
policy, and with an unwanted word. What tells at once tells only of these, and only where the follow is told at once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, case, or_
from sqlalchemy.orm import Session

from digests.candidates import MORE, USUAL, Candidate, Report
from digests.edition import LONGEST_READING, Edition
from digests.models import Follow, Subscription
from digests.words import folded_words, matches
from feeds.models import Article
from feeds.places import present_province, province_named
from feeds.positions import minute_position

# An outlet may bring an article late; one older than this before the window is no news any more.
LATE = timedelta(hours=24)
_AT_ONCE = 50  # stories of which texts are read


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to be told of; empty: all. Words are folded; `places` are provinces of today."""

    language: str
    volume: int = USUAL
    topics: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    all_words: tuple[str, ...] = ()
    any_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    follows: tuple[Follow, ...] = ()
    only_followed: bool = False

    @property
    def has_words(self) -> bool:
        return bool(self.all_words or self.any_words or self.no_words)

    @property
    def telling(self) -> Sequence[Follow]:
        """The follows of which it is told."""
        return [follow for follow in self.follows if follow.at_once or not self.only_followed]


@dataclass(frozen=True, slots=True)
class Window:
    """When a report is new to a digest; `mark` is the last placement that the digest before it had seen, if any.

    `held_back` are the stories that digests before it held back, with their marks.
    """

    start: datetime
    end: datetime
    is_first: bool = False
    mark: int | None = None
    held_back: Mapping[int, int] | None = None

    @property
    def oldest(self) -> datetime:
        return oldest_news(self.start, is_first=self.is_first)

    def new_reports(self, story: Candidate) -> Sequence[Report]:
        """The reports that are new, in their order."""
        oldest, is_placed = self.oldest, self.mark is not None and story.last_placement > self.mark
        if not is_placed and story.last_seen_at <= oldest:
            return ()
        if self.held_back and story.last_placement <= self.held_back.get(story.story_id, -1):
            return ()
        return [
            report
            for report in story.reports
            if report.first_seen_at <= self.end
            and (
                (report.first_seen_at > oldest and report.view.dated_at >= oldest)
                or (is_placed and self._was_held_up(report))
            )
        ]

    def _was_held_up(self, report: Report) -> bool:
        """Whether our own reading kept it from earlier digests."""
        since_then = self.mark is not None and report.placement > self.mark
        in_time = report.first_seen_at - report.view.dated_at <= LATE
        return since_then and in_time and report.first_seen_at > self.start - LONGEST_READING


@dataclass(frozen=True, slots=True)
class Chosen:
    """A story that is told, with those of its reports that may head it, and all follows that it meets."""

    story: Candidate
    reports: Sequence[Report]
    follows: Sequence[Follow] = ()


def wanted_by(subscription: Subscription, language: str, follows: Iterable[Follow]) -> Wanted:
    """What a subscription asks for. Old names of provinces stand for those of today."""
    return Wanted(
        language=language,
        volume=subscription.volume,
        topics=frozenset(subscription.topics),
        places=frozenset(map(_present, subscription.places)),
        outlets=frozenset(subscription.outlets),
        all_words=folded_words(subscription.all_words),
        any_words=folded_words(subscription.any_words),
        no_words=folded_words(subscription.no_words),
        follows=tuple(follows),
        only_followed=subscription.cadence == "instant",
    )


def choices_of(subscription: Subscription) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a subscription chose of all news, by kind, in its reader's words."""
    unwanted = [f"-{word}" for word in subscription.no_words]
    chosen = {
        "words": (*subscription.all_words, *subscription.any_words, *unwanted),
        "topics": tuple(subscription.topics),
        "places": tuple(subscription.places),
        "outlets": tuple(subscription.outlets),
    }
    return tuple((kind, values) for kind, values in chosen.items() if values)


def choose(
    session: Session,
    edition: Edition,
    wanted: Wanted,
    *,
    window: Window | None = None,
    told: Collection[int] = (),
) -> Iterator[Chosen]:
    """What is told, what is followed first, then the most important; without a window all that is wanted.

    `told` are the stories that the chat was told already. The session reads texts, where words are wanted.
    """
    known = set(told)
    if telling := wanted.telling:
        found = {follow.value: edition.having(session, follow.value) for follow in wanted.follows if _is_search(follow)}
        marks = {(follow.kind, follow.value) for follow in telling}
        having = {story_id for follow in telling if _is_search(follow) for story_id in found[follow.value]}
        for story in edition.candidates(MORE):
            is_met = story.story_id in having or not marks.isdisjoint(story.marks)
            if is_met and story.story_id not in told and (reports := _new(story, window)):
                known.add(story.story_id)
                met = [
                    follow
                    for follow in wanted.follows
                    if (follow.kind, follow.value) in story.marks
                    or (_is_search(follow) and story.story_id in found[follow.value])
                ]
                yield Chosen(story, reports, met)
    if wanted.only_followed:
        return
    matching = (
        Chosen(story, reports)
        for story in edition.candidates(wanted.volume)
        if story.story_id not in known and (reports := _wanted(_new(story, window), wanted))
    )
    yield from _with_words(session, edition, wanted, matching) if wanted.has_words else matching


def new_stories(
    edition: Edition, volume: int, *, window: Window | None = None, told: Collection[int] = ()
) -> Iterator[Candidate]:
    """What a reader without any choices would be told; nothing is looked at before it is asked for."""
    yield from (story for story in edition.candidates(volume) if story.story_id not in told and _new(story, window))


def oldest_news(window_start: datetime, *, is_first: bool) -> datetime:
    """What was published before this is no news for a digest of that window, unless our reading held it up."""
    return window_start if is_first else window_start - LATE


def not_older(oldest: datetime) -> ColumnElement[bool]:
    """Published at `oldest` or later, or at an unknown time."""
    return or_(Article.published_at.is_(None), Article.published_at >= oldest)


def dated_in(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Published (first seen, where that is unknown) in ``(start, end]``; the position, its minute, is indexed."""
    dated_at = case((Article.published_at.is_(None), Article.first_seen_at), else_=Article.published_at)
    minutes = minute_position(start), minute_position(end + timedelta(minutes=1))
    return and_(Article.position >= minutes[0], Article.position < minutes[1], dated_at > start, dated_at <= end)


def _new(story: Candidate, window: Window | None) -> Sequence[Report]:
    return window.new_reports(story) if window else story.reports


def _wanted(reports: Sequence[Report], wanted: Wanted) -> Sequence[Report]:
    """Those that are wanted by all but their words."""
    if not (wanted.topics or wanted.places or wanted.outlets):
        return reports
    return [
        report
        for report in reports
        if (not wanted.topics or not wanted.topics.isdisjoint(report.topics))
        and (not wanted.places or not wanted.places.isdisjoint(report.places))
        and (not wanted.outlets or report.view.outlet in wanted.outlets)
    ]


def _with_words(session: Session, edition: Edition, wanted: Wanted, matching: Iterable[Chosen]) -> Iterator[Chosen]:
    """Those that have the words wanted in one report, which may head it, and an unwanted one in none."""
    stories = iter(matching)
    while some := list(islice(stories, _AT_ONCE)):
        ids = [report.view.article_id for one in some for report in one.story.reports]
        wordings = edition.wordings(session, ids)
        for one in some:
            inside = (wordings[report.view.article_id] for report in one.story.reports)
            if wanted.no_words and not all(matches(wording, no_words=wanted.no_words) for wording in inside):
                continue
            having = [
                report
                for report in one.reports
                if matches(wordings[report.view.article_id], all_words=wanted.all_words, any_words=wanted.any_words)
            ]
            if having:
                yield Chosen(one.story, having)


def _is_search(follow: Follow) -> bool:
    return follow.kind == "words"


def _present(place: str) -> str:
    """The province of today that a name stands for; what is no province is about nothing."""
    name = province_named(place)
    return present_province(name) if name else place
