"""The citation keys that stored articles carry."""

from collections.abc import Collection, Iterator
from functools import cached_property

from sqlalchemy import Text, func, literal_column, select
from sqlalchemy.orm import Session

from feeds.models import Mention


def seen_keys(session: Session) -> Collection[str]:
    """All citation keys that stored articles carry, read when somebody looks: most of what is typed needs none."""
    return _Keys(session)


class _Keys(Collection[str]):
    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _read(self) -> frozenset[str]:
        """From each key to the next one by the index: there are far fewer keys than mentions."""
        keys = select(func.min(Mention.key).label("key")).cte("keys", recursive=True)
        following = select(func.min(Mention.key)).where(Mention.key > keys.c.key).scalar_subquery()
        keys = keys.union_all(select(following).where(keys.c.key.is_not(None)))
        found = self._session.scalars(select(literal_column("key", Text)).select_from(keys))
        return frozenset(key for key in found if key)

    def __contains__(self, key: object) -> bool:
        return key in self._read

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
