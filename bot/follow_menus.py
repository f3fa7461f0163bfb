"""What is followed on screen: before it is, one follow, all of them. Buttons carry what they mean in their data.

Of words they cannot: the first `<code>` of the message has them, as under a search.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session
from telegram import MaybeInaccessibleMessage, Message
from telegram.constants import MessageEntityType

from bot.keyboards import in_rows, page_at, page_row
from bot.texts import say
from digests.drafts import draft_of_token
from digests.follows import find_follow, follows_of
from digests.frequency import frequency_of
from digests.messages import Button
from digests.messages import Message as Outgoing
from digests.models import Follow
from digests.naming import followed_name
from digests.subscribers import Reader
from digests.templates import render
from digests.watch import Mark
from feeds.documents.organs import organs
from feeds.places import provinces
from feeds.query import parse_query
from feeds.store import document_of_token, document_tokens
from feeds.text import shorten

KINDS = ("document", "number", "draft", "words", "place", "issuer")
PER_PAGE = 8
_LABEL = 60


def mark_in_button(session: Session, data: str, message: MaybeInaccessibleMessage | None) -> Mark | None:
    """What `KIND:VALUE` of a button under this message means; None where that is nothing we know."""
    kind, _, value = data.partition(":")
    found: str | None = None
    if kind == "document":
        found = document_of_token(session, value)
    elif kind == "number":
        found = (document_of_token(session, value) or "").rpartition("#")[0]
    elif kind == "draft":
        draft = draft_of_token(session, value)
        found = draft.value if draft else None
    elif kind == "words":
        found = words_of_message(message)
    elif (kind == "place" and value in provinces()) or (kind == "issuer" and value in organs()):
        found = value
    return (kind, found) if found else None


def words_of_message(message: MaybeInaccessibleMessage | None) -> str | None:
    """The first `<code>` of a message of ours."""
    if not isinstance(message, Message) or message.text is None:
        return None
    codes = (entity for entity in message.entities if entity.type == MessageEntityType.CODE)
    return next((message.parse_entity(entity) for entity in codes), None)


def mark_data(session: Session, mark: Mark) -> str:
    """`KIND:VALUE` for buttons. The document, or a number's, must be named (`named_by`) before it is pressed."""
    kind, value = mark
    if kind in ("document", "number"):
        document_id = value if kind == "document" else f"{value}#?"
        value = document_tokens(session, [document_id])[document_id]
    if kind == "draft":
        value = value.rpartition("#")[2]
    return f"{kind}:{'' if kind == 'words' else value}"


def named_by(marks: Sequence[Mark]) -> Sequence[str]:
    """The ids of documents that buttons for these lead to."""
    return [value if kind == "document" else f"{value}#?" for kind, value in marks if kind in ("document", "number")]


def offer_screen(session: Session, reader: Reader, mark: Mark, now: datetime) -> Outgoing:
    """What would come of following it, and how it may be told; of what is followed already, that follow."""
    kind, value = mark
    if known := find_follow(session, reader.chat_id, value, kind):
        return follow_screen(session, reader, known, now)
    frequency, language, data = frequency_of(session, kind, value, now), reader.language, mark_data(session, mark)
    at_once = (say("waits_for_it" if kind == "number" else "tell_at_once", language), f"take:now:{data}")
    in_digest = (say("in_digest", language), f"take:digest:{data}")
    html = render(
        "follow_offer.html",
        language,
        kind=kind,
        value=value,
        followed=followed_name(kind, value, language),
        query=parse_query(value),
        frequency=frequency,
        timezone=reader.timezone,
    )
    choices = (in_digest, at_once) if frequency.is_much else (at_once, in_digest)
    return Outgoing(html, (choices, ((say("cancel", language), "take:no"),)))


def choice_screen(session: Session, reader: Reader, marks: Sequence[Mark], typed: str = "") -> Outgoing:
    """Which of several documents is meant; or the words themselves, where they were typed."""
    language = reader.language
    buttons = [(shorten(followed_name(*mark, language), _LABEL), f"wish:{mark_data(session, mark)}") for mark in marks]
    if typed:
        buttons.append((say("follow_as_words", language), "wish:words:"))
    html = render("follow_which.html", language, typed=typed)
    return Outgoing(html, (*in_rows(buttons, 1), ((say("cancel", language), "take:no"),)))


def follow_screen(session: Session, reader: Reader, one: Follow, now: datetime) -> Outgoing:
    """One follow, with all that may be changed of it."""
    language, own = reader.language, f"followed:{one.id}"
    html = render(
        "follow.html",
        language,
        follow=one,
        followed=followed_name(one.kind, one.value, language),
        query=parse_query(one.value),
        frequency=frequency_of(session, one.kind, one.value, now),
        timezone=reader.timezone,
        subscribed=reader.subscribed,
    )
    turn = ("in_digest", "digest") if one.at_once else ("tell_at_once", "now")
    note = [(say("write_note", language), f"{own}:note")]
    if one.note:
        note.append((say("drop_note", language), f"{own}:unnote"))
    opens: tuple[tuple[Button, ...], ...] = ()
    if one.kind == "document":
        opens = (((say("open_document", language), f"doc:{document_tokens(session, [one.value])[one.value]}"),),)
    elif one.kind == "draft":
        opens = (((say("open_draft", language), mark_data(session, (one.kind, one.value))),),)
    return Outgoing(
        html,
        (
            ((say(turn[0], language), f"{own}:{turn[1]}"),),
            tuple(note),
            *opens,
            ((say("unfollow", language), f"{own}:stop"), (say("following", language), "following:0")),
        ),
    )


def following_screen(session: Session, reader: Reader, page: int) -> Outgoing:
    """A page of all that is followed, by kind; a press opens one."""
    language = reader.language
    follows = sorted(
        follows_of(session, reader.chat_id),
        key=lambda one: (KINDS.index(one.kind), followed_name(one.kind, one.value, language)),
    )
    page, pages = page_at(page, len(follows), PER_PAGE)
    shown = follows[page * PER_PAGE : (page + 1) * PER_PAGE]
    names = [followed_name(one.kind, one.value, language) for one in shown]
    html = render("following.html", language, count=len(follows), shown=list(zip(shown, names, strict=True)))
    rows = [((shorten(name, _LABEL), f"followed:{one.id}"),) for one, name in zip(shown, names, strict=True)]
    turn = page_row(language, page, pages, "following")
    return Outgoing(html, (*rows, turn) if turn else tuple(rows))


def stopped_screen(reader: Reader, one: Follow) -> Outgoing:
    """It is followed no more; and the way back."""
    language = reader.language
    html = render("follow_stopped.html", language, followed=followed_name(one.kind, one.value, language))
    again = (say("undo", language), f"again:{one.id}")
    return Outgoing(html, ((again,), ((say("following", language), "following:0"),)))
