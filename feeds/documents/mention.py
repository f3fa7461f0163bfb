"""A mention while it is being read, and the typed mentions of a text: "Chỉ thị số 09-CT/TW", "Kết luận 86".

Offsets here are into the folded text; `find` leads them back to the text as given.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from feeds.documents.counting import counts_things
from feeds.documents.folding import FoldedText
from feeds.documents.kinds import Kind, kind_words, kinds, rules
from feeds.documents.number import DocumentNumber, pad
from feeds.documents.organs import base_organ, organ_words
from feeds.documents.symbol import NUMBER, TAIL, YEAR, read_symbol
from feeds.text import one_of, one_of_words

LAWS = ("L", "BL", "PL", "HP")  # kinds that a text names, not numbers: see `laws`

_SO = r"(?:số(?:\s+số)?|sô'|sổ|so)\s*:?\s*"
_TYPE_REACH = 120  # from a type word to its number: eight words and "số"
_NEAR = 40  # the same where no "số" stands between


@dataclass(slots=True)
class Mention:
    """One mention; the fields are filled by one step after the other."""

    start: int
    end: int
    form: str
    kind: Kind | None = None
    number: DocumentNumber | None = None  # None for drafts and back-references
    digits: str | None = None
    organ: str | None = None
    year: int | None = None
    term: str | None = None
    issued: date | None = None
    place: str | None = None
    title: str | None = None
    body: str | None = None  # who issued it, in the text's words
    body_end: int = 0
    subject: bool = False  # the issuer is the subject of the sentence and issues this
    attached: int = 0  # end of what belongs to it: date, issuer, term
    leader: "Mention | None" = None  # first member of the list it stands in
    antecedent: "Mention | None" = None
    stage: str = "mentioned"
    stage_years: int | None = None

    @property
    def local(self) -> bool:
        """Whether there is such an organ in every province, so that the number alone says little."""
        organ = base_organ(self.organ) if self.organ else None
        return organ is not None and organ.local

    @property
    def number_is_name(self) -> bool:
        """Whether the mention goes by a name, complete in itself, rather than by a number."""
        shapes = ("plenum", "congress", "scheme", "named", "constitution")
        return self.number is not None and self.number.shape in shapes


def typed_mentions(text: FoldedText) -> Iterator[Mention]:
    """Mentions that start with a type word, in text order; those of named laws are not among them.

    Digits first: they are rare, and the words are looked for only in front of those that "số" or a type word precedes.
    """
    done = 0
    for digit in _typed_digit().finditer(text.low):
        at = digit.start()
        reach = _TYPE_REACH if digit["bare"] is None else _NEAR
        mention = _typed_mention(text, max(done, at - reach), at)
        if mention:
            done = mention.end
            yield mention


def _typed_mention(text: FoldedText, start: int, at: int) -> Mention | None:
    """The mention whose type word stands in ``[start, at)`` and whose number begins at `at`."""
    words, behind = _patterns()
    for match in words.finditer(text.low, start, at):
        follows = behind.match(text.low, match.end())
        if follows is None or follows.end() != at or inside_word(text.low, match.start()):
            continue
        if not _is_filler(follows["between"]):
            continue
        kind = kind_words().get(" ".join(match[0].split()))
        mention = _read(text, match.start(), at, kind, follows["so"] is not None)
        if mention and not (mention.form == "spelled_out" and _numbers_a_thing(follows["between"])):
            return mention
    return None


def abbreviated_mentions(text: FoldedText) -> Iterator[Mention]:
    """Mentions that start with letters for a type word: "NQ 18", "NĐ 13/2023", "CT09/TW"."""
    for match in _abbreviations().finditer(text.plain):
        if inside_word(text.plain, match.start()) or text.plain[match.start() - 1 : match.start()] in ("/", "-"):
            continue
        kind, so = kind_words()[match["word"].lower()], match["so"] is not None
        mention = _read(text, match.start(), match.end(), kind, so)
        if mention and (so or match["word"] in kind.abbreviations or _is_certain(text, mention)):
            yield mention


def bare_symbols(text: FoldedText, others: Sequence[Mention] = ()) -> Iterator[Mention]:
    """Symbols without a type word; type and organ must both be known, or "số" must precede. Not inside `others`."""
    taken = {at for other in others for at in range(other.start, other.end)}
    for match in _bare().finditer(text.plain):
        if match.start() in taken:
            continue
        trusted = text.low[max(0, match.start() - 8) : match.start()].rstrip(" :").endswith("số")
        symbol = read_symbol(
            text.plain, match.start(), match.end("head"), match["number"], match["year"], None, trusted
        )
        if symbol and (symbol.kind or symbol.number.year):
            yield _with_symbol(match.start(), symbol.end, symbol.kind, symbol.number, symbol.official)


def _is_certain(text: FoldedText, mention: Mention) -> bool:
    """Whether more than a number stands behind letters that also name houses and roads: "CT 09" does not do."""
    issued = rf"\s+(?:của\s+)?{organ_words()[0]}"
    return (
        mention.form != "spelled_out"
        or mention.year is not None
        or bool(re.match(issued, text.low[mention.end : mention.end + 60]))
    )


def read_number(
    text: FoldedText, at: int, kind: Kind, so: bool, start: int | None = None, *, listed: bool = False
) -> Mention | None:
    """The number, year and symbol at `at`, as `kind` unless its symbol says otherwise; the span begins at `start`.

    `so`: whether "số" precedes, so that it is a document's number whatever follows; `listed`: whether it goes on a
    list, where no kind needs the word.
    """
    return _read(text, at if start is None else start, at, kind, so, listed)


def inside_word(text: str, start: int) -> bool:
    """Whether `start` is in the middle of a word; cheaper than a look-behind at the start of a pattern."""
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")


def _read(text: FoldedText, start: int, at: int, kind: Kind | None, so: bool, listed: bool = False) -> Mention | None:
    match = _number().match(text.plain, at)
    if match is None:
        return None
    symbol = read_symbol(text.plain, at, match.end(), match["number"], match["year"], kind, so or kind is not None)
    if symbol:
        told = symbol.kind or kind
        if told and kind and kind.type != told.type and kind.key == told.key:
            told = kind  # "Quy định 69-QĐ/TW"
        return _with_symbol(start, symbol.end, told, symbol.number, symbol.official)
    if kind is None:  # "văn bản số 12" is no citation
        return None
    return _spelled_out(text, start, match, kind, so, listed or kind.bare)


def _with_symbol(start: int, end: int, kind: Kind | None, number: DocumentNumber, official: bool) -> Mention:
    form = ("party_symbol" if number.shape == "party" else "state_symbol") if official else "typo_variant"
    return Mention(start, end, form, kind, number, number.number, number.organ, number.year)


def _spelled_out(
    text: FoldedText, start: int, match: re.Match[str], kind: Kind, so: bool, bare: bool
) -> Mention | None:
    digits, year, end = match["number"], match["year"], match.end()
    follows = text.plain[end : end + 2]
    if re.match(r"\w|[-/.,]\d|/\w|%", follows) or (not year and not so and not bare):
        return None
    if not year and not so and counts_things(text.low, end):
        return None
    if not so and not year and re.fullmatch(r"(?:19|20)\d\d", digits):  # "Nghị quyết 2021"
        return None
    number = pad(digits.replace(" ", ""))
    mention = Mention(start, end, "spelled_out", kind, None, number, kind.organ, int(year) if year else None)
    if kind.code == "NQ" and _foreign_body().search(text.low, max(0, start - 150), match.end() + 60):
        return None
    if kind.code == "ĐA":
        if _naval().search(text.low, max(0, start - 120), match.end() + 120):
            return None
        mention.number = DocumentNumber("scheme", number, "ĐA")
    return mention


def _is_filler(between: str | None) -> bool:
    """Whether the words between type and number may stand there: "bổ nhiệm", "của Bộ Chính trị"."""
    if not between:
        return True
    return not any(not inside_word(between, match.start()) for match in _stop().finditer(between))


def _numbers_a_thing(between: str | None) -> bool:
    return between is not None and between.endswith(tuple(f" {thing}" for thing in rules()["words"]["numbered_things"]))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = [word for kind in kinds().values() if kind.code not in LAWS for word in kind.words]
    carriers = rules()["words"]["carriers"]
    return _words_pattern([*words, *carriers]), re.compile(
        rf"""(?:
            (?P<between>(?:\s+[^\W\d_]+){{0,8}}?)\s+(?P<so>{_SO})  # Quyết định (bổ nhiệm) số 2167/QĐ-BVHTTDL
          | \s+                                                   # Nghị quyết 18
        )(?=\d)""",
        re.VERBOSE,
    )


@cache
def _typed_digit() -> re.Pattern[str]:
    """The first digit of what may be a typed mention's number: behind the last letters of a type word, or "số"."""
    known = [word for kind in kinds().values() if kind.code not in LAWS for word in kind.words]
    ends = sorted({word[-3:].replace(" ", r"\s") for word in [*known, *rules()["words"]["carriers"]]})
    return re.compile(
        rf"""[0-9](?:
            (?<=\s[0-9])(?:(?<=(?:số|ô'|sổ|so|.\s|.:)\s[0-9])|(?<=(?:{"|".join(ends)})\s[0-9])(?P<bare>))
          | (?<=[ốổo':][0-9])
        )""",
        re.VERBOSE,
    )


