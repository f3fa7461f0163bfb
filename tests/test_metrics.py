"""What a process tells Prometheus, and that what is drawn and alerted of is told."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.application import Role, StartError, running
from bot.clock import now
from bot.demo.outlets import OutletServer
from bot.demo.play import demo_settings
from bot.metrics import MOST_OUTLETS, Metrics
from bot.monitor import monitored
from bot.sandbox import Sandbox
from conftest import NOW, free_port
from digests import queues
from digests.messages import Message
from digests.models import Chat, Digest, DigestPart, Subscription
from digests.parts import Outcome, Outgoing
from digests.queues import queues_of
from digests.sending import ChatUnreachable, Flooded
from feeds.database import Database
from feeds.judge import JudgeReport
from feeds.models import Feed, Host
from feeds.update import UpdateReport
from newsroom import POLICY, policy, publish

DEPLOY = Path(__file__).parent.parent / "bot" / "deploy"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def families(exposed: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(exposed)}


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """The samples of that name, by their labels' values."""
    found = families(generate_latest(metrics.registry).decode())
    return {
        tuple(sample.labels.values()): sample.value
        for family in found.values()
        for sample in family.samples
        if sample.name == name
    }


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


def outgoing(*, due: int | None = None) -> Outgoing:
    return Outgoing(1, 1, 1, None, Message("x"), False, 0, None if due is None else NOW - due * MINUTE)


async def exposed_by_a_process(folder: Path) -> str:
    """What a bot tells that has polled and delivered."""
    async with OutletServer(now=now) as outlets, Sandbox() as sandbox:
        port = free_port()
        settings = demo_settings(sandbox, outlets, folder).model_copy(update={"metrics_port": port})
        async with running(settings, list(Role), sources=outlets.sources, offline=True) as bot:
            while await bot.poll_now() is None:
                pass
            await bot.deliver_now()
            _, metrics = await get(port, "/metrics")
            status, health = await get(port, "/healthz")
            assert (status, health) == (200, "well\n")
            with pytest.raises(StartError, match=f"METRICS_PORT {port}"):
                await running(settings, [Role.POLL], sources=(), offline=True).__aenter__()
        return metrics


@pytest.fixture(scope="session")
def drawn() -> list[str]:
    """The queries of the dashboard and of the rules of alerts."""
    dashboard = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = re.findall(r"^ +expr: (.+)$", (DEPLOY / "alerts.yaml").read_text("utf-8"), re.MULTILINE)
    assert len(rules) == (DEPLOY / "alerts.yaml").read_text("utf-8").count("- alert:")
    return [*queries, *rules]


def named(query: str) -> set[str]:
    return set(re.findall(r"\b(?:diem_tin|process)_\w+", query))


async def test_what_is_drawn_and_alerted_of_is_told_by_a_process(tmp_path: Path, drawn: list[str]) -> None:
    metrics = await exposed_by_a_process(tmp_path)
    found = families(metrics)
    assert "diem_tin_build_info" in found
    assert f'roles="{",".join(sorted(Role))}"' in metrics
    typed = {
        name + ending
        for name, family in found.items()
        for ending in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
    }
    assert all(map(named, drawn))
    used = set().union(*map(named, drawn))
    assert len(used) > 15
    assert used <= typed
    ours = {
        name for name in typed if name.startswith("diem_tin_") and not name.endswith(("_sum", "_count", "_created"))
    }
    assert ours <= used, "what nobody looks at need not be told"
    assert found["diem_tin_delivery_lock_held"].samples[0].value == 1
    told = {label for family in found.values() for sample in family.samples for label in sample.labels}
    labels = {label for query in drawn for label in re.findall(r"[{,](\w+)=", query)}
    assert labels - {"job"} <= told


def test_the_dashboard_is_whole() -> None:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    panels: list[dict[str, Any]] = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels) > 10
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["targets"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) == variables


