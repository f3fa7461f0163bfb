"""Reads the article pages that are wanted: where a feed gives only a lead and the article may matter.

::

    due pages --claim--> fetch --> extract --analyse--> store
                           |
                           +-- error: the article keeps what its lead said; tried again, `PAGE_TRIES` times in all
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from feeds.analyse import analyse
from feeds.classify import first_reading
from feeds.database import Database
from feeds.extract import ExtractError, extract_page, join_lead
from feeds.fetch import Fetched, Fetcher, FetchError
from feeds.models import Article
from feeds.store import claim_pages, date_article, published_on, store_analysis, take_turn
from feeds.update import FUTURE, next_check

log = structlog.get_logger()

PAGE_TRIES = 3
_FIRST_WAIT = timedelta(minutes=15)
_AT_ONCE = 16


async def read_pages(database: Database, fetcher: Fetcher, clock: Callable[[], datetime]) -> int:
    """Fetches every page that is due and judges its article anew; returns how many were read."""
    read = 0
    while articles := await asyncio.to_thread(_claim, database, clock()):
        reads = (_read(database, fetcher, clock, article) for article in articles)
        for outcome in await asyncio.gather(*reads, return_exceptions=True):
            if isinstance(outcome, BaseException):  # its row could not be written: the lease runs out, others go on
                log.error("a page's state could not be recorded", exc_info=outcome)
            else:
                read += outcome
    return read


def _claim(database: Database, now: datetime) -> Sequence[Article]:
    with database.session() as session:
        return claim_pages(session, now, limit=_AT_ONCE)


async def _read(database: Database, fetcher: Fetcher, clock: Callable[[], datetime], article: Article) -> bool:
    try:
        fetched = await fetcher.get(article.url or "")
        await asyncio.to_thread(_take_in, database, article, fetched, clock())
    except FetchError as error:
        await asyncio.to_thread(_failed, database, article, clock(), error.reason, error.retry)
    except ExtractError as error:
        await asyncio.to_thread(_failed, database, article, clock(), f"extract: {error}", False)
    except Exception as error:  # one broken page must not stop the others: the article keeps the state its lead gave it
        log.exception("page failed unexpectedly", url=article.url)
        await asyncio.to_thread(_failed, database, article, clock(), type(error).__name__, False)
    else:
        return True
    return False


def _take_in(database: Database, article: Article, fetched: Fetched, now: datetime) -> None:
    """Judges the article by its page, which also gives the headline and the date that its feed did not."""
    page = extract_page(fetched.body, url=fetched.url)
    lead, text = join_lead(article.lead, page)
    named = article.title_is_ours and page.title and not page.title_is_ours
    title = page.title if named else article.title or page.title
    dated = page.published if page.published and page.published <= now + FUTURE else None
    published = article.published_at or dated
    analysis = analyse(
        title,
        lead,
        text,
        published=published_on(published),
        home_province=article.province,
        judge=first_reading,
    )
    with database.session() as session:
        take_turn(session)
        stored = session.get_one(Article, article.id)
        if stored.title != article.title:  # edited meanwhile, and the page wanted again
            return
        stored.title, stored.title_is_ours = title, article.title_is_ours and not named
        stored.lead, stored.text, stored.page_due_at = lead, text, None
        if published and stored.published_at is None:
            date_article(session, stored, published)
        store_analysis(session, stored, analysis)


def _failed(database: Database, article: Article, now: datetime, reason: str, retry: bool) -> None:
    with database.session() as session:
        stored = session.get_one(Article, article.id)
        stored.page_failures += 1
        again = retry and stored.page_failures < PAGE_TRIES
        stored.page_due_at = next_check(now, _FIRST_WAIT, stored.page_failures) if again else None
        stored.state_reason = f"{stored.state_reason.partition(';')[0]}; page {reason}"
