"""brief: the digest of the last hours, on the terminal."""

import json
from html import escape

import click
from sqlalchemy import select

from bot.cli.opened import opened_database, ready_settings
from bot.clock import now
from digests.cluster import fold_waiting
from digests.compose import compose_period
from digests.render import LANGUAGES, digest_json, render_digest, render_file
from digests.subscribers import find_reader
from digests.views import DigestView
from feeds.models import Article

MAX_HOURS = 10_000_000
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Điểm Tin</title>
<body style="white-space: pre-wrap; max-width: 45em; margin: 2em auto; font-family: sans-serif">
{body}
</body></html>"""

_EMPTY = "No article is stored yet: `python bot.py poll` reads the feeds, `python bot.py import FILE` takes your own."


@click.command("brief")
@click.option("--hours", type=click.IntRange(1, MAX_HOURS), default=24, show_default=True, help="How far back.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language; by default that of --for, or vi.")
@click.option(
    "--for", "chat_id", type=int, metavar="CHAT", help="With the topics, amount, language and time zone of a chat."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)
def brief_command(hours: int, lang: str | None, chat_id: int | None, form: str) -> None:
    """Print the digest of the last 24 hours or more.

    Imported articles are included. An article counts by its publication; where that is unknown, by when it was first
    seen, and the digest says so.
    """
    settings = ready_settings()
    with opened_database(settings) as database:
        fold_waiting(database)
        with database.reading() as session:
            reader = find_reader(session, chat_id) if chat_id is not None else None
            if chat_id is not None and reader is None:
                raise click.ClickException(f"no chat {chat_id} is known here")
            view = compose_period(
                session,
                now(),
                hours,
                language=lang or (reader.language if reader else "vi"),
                timezone=reader.timezone if reader else settings.default_timezone,
                topics=reader.topics if reader else (),
                volume=reader.volume if reader else 0,
            )
            is_empty = session.scalar(select(Article.id).limit(1)) is None
    click.echo(_written(view, form))
    if is_empty:
        click.echo(_EMPTY, err=True)


def _written(view: DigestView, form: str) -> str:
    if form == "json":
        return json.dumps(digest_json(view), ensure_ascii=False, indent=2)
    if form == "html":
        body = "\n\n".join(message.html for message in render_digest(view))
        return _PAGE.format(language=escape(view.language), body=body)
    return render_file(view, "md" if form == "markdown" else "txt")