def test_what_happens_is_counted() -> None:
    metrics = Metrics(["poll"])
    failed = [("An", "https://an.example/", "http_403: HTTP 403"), ("Ba", "https://ba.example/", "dns: no such host")]
    metrics.polled(UpdateReport(checked=10, unchanged=6, new=7, edited=1, kept=2, failed=failed))
    metrics.judged(JudgeReport(judged=5, kept=3, failed=1))
    metrics.delivered(Outcome(outgoing(due=2), 1), NOW)
    metrics.delivered(Outcome(outgoing(), 2), NOW)
    metrics.delivered(Outcome(outgoing(), ChatUnreachable("blocked")), NOW)
    metrics.delivered(Outcome(outgoing(), Flooded("wait", None)), NOW)
    metrics.job_ran("rest 140232", done=True)
    metrics.job_ran("poll", done=False)
    assert samples(metrics, "diem_tin_polls_total") == {
        ("http_403",): 1, ("dns",): 1, ("read",): 2, ("unchanged",): 6,
    }  # fmt: skip
    assert samples(metrics, "diem_tin_articles_total") == {
        ("new",): 7, ("edited",): 1, ("judged",): 5, ("kept",): 3, ("not judged by the second reader",): 1,
    }  # fmt: skip
    assert samples(metrics, "diem_tin_messages_sent_total") == {(): 2}
    assert samples(metrics, "diem_tin_send_errors_total") == {("ChatUnreachable",): 1, ("Flooded",): 1}
    assert samples(metrics, "diem_tin_digest_lateness_seconds_sum") == {(): 120}
    assert samples(metrics, "diem_tin_digest_lateness_seconds_count") == {(): 1}
    assert samples(metrics, "diem_tin_job_runs_total") == {("rest", "done"): 1, ("poll", "failed"): 1}


def _feed(outlet: str, **more: Any) -> Feed:
    return Feed(url=f"https://{outlet}.example/{len(more)}", outlet=outlet, level="national", **more)


def _waiting(session: Session) -> None:
    """A bot in which something of everything waits."""
    session.add(_feed("an", next_check_at=NOW - 20 * MINUTE, succeeded_at=NOW - 50 * MINUTE))
    session.add(_feed("an", next_check_at=NOW + MINUTE, checked_at=NOW, succeeded_at=NOW, brought_at=NOW))
    session.add(_feed("rests", next_check_at=NOW - 90 * MINUTE, failures=1, last_error="dns: x"))
    session.add(Host(name="rests.example", rests_until=NOW + DAY))
    article = publish(session, *POLICY, seen=NOW - 30 * MINUTE)
    assert article.state in ("kept", "near")
    article.second_due_at, article.page_due_at = NOW + MINUTE, NOW
    session.add_all(Chat(id=number, created_at=NOW) for number in (1, 2))
    session.flush()
    session.add(Subscription(chat_id=1, next_due_at=NOW - 3 * MINUTE))
    session.add(Subscription(chat_id=2, next_due_at=NOW - DAY, first_promised=True))
    session.flush()
    for due, state in ((16, "due"), (25, "composed"), (90, "composed"), (95, "done")):
        window = {"window_start": NOW - DAY, "window_end": NOW}
        digest = Digest(subscription_id=1, chat_id=1, due_at=NOW - due * MINUTE, state=state, **window)
        session.add(digest)
        session.flush()
        if state == "composed":  # of the last, what its reader asked for later
            number, failures = (1, 3) if due == 25 else (2, 0)
            session.add(DigestPart(digest_id=digest.id, chat_id=1, number=number, html="x", failures=failures))


