"""Commands that read and answer: brief, directive, analyse, import."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.cli.opened import opened_database, ready_settings
from digests.compose import compose_period
from digests.dossier import Answer, Dossier, answer
from digests.render import (
    LANGUAGES,
    digest_json,
    plain_text,
    render,
    render_digest,
    render_dossier,
    render_file,
)
from digests.subscribers import find_reader
from feeds.analyse import analyse, to_json
from feeds.database import Database
from feeds.dates import parse_date
from feeds.documents import Document, load_catalogue, look_up
from feeds.readfile import ReadArticle, ReadProblem, read_articles
from feeds.sources import read_opml
from feeds.store import NewArticle, add_feeds, published_on, save_article

MAX_HOURS = 10_000_000
MAX_LINE = 64 * 1024 * 1024  # bytes of one line of JSON


@click.command("brief")
@click.option("--hours", type=click.IntRange(1, MAX_HOURS), default=24, show_default=True, help="How far back.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language; that of --for, or vi.")
@click.option("--for", "chat_id", type=int, help="With the topics, language and time zone of this chat.")
@click.option("--format", "form", type=click.Choice(["text", "html", "markdown", "json"]), default="text")
def brief_command(hours: int, lang: str | None, chat_id: int | None, form: str) -> None:
    """Print the digest of the last hours (24 by default); imported articles are included."""
    settings = ready_settings()
    with opened_database(settings) as database, database.session() as session:
        reader = find_reader(session, chat_id) if chat_id is not None else None
        if chat_id is not None and reader is None:
            raise click.ClickException(f"no chat {chat_id} is known here")
        view = compose_period(
            session,
            datetime.now(UTC),
            hours,
            language=lang or (reader.language if reader else "vi"),
            timezone=reader.timezone if reader else settings.default_timezone,
            topics=reader.topics if reader else (),
        )
    if form == "json":
        click.echo(json.dumps(digest_json(view), ensure_ascii=False, indent=2))
    elif form == "html":
        click.echo("\n\n".join(message.html for message in render_digest(view)))
    else:
        click.echo(render_file(view, {"text": "txt", "markdown": "md"}[form]))


@click.command("directive")
@click.argument("query", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--batch", is_flag=True, help="JSONL {id, query} from stdin to JSONL {id, keys, documents, status}.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="vi", show_default=True)
def directive_command(query: str | None, as_json: bool, batch: bool, lang: str) -> None:
    """Print what a document is and the articles that cite it: directive 09-CT/TW."""
    if batch == (query is not None):
        raise click.UsageError("give either a number or --batch")
    settings = ready_settings()
    if batch:
        for row in _json_lines():
            _print_line(row if "error" in row else _batch_answer(row))
        return
    with opened_database(settings) as database, database.session() as session:
        found = answer(session, query or "")
    if as_json:
        _print_line(_answer_json(found))
    else:
        click.echo(_answer_text(found, lang, settings.default_timezone))
    if found.status in ("invalid", "unknown") and not any(dossier.total for dossier in found.dossiers):
        sys.exit(1)


@click.command("analyse")
def analyse_command() -> None:
    """Read JSONL {id, title, summary, text, published?} from stdin; print what is understood of each, as JSONL."""
    ready_settings()
    for row in _json_lines():
        _print_line(row if "error" in row else _analysed(row))


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_command(files: tuple[Path, ...]) -> None:
    """Take articles from .txt, .html, .jsonl or .xml files, feeds from .opml. They enter no subscriber's digest."""
    settings = ready_settings()
    counts: Counter[str] = Counter()
    with opened_database(settings) as database:
        for path in files:
            try:
                if path.suffix.lower() == ".opml":
                    counts["feeds"] += _import_feeds(database, path)
                else:
                    _import_articles(database, path, counts)
            except (OSError, ValueError) as error:
                counts["problems"] += 1
                click.echo(f"{path}: {error}", err=True)
    click.echo(
        f"{counts['articles']} articles imported, {counts['kept']} of them security policy; "
        f"{counts['feeds']} feeds added; {counts['problems']} problems"
    )
    if counts["problems"] and not counts["articles"] + counts["feeds"]:
        sys.exit(1)


