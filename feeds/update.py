"""The pipeline from feeds to understood articles.

::

    due feeds --claim--> fetch --> parse --> new or edited entries --analyse--> store (kept / left_out)
                           |                                                      |
                           +-- 304 or error: only the feed's row changes          +-- only a lead: page_due_at
                                                                                     (feeds.pages)

Deciding is in pure functions (`feeds.analyse`, `next_check`); this module only moves things along. Network waits
are async; database and CPU work run in threads.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from feeds.analyse import Analysis, analyse
from feeds.classify import first_reading
from feeds.database import Database
from feeds.extract import ArticleText, ExtractError, extract_page, join_lead
from feeds.fetch import Fetched, Fetcher, FetchError
from feeds.following import claim_feeds
from feeds.identity import article_identity
from feeds.models import Feed
from feeds.parse import Entry, ParsedFeed, ParseError, parse_feed
from feeds.store import NewArticle, known_articles, published_on, save_article, stored_text
from feeds.text import sentences, shorten

log = structlog.get_logger()

# A lead less likely than this to be policy does not cost its outlet a request for the page: nine in ten do not.
PAGE_SCORE = 0.01
# A text shorter than this is a lead, whatever the feed calls it (characters).
FULL_TEXT = 1200
# An item without a headline is called by its first sentence, cut to this (characters).
OUR_TITLE = 120
MAX_BACK_OFF = timedelta(hours=12)
# Clocks err; an item from further ahead than this has no believable date.
FUTURE = timedelta(hours=1)
_AT_ONCE = 16


@dataclass(slots=True)
class UpdateReport:
    """What one round did; `kept` are those that needed no second reader; `failed` are (outlet, url, reason)."""

    checked: int = 0
    unchanged: int = 0
    new: int = 0
    edited: int = 0
    kept: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


async def update_feeds(
    database: Database,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
    *,
    interval: timedelta,
    only_due: bool = True,
    on_feed: Callable[[Feed], None] | None = None,
) -> UpdateReport:
    """One round over every due feed, or over all with `only_due=False`. The pages it wants are `feeds.pages`' work."""
    report = UpdateReport()
    done: set[int] = set()
    while feeds := await asyncio.to_thread(_claim, database, clock(), only_due, done):
        done.update(feed.id for feed in feeds)
        checks = (_check(database, fetcher, clock, feed, interval, report, on_feed) for feed in feeds)
        for outcome in await asyncio.gather(*checks, return_exceptions=True):
            if isinstance(outcome, Exception):  # its row could not be written: the lease runs out, others go on
                log.error("a feed's state could not be recorded", exc_info=outcome)
    return report


def next_check(now: datetime, interval: timedelta, failures: int, retry_after: float | None = None) -> datetime:
    """When to look again: the interval, doubled per failure up to 12 h, spread by a tenth.

    Never before `retry_after` seconds, which are believed up to a day.
    """
    wait = min(interval * float(2 ** min(failures, 10)), MAX_BACK_OFF)
    wait *= random.uniform(0.9, 1.1)  # noqa: S311 - spreading load, not a secret
    return now + max(wait, timedelta(seconds=min(retry_after or 0.0, 86_400.0)))


def _claim(database: Database, now: datetime, only_due: bool, done: Collection[int]) -> Sequence[Feed]:
    with database.session() as session:
        return claim_feeds(session, now, limit=_AT_ONCE, only_due=only_due, but=done)


