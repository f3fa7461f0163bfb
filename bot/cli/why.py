"""why: what became of the article behind a link."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from bot.cli.jsonl import print_line
from bot.cli.opened import opened_database, ready_settings, sync_feeds
from bot.clock import now
from digests.messages import plain_text
from digests.templates import LANGUAGES, render
from digests.why import Verdict, Why, link_in, why
from feeds.health import health_of, reason_of
from feeds.models import Article, Feed


@click.command("why")
@click.argument("link")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="vi", show_default=True, help="Language of the answer.")
@click.pass_context
def why_command(context: click.Context, link: str, as_json: bool, lang: str) -> None:
    """Say what became of the article behind a link, and why.

    Any form of its address finds it: mobile, AMP, tracked, with another headline in it. Exit code 1: no feed or file
    ever brought such an article.
    """
    address = link_in(link)
    if address is None:
        raise click.UsageError(f"{link[:100]} is not a web address")
    settings = ready_settings()
    moment = now()
    with opened_database(settings) as database:
        sync_feeds(settings, database)  # otherwise a new database would deny that the bundled feeds are followed
        with database.reading() as session:
            found = why(session, address)
    if as_json:
        print_line(_why_json(found, moment))
    else:
        html = render("why.html", lang, why=found, timezone=settings.default_timezone, now=moment)
        click.echo(plain_text(html))
    if found.verdict is None and found.own is None:
        context.exit(1)


def _why_json(found: Why, moment: datetime) -> Mapping[str, Any]:
    refused = found.refused
    return {
        "link": found.link,
        "status": "article" if found.verdict else "feed" if found.own else "refused" if refused else "unseen",
        "article": _verdict_json(found.verdict) if found.verdict else None,
        "refused": {"reason": refused.reason, "title": refused.title, "seen": _iso(refused.seen_at)}
        if refused
        else None,
        "feeds": [_feed_json(feed, moment) for feed in found.feeds],
    }


def _verdict_json(verdict: Verdict) -> Mapping[str, Any]:
    article = verdict.article
    return {
        **_named(article),
        "state": verdict.end,
        "origin": article.origin,
        "score": article.score,
        "evidence": [evidence["phrase"] for evidence in article.evidence],
        "topics": article.topics,
        "published": _iso(article.published_at),
        "first_seen": _iso(article.first_seen_at),
        "too_old": verdict.too_late is not None,
        "feed": verdict.feed.url if verdict.feed else None,
        "page": verdict.page,
        "page_reason": verdict.page_reason or None,
        "edits": len(verdict.versions),
        "edited": _iso(verdict.versions[0].replaced_at) if verdict.versions else None,
        "versions": [
            {"title": version.title, "replaced": _iso(version.replaced_at)} for version in verdict.versions
        ],
        "repeats": _named(verdict.original) if verdict.original else None,
        "repeated_by": verdict.repeated,
        "same_story": verdict.others,
        "documents": [
            {"key": cited.key, "document": cited.document_id, "status": cited.status, "rule": cited.rule,
             "stage": cited.stage}
            for cited in verdict.cited
        ],
    }  # fmt: skip


def _named(article: Article) -> Mapping[str, Any]:
    return {"title": article.title, "url": article.url, "outlet": article.outlet}


def _feed_json(feed: Feed, moment: datetime) -> Mapping[str, Any]:
    return {
        "url": feed.url,
        "outlet": feed.outlet,
        "section": feed.section,
        "followed_since": _iso(feed.followed_at),
        "health": health_of(feed, moment),
        "reason": reason_of(feed.last_error) if feed.failures else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