def _import_articles(database: Database, path: Path, counts: Counter[str]) -> None:
    now = datetime.now(UTC)
    for item in read_articles(path):
        if isinstance(item, ReadProblem):
            counts["problems"] += 1
            click.echo(f"{item.where}: {item.message}", err=True)
            continue
        new = _imported(item)
        analysis = analyse(new.title, new.lead, new.text, published=published_on(new.published))
        with database.session() as session:
            save_article(session, new, analysis, now)
        counts["articles"] += 1
        counts["kept"] += analysis.verdict.relevant


def _imported(item: ReadArticle) -> NewArticle:
    return NewArticle(
        identity=item.identity,
        url=item.url,
        outlet=item.outlet,
        title=item.title,
        lead=item.lead,
        text=item.text,
        published=item.published,
        title_is_ours=item.title_is_ours,
        origin="import",
    )


def _import_feeds(database: Database, path: Path) -> int:
    with database.session() as session:
        return add_feeds(session, read_opml(path.read_bytes()), datetime.now(UTC))


def _json_lines() -> Iterator[Mapping[str, Any]]:
    """Objects of stdin, one a line; a broken line comes as an object with `error`, and the rest goes on."""
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            if len(line) > MAX_LINE:
                raise ValueError("longer than 64 MB")
            row = json.loads(line)
            if not isinstance(row, dict):
                raise TypeError("not a JSON object")
        except (ValueError, TypeError, RecursionError) as error:
            yield {"id": None, "line": number, "error": f"line {number}: {error}"}
        else:
            yield row


def _analysed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = [row.get(name) or "" for name in ("title", "summary", "text")]
    if not all(isinstance(part, str) for part in parts):
        return {"id": row.get("id"), "error": "title, summary and text must be strings"}
    published = row.get("published")
    moment = parse_date(published) if isinstance(published, str) else None
    return to_json(row.get("id"), analyse(*parts, published=published_on(moment)))


def _batch_answer(row: Mapping[str, Any]) -> Mapping[str, Any]:
    query = row.get("query")
    if not isinstance(query, str):
        return {"id": row.get("id"), "error": "query must be a string"}
    found = look_up(query, load_catalogue())
    return {
        "id": row.get("id"),
        "keys": list(found.keys),
        "documents": list(found.documents),
        "status": found.status,
    }


def _answer_json(found: Answer) -> Mapping[str, Any]:
    citing = [article for dossier in found.dossiers for article in dossier.articles]
    return {
        "query": found.query,
        "status": found.status,
        "keys": list(found.keys),
        "documents": [_document_json(document) for document in found.documents],
        "articles": [
            {
                "title": item.article.title,
                "url": item.article.url,
                "outlet": item.article.outlet,
                "published": item.article.dated_at.isoformat() if item.article.date_known else None,
                "stage": item.stage,
                "stage_years": item.stage_years,
                "province": item.province,
                "quote": item.quote,
                "status": item.status,
                "rule": item.rule,
            }
            for item in citing
        ],
        "total": sum(dossier.total for dossier in found.dossiers),
        "nearest": list(found.nearest),
    }


def _document_json(document: Document) -> Mapping[str, Any]:
    return {
        "id": document.id,
        "key": document.key,
        "type": document.type,
        "title": document.title,
        "issuer": document.issuer,
        "term": document.term,
        "date": document.date,
        "province": document.place,
        "status": document.status,
        "facts": dict(document.provenance),
    }


def _answer_text(found: Answer, language: str, timezone: str) -> str:
    cards = [dossier for dossier in found.dossiers if dossier.document or dossier.total]
    if found.status == "ambiguous" or not cards:
        html = render("answer.html", language, answer=found, timezone=timezone, as_of=load_catalogue().as_of)
        return "\n".join([plain_text(html), *found.nearest, *(_pages(card, language, timezone) for card in cards)])
    return "\n\n".join(_pages(card, language, timezone) for card in cards)


def _pages(dossier: Dossier, language: str, timezone: str) -> str:
    html, pages = render_dossier(dossier, language, timezone)
    rest = [render_dossier(dossier, language, timezone, page, head=False)[0] for page in range(1, pages)]
    return plain_text("\n\n".join([html, *rest]))


def _print_line(value: Mapping[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
