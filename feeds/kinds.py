"""How each kind of source is asked and read: feeds, sitemaps, and pages that list articles."""

from functools import partial

from feeds.entries import RawFeed
from feeds.fetch import Fetched
from feeds.listing import read_listing
from feeds.parse import ParseError, read_feed
from feeds.robots import Robots
from feeds.sitemap import read_sitemap
from feeds.worker import Worker, WorkerError

SECONDS = 10.0


async def check_robots(robots: Robots, url: str, kind: str) -> None:
    """Raises FetchError where robots.txt keeps us from `url`, or is out of reach. Feeds are made to be asked by
    programs."""
    if kind != "feed" and (refusal := await robots.refusal(url)):
        raise refusal


async def read_source(fetched: Fetched, *, kind: str, selector: str | None, worker: Worker) -> RawFeed:
    """The entries of what a source of that kind answered. Raises ParseError.

    What a page or selector of others could make last for ever is read by `worker`, within `SECONDS`.
    """
    if kind == "feed":
        return await read_feed(fetched.body, content_type=fetched.content_type, worker=worker)
    if kind == "sitemap":
        read = partial(read_sitemap, fetched.body, url=fetched.url)
    else:
        read = partial(read_listing, fetched.body, url=fetched.url, selector=selector or "a")
    try:
        return await worker.run(read, seconds=SECONDS)
    except WorkerError as error:
        raise ParseError(error.reason, f"cannot be read as a {kind}: {error}") from error
