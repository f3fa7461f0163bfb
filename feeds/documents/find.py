"""Finding every citation of a Party or State document in a text.

    text | fold_text | names, typed numbers, bare symbols | longest wins | lists | attach | issuers | places
         | keys | stages -> Citation

Finding never looks anything up in the catalogue; `resolve` does.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from feeds.documents.attach import attach
from feeds.documents.folding import FoldedText, fold_text
from feeds.documents.issuer import complete_issuers
from feeds.documents.laws import codes, constitutions, laws
from feeds.documents.lists import link_neighbours, list_members, share_issuer, spread
from feeds.documents.meetings import congresses, plenums
from feeds.documents.mention import Mention, abbreviated_mentions, bare_symbols, typed_mentions
from feeds.documents.number import DocumentNumber
from feeds.documents.place import give_places
from feeds.documents.references import back_references, drafts, link
from feeds.documents.stage import give_stages
from feeds.documents.terms import congress_term


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation, at the code points ``[start, end)`` of the text as given."""

    start: int
    end: int
    raw: str
    key: str | None
    """CITATIONS.md, 10; None for drafts and back-references."""
    type: str | None
    number: str | None
    issuer: str | None
    """Code of the organ: "TW", "TU", "CP", "BCA", "QH14"."""
    year: int | None
    term: str | None
    """Congress term as stated, in Roman numerals."""
    date: date | None
    province: str | None
    form: str
    """spelled_out, state_symbol, party_symbol, named_law, typo_variant, elided_list, congress_resolution, draft,
    back_reference"""
    title: str | None
    term_derived: str | None
    """The one term the stated date falls in, of a central Party document."""
    antecedent: int | None
    """Index of the citation that a back-reference means."""
    stage: str
    """issued, rolled_out, implemented, interim_review, final_review, drafted, amended, replaced, inspected or
    mentioned"""
    stage_years: int | None
    issuing_body: str | None
    """Who issued it in the text's words: "Bộ Chính trị"."""


def find_citations(text: str) -> tuple[Citation, ...]:
    """Every citation of `text`, in text order, without overlaps."""
    folded = fold_text(text)
    mentions = _mentions(folded)
    if not mentions:
        return ()
    link_neighbours(folded, mentions)
    attach(folded, mentions)
    share_issuer(folded, mentions)
    spread(mentions)
    complete_issuers(mentions)
    give_places(folded, mentions)
    give_stages(folded, mentions)
    link(mentions)
    order = {id(mention): index for index, mention in enumerate(mentions)}
    return tuple(_citation(text, folded, mention, order) for mention in mentions)


def _mentions(text: FoldedText) -> list[Mention]:
    """All mentions in text order, the longest of those that overlap."""
    named = [*plenums(text), *congresses(text), *laws(text), *codes(text), *constitutions(text)]
    typed = [*typed_mentions(text), *abbreviated_mentions(text)]
    chosen = _without_overlaps([*named, *typed, *bare_symbols(text, typed)])
    chosen = _without_overlaps([*list_members(text, chosen), *chosen])
    return _beside(chosen, [*drafts(text), *back_references(text)])


def _without_overlaps(mentions: Iterable[Mention]) -> list[Mention]:
    """In text order; of those that overlap the earliest, of those the longest, of those the first given."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif mention.form == "elided_list" and kept[-1].start == mention.start:
            kept[-1] = mention
    return kept


def _beside(mentions: list[Mention], unnumbered: Sequence[Mention]) -> list[Mention]:
    """`mentions` and those of `unnumbered` that overlap none: "dự thảo Luật Dẫn độ" is the law's mention."""
    starts = [mention.start for mention in mentions]
    free = []
    for mention in unnumbered:
        index = bisect_left(starts, mention.end)
        if index == 0 or mentions[index - 1].end <= mention.start:
            free.append(mention)
    return _without_overlaps([*mentions, *free])


def _citation(text: str, folded: FoldedText, mention: Mention, order: dict[int, int]) -> Citation:
    start, end = folded.span(mention.start, mention.end)
    number = mention.number
    local = number is not None and number.shape != "congress" and mention.place is not None
    key = None if number is None else str(replace(number, place=mention.place) if local else number)
    return Citation(
        start,
        end,
        text[start:end],
        key,
        mention.kind.type if mention.kind else None,
        mention.digits,
        mention.organ,
        number.year if number else None,
        mention.term,
        mention.issued,
        mention.place,
        mention.form,
        mention.title,
        _derived_term(mention, number),
        order.get(id(mention.antecedent)) if mention.antecedent else None,
        mention.stage,
        mention.stage_years,
        mention.body,
    )


def _derived_term(mention: Mention, number: DocumentNumber | None) -> str | None:
    if number is None or number.organ != "TW" or mention.term or mention.issued is None:
        return None
    return congress_term(mention.issued)
