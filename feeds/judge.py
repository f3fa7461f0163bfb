"""Asks the second reader about the articles that wait for it, off the path on which news comes in.

::

    waiting articles --claim--> classify, in a process of its own --> kept / left_out
                                    |
                                    +-- it failed: one by one; what it fails on gets the first reader's verdict
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from feeds.classify import Verdict, classify, shipped_figures
from feeds.database import Database
from feeds.indexing import index_articles
from feeds.leases import claim_second_readings, renewing
from feeds.models import Article
from feeds.store import store_verdict, take_turn
from feeds.vectors import keep_vector
from feeds.worker import Worker

log = structlog.get_logger()

_AT_ONCE = 32
_SECONDS = 30.0  # for so many: three times what they need on a slow machine
_SECONDS_ALONE = 5.0  # for one of a batch that failed

Parts = tuple[str, str, str]


@dataclass(slots=True)
class JudgeReport:
    """Articles settled, those of them that are security policy, and those on which the second reader failed."""

    judged: int = 0
    kept: int = 0
    failed: int = 0


async def judge_waiting(database: Database, worker: Worker, clock: Callable[[], datetime]) -> JudgeReport:
    """Settles every open verdict that is due."""
    report = JudgeReport()
    while articles := await asyncio.to_thread(_claim, database, clock()):
        async with renewing(database, Article.second_due_at, [article.id for article in articles], clock):
            verdicts = await _verdicts(worker, articles, report)
        await asyncio.to_thread(_store, database, articles, verdicts, clock())
        report.judged += len(articles)
        report.kept += sum(verdict.relevant for verdict in verdicts)
    return report


async def _verdicts(worker: Worker, articles: Sequence[Article], report: JudgeReport) -> Sequence[Verdict]:
    alone = len(articles) == 1
    parts = [article.parts for article in articles]
    try:
        return await worker.run(_classify, parts, seconds=_SECONDS_ALONE if alone else _SECONDS)
    except Exception as error:  # no article waits for ever because of what an engine of others does
        if not alone:
            return [(await _verdicts(worker, [article], report))[0] for article in articles]
        log.warning("the second reader failed", article=articles[0].id, error=repr(error))
        report.failed += 1
        return [classify(*parts[0], figures=shipped_figures())]


def _classify(articles: Sequence[Parts]) -> list[Verdict]:
    return [classify(*article) for article in articles]


def _claim(database: Database, now: datetime) -> Sequence[Article]:
    with database.session() as session:
        return claim_second_readings(session, now, limit=_AT_ONCE)


def _store(database: Database, articles: Sequence[Article], verdicts: Sequence[Verdict], now: datetime) -> None:
    with database.session() as session:
        take_turn(session)
        judged = []
        for article, verdict in zip(articles, verdicts, strict=True):
            stored = session.get(Article, article.id)
            if stored and stored.parts == article.parts:
                store_verdict(stored, verdict, now)
                keep_vector(session, stored, verdict)
                log.info("article judged", article=stored.id, state=stored.state, reason=stored.state_reason)
                judged.append(stored)
        index_articles(session, judged)
