"""feeds list | add | remove | import | export | check."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from bot.cli.opened import opened_database, ready_settings
from bot.cli.tables import print_table
from bot.clock import now
from bot.logs import mask_secrets
from bot.settings import Settings
from feeds.classify import classify
from feeds.database import Database
from feeds.fetch import Fetcher, FetchError
from feeds.following import add_feeds, all_feeds, drop_feed, sync_sources
from feeds.models import Feed
from feeds.opml import read_opml, write_opml
from feeds.parse import ParsedFeed, ParseError, parse_feed
from feeds.places import present_province, province_named
from feeds.sources import LEVELS, Source, SourcesError, is_feed_url, load_sources

_SHOWN = 10


@click.group("feeds")
def feeds_command() -> None:
    """List, add, remove, import, export or check feeds."""


def _province(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    name = province_named(value)
    if name is None:
        raise click.BadParameter(f"{value} is no province")
    return present_province(name)


@feeds_command.command("list")
def list_feeds() -> None:
    """All feeds that are followed, with their state."""
    settings = ready_settings()
    zone = ZoneInfo(settings.default_timezone)
    with opened_database(settings) as database:
        _sync(settings, database)
        with database.reading() as session:
            feeds = all_feeds(session)
    table = Table("outlet", "level", "province", "last read", "failures", "address")
    for feed in feeds:
        read = f"{feed.succeeded_at.astimezone(zone):%d/%m/%Y %H:%M}" if feed.succeeded_at else "-"
        table.add_row(feed.outlet, feed.level, feed.province or "-", read, str(feed.failures), feed.url)
    print_table(table)
    click.echo(f"{len(feeds)} feeds")


@feeds_command.command("add")
@click.argument("url")
@click.option("--outlet", help="Name of the outlet; by default the feed's own title.")
@click.option("--level", type=click.Choice(LEVELS), default="other", show_default=True, help="Who stands behind it.")
@click.option("--province", callback=_province, help="Home province of a local outlet.")
def add_feed(url: str, outlet: str | None, level: str, province: str | None) -> None:
    """Follow a feed, after reading it once."""
    settings = ready_settings()
    parsed = _read(settings, url)
    name = outlet or parsed.title or urlsplit(url).hostname or url
    source = Source(url=url, outlet=name, level=level, province=province, language="vi", section=None, enabled=True)
    with opened_database(settings) as database, database.session() as session:
        added = add_feeds(session, [source], now())
    click.echo(f"{'Following' if added else 'Already following'} {name}: {len(parsed.entries)} entries")


@feeds_command.command("remove")
@click.argument("url")
def remove_feed(url: str) -> None:
    """Stop following a feed; its articles stay."""
    settings = ready_settings()
    with opened_database(settings) as database:
        _sync(settings, database)
        with database.session() as session:
            dropped = drop_feed(session, url)
    if not dropped:
        raise click.ClickException(f"{url} is not followed")
    click.echo(f"No longer following {url}")


@feeds_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_feeds(file: Path) -> None:
    """Follow the feeds of an OPML file."""
    settings = ready_settings()
    try:
        sources = read_opml(file.read_bytes())
    except SourcesError as error:
        raise click.ClickException(f"{file}: {error}") from error
    with opened_database(settings) as database, database.session() as session:
        added = add_feeds(session, sources, now())
    click.echo(f"{added} feeds added, {len(sources) - added} were followed already")


@feeds_command.command("export")
def export_feeds() -> None:
    """Print the feeds that are followed as OPML."""
    settings = ready_settings()
    with opened_database(settings) as database:
        _sync(settings, database)
        with database.reading() as session:
            sources = [_source(feed) for feed in all_feeds(session)]
    click.echo(write_opml(sources).decode())


@feeds_command.command("check")
@click.argument("url")
def check_feed(url: str) -> None:
    """Say what would be read from a feed, and why.

    Nothing is stored. Each entry is shown with its date, and whether it would be kept as security policy.
    """
    settings = ready_settings()
    zone = ZoneInfo(settings.default_timezone)
    parsed = _read(settings, url)
    click.echo(f"{parsed.title or url}: {len(parsed.entries)} entries, {len(parsed.skipped)} skipped")
    for reason in parsed.skipped[:_SHOWN]:
        click.echo(f"  skipped: {reason}")
    for entry in parsed.entries[:_SHOWN]:
        verdict = classify(entry.title, entry.summary)
        if entry.published:
            date = f"{entry.published.astimezone(zone):%d/%m/%Y %H:%M}"
        else:
            date = f"no date ({entry.published_raw!r})" if entry.published_raw else "no date"
        click.echo(f"  {'kept' if verdict.relevant else 'left out'} {verdict.score:.2f}  {date}  {entry.title}")
        if verdict.relevant:
            phrases = ", ".join(evidence.phrase for evidence in verdict.evidence)
            click.echo(f"    {', '.join(verdict.topics)}: {phrases}")


def _read(settings: Settings, url: str) -> ParsedFeed:
    if not is_feed_url(url):
        raise click.ClickException(f"{mask_secrets(url)} is not an http or https address without user and password")

    async def read() -> ParsedFeed:
        async with Fetcher(allow_private=settings.fetch_allow_private, contact=settings.fetch_contact) as fetcher:
            fetched = await fetcher.get(url)
            return parse_feed(fetched.body, url=fetched.url, content_type=fetched.content_type)

    try:
        return asyncio.run(read())
    except FetchError as error:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        is_blocked = error.reason == "blocked_address"
        hint = f"; FETCH_ALLOW_PRIVATE={parts.hostname}:{port} lets it through" if is_blocked else ""
        raise click.ClickException(f"{url}: {error}{hint}") from error
    except ParseError as error:
        raise click.ClickException(f"{url}: {error}") from error


def _sync(settings: Settings, database: Database) -> None:
    with database.session() as session:
        sync_sources(session, load_sources(settings.sources_file), now())


def _source(feed: Feed) -> Source:
    return Source(
        url=feed.url,
        outlet=feed.outlet,
        level=feed.level,
        province=feed.province,
        language=feed.language,
        section=feed.section,
        enabled=feed.enabled,
    )
