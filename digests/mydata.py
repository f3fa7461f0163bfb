"""All that is stored about a chat or a person: given as a value, and erased.

The tables are asked for their columns, so that one added later is never forgotten.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from digests import dossier_models  # noqa: F401 - what chats chose is in its tables
from digests.models import AdminAct, Admitted, Ban, Chat, Undo
from digests.subscribers import forget
from feeds.models import Article, Base
from feeds.store import take_turn

_NAMES = frozenset({"chat_id", "owner_id", "admin_id", "decided_by"})
_OWN_IDS = frozenset({Chat.__tablename__, Ban.__tablename__, Admitted.__tablename__})
_OTHERS = frozenset({"owner_id", "admin_id", "decided_by"})  # who else had to do with it, where that is not who asks
_ERASED = 0  # in place of an admin


def columns_of_persons() -> Mapping[Table, list[Column[Any]]]:
    """The columns that name a chat or a person, by table."""
    found: dict[Table, list[Column[Any]]] = {}
    for table in Base.metadata.sorted_tables:
        named = [c for c in table.columns if c.name in _NAMES or (c.name == "id" and table.name in _OWN_IDS)]
        if named:
            found[table] = named
    return found


def data_of(session: Session, chat_id: int, now: datetime) -> Mapping[str, Any]:
    """Every row that names the chat, by the name of its table, as JSON knows it: moments are in UTC.

    The numbers of others who set it up or decided about it are theirs, and left out.
    """
    tables: dict[str, Any] = {}
    for table, columns in columns_of_persons().items():
        rows = session.execute(select(table).where(or_(*(column == chat_id for column in columns)))).mappings().all()
        titles = _titles(session, {row["article_id"] for row in rows if "article_id" in row})
        tables[table.name.replace("_", " ")] = [_readable(row, titles, chat_id) for row in rows]
    return {"about chat": chat_id, "made at": now.isoformat(), "stored": tables}


def erase(session: Session, chat_id: int) -> None:
    """Erases all that names the chat or person; what others have, and what an admin did, stays without the name.

    A ban stays: it could be lifted that way otherwise.
    """
    take_turn(session)
    forget(session, chat_id)
    session.execute(delete(Undo).where(Undo.was["owner_id"].as_integer() == chat_id))
    session.execute(delete(Admitted).where(Admitted.id == chat_id))
    about = AdminAct.about
    session.execute(
        update(AdminAct).where(or_(about == str(chat_id), about.startswith(f"{chat_id} "))).values(about="")
    )
    for table, columns in columns_of_persons().items():
        for column in columns:
            if column.name in _OTHERS:
                unnamed = None if column.name == "owner_id" else _ERASED
                session.execute(update(table).where(column == chat_id).values({column.name: unnamed}))
    session.expire_all()


def _readable(row: Mapping[Any, Any], titles: Mapping[int, str], chat_id: int) -> Mapping[str, Any]:
    own = {name: value for name, value in row.items() if name not in _OTHERS or value == chat_id}
    shown = {str(name).replace("_", " "): _plain(value) for name, value in own.items()}
    if title := titles.get(row.get("article_id", 0)):
        shown["article title"] = title
    return shown


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _titles(session: Session, ids: Iterable[int]) -> Mapping[int, str]:
    return {row.id: row.title for row in session.execute(select(Article.id, Article.title).where(Article.id.in_(ids)))}
