"""Reads the article pages that are wanted: where a feed gives only a lead and the article may matter.

::

    due pages --claim--> fetch --> extract, in a process of its own --> analyse --> store
                           |          |
                           +----------+-- no article: it keeps what its feed said, with the reason;
                                          what may pass is tried again, `PAGE_TRIES` times in all

An article that may be policy is read once more, about a day after it came, for papers correct their articles in
silence: what it said before is kept as a version (feeds.versions), and it is judged anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import func, select
from structlog.contextvars import bound_contextvars

from feeds.analyse import analyse
from feeds.classify import first_reading
from feeds.database import Database
from feeds.extract import ArticleText, ExtractError, extract_page, join_lead
from feeds.fetch import Fetcher, FetchError
from feeds.intake import FUTURE
from feeds.leases import claim_pages, renewing
from feeds.models import Article
from feeds.refusal import is_other_article, leads_elsewhere
from feeds.rhythm import back_off
from feeds.store import date_article, published_on, store_analysis, take_turn
from feeds.text import fold
from feeds.versions import Parts, is_edit, keep_version
from feeds.worker import Worker, WorkerError

log = structlog.get_logger()

PAGE_PACE = 1.0  # seconds between two pages of one host
PAGE_TRIES = 3
READ_AGAIN_AFTER = timedelta(hours=24)
REMOVED_LATER = "page removed later"
_FIRST_WAIT = timedelta(minutes=15)
_AT_ONCE = 32
_SECONDS = 10.0  # for taking one page apart; it needs some hundredths of one
_REMOVED = frozenset({"http_404", "gone", "removed", "home_page"})


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a page was not read, as a short code, and whether it may be another time."""

    reason: str
    retry: bool


async def read_pages(
    database: Database,
    fetcher: Fetcher,
    worker: Worker,
    clock: Callable[[], datetime],
    *,
    pace: float = PAGE_PACE,
    on_page: Callable[[int, int], None] | None = None,
) -> int:
    """Fetches every page that is due and judges its article anew; returns how many were read.

    One slow page holds up nothing but its own host's others. `pace` is in seconds. `on_page` is told, at first and
    after each page, how many were read and how many of those due at the beginning are left.
    """
    read = tried = 0
    due = await asyncio.to_thread(_count_due, database, clock()) if on_page else 0
    if on_page:
        on_page(0, due)
    running: dict[asyncio.Task[bool], int] = {}
    try:
        async with renewing(database, Article.page_due_at, running.values(), clock):
            while True:
                for article in await asyncio.to_thread(_claim, database, clock(), _AT_ONCE - len(running)):
                    task = asyncio.create_task(_read(database, fetcher, worker, clock, article, pace))
                    running[task] = article.id
                if not running:
                    return read
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del running[task]
                read += sum(task.result() for task in done)
                tried += len(done)
                if on_page:
                    on_page(read, max(0, due - tried))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _count_due(database: Database, now: datetime) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Article.page_due_at <= now)) or 0


def _claim(database: Database, now: datetime, limit: int) -> Sequence[Article]:
    """Pages to read; those that were to be read again for an article that is no policy after all are let go."""
    with database.session() as session:
        while claimed := claim_pages(session, now, limit=limit):
            for article in claimed:
                if article.page_read_at and article.state == "left_out":
                    article.page_due_at = None
            if wanted := [article for article in claimed if article.page_due_at]:
                return wanted
        return []


async def _read(
    database: Database,
    fetcher: Fetcher,
    worker: Worker,
    clock: Callable[[], datetime],
    article: Article,
    pace: float,
) -> bool:
    with bound_contextvars(article=article.id):
        try:
            found = await _page_of(fetcher, worker, article, pace)
            if isinstance(found, ArticleText):
                is_read = await asyncio.to_thread(_take_in, database, article, found, clock())
                log.info("page read", is_wanted_again=not is_read)
                return is_read
            log.info("page not read", reason=found.reason)
            await asyncio.to_thread(_failed, database, article, clock(), found)
        except Exception:  # its row could not be written: the lease runs out, and the others go on
            log.exception("a page's state could not be recorded", url=article.url)
    return False


