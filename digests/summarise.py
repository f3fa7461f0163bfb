"""One or two sentences that carry the news, taken verbatim; pure.

::

    sentences of lead and text -> those that may stand alone -> the one that carries most -> and what follows it

A sentence that leans on what stood before it ("Tuy nhiên", "Ông", "Điều này") would say something its source does not,
so it is never the first. The one right behind the first may lean on it, and what takes back part of a sentence stands
beside it. Which words tell is in data/summary.toml.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any

from digests.views import Excerpt
from feeds.boilerplate import is_caption, is_credit, is_furniture
from feeds.documents import find_citations
from feeds.text import each_sentence, fold, modern_tones, one_of_words

DATA = Path(__file__).parent / "data" / "summary.toml"
LIMIT = 320  # characters of two sentences together
_READ = 4000  # characters of lead and of text
_LEAD, _TEXT = 1, 2
# How many sentences of each are looked at, and what each place is worth.
_PLACES = {_LEAD: (2.0, 1.0, 0.5, 0.0), _TEXT: (1.0, 0.5, 0.5, 0.0, 0.0, 0.0)}
_WORTH = {"document": 2.0, "who": 1.0, "acts": 1.0, "when": 1.0}
_TOO_LONG = 450  # characters: it is cut where it is shown
CUT_FROM = 140  # characters: a lead that is longer and ends without a stop was cut by its feed
_DOTS = ("…", "...")
_FEWEST_WORDS = 5
_SAME = 0.6  # share of the words of one sentence in another that tells it again
_DATE = re.compile(r"(?<![\d.])\d{1,2}\s?[-/.]\s?\d{1,2}(?![\d%])|\b(?:ngày|tháng|năm) \d|\b(?:19|20)\d\d\b")
_MARKS = re.compile(r"[“”«»\"]")
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]|«[^»]*»")
_LIST_ITEM = re.compile(r"[-–—•▪*+>]|\(?[a-zđ0-9]{1,2}[).]\s|\d+(?:\.\d+)*\.\s|[IVX]+\.\s")
_ENDED = re.compile(r"[.!…][\"'”’»)\]]*$")
_ASKS = re.compile(r"\?[\"'”’»)\].…]*$")
_OPENING_MARKS = " \"'“‘«(["
_FIRST_CLAUSE = re.compile(r"[^,;:]{1,80}")


@dataclass(frozen=True, slots=True)
class _Rules:
    leaning: re.Pattern[str]
    contrasts: re.Pattern[str]
    stands: re.Pattern[str]
    persons: re.Pattern[str]
    offices: re.Pattern[str]
    points_back: re.Pattern[str]
    points_to_now: re.Pattern[str]
    relative: re.Pattern[str]
    says: re.Pattern[str]
    furniture: re.Pattern[str]
    credits: tuple[str, ...]
    who: re.Pattern[str]
    acts: re.Pattern[str]


@dataclass(frozen=True)
class _Sentence:
    """`line` is the whole line that it stands in. `is_cut`: the feed left its end away. `in_quote`: it begins or ends
    inside of a quotation.
    """

    excerpt: Excerpt
    order: int
    line: str
    is_last: bool
    is_cut: bool
    in_quote: bool
    plain: str  # lower case, new tones, without opening marks

    @cached_property
    def carries(self) -> Set[str]:
        """What of `_WORTH` it says."""
        rules, found = _rules(), set()
        if rules.who.search(self.plain):
            found.add("who")
        if rules.acts.search(self.plain):
            found.add("acts")
        if _DATE.search(self.plain):
            found.add("when")
        if any(citation.key for citation in find_citations(self.excerpt.text)):
            found.add("document")
        return found


# The same stories go to thousands of readers.
@lru_cache(maxsize=500)
def summarise(title: str, lead: str, text: str, *, dated: bool = True, limit: int = LIMIT) -> tuple[Excerpt, ...]:
    """The sentence that carries most of who, what, which document and when, and perhaps one more.

    The second follows the first directly and both have at most `limit` characters; where nothing follows in the lead it
    may be one of the text that adds a document or a date. A first sentence comes whole, however long: who shows it cuts
    it. `dated`: the date of the article is known and shown beside it, so that "sáng nay" is understood. Empty where
    there is nothing but the title, or nothing that stands alone.
    """
    sentences = [*_sentences(lead, _LEAD), *_sentences(text, _TEXT)]
    usable = [one for one in sentences if _is_usable(one, _bare(title), dated=dated)]
    alone = [one for one in usable if not _leans(one)]
    if not alone:
        return ()
    first = max(alone, key=_score)  # the earliest of equals
    second = _second(first, usable, alone)
    if second is None or _is_taken_back(second, sentences):
        return (first.excerpt,)
    fits = len(first.excerpt.text) + 1 + len(second.excerpt.text) <= limit
    return (first.excerpt, second.excerpt) if fits or _is_taken_back(first, sentences) else (first.excerpt,)


def _sentences(source: str, part: int) -> Iterator[_Sentence]:
    """The first sentences of a part; quotations are followed through their paragraph."""
    source = source[:_READ]
    spans = list(islice(each_sentence(source), len(_PLACES[part])))
    open_marks: set[str] = set()
    for order, (start, end) in enumerate(spans):
        if order and "\n" in source[spans[order - 1][1] : start]:
            open_marks.clear()
        is_last = end == len(source.rstrip())
        is_open = part == _LEAD and is_last and len(source) >= CUT_FROM and not _ENDED.search(source[start:end])
        if is_open and (blank := source.rfind(" ", start, end)) > 0:  # "khóa X" may be all that is left of "khóa XVI"
            end = start + len(source[start:blank].rstrip(" ,;:"))
        text = source[start:end]
        is_cut = is_open or (part == _LEAD and is_last and text.endswith(_DOTS))
        began_inside = bool(open_marks)
        _follow(open_marks, text)
        plain = modern_tones(unicodedata.normalize("NFC", text)).lower().lstrip(_OPENING_MARKS).replace("\n", " ")
        line = source[source.rfind("\n", 0, start) + 1 :].partition("\n")[0]
        in_quote = began_inside or bool(open_marks)
        yield _Sentence(Excerpt(text, part, start, end), order, line, is_last, is_cut, in_quote, plain)


def _follow(open_marks: set[str], text: str) -> None:
    """Opens and closes quotations as `text` does."""
    for mark in _MARKS.findall(text):
        if mark in "”»" or (mark == '"' and open_marks):  # papers mix them: "Đi tìm đồng đội”
            open_marks.clear()
        else:
            open_marks.add(mark)


def _is_usable(sentence: _Sentence, title: str, *, dated: bool) -> bool:
    """Whether it is a whole statement of the article, behind another or alone."""
    text, plain, rules = sentence.excerpt.text, sentence.plain, _rules()
    if sentence.in_quote or _LIST_ITEM.match(text) or _ASKS.search(text) or text.endswith((":", ";", ",")):
        return False
    # Without a full stop it is a heading or a caption, but for a lead: feeds cut the last one.
    if not _ENDED.search(text) and (is_credit(text) or sentence.excerpt.part != _LEAD or not sentence.is_last):
        return False
    if rules.furniture.match(plain) or any(credit in plain for credit in rules.credits):
        return False
    if is_furniture(text) or is_caption(sentence.line) or _bare(text) in ("", title):
        return False
    if not dated and rules.relative.search(plain) and not _DATE.search(plain):
        return False
    outside = _QUOTED.sub(" ", text)
    return text[0] not in '“«"' or outside == text or _has_speaker(outside)


def _has_speaker(outside: str) -> bool:
    """Whether what stands outside of the quotation marks says who said it: a verb, and a name or organ of two words."""
    named = any(one[0].isupper() and two[0].isupper() for one, two in pairwise(outside.split()))
    return named and _rules().says.search(outside.lower()) is not None


def _leans(sentence: _Sentence) -> bool:
    """Whether only what stands before it says whom or what it means."""
    plain, rules = sentence.plain, _rules()
    if len(plain.split()) < _FEWEST_WORDS and not sentence.carries:
        return True
    if rules.stands.match(plain):
        return False
    if rules.leaning.match(plain):
        return True
    if (title := rules.persons.match(plain)) and _capitals(sentence, title.end()) < 2:
        return True
    if (title := rules.offices.match(plain)) and not _capitals(sentence, title.end()):
        return True
    clause = _FIRST_CLAUSE.match(plain)
    head = rules.points_to_now.sub(" ", clause[0]) if clause else ""
    return rules.points_back.search(head) is not None


def _capitals(sentence: _Sentence, start: int) -> int:
    """How many words in a row have capitals from `start` of the plain sentence on."""
    words = unicodedata.normalize("NFC", sentence.excerpt.text).lstrip(_OPENING_MARKS)[start:].split()
    return sum(1 for _ in takewhile(lambda word: word[0].isupper(), words))


def _score(sentence: _Sentence) -> float:
    excerpt = sentence.excerpt
    score = _PLACES[excerpt.part][sentence.order] + sum(_WORTH[what] for what in sentence.carries)
    if len(excerpt.text) > _TOO_LONG:
        score -= 1.5
    if sentence.is_cut:
        score -= 3.0  # what it says in the end is not there
    return score


def _second(first: _Sentence, usable: Sequence[_Sentence], alone: Sequence[_Sentence]) -> _Sentence | None:
    """What follows the first; behind the lead, what of the text adds the document or the day to it."""
    part, order = first.excerpt.part, first.order
    for one in usable:
        if one.excerpt.part == part and one.order == order + 1:
            return None if _tells_again(one, first) else one
    if part != _LEAD or not first.is_last:
        return None
    lacks = {"document", "when"} - first.carries
    adding = [one for one in alone if one.excerpt.part == _TEXT and lacks & one.carries]
    return next((one for one in adding if not _tells_again(one, first)), None)


def _is_taken_back(sentence: _Sentence, sentences: Sequence[_Sentence]) -> bool:
    """Whether the sentence behind it says "Tuy nhiên"."""
    behind = sentences.index(sentence) + 1
    if behind >= len(sentences) or sentences[behind].excerpt.part != sentence.excerpt.part:
        return False
    plain, rules = sentences[behind].plain, _rules()
    return rules.contrasts.match(plain) is not None and rules.stands.match(plain) is None


def _tells_again(one: _Sentence, other: _Sentence) -> bool:
    words, others = set(one.plain.split()), set(other.plain.split())
    return len(words & others) > _SAME * min(len(words), len(others))


def _bare(sentence: str) -> str:
    return fold(sentence).strip(" .")


@cache
def _rules() -> _Rules:
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))

    def words(phrases: Iterable[str]) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w){one_of_words(phrases)}(?:(?<=\W)|(?!\w))")

    def section(name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = data[name]
        return found

    leaning, carries = section("leaning"), section("carries")
    return _Rules(
        leaning=words(leaning["begins"]),
        contrasts=words(leaning["contrasts"]),
        stands=words(leaning["stands"]),
        persons=words(leaning["persons"]),
        offices=words(leaning["offices"]),
        points_back=words(leaning["points_back"]),
        points_to_now=words(leaning["points_to_now"]),
        relative=words(section("relative")["days"]),
        says=words(section("quoted")["says"]),
        furniture=words(section("furniture")["begins"]),
        credits=tuple(section("furniture")["credits"]),
        who=words(carries["who"]),
        acts=words(carries["acts"]),
    )
