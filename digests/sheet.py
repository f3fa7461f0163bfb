"""What a digest says, in words and in order, the same for each of its forms. Pure.

A form (Telegram's messages, text, page, Markdown, Word, Atom) only lays these words out, and bounds and escapes them as
it must.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from digests.naming import checked, followed_name, is_unverified, meant_name
from digests.templates import is_linkable, macros
from digests.views import ArticleView, CorrectionView, Coverage, DigestView, DocumentChip, Reason, Section, StoryView
from feeds.classify import topics
from feeds.documents import document_name, load_catalogue
from feeds.places import place_label
from feeds.text import fold, shorten, visible

_TITLE = 120  # characters of the title of a document
_CHOICES = 300  # characters
_LAWS = ("L", "BL", "PL", "HP")


@dataclass(frozen=True, slots=True)
class Report:
    """`note` says of a headline that it is ours, `time` whether it is only when we saw it; `url` is one to link to."""

    title: str
    note: str
    url: str | None
    outlet: str
    time: str

    @property
    def source(self) -> str:
        return f"{self.outlet}, {self.time}"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document that a story cites, what it is about, what is done with it, and what is not certain of it.

    `is_law`: it is known by its title rather than by its number.
    """

    name: str
    title: str
    role: str
    doubt: str
    is_law: bool

    def __str__(self) -> str:
        title, role = (f" {self.title}" if self.title else ""), (f": {self.role}" if self.role else "")
        return f"{self.name}{title}{role}" + (f" ({self.doubt})" if self.doubt else "")


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of a report, the report, and in brackets what is said behind it."""

    said: str
    report: Report
    behind: str

    def __str__(self) -> str:
        return f"{self.said} {self.report.title} ({self.behind})"


@dataclass(frozen=True, slots=True)
class Item:
    """One story; `number` counts through all sections. `continues` is what its reader was told of it before.

    `because` names what its reader follows and it meets, `quote` is the sentence by which it does, `quoted` the outlet
    of that where it is another report's.
    """

    number: int
    story: StoryView
    head: Report
    summary: str
    documents: tuple[DocumentLine, ...]
    others: tuple[Report, ...]
    continues: Line | None
    because: str = ""
    quote: str = ""
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its heading and its items."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class CorrectionLines:
    """What was told of a story and is not so: of which, and each line, or line of a report, a statement of its own."""

    story_id: int
    told: Line
    lines: tuple[str, ...]
    reports: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A digest in words; what is empty is not said."""

    language: str
    title: str
    name: str
    scope: str
    empty: str
    parts: tuple[Part, ...]
    held_back: str
    coverage: str
    next_digest: str
    corrections: tuple[CorrectionLines, ...]
    words: tuple[str, ...]
    """What its reader asked for, to be marked."""


def lay_out(view: DigestView) -> Sheet:
    """The words of a digest, in its language and its reader's time."""
    words, zone = macros("words.html", view.language), ZoneInfo(view.timezone)
    start, end = view.window_start.astimezone(zone), view.window_end.astimezone(zone)
    count = len(view.stories)
    title = words.instant_title(_met_by(view.stories)) if view.is_instant else words.digest_title(end)
    return Sheet(
        language=view.language,
        title=str(title),
        name=view.name,
        scope="" if view.is_instant else str(words.digest_scope(count, start, end, bool(count and view.choices))),
        empty="" if count else _empty(view),
        parts=tuple(_parts(view)),
        held_back=str(words.held_back(len(view.held_back))) if view.held_back else "",
        coverage="" if view.is_instant else _coverage(view.coverage, view.language),
        next_digest=str(words.next_digest(view.next_due_at.astimezone(zone))) if view.next_due_at else "",
        corrections=tuple(_correction(one, view) for one in view.corrections),
        words=view.words,
    )


def flat(text: str) -> str:
    """`text` on one line, without what nobody sees."""
    return " ".join(visible(text).split())


def _parts(view: DigestView) -> Iterator[Part]:
    number = 0
    for section in view.sections:
        items = tuple(_item(story, number + index, view) for index, story in enumerate(section.stories, start=1))
        number += len(items)
        yield Part(_heading(section, view), items)


def _heading(section: Section, view: DigestView) -> str:
    """Nothing over the followed documents of an instant digest: its title says it."""
    match section.kind:
        case "topic":
            return next((topic.names[view.language] for topic in topics() if topic.code == section.key), section.key)
        case "document":
            return document_name(section.key, view.language)
        case "place":
            return place_label(section.key, view.language)
        case "followed" if view.is_instant:
            return ""
        case "followed":
            return str(macros("words.html", view.language).followed(_met_by(section.stories)))
        case _:
            return str(macros("words.html", view.language).section(section.kind))


def _met_by(stories: Iterable[StoryView]) -> str:
    """What all these stories are followed for: documents, or one thing or another."""
    kinds = {reason.kind for story in stories for reason in story.reasons}
    return "documents" if kinds <= {"document"} else "all"


def _item(story: StoryView, number: int, view: DigestView) -> Item:
    words, continues = macros("words.html", view.language), None
    if story.continues and story.continues_at:
        told_at = story.continues_at.astimezone(ZoneInfo(view.timezone))
        continues = Line(str(words.continues()), _report(story.continues, view), str(words.told_on(told_at)))
    return Item(
        number=number,
        story=story,
        head=_report(story.head, view),
        summary=story.summary_text if view.has_summaries else "",
        documents=tuple(_document(chip, view.language) for chip in story.documents),
        others=tuple(_report(other, view) for other in story.others),
        continues=continues,
        because=_because(story.reasons, view.language),
        quote=flat(story.quote),
        quoted=_report(story.quoted, view).outlet if story.quoted and story.quoted != story.head else "",
    )


