"""Messages on their way: the parts of a digest, and the ledger of what they tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digests.candidates import MORE, head_of
from digests.compose import compose_more
from digests.corrections import record_corrections, shown_of
from digests.edition import Edition, articles_of
from digests.messages import Message
from digests.models import Digest, DigestPart, SentStory, Subscription
from digests.render import render_digest
from digests.subscribers import Reader
from digests.views import DigestView
from feeds.store import take_turn

log = structlog.get_logger()


def post(
    session: Session,
    digest: Digest,
    view: DigestView,
    messages: Sequence[Message],
    now: datetime,
    *,
    thread_id: int | None,
    silent: bool,
) -> None:
    """Puts the messages of `view` on their way, behind the parts that the digest has.

    One message a call sounds, the first, unless all are `silent`.
    """
    last = session.scalar(select(func.max(DigestPart.number)).where(DigestPart.digest_id == digest.id)) or 0
    numbered = list(enumerate(messages, start=last + 1))
    session.add_all(
        DigestPart(
            digest_id=digest.id,
            chat_id=digest.chat_id,
            number=number,
            html=message.html,
            thread_id=thread_id,
            buttons=[[list(button) for button in row] for row in message.buttons],
            silent=silent or message.silent or number > last + 1,
        )
        for number, message in numbered
    )
    parts = {story_id: number for number, message in numbered for story_id in message.story_ids}
    session.add_all(
        SentStory(
            chat_id=digest.chat_id,
            story_id=story.story_id,
            digest_id=digest.id,
            at=now,
            part=parts[story.story_id],
            shown=shown_of(story),
        )
        for story in view.stories
    )
    record_corrections(session, digest, view.corrections, parts, now)
    log.info("digest composed", digest=digest.id, chat_id=digest.chat_id, parts=len(numbered), stories=list(parts))
    digest.state = "composed"
    session.flush()


def held_back_titles(session: Session, chat_id: int, digest_id: int, most: int) -> Sequence[str]:
    """The first headlines of the stories that a digest of the chat held back and that it was not told since."""
    digest = session.get(Digest, digest_id)
    if digest is None or digest.chat_id != chat_id:
        return ()
    of_chat = SentStory.chat_id == chat_id, SentStory.story_id.in_(digest.held_back)
    told = set(session.scalars(select(SentStory.story_id).where(*of_chat)))
    left = [story_id for story_id in digest.held_back if story_id not in told][:most]
    edition = Edition(session, articles_of(session, left), digest.window_end)
    heads = {one.story_id: head_of(one.reports).view.title for one in edition.candidates(MORE)}
    return [heads[story_id] for story_id in left if story_id in heads]


def post_more(
    session: Session, reader: Reader, digest_id: int, now: datetime
) -> Literal["posted", "coming", "none", "stale"]:
    """Puts the next stories that a digest held back on their way, quietly.

    Otherwise why not: what was asked for before is still `coming`, `none` is left, or the digest, or its subscription,
    is none of the reader's any more.
    """
    take_turn(session)  # before the locks: documents may have to be named
    digest = session.get(Digest, digest_id)
    if digest is None or digest.chat_id != reader.chat_id or digest.subscription_id is None:
        return "stale"
    subscription = session.get_one(Subscription, digest.subscription_id)
    view = compose_more(session, digest, reader, subscription, now)
    if digest.state != "done":
        return "coming" if digest.state == "composed" else "stale"
    digest.held_back = list(view.held_back)
    if not view.stories:
        return "none"
    digest.is_crowd = False  # who asks waits
    post(session, digest, view, render_digest(view), now, thread_id=subscription.thread_id, silent=True)
    return "posted"
