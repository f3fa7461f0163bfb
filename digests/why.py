"""What became of the article behind a link: how it was judged and why, and whether a chat got it.

The link may be any form of the article's address (mobile, AMP, tracked, with another headline in it): articles are
found as feeds find them, by `feeds.identity`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from digests.candidates import places_of
from digests.choose import oldest_news
from digests.follows import follows_of
from digests.models import Digest, DigestPart, Follow, SentStory, StoryArticle, Subscription
from digests.schedule import LOOK_BACK
from digests.subscribers import find_reader
from digests.views import states_identity
from digests.watch import drafts_reported, having_words, marks_of
from digests.words import Wording, folded_words, matches
from feeds.classify import STEP
from feeds.duplicates import duplicates_of
from feeds.following import all_feeds
from feeds.health import reason_of
from feeds.identity import article_identity, canonical_url
from feeds.models import Article, ArticleVersion, Feed, Mention, RefusedEntry

MAX_LINK = 2000  # characters
MAX_FEEDS = 100  # of one host
_DAY = timedelta(days=1)
_WINDOWS = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}  # of other cadences, a day
# A host is bounded in names and begins no word: else a long text of dots would cost its square.
_LINK = re.compile(
    r"https?://[^\s<>\"]+|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,20}(?::\d{1,5})?/[^\s<>\"]*", re.IGNORECASE
)
_AFTER_LINK = ".,;:!?)]}»”’'…"


class End(StrEnum):
    """How an article was judged."""

    KEPT = "kept"
    NEAR = "near"
    LEFT_OUT = "left_out"
    READING = "reading"
    RULED_OUT = "ruled_out"


class Page(StrEnum):
    """What became of an article's page."""

    READ = "read"
    REMOVED = "removed"
    """Read, and gone since."""
    WAITING = "waiting"
    UNREADABLE = "unreadable"
    NOT_NEEDED = "not_needed"


class Delivery(StrEnum):
    """How an article stands with one chat."""

    SENT = "sent"
    SENDING = "sending"
    NEXT = "next"
    """Expected in the next digest."""
    UNSUBSCRIBED = "unsubscribed"
    OTHER_TOPICS = "other_topics"
    OTHER_CHOICES = "other_choices"
    """The chat wants other places, outlets or words."""
    FEWER = "fewer"
    """The chat wants only what is plainly policy."""
    NOT_CHOSEN = "not_chosen"
    """Its digest went out without it."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A document that an article cites; `is_stated`: the text itself says the term or year that tells it apart."""

    key: str
    document_id: str | None
    status: str
    rule: str
    stage: str
    is_stated: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is recorded of an article.

    `page_reason` is a short code. `too_late` is how long before it was first seen it was published, where that is too
    long for any digest (of that chat; for daily ones without a chat). `original` is the article whose text it
    repeats, `repeated` the number of those that repeat it, `others` that of the other articles in its story.
    `versions` are its titles before it was edited, the latest first, and `headline` the latest of those that was
    another one. `delivery` is None without a chat, or for an article that goes to nobody; `delivered_at` is when it
    was sent, or will be.
    """

    article: Article
    end: End
    page: Page
    page_reason: str
    feed: Feed | None
    too_late: timedelta | None
    original: Article | None
    repeated: int
    versions: Sequence[ArticleVersion]
    headline: ArticleVersion | None
    cited: tuple[Cited, ...]
    others: int
    delivery: Delivery | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. Without a `verdict`, `own` is the feed that stands at the link itself, `refused` is why the entry of
    that link became no article, if there was one, and `feeds` are those followed of the link's host."""

    link: str
    host: str
    verdict: Verdict | None
    refused: RefusedEntry | None = None
    feeds: Sequence[Feed] = ()
    own: Feed | None = None


def link_in(text: str) -> str | None:
    """The first web address in a text, with its scheme; None where there is none."""
    match = _LINK.search(text[: 2 * MAX_LINK])
    if match is None:
        return None
    link = match[0].rstrip(_AFTER_LINK)[:MAX_LINK]
    return link if "://" in link else f"https://{link}"


