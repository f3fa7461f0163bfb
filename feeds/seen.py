"""The citation keys that stored articles carry."""

from sqlalchemy import Text, func, literal_column, select
from sqlalchemy.orm import Session

from feeds.models import Mention


def seen_keys(session: Session) -> frozenset[str]:
    """All citation keys that stored articles carry.

    From each key to the next one by the index: there are far fewer keys than mentions.
    """
    keys = select(func.min(Mention.key).label("key")).cte("keys", recursive=True)
    following = select(func.min(Mention.key)).where(Mention.key > keys.c.key).scalar_subquery()
    keys = keys.union_all(select(following).where(keys.c.key.is_not(None)))
    found = session.scalars(select(literal_column("key", Text)).select_from(keys))
    return frozenset(key for key in found if key)
