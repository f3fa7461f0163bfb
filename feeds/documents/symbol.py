"""Reading a symbol as it is really written: swapped, spaced, glued, in ASCII or OCR (CITATIONS.md, 4 to 6)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from feeds.documents.kinds import Kind, kind_symbols
from feeds.documents.number import DocumentNumber, pad
from feeds.documents.organs import base_organ, organ_symbols, outside_codes

# A pattern that starts with one class, not with a look-behind or a choice, is searched for many times faster.
NUMBER = r"""(?P<number>[0-9]BEHIND(?:
    [0-9]\.[0-9]{1,3}(?=\s?/)                          # 66.16/2026/NQ-CP
  | [0-9]{0,4}+(?:[a-zđ](?!\w)|\s[a-zđ](?=/[0-9]{4}/))? # 09, 30a, "30 a/2008/NQ-CP"
))"""
YEAR = r"(?:\s?/\s?(?P<year>(?:19|20)\d\d)(?!\d))?"
GROUP = r"""(?>
    T\.\s?[ƯưWU]'?                               # T.Ư, T.W
  | (?:UBTV)?QH\s?\d{1,2}                        # QH14, "UBTVQH 14"
  | [A-Za-zĐđƯư][A-Za-zĐđƯư0-9]{0,14}(?:&[A-ZĐ]{1,6})?
)(?!\w)"""
_JOIN = r"\s?[-/]\s?"
TAIL = rf"(?P<tail>(?:{_JOIN}|\s)?{GROUP}(?:{_JOIN}{GROUP}){{0,7}})"

_TAIL = re.compile(TAIL, re.VERBOSE)
_PIECE = re.compile(rf"(?P<join>{_JOIN}|\s)?(?P<code>{GROUP})", re.VERBOSE)
_CAPITAL = re.compile(r"[A-ZĐƯ][A-ZĐƯ0-9&]+[a-z]?[A-Z]?")


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a symbol says, and where in the text it ends."""

    number: DocumentNumber
    kind: Kind | None  # None for the National Assembly's, which say only the body
    end: int
    official: bool  # written exactly as the rules have it


@dataclass(frozen=True, slots=True)
class _Group:
    code: str
    join: str
    end: int

    @property
    def tight(self) -> bool:
        return self.join == "-"

    @property
    def kind(self) -> Kind | None:
        found = kind_symbols().get(self.code.casefold())
        if found is None and self.code[-1].isdigit():  # OCR: "QD9" for QĐ
            found = kind_symbols().get(self.code.rstrip("0123456789").casefold())
        return found

    @property
    def organ(self) -> str | None:
        """The canonical code, where it is a known organ."""
        code = re.sub(r"\s", "", self.code)
        known = organ_symbols().get(code.casefold())
        if known:
            return known.code
        head = code.rstrip("0123456789")
        known = organ_symbols().get(head.casefold())
        return known.code + code[len(head) :] if known and known.numbered and head != code else None

    @property
    def named(self) -> str | None:
        """The canonical code of a known organ, or what looks like one."""
        return self.organ or (self.code if _CAPITAL.fullmatch(self.code) else None)


@dataclass(frozen=True, slots=True)
class _Tail:
    kind: Kind | None
    organ: str
    groups: tuple[_Group, ...]
    length: int  # of what belongs to the symbol


def read_symbol(
    text: str, start: int, number_end: int, digits: str, year: str | None, hint: Kind | None, trusted: bool
) -> Symbol | None:
    """The symbol whose number stands at ``[start, number_end)`` of `text`, year included.

    `hint` is the kind that the words before it name; only then, or where `trusted`, unknown organs are accepted.
    """
    match = _TAIL.match(text, number_end)
    if match is None:
        return None
    tail = _read_tail(match["tail"], hint, trusted, year is not None)
    if tail is None:
        return None
    number = _canonical(pad(digits.replace(" ", "")), tail.kind, tail.organ, year, hint, tail.groups)
    end = match.start() + tail.length
    official = pad_raw(text[start:end]) == str(number)
    return Symbol(number, tail.kind, end, official)


@lru_cache(4096)
def _read_tail(tail: str, hint: Kind | None, trusted: bool, dated: bool) -> "_Tail | None":
    """What stands behind number and year, "-CT/TW": few different ones make up a whole newspaper."""
    groups = tuple(_Group(piece["code"], (piece["join"] or "").strip(), piece.end()) for piece in _PIECE.finditer(tail))
    if groups[0].join == "" and tail[0].isspace() and len(groups) == 1 and not _closed(groups[0]):
        return None
    taken = _take(groups, hint, trusted, dated)
    if taken is None:
        return None
    kind, organ, count = taken
    if organ in outside_codes() or organ.split("-")[0] in outside_codes():
        return None
    return _Tail(kind, organ, groups, groups[count - 1].end)