def why(session: Session, link: str, *, chat_id: int | None = None) -> Why:
    """What became of the article at `link` (http or https), and with a chat, whether that chat got it."""
    identity = article_identity(link)
    shown = canonical_url(link)
    host = shown.partition("/")[0].partition(":")[0]
    article = session.scalar(select(Article).where(Article.identity == identity))
    if article is not None:
        return Why(shown, host, _verdict(session, article, chat_id))
    refused = session.scalar(
        select(RefusedEntry).where(RefusedEntry.identity == identity).order_by(RefusedEntry.seen_at.desc()).limit(1)
    )
    feeds = _feeds_of(session, host)
    own = next((feed for feed in feeds if shown in map(canonical_url, (feed.url, feed.moved_to or ""))), None)
    return Why(shown, host, None, refused, feeds, own)


def why_article(session: Session, article_id: int, *, chat_id: int) -> Why | None:
    """The same of an article by its id; None where there is no such article."""
    article = session.get(Article, article_id)
    if article is None:
        return None
    shown = canonical_url(article.url or "")
    return Why(shown, shown.partition("/")[0], _verdict(session, article, chat_id))


def _verdict(session: Session, article: Article, chat_id: int | None) -> Verdict:
    story = session.scalar(select(StoryArticle.story_id).where(StoryArticle.article_id == article.id))
    page, page_reason = _page(article)
    versions = session.scalars(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == article.id)
        .options(load_only(ArticleVersion.title, ArticleVersion.replaced_at))
        .order_by(ArticleVersion.replaced_at.desc(), ArticleVersion.id.desc())
    ).all()
    end = End.RULED_OUT if article.ruled_out else End(article.state)
    too_late = _too_late(article, _longest_window(session, chat_id))
    delivery, delivered_at = None, None
    goes_out = end in (End.KEPT, End.NEAR) and article.origin == "poll" and too_late is None
    if chat_id is not None and goes_out:
        delivery, delivered_at = _delivery(session, article, story, chat_id)
    return Verdict(
        article=article,
        end=end,
        page=page,
        page_reason=page_reason,
        feed=session.get(Feed, article.feed_id) if article.feed_id else None,
        too_late=too_late,
        original=session.get(Article, article.original_id) if article.original_id else None,
        repeated=duplicates_of(session, [article.id]).get(article.id, 0),
        versions=versions,
        headline=next((version for version in versions if version.title not in ("", article.title)), None),
        cited=_cited(session, article.id),
        others=_others_in(session, story) if story else 0,
        delivery=delivery,
        delivered_at=delivered_at,
    )


def _page(article: Article) -> tuple[Page, str]:
    """Its state, and the short code of why it cannot be read ("http_403")."""
    reason = article.state_reason.partition("; page ")[2]
    if article.page_read_at:
        return (Page.REMOVED if reason == "removed later" else Page.READ), ""
    if reason:
        return Page.UNREADABLE, reason_of(reason)
    return (Page.WAITING if article.page_due_at else Page.NOT_NEEDED), ""


def _too_late(article: Article, window: timedelta) -> timedelta | None:
    """What is too old for a digest whose window began so long before the article was seen is so for all."""
    if article.origin != "poll" or article.published_at is None:
        return None
    if article.published_at >= oldest_news(article.first_seen_at - window, is_first=False):
        return None
    return article.first_seen_at - article.published_at


def _delivery(
    session: Session, article: Article, story: int | None, chat_id: int
) -> tuple[Delivery | None, datetime | None]:
    """How it stands with the chat: the earliest digest that will have it, else what kept it from coming nearest."""
    sent = session.scalar(select(SentStory.digest_id).where(SentStory.chat_id == chat_id, SentStory.story_id == story))
    if sent is not None:
        at = session.scalar(select(func.max(DigestPart.sent_at)).where(DigestPart.digest_id == sent))
        return (Delivery.SENT, at) if at else (Delivery.SENDING, session.get_one(Digest, sent).due_at)
    reader = find_reader(session, chat_id)
    if reader is None or not reader.subscribed:
        return Delivery.UNSUBSCRIBED, None
    met = _met(session, article, chat_id)
    active = [subscription for subscription in reader.subscriptions if subscription.enabled]
    outcomes = [
        (_outcome(article, one, any(follow.at_once or one.cadence != "instant" for follow in met)), one.next_due_at)
        for one in active
    ]
    coming = [due_at for outcome, due_at in outcomes if outcome is Delivery.NEXT and due_at]
    if coming:
        return Delivery.NEXT, min(coming)
    said = {outcome for outcome, _ in outcomes}
    return next((outcome for outcome in _NEAREST if outcome in said), None), None


