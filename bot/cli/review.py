"""review: what users say is wrong, listed and decided."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bot.cli.jsonl import print_line
from bot.cli.opened import opened_database, ready_settings
from bot.cli.tables import print_table
from bot.cli.typed import typed
from bot.clock import now
from digests.feedback import Report, Undecidable, all_reports, decide, open_reports, ruled_out
from feeds.database import Database
from feeds.models import Article
from feeds.reindex import reindex
from feeds.text import shorten

_MAX_CITED = 160


class _Ids(click.ParamType[tuple[int, ...]]):
    """One id or several, separated by commas."""

    name = "id"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        pieces = [piece.strip() for piece in str(value).split(",")]
        if not all(piece.isascii() and piece.isdecimal() and len(piece) <= 18 for piece in pieces):
            self.fail(f"{value!r} is no id of the list", parameter, context)
        return tuple(map(int, pieces))


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("review")
@click.option("--accept", type=_Ids(), multiple=True, metavar="ID,...", help="The users are right about these.")
@click.option("--reject", type=_Ids(), multiple=True, metavar="ID,...", help="They are not; a decision can be undone.")
@click.option("--export", type=_FILE, metavar="FILE", help="Write what was accepted as irrelevant, for `train`.")
@click.option("--all", "everything", is_flag=True, help="List also what was decided, to find its id again.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON lines, with whole sentences.")
def review_command(
    accept: Sequence[tuple[int, ...]],
    reject: Sequence[tuple[int, ...]],
    export: Path | None,
    everything: bool,
    as_json: bool,
) -> None:
    """List and decide what users call wrong.

    Without options it lists what nobody has decided yet. An article accepted as irrelevant is left out from then on;
    of a wrong document, what is said to cite it becomes open; of a wrong fold, the article becomes a story of its own.
    None comes back by itself. What was decided can be decided otherwise, by the same id.

    Columns: the id to decide by; what is called wrong, the article (irrelevant), a document it is said to cite (wrong
    document) or that it stands in one story with the others that are named (wrong fold); how many chats say so; the
    article's score, 0 to 1, by which it was taken for security policy; its outlet and title; the document and the
    sentence that is said to cite it, or the headlines it stands with; open, accepted or rejected.
    """
    decisions = {i: accepted for ids, accepted in ((accept, True), (reject, False)) for some in ids for i in some}
    if len(decisions) < len({i for ids in accept for i in ids}) + len({i for ids in reject for i in ids}):
        raise click.UsageError("an id is both accepted and rejected")
    settings = ready_settings()
    with opened_database(settings) as database:
        if decisions:
            _decide(database, decisions)
        if export:
            _export(database, export)
        if as_json or everything or not (decisions or export):
            _list(database, everything, as_json)


def _decide(database: Database, decisions: Mapping[int, bool]) -> None:
    try:
        with database.session() as session:
            changed = decide(session, decisions, now())
    except Undecidable as error:
        raise click.ClickException(f"{error}; `{typed('review --all')}` lists them") from error
    reindex(database, now, only=changed)
    accepted = sum(decisions.values())
    click.echo(
        f"{accepted} accepted, {len(decisions) - accepted} rejected: {_articles(len(changed))} changed", err=True
    )


def _export(database: Database, file: Path) -> None:
    with database.reading() as session:
        articles = ruled_out(session)
    lines = [json.dumps(_label(article), ensure_ascii=False) + "\n" for article in articles]
    file.write_text("".join(lines), "utf-8")
    click.echo(f"{_articles(len(articles))} written", err=True)


def _articles(count: int) -> str:
    return f"{count} article{'' if count == 1 else 's'}"


def _list(database: Database, everything: bool, as_json: bool) -> None:
    with database.reading() as session:
        reports = (all_reports if everything else open_reports)(session)
    if as_json:
        for report in reports:
            print_line(_json(report))
        return
    table = Table("id", "what", "chats", "score", "outlet", "article", "cites / stands with", "decision")
    for report in reports:
        cited = shorten(": ".join(filter(None, (report.document_id, report.quote))), _MAX_CITED)
        score = "" if report.article.score is None else f"{report.article.score:.2f}"
        what = report.kind.replace("_", " ")
        # Text, not markup: these words come from outside.
        outlet, title = report.article.outlet, report.article.title
        cells = (str(report.id), what, str(report.chats), score, outlet, title, cited, report.decision or "open")
        table.add_row(*(Text(cell) for cell in cells))
    print_table(table)
    click.echo(f"{sum(report.decision is None for report in reports)} open")


def _json(report: Report) -> Mapping[str, Any]:
    article = report.article
    return {
        "id": report.id,
        "kind": report.kind,
        "chats": report.chats,
        "first_at": report.first_at.isoformat(),
        "article": {
            "id": article.id,
            "title": article.title,
            "outlet": article.outlet,
            "url": article.url,
            "score": article.score,
            "state": article.state,
        },
        "document": report.document_id or None,
        "quote": report.quote or None,
        "decision": report.decision,
    }


def _label(article: Article) -> Mapping[str, Any]:
    """The form of feeds/labels.py."""
    return {
        "id": article.identity,
        "title": article.title,
        "summary": article.lead,
        "text": article.text,
        "relevant": False,
        "topics": [],
        "source": article.outlet,
    }
