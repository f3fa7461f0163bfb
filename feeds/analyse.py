"""Everything the product understands of one article, in one call: verdict, places, citations and their readings.

Pure: the pipeline, `import`, `analyse`, `reindex` and the chat all come through here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from feeds.classify import Evidence, Verdict, classify, join_parts
from feeds.documents import (
    Catalogue,
    Citation,
    Reading,
    find_citations,
    issuer_name,
    load_catalogue,
    names_central_organ,
    resolve_citations,
    type_name,
)
from feeds.places import Place, find_places
from feeds.text import modern_tones

# Longer texts are cut: no article is this long, and every step is linear in it.
MAX_CHARACTERS = 6_000_000

_OPENING = 1500  # characters
_HEADING = re.compile(r"CỘNG (?:HÒA|HOÀ) XÃ HỘI CHỦ NGHĨA VIỆT NAM|ĐẢNG CỘNG SẢN VIỆT NAM")
_ARTICLE = re.compile(r"^Điều \d+\.", re.MULTILINE)
_NUMBER = re.compile(r"Số:?\s")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one article says. Offsets of `citations` are code points into `text`, the joined parts.

    `own_key` is the citation key of the document whose own page this is, None for articles.
    """

    text: str
    verdict: Verdict
    named_places: tuple[Place, ...]
    """Of each place the first mention."""
    citations: tuple[Citation, ...]
    readings: tuple[Reading | None, ...]
    own_key: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Bare canonical names as of the text, in its order."""
        return tuple(place.name for place in self.named_places)

    @property
    def level(self) -> str | None:
        """ "local" where a place is named, else "central" where the opening names a central organ, else None."""
        if self.named_places:
            return "local"
        return "central" if names_central_organ(modern_tones(self.text[:_OPENING])) else None


def analyse(
    title: str,
    summary: str = "",
    text: str = "",
    *,
    published: date | None = None,
    home_province: str | None = None,
    catalogue: Catalogue | None = None,
    judge: Callable[[str, str, str], Verdict] = classify,
) -> Analysis:
    """Reads one article. `home_province` is its outlet's; `published` rules out documents younger than it; `judge` is
    `first_reading` where the second reader is asked later.
    """
    joined = join_parts(title, summary, text)[:MAX_CHARACTERS]
    citations = find_citations(joined)
    readings = resolve_citations(
        joined,
        citations,
        catalogue or load_catalogue(),
        published=published,
        home_province=home_province,
    )
    named: dict[str, Place] = {}
    for place in find_places(joined):
        named.setdefault(place.name, place)
    own_key = _own_key(joined, title, citations)
    return Analysis(
        joined,
        judge(title, summary, text),
        tuple(named.values()),
        citations,
        readings,
        own_key,
    )


def _own_key(joined: str, title: str, citations: Sequence[Citation]) -> str | None:
    """The document whose text this page is, told by its form: "Số: 13/2023/NĐ-CP" under the heading of the State or
    the Party (Decree 30/2020/NĐ-CP, Guideline 36-HD/VPTW), or a headline that is the document over its articles.
    """
    opening = len(title) + _OPENING
    headed = _HEADING.search(joined, 0, opening)
    articled = len(_ARTICLE.findall(joined)) >= 3
    for citation in citations:
        in_title = citation.start <= len("Toàn văn ") and citation.end <= len(title)
        numbered = citation.end <= opening and _NUMBER.search(joined, max(0, citation.start - 8), citation.end)
        if citation.key and ((headed and numbered) or (articled and in_title)):
            return citation.key
    return None


def to_json(article_id: Any, analysis: Analysis, by_topic: Mapping[str, Sequence[Evidence]]) -> Mapping[str, Any]:
    """The object of the command-line contract (DESIGN.md, `analyse`), with what speaks for it in the text."""
    return {
        "id": article_id,
        "relevant": analysis.verdict.relevant,
        "score": round(analysis.verdict.score, 4),
        "topics": list(analysis.verdict.topics) if analysis.verdict.relevant else [],
        "places": list(analysis.places),
        "level": analysis.level,
        "evidence": {
            "relevant": [_evidence_json(evidence) for evidence in analysis.verdict.evidence],
            "topics": {code: list(map(_evidence_json, found)) for code, found in by_topic.items()},
            "places": {
                place.name: {"start": place.start, "end": place.end, "phrase": analysis.text[place.start : place.end]}
                for place in analysis.named_places
            },
        },
        "citations": [
            _citation_json(citation, reading)
            for citation, reading in zip(analysis.citations, analysis.readings, strict=True)
        ],
    }


def _evidence_json(evidence: Evidence) -> Mapping[str, Any]:
    return {"start": evidence.start, "end": evidence.end, "phrase": evidence.phrase}


def _citation_json(citation: Citation, reading: Reading | None) -> Mapping[str, Any]:
    return {
        "start": citation.start,
        "end": citation.end,
        "raw": citation.raw,
        "key": citation.key,
        "type": citation.type,
        "type_name": type_name(citation.type, "vi") if citation.type else None,
        "number": citation.number,
        "issuer": citation.issuer,
        "issuer_name": citation.issuing_body or (issuer_name(citation.issuer, "vi") if citation.issuer else None),
        "year": citation.year,
        "term": citation.term,
        "date": citation.date.isoformat() if citation.date else None,
        "province": citation.province,
        "form": citation.form,
        "title": citation.title,
        "term_derived": citation.term_derived,
        "document": {"id": reading.id, "status": reading.status, "rule": reading.rule} if reading else None,
        "candidates": list(reading.candidates) if reading else [],
        "antecedent": citation.antecedent,
        "stage": citation.stage,
        "stage_years": citation.stage_years,
    }
