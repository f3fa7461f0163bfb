"""The answer to a typed number: the dossiers of the documents meant, or what there is to choose from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.dossier import PER_PAGE, Dossier, Shelf
from digests.remembered import choice_of
from feeds.documents import Document, Lookup, Wish, keys_of, load_catalogue, look_up, nearest
from feeds.models import Mention
from feeds.store import reading_since


@dataclass(frozen=True, slots=True)
class Near:
    """A number near to one that nobody knows, with the catalogue's documents or the title that an article gives it."""

    key: str
    documents: tuple[Document, ...] = ()
    stated: str | None = None

    @property
    def document(self) -> Document | None:
        """The one document it stands for; of several none."""
        return self.documents[0] if len(self.documents) == 1 else None

    @property
    def title(self) -> str | None:
        return self.document.title if self.document else self.stated


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a typed number. `status` as in the command-line contract; see `Lookup`. Since when the bot has been
    reading is only known where some of the `dossiers` have no article, or there are none."""

    query: str
    status: str
    keys: tuple[str, ...]
    documents: tuple[Document, ...]
    dossiers: tuple[Dossier, ...]
    nearest: tuple[Near, ...]
    reading_since: datetime | None

    @property
    def cards(self) -> tuple[Dossier, ...]:
        """The dossiers to show one after the other; none where there is a choice to make first, or nothing to show."""
        if self.status == "ambiguous" or (self.status == "unknown" and self.namesakes):
            return ()
        return tuple(d for d in self.dossiers if self.status == "several" or d.document or d.total)

    @property
    def is_choice(self) -> bool:
        """Whether one of the `documents` has to be chosen, which the only number that was asked for may mean."""
        return self.status == "ambiguous" and len(self.keys) == 1 and len(self.documents) > 1

    @property
    def missing(self) -> tuple[Wish, ...]:
        """What was asked for by a term, date or issuer that no known document of that number has."""
        return tuple(dossier.missing for dossier in self.dossiers if dossier.missing)

    @property
    def cited(self) -> Mapping[str, int]:
        """key -> number of articles, of the numbers asked for that no catalogued `documents` bear."""
        borne, found = _keys_borne(self.documents), Counter[str]()
        for dossier in self.dossiers:
            found.update({key: count for key, count in dossier.cited.items() if key.casefold() not in borne})
        return found

    @property
    def namesakes(self) -> tuple[Document, ...]:
        """Catalogued documents that bear a number asked for, but are not what was asked for."""
        found = (document for dossier in self.dossiers for document in dossier.namesakes)
        return tuple({document.id: document for document in found if document not in self.documents}.values())


def answer(
    session: Session,
    query: str,
    *,
    size: int = PER_PAGE,
    now: datetime | None = None,
    chat_id: int | None = None,
) -> Answer:
    """Looks a typed number up: one dossier per document meant, each with its first `size` articles; the nearest
    numbers where nothing is known. `now` is what counts of 30 days and a year end with; without it there are none.
    Of several that have a key, that which the chat means is meant."""
    shelf = Shelf(session, size, now=now)
    lookup = _decided(session, look_up(query, load_catalogue(), shelf.seen), chat_id)
    documents = tuple(document for i in lookup.documents if (document := load_catalogue().get(i)))
    dossiers = _dossiers(shelf, lookup, documents)
    near: tuple[Near, ...] = ()
    if lookup.status != "invalid" and not documents and not any(d.total or d.namesakes for d in dossiers):
        asked = lookup.keys[0] if lookup.keys else query
        near = _near(session, nearest(asked, load_catalogue(), shelf.seen))
    since = None if dossiers and all(d.total for d in dossiers) else reading_since(session)
    return Answer(query, lookup.status, lookup.keys, documents, dossiers, near, since)


def _decided(session: Session, lookup: Lookup, chat_id: int | None) -> Lookup:
    """The lookup of one open number with what the chat means by it."""
    if chat_id is None or lookup.status != "ambiguous" or len(lookup.keys) != 1:
        return lookup
    document_id = choice_of(session, chat_id, lookup.keys[0])
    if document_id not in lookup.documents:
        return lookup
    return replace(lookup, status="found", documents=(document_id,), open=())


def _dossiers(shelf: Shelf, lookup: Lookup, documents: Sequence[Document]) -> tuple[Dossier, ...]:
    """Of each open number one of all that bear it; else of each document, and of each number that none of them bears.

    A number that may only be one document, whose committee is not known, is that document's too.
    """
    missing = {wish.key for wish in lookup.missing}
    is_choice = lookup.status == "ambiguous" and len(documents) != 1
    opened = {key.casefold() for key in lookup.open}
    meant = () if is_choice else [d for d in documents if opened.isdisjoint(_keys_borne([d]))]
    borne = _keys_borne(meant)
    numbers = [key for key in lookup.keys if key not in missing and key.casefold() not in borne]
    return (
        *(replace(shelf.of_document(document.id), is_alone=document.id in lookup.alone) for document in meant),
        *(_of_number(shelf, key, key.casefold() in opened) for key in numbers),
        *(shelf.of_missing(wish) for wish in lookup.missing),
    )


def _of_number(shelf: Shelf, key: str, is_open: bool) -> Dossier:
    dossier = shelf.of_number(key)
    return replace(dossier, is_open=is_open and len(dossier.namesakes) > 1)


def _keys_borne(documents: Sequence[Document]) -> set[str]:
    return {key.casefold() for document in documents for key in keys_of(document)}


def _near(session: Session, keys: Sequence[str]) -> tuple[Near, ...]:
    """Each with what tells a person which document it is."""
    found = []
    for key in keys:
        query = select(Mention.title).where(Mention.key == key, Mention.title.is_not(None))
        documents = load_catalogue().with_key(key)
        stated = None if documents else session.scalar(query.order_by(Mention.position.desc()).limit(1))
        found.append(Near(key, documents, stated))
    return tuple(found)