async def _page_of(fetcher: Fetcher, worker: Worker, article: Article, pace: float) -> ArticleText | _Failure:
    url = article.url or ""
    try:
        fetched = await fetcher.get(url, pace=pace)
        if elsewhere := leads_elsewhere(url, fetched.url):
            return _Failure(elsewhere, False)
        page = await worker.run(partial(extract_page, url=fetched.url), fetched.body, seconds=_SECONDS)
        other = is_other_article(url, fetched.url, article.title, page.title)
        return _Failure("other_article", False) if other else page
    except FetchError as error:
        return _Failure(error.reason, error.retry)
    except ExtractError as error:
        return _Failure(error.reason, error.reason == "challenge")
    except WorkerError as error:
        return _Failure(f"{error.reason}: {error}", False)
    except Exception as error:  # one broken page must not stop the others: the article keeps the state its lead gave it
        log.exception("page failed unexpectedly", url=url)
        return _Failure(f"internal: {type(error).__name__}", False)


def _take_in(database: Database, article: Article, page: ArticleText, now: datetime) -> bool:
    """Judges the article by its page, which also gives the headline and the date that its feed did not.

    False where the page was for nothing: the article was edited meanwhile, and is wanted again.
    """
    is_again = article.page_read_at is not None
    named = article.title_is_ours and page.title and not page.title_is_ours
    title = page.title if named else article.title or page.title
    parts: Parts = (title, *_joined(article, page, is_again=is_again))
    dated = page.published if page.published and page.published <= now + FUTURE else None
    published = article.published_at or dated
    is_news = not is_again or (is_edit(article.parts, parts) and not page.is_teaser and not _is_cut(article, parts))
    analysis = (
        analyse(*parts, published=published_on(published), home_province=article.province, judge=first_reading)
        if is_news
        else None
    )
    with database.session() as session:
        take_turn(session)
        stored = session.get_one(Article, article.id)
        if stored.parts != article.parts:
            return False
        if analysis is not None:
            if is_again:
                keep_version(session, stored, parts, now)
                log.info("article edited in silence", url=article.url, title=title)
            stored.title, stored.lead, stored.text = parts
            stored.title_is_ours = article.title_is_ours and not named
            stored.author = stored.author or page.author
            if published and stored.published_at is None:
                date_article(session, stored, published)
            store_analysis(session, stored, analysis, now)
            if page.is_teaser:
                _note(stored, "page paywall")
        _settle(stored, now)
    return True


def _joined(article: Article, page: ArticleText, *, is_again: bool) -> tuple[str, str]:
    """(lead, text): what the feed gave before what the page gives.

    Of an edited page, its own lead alone where the stored one was the page's too, and no feed's: then the paragraph
    behind it is less like the page's lead than it is.
    """
    lead, text = join_lead(article.lead, page)
    if is_again and is_edit(("", article.lead, article.text), ("", lead, text)):
        second = article.text.partition("\n")[0]
        if _likeness(article.lead, page.lead) > _likeness(second, page.lead):
            return page.lead, page.text
    return lead, text


def _likeness(one: str, other: str) -> float:
    """Of the words of two paragraphs, the share that both have."""
    words, others = set(fold(one).split()), set(fold(other).split())
    return len(words & others) / max(1, len(words | others))


def _is_cut(article: Article, parts: Parts) -> bool:
    """Whether less than half is left: rather a page that came incomplete than an edit."""
    return 2 * sum(map(len, parts)) < sum(map(len, article.parts))


def _settle(article: Article, now: datetime) -> None:
    """The page was read; once more a day after the article came, if it may be policy."""
    again = article.first_seen_at + READ_AGAIN_AFTER
    article.page_due_at = again if again > now and article.state != "left_out" else None
    article.page_failures, article.page_read_at = 0, now


def _failed(database: Database, article: Article, now: datetime, failure: _Failure) -> None:
    with database.session() as session:
        stored = session.get_one(Article, article.id)
        if stored.parts != article.parts:  # edited meanwhile, and the page wanted again
            return
        if stored.page_read_at:  # it was only looked at again
            stored.page_due_at = None
            if failure.reason in _REMOVED:
                log.info("page removed later", url=article.url, title=article.title)
                _note(stored, REMOVED_LATER)
            return
        stored.page_failures += 1
        again = failure.retry and stored.page_failures < PAGE_TRIES
        stored.page_due_at = now + back_off(_FIRST_WAIT, stored.page_failures) if again else None
        _note(stored, f"page {failure.reason}")


def _note(article: Article, what: str) -> None:
    article.state_reason = f"{article.state_reason.partition(';')[0]}; {what}"
