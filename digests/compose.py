"""From chosen stories to a digest as a value: sections, documents, summaries, coverage."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from digests.candidates import MORE, USUAL, Candidate, Report, head_of
from digests.choose import Chosen, Wanted, Window, choices_of, choose, dated_in, new_stories, oldest_news, wanted_by
from digests.corrections import find_corrections
from digests.coverage import coverage_of, read_in
from digests.edition import Edition, Editions, articles_of, edition_since
from digests.follows import follows_of
from digests.ledger import lock_chat
from digests.models import Digest, SentStory, Subscription
from digests.rank import chip_points
from digests.schedule import window_start
from digests.subscribers import Reader, rule_of
from digests.views import Coverage, DigestView, DocumentChip, Excerpt, Reason, Section, StoryView, shown_documents
from digests.watch import Quote, quotes
from feeds.classify import topics as all_topics
from feeds.models import Article
from feeds.store import ensure_documents

MAX_STORIES = 25  # of a period for which nobody chose
MAX_HELD_BACK = 300  # that may be asked for
MAX_CHIPS = 6
_MOST_HEADS = 20  # reports of a story that are looked through for one with a summary
# What every digest asks, put together once.
_BEFORE = select(Digest.placement, Digest.held_back, Digest.window_end).where(
    Digest.subscription_id == bindparam("subscription_id"),
    Digest.state.in_(("composed", "done")),
    Digest.due_at < bindparam("due_at"),
    # One that was given back ends later than the window in which its stories come again.
    Digest.window_end.between(bindparam("oldest"), bindparam("start")),
)
_LEDGER = select(SentStory.story_id).where(
    SentStory.chat_id == bindparam("chat_id"), SentStory.story_id >= bindparam("lowest")
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a digest is shown to its reader."""

    language: str
    timezone: str
    next_due_at: datetime | None
    grouping: str = "topic"
    most: int = MAX_STORIES
    name: str = ""
    subscription_id: int | None = None
    is_instant: bool = False
    has_summaries: bool = True
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()


def compose_due(
    session: Session,
    digest: Digest,
    reader: Reader,
    subscription: Subscription,
    *,
    now: datetime | None = None,
    editions: Editions | None = None,
) -> DigestView:
    """The digest of a subscription for its window; its documents are given their rows.

    Notes on `digest` what is held back and what was placed by then. `editions` serves who composes many; `now` is by
    the clock (default: the end of the window).
    """
    lock_chat(session, digest.chat_id)
    window = _window_of(session, subscription, digest)
    edition = (editions or Editions()).of(session, window.oldest, window.mark, window.end, now or window.end)
    view = _compose_window(session, edition, reader, subscription, window)
    digest.held_back, digest.placement = list(view.held_back), edition.placement
    ensure_documents(session, edition.unnamed(session, shown_documents(view)))
    return replace(view, digest_id=digest.id)


def compose_preview(session: Session, reader: Reader, subscription: Subscription, now: datetime) -> DigestView:
    """What the next digest of a subscription would be if it came now.

    Only reads: `fold_stories` goes before, and `ensure_documents` after, for the documents that are shown.
    """
    covered = subscription.covered_until
    digest = Digest(
        subscription_id=subscription.id,
        chat_id=reader.chat_id,
        due_at=now,
        window_start=window_start(rule_of(subscription, reader.chat), covered, subscription.paused_until, now),
        window_end=now,
        is_first=covered is None,
    )
    window = _window_of(session, subscription, digest)
    edition = edition_since(session, window.oldest, window.mark, now)
    return _compose_window(session, edition, reader, subscription, window)


def compose_more(
    session: Session, digest: Digest, reader: Reader, subscription: Subscription, now: datetime
) -> DigestView:
    """The next stories that a digest held back, as many as the subscription shows; empty where none is left.

    Waits for whoever else asks for more of it, or tells this chat, at this moment: who posts it does so in the same
    transaction. Stories that were told or are none any more are passed over.
    """
    lock_chat(session, digest.chat_id)
    session.refresh(digest, with_for_update=True)
    told = _told_at(session, digest.chat_id, digest.held_back)
    left = [story_id for story_id in digest.held_back if story_id not in told]
    view = _compose_again(session, digest, reader, subscription, left, now)
    ensure_documents(session, shown_documents(view))
    return replace(view, digest_id=digest.id)


