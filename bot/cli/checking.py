"""feeds check: what would be read from a source, and why."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from bot.cli.opened import opened_database, ready_settings
from bot.clock import now
from bot.logs import mask_secrets
from bot.settings import Settings
from digests.choose import oldest_news
from feeds.classify import classify
from feeds.database import Database
from feeds.discover import first_connected
from feeds.entries import Entry, RawEntry, RawFeed, entry_of
from feeds.fetch import Fetcher, FetchError
from feeds.following import feed_at, source_of
from feeds.guard import is_link_local
from feeds.health import Health, health_of, reason_of, trouble_of
from feeds.intake import entry_identity
from feeds.kinds import check_robots, read_source
from feeds.models import Article, Feed
from feeds.parse import ParseError
from feeds.robots import Robots
from feeds.sources import (
    KINDS,
    AddressError,
    Source,
    SourcesError,
    addresses_of,
    check_reading,
    load_sources,
    without_query,
)
from feeds.worker import Worker

_SHOWN = 10
_DAY = timedelta(days=1)


@click.command("check")
@click.argument("url")
@click.option(
    "--kind", type=click.Choice(KINDS), help="What stands there; by default what is known of it, else a feed."
)
@click.option("--selector", help="CSS that picks the links of a listing.")
@click.option("--visit", help="Address of the same host that hands out a cookie first.")
def check_feed(url: str, kind: str | None, selector: str | None, visit: str | None) -> None:
    """Say what would be read from a feed, sitemap or listing, and why.

    Nothing is stored. Each entry is shown with its date, what would become of it, and the identity under which it is
    known again.
    """
    settings = ready_settings()
    zone = ZoneInfo(settings.default_timezone)
    urls = typed_addresses(url)
    with opened_database(settings) as database:
        with database.reading() as session:
            feed = next(filter(None, (feed_at(session, one) for one in urls)), None)
        source = _known(settings, urls, feed)
        if kind and kind != source.kind:
            source = replace(source, kind=kind, selector=None)
        source = replace(source, selector=selector or source.selector, visit=visit or source.visit)
        require_readable(source)
        if feed:
            _show_feed(feed, zone)
        asked = [(feed.moved_to if feed else None) or source.url, *(urls[1:] if source.url == urls[0] else ())]
        raw, base = read_once(settings, source, asked)
        shown = raw.entries[:_SHOWN]
        known = _known_articles(database, [identity for entry in shown if (identity := _identity(entry, base))])
    click.echo(f"{raw.title or without_query(base)}: {len(raw.entries)} entries, {len(raw.skipped)} skipped")
    for reason in list(dict.fromkeys(raw.skipped))[:_SHOWN]:
        click.echo(f"  skipped: {reason}")
    for entry in shown:
        for line in _entry_lines(entry, base, source.kind, known, zone):
            click.echo(line)


def require_readable(source: Source) -> None:
    """Wrong usage where kind, selector and visit do not fit each other."""
    try:
        check_reading(source)
    except SourcesError as error:
        raise click.UsageError(str(error)) from error


def read_once(settings: Settings, source: Source, urls: Sequence[str]) -> tuple[RawFeed, str]:
    """What stands at the first of `urls` that can be connected to, read as `source` says, and the address that
    answered. Says in one line why it cannot be read."""

    async def read() -> tuple[RawFeed, str]:
        async with new_fetcher(settings) as fetcher, Worker() as worker:

            async def ask(url: str) -> tuple[RawFeed, str]:
                await check_robots(Robots(fetcher), url, source.kind)
                fetched = await fetcher.get(url, visit=source.visit)
                raw = await read_source(fetched, kind=source.kind, selector=source.selector, worker=worker)
                return raw, fetched.url

            return await first_connected(urls, ask)

    try:
        return asyncio.run(read())
    except (FetchError, ParseError) as error:
        raise unreadable(source.url, error) from error


def new_fetcher(settings: Settings) -> Fetcher:
    return Fetcher(allow_private=settings.fetch_allow_private, contact=settings.fetch_contact)


def typed_addresses(url: str) -> Sequence[str]:
    """What the address that was typed may mean, the likeliest first."""
    try:
        return addresses_of(url)
    except AddressError as error:
        named = f"{mask_secrets(url)[:200]}: " if url.strip() else ""
        raise click.ClickException(f"{named}{error}") from error


def unreadable(url: str, error: FetchError | ParseError) -> click.ClickException:
    """Why `url` cannot be read, with the way out where there is one."""
    hint = ""
    parts = urlsplit(url)
    if error.reason == "blocked_address" and not is_link_local(parts.hostname or ""):
        port = parts.port or (443 if parts.scheme == "https" else 80)
        hint = f"; FETCH_ALLOW_PRIVATE={parts.hostname}:{port} lets it through"
    elif error.reason == "html":
        hint = "; `feeds add` looks for the feeds that a page names"
    elif error.reason == "sitemap":
        hint = "; --kind sitemap reads it"
    said = str(error).removesuffix(f": {url.partition('?')[0].partition('#')[0]}")
    return click.ClickException(mask_secrets(f"{url}: {said}{hint}"))


def state_of(feed: Feed, at: datetime, zone: ZoneInfo) -> str:
    """How a feed is doing, in a few words."""
    health, trouble = health_of(feed, at), trouble_of(feed, at)
    if trouble:
        since = f" since {trouble.since.astimezone(zone):%d/%m/%Y %H:%M}" if trouble.since else ""
        return f"{trouble.kind}{since}: {trouble.reason}"
    if health is Health.FALTERING:
        return f"failed {feed.failures} times: {reason_of(feed.last_error)}"
    return {Health.WELL: "ok", Health.WAITING: "not read yet"}.get(health, str(health))


def _known(settings: Settings, urls: Sequence[str], feed: Feed | None) -> Source:
    """How the source is read as far as it is known: followed, or in the sources file."""
    if feed:
        return source_of(feed)
    listed = (source for source in load_sources(settings.sources_file) if source.url in urls)
    return next(listed, Source(url=urls[0], outlet=urlsplit(urls[0]).hostname or urls[0]))


def _show_feed(feed: Feed, zone: ZoneInfo) -> None:
    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%d/%m/%Y %H:%M}" if at else "never"

    click.echo(f"{feed.outlet}: {state_of(feed, now(), zone) if feed.enabled else 'no longer followed'}")
    looks = f"last read {moment(feed.succeeded_at)}, asked {moment(feed.checked_at)}"
    rhythm = f", something new about every {feed.rhythm / 3600:.1f} h" if feed.rhythm else ""
    due = f", next {moment(feed.next_check_at)}" if feed.enabled and not feed.paused else ""
    click.echo(f"  {looks}{due}{rhythm}")
    if feed.failures:
        click.echo(mask_secrets(f"  failed {feed.failures} times in a row: {feed.last_error}"))
    if feed.moved_to:
        click.echo(mask_secrets(f"  moved to {feed.moved_to}"))


def _identity(entry: RawEntry, base: str) -> str | None:
    try:
        return entry_identity(entry.link, entry.guid, base)
    except ValueError:
        return None


def _known_articles(database: Database, identities: list[str]) -> Mapping[str, Article]:
    with database.reading() as session:
        found = session.scalars(select(Article).where(Article.identity.in_(identities)))
        return {article.identity: article for article in found}


def _entry_lines(raw: RawEntry, base: str, kind: str, known: Mapping[str, Article], zone: ZoneInfo) -> Iterator[str]:
    identity = _identity(raw, base)
    try:
        entry = entry_of(raw, base, wordless=kind != "feed")
    except ValueError as error:
        yield f"  refused: {error}"
        return
    article = known.get(identity or "")
    date = _date(entry, zone)
    if article:
        yield f"  seen already  {date}  {entry.title}"
        yield f"    {article.state.replace('_', ' ')}: {article.state_reason or 'no reason recorded'}"
    elif not entry.title and not entry.summary:
        yield f"  read by its page  {date}  {entry.url}"
    else:
        verdict = classify(entry.title, entry.summary)
        state = "kept" if verdict.relevant else "near" if verdict.is_near else "left out"
        yield f"  {state} {verdict.score:.2f}  {date}  {entry.title}"
        if verdict.relevant:
            phrases = ", ".join(evidence.phrase for evidence in verdict.evidence)
            yield f"    {', '.join(verdict.topics)}: {phrases}"
    yield f"    identity {identity}"


def _date(entry: Entry, zone: ZoneInfo) -> str:
    if entry.published is None:
        return f"no date ({entry.published_raw!r})" if entry.published_raw else "no date"
    # What a daily digest of now would still take.
    is_old = entry.published < oldest_news(now() - _DAY, is_first=False)
    return f"{entry.published.astimezone(zone):%d/%m/%Y %H:%M}{' (too old for a digest)' if is_old else ''}"
