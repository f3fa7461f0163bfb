"""Follows carried forward: a followed document is replaced, amended or concluded by another, which is followed too.

That one document succeeds another is said

- by the catalogue, in a relation that was seen in a source, where an article cites the successor, which is told only
  to who followed before that was issued, and as what the catalogue says; or
- by an article, in a sentence (digests.succession). Both must be resolved: what is only presumed carries nothing.

The chat is told quietly, with the sentence, once of each pair, whatever it does about it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, cast

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from digests.candidates import VIEWED, view_article
from digests.follows import find_follow, follow
from digests.ledger import lock_chat
from digests.messages import Message
from digests.models import Follow, Subscription
from digests.notices import post_notice
from digests.schedule import LOOK_BACK
from digests.subscribers import find_reader
from digests.succession import successions
from digests.templates import macros, render
from digests.timeline import DONE_BY, issue_date
from digests.views import ArticleView
from feeds.database import Database
from feeds.documents import document_name, load_catalogue
from feeds.documents.token import document_token
from feeds.models import Article, Mention
from feeds.store import take_turn

log = structlog.get_logger()

# What a document does to another.
_RELATIONS = {"replaces": "replaced", "amends": "amended", "concludes": "concluded"}


@dataclass(frozen=True, slots=True)
class Succession:
    """`new` has `replaced`, `amended`, `repealed` or `concluded` (`how`) the document `old`, or is the one that a draft
    became (`numbered`): the sentence, and its article."""

    old: str
    new: str
    how: str
    quote: str
    article: ArticleView
    issued_on: date | None = None
    """Of what only the catalogue says, and no `quote`, the day of `new`: no news to who follows `old` since later."""


def carry_forward(database: Database, article_ids: Collection[int], now: datetime) -> int:
    """Follows what succeeds followed documents by these articles, and tells their chats; returns how many notices.

    Each chat has a transaction of its own: who composes for it holds its lock and may wait for the writers' turn.
    """
    with database.reading() as session:
        found = _successions(session, article_ids, now)
        chats = following(session, {one.old for one in found})
    told = 0
    for one in found:
        for chat_id in chats.get(one.old, ()):
            with database.session() as session:
                told += carry(session, chat_id, one, now)
    return told


def carry(session: Session, chat_id: int, one: Succession, now: datetime, kind: str = "document") -> bool:
    """Follows `one.new` for a chat that follows `one.old`, of this `kind`, and tells it; False where it knows."""
    lock_chat(session, chat_id)
    take_turn(session)
    before, reader = find_follow(session, chat_id, one.old, kind), find_reader(session, chat_id)
    if before is None or reader is None or one.new in before.carried_to or find_follow(session, chat_id, one.new):
        return False
    if not one.quote and (one.issued_on is None or one.issued_on <= before.since.date()):
        return False
    try:
        follow(session, chat_id, one.new, now, at_once=before.at_once, carried_from=one.old)
    except ValueError:
        log.info("a follow is not carried forward: no more fit", chat_id=chat_id)
        return False
    before.carried_to = [*before.carried_to, one.new]
    carried, language = find_follow(session, chat_id, one.new), reader.language
    html = render("carried.html", language, one=one, timezone=reader.timezone)
    labels = macros("follow_words.html", language)
    undo = (str(labels.undo()), f"enough:{carried.id}") if carried else None
    opened = (document_name(one.new, language), f"doc:{document_token(one.new)}")
    buttons = ((undo, opened),) if undo else ((opened,),)
    post_notice(session, chat_id, Message(html, buttons, silent=True), now, thread_id=reader.posted_in)
    return True


def _successions(session: Session, article_ids: Collection[int], now: datetime) -> Sequence[Succession]:
    """What these articles, and the catalogue, say; the first sentence of each pair."""
    recent = Article.origin == "poll", Article.first_seen_at > now - LOOK_BACK["instant"]
    articles = session.execute(select(*VIEWED).where(Article.id.in_(article_ids), *recent)).all()
    views = {article.id: view_article(cast("Row[Any]", article)) for article in articles}
    mentions = session.scalars(
        select(Mention).where(Mention.article_id.in_(list(views))).order_by(Mention.article_id, Mention.ordinal)
    ).all()
    sentences: dict[tuple[int, str], list[Mention]] = {}
    for mention in mentions:
        sentences.setdefault((mention.article_id, mention.quote), []).append(mention)
    found: dict[tuple[str, str], Succession] = {}
    for (article_id, quote), inside in sentences.items():
        for old, new, how in successions(quote, inside):
            found.setdefault((old, new), Succession(old, new, how, quote, views[article_id]))
    for (article_id, _), inside in sentences.items():
        for old, new, how, issued_on in _catalogued(inside):
            found.setdefault((old, new), Succession(old, new, how, "", views[article_id], issued_on))
    return list(found.values())


def _catalogued(sentence: Sequence[Mention]) -> Iterator[tuple[str, str, str, date | None]]:
    for one in sentence:
        if one.status == "resolved" and one.document_id:
            known = issue_date(load_catalogue().get(one.document_id))
            issued_on = known[0] if known else one.issued_on
            yield from ((old, one.document_id, how, issued_on) for old, how in _predecessors().get(one.document_id, ()))


@cache
def _predecessors() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Document -> those that it replaces, amends or concludes, and which of these; by relations that prove it."""
    found: dict[str, dict[str, str]] = {}
    for document in load_catalogue().documents:
        for relation in filter(lambda one: one.proves, document.relations):
            if how := _RELATIONS.get(relation.kind):
                found.setdefault(document.id, {})[relation.target] = how
            elif how := DONE_BY.get(relation.kind):
                found.setdefault(relation.target, {})[document.id] = how
    return {new: list(olds.items()) for new, olds in found.items()}


def following(session: Session, values: Collection[str], kind: str = "document") -> Mapping[str, Sequence[int]]:
    """What is followed -> the chats that follow it and get digests."""
    subscribed = select(Subscription.chat_id).where(Subscription.enabled)
    query = select(Follow.value, Follow.chat_id).where(
        Follow.kind == kind, Follow.value.in_(values), Follow.chat_id.in_(subscribed)
    )
    found: dict[str, list[int]] = {}
    for value, chat_id in session.execute(query.order_by(Follow.id)):
        found.setdefault(value, []).append(chat_id)
    return found