def _words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(one_of_words(words) + r"(?!\w)")


@cache
def _stop() -> re.Pattern[str]:
    return _words_pattern([*kind_words(), *rules()["words"]["never_between"]])


@cache
def _foreign_body() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(rules()['words']['foreign_bodies'])})(?!\w)")


@cache
def _naval() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(rules()['words']['naval'])})(?!\w)")


@cache
def _number() -> re.Pattern[str]:
    return re.compile(NUMBER.replace("BEHIND", "") + YEAR, re.VERBOSE)


@cache
def _abbreviations() -> re.Pattern[str]:
    letters = one_of(word for kind in kinds().values() for word in (*kind.abbreviations, *kind.doubtful))
    return re.compile(rf"(?P<word>{letters})(?P<so>\s+số)?[\s-]?(?=\d)")


@cache
def _bare() -> re.Pattern[str]:
    number = NUMBER.replace("BEHIND", r"(?<![\w.,/-][0-9])")
    # What every tail begins with: cheaper to look for than the tail.
    joined = r"(?=\s?(?:[-/]\s?[A-Za-zĐđƯư]|[A-Za-zĐđƯư][A-Za-zĐđƯư0-9&.]{0,14}\s?[-/]|(?:UBTV)?QH)|[A-Za-zĐđƯư])"
    return re.compile(rf"(?P<head>{number}{YEAR}){joined}{TAIL}", re.VERBOSE)
