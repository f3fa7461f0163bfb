"""No mention resolves to a namesake: every symbol that several documents share, each of them withheld in turn."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest

from feeds.documents import find_citations, load_catalogue, make_catalogue, parse, resolve_citations, type_name

CATALOGUE = load_catalogue()


def _shared():
    by_symbol = defaultdict(list)
    for document in CATALOGUE.documents:
        if document.key:
            by_symbol[document.key.partition("@")[0]].append(document)
    return [document for namesakes in by_symbol.values() if len(namesakes) > 1 for document in namesakes]


SHARED = _shared()


def _sentences(document):
    """The document cited with nothing, term, date and title, in several orders; with all of them."""
    symbol = document.key.partition("@")[0]
    plain = f"{type_name(document.type)} số {symbol}"
    yield "nothing", f"Hội nghị quán triệt {plain}."
    yield "bare", f"Hội nghị quán triệt {symbol}."
    yield "twice", f"Quán triệt {plain}. Thực hiện {plain}, các đơn vị đã làm tốt."
    day = date.fromisoformat(document.date) if document.date_precision == "day" else None
    if document.term:
        yield "term", f"Hội nghị quán triệt {plain} khóa {document.term}."
        yield "term of the body", f"Hội nghị quán triệt {plain} của Bộ Chính trị (khóa {document.term})."
        yield "term elsewhere", f"Quán triệt {plain} khóa {document.term}. Thực hiện {plain}."
    if day:
        yield "date", f"Hội nghị quán triệt {plain} ngày {day.day}/{day.month}/{day.year}."
        yield "date before", f"Ngày {day.day}/{day.month}/{day.year}, Bộ Chính trị ban hành {plain}."
    if document.title:
        yield "title", f"Hội nghị quán triệt {plain} về {document.title}."
        yield "title in quotes", f"Hội nghị quán triệt {plain} “{document.title}”."
    if day and document.term and document.title:
        stated = f"{plain} ngày {day.day}/{day.month}/{day.year} khóa {document.term}"
        yield "all", f"Hội nghị quán triệt {stated} về {document.title}."


CASES = [(document, name, text) for document in SHARED for name, text in _sentences(document)]


def test_there_are_collisions_to_test():
    assert len({document.key for document in SHARED}) >= 29
    assert len(CASES) > 400


@pytest.mark.parametrize("document", SHARED, ids=lambda document: document.id)
def test_a_withheld_document_is_not_mistaken_for_its_namesake(document):
    others = [other for other in CATALOGUE.documents if other.id != document.id]
    withheld = make_catalogue(others, CATALOGUE.as_of)
    namesakes = {other.id for other in others if other.key and _symbol(other) == _symbol(document)}
    for _, text in _sentences(document):
        for reading in _readings(document, text, withheld):
            assert not (reading.status == "resolved" and reading.id in namesakes), (text, reading)


@pytest.mark.parametrize("document", SHARED, ids=lambda document: document.id)
def test_a_known_document_resolves_to_itself_or_not_at_all(document):
    for name, text in _sentences(document):
        for reading in _readings(document, text, CATALOGUE):
            if reading.status == "resolved":
                assert reading.id == document.id, (text, reading)
            elif reading.candidates and name not in ("title", "title in quotes", "date before"):
                assert document.id in reading.candidates, (text, reading)


def test_an_article_older_than_all_namesakes_resolves_to_none():
    for document, name, text in CASES:
        if name in ("nothing", "bare", "title"):
            readings = _readings(document, text, CATALOGUE, date(1950, 1, 1))
            assert all(reading.status == "unknown" for reading in readings), document.id


def _readings(document, text, catalogue, published=None):
    """Of the symbol itself; a title may cite other documents."""
    citations = find_citations(text)
    readings = resolve_citations(text, citations, catalogue, published=published)
    of_symbol = [
        reading
        for citation, reading in zip(citations, readings, strict=True)
        if citation.key and citation.key.partition("@")[0] == _symbol(document)
    ]
    assert of_symbol
    return of_symbol


def _symbol(document):
    number = parse(document.key)
    return str(replace(number, place=None))
