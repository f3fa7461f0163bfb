"""How each kind of source is read: in time, or not at all."""

import pytest

from conftest import WORKER
from feeds import kinds
from feeds.fetch import Fetched
from feeds.kinds import read_source
from feeds.parse import ParseError

FEED = b"<rss version='2.0'><channel><item><title>Tin</title><link>https://bao.example/a</link></item></channel></rss>"
SITEMAP = b"<urlset><url><loc>https://bao.example/a</loc></url></urlset>"
PAGE = b"<html><body><p><a href='/a'>Tin</a></p></body></html>"


def fetched(body: bytes) -> Fetched:
    return Fetched(
        status=200,
        body=body,
        url="https://bao.example/",
        etag=None,
        last_modified=None,
        content_type=None,
        permanent_redirect=None,
        fresh_for=0.0,
    )


@pytest.mark.parametrize(
    ("kind", "selector", "body"), [("feed", None, FEED), ("sitemap", None, SITEMAP), ("listing", "p a", PAGE)]
)
async def test_each_kind_gives_entries(kind: str, selector: str | None, body: bytes) -> None:
    (entry,) = (await read_source(fetched(body), kind=kind, selector=selector, worker=WORKER)).entries
    assert entry.link == "https://bao.example/a"


@pytest.mark.parametrize(
    ("kind", "selector", "reason"),
    [("feed", None, "html"), ("sitemap", None, "html"), ("listing", "article", "empty")],
)
async def test_the_reason_comes_back_from_the_worker(kind: str, selector: str | None, reason: str) -> None:
    with pytest.raises(ParseError) as raised:
        await read_source(fetched(PAGE), kind=kind, selector=selector, worker=WORKER)
    assert raised.value.reason == reason


async def test_a_selector_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "SECONDS", 0.5)
    body = b"<p></p>" * 20_000 + PAGE
    with pytest.raises(ParseError) as raised:
        await read_source(fetched(body), kind="listing", selector="p ~ p ~ p ~ a", worker=WORKER)
    assert raised.value.reason == "too_complex"
