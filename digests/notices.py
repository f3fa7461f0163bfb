"""Messages that are no digest: of an admin to all readers, or of what became of a chat or a follow.

They are sent as digests are, with all the promises of `digests.deliver`, but belong to no subscription, tell no story
and end no window.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from digests.bans import is_banned
from digests.ledger import lock_chat
from digests.messages import Message
from digests.models import Chat, Digest, DigestPart
from digests.subscribers import quiet_hours


def post_notice(
    session: Session,
    chat_id: int,
    message: Message,
    now: datetime,
    *,
    thread_id: int | None = None,
    silent: bool = False,
) -> None:
    """Puts one message on its way that is no digest; without sound in quiet hours.

    It comes to a chat without subscriptions too; not to one that is not stored, or banned.
    """
    lock_chat(session, chat_id)
    chat = session.get(Chat, chat_id)
    if chat is None or is_banned(session, chat_id):
        return
    notice = Digest(
        subscription_id=None,
        chat_id=chat_id,
        due_at=now,
        window_start=now,
        window_end=now,
        is_notice=True,
        is_crowd=False,
        state="composed",
    )
    session.add(notice)
    session.flush()
    session.add(
        DigestPart(
            digest_id=notice.id,
            chat_id=chat_id,
            number=1,
            html=message.html,
            thread_id=thread_id,
            buttons=[[list(button) for button in row] for row in message.buttons],
            silent=silent or message.silent or quiet_hours(chat).cover(now),
        )
    )
    session.flush()