def _because(reasons: Sequence[Reason], language: str) -> str:
    """All that is followed and met, once, in one line; a number that was waited for first."""
    words = macros("words.html", language)
    seen = [followed_name(one.kind, one.value, language) for one in reasons if one.kind == "number"]
    names = [f"{words.search() if one.kind == 'words' else ''} {followed_name(one.kind, one.value, language)}".strip()
             for one in reasons if one.kind != "number"]  # fmt: skip
    said = [f"{words.number_seen()} {', '.join(seen)}"] if seen else []
    said += [f"{words.because()} {', '.join(names)}"] if names else []
    return ". ".join(said)


def _report(article: ArticleView, view: DigestView) -> Report:
    words = macros("words.html", view.language)
    outlet = " ".join(article.outlet.split()) or str(words.no_outlet()).capitalize()
    seen = "" if article.date_known else f" ({words.first_seen()})"
    return Report(
        title=" ".join(article.title.split()),
        note=str(words.our_title()) if article.title_is_ours else "",
        url=article.url if is_linkable(article.url) else None,
        outlet=outlet,
        time=f"{_moment(article.dated_at, view.timezone, view.language)}{seen}",
    )


@lru_cache(maxsize=2000)
def _moment(at: datetime, timezone: str, language: str) -> str:
    return str(macros("words.html", language).moment(at.astimezone(ZoneInfo(timezone))))


# The same documents are in the digests of thousands of readers.
@lru_cache(maxsize=2000)
def _document(chip: DocumentChip, language: str) -> DocumentLine:
    words = macros("words.html", language)
    role = "" if chip.stage == "mentioned" else str(words.stage(chip.stage, chip.stage_years, chip.is_held))
    doubt = "" if chip.status == "resolved" else str(words.doubt(chip.status))
    if is_unverified(chip):
        doubt = str(macros("card_words.html", language).unverified())
    name, document = meant_name(chip, language), load_catalogue().get(chip.document_id)
    title = ""
    # Of what is not certain only the number is said; "Luật An ninh mạng 2018" says its title itself.
    if document and document.title and chip.status == "resolved" and fold(document.title) not in fold(name):
        mark = "" if checked(document, "title") else f" ({macros('card_words.html', language).unverified()})"
        title = f"“{shorten(document.title, _TITLE)}”{mark}"
    return DocumentLine(name, title, role, doubt, document is not None and document.type in _LAWS)


def _empty(view: DigestView) -> str:
    """Why nothing is told: the reader's own choices, reading that goes on, or no news."""
    words = macros("words.html", view.language)
    if view.filtered:
        choices = dict(view.choices)
        names = {topic.code: topic.names[view.language] for topic in topics()}
        choices |= {"topics": tuple(names.get(code, code) for code in choices["topics"])} if "topics" in choices else {}
        if "places" in choices:
            choices["places"] = tuple(place_label(name, view.language) for name in choices["places"])
        chosen = "; ".join(f"{words.chosen(kind)}: {', '.join(values)}" for kind, values in choices.items())
        return f"{words.nothing_chosen()} ({shorten(flat(chosen), _CHOICES)}); {words.filtered(view.filtered)}."
    return str(words.nothing_yet(view.coverage.reading) if view.coverage.reading else words.nothing_new())


def _coverage(coverage: Coverage, language: str) -> str:
    words, said = macros("words.html", language), []
    if coverage.read:
        counted = str(words.coverage(coverage.read, coverage.outlets, coverage.kept))
        said.append(f"{counted}, {words.reading(coverage.reading)}" if coverage.reading else counted)
    if coverage.failed:
        said.append(f"{words.failed(len(coverage.failed))}: {', '.join(coverage.failed)}")
    return f"{'; '.join(said)}." if said else ""


def _correction(correction: CorrectionView, view: DigestView) -> CorrectionLines:
    words = macros("words.html", view.language)
    lines = [f"{words.title_was()} “{correction.title_was}”"] if correction.title_was else []
    lines += [f"{words.not_citing()} {name}" for name in correction.removed]
    lines += [f"{words.citing()} {name}" for name in correction.added]
    lines += [f"{words.in_doubt()} {name}" for name in correction.doubtful]
    lines += [
        f"{one.document}: {words.stage(*one.now, one.is_held)} ({words.was_told()} {words.stage(*one.was)})"
        for one in correction.stages
    ]
    told_at = correction.told_at.astimezone(ZoneInfo(view.timezone))

    def line(said: object, article: ArticleView) -> Line:
        report = _report(article, view)
        return Line(str(said), report, report.source)

    return CorrectionLines(
        story_id=correction.story_id,
        told=line(words.correction_of(words.day(told_at)), correction.head),
        lines=tuple(lines),
        reports=(
            *(line(words.not_of_it(), article) for article in correction.not_of_it),
            *(line(words.withdrawn(), article) for article in correction.withdrawn),
            *(line(f"{words.title_was()} “{was}”", article) for was, article in correction.retitled),
        ),
    )