def _met(session: Session, article: Article, chat_id: int) -> Sequence[Follow]:
    """What the chat follows and the article meets."""
    mentions = session.scalars(select(Mention).where(Mention.article_id == article.id)).all()
    drafts = drafts_reported(session, [article.id]).get(article.id, ())
    marks = frozenset(marks_of(mentions, places_of(article), is_policy=article.state == End.KEPT, drafts=drafts))
    return [
        one
        for one in follows_of(session, chat_id)
        if (one.kind, one.value) in marks or (one.kind == "words" and having_words(session, one.value, [article.id]))
    ]


# What is said where subscriptions of a chat differ.
_NEAREST = (Delivery.NOT_CHOSEN, Delivery.OTHER_CHOICES, Delivery.OTHER_TOPICS, Delivery.FEWER)


def _outcome(article: Article, subscription: Subscription, is_followed: bool) -> Delivery | None:
    """How the article stands with one subscription; None where it is nothing for it."""
    if not is_followed:
        if subscription.cadence == "instant" or (article.state == End.NEAR and subscription.volume <= 0):
            return None
        if subscription.volume < 0 and (article.margin is None or article.margin < STEP):
            return Delivery.FEWER
        if subscription.topics and not set(subscription.topics) & set(article.topics):
            return Delivery.OTHER_TOPICS
        if not _is_chosen(article, subscription):
            return Delivery.OTHER_CHOICES
    due_at, covered = subscription.next_due_at, subscription.covered_until
    if due_at is None:
        return Delivery.NOT_CHOSEN
    start = max(covered, due_at - LOOK_BACK[subscription.cadence]) if covered else due_at - _DAY
    oldest = oldest_news(start, is_first=covered is None)
    return Delivery.NEXT if article.first_seen_at > oldest and article.dated_at >= oldest else Delivery.NOT_CHOSEN


def _is_chosen(article: Article, subscription: Subscription) -> bool:
    """By place, outlet and words; another report of its story may be."""
    return (
        (not subscription.places or not set(subscription.places).isdisjoint(places_of(article)))
        and (not subscription.outlets or article.outlet in subscription.outlets)
        and matches(
            Wording(article.parts),
            all_words=folded_words(subscription.all_words),
            any_words=folded_words(subscription.any_words),
            no_words=folded_words(subscription.no_words),
        )
    )


def _longest_window(session: Session, chat_id: int | None) -> timedelta:
    """From one digest to the next."""
    cadences = select(Subscription.cadence).where(Subscription.chat_id == chat_id, Subscription.enabled)
    return max((_WINDOWS.get(cadence, _DAY) for cadence in session.scalars(cadences)), default=_DAY)


def _cited(session: Session, article_id: int) -> tuple[Cited, ...]:
    """Each document once, in the order of the text, as surely as its surest mention says."""
    query = select(Mention).where(Mention.article_id == article_id, Mention.key.is_not(None), Mention.status != "")
    found: dict[str, Cited] = {}
    for mention in session.scalars(query.order_by(Mention.ordinal)):
        is_stated = bool(mention.document_id) and states_identity(mention.document_id or "", mention)
        cited = Cited(mention.key or "", mention.document_id, mention.status, mention.rule, mention.stage, is_stated)
        name = mention.document_id or cited.key
        if name not in found or (cited.status == "resolved" and found[name].status != "resolved"):
            found[name] = cited
    return tuple(found.values())


def _feeds_of(session: Session, host: str) -> Sequence[Feed]:
    """The feeds followed of a host or of one it belongs to: suckhoe.vnexpress.net is VnExpress's."""
    if "." not in host:
        return ()
    return [feed for feed in all_feeds(session) if _is_same_site(canonical_url(f"https://{feed.host}/"), host)][
        :MAX_FEEDS
    ]


def _is_same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _others_in(session: Session, story_id: int) -> int:
    """How many more reports a story has."""
    count = select(func.count()).select_from(StoryArticle).where(StoryArticle.story_id == story_id)
    return max(0, (session.scalar(count) or 0) - 1)
