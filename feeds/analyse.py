"""Everything the product understands of one article, in one call: verdict, places, citations and their readings.

Pure: the pipeline, `import`, `analyse`, `reindex` and the chat all come through here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from feeds.classify import Verdict, classify, join_parts
from feeds.documents import (
    Catalogue,
    Citation,
    Reading,
    find_citations,
    issuer_name,
    load_catalogue,
    resolve_citations,
    type_name,
)
from feeds.places import find_places

# Longer texts are cut: no article is this long, and every step is linear in it.
MAX_CHARACTERS = 6_000_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one article says. Offsets of `citations` are code points into `text`, the joined parts."""

    text: str
    verdict: Verdict
    places: tuple[str, ...]
    citations: tuple[Citation, ...]
    readings: tuple[Reading | None, ...]


def analyse(
    title: str,
    summary: str = "",
    text: str = "",
    *,
    published: date | None = None,
    home_province: str | None = None,
    catalogue: Catalogue | None = None,
) -> Analysis:
    """Reads one article. `home_province` is its outlet's; `published` rules out documents younger than it."""
    joined = join_parts(title, summary, text)[:MAX_CHARACTERS]
    citations = find_citations(joined)
    readings = resolve_citations(
        joined,
        citations,
        catalogue or load_catalogue(),
        published=published,
        home_province=home_province,
    )
    places = tuple(dict.fromkeys(place.name for place in find_places(joined)))
    return Analysis(joined, classify(title, summary, text), places, citations, readings)


def to_json(article_id: Any, analysis: Analysis) -> Mapping[str, Any]:
    """The object of the command-line contract (DESIGN.md, `analyse`)."""
    return {
        "id": article_id,
        "relevant": analysis.verdict.relevant,
        "score": round(analysis.verdict.score, 4),
        "topics": list(analysis.verdict.topics),
        "places": list(analysis.places),
        "citations": [
            _citation_json(citation, reading)
            for citation, reading in zip(analysis.citations, analysis.readings, strict=True)
        ],
    }


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
