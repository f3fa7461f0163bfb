"""Views to messages and files, through Jinja2. Pure: values in, text out.

A message is Telegram HTML of at most `MESSAGE_LIMIT` UTF-16 units after its entities are parsed. Long output is cut
*between* blocks (a story is a block), never inside one; every block is bounded by the bounds of its fields.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from digests.dossier import PER_PAGE, CitingArticle, Dossier
from digests.views import DigestView, DocumentChip, meant
from feeds.classify import topics
from feeds.documents import Document, document_name, load_catalogue, type_name, wish_name
from feeds.health import health_of, reason_of
from feeds.sources import without_query
from feeds.text import shorten

TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGES = ("vi", "en")
MESSAGE_LIMIT = 4096
_PART_MARK = 40  # room for "Phần 2/3"
_MAX_BUTTONS = 6
_MAX_ENTITIES = 99  # Telegram keeps a hundred and drops the others without a word; one is for "Phần 2/3"
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")
# Also what opens a list, a rule or a heading at the start of a line.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&!]|^[-+=]")
_ITEM_NUMBER = re.compile(r"^\d+(?=[.)](?:\s|$))")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,900}")

Button = tuple[str, str]
"""A label and what it does: an https address to open, or callback data of at most 64 bytes."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: Telegram HTML and rows of buttons."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()


def render(name: str, language: str, **values: Any) -> str:
    """The template `name` of a language, or the one all languages share; values are escaped as its ending asks."""
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    return _environment().select_template([f"{language}/{name}", name]).render(language=language, **values).strip()


def render_digest(view: DigestView) -> list[Message]:
    """The digest as messages, in order; buttons for its documents are on the last.

    Each has the button to say what is wrong with its items.
    """
    blocks = [_digest_block("header", view)]
    number = 0
    for section in view.sections:
        for index, story in enumerate(section.stories):
            number += 1
            title = section.key if index == 0 else None
            blocks.append(_digest_block("story", view, story=story, number=number, topic=title))
    blocks.append(_digest_block("footer", view))
    parts = pack(blocks)
    report = ((report_button(view.language),),) if view.stories else ()
    messages = [Message(html, report) for html in _numbered(parts, view.language)]
    messages[-1] = Message(messages[-1].html, (*_document_buttons(view), *report))
    return messages


def report_button(language: str) -> Button:
    """Asks which item of the message is wrong, and what."""
    return (render("report_button.html", language), "report")


