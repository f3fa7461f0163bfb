"""What a query asks for: numbers, and what else it says of each (CITATIONS.md, 11).

The query goes through the grammar of texts as it is; if that finds nothing, once more rewritten: letters and words
without accents become the words of the grammar, in the order type, number, year, issuer, place, term.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from feeds.documents.dates import NOT_OF_ISSUE, any_date
from feeds.documents.evidence import central_body
from feeds.documents.find import Citation, find_citations
from feeds.documents.kinds import type_name
from feeds.documents.number import DocumentNumber, parse
from feeds.documents.organs import base_organ, central_cities, is_centre, organ_pattern, organ_words, skeleton
from feeds.documents.rewrite import rewrite
from feeds.documents.symbol import with_year
from feeds.documents.terms import as_term, congress_term
from feeds.places import province_named
from feeds.text import clean

_LIMIT = 200
_DASHED_YEAR = re.compile(r"(?<!\d)(\d{1,4}[a-zđ]?)\s?[-_]\s?((?:19|20)\d\d)\s?[-_/]\s?(?=[A-Za-zĐđ])")
_LEADING_NUMBER = re.compile(r"\d{1,4}\s*(?:,|và|va|&)\s*\d")
# Words that tell what follows them, as a keyboard without accents has them.
_BARE_WORDS = (
    (re.compile(r"\bkho?a(?=\s*(?:\d{1,2}|[xvi]+)\b)", re.IGNORECASE), "khóa"),
    (re.compile(r"\bngay(?=\s*\d)", re.IGNORECASE), "ngày"),
    (re.compile(r"\bthang(?=\s*\d)", re.IGNORECASE), "tháng"),
    (re.compile(r"(?<=\d )nam(?=\s*(?:19|20)\d\d\b)", re.IGNORECASE), "năm"),
    (re.compile(r"\bcua(?=\s)", re.IGNORECASE), "của"),
    (re.compile(r"\bbo chinh tri\b", re.IGNORECASE), "Bộ Chính trị"),
    (re.compile(r"\bban bi thu\b", re.IGNORECASE), "Ban Bí thư"),
    (re.compile(r"\bban chap hanh trung uong\b", re.IGNORECASE), "Ban Chấp hành Trung ương"),
)
_WORD = re.compile(r"[^\W\d_]+")
_CITY = re.compile(r"\b(?:thành ủy|thành phố|thanh uy|thanh pho|tp)\b", re.IGNORECASE)
_TERM = re.compile(r"\bkhóa\s*(\d{1,3}|[xvi]+)\b|^[\s,(]*((?-i:[XVI]+))(?![\w/.])", re.IGNORECASE)
_NEXT_TERM = re.compile(r"\s*(?:,|;|&|\+|v[àa]\b|ho[ặa]c\b|hay\b)\s*(?:(\d{1,2})|([xvi]+))(?![\w/.-])", re.IGNORECASE)
# What may stand between a number and who issued it: "13/2023/NĐ-CP ngày 17/4/2023 của".
_UP_TO_ISSUER = re.compile(r"[\s,()\d/.-]*(?:(?:ngày|tháng|năm)[\s,()\d/.-]*)*(?:của|do)\s*")
_OFTEN_MIXED_UP = ({"CP", "TTg", "VPCP"}, {"QH", "UBTVQH"})  # "14/CT-TTg của Chính phủ" contradicts nothing
_YEAR = re.compile(r"(?:(?<![\w/.-])|(?<=tháng \d[/-])|(?<=tháng \d\d[/-]))(?:19|20)\d\d(?![\w/.-])")


@dataclass(frozen=True, slots=True)
class Wish:
    """One document that is asked for; `date` is ISO, whole or only its year, even of a day that no calendar has."""

    number: DocumentNumber
    term: str | None = None
    date: str | None = None
    issuer: str | None = None
    """Who issued it, in the words of the query: of a document of the centre, else only one that cannot have."""

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def is_told_apart(self) -> bool:
        """Whether more is said than the number."""
        return bool(self.term or self.date or self.issuer)

    @property
    def is_possible(self) -> bool:
        """Whether there can be such a term, such a day, and such an issuer of that number."""
        if self.term and as_term(self.term) != self.term:
            return False
        if self.date and len(self.date) == 10 and not _is_day(self.date):
            return False
        return self.issuer is None or (self.number.organ == "TW" and is_centre(self.issuer))

    @property
    def terms(self) -> frozenset[str]:
        """The congress terms that it can be of; empty where the query does not say."""
        if self.term:
            return frozenset({self.term})
        if self.date is None or self.number.organ != "TW" or not self.is_possible:
            return frozenset()
        days = (self.date,) if len(self.date) == 10 else (f"{self.date}-01-01", f"{self.date}-12-31")
        return frozenset(term for day in days if (term := congress_term(date.fromisoformat(day))))

    @property
    def id(self) -> str | None:
        """The identity that the query states; None where it leaves that open, or states what cannot be."""
        if self.number.partial or not self.is_possible:
            return None
        if self.number.organ == "TW":
            return f"{self.key}#{min(self.terms)}" if len(self.terms) == 1 else None
        return f"{self.key}#{self.date[:4]}" if self.date else None


def read_wishes(query: str) -> tuple[Wish, ...]:
    """What `query` asks for, in its order; both committees' numbers where "TU" leaves open which."""
    text = tidy(query)
    found = list(_read(text))
    if found and _LEADING_NUMBER.match(text):  # "18 và 19-NQ/TW"
        found = list(_read(f"{type_name(found[0].number.type)} {text}"))
    if not found or any(wish.number.partial for wish in found):
        rewritten = list(_read(rewrite(text)))
        complete = rewritten and not any(wish.number.partial for wish in rewritten)
        found = rewritten if complete or not found else found
    if found and _is_bare(query):
        found = [meant for wish in found for meant in _both_committees(wish)]
    return tuple(dict.fromkeys(found))