def test_what_stands_in_the_database_is_told(database: Database) -> None:
    with database.session() as session:
        _waiting(session)
    metrics = Metrics()
    metrics.tell_stored(database, lambda: NOW)
    assert samples(metrics, "diem_tin_database_up") == {(): 1}
    assert samples(metrics, "diem_tin_waiting") == {
        ("due_subscriptions",): 1, ("due_digests",): 1, ("waiting_parts",): 2, ("failing_parts",): 1,
        ("wanted_pages",): 1, ("open_verdicts",): 1, ("untold_articles",): 1, ("uncharted_articles",): 0,
    }  # fmt: skip
    assert samples(metrics, "diem_tin_oldest_waiting_seconds") == {
        ("digest",): 25 * 60, ("verdict",): 30 * 60, ("feed",): 20 * 60,
    }  # fmt: skip
    assert samples(metrics, "diem_tin_feed_lag_seconds")["an",] == 50 * 60
    feeds = samples(metrics, "diem_tin_feeds")
    assert (feeds["faltering",], feeds["well",], feeds["failing",]) == (1, 1, 0)
    articles = samples(metrics, "diem_tin_articles_last_day")
    assert sum(articles.values()) == 1
    assert articles.keys() == {("kept",), ("near",), ("left_out",), ("reading",)}
    assert samples(metrics, "diem_tin_database_bytes")[()] > 10_000


def test_of_very_many_outlets_those_are_told_that_lag_most(sqlite: Database) -> None:
    with sqlite.session() as session:
        for number in range(MOST_OUTLETS + 5):
            session.add(_feed(f"o{number}", next_check_at=NOW, succeeded_at=NOW - number * MINUTE))
    metrics = Metrics()
    metrics.tell_stored(sqlite, lambda: NOW)
    told = samples(metrics, "diem_tin_feed_lag_seconds")
    assert len(told) == MOST_OUTLETS
    assert min(told.values()) == 5 * 60


def test_the_database_is_not_asked_at_every_scrape(sqlite: Database) -> None:
    asked: list[str] = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    metrics = Metrics()
    metrics.tell_stored(sqlite, lambda: NOW)
    generate_latest(metrics.registry)
    first = len(asked)
    generate_latest(metrics.registry)
    assert len(asked) == first < 30


def test_a_scrape_does_not_wait_for_one_that_the_database_holds_up(sqlite: Database) -> None:
    metrics, held_up = Metrics(), list[bool]()

    def clock_while_another_scrapes() -> datetime:
        other = Thread(target=generate_latest, args=(metrics.registry,))
        other.start()
        other.join(60)
        held_up.append(other.is_alive())
        return NOW

    metrics.tell_stored(sqlite, clock_while_another_scrapes)
    assert samples(metrics, "diem_tin_database_up") == {(): 1}
    assert held_up == [False]


def test_queues_are_counted_by_indexes_and_not_to_the_end(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "MOST", 2)
    asked: list[tuple[str, Any]] = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    with sqlite.session() as session:
        for number in range(3):
            publish(session, policy(number), POLICY[1], seen=NOW - number * MINUTE)
        asked.clear()
        assert queues_of(session, NOW).untold_articles == 2
        plans = [
            line
            for statement, values in list(asked)
            for *_, line in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert plans
    scanned = [line for line in plans if re.match(r"SCAN (article|digest|digest_part|subscription)\b", line)]
    assert [line for line in scanned if " USING " not in line or "ix_article_not_" not in line] == []


async def test_health_is_that_of_the_jobs_and_the_database(sqlite: Database) -> None:
    at_work = False
    async with monitored(Metrics().registry, sqlite, "127.0.0.1", 0, lambda: at_work) as port:
        assert await get(port, "/healthz") == (503, "the jobs do not run\n")
        at_work = True
        assert await get(port, "/healthz") == (200, "well\n")
        assert (await get(port, "/metrics"))[0] == 200
        assert (await get(port, "/"))[0] == 404


async def test_a_database_that_is_away_is_told(postgres_url: str) -> None:
    database = Database(postgres_url.replace("postgres?", "no_such_database?"))
    metrics = Metrics()
    metrics.tell_stored(database, lambda: NOW)
    assert samples(metrics, "diem_tin_database_up") == {(): 0}
    assert samples(metrics, "diem_tin_feeds") == {}
    async with monitored(metrics.registry, database, "127.0.0.1", 0, lambda: True) as port:
        assert await get(port, "/healthz") == (503, "the database cannot be reached\n")
    database.close()
