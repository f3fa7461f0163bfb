"""Resolving: which document a citation means (DESIGN.md, Resolving).

A citation is *resolved* only by positive evidence, each rule tried in this order:

1. `full_symbol`   the symbol carries the year and the body (13/2023/NĐ-CP, 24/2018/QH14): an identity by itself
2. `stated_term`   a Party number with its congress term, catalogued or not
3. `date`          the stated day is a catalogued document's, or lies in one congress term or year
4. `title_words`   the title in the text is a catalogued document's
5. `anaphora`      the same key is resolved elsewhere in the text, to one document only
6. `relation`      a document resolved in the same text concludes, carries out, amends or replaces it

Nothing is resolved against the text's own words (other term, day, body or title) nor to a document younger than the
article. What is left is *presumed* (one candidate), *ambiguous* (several) or *unknown*. To be the catalogue's only
entry proves nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from feeds.documents.candidates import candidates_of
from feeds.documents.catalogue import Catalogue, Document, law_name
from feeds.documents.evidence import contradicts, dates_match, titles_match
from feeds.documents.find import Citation
from feeds.documents.number import DocumentNumber, parse
from feeds.documents.organs import base_organ
from feeds.documents.terms import congress_term, term_began

_Told = tuple[str, str | None, date | None]  # id, term and day of a resolved citation


@dataclass(frozen=True, slots=True)
class Reading:
    """What one citation means, and why."""

    status: Literal["resolved", "presumed", "ambiguous", "unknown"]
    id: str | None
    rule: str
    """The rule that decided: see the module, or only_candidate, several_candidates, no_candidate, contradiction,
    antecedent."""
    candidates: tuple[str, ...]
    """Ids, best first; empty when resolved."""


@dataclass(slots=True)
class _Case:
    """One citation while it is being resolved."""

    citation: Citation
    number: DocumentNumber
    possible: list[Document]  # candidates that nothing rules out
    ruled_out: list[Document]
    id: str | None = None
    rule: str = ""

    @property
    def certain(self) -> list[Document]:
        """Candidates that evidence may settle on: those whose own place is known."""
        return [document for document in self.possible if not document.place_open]


def resolve_citations(
    text: str,
    citations: Sequence[Citation],
    catalogue: Catalogue,
    *,
    published: date | None = None,
    home_province: str | None = None,
) -> tuple[Reading | None, ...]:
    """A reading for every citation; None for drafts and for back-references to nothing or to a draft."""
    cases: dict[int, _Case] = {}
    for index, citation in enumerate(citations):
        number = parse(citation.key) if citation.key else None
        if number is None:
            continue
        possible: list[Document] = []
        ruled_out: list[Document] = []
        for document in candidates_of(number, catalogue, citation.province or home_province):
            (ruled_out if contradicts(citation, document, published) else possible).append(document)
        cases[index] = _Case(citation, number, possible, ruled_out)
    for case in cases.values():
        _from_its_own_words(case, published)
    every = list(cases.values())
    while _step(every, catalogue):
        pass
    readings: dict[int, Reading] = {index: _reading(case) for index, case in cases.items()}
    return tuple(_of(index, citation, readings) for index, citation in enumerate(citations))


def _step(cases: Sequence[_Case], catalogue: Catalogue) -> bool:
    """One round over the open cases; whether it settled any."""
    known = _Known(cases, catalogue)
    settled = [case for case in cases if case.id is None and _from_the_text(case, known)]
    return bool(settled)


class _Known:
    """What the resolved cases of a text say, by key and by the name of a law."""

    def __init__(self, cases: Iterable[_Case], catalogue: Catalogue) -> None:
        self.ids: set[str] = set()
        self.by_key: dict[str, set[_Told]] = {}
        self.by_name: dict[tuple[str, str], set[str]] = {}
        for case in cases:
            if case.id is None:
                continue
            self.ids.add(case.id)
            self.by_key.setdefault(str(case.number), set()).add((case.id, *_told(case.citation)))
            document = catalogue.get(case.id)
            name = law_name(document) if document else None
            if document and name:
                self.by_name.setdefault((document.type, name.lower()), set()).add(case.id)
            if case.number.shape == "named":
                self.by_name.setdefault((case.number.type, case.number.number.lower()), set()).add(case.id)

    def meant_by(self, case: _Case) -> set[str]:
        """Ids that the same key, or the same law's name without a year, stands for elsewhere in the text."""
        if case.number.shape == "named" and case.number.year is None:
            return self.by_name.get((case.number.type, case.number.number.lower()), set())
        term, day = _told(case.citation)
        return {
            known
            for known, its_term, its_day in self.by_key.get(str(case.number), ())
            if (term is None or its_term in (None, term)) and (day is None or its_day in (None, day))
        }


