"""What admins did, kept for the other admins."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digests.models import AdminAct
from feeds.following import add_feeds
from feeds.sources import Source

LONGEST_ABOUT = 300


def record_act(session: Session, admin_id: int, act: str, about: str, now: datetime) -> None:
    """Remembers that an admin did `act`, a short code; `about` begins with the person or chat it is about."""
    session.add(AdminAct(at=now, admin_id=admin_id, act=act, about=about[:LONGEST_ABOUT]))


def acts(session: Session, first: int, count: int) -> Sequence[AdminAct]:
    """The latest acts, from the `first` on."""
    return session.scalars(select(AdminAct).order_by(AdminAct.id.desc()).offset(first).limit(count)).all()


def count_acts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AdminAct)) or 0


def follow_feeds(session: Session, sources: Sequence[Source], admin_id: int, now: datetime) -> int:
    """Follows what an admin adds; returns how many are new."""
    added = add_feeds(session, sources, now)
    if added:
        record_act(session, admin_id, "add_feed", f"({added}) " + ", ".join(source.outlet for source in sources), now)
    return added