def tidy(query: str) -> str:
    """The query on one line, cut, without controls."""
    text = unicodedata.normalize("NFC", clean(query[:_LIMIT]).replace("\n", " "))
    for word, accented in _BARE_WORDS:
        text = word.sub(accented, text)
    return _DASHED_YEAR.sub(r"\1/\2/", text)


def is_one_question(query: str, wishes: Sequence[Wish]) -> bool:
    """Whether they differ only in the committee that "TU" without an accent may stand for."""
    if not _is_bare(query) or {wish.number.organ for wish in wishes} != {"TU", "TW"}:
        return False
    return len({replace(wish.number, organ="TW") for wish in wishes}) == 1


def _is_bare(query: str) -> bool:
    return clean(query[:_LIMIT]).isascii()


def _read(text: str) -> Iterator[Wish]:
    citations = [citation for citation in find_citations(text) if citation.key]
    for index, citation in enumerate(citations):
        end = citations[index + 1].start if index + 1 < len(citations) else len(text)
        yield from _told(citation, text[citation.end : end], "" if index else text[: citation.start])


def _told(citation: Citation, behind: str, before: str) -> Iterator[Wish]:
    """What a citation and the words behind and before it ask for: of several terms the document of each."""
    number = parse(citation.key or "")
    if number is None:
        return
    beside = f"{behind} {before}"
    if number.place is None and _is_local(number):
        number = replace(number, place=_place(beside))
    years = _years(beside)
    day = citation.date.isoformat() if citation.date else _day(beside)
    if number.shape in ("yearly", "assembly", "named"):
        number = with_year(number, int(years[0]) if years else None)
        yield Wish(number, citation.term, day, _issuer(citation, number, behind, before))
        return
    terms = [citation.term]
    if number.shape == "party" and number.organ in ("TW", "?") and number.place is None:
        stated = list(_terms(behind)) or list(_terms(before))
        terms = list(dict.fromkeys(term for term in (citation.term, *stated) if term)) or terms
        if terms[0] and number.organ == "?":  # "khóa 10" without a place is the congress term: the centre is meant
            number = replace(number, organ="TW")
    if number.shape in ("party", "plain") and day is None and years:
        day = years[0]
    for term in terms:
        yield Wish(number, term, day, _issuer(citation, number, behind, before))