def compose_told(session: Session, digest: Digest, reader: Reader, subscription: Subscription) -> DigestView:
    """A digest again, with what was asked for of it: its stories as they stand now, each headed by the report that
    was shown. Only reads.
    """
    rows = session.execute(
        select(SentStory.story_id, SentStory.shown)
        .where(SentStory.digest_id == digest.id)
        .order_by(SentStory.part, SentStory.story_id)
    )
    heads = {row.story_id: row.shown["head"][0] if row.shown else None for row in rows}
    view = _compose_again(session, digest, reader, subscription, list(heads), digest.window_end, heads)
    return replace(view, next_due_at=None)


def _compose_again(
    session: Session,
    digest: Digest,
    reader: Reader,
    subscription: Subscription,
    story_ids: Sequence[int],
    now: datetime,
    heads: Mapping[int, int | None] | None = None,
) -> DigestView:
    """Stories that a digest chose, in this order, whatever its subscription wants by now; all where `heads` are given.

    A story is headed by the report (an id) that `heads` says, else by one that is wanted.
    """
    edition = Edition(session, articles_of(session, story_ids), now)
    wanted = wanted_by(subscription, reader.language, follows_of(session, reader.chat_id))
    found = {one.story.story_id: one for one in choose(session, edition, wanted)}
    for volume in range(wanted.volume, MORE + 1):  # as few of its reports as can be shown
        for story in edition.candidates(volume):
            found.setdefault(story.story_id, Chosen(story, story.reports))
    chosen = [_headed(found[i], heads.get(i) if heads else None) for i in story_ids if i in found]
    window = Window(digest.window_start, digest.window_end, digest.is_first)
    coverage = coverage_of(session, read_in(window))
    form = _form(reader, subscription)
    if heads is not None:
        form = replace(form, most=len(chosen))
    return _compose(session, edition, chosen, wanted, form, window.start, window.end, coverage, digest.chat_id)


def _headed(one: Chosen, article_id: int | None) -> Chosen:
    """The story with only this report to head it, where it has it."""
    reports = [report for report in one.story.reports if report.view.article_id == article_id]
    return replace(one, reports=reports) if reports else one


def compose_period(
    session: Session,
    now: datetime,
    hours: int,
    *,
    language: str,
    timezone: str,
    topics: Collection[str] = (),
    volume: int = USUAL,
    next_due_at: datetime | None = None,
    subscription: Subscription | None = None,
) -> DigestView:
    """The digest of the last `hours` hours for whoever asks: imported articles included.

    With a `subscription`, what that asks for instead of `topics` and `volume`, what is followed first. Only reads:
    `fold_stories` goes before, and `ensure_documents` after, for the documents that are shown.
    """
    # 200,000 hours are asked for in earnest; anything before the year 1 is not.
    start = now - min(timedelta(hours=hours), now - datetime.min.replace(tzinfo=now.tzinfo) - timedelta(days=2))
    period = dated_in(start, now)
    wanted = Wanted(language=language, volume=volume, topics=frozenset(topics))
    form = _Form(language, timezone, next_due_at, choices=(("topics", tuple(topics)),) if topics else ())
    if subscription is not None:
        wanted = replace(
            wanted_by(subscription, language, follows_of(session, subscription.chat_id)), only_followed=False
        )
        form = replace(
            form,
            grouping=subscription.grouping,
            most=subscription.most,
            name=subscription.name,
            subscription_id=subscription.id,
            has_summaries=subscription.has_summaries,
            choices=choices_of(subscription),
        )
    edition = Edition(session, session.scalars(select(Article.id).where(period)), now, imported=True)
    chosen = choose(session, edition, wanted)
    chat_id = subscription.chat_id if subscription else None
    view = _compose(session, edition, chosen, wanted, form, start, now, coverage_of(session, period), chat_id)
    return _counting_hidden(view, new_stories(edition, wanted.volume))


