"""What speaks for and against a citation meaning a catalogued document: term, date, title, issuer, age."""

import re
from datetime import date
from functools import cache

from feeds.documents.catalogue import Document
from feeds.documents.find import Citation
from feeds.documents.kinds import rules
from feeds.documents.organs import skeleton
from feeds.documents.terms import congress_term
from feeds.text import one_of_words

# The three bodies that sign TW; "Trung ương" may mean any of them.
_CENTRAL_BODIES = {
    "bộchínhtrị": "politburo",
    "banbíthư": "secretariat",
    "banchấphànhtrungương": "committee",
    "bchtrungương": "committee",
}
_NUMERAL = re.compile(r"(?<!\w)(?:[XVI]{2,}|[0-9]{2,})(?!\w)")
_ALIKE = 0.7
_SOME = 5  # words that tell
_UNLIKE = 0.1


def contradicts(citation: Citation, document: Document, published: date | None) -> bool:
    """Whether something the text says rules the document out."""
    if published and document.date and document.date > published.isoformat()[: len(document.date)]:
        return True
    if citation.type in ("QĐ", "QyĐ") and citation.form == "party_symbol" and citation.type != document.type:
        return True
    if citation.form == "named_law" and citation.year and document.year and citation.year != document.year:
        return True
    if citation.term and document.term and citation.term != document.term:
        return True
    if _wrong_date(citation, document):
        return True
    if _wrong_body(citation, document):
        return True
    if citation.form == "named_law":  # what follows "về" there is no title
        return False
    return citation.title is not None and document.seen("title") and titles_differ(citation.title, document)


def dates_match(citation: Citation, document: Document) -> bool:
    """Whether the stated day is the document's, or falls in its congress term."""
    if citation.date is None:
        return False
    if document.date_precision == "day":
        return document.date == citation.date.isoformat() or _same_term(citation.date, document)
    return document.year == citation.date.year


def titles_match(title: str, document: Document) -> bool:
    """Whether a text's title is the document's, whole or in part: a run of words, or most words that tell."""
    if document.title is None or _other_numerals(title, document.title):
        return False
    if not document.seen("title"):  # recalled: only a title that agrees in every word that tells counts
        return len(_telling(title)) >= 3 and _telling(title) == _telling(document.title)
    told, known = _telling(title), _telling(document.title)
    size = min(len(told), len(known))
    shorter, longer = sorted((_syllables(title), _syllables(document.title)), key=len)
    if size >= 2 and len(shorter) >= 5 and f" {' '.join(shorter)} " in f" {' '.join(longer)} ":
        return True
    # Of few words each counts: "an ninh quốc gia" is not "an ninh kinh tế ... quốc tế".
    return size >= 3 and len(told & known) / size >= (_ALIKE if size >= _SOME else 1.0)


def titles_differ(title: str, document: Document) -> bool:
    """Whether the titles speak of different things."""
    told, known = _telling(title), _telling(document.title or "")
    size = min(len(told), len(known))
    return size >= 3 and len(told & known) / size <= _UNLIKE


def _other_numerals(title: str, other: str) -> bool:
    """Whether they count differently: "Đại hội lần thứ XIII" is not the XIV, "đến năm 2030" not 2045."""
    ours, theirs = (set(_NUMERAL.findall(words)) for words in (title, other))
    return not (ours <= theirs or theirs <= ours)


def _same_term(day: date, document: Document) -> bool:
    """A recalled day may be wrong, its term hardly."""
    return not document.seen("date") and document.term is not None and congress_term(day) == document.term


def _wrong_date(citation: Citation, document: Document) -> bool:
    if citation.date is None:
        return False
    if citation.term_derived and document.term and citation.term_derived != document.term:
        return True
    if document.date_precision == "day" and document.seen("date"):
        return document.date != citation.date.isoformat()
    return document.year is not None and document.term is None and document.year != citation.date.year


def _wrong_body(citation: Citation, document: Document) -> bool:
    if citation.issuing_body is None or document.issuer is None or not document.seen("issuer"):
        return False
    stated, known = central_body(citation.issuing_body), central_body(document.issuer)
    return stated is not None and known is not None and stated != known


def central_body(words: str) -> str | None:
    """Which of the three bodies that sign TW these words name; None where they leave that open."""
    letters = skeleton(words)
    return next((body for name, body in _CENTRAL_BODIES.items() if letters.startswith(name)), None)


def _syllables(title: str) -> list[str]:
    return re.findall(r"\w+", title.lower())


def _telling(title: str) -> set[str]:
    return set(_syllables(_filler().sub(" ", title.lower())))


@cache
def _filler() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){one_of_words(rules()['words']['title_filler'])}(?!\w)")
