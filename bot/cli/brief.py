"""brief: the digest of the last hours, on the terminal."""

import sys
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli.opened import opened_database, ready_settings
from bot.cli.typed import typed
from bot.clock import now
from digests.cluster import fold_waiting
from digests.compose import compose_period, compose_preview
from digests.export import FORMS, Exported, export
from digests.subscribers import Reader, find_reader
from digests.templates import LANGUAGES
from digests.views import DigestView
from feeds.models import Article

USUAL_HOURS = 24
MAX_HOURS = 10_000_000


@click.command("brief")
@click.option("--hours", type=click.IntRange(1, MAX_HOURS), help="How far back; 24 where not given.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language; by default that of --for, or vi.")
@click.option(
    "--for",
    "chat_id",
    type=int,
    metavar="CHAT",
    help="What the next digest of a chat would be if it came now; with --hours, those hours as it chose to see them.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="text",
    show_default=True,
    help="Form of the output.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write to a file instead.",
)
def brief_command(hours: int | None, lang: str | None, chat_id: int | None, form: str, output: Path | None) -> None:
    """Print the digest of the last 24 hours or more.

    Imported articles are included. An article counts by its publication; where that is unknown, by when it was first
    seen, and the digest says so.
    """
    if form == "docx" and output is None and sys.stdout.isatty():
        raise click.UsageError("a Word file is nothing to read in a terminal: name one with --output FILE")
    settings = ready_settings()
    with opened_database(settings) as database:
        fold_waiting(database)
        with database.reading() as session:
            reader = find_reader(session, chat_id) if chat_id is not None else None
            if chat_id is not None and reader is None:
                raise click.ClickException(f"no chat {chat_id} is known here")
            view = _composed(session, reader, hours, settings.default_timezone, lang)
            is_empty = session.scalar(select(Article.id).limit(1)) is None
    _write(export(view, form), output)
    if is_empty:
        poll, own = typed("poll"), typed("import FILE")
        click.echo(f"No article is stored yet: `{poll}` reads the feeds, `{own}` takes your own.", err=True)


def _composed(
    session: Session, reader: Reader | None, hours: int | None, timezone: str, language: str | None
) -> DigestView:
    first = reader.first if reader else None
    if reader and first and hours is None:
        view = compose_preview(session, reader, first, now())
        return replace(view, language=language or view.language)
    return compose_period(
        session,
        now(),
        hours or USUAL_HOURS,
        language=language or (reader.language if reader else "vi"),
        timezone=(first and first.timezone) or (reader.timezone if reader else timezone),
        subscription=first,
    )


def _write(exported: Exported, output: Path | None) -> None:
    if output is None:
        click.echo(exported.content, nl=False)
        return
    try:
        output.write_bytes(exported.content)
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror}") from error
