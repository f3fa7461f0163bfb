"""directive: what a document is and which articles cite it; of many numbers at once with --batch."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from bot.cli.jsonl import Line, print_line, read_lines
from bot.cli.opened import opened_database, ready_settings
from digests.answer import Answer, answer
from digests.chart import chart_waiting
from digests.dossier import PER_PAGE, CitingArticle, Dossier
from digests.draft_cards import DraftCard, draft_card, named_drafts, render_draft
from digests.facets import Presence
from digests.messages import plain_text
from digests.render import render_dossier
from digests.templates import LANGUAGES, render
from feeds.documents import Document, Wish, is_citable, load_catalogue, look_up, official_citation

MAX_ARTICLES = 2000  # of one document; "total" counts them all


@click.command("directive")
@click.argument("query", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--batch", is_flag=True, help="JSONL {id, query} from stdin to JSONL {id, keys, documents, status}.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="vi", show_default=True, help="Language of the card.")
@click.pass_context
def directive_command(context: click.Context, query: tuple[str, ...], as_json: bool, batch: bool, lang: str) -> None:
    """Print a document's card and the articles that cite it.

    "dự thảo ..." prints the drafts without a number that a running bot has found in articles.

    The number may be written as anybody writes it, quoted or not: directive 09-CT/TW, directive nghi quyet 02 tinh
    uy ha tinh. Where it fits several documents, all are printed with what tells them apart; where none has the term,
    date or issuer asked for, that is said; where none is known, the nearest numbers are printed.

    Exit code 1: nothing is known of the number, neither in the catalogue nor in any article, or there is no number
    in the query. With --batch it stays 0: the status stands in each line, and a line that cannot be used is
    answered by {id, line, error}.
    """
    if batch == bool(query):
        raise click.UsageError("give either a number or --batch")
    if batch:
        for line in read_lines():
            print_line(line.refused(line.error) if line.error else _looked_up(line))
    # Under a locale without UTF-8 Python has kept the bytes of the query as surrogates.
    elif not _answered(" ".join(query).encode("utf-8", "surrogateescape").decode("utf-8", "replace"), as_json, lang):
        context.exit(1)


def _looked_up(line: Line) -> Mapping[str, Any]:
    query = line.row.get("query")
    if not isinstance(query, str):
        return line.refused("query must be text")
    found = look_up(query, load_catalogue())
    return {
        "id": line.row.get("id"),
        "keys": list(found.keys),
        "documents": list(found.documents),
        "status": found.status,
    }


def _answered(query: str, as_json: bool, language: str) -> bool:
    """Prints the answer; whether anything is known."""
    settings = ready_settings()
    with opened_database(settings) as database:
        chart_waiting(database)
        with database.reading() as session:
            found = answer(session, query, size=MAX_ARTICLES, now=datetime.now(UTC))
            cards = [draft_card(session, draft) for draft in named_drafts(session, query)]
            if as_json:
                print_line({**_answer_json(found), "drafts": [_draft_json(card) for card in cards]})
            elif cards:
                shown = [render_draft(card, language, settings.default_timezone) for card in cards]
                click.echo(plain_text("\n\n".join(shown)))
            else:
                click.echo(_answer_text(found, language, settings.default_timezone))
    is_known = found.status not in ("invalid", "unknown") or any(dossier.total for dossier in found.dossiers)
    return is_known or bool(cards)


def _answer_text(found: Answer, language: str, timezone: str) -> str:
    if found.cards:
        return "\n\n".join(_pages(card, language, timezone) for card in found.cards)
    html = render("answer.html", language, answer=found, timezone=timezone, as_of=load_catalogue().as_of)
    cited = [_pages(dossier, language, timezone, head=False) for dossier in found.dossiers if dossier.total]
    return "\n\n".join([plain_text(html), *cited])


def _pages(dossier: Dossier, language: str, timezone: str, *, head: bool = True) -> str:
    pages = max(1, -(-len(dossier.articles) // PER_PAGE))
    shown = [render_dossier(dossier, language, timezone, page, head=head and not page)[0] for page in range(pages)]
    return plain_text("\n\n".join(shown))


def _answer_json(found: Answer) -> Mapping[str, Any]:
    return {
        "query": found.query,
        "status": found.status,
        "keys": list(found.keys),
        "documents": [_document_json(document) for document in found.documents],
        "articles": [_article_json(citing) for dossier in found.dossiers for citing in dossier.articles],
        "total": sum(dossier.total for dossier in found.dossiers),
        "nearest": [near.key for near in found.nearest],
        "missing": [_wish_json(wish) for wish in found.missing],
        "namesakes": [_document_json(document) for document in found.namesakes],
        "presence": {dossier.name: _presence_json(dossier.presence) for dossier in found.dossiers if dossier.presence},
        "as_of": load_catalogue().as_of.isoformat(),
    }


def _presence_json(presence: Presence) -> Mapping[str, Any]:
    counts = {"days_30": presence.month, "days_365": presence.year, "all": presence.all}
    return {
        **{name: {"articles": count.articles, "stories": count.stories} for name, count in counts.items()},
        "first": presence.first_at.isoformat(),
        "last": presence.last_at.isoformat(),
    }


def _wish_json(wish: Wish) -> Mapping[str, Any]:
    return {"key": wish.key, "term": wish.term, "date": wish.date, "issuer": wish.issuer}


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
        "effective": document.effective,
        "status_note": document.status_note,
        "also": list(document.also),
        "aliases": list(document.aliases),
        "relations": [
            {"kind": relation.kind, "id": relation.target, "confidence": relation.confidence}
            for relation in document.relations
        ],
        "official_url": document.official_url,
        "citation": official_citation(document) if is_citable(document) else None,
        "sources": list(document.sources),
    }


def _draft_json(card: DraftCard) -> Mapping[str, Any]:
    draft = card.draft
    return {
        "token": draft.token,
        "type": draft.type,
        "title": draft.title,
        "issuer": draft.issuer,
        "body": draft.body,
        "province": draft.place or None,
        "first": draft.first_at.isoformat(),
        "last": draft.last_at.isoformat(),
        "document": draft.document_id,
        "total": card.total,
    }


def _article_json(citing: CitingArticle) -> Mapping[str, Any]:
    article = citing.article
    moment = article.dated_at.isoformat()
    return {
        "title": article.title,
        "url": article.url,
        "outlet": article.outlet,
        "published": moment if article.date_known else None,
        "first_seen": None if article.date_known else moment,
        "stage": citing.stage,
        "stage_years": citing.stage_years,
        "held": citing.is_held,
        "province": citing.province,
        "quote": citing.quote,
        "key": citing.key,
        "status": citing.status,
        "rule": citing.rule,
    }
