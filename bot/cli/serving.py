"""Commands that are at work for a while: demo, run, poll."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.application import Role, StartError, run
from bot.cli.opened import opened_database, ready_settings
from bot.demo.play import play
from bot.settings import Settings
from digests.cluster import fold_stories
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.models import Feed
from feeds.sources import load_sources
from feeds.store import all_feeds, sync_sources
from feeds.update import UpdateReport, update_feeds


@click.command("run")
@click.option("--only", default="poll,serve,deliver", show_default=True, help="Roles of this process.")
def run_command(only: str) -> None:
    """The bot: polls feeds, serves chats, delivers digests, until SIGTERM or Ctrl+C."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = {role.value: role for role in Role}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise click.BadParameter(f"choose from {', '.join(known)}", param_hint="--only")
    settings = ready_settings(quiet=False)
    try:
        asyncio.run(run(settings, [known[name] for name in names]))
    except StartError as error:
        raise click.ClickException(str(error)) from error


@click.command("demo")
@click.option("--feeds", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Saved feeds.")
@click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="Port of the chat page.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def demo_command(folder: Path | None, port: int, no_browser: bool) -> None:
    """The whole bot with sample news in a local chat page: no token, no internet."""
    try:
        asyncio.run(play(folder, port, open_browser=not no_browser, announce=click.echo))
    except (OSError, StartError) as error:
        raise click.ClickException(str(error)) from error


@click.command("poll")
@click.option("--all", "everything", is_flag=True, help="All feeds, due or not.")
def poll_command(everything: bool) -> None:
    """One round over all due feeds, with a summary."""
    settings = ready_settings()
    with opened_database(settings) as database:
        with database.session() as session:
            sync_sources(session, load_sources(settings.sources_file), datetime.now(UTC))
            feeds = len(all_feeds(session))
        report = asyncio.run(_poll(settings, database, everything, feeds))
        with database.session() as session:
            fold_stories(session)
    _show(report)
    if report.checked and report.checked == len(report.failed):
        raise click.ClickException("no feed could be read")


async def _poll(settings: Settings, database: Database, everything: bool, feeds: int) -> UpdateReport:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading feeds", total=feeds)

        def advance(_feed: Feed) -> None:
            progress.advance(task)

        async with Fetcher(allow_private=settings.fetch_allow_private) as fetcher:
            return await update_feeds(
                database,
                fetcher,
                lambda: datetime.now(UTC),
                interval=timedelta(minutes=settings.poll_minutes),
                only_due=not everything,
                on_feed=advance,
            )


def _show(report: UpdateReport) -> None:
    table = Table("feeds read", "unchanged", "failed", "new articles", "edited", "security policy", "pages")
    numbers = (
        report.checked,
        report.unchanged,
        len(report.failed),
        report.new,
        report.edited,
        report.kept,
        report.pages,
    )
    table.add_row(*map(str, numbers))
    console = Console()
    console.print(table)
    for outlet, url, reason in report.failed:
        console.print(f"{outlet}: {url}: {reason}", markup=False, highlight=False, soft_wrap=True)
    with contextlib.suppress(BrokenPipeError):
        console.file.flush()
