"""feeds list | add | remove | pause | resume | import | export | check."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from sqlalchemy.orm import Session

from bot.cli.checking import (
    check_feed,
    new_fetcher,
    read_once,
    require_readable,
    state_of,
    typed_addresses,
    unreadable,
)
from bot.cli.opened import opened_database, ready_settings, sync_feeds
from bot.cli.tables import print_table
from bot.clock import now
from bot.logs import mask_secrets
from bot.settings import Settings
from feeds.discover import Found, discover, first_connected
from feeds.fetch import FetchError
from feeds.following import add_feeds, all_feeds, drop_feed, pause_feed, resume_feed, source_of
from feeds.markup import strip_tags
from feeds.models import Feed
from feeds.opml import FAULTS, read_opml, write_opml
from feeds.parse import ParseError
from feeds.places import present_province, province_named, provinces
from feeds.sources import KINDS, LEVELS, Source, SourcesError, without_query
from feeds.text import fold, one_line, shorten
from feeds.worker import Worker


@click.group("feeds")
def feeds_command() -> None:
    """List, add, remove, pause, import, export or check feeds."""


feeds_command.add_command(check_feed)


def _province(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    name = province_named(value)
    if name is None:
        known = {fold(name): name for name in provinces()}
        nearest = get_close_matches(fold(value), known, n=1)
        raise click.BadParameter(f"{value} is no province" + (f": {known[nearest[0]]}?" if nearest else ""))
    return present_province(name)


@feeds_command.command("list")
def list_feeds() -> None:
    """All feeds that are followed, with their state."""
    settings = ready_settings()
    zone = ZoneInfo(settings.default_timezone)
    with opened_database(settings) as database:
        sync_feeds(settings, database)
        with database.reading() as session:
            feeds = all_feeds(session)
    table = Table("outlet", "level", "province", "kind", "state", "last read", "address")
    for feed in feeds:
        read = f"{feed.succeeded_at.astimezone(zone):%d/%m/%Y %H:%M}" if feed.succeeded_at else "-"
        state = state_of(feed, now(), zone)
        table.add_row(feed.outlet, feed.level, feed.province or "-", feed.kind, state, read, without_query(feed.url))
    print_table(table)
    click.echo(f"{len(feeds)} {'feed' if len(feeds) == 1 else 'feeds'}")


@feeds_command.command("add")
@click.argument("url")
@click.option("--outlet", help="Name of the outlet; by default the feed's own title.")
@click.option("--level", type=click.Choice(LEVELS), default="other", show_default=True, help="Who stands behind it.")
@click.option("--province", callback=_province, help="Home province of a local outlet.")
@click.option("--kind", type=click.Choice(KINDS), default="feed", show_default=True, help="What stands there.")
@click.option("--selector", help="CSS that picks the links of a listing.")
@click.option("--visit", help="Address of the same host that hands out a cookie first.")
def add_feed(
    url: str,
    outlet: str | None,
    level: str,
    province: str | None,
    kind: str,
    selector: str | None,
    visit: str | None,
) -> None:
    """Follow a feed, after reading it once.

    Of a web page, the feed that it names; where there are several, they are listed to choose from. A site without a
    feed may have a news sitemap, or a page that lists its articles.
    """
    settings = ready_settings()
    urls = typed_addresses(url)
    source = Source(
        url=urls[0], outlet=outlet or "", level=level, province=province, kind=kind, selector=selector, visit=visit
    )
    require_readable(source)
    found = _find(settings, urls) if kind == "feed" and not visit else _look(settings, source, urls)
    source = replace(source, url=found.url, outlet=outlet or found.title or urlsplit(found.url).hostname or found.url)
    with opened_database(settings) as database, database.session() as session:
        added = add_feeds(session, [source], now())
    where = f" at {without_query(found.url)}" if found.url != url else ""
    click.echo(f"{'Following' if added else 'Already following'} {source.outlet}{where}: {found.entries} entries")


def _find(settings: Settings, urls: Sequence[str]) -> Found:
    """The one feed at these addresses; several are listed."""
    url = urls[0]

    async def find() -> Sequence[Found]:
        async with new_fetcher(settings) as fetcher, Worker() as worker:
            return await first_connected(urls, lambda one: discover(fetcher, one, worker))

    try:
        found = asyncio.run(find())
    except (FetchError, ParseError) as error:
        raise unreadable(url, error) from error
    if not found:
        none = "a web page, not a feed, and no feed of its site was found; `--kind sitemap` reads a sitemap,"
        raise click.ClickException(
            mask_secrets(f"{url}: {none} `--kind listing --selector CSS` a page that lists articles")
        )
    if len(found) > 1:
        for feed in found:
            click.echo(f"{feed.url}  {feed.title}")
        raise click.ClickException(f"{len(found)} feeds found; add one by its address")
    return found[0]


def _look(settings: Settings, source: Source, urls: Sequence[str]) -> Found:
    raw, answered = read_once(settings, source, urls)
    url = next((one for one in urls if urlsplit(one).scheme == urlsplit(answered).scheme), urls[0])
    return Found(url, shorten(one_line(strip_tags(raw.title)), 200), len(raw.entries))


@feeds_command.command("remove")
@click.argument("url")
def remove_feed(url: str) -> None:
    """Stop following a feed; its articles stay."""
    _change(url, lambda session, feed: drop_feed(session, feed.url), "No longer following", "")


@feeds_command.command("pause")
@click.argument("url")
def pause(url: str) -> None:
    """Stop asking for a feed until it is resumed."""
    _change(url, lambda session, feed: not feed.paused and pause_feed(session, feed.url), "Paused", "paused already")


@feeds_command.command("resume")
@click.argument("url")
def resume(url: str) -> None:
    """Ask for a paused feed again, at once."""
    _change(url, lambda session, feed: resume_feed(session, feed.url, now()), "Resumed", "not paused")


def _change(url: str, change: Callable[[Session, Feed], bool], done: str, otherwise: str) -> None:
    """Does something with the feed at `url`, also where that is written as `list` shows it or without its scheme; says
    what was done, or how it was `otherwise`. An error where it is not followed."""
    settings = ready_settings()
    with opened_database(settings) as database:
        sync_feeds(settings, database)
        with database.session() as session:
            followed = all_feeds(session)
            meant = [feed for feed in followed if feed.url in typed_addresses(url)]
            meant = meant or [feed for feed in followed if without_query(feed.url) == url]
            if len(meant) != 1:
                raise click.ClickException(f"{mask_secrets(url)} is not followed")
            shown = without_query(meant[0].url)
            is_done = change(session, meant[0])
    click.echo(f"{done} {shown}" if is_done else f"{shown} is {otherwise}")


@feeds_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_feeds(file: Path) -> None:
    """Follow the feeds of an OPML file."""
    settings = ready_settings()
    try:
        opml = read_opml(file.read_bytes())
    except SourcesError as error:
        raise click.ClickException(f"{file}: {error}") from error
    with opened_database(settings) as database, database.session() as session:
        added = add_feeds(session, opml.sources, now())
    click.echo(f"{added} {'feed' if added == 1 else 'feeds'} added, {len(opml.sources) - added} were followed already")
    for fault, count in opml.left_out.items():
        click.echo(f"{count} left out: {FAULTS[fault]}")


@feeds_command.command("export")
def export_feeds() -> None:
    """Print the feeds that are followed as OPML."""
    settings = ready_settings()
    with opened_database(settings) as database:
        sync_feeds(settings, database)
        with database.reading() as session:
            sources = [source_of(feed) for feed in all_feeds(session)]
    click.echo(write_opml(sources).decode())
