"""Commands for whoever runs the bot: doctor, evaluate, train, migrate."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.cli.opened import opened_database, ready_settings
from bot.request import AiohttpRequest
from bot.settings import Settings
from digests import models  # noqa: F401 - its tables belong to the schema
from digests.status import status_view
from feeds.database import Database, DatabaseError
from feeds.evaluate import Score, evaluate
from feeds.models import Base
from feeds.sources import SourcesError, load_sources
from feeds.train import TrainingError, train


@click.command("doctor")
def doctor_command() -> None:
    """Say what is wrong with the configuration, the database, the token and the feeds."""
    settings = ready_settings()
    click.echo("ok       settings")
    wrong = [line for check in (_sources, _database, _token) for line in check(settings)]
    if wrong:
        sys.exit(1)


@click.command("evaluate")
@click.argument("gold", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate_command(gold: tuple[Path, ...]) -> None:
    """Precision, recall and F1 of classification and citations on labelled JSONL."""
    report = evaluate(gold)
    table = Table("what", "rows", "precision", "recall", "F1", "average precision")
    if found := report.classification:
        table.add_row("security policy", str(found.rows), *_figures(found.score), f"{found.average_precision:.4f}")
        table.add_row("topics", str(found.relevant), *_figures(found.topics), "")
    if cited := report.citations:
        for name, score in (("strict", cited.strict), ("base key", cited.base), ("overlap", cited.overlap)):
            table.add_row(f"citations, {name}", str(cited.rows), *_figures(score), "")
    Console().print(table)
    for problem in report.problems:
        click.echo(str(problem), err=True)
    if report.classification is None and report.citations is None:
        raise click.ClickException("nothing labelled in these files")


@click.command("train")
@click.argument("gold", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the shipped figures.")
def train_command(gold: tuple[Path, ...], out: Path | None) -> None:
    """Train the classifier on labelled JSONL and write its figures."""
    try:
        report = train(gold, out, log=lambda line: click.echo(line, err=True))
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    table = Table("cross-validated", "precision", "recall", "F1")
    for name, score in (("natural", report.natural), ("others", report.others), ("topics", report.topics)):
        table.add_row(name, *_figures(score))
    Console().print(table)
    click.echo(f"{report.path}: {report.size} bytes, {report.grams} n-grams, threshold {report.threshold:.3f}")


@click.command("migrate")
@click.option("--new", "message", hidden=True, help="For developers: write a revision from the changed models.")
def migrate_command(message: str | None) -> None:
    """Bring the database to the newest schema."""
    settings = ready_settings()
    with opened_database(settings) as database:
        if message:
            database.new_revision(message, Base.metadata)
        present, _ = database.revision()
        click.echo(f"the database is at revision {present}")


def _sources(settings: Settings) -> Iterator[str]:
    try:
        sources = load_sources(settings.sources_file)
    except SourcesError as error:
        yield _wrong("sources", str(error))
    else:
        click.echo(f"ok       sources: {sum(source.enabled for source in sources)} feeds")


def _database(settings: Settings) -> Iterator[str]:
    try:
        database = Database(settings.database_url)
        try:
            present, newest = database.revision()
            if present != newest:
                yield _wrong("database", f"at revision {present}, the code needs {newest}: python bot.py migrate")
                return
            click.echo(f"ok       database: {database.engine.url.render_as_string()}, revision {present}")
            yield from _feeds(database)
        finally:
            database.close()
    except DatabaseError as error:
        yield _wrong("database", str(error))


def _feeds(database: Database) -> Iterator[str]:
    with database.reading() as session:
        status = status_view(session, datetime.now(UTC))
    click.echo(
        f"ok       feeds: {status.progress.done} of {status.progress.total} read, {status.read} articles in 24 h"
    )
    for feed in status.failing:
        yield _wrong("feed", f"{feed.outlet}: {feed.error}")


def _token(settings: Settings) -> Iterator[str]:
    if settings.telegram_token is None:
        yield _wrong("token", "TELEGRAM_TOKEN is not set: get one from @BotFather")
        return
    token = settings.telegram_token.get_secret_value()

    async def name() -> str:
        bot = Bot(token, base_url=f"{settings.telegram_api_url}/bot", request=AiohttpRequest())
        async with bot:
            return str(bot.username)

    try:
        click.echo(f"ok       token: @{asyncio.run(name())}")
    except InvalidToken:
        yield _wrong("token", "Telegram refuses TELEGRAM_TOKEN")
    except TelegramError as error:
        yield _wrong("token", f"{settings.telegram_api_url} cannot be reached: {error}")


def _wrong(what: str, why: str) -> str:
    click.echo(f"WRONG    {what}: {why}")
    return what


def _figures(score: Score) -> tuple[str, str, str]:
    return f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}"
