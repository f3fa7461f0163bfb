"""One or two sentences that carry the news, taken verbatim; pure.

::

    sentences of lead and text -> those that may stand alone -> the one that carries most -> and what follows it

A sentence that leans on what stood before it ("Tuy nhiên", "Ông", "Điều này") would say something its source does not,
so it is never the first. The one right behind the first may lean on it. What is taken back or denied by the sentence
beside it is shown with that one, or not at all. Which words tell is in data/summary.toml.
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

from digests.views import CUT_FROM, Excerpt
from feeds.boilerplate import is_caption, is_credit, is_furniture
from feeds.documents import find_citations
from feeds.text import each_sentence, fold, modern_tones, one_of_words

DATA = Path(__file__).parent / "data" / "summary.toml"
LIMIT = 320  # characters of two sentences together
MOST = 480  # ... where neither may stand without the other; a single one is cut to it where room is short
_READ = 4000  # characters of lead and of text
_LEAD, _TEXT = 1, 2
# How many sentences of each are looked at, and what each place is worth.
_PLACES = {_LEAD: (2.0, 1.0, 0.5, 0.0), _TEXT: (1.0, 0.5, 0.5, 0.0, 0.0, 0.0)}
_WORTH = {"document": 2.0, "who": 1.0, "acts": 1.0, "when": 1.0}
_TOO_LONG = 450  # characters: it may be cut where it is shown
_JOINT = 6  # characters: what is put between two sentences and behind them where something is left out
_DOTS = ("…", "...")
_FEWEST_WORDS = 5
_SAME = 0.6  # share of the words of one sentence in another that tells it again
_DATE = re.compile(r"(?<![\d.])\d{1,2}\s?[-/.]\s?\d{1,2}(?![\d%])|\b(?:ngày|tháng|năm) \d|\b(?:19|20)\d\d\b")
_MARKS = re.compile(r"[“”«»\"]")
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]|«[^»]*»")
_SLOGAN = 100  # characters: a quotation with a full stop in it that is a name, as of a campaign, and no speech
_SLOGAN_GOES_ON = re.compile(r"[.,;)…]|\s+[^\W\d_A-ZÀ-ÝĐ]")
_LIST_ITEM = re.compile(r"[-–—•▪*+>]|\(?[a-zđ0-9]{1,2}[).]\s|\d+(?:\.\d+)*\.\s|[IVX]+\.\s")
_ENDED = re.compile(r"[.!…][\"'”’»)\]]*$")
_ASKS = re.compile(r"\?[\"'”’»)\].…]*$")
_NAME_ENDS = ".,:;?!\"'“”‘’()"
_OPENING_MARKS = " \"'“‘«([”’»)]"
_FIRST_CLAUSE = re.compile(r"[^,;:]{1,80}")
_MOST_OPENINGS = 3
_MINISTRY = re.compile(r"(?<!\w)Bộ (\w)")


@dataclass(frozen=True, slots=True)
class _Rules:
    leaning: re.Pattern[str]
    openings: re.Pattern[str]
    contrasts: re.Pattern[str]
    denies: re.Pattern[str]
    stands: re.Pattern[str]
    persons: re.Pattern[str]
    offices: re.Pattern[str]
    points_back: re.Pattern[str]
    points_to_now: re.Pattern[str]
    points_inside: re.Pattern[str]
    relative: re.Pattern[str]
    says: re.Pattern[str]
    furniture: re.Pattern[str]
    credits: tuple[str, ...]
    who: re.Pattern[str]
    acts: re.Pattern[str]


@dataclass(frozen=True)
class _Sentence:
    """`line` is the whole line that it stands in. `is_open`: the feed left its end away, `is_cut`: so, or it ends in
    dots. `in_quote`: it begins or ends inside of a quotation.
    """

    excerpt: Excerpt
    order: int
    line: str
    is_last: bool
    is_open: bool
    is_cut: bool
    in_quote: bool
    plain: str  # lower case, new tones, without opening marks

    @cached_property
    def carries(self) -> Set[str]:
        """What of `_WORTH` it says."""
        rules, found = _rules(), set()
        ministries = _MINISTRY.findall(unicodedata.normalize("NFC", self.excerpt.text))
        if rules.who.search(self.plain) or any(map(str.isupper, ministries)):
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
def summarise(title: str, lead: str, text: str, *, dated: bool = True) -> tuple[Excerpt, ...]:
    """The sentence that the lead begins with, or else the one that carries most of who, what, which document and when;
    and perhaps one more.

    The second follows the first directly and both have at most `LIMIT` characters, `MOST` where they are bound to each
    other or the second carries more; where nothing follows in the lead it may be one of the text that adds a document
    or a date. A first sentence comes whole, however long: who shows it cuts it. `dated`: the date of the article is
    known and shown beside it, so that "sáng nay" is understood. Empty where there is nothing but the title, or nothing
    that stands alone.
    """
    sentences = [*_sentences(lead, _LEAD), *_sentences(text, _TEXT)]
    usable = [one for one in sentences if _is_usable(one, _bare(title), dated=dated)]
    alone = [one for one in usable if not _leans(one, title)]
    # The earliest of equals; the lead's own beginning, where it is whole, before all.
    for first in sorted(alone, key=lambda one: (_opens_lead(one), _score(one)), reverse=True):
        bound = _bound_to(first, sentences)
        if bound:
            pair = sorted((first, *bound), key=sentences.index)
            if len(pair) == 2 and pair[0] in alone and pair[1] in usable and _is_whole(pair, sentences, MOST - _JOINT):
                return (pair[0].excerpt, pair[1].excerpt)
            continue
        second = _second(first, usable, alone)
        if second and not second.is_open:
            room = MOST - _JOINT if _score(second) > _score(first) else LIMIT
            if _is_whole((first, second), sentences, room):
                return (first.excerpt, second.excerpt)
        return (first.excerpt,)
    return ()


def _opens_lead(sentence: _Sentence) -> bool:
    excerpt = sentence.excerpt
    return (excerpt.part, sentence.order) == (_LEAD, 0) and not sentence.is_cut and len(excerpt.text) <= _TOO_LONG


def _is_whole(pair: Sequence[_Sentence], sentences: Sequence[_Sentence], room: int) -> bool:
    """Whether two sentences fit, and nothing else is bound to them."""
    fits = sum(len(one.excerpt.text) for one in pair) + 1 <= room
    return fits and all(other in pair for one in pair for other in _bound_to(one, sentences))


def _bound_to(sentence: _Sentence, sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """What may not be left out where it is shown: what takes it back or denies it, and what it denies itself."""
    rules, place, bound = _rules(), sentences.index(sentence), []
    for beside in (place - 1, place + 1):
        if not 0 <= beside < len(sentences) or sentences[beside].excerpt.part != sentence.excerpt.part:
            continue
        other = sentences[beside]
        denied = rules.denies.search(other.plain) or (beside < place and rules.denies.search(sentence.plain))
        if denied or (beside > place and _takes_back(other)):
            bound.append(other)
    return bound


def _takes_back(sentence: _Sentence) -> bool:
    plain, rules = sentence.plain, _rules()
    says = rules.contrasts.match(plain) is not None and rules.stands.match(plain) is None
    return says and _ASKS.search(sentence.excerpt.text) is None


def _sentences(source: str, part: int) -> Iterator[_Sentence]:
    """The first sentences of a part; quotations are followed through their paragraph."""
    source = source[:_READ]
    # One more than may be shown: it may take back the last of them.
    spans = list(islice(_spans(source), len(_PLACES[part]) + 1))
    open_marks: set[str] = set()
    for order, (start, end) in enumerate(spans):
        if order and "\n" in source[spans[order - 1][1] : start]:
            open_marks.clear()
        is_last = end == len(source.rstrip())
        ends = _ENDED.search(source[start:end]) or _ASKS.search(source[start:end])
        is_open = part == _LEAD and is_last and len(source) >= CUT_FROM and not ends
        if is_open and (blank := source.rfind(" ", start, end)) > 0:  # "khóa X" may be all that is left of "khóa XVI"
            end = start + len(source[start:blank].rstrip(" ,;:"))
        text = source[start:end]
        is_cut = is_open or (part == _LEAD and is_last and text.endswith(_DOTS))
        began_inside = bool(open_marks)
        _follow(open_marks, text)
        plain = modern_tones(unicodedata.normalize("NFC", text)).lower().lstrip(_OPENING_MARKS).replace("\n", " ")
        line = source[source.rfind("\n", 0, start) + 1 :].partition("\n")[0]
        in_quote = began_inside or bool(open_marks)
        yield _Sentence(Excerpt(text, part, start, end), order, line, is_last, is_open, is_cut, in_quote, plain)


def _spans(source: str) -> Iterator[tuple[int, int]]:
    """The sentences; one is not cut at a full stop inside of a name in quotation marks."""
    begun: int | None = None
    for start, end in each_sentence(source):
        begun = start if begun is None else begun
        around = (
            one for one in _QUOTED.finditer(source, begun, end + _SLOGAN) if begun < one.start() < end < one.end()
        )
        name = next(around, None)
        goes_on = name and "\n" not in name[0] and _SLOGAN_GOES_ON.match(source, name.end())
        if name and goes_on and len(name[0]) <= _SLOGAN:
            continue
        yield begun, end
        begun = None


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
    if sentence.order >= len(_PLACES[sentence.excerpt.part]):
        return False
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


def _leans(sentence: _Sentence, title: str) -> bool:
    """Whether only what stands before it says whom or what it means; a name in the headline is said."""
    if len(sentence.plain.split()) < _FEWEST_WORDS and not sentence.carries:
        return True
    # "Theo ông, đây là": what leans may stand behind who said it, where and when.
    start = 0
    for _ in range(_MOST_OPENINGS):
        if _leans_from(start, sentence, title):
            return True
        opening = _rules().openings.match(sentence.plain, start)
        comma = sentence.plain.find(", ", start) if opening else -1
        if opening and _leans_from(opening.end() + 1, sentence, title):
            return True
        if comma < 0:
            return False
        start = comma + 2
    return False


def _leans_from(start: int, sentence: _Sentence, title: str) -> bool:
    plain, rules = sentence.plain, _rules()
    if rules.stands.match(plain, start):
        return False
    if rules.leaning.match(plain, start):
        return True
    if person := rules.persons.match(plain, start):
        names = _names(sentence, person.end())
        if not names or (len(names) == 1 and not _is_named(names[0], title)):
            return True
    office = rules.offices.match(plain, start)  # "Đại tướng, Bộ trưởng Bộ Công an" has its name behind the comma
    if office and not _names(sentence, office.end() + plain.startswith(",", office.end())):
        return True
    clause = _FIRST_CLAUSE.match(_QUOTED.sub(" ", plain[start:]))
    head = rules.points_to_now.sub(" ", clause[0]) if clause else ""
    if (inside := rules.points_inside.search(plain, start)) and _has_name(sentence, inside.start()):
        head = rules.points_inside.sub(" ", head)
    return rules.points_back.search(head) is not None


def _names(sentence: _Sentence, start: int) -> list[str]:
    """The words in a row that have capitals from `start` of the plain sentence on."""
    return list(takewhile(lambda word: word[0].isupper(), _spelt(sentence)[start:].split()))


def _has_name(sentence: _Sentence, end: int) -> bool:
    """Whether a word before `end` of the plain sentence has a capital, and not as the first."""
    return any(word[0].isupper() for word in _spelt(sentence)[:end].split()[1:])


def _spelt(sentence: _Sentence) -> str:
    """The plain sentence with its capitals."""
    return unicodedata.normalize("NFC", sentence.excerpt.text).lstrip(_OPENING_MARKS)


def _is_named(name: str, title: str) -> bool:
    """Whether the headline has the name, and not as the end of another: "Nam" is not in "Việt Nam"."""
    words = ["", *(word.strip(_NAME_ENDS) for word in unicodedata.normalize("NFC", title).split())]
    before = [before for before, word in pairwise(words) if word == name.strip(_NAME_ENDS)]
    return any(not one[:1].isupper() or _rules().persons.fullmatch(one.lower()) for one in before)


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
        openings=words(leaning["openings"]),
        contrasts=words(leaning["contrasts"]),
        denies=words(leaning["denies"]),
        stands=words(leaning["stands"]),
        persons=words(leaning["persons"]),
        offices=words(leaning["offices"]),
        points_back=words(leaning["points_back"]),
        points_to_now=words(leaning["points_to_now"]),
        points_inside=words(leaning["points_inside"]),
        relative=words(section("relative")["days"]),
        says=words(section("quoted")["says"]),
        furniture=words(section("furniture")["begins"]),
        credits=tuple(section("furniture")["credits"]),
        who=words(carries["who"]),
        acts=words(carries["acts"]),
    )