def render_dossier(
    dossier: Dossier,
    language: str,
    timezone: str,
    page: int = 0,
    *,
    reading_since: datetime | None = None,
    head: bool = True,
) -> tuple[str, int]:
    """(one page of a document's card as Telegram HTML, number of pages); a page past the end is the last.

    The dossier must hold the articles of that page. Without `head` only the page's articles.
    """
    pages = max(1, -(-dossier.total // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    document = dossier.document
    kind_name = type_name(document.type, language) if document else ""
    top = render(
        "card.html",
        language,
        block="head",
        dossier=dossier,
        document=document,
        kind_name=kind_name,
        as_of=load_catalogue().as_of,
        reading_since=reading_since,
        timezone=timezone,
    )
    numbered = enumerate(dossier.articles, dossier.first)
    shown = [(index, citing) for index, citing in numbered if index // PER_PAGE == page]
    for quote_limit in (300, 150, 0):  # long names and titles leave less room for quotations
        values = {"block": "article", "dossier": dossier, "timezone": timezone, "quote_limit": quote_limit}
        blocks = [render("card.html", language, number=i + 1, citing=citing, **values) for i, citing in shown]
        html = "\n\n".join([top, *blocks] if head else blocks)
        if telegram_length(html) <= MESSAGE_LIMIT:
            break
    return html, pages


def render_file(view: DigestView, extension: str) -> str:
    """The digest as one text: "txt" or "md"."""
    return render(f"digest.{extension}", view.language, view=view)


def digest_json(view: DigestView) -> Mapping[str, Any]:
    """The digest as JSON-ready values; instants in the reader's zone."""

    def moment(value: datetime | None) -> str | None:
        return value.astimezone(ZoneInfo(view.timezone)).isoformat() if value else None

    def article(item: Any) -> Mapping[str, Any]:
        return {
            "title": item.title,
            "title_is_ours": item.title_is_ours,
            "url": item.url,
            "outlet": item.outlet,
            "published": moment(item.dated_at) if item.date_known else None,
            "first_seen": None if item.date_known else moment(item.dated_at),
        }

    return {
        "from": moment(view.window_start),
        "to": moment(view.window_end),
        "sections": [
            {
                "topic": section.key,
                "stories": [
                    {
                        **article(story.head),
                        "summary": story.summary_text,
                        "others": [article(other) for other in story.others],
                        "documents": [
                            {"id": chip.document_id, "key": chip.key, "status": chip.status, "stage": chip.stage}
                            for chip in story.documents
                        ],
                    }
                    for story in section.stories
                ],
            }
            for section in view.sections
        ],
        "coverage": {
            "read": view.coverage.read,
            "outlets": view.coverage.outlets,
            "kept": view.coverage.kept,
            "failed": list(view.coverage.failed),
        },
        "held_back": len(view.held_back),
    }


def pack(blocks: Iterable[str], limit: int = MESSAGE_LIMIT - _PART_MARK) -> list[str]:
    """Blocks joined by blank lines into as few parts as their order allows; ValueError for a block over `limit`.

    Empty blocks are left out. No part has more entities than Telegram honours.
    """
    parts: list[str] = []
    for block in filter(None, blocks):
        if telegram_length(block) > limit:
            raise ValueError(f"a block of {telegram_length(block)} units fits no message")
        joined = f"{parts[-1]}\n\n{block}" if parts else block
        if parts and telegram_length(joined) <= limit and len(_OPENING_TAG.findall(joined)) <= _MAX_ENTITIES:
            parts[-1] = joined
        else:
            parts.append(block)
    return parts


def plain_text(html: str) -> str:
    """A text of ours without its markup, addresses after their links: for terminals."""
    return unescape(_TAG.sub("", _LINK.sub(r"\2 (\1)", html)))


def telegram_length(html: str) -> int:
    """UTF-16 units that Telegram counts of a text of ours: after tags and entities are parsed."""
    return len(unescape(_TAG.sub("", html)).encode("utf-16-le")) // 2


def _digest_block(name: str, view: DigestView, **values: Any) -> str:
    return render("digest.html", view.language, block=name, view=view, **values)


def _numbered(parts: Sequence[str], language: str) -> list[str]:
    if len(parts) == 1:
        return list(parts)
    return [
        f"{part}\n\n{render('part.html', language, number=number, count=len(parts))}"
        for number, part in enumerate(parts, start=1)
    ]


def _document_buttons(view: DigestView) -> tuple[tuple[Button, ...], ...]:
    """A button opens what its label says: no label stands for two documents."""
    labels: dict[str, str] = {}
    for story in view.stories:
        for chip in story.documents:
            label = _meant(chip, view.language) + ("?" if _is_unverified(chip) else "")
            labels.setdefault(label, f"doc:{chip.token}")
    buttons = list(labels.items())[:_MAX_BUTTONS]
    return tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {topic.code: topic.names for topic in topics()}
    environment.filters |= {
        "shorten": _shorten,
        "linkable": _linkable,
        "markdown": _markdown,
        "local": lambda moment, zone: moment.astimezone(ZoneInfo(zone)),
        "iso_date": _iso_date,
        "document_name": document_name,
        "wish_name": wish_name,
        "catalogued": load_catalogue().get,
        "checked": checked,
        "checked_name": _checked_name,
        "meant": _meant,
        "is_unverified": _is_unverified,
        "without_query": without_query,
        "health": health_of,
        "reason_of": reason_of,
        "topic_name": lambda code, language: names[code][language],
    }
    return environment


def _shorten(text: str, limit: int) -> str:
    """`shorten` to `limit` UTF-16 units, as Telegram counts: an emoji is two."""
    while (units := len(text.encode("utf-16-le", "surrogatepass")) // 2) > limit:
        text = shorten(text, max(1, min(len(text) - 1, limit, len(text) * limit // units)))
    return text


def _markdown(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown would read as its own."""
    return _ITEM_NUMBER.sub(r"\g<0>\\", _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split())))


def _linkable(url: str | None) -> bool:
    """Only plain web addresses of a sane length become links; the rest is shown without."""
    return url is not None and _WEB_ADDRESS.fullmatch(url) is not None


def checked(document: Document | None, *fields: str) -> bool:
    """Whether what we say in these fields was seen in a source or follows from it; what is nowhere stated is."""
    return document is None or all(document.provenance.get(field, "seen") in ("seen", "derived") for field in fields)


def _checked_name(document: Document | None) -> bool:
    """Whether the name we give a document, its number with term or year, was seen in a source or follows from it."""
    if document is None:
        return True
    dated = document.id.rpartition("#")[2].isdecimal() and _tells_apart(document.id)
    return checked(document, "number", "term") and (not dated or checked(document, "date"))


def _meant(cited: DocumentChip | CitingArticle, language: str) -> str:
    """The name of the document that a citation means; what is not certain is only the number it has."""
    return document_name(meant(cited), language)


def _is_unverified(cited: DocumentChip | CitingArticle) -> bool:
    """Whether `_meant` says a term or year that neither the text states nor any source we saw."""
    if cited.status != "resolved" or not cited.document_id or cited.is_stated or not _tells_apart(cited.document_id):
        return False
    return not _checked_name(load_catalogue().get(cited.document_id))


def _tells_apart(document_id: str) -> bool:
    """Whether the name of an id says more than its number."""
    return document_name(document_id) != document_name(document_id.rpartition("#")[0])


def _iso_date(value: str | date) -> str:
    """An ISO date, whole or only year or month, as people here write it: 01/12/2011, 12/2011, 2011."""
    return "/".join(reversed(str(value).split("-")))
