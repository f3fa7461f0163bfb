"""Laws, codes, ordinances and the constitution, by name or number (CITATIONS.md, 7.4)."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import kinds, rules
from feeds.documents.law_names import law_names
from feeds.documents.mention import Mention, inside_word, read_number
from feeds.documents.number import DocumentNumber
from feeds.documents.organs import skeleton

_HEAD = re.compile(r"(?P<word>bộ\s+luật|luật|pháp\s+lệnh)\s+")
# Where heads are looked for: patterns that begin with letters of their own are searched for many times faster.
_HEAD_ENDS = (re.compile(r"luật\s+"), re.compile(r"pháp\s+lệnh\s+"))
_CODE_BEFORE = re.compile(r"bộ\s+$")
# "pháp luật", "kỷ luật", a school, a firm: no statute.
_NOT_AFTER = re.compile(
    r"(?:pháp|kỷ|đạo|định|quy|trường|học|khoa|công\s+ty|hãng|phòng|viện|ngành|cử\s+nhân|tiến\s+sĩ|thạc\s+sĩ)\s+$"
)
_AMENDING = re.compile(
    r"sửa\s+đổi(?:\s*,?\s*bổ\s+sung)?\s+(?:một\s+số\s+điều|các\s+điều|điều\s[\d, và]{1,20}|\d{1,2}\s+luật|các\s+luật)"
    r"(?:\s+(?:của|có\s+liên\s+quan\s+đến))?\s+"
)
_NEXT_LAW = re.compile(r"(?:\s*,\s*|\s+và\s+)(?:(?:bộ\s+)?luật|pháp\s+lệnh)\s+|(?:\s*,\s*|\s+và\s+)")
_BILL = re.compile(r"\s*\(\s*sửa\s+đổi(?:\s*,\s*bổ\s+sung)?\s*\)")
_YEAR = re.compile(r"\s+(?:năm\s+)?(?P<a>(?:19|20)\d\d)(?![\w/-])|\s*\(\s*(?:năm\s+)?(?P<b>(?:19|20)\d\d)\s*\)")
_NUMBERED = re.compile(r"\s*,?\s*\(?\s*(?:luật\s+)?số\s*:?\s*(?=\d)")
_SO = re.compile(r"số\s*:?\s*(?=\d)|(?=\d{1,3}/(?:19|20)\d\d/)")
_CONSTITUTION = re.compile(r"hiến(?<!\w\w{4})\s+pháp(?:\s+năm)?\s+(?P<year>(?:19|20)\d\d)(?!\w)")
_CODES = re.compile(r"BL(?<!\wBL)(?:HS|TTHS|DS|TTDS|LĐ|HH)(?!\w)")
_MEMBER_END = re.compile(r"\s*(?:[.,;:()]|$|và\s)")
_CAPITAL_NAME = re.compile(r"[A-ZĐÀ-Ỹ][a-zà-ỹđ]+(?:\s+[a-zà-ỹđ]+){1,8}")
_CLEAR_END = re.compile(r"\s*(?:[.,;:()“”\"!?\d]|$|\n)")
_UNIFIED = 1976  # news about Vietnam hardly cites an older statute; about other countries it does
_TYPES = {"luật": "L", "bộ luật": "BL", "pháp lệnh": "PL"}
LAW_WORDS = tuple(_TYPES)
_NOT_NAMES = re.compile(r"\s*(?:học|sư|gia)\b")


def laws(text: FoldedText) -> Iterator[Mention]:
    """Every statute cited by name or by "Luật số"; one mention for "Luật sửa đổi ... của Luật A"."""
    done = 0
    for match in _heads(text.low):
        if (
            match.start() < done
            or inside_word(text.low, match.start())
            or _NOT_AFTER.search(text.low, max(0, match.start() - 12), match.start())
        ):
            continue
        mention = _law_at(text, match)
        if mention is None:
            continue
        done = mention.end
        yield mention
        for other in _others(text, mention):
            done = other.end
            yield other


def _heads(low: str) -> Iterator[re.Match[str]]:
    """Every "luật", "bộ luật" and "pháp lệnh", in text order."""
    starts = sorted(match.start() for ends in _HEAD_ENDS for match in ends.finditer(low))
    for start in starts:
        code = _CODE_BEFORE.search(low, max(0, start - 6), start)
        match = _HEAD.match(low, code.start() if code else start)
        if match:
            yield match


def constitutions(text: FoldedText) -> Iterator[Mention]:
    """ "Hiến pháp năm 2013"; without a year it is no citation."""
    for match in _CONSTITUTION.finditer(text.low):
        year = int(match["year"])
        named = DocumentNumber("constitution", "", "HP", "QH", year)
        yield Mention(match.start(), match.end(), "named_law", kinds()["HP"], named, None, "QH", year)


def codes(text: FoldedText) -> Iterator[Mention]:
    """Codes by their letters: "BLHS 2015"."""
    for match in _CODES.finditer(text.plain):
        name = rules()["law"]["codes"][match[0]]
        yield _named(text, match.start(), match.end(), "BL", name)


def _law_at(text: FoldedText, head: re.Match[str]) -> Mention | None:
    code = _TYPES[" ".join(head["word"].split())]
    at = head.end()
    if so := _SO.match(text.low, at):
        return read_number(text, so.end(), kinds()[code], True, head.start())
    if amending := _AMENDING.match(text.low, at):
        end = _amended_end(text.low, amending.end())
        if end:
            name = " ".join(text.plain[at:end].split())
            return _named(text, head.start(), end, code, name[0].upper() + name[1:])
    registered = _name_at(text, at)
    found = registered or _unregistered_at(text, head.start(), at)
    if found is None:
        return None
    end, name = found
    capital = text.plain[head.start()].isupper() or text.plain[at].isupper()
    if not capital and name in rules()["law"]["capital_only"]:
        return None
    if _foreign().match(text.low, end) or (not capital and _told_of_abroad(text.low)):
        return None
    law = _named(text, head.start(), end, code, name)
    doubtful = registered is None or (law.year is not None and law.year < _UNIFIED)
    return None if doubtful and _abroad().search(text.low, max(0, law.start - 150), law.end + 150) else law


def _named(text: FoldedText, start: int, end: int, code: str, name: str) -> Mention:
    bill = _BILL.match(text.low, end)
    if bill:
        end = bill.end()
    year = None
    if match := _YEAR.match(text.low, end):
        year, end = int(match["a"] or match["b"]), match.end()
    kind = kinds()[code]
    if match := _NUMBERED.match(text.low, end):
        numbered = read_number(text, match.end(), kind, True, start)
        if numbered and numbered.number and numbered.number.shape in ("assembly", "yearly"):
            return numbered
    organ = "UBTVQH" if code == "PL" else "QH"
    number = DocumentNumber("named", name, code, "QH", year)
    return Mention(start, end, "named_law", kind, number, None, organ, year)


def _name_at(text: FoldedText, at: int) -> tuple[int, str] | None:
    """End and registered name of the law whose name starts at `at`."""
    first = re.compile(r"[^\W\d_]+(?:&\w+)?").match(text.low, at)
    pattern = law_names().patterns.get(first[0]) if first else None
    match = pattern.match(text.low, at) if pattern else None
    if match is None or (match.end() - at < 5 and _NOT_NAMES.match(text.low, match.end())):
        return None
    written = " ".join(match[0].split())
    return match.end(), law_names().exact.get(written) or law_names().registered[skeleton(written)]


def _unregistered_at(text: FoldedText, start: int, at: int) -> tuple[int, str] | None:
    """A name that no list has, where capitals and a clear end mark it: "Luật Phát triển đô thị có hiệu lực"."""
    match = _CAPITAL_NAME.match(text.plain, at)
    if match is None or not (text.plain[start].isupper() and text.plain[at].isupper()):
        return None
    words: list[re.Match[str]] = []
    for word in re.finditer(r"[^\W\d_]+", text.plain[at : match.end()]):
        if word[0] in rules()["law"]["name_ends"]:
            break
        words.append(word)
    else:
        if not _CLEAR_END.match(text.plain, match.end()):
            return None
    while words and words[-1][0] == "và":
        words.pop()
    if len(words) < 2:
        return None
    end = at + words[-1].end()
    return end, " ".join(text.plain[at:end].split())


def _amended_end(low: str, at: int) -> int | None:
    """Where the list of amended laws that starts at `at` ends."""
    end = None
    position = at
    if head := _HEAD.match(low, at):
        position = head.end()
    plain = FoldedText(low, low, None, None)
    while found := _name_at(plain, position):
        end = found[0]
        if match := _YEAR.match(low, end):
            end = match.end()
        following = _NEXT_LAW.match(low, end)
        if following is None:
            break
        position = following.end()
    return end


def _others(text: FoldedText, first: Mention) -> Iterator[Mention]:
    """Later members of "luật đầu tư, đất đai, xây dựng": names alone, all in lower case or all capital."""
    number = first.number
    if number is None or number.shape != "named" or number.year:
        return
    position = first.end
    while following := re.compile(r"\s*,\s*|\s+và\s+").match(text.low, position):
        found = _name_at(text, following.end())
        if found is None or text.plain[following.end()].isupper() != _capital_name(text, first):
            return
        end, name = found
        if name in rules()["law"]["capital_only"]:
            return
        if not _MEMBER_END.match(text.low, end):
            return
        other = _named(text, following.end(), end, number.type, name)
        other.form = "elided_list"
        other.leader = first
        yield other
        position = other.end


def _capital_name(text: FoldedText, law: Mention) -> bool:
    head = _HEAD.match(text.low, law.start)
    return head is not None and text.plain[head.end()].isupper()


@lru_cache(1)  # asked once for every law of a text
def _told_of_abroad(low: str) -> bool:
    """Whether the text names other countries and never Vietnam: "dự luật dẫn độ" of Hong Kong."""
    if any(name in low for name in rules()["law"]["home"]):
        return False
    return any(name in low for name in rules()["law"]["countries"])


@cache
def _abroad() -> re.Pattern[str]:
    names = "|".join(map(re.escape, rules()["law"]["foreign"]))
    return re.compile(rf"(?<!\w)(?:{names})(?!\w)")


@cache
def _foreign() -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(rules()["law"]["foreign"], key=len, reverse=True)))
    return re.compile(rf"(?:\s+(?:năm\s+)?\d{{4}})?\s+(?:của\s+)?(?:nước\s+)?(?:{names})(?!\w)")