def _window_of(session: Session, subscription: Subscription, digest: Digest) -> Window:
    """The window of a digest, with what the digests of the subscription before it had seen and held back."""
    asked = {
        "subscription_id": subscription.id,
        "due_at": digest.due_at,
        "oldest": oldest_news(digest.window_start, is_first=False),
        "start": digest.window_start,
    }
    before = session.execute(_BEFORE, asked).all()
    by_placement = sorted(before, key=lambda row: row.placement)
    return Window(
        start=digest.window_start,
        end=digest.window_end,
        is_first=digest.is_first,
        # None after a pause: what came in it is no news.
        mark=max((row.placement for row in before if row.window_end == digest.window_start), default=None),
        held_back={story_id: row.placement for row in by_placement for story_id in row.held_back},
    )


def _compose_window(
    session: Session, edition: Edition, reader: Reader, subscription: Subscription, window: Window
) -> DigestView:
    wanted = wanted_by(subscription, reader.language, follows_of(session, reader.chat_id))
    told = set(session.scalars(_LEDGER, {"chat_id": reader.chat_id, "lowest": edition.lowest}))
    chosen = choose(session, edition, wanted, window=window, told=told)
    coverage = edition.coverage(
        window.start, window.end, window.is_first, lambda: coverage_of(session, read_in(window))
    )
    form = _form(reader, subscription)
    view = _compose(session, edition, chosen, wanted, form, window.start, window.end, coverage, reader.chat_id)
    revised = edition.revised(session)
    view = replace(
        view, corrections=find_corrections(session, reader.chat_id, edition.made_at, reader.language, revised)
    )
    return _counting_hidden(view, new_stories(edition, wanted.volume, window=window, told=told))


def _counting_hidden(view: DigestView, stories: Iterable[Candidate]) -> DigestView:
    """Where nothing is told: how many of these stories the reader's choices hid."""
    if view.stories or view.is_instant or not view.choices:
        return view
    return replace(view, filtered=sum(1 for _ in stories))


def _form(reader: Reader, subscription: Subscription) -> _Form:
    return _Form(
        language=reader.language,
        timezone=subscription.timezone or reader.timezone,
        next_due_at=subscription.next_due_at if subscription.enabled else None,
        grouping=subscription.grouping,
        most=max(1, subscription.most),
        name=subscription.name,
        subscription_id=subscription.id,
        is_instant=subscription.cadence == "instant",
        has_summaries=subscription.has_summaries,
        choices=choices_of(subscription),
    )


def _compose(
    session: Session,
    edition: Edition,
    chosen: Iterable[Chosen],
    wanted: Wanted,
    form: _Form,
    start: datetime,
    end: datetime,
    coverage: Coverage,
    chat_id: int | None,
) -> DigestView:
    told = list(islice(chosen, form.most + MAX_HELD_BACK))
    shown, rest = told[: form.most], told[form.most :]
    heads = [head_of(one.reports, form.language) for one in shown]
    earlier = _told_at(session, chat_id, {i for one in shown for i in one.story.earlier}) if chat_id else {}
    summaries = edition.summaries(session, [head.view.article_id for head in heads])
    if bare := [one for one, head in zip(shown, heads, strict=True) if not summaries[head.view.article_id]]:
        reports = (report for one in bare for report in one.reports[:_MOST_HEADS])
        summaries = edition.summaries(session, [report.view.article_id for report in reports])
        heads = [head_of(one.reports, form.language, summaries.get) for one in shown]
    said = quotes(
        session, [(one.follows, _ids(one, head), head.view.title) for one, head in zip(shown, heads, strict=True)]
    )
    stories = [
        _story(one, head, quote, wanted, edition, earlier, summaries)
        for one, head, quote in zip(shown, heads, said, strict=True)
    ]
    return DigestView(
        language=form.language,
        timezone=form.timezone,
        window_start=start,
        window_end=end,
        sections=tuple(_sections(shown, stories, form.grouping)),
        coverage=coverage,
        next_due_at=form.next_due_at,
        held_back=tuple(one.story.story_id for one in rest),
        words=tuple(dict.fromkeys((*wanted.all_words, *wanted.any_words))),
        name=form.name,
        subscription_id=form.subscription_id,
        is_instant=form.is_instant,
        has_summaries=form.has_summaries,
        choices=form.choices,
    )


