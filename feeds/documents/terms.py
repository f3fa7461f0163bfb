"""Roman numerals, Party congress terms and National Assembly terms (CITATIONS.md, 9)."""

from datetime import date
from functools import cache

_NUMERALS = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))

# Opening of each congress; the next term starts the day after the congress closes, so that the days of the
# congress itself belong to the old term as much as to the new one.
_CONGRESSES = (
    ("II", date(1951, 2, 11), date(1951, 2, 19)),
    ("III", date(1960, 9, 5), date(1960, 9, 10)),
    ("IV", date(1976, 12, 14), date(1976, 12, 20)),
    ("V", date(1982, 3, 27), date(1982, 3, 31)),
    ("VI", date(1986, 12, 15), date(1986, 12, 18)),
    ("VII", date(1991, 6, 24), date(1991, 6, 27)),
    ("VIII", date(1996, 6, 28), date(1996, 7, 1)),
    ("IX", date(2001, 4, 19), date(2001, 4, 22)),
    ("X", date(2006, 4, 18), date(2006, 4, 25)),
    ("XI", date(2011, 1, 12), date(2011, 1, 19)),
    ("XII", date(2016, 1, 20), date(2016, 1, 28)),
    ("XIII", date(2021, 1, 25), date(2021, 2, 1)),
    ("XIV", date(2026, 1, 19), date(2026, 1, 23)),
)

# First full year of each National Assembly; the year of an election is split between two.
_ASSEMBLIES = ((9, 1993), (10, 1998), (11, 2003), (12, 2008), (13, 2012), (14, 2017), (15, 2022), (16, 2027))
_ELECTION_YEARS = frozenset({1992, 1997, 2002, 2007, 2011, 2016, 2021, 2026})


def roman(number: int) -> str:
    """`number`, 1 to 39, in Roman numerals."""
    text = ""
    for value, numeral in _NUMERALS:
        while number >= value:
            text += numeral
            number -= value
    return text


@cache
def _values() -> dict[str, int]:
    return {roman(value): value for value in range(1, 40)}


def from_roman(text: str) -> int | None:
    """The value of a well-formed Roman numeral up to XXXIX, in either case."""
    return _values().get(text.upper())


def as_term(text: str) -> str | None:
    """A stated term, Roman or Arabic, in Roman numerals: "10" is "X"."""
    number = int(text) if text.isdecimal() else from_roman(text)
    return roman(number) if number and number < 40 else None


def congress_term(day: date) -> str | None:
    """The congress term of a day; None before the second congress and during a congress."""
    term = None
    for name, opened, closed in _CONGRESSES:
        if opened <= day <= closed:
            return None
        if day > closed:
            term = name
    return term


def term_began(term: str) -> date | None:
    """The day the congress of `term` opened: no document of the term is older."""
    return next((opened for name, opened, _ in _CONGRESSES if name == term), None)


def assembly(year: int) -> int | None:
    """The National Assembly that sat all through `year`; None in an election year."""
    if year in _ELECTION_YEARS:
        return None
    return max((number for number, first in _ASSEMBLIES if first <= year <= first + 4), default=None)
