"""The documents that a story cites, one chip each; pure."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from digests.held import is_held
from digests.views import ArticleView, DocumentChip, Told, states_identity
from feeds.documents.token import document_token

_SURE = {"resolved": 0, "presumed": 1, "ambiguous": 2, "unknown": 3}


class Citing(Told, Protocol):
    """What a chip is made of: a mention, with where it stands."""

    @property
    def article_id(self) -> int: ...
    @property
    def ordinal(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def key(self) -> str | None: ...
    @property
    def document_id(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def issuer(self) -> str | None: ...
    @property
    def stage(self) -> str: ...
    @property
    def stage_years(self) -> int | None: ...
    @property
    def issued_on(self) -> date | None: ...
    @property
    def raw(self) -> str: ...
    @property
    def quote(self) -> str: ...


def telling(status: str, stage: str, in_title: bool) -> tuple[int, bool, bool]:
    """What to sort mentions of one document by, the most telling first.

    The surest reading, then one that says what is done with the document, then one beyond the headline.
    """
    return (_SURE.get(status, 4), stage == "mentioned", in_title)


def chips_of(mentions: Sequence[Citing], articles: Sequence[ArticleView]) -> tuple[DocumentChip, ...]:
    """One chip a document, surest readings first.

    `articles` have the one first that heads the story: what it cites comes before what others do. A number that is
    certain to mean one document has no chip for its open mentions, unless one contradicts.
    """
    views = {view.article_id: view for view in articles}
    heads = {article_id: place for place, article_id in enumerate(views)}
    best: dict[str, tuple[tuple[int, bool, bool, int, int], Citing]] = {}
    first: dict[str, tuple[int, int]] = {}
    stated: set[str] = set()
    for mention in mentions:
        if not mention.key:
            continue
        document_id = mention.document_id or f"{mention.key}#?"
        place = heads[mention.article_id], mention.ordinal
        rank = (*telling(mention.status, mention.stage, mention.start < len(views[mention.article_id].title)), *place)
        if document_id not in best or rank < best[document_id][0]:
            best[document_id] = rank, mention
        first[document_id] = min(place, first.get(document_id, place))
        if states_identity(document_id, mention):
            stated.add(document_id)
    certain = {mention.key for _, mention in best.values() if mention.status == "resolved"}
    shown = [
        (rank[:2], first[document_id], document_id, mention)
        for document_id, (rank, mention) in best.items()
        if mention.document_id or mention.key not in certain or mention.rule == "contradiction"
    ]
    return tuple(
        DocumentChip(
            document_id=document_id,
            key=mention.key or "",
            token=document_token(document_id),
            issuer=mention.issuer,
            status=mention.status or "unknown",
            stage=mention.stage,
            stage_years=mention.stage_years,
            is_stated=document_id in stated,
            is_held=is_held(mention.stage, mention.quote, mention.raw, views[mention.article_id].published_on),
        )
        for _, _, document_id, mention in sorted(shown, key=lambda row: row[:3])
    )
