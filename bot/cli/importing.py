"""import: articles and feeds out of files."""

from collections import Counter
from pathlib import Path

import click

from bot.cli.opened import opened_database, ready_settings
from bot.clock import now
from digests.chart import chart_waiting
from feeds.analyse import analyse
from feeds.database import Database
from feeds.following import add_feeds
from feeds.opml import FAULTS, read_opml
from feeds.places import home_of
from feeds.readfile import ReadArticle, ReadProblem, read_articles
from feeds.sources import SourcesError
from feeds.store import NewArticle, published_on, save_articles


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def import_command(context: click.Context, files: tuple[Path, ...]) -> None:
    """Take articles and feeds out of files.

    Articles come from .txt, .html, .jsonl and .xml files, feeds to follow from .opml. Imported articles are found by
    `brief` and `directive` and enter no subscriber's digest. What was imported before is brought up to date, never
    doubled. A .jsonl file holds one object {title, summary, text, url?, outlet?, published?} a line; an .xml file is
    a saved feed.

    What cannot be used is named with its file and line, and the rest goes on. Exit code 1: a file gave nothing.
    """
    settings = ready_settings()
    totals: Counter[str] = Counter()
    with opened_database(settings) as database:
        for path in files:
            counts = _import(database, path)
            counts["failed"] = not counts["articles"] + counts["feeds"]
            totals.update(counts)
        chart_waiting(database)
    click.echo(
        f"{_counted(totals['articles'], 'article')} imported, {totals['kept']} of them security policy; "
        f"{_counted(totals['feeds'], 'feed')}, {totals['added']} of them new; {_counted(totals['problems'], 'problem')}"
    )
    if totals["failed"]:
        context.exit(1)


def _import(database: Database, path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    if path.is_dir():
        return _problem(counts, str(path), "is a folder; name the files in it")
    try:
        if path.suffix.lower() == ".opml":
            _import_feeds(database, path, counts)
        else:
            _import_articles(database, path, counts)
    except OSError as error:
        _problem(counts, str(path), error.strerror or str(error))
    except SourcesError as error:
        _problem(counts, str(path), str(error))
    if not counts:
        _problem(counts, str(path), "there is nothing in it")
    return counts


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _problem(counts: Counter[str], where: str, message: str) -> Counter[str]:
    counts["problems"] += 1
    click.echo(f"{where}: {message}", err=True)
    return counts


def _import_articles(database: Database, path: Path, counts: Counter[str]) -> None:
    seen = now()
    for item in read_articles(path):
        if isinstance(item, ReadProblem):
            _problem(counts, str(path.parent / item.where), item.message)
            continue
        new = _imported(item)
        day = published_on(new.published)
        analysis = analyse(new.title, new.lead, new.text, published=day, home_province=new.province)
        with database.session() as session:
            save_articles(session, [(new, analysis)], seen)
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
        province=home_of(item.outlet),
    )


def _import_feeds(database: Database, path: Path, counts: Counter[str]) -> None:
    opml = read_opml(path.read_bytes())
    for fault, count in opml.left_out.items():
        _problem(counts, str(path), f"{count} left out: {FAULTS[fault]}")
    if not opml.sources and not opml.left_out:
        _problem(counts, str(path), "there is no feed in it")
    with database.session() as session:
        counts["added"] += add_feeds(session, opml.sources, now())
    counts["feeds"] += len(opml.sources)