def pad_raw(raw: str) -> str:
    """`raw` with its number padded as in a key."""
    digits = re.match(r"\d+", raw)
    return raw if digits is None else pad(digits[0]) + raw[digits.end() :]


def _closed(group: _Group) -> bool:
    organ = base_organ(group.organ or "")
    return organ is not None and organ.numbered


def _take(
    groups: Sequence[_Group], hint: Kind | None, trusted: bool, dated: bool
) -> tuple[Kind | None, str, int] | None:
    """(kind, organ, how many groups it takes), or None where these groups are no symbol."""
    first = groups[0]
    kind, organ = first.kind, first.organ
    sure = trusted or hint is not None
    if organ and base_organ(organ).numbered and first.code[-1].isdigit():  # type: ignore[union-attr]
        return hint, organ, 1
    if kind and len(groups) > 1:
        found = _organ_at(groups, 1, sure, kind)
        if found:
            return kind, *found
    if organ and len(groups) > 1 and (other := groups[1].kind):
        swapped = base_organ(organ).system == "party" or dated  # type: ignore[union-attr]
        if swapped or other is hint:  # 789-TU/TB, 122/2017/CP-NĐ
            return other, organ, 2
    if glued := _glued(first):  # 09-NQTW
        return *glued, 1
    if hint and organ:
        if hint.code == "CV" and len(groups) > 1 and groups[1].tight:  # 3546/UBND-VP
            code, count = _with_units(groups, 0, organ)
            return hint, code, count
        if first.join == "/" and hint.code != "CV":  # 09/CP
            return hint, organ, 1
    if hint and hint.code == "CV" and first.named and len(groups) > 1 and groups[1].tight:
        code, count = _with_units(groups, 0, first.named)
        return hint, code, count
    return None


def _organ_at(groups: Sequence[_Group], index: int, sure: bool, kind: Kind) -> tuple[str, int] | None:
    first = groups[index]
    organ = first.organ or (first.named if sure else None)
    if organ is None and (joined := _joined(groups, index)):
        return joined, index + 2
    if organ is None:
        return None
    if kind.joint:
        count = index + 1
        codes = [organ]
        while count < len(groups) and "-" in groups[count].join and (more := groups[count].named):
            codes.append(more)
            count += 1
        return "-".join(codes), count
    return _with_units(groups, index, organ)


def _with_units(groups: Sequence[_Group], index: int, organ: str) -> tuple[str, int]:
    """The organ at `index` with the units written behind it: UBND-TL, BGD-ĐT (one organ)."""
    if joined := _joined(groups, index):
        return joined, index + 2
    count = index + 1
    while count < len(groups) and groups[count].tight and (unit := groups[count].named):
        organ = f"{organ}-{unit}"
        count += 1
    return organ, count


def _joined(groups: Sequence[_Group], index: int) -> str | None:
    if index + 1 >= len(groups) or groups[index + 1].join != "-":
        return None
    known = organ_symbols().get(f"{groups[index].code}-{groups[index + 1].code}".casefold())
    return known.code if known else None


def _glued(group: _Group) -> tuple[Kind, str] | None:
    for size in (2, 3, 4):
        kind = kind_symbols().get(group.code[:size].casefold())
        organ = organ_symbols().get(group.code[size:].casefold())
        if kind and organ and organ.system == "party":
            return kind, organ.code
    return None


def _canonical(
    number: str, kind: Kind | None, organ: str, year: str | None, hint: Kind | None, groups: Sequence[_Group]
) -> DocumentNumber:
    known = base_organ(organ)
    stated = int(year) if year else None
    if known and known.numbered and (kind is None or kind is hint) and groups[0].organ == organ:
        return DocumentNumber("assembly", number, "", organ, stated)
    code = kind.key if kind else ""
    if kind and kind.code == "CV" and groups[0].kind is None:
        return DocumentNumber("letter", number, code, organ)
    if _is_party(known.system if known else None, kind, hint, groups):
        return DocumentNumber("party", number, code, organ)
    if stated or (kind and kind.normative and (hint is None or hint.normative)):
        return DocumentNumber("yearly", number, code, organ, stated)
    return DocumentNumber("plain", number, code, organ)


def _is_party(system: str | None, kind: Kind | None, hint: Kind | None, groups: Sequence[_Group]) -> bool:
    if system in ("party", "state"):
        return system == "party"
    if hint and kind and hint.key == kind.key and hint.system == "party":  # Thông tri, not Thông tư
        return True
    if kind and kind.normative:
        return False
    return groups[0].join == "-" and len(groups) > 1 and groups[1].join == "/"


def with_year(number: DocumentNumber, year: int | None) -> DocumentNumber:
    """`number` with the year that words beside it give, where its key has room for one."""
    if number.year is None and year and number.shape in ("yearly", "assembly", "named"):
        return replace(number, year=year)
    return number
