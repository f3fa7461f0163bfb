"""What was handed over, for a reader to see: the documents in it, in its order, each by its most telling mention; pure.

Asked --asked_documents--> AskedDocument ... --render_asked--> Telegram HTML
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digests.chips import telling
from digests.held import is_held
from digests.messages import MESSAGE_LIMIT, telegram_length
from digests.templates import render
from digests.views import document_opened
from feeds.ask import Asked
from feeds.documents import Citation, Document, Reading, load_catalogue
from feeds.text import sentence_at

MAX_CARDS = 8
MAX_NAMED = 20  # further documents, by their names alone
_MAX_CANDIDATES = 4
_AROUND = 2000  # characters before and behind a citation in which its sentence begins and ends
_LEAST_JUDGED = 60  # characters: what is shorter may be about anything
# (quotation, title) in characters: many long names leave less room.
_SIZES = ((220, 200), (120, 120), (0, 80), (0, 0))


@dataclass(frozen=True, slots=True)
class AskedDocument:
    """A document as one text cites it: what the text says, and how that is read (`feeds.documents.Reading`).

    `document` is the catalogue's where that is certain, `candidates` are those that may be meant where it is not. What
    the text itself says is `title`, `issuer`, `issued_on`. `around` is where the sentence stands that cites it, at
    `place`, as `cited`. `published` is the text's (`feeds.ask.Asked`).
    `is_stated`: the text says the term or year that tells the document from others of its number.
    """

    key: str
    document_id: str | None
    status: str
    is_stated: bool
    stage: str
    stage_years: int | None
    title: str | None
    issuer: str | None
    issued_on: date | None
    document: Document | None
    candidates: tuple[Document, ...]
    around: str
    place: tuple[int, int]
    cited: str
    published: date | None

    @property
    def is_held(self) -> bool:
        """Whether what the stage says was done, not only asked for or planned (digests.held)."""
        return is_held(self.stage, sentence_at(self.around, *self.place), self.cited, self.published)

    @property
    def opens(self) -> str:
        """The id whose card tells more."""
        return document_opened(self)

    def quote(self, limit: int) -> str:
        """The sentence that cites it, at most `limit` characters of it around the citation."""
        sentence = " ".join(sentence_at(self.around, *self.place).split())
        if len(sentence) <= limit:
            return sentence
        start = max(0, sentence.find(self.cited) - max(0, limit - len(self.cited)) // 2)
        start = min(start, len(sentence) - limit)
        words = sentence[start : start + limit]
        if start:
            words = "…" + words.partition(" ")[2]
        return words if start + limit >= len(sentence) else words.rpartition(" ")[0] + "…"


def asked_documents(asked: Asked) -> Sequence[AskedDocument]:
    """Each document once, in the order of the text; a number that is certain to mean one document has no entry for
    mentions of it that are open, unless one contradicts."""
    analysis = asked.analysis
    lead = len(asked.title)
    best: dict[str, tuple[tuple[int, bool, bool], Citation, Reading]] = {}
    stated: set[str] = set()
    for citation, reading in zip(analysis.citations, analysis.readings, strict=True):
        if not citation.key or reading is None:
            continue
        name = reading.id or f"{citation.key}#?"
        rank = telling(reading.status, citation.stage, citation.start < lead)
        if name not in best or rank < best[name][0]:
            best[name] = rank, citation, reading  # keeps its place
        if reading.id and _states(reading.id, citation):
            stated.add(name)
    certain = {citation.key for _, citation, reading in best.values() if reading.status == "resolved"}
    return [
        _asked(asked, citation, reading, is_stated=name in stated)
        for name, (_, citation, reading) in best.items()
        if reading.status == "resolved" or citation.key not in certain or reading.rule == "contradiction"
    ]


def render_asked(asked: Asked, documents: Sequence[AskedDocument], language: str, *, link: str = "") -> str:
    """The answer as one message: the verdict and why, the documents. `link`: it was read there, and is in no feed."""
    shown = list(enumerate(documents[:MAX_CARDS], start=1))
    html = ""
    for quote, title in _SIZES:
        html = render(
            "asked.html",
            language,
            asked=asked,
            verdict=asked.analysis.verdict,
            is_judged=len(asked.analysis.text) >= _LEAST_JUDGED,
            link=link,
            shown=shown,
            count=len(documents),
            others=documents[MAX_CARDS : MAX_CARDS + MAX_NAMED],
            quote_limit=quote,
            title_limit=title,
        )
        if telegram_length(html) <= MESSAGE_LIMIT:
            break
    return html


def _states(document_id: str, citation: Citation) -> bool:
    """Whether the text says the term or year that ends `document_id`."""
    told = document_id.rpartition("#")[2]
    if not told.isdecimal():
        return told == (citation.term or citation.term_derived)
    return int(told) == (citation.year or (citation.date.year if citation.date else None))


def _asked(asked: Asked, citation: Citation, reading: Reading, *, is_stated: bool) -> AskedDocument:
    catalogue, text = load_catalogue(), asked.analysis.text
    first = max(0, citation.start - _AROUND)
    found = [document for i in reading.candidates[:_MAX_CANDIDATES] if (document := catalogue.get(i))]
    return AskedDocument(
        key=citation.key or "",
        document_id=reading.id,
        status=reading.status,
        is_stated=is_stated,
        stage=citation.stage,
        stage_years=citation.stage_years,
        title=citation.title,
        issuer=citation.issuing_body,
        issued_on=citation.date,
        document=catalogue.get(reading.id) if reading.status == "resolved" and reading.id else None,
        candidates=tuple(found),
        around=text[first : citation.end + _AROUND],
        place=(citation.start - first, citation.end - first),
        cited=" ".join(citation.raw.split()),
        published=asked.published,
    )
