"""By its id one finds in the logs what became of an article, and of a digest, from first sight to the reader."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from bot.application import Role, running
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.logs import set_up_logs
from bot.sandbox import Sandbox
from digests.models import Digest, DigestPart
from feeds.models import Article


@pytest.fixture
def _logging_kept() -> Iterator[None]:
    root, known = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**known)


@pytest.mark.usefixtures("_logging_kept")
async def test_a_real_run_tells_the_life_of_each_article_and_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("info", "json")
    clock = DemoClock()
    async with OutletServer(now=clock) as outlets, Sandbox(clock=clock) as sandbox:
        reader = sandbox.user(first_name="An", started=True)
        settings = demo_settings(sandbox, outlets, tmp_path)
        async with running(settings, list(Role), clock=clock, sources=outlets.sources, offline=True) as bot:
            await reader.say("/dangky 7:30")
            await reader.say("cụm từ riêng tư của tôi")
            await bot.poll_now()  # None, where a tick is at it
            await reader.wait_for("Báo", timeout=120)
            await bot.deliver_now()  # what is under way is recorded then
            states = dict(await bot.services.read(lambda session: session.execute(_STATES).all()))
            digests = await bot.services.read(lambda session: session.scalars(_SENT).all())
            counted = bot.jobs._metrics.registry.get_sample_value
    written = capsys.readouterr().err
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    lives: dict[int, list[str]] = {}
    for line in lines:
        if "article" in line:
            lives.setdefault(line["article"], []).append(line["event"])
    kept = [article_id for article_id, state in states.items() if state == "kept"]
    assert len(kept) > 10
    for article_id in kept:
        life = lives[article_id]
        assert life[0] == "article found"
        assert life.index("article placed") < life.index("article announced")
    assert any("page read" in lives[article_id] for article_id in kept)
    assert any(life.index("page read") < life.index("article judged") for life in lives.values() if "page read" in life)
    stories = {line["story"] for line in lines if line["event"] == "article placed"}
    assert digests
    for digest_id in digests:
        life = [line for line in lines if line.get("digest") == digest_id]
        assert [line["event"] for line in life][:2] == ["digest claimed", "digest composed"]
        assert set(life[1]["stories"]) <= stories
        assert [line["event"] for line in life[2:]] == ["part sent"] * life[1]["parts"]
        assert all(line["message_id"] for line in life[2:])
    sent = [line for line in lines if line["event"] == "part sent"]
    assert counted("diem_tin_messages_sent_total") == len(sent)
    assert counted("diem_tin_digest_lateness_seconds_count") == len(digests)
    assert any(line["stories"] for line in lines if line["event"] == "digest composed")
    unnamed = [line for line in lines if line["event"].startswith(("article ", "page ")) and "article" not in line]
    unnamed += [line for line in lines if line["event"].startswith(("digest ", "part ")) and "digest" not in line]
    assert unnamed == []
    assert sandbox.token.partition(":")[2] not in written
    assert "riêng tư" not in written


_STATES = select(Article.id, Article.state)
_SENT = select(Digest.id).where(
    Digest.id.in_(select(DigestPart.digest_id).where(DigestPart.state == "sent")), ~Digest.is_notice
)


@pytest.mark.usefixtures("_logging_kept")
def test_what_is_bound_is_in_the_lines_of_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    with structlog.contextvars.bound_contextvars(article=7):
        logging.getLogger("trafilatura.core").warning("odd page")
        structlog.get_logger().info("read")
    structlog.get_logger().info("another")
    first, second, third = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["article"], second["article"]) == (7, 7)
    assert "article" not in third
