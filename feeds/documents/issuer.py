"""The number of every mention, once its issuer is known: stated, shared in a list, or told elsewhere in the text.

Order of evidence (CITATIONS.md, 7.1): behind the number, before it (both in `attach`), a fuller mention of the same
type and number anywhere in the text, the type itself. Never the catalogue; an unknown issuer stays "?".
"""

from collections.abc import Sequence
from dataclasses import replace

from feeds.documents.kinds import Kind
from feeds.documents.mention import Mention
from feeds.documents.number import DocumentNumber
from feeds.documents.organs import base_organ
from feeds.documents.symbol import with_year
from feeds.documents.terms import assembly

_MANY = 20  # different keys of one type and number in one text: more tell nothing


def complete_issuers(mentions: Sequence[Mention]) -> None:
    """Gives every numbered mention its `number`."""
    for mention in mentions:
        if mention.number is not None:
            mention.number = with_year(mention.number, _attached_year(mention))
            mention.year = mention.number.year
        elif mention.kind and mention.digits and mention.organ:
            mention.number = _number_of(mention, mention.kind, mention.digits)
    fuller = _fuller(mentions)
    for mention in mentions:
        _from_fuller(mention, fuller)
        if mention.number is None and mention.kind and mention.digits:
            mention.number = _number_of(mention, mention.kind, mention.digits)
        if mention.number:
            _agree(mention, mention.number)


def _number_of(mention: Mention, kind: Kind, digits: str) -> DocumentNumber:
    """The number of a mention that gives type and digits in words, with what is known of its issuer."""
    organ, year = mention.organ or "?", mention.year
    if year is None and kind.normative and mention.issued:
        year = mention.issued.year
    known = base_organ(organ)
    if known and known.numbered:
        sitting = assembly(year) if year else None
        return DocumentNumber("assembly", digits, "", f"{known.code}{sitting or '?'}", year)
    if known and known.code in ("TANDTC", "HĐTP") and kind.code == "NQ":  # its resolutions are the judges' council's
        return DocumentNumber("yearly", digits, kind.key, "HĐTP", year)
    if known and known.system == "party":
        return DocumentNumber("party", digits, kind.key, organ)
    if kind.normative or year:
        return DocumentNumber("yearly", digits, kind.key, organ, year)
    if known:
        return DocumentNumber("plain", digits, kind.key, organ)
    return DocumentNumber("party", digits, kind.key, "?")


def _attached_year(mention: Mention) -> int | None:
    return mention.year or (mention.issued.year if mention.issued else None)


def _fuller(mentions: Sequence[Mention]) -> dict[tuple[str, str], dict[str, Mention]]:
    """By type and number the first mention of every complete key."""
    found: dict[tuple[str, str], dict[str, Mention]] = {}
    for mention in mentions:
        if mention.number and mention.kind and mention.digits and not mention.number.partial:
            same = found.setdefault((mention.kind.key, mention.digits), {})
            if len(same) < _MANY:
                same.setdefault(str(mention.number), mention)
    return found


def _from_fuller(mention: Mention, fuller: dict[tuple[str, str], dict[str, Mention]]) -> None:
    if mention.kind is None or not mention.digits or (mention.number and not mention.number.partial):
        return
    others = fuller.get((mention.kind.key, mention.digits), {}).values()
    fitting = [other for other in others if other is not mention and _fits(mention, other)]
    if len(fitting) != 1:
        return
    source = fitting[0]
    mention.number, mention.organ, mention.place = source.number, source.organ, source.place
    if source.number and source.number.shape == "plenum":
        mention.term = source.term


def _fits(mention: Mention, other: Mention) -> bool:
    if other.number is None:
        return False
    if mention.number is None:
        return other.number.shape not in ("plenum", "congress", "scheme", "named")
    same = mention.number.shape == other.number.shape
    return same and (mention.number.organ in ("?", other.number.organ) or mention.number.organ.endswith("?"))


def _agree(mention: Mention, number: DocumentNumber) -> None:
    """The fields say what the number says."""
    if number.shape == "plenum" and mention.term and number.term is None:
        mention.number = replace(number, term=mention.term)
    if number.organ != "?" and number.shape not in ("named", "constitution"):
        mention.organ = number.organ
    elif number.organ == "?":
        mention.organ = None
