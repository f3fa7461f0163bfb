"""The number of every mention, once its issuer is known: stated, shared in a list, or told elsewhere in the text.

Order of evidence (CITATIONS.md, 7.1): behind the number, before it (both in `attach`), a fuller mention of the same
type and number anywhere in the text, the type itself. Never the catalogue; an unknown issuer stays "?".
"""

from collections.abc import Sequence
from dataclasses import replace

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import Kind
from feeds.documents.mention import Mention
from feeds.documents.number import DocumentNumber
from feeds.documents.organs import base_organ
from feeds.documents.symbol import with_year
from feeds.documents.terms import assembly


def complete_issuers(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Gives every numbered mention its `number`."""
    for mention in mentions:
        if mention.number is not None:
            mention.number = with_year(mention.number, _attached_year(text, mention))
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


def _attached_year(text: FoldedText, mention: Mention) -> int | None:
    return mention.year or (mention.issued.year if mention.issued else None)


def _fuller(mentions: Sequence[Mention]) -> dict[tuple[str, str], list[Mention]]:
    """Mentions that tell their issuer, by type and number."""
    found: dict[tuple[str, str], list[Mention]] = {}
    for mention in mentions:
        if mention.number and mention.kind and mention.digits:
            found.setdefault((mention.kind.key, mention.digits), []).append(mention)
    return found


def _from_fuller(mention: Mention, fuller: dict[tuple[str, str], list[Mention]]) -> None:
    if mention.kind is None or not mention.digits:
        return
    others = [
        other
        for other in fuller.get((mention.kind.key, mention.digits), [])
        if other is not mention and other.number and "?" not in _open_parts(other.number)
    ]
    numbers = {str(other.number) for other in others if _fits(mention, other)}
    if len(numbers) != 1:
        return
    source = next(other for other in others if str(other.number) in numbers)
    if mention.number is None or "?" in _open_parts(mention.number):
        mention.number = source.number
        mention.organ = source.organ
        mention.place = source.place
        if source.number and source.number.shape == "plenum":
            mention.term = source.term


def _fits(mention: Mention, other: Mention) -> bool:
    if other.number is None:
        return False
    if mention.number is None:
        return other.number.shape not in ("plenum", "congress", "scheme", "named")
    same = mention.number.shape == other.number.shape
    return same and (mention.number.organ in ("?", other.number.organ) or mention.number.organ.endswith("?"))


def _open_parts(number: DocumentNumber) -> str:
    """ "?" where part of the key is unknown."""
    return str(number.without_place())


def _agree(mention: Mention, number: DocumentNumber) -> None:
    """The fields say what the number says."""
    if number.shape == "plenum" and mention.term and number.term is None:
        mention.number = replace(number, term=mention.term)
    if number.organ != "?" and number.shape not in ("named", "constitution"):
        mention.organ = number.organ
    elif number.organ == "?":
        mention.organ = None
