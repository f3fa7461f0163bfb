"""dump: all that is public, as JSON lines."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

import click
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from bot.api import shapes
from bot.api.making import article_fields, document_shape, mention_shape
from bot.cli.opened import opened_database, ready_settings
from bot.clock import now
from digests import published


class DumpHead(shapes.Shape):
    """The first line."""

    type: Literal["dump"] = "dump"
    version: Literal[1] = 1
    """Of this format: a field that goes, or means something else, raises it; more fields do not."""
    made: datetime


class DumpedDocument(shapes.Document):
    type: Literal["document"] = "document"
    now: str | None
    """The id that it is now, where it turned out to be another."""


class DumpedArticle(shapes.Article):
    type: Literal["article"] = "article"


class DumpedMention(shapes.Mention):
    type: Literal["mention"] = "mention"
    article: int
    """The article that it is in, whose line comes before."""


class DumpedStory(shapes.Shape):
    """An event."""

    type: Literal["story"] = "story"
    id: int
    created: datetime
    continues: int | None
    """The story that it continues."""
    articles: list[int]
    """Its public reports, oldest first."""


class DumpEnd(shapes.Shape):
    """The last line: without it the dump is not whole."""

    type: Literal["end"] = "end"
    documents: int
    articles: int
    mentions: int
    stories: int


Line = DumpHead | DumpedDocument | DumpedArticle | DumpedMention | DumpedStory | DumpEnd


@click.command("dump")
@click.argument("target", metavar="FILE", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a line instead.")
def dump_command(target: Path | None, schema: bool) -> None:
    """Write all that is public as JSONL: to FILE, or - for stdout.

    Documents, articles without their texts, every citation with its sentence and how sure its reading is, stories: as
    they stood at one moment, while the bot goes on. A FILE that is there is replaced once the dump is whole.
    """
    if schema == bool(target):
        raise click.UsageError("give either FILE (- for stdout) or --schema")
    if target is None:
        lines: TypeAdapter[Line] = TypeAdapter(Line)
        click.echo(json.dumps(lines.json_schema(mode="serialization"), ensure_ascii=False))
        return
    settings = ready_settings()
    with opened_database(settings) as database, _opened(target) as file, published.snapshot(database) as session:
        for line in dump_lines(session, now()):
            file.write(f"{line.model_dump_json()}\n")


def dump_lines(session: Session, moment: datetime) -> Iterator[Line]:
    """The lines, in bounded memory: what is read of articles and stories is a few hundred at a time."""
    documents = articles = mentions = stories = 0
    yield DumpHead(made=moment)
    for document_id, redirect in published.each_document(session):
        documents += 1
        yield DumpedDocument(**dict(document_shape(document_id)), now=redirect)
    for batch in published.each_article(session):
        cited = published.mentions_of(session, [row.id for row in batch])
        articles += len(batch)
        mentions += sum(map(len, cited.values()))
        for row in batch:
            yield DumpedArticle(**article_fields(row, cited[row.id]))
            for one in cited[row.id]:
                yield DumpedMention(**dict(mention_shape(one, row.published_at)), article=row.id)
    for told in published.each_story(session):
        stories += len(told)
        for story, reports in told:
            yield DumpedStory(
                id=story.id, created=story.created_at, continues=story.continues_id, articles=list(reports)
            )
    yield DumpEnd(documents=documents, articles=articles, mentions=mentions, stories=stories)


@contextmanager
def _opened(target: Path) -> Iterator[IO[str]]:
    """The file to write: what is there stays until the new one is whole."""
    if str(target) == "-":
        yield sys.stdout
        return
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(target)
    except OSError as error:
        raise click.ClickException(f"cannot write {target}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