def _is_local(number: DocumentNumber) -> bool:
    organ = base_organ(number.organ)
    return organ is not None and organ.local


def _place(words: str) -> str | None:
    """The province that `words` name, in capitals or not, or the city in it."""
    names = _WORD.findall(words)
    for size in range(4, 0, -1):
        for start in range(len(names) - size + 1):
            if place := province_named(" ".join(names[start : start + size])):
                is_city = _CITY.search(words) and place not in central_cities()
                return f"TP {place}" if is_city else place
    return None


def _terms(words: str) -> Iterator[str]:
    """The terms that `words` state ("khóa X, XII"), in Roman numerals; one that cannot be is as it is written."""
    for first in _TERM.finditer(words):
        match: re.Match[str] | None = first
        while match:
            term = match[1] or match[2]
            yield as_term(term) or term.upper()
            match = _NEXT_TERM.match(words, match.end())
            if match and match[1] and not (first[1] or "").isdecimal():  # "khóa X, 44": no term
                break


def _years(words: str) -> list[str]:
    """The years that may be of issue: not the one that a plan runs to."""
    low = words.lower()
    found = _YEAR.finditer(low)
    return [match[0] for match in found if not NOT_OF_ISSUE.search(low[: match.start()].removesuffix("năm "))]


def _day(words: str) -> str | None:
    """The day of issue that `words` name, also one that no calendar has: 2016-02-31."""
    low = words.lower()
    for match in any_date().finditer(low):
        if not NOT_OF_ISSUE.search(low[: match.start()]):
            year, month, day = (match[name] or match[f"{name}2"] for name in "ymd")
            return f"{year}-{month:0>2}-{day:0>2}"
    return None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _issuer(citation: Citation, number: DocumentNumber, behind: str, before: str) -> str | None:
    if number.shape == "party" and number.organ == "TW":
        return _central_issuer(citation, f"{behind} {before}")
    return None if number.shape == "named" else _wrong_issuer(number.organ, behind)


def _wrong_issuer(organ: str, behind: str) -> str | None:
    """Another than the number's own organ that the words right behind it name: "13/2023/NĐ-CP của Bộ Chính trị"."""
    low = behind.lower()
    match = organ_pattern().search(low)
    own = {known.code for part in re.split("[-&]", organ) if (known := base_organ(part))}
    if match is None or not own or not _UP_TO_ISSUER.fullmatch(low, 0, match.start()):
        return None
    code = organ_words()[1][skeleton(match[0])]
    named = base_organ(code)
    alike = {code, named.code if named else code}.union(*(mixed for mixed in _OFTEN_MIXED_UP if code in mixed))
    return None if alike & own else behind[match.start() : match.end()]


def _central_issuer(citation: Citation, words: str) -> str | None:
    if citation.issuing_body and central_body(citation.issuing_body):
        return citation.issuing_body
    low = words.lower()
    for match in organ_pattern().finditer(low):
        of_another = low[: match.start()].rstrip().endswith(("của", "do")) and not is_centre(match[0])
        if of_another or central_body(match[0]):
            return words[match.start() : match.end()]
    return None


def _both_committees(wish: Wish) -> list[Wish]:
    """Without any accent "TU" may stand for TƯ; a place says it does not."""
    number = wish.number
    if number.shape != "party" or number.organ != "TU" or number.place:
        return [wish]
    return [wish, replace(wish, number=replace(number, organ="TW"))]
