"""poll: one round over the feeds."""

import asyncio
import time
from datetime import timedelta
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.cli.opened import opened_database, ready_settings
from bot.cli.tables import print_table
from bot.clock import now
from bot.settings import Settings
from digests.chart import chart_waiting
from digests.cluster import fold_waiting
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.following import all_feeds, sync_sources
from feeds.judge import judge_waiting
from feeds.models import Feed
from feeds.pages import read_pages
from feeds.sources import load_sources, without_query
from feeds.update import UpdateReport, update_feeds
from feeds.worker import Worker

EVERY = 10.0  # seconds between two lines of progress where no terminal shows a bar


@click.command("poll")
@click.option("--all", "everything", is_flag=True, help="All feeds, due or not.")
def poll_command(everything: bool) -> None:
    """Read all due feeds once and print a summary.

    Exit code 1: feeds were due, and none could be read.
    """
    settings = ready_settings("error")  # the summary names the feeds that failed
    sources = load_sources(settings.sources_file)
    with opened_database(settings) as database:
        with database.session() as session:
            sync_sources(session, sources, now())
            feeds = len(all_feeds(session))
        report, pages = asyncio.run(_poll(settings, database, everything, feeds))
        fold_waiting(database)
        chart_waiting(database)
    _show(report, pages)
    if not report.checked:
        click.echo(f"None of {feeds} feeds is due; --all reads them all the same." if feeds else "No feed is followed.")
    elif report.checked == len(report.failed):
        raise click.ClickException("no feed could be read")


async def _poll(settings: Settings, database: Database, everything: bool, feeds: int) -> tuple[UpdateReport, int]:
    async with (
        Fetcher(allow_private=settings.fetch_allow_private, contact=settings.fetch_contact) as fetcher,
        Worker() as worker,
    ):
        with _Watch(feeds) as watch:
            report = await update_feeds(
                database,
                fetcher,
                worker,
                now,
                shortest=timedelta(minutes=settings.poll_minutes),
                only_due=not everything,
                on_feed=watch.feed_read,
            )
            watch.feeds_said = f"feeds {report.checked}/{report.checked}, {report.new} new"
            pages = await read_pages(database, fetcher, worker, now, on_page=watch.page_read)
            watch.judging()
            report.kept += (await judge_waiting(database, worker, now)).kept
    return report, pages


class _Watch:
    """How far a round is, on stderr: a bar on a terminal, elsewhere a line after each `EVERY` seconds."""

    def __init__(self, feeds: int) -> None:
        self._feeds, self._done, self._pages = feeds, 0, 0
        self._console = Console(stderr=True)
        self._bar = Progress(console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("reading feeds", total=feeds)
        self._said_at = time.monotonic()
        self.feeds_said = ""

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def feed_read(self, _feed: Feed) -> None:
        self._done += 1
        self._bar.advance(self._task)
        self._say(f"feeds {self._done}/{self._feeds}")

    def page_read(self, read: int, left: int) -> None:
        self._pages = max(self._pages, left)  # also those that cannot be read
        done = self._pages - left
        self._bar.update(self._task, description=f"reading pages, {left} left", completed=done, total=self._pages)
        self._say(f"{self.feeds_said}; pages {read} read, {left} left")

    def judging(self) -> None:
        self._bar.update(self._task, description="judging", total=None)

    def _say(self, line: str) -> None:
        if not self._console.is_terminal and time.monotonic() - self._said_at >= EVERY:
            self._said_at = time.monotonic()
            click.echo(line, err=True)


def _show(report: UpdateReport, pages: int) -> None:
    table = Table("feeds read", "unchanged", "failed", "new articles", "edited", "security policy", "pages")
    numbers = (
        report.checked,
        report.unchanged,
        len(report.failed),
        report.new,
        report.edited,
        report.kept,
        pages,
    )
    table.add_row(*map(str, numbers))
    print_table(table)
    for outlet, url, reason in report.failed:
        click.echo(without_query(f"{outlet}: {url}: {reason}"))