async def _check(
    database: Database,
    fetcher: Fetcher,
    clock: Callable[[], datetime],
    feed: Feed,
    interval: timedelta,
    report: UpdateReport,
    on_feed: Callable[[Feed], None] | None,
) -> None:
    """One feed, from request to stored articles; whatever happens is written on its row."""
    now, error, retry_after, fetched, parsed = clock(), None, None, None, None
    try:
        fetched = await fetcher.get(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        if fetched.status != 304:
            parsed = await asyncio.to_thread(
                parse_feed, fetched.body, url=fetched.url, content_type=fetched.content_type
            )
            new, edited, kept = await asyncio.to_thread(_take_in, database, feed, parsed, now)
            report.new, report.edited, report.kept = report.new + new, report.edited + edited, report.kept + kept
    except FetchError as caught:
        error, retry_after = f"{caught.reason}: {caught}", caught.retry_after
    except ParseError as caught:
        error = f"parse: {caught}"
    except Exception as caught:  # one broken feed must not stop the others; the next round tries again
        log.exception("feed failed unexpectedly", feed=feed.url)
        error = f"internal: {type(caught).__name__}"
    await asyncio.to_thread(_record, database, feed.id, now, interval, fetched, parsed, error, retry_after)
    report.checked += 1
    if error is not None:
        log.warning("feed not read", feed=feed.url, outlet=feed.outlet, error=error)
        report.failed.append((feed.outlet, feed.url, error))
    elif parsed is None:
        report.unchanged += 1
    else:
        report.skipped.update(parsed.skipped)
    if on_feed:
        on_feed(feed)


def _record(
    database: Database,
    feed_id: int,
    now: datetime,
    interval: timedelta,
    fetched: Fetched | None,
    parsed: ParsedFeed | None,
    error: str | None,
    retry_after: float | None,
) -> None:
    with database.session() as session:
        feed = session.get_one(Feed, feed_id)
        feed.checked_at, feed.claimed_until = now, None
        feed.last_error = error
        feed.failures = feed.failures + 1 if error else 0
        feed.next_check_at = next_check(now, interval, feed.failures, retry_after)
        if error or fetched is None:
            return
        feed.succeeded_at = now
        if fetched.status != 304:
            feed.etag, feed.last_modified = fetched.etag, fetched.last_modified
        if parsed:
            dates = [e.published for e in parsed.entries if e.published and e.published <= now + FUTURE]
            feed.newest_item_at = max([*dates, *([feed.newest_item_at] if feed.newest_item_at else [])], default=None)


def _take_in(database: Database, feed: Feed, parsed: ParsedFeed, now: datetime) -> tuple[int, int, int]:
    """Stores the entries that are new or whose headline was edited; returns how many are new, edited, new and kept.

    Feeds of one outlet write some headlines differently: only the feed that brought an article edits it.
    """
    entries = {article_identity(entry.url or "", entry.guid): entry for entry in parsed.entries}
    with database.reading() as session:
        known = known_articles(session, list(entries))
        edited = {
            identity: stored_text(session, identity)
            for identity, was in known.items()
            if entries[identity].title not in ("", was.title) and was.feed_id in (None, feed.id)
        }
    wanted = [
        _understood(_new_article(feed, identity, entry, now, *edited.get(identity, ("", ""))))
        for identity, entry in entries.items()
        if identity in edited or identity not in known
    ]
    with database.session() as session:
        for new, analysis in wanted:
            save_article(session, new, analysis, now)
    verdicts = [analysis.verdict for new, analysis in wanted if new.identity not in known]
    kept = sum(verdict.relevant and not verdict.is_open for verdict in verdicts)
    return len(wanted) - len(edited), len(edited), kept


def _new_article(feed: Feed, identity: str, entry: Entry, now: datetime, had_lead: str, had_text: str) -> NewArticle:
    """An entry as an article; of an edited one, what it had is kept until its page is read again."""
    published = entry.published
    if published and published > now + FUTURE:
        published = None
    lead, text = _parts_of(entry)
    wants_page = bool(entry.url) and len(text) < FULL_TEXT
    if not text:
        lead, text = join_lead(lead, ArticleText("", True, had_lead, had_text, None, None))
    return NewArticle(
        identity=identity,
        url=entry.url,
        outlet=feed.outlet,
        title=entry.title or _first_sentence(lead),
        lead=lead,
        text=text,
        published=published,
        title_is_ours=not entry.title,
        feed_id=feed.id,
        level=feed.level,
        province=feed.province,
        language=feed.language,
        wants_page=wants_page,
    )


def _parts_of(entry: Entry) -> tuple[str, str]:
    """(lead, text) as the feed gives them."""
    if not entry.content:
        return entry.summary, ""
    try:
        return join_lead(entry.summary, extract_page(entry.content, url=entry.url))
    except ExtractError:
        return entry.summary, ""


def _first_sentence(lead: str) -> str:
    return next((shorten(lead[start:end], OUR_TITLE) for start, end in sentences(lead)), "")


def _understood(new: NewArticle) -> tuple[NewArticle, Analysis]:
    """Keeps the wish for the page where the article may be policy, cites a document, or has no words at all."""
    analysis = analyse(
        new.title,
        new.lead,
        new.text,
        published=published_on(new.published),
        home_province=new.province,
        judge=first_reading,
    )
    verdict = analysis.verdict
    may_matter = verdict.is_open or verdict.score >= PAGE_SCORE or bool(analysis.citations) or not analysis.text
    return replace(new, wants_page=new.wants_page and may_matter), analysis