def _story(
    one: Chosen,
    head: Report,
    quote: Quote | None,
    wanted: Wanted,
    edition: Edition,
    earlier: Mapping[int, datetime],
    summaries: Mapping[int, tuple[Excerpt, ...]],
) -> StoryView:
    own = [topic for topic in head.topics if topic in _topics()]
    asked = [topic for topic in own if topic in wanted.topics]
    continued = next((i for i in one.story.earlier if i in earlier and edition.head(i)), None)
    return StoryView(
        story_id=one.story.story_id,
        topic=(asked or own or ["other"])[0],
        score=head.score,
        head=head.view,
        others=tuple(report.view for report in one.story.reports if report is not head),
        summary=tuple(part for part in summaries[head.view.article_id] if not quote or part.text not in quote.text),
        documents=tuple(_chips(one)),
        place=head.places[0] if head.places else None,
        continues=edition.head(continued) if continued else None,
        continues_at=earlier[continued] if continued else None,
        reasons=tuple(Reason(follow.id, follow.kind, follow.value) for follow in one.follows),
        quote=quote.text if quote else "",
        quoted=next((r.view for r in one.story.reports if quote and r.view.article_id == quote.article_id), None),
        drafts=tuple(dict.fromkeys(value for report in one.story.reports for value in report.drafts)),
    )


def _ids(one: Chosen, head: Report) -> Sequence[int]:
    """The articles of a story, the one that heads it first."""
    others = (report.view.article_id for report in one.story.reports if report is not head)
    return [head.view.article_id, *others]


def _chips(one: Chosen) -> Sequence[DocumentChip]:
    """The documents that are shown: the surest, and among them those that are followed."""
    chips = one.story.chips
    if len(chips) <= MAX_CHIPS:
        return chips
    followed = {follow.value for follow in one.follows}
    surest = sorted(chips, key=lambda chip: followed.isdisjoint((chip.document_id, chip.key)))
    kept = {chip.document_id for chip in surest[:MAX_CHIPS]}
    return [chip for chip in chips if chip.document_id in kept]


def _sections(chosen: Sequence[Chosen], stories: Sequence[StoryView], grouping: str) -> Iterable[Section]:
    """What is followed, then the topics in their order, or documents or places, the most important first."""
    followed = [view for one, view in zip(chosen, stories, strict=True) if one.follows]
    if followed:
        yield Section("followed", "", tuple(followed))
    groups: dict[str, list[StoryView]] = {}
    for one, view in zip(chosen, stories, strict=True):
        if not one.follows:
            groups.setdefault(_group(view, grouping), []).append(view)
    order = _topics() if grouping == "topic" else [*filter(None, groups), ""]
    for key in filter(groups.__contains__, order):
        yield Section(grouping if key else "other", key, tuple(groups[key]))


def _group(view: StoryView, grouping: str) -> str:
    """What the section of a story is of; "" for one that has none."""
    if grouping == "document":
        certain = [chip for chip in view.documents if chip.status == "resolved"]
        return max(certain, key=chip_points).document_id if certain else ""
    return (view.place or "") if grouping == "place" else view.topic


@cache
def _topics() -> Sequence[str]:
    return [topic.code for topic in all_topics()]


def _told_at(session: Session, chat_id: int, story_ids: Collection[int]) -> Mapping[int, datetime]:
    """Which of these stories the chat was told, and when."""
    if not story_ids:
        return {}
    query = select(SentStory.story_id, SentStory.at)
    rows = session.execute(query.where(SentStory.chat_id == chat_id, SentStory.story_id.in_(story_ids)))
    return {row.story_id: row.at for row in rows}
