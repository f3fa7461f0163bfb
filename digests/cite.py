"""What somebody may want to cite who types a few letters: each document by what tells it from others of its number.

Nothing is guessed: a number that several documents bear gives each of them, and of what is not known, or was not seen
in a source, only the number can be cited.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.models import Follow
from digests.naming import checked, is_name_checked, iso_date
from digests.templates import is_linkable
from feeds.documents import (
    Document,
    Lookup,
    document_name,
    is_citable,
    keys_of,
    load_catalogue,
    look_up,
    official_citation,
    type_name,
)
from feeds.documents.token import document_token
from feeds.models import Document as Named
from feeds.store import document_of_token
from feeds.text import fold

MAX_QUERY = 200
MOST_TOGETHER = 10  # documents in one text
_LONGEST = 350  # characters of a citation
_MOST_KNOWN = 20  # documents of one number that only articles know
_LINK = "d_"
_BETWEEN = re.compile(r"[,;]|\s(?:và|va|and)\s")


@dataclass(frozen=True, slots=True)
class Citable:
    """One document to cite, or a number of which nothing is known.

    `name` tells it from others; `is_sure`: by what was seen; `is_alone`: it is meant only because no other document of
    that Party number is known, which begins anew with every term. `citation` is what may be said of it, plain text; of
    what no source that we saw names, not `is_seen`, only the number. `issued` is by whom and when. `token` is for its
    deep link, None of an unknown number. `url` is where the official text stands.
    """

    name: str
    citation: str
    token: str | None
    is_sure: bool = True
    is_alone: bool = False
    is_seen: bool = True
    is_catalogued: bool = True
    issued: str = ""
    title: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Citables:
    """What a query may mean, best first. `together`: several numbers were typed, and of each one document is known."""

    found: tuple[Citable, ...]
    together: bool = False


def cite(session: Session, query: str, language: str, *, chat_id: int) -> Citables:
    """A number, several, words of a title, or the `d_TOKEN` of a deep link; without a query what the chat follows."""
    query = " ".join(query[:MAX_QUERY].split())
    if not query:
        return _made(_followed(session, chat_id), language)
    if query.startswith(_LINK) and (meant := document_of_token(session, query.removeprefix(_LINK))):
        return _made([meant], language)
    lookups = _lookups(query)
    if not any(lookup.documents or lookup.keys for lookup in lookups):
        return _made(_with_words(query), language)
    ids: list[str] = []
    unknown: list[str] = []
    count = 0
    for lookup in lookups:
        known, not_known = _meant(session, lookup)
        ids += known
        unknown += not_known
        # Of what is open or not what was asked for, more or less than one is known.
        count += len(lookup.keys) if len(known) == len(lookup.keys) and not lookup.missing else MOST_TOGETHER + 1
    ids = list(dict.fromkeys(ids))
    together = not unknown and 1 < len(ids) == count <= MOST_TOGETHER
    found = _made(ids, language, alone={i for lookup in lookups for i in lookup.alone}).found
    return Citables((*found, *(_unknown(key, language) for key in dict.fromkeys(unknown))), together)


def _lookups(query: str) -> Sequence[Lookup]:
    """Of the whole query; of its parts where each has a number and together they have more: a list without accents."""
    whole = look_up(query, load_catalogue())
    parts = [part for part in _BETWEEN.split(query) if part.strip()]
    if len(parts) <= len(whole.keys) or len(parts) == 1:
        return [whole]
    alone = [look_up(part, load_catalogue()) for part in parts]
    return alone if all(lookup.keys for lookup in alone) else [whole]


def _meant(session: Session, lookup: Lookup) -> tuple[Sequence[str], Sequence[str]]:
    """(the ids of all documents that may be meant, the catalogue's first; the keys of which none is known)."""
    known = [document for i in lookup.documents if (document := load_catalogue().get(i))]
    borne = {key.casefold() for document in known for key in keys_of(document)}
    alone = {key for document in known if document.id in lookup.alone for key in keys_of(document)}
    told_apart = {wish.key: wish.id for wish in lookup.missing}
    ids, unknown = list(lookup.documents), []
    for key in lookup.keys:
        others: Sequence[str] = ()
        if key in told_apart:
            others = session.scalars(select(Named.id).where(Named.id == told_apart[key])).all()
        elif key.casefold() not in borne or key in lookup.open or key in alone:
            others = _known_by_articles(session, key)
        ids += others
        if not others and key.casefold() not in borne:
            unknown.append(key)
    return ids, unknown


def _made(ids: Iterable[str], language: str, *, alone: Collection[str] = ()) -> Citables:
    return Citables(tuple(_citable(document_id, language, is_alone=document_id in alone) for document_id in ids))


def _citable(document_id: str, language: str, *, is_alone: bool) -> Citable:
    document = load_catalogue().get(document_id)
    token = document_token(document_id)
    key = document_id.rpartition("#")[0]
    name, number = document_name(document_id, language), document_name(key, language)
    if document is None:
        return Citable(name, number, token, is_catalogued=False)
    parts = [
        document.issuer if checked(document, "issuer") else None,
        iso_date(document.date) if document.date and checked(document, "date") else None,
    ]
    is_seen = is_citable(document)
    return Citable(
        name,
        official_citation(document, language, _LONGEST) if is_seen else number,
        token,
        is_sure=is_seen and is_name_checked(document),
        is_alone=is_alone,
        is_seen=is_seen,
        issued=", ".join(part for part in parts if part),
        title=document.title or "",
        url=document.official_url if is_linkable(document.official_url) else None,
    )


def _unknown(key: str, language: str) -> Citable:
    name = document_name(key, language)
    return Citable(name, name, None, is_sure=False, is_seen=False, is_catalogued=False)


def _followed(session: Session, chat_id: int) -> Sequence[str]:
    """The latest first."""
    own = (Follow.chat_id == chat_id, Follow.kind == "document")
    return session.scalars(select(Follow.value).where(*own).order_by(Follow.since.desc(), Follow.value)).all()


def _known_by_articles(session: Session, key: str) -> Sequence[str]:
    """Documents that articles name by this number and more; a number alone names none."""
    query = select(Named.id).where(Named.key == key, Named.redirect_to.is_(None), Named.id != f"{key}#?")
    return [i for i in session.scalars(query.order_by(Named.id).limit(_MOST_KNOWN)) if load_catalogue().get(i) is None]


def _with_words(query: str) -> Sequence[str]:
    """The catalogue's documents in whose name, title or kind all the words stand; those in force first, then the
    newest."""
    words = fold(query).split()
    if sum(map(len, words)) < 2:
        return ()
    return [document_id for document_id, text in _texts() if all(f" {word}" in text for word in words)]


@cache
def _texts() -> Sequence[tuple[str, str]]:
    """The id and folded words of each document."""
    documents = sorted(load_catalogue().documents, key=lambda document: document.date or "", reverse=True)
    documents.sort(key=lambda document: document.status in ("replaced", "expired"))
    return [(document.id, " " + " ".join(fold(part) for part in _parts(document) if part)) for document in documents]


def _parts(document: Document) -> Sequence[str | None]:
    kind = type_name(document.type)
    return (kind, document.key, document.title, document.issuer, document.place, *document.aliases)