def _told(citation: Citation) -> tuple[str | None, date | None]:
    return citation.term or citation.term_derived, citation.date


def _of(index: int, citation: Citation, readings: dict[int, Reading]) -> Reading | None:
    if citation.antecedent is None:
        return readings.get(index)
    meant = readings.get(citation.antecedent)
    return Reading(meant.status, meant.id, "antecedent", meant.candidates) if meant else None


def _from_its_own_words(case: _Case, published: date | None) -> None:
    for rule, found in (
        ("full_symbol", _full_symbol(case, published)),
        ("stated_term", _stated_term(case, published)),
        ("date", _stated_date(case)),
        ("title_words", _title(case)),
    ):
        if found:
            case.id, case.rule = found, rule
            return


def _full_symbol(case: _Case, published: date | None) -> str | None:
    number = case.number
    if number.year is None or number.partial or not _placed(case) or (published and number.year > published.year):
        return None
    if number.shape == "named" and (case.possible or case.ruled_out):
        return case.possible[0].id if len(case.possible) == 1 else None
    return f"{number}#{number.year}"


def _stated_term(case: _Case, published: date | None) -> str | None:
    number, term = case.number, case.citation.term
    if number.shape == "congress" and number.place != "?":  # a congress is its own term, and passes one resolution
        began = None if number.place else term_began(number.number)
        return None if published and began and began > published else f"{number}#{number.number}"
    if term is None or number.organ != "TW":
        return None
    began = term_began(term)
    if published and began and began > published:
        return None
    if number.shape == "plenum":  # one plenum passes several resolutions
        return next((document.id for document in case.possible if document.key == str(number)), None)
    matching = [document for document in case.possible if document.term == term]
    if len(matching) > 1 or any(document.term == term for document in case.ruled_out):
        return None
    return matching[0].id if matching else f"{number}#{term}"


def _stated_date(case: _Case) -> str | None:
    citation, number = case.citation, case.number
    if citation.date is None or case.number.shape not in ("party", "plain", "letter") or not _placed(case):
        return None
    matching = [document for document in case.certain if dates_match(citation, document)]
    if len(matching) == 1:
        return matching[0].id
    if matching or number.partial:
        return None
    if number.organ == "TW":
        term = congress_term(citation.date)
        taken = any(document.term == term for document in (*case.possible, *case.ruled_out))
        return f"{number}#{term}" if term and not taken else None
    if any(document.year == citation.date.year for document in case.ruled_out):
        return None
    return f"{number}#{citation.date.year}"


def _title(case: _Case) -> str | None:
    title = case.citation.title
    if title is None or case.number.shape == "named" or not _issuer_stated(case):
        return None
    matching = [document for document in case.certain if titles_match(title, document)]
    return matching[0].id if len(matching) == 1 else None


def _placed(case: _Case) -> bool:
    """Whether a local document's place is known; others need none."""
    organ = base_organ(case.number.organ)
    local = organ is not None and organ.local
    return not local or (case.number.place is not None and case.number.place != "?")


def _issuer_stated(case: _Case) -> bool:
    """A local document whose committee is not named could be the one's above or below: its title proves little."""
    organ = base_organ(case.number.organ)
    return organ is None or not organ.local or (_placed(case) and case.citation.issuing_body is not None)


def _from_the_text(case: _Case, known: _Known) -> bool:
    """Anaphora and relation; where they point to different documents neither counts."""
    anaphora, related = known.meant_by(case), _related(case, known)
    ids = anaphora | related
    if len(ids) != 1 or any(document.id in ids for document in case.ruled_out):
        return False
    (case.id,), case.rule = ids, "anaphora" if anaphora else "relation"
    return True


def _related(case: _Case, known: _Known) -> set[str]:
    """Candidates that a resolved document of the text concludes, carries out, amends or replaces, or the reverse."""
    if case.number.shape not in ("party", "plain") or not _placed(case):
        return set()  # a law's amendments are many, and any text on them names it
    return {
        document.id
        for document in case.certain
        if any(link.target in known.ids and link.proves for link in document.relations)
    }


def _reading(case: _Case) -> Reading:
    if case.id:
        return Reading("resolved", case.id, case.rule, ())
    ids = tuple(document.id for document in case.possible)
    if len(ids) == 1:
        return Reading("presumed", ids[0], "only_candidate", ids)
    if ids:
        return Reading("ambiguous", None, "several_candidates", ids)
    ruled_out = tuple(document.id for document in case.ruled_out)
    return Reading("unknown", None, "contradiction" if ruled_out else "no_candidate", ())
