"""Views to Telegram's messages. Pure: values in, HTML and buttons out.

::

    DigestView --lay_out--> Sheet --blocks--> header, stories, footer --pack--> messages; then its corrections
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from digests.dossier import PER_PAGE, Dossier
from digests.messages import MESSAGE_LIMIT, Block, Button, Message, joined, pack, telegram_length
from digests.naming import followed_name, is_unverified, meant_name
from digests.sheet import Sheet, lay_out
from digests.templates import macros, render
from digests.views import DigestView, DocumentChip
from feeds.documents import Document, document_name, load_catalogue, type_name
from feeds.text import shorten

_MAX_BUTTONS = 6
_MAX_DRAFTS = 2
_MAX_STOPS = 4
_LABEL = 60  # characters


def render_digest(view: DigestView) -> list[Message]:
    """The digest as messages, in order, each with the stories that it tells; only the first sounds.

    Each has the button to say what is wrong with its items; on the last are buttons for its documents, and for the
    stories that are held back. What has to be corrected of earlier digests follows in messages of its own.
    """
    sheet = lay_out(view)
    parts = pack(_blocks(view, sheet))
    report = ((report_button(view.language),),) if view.stories else ()
    messages = []
    for number, part in enumerate(parts, start=1):
        is_last = number == len(parts)
        messages.append(
            Message(
                _numbered(joined(part), number, len(parts), view.language),
                (*_alert_buttons(view), *_own_buttons(view), *_document_buttons(view), *report) if is_last else report,
                tuple(block.story_id for block in part if block.story_id is not None),
                silent=number > 1,
            )
        )
    return messages + render_corrections(view, sheet)


def render_corrections(view: DigestView, sheet: Sheet | None = None) -> list[Message]:
    """What was told in earlier digests and is not so: quiet messages with the stories that they correct."""
    corrections = (sheet or lay_out(view)).corrections
    if not corrections:
        return []
    layout = macros("digest.html", view.language)
    header = Block(layout.corrections_header(len(corrections)))
    parts = pack([header, *(Block(layout.correction(one).strip(), one.story_id) for one in corrections)])
    return [
        Message(
            _numbered(joined(part), number, len(parts), view.language),
            story_ids=tuple(block.story_id for block in part if block.story_id is not None),
            silent=True,
        )
        for number, part in enumerate(parts, start=1)
    ]


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
    former: str = "",
    chosen_key: str | None = None,
) -> tuple[str, int]:
    """(one page of a document's card as Telegram HTML, number of pages); a page past the end is the last.

    The dossier must hold the articles of that page. What the document is stands on the first page of all its articles,
    on others only its name. `former` is the title of the draft that it was, `chosen_key` the number by which its reader
    chose to mean it. Without `head` there are only the page's articles.
    """
    pages = max(1, -(-dossier.count // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    document = dossier.document
    kind_name = type_name(document.type, language) if document else ""
    numbered = enumerate(dossier.articles, dossier.first)
    shown = [(index, citing) for index, citing in numbered if index // PER_PAGE == page]
    top = render(
        "card.html",
        language,
        block="page" if page or dossier.filters.chosen else "head",
        shown=(shown[0][0] + 1, shown[-1][0] + 1) if shown else (),
        dossier=dossier,
        document=document,
        kind_name=kind_name,
        former=former,
        chosen_key=chosen_key,
        as_of=load_catalogue().as_of,
        reading_since=reading_since,
        timezone=timezone,
    )
    for quote_limit in (300, 150, 0):  # long names and titles leave less room for quotations
        values = {"block": "article", "dossier": dossier, "timezone": timezone, "quote_limit": quote_limit}
        blocks = [render("card.html", language, number=i + 1, citing=citing, **values) for i, citing in shown]
        html = "\n\n".join([top, *blocks] if head else blocks)
        if telegram_length(html) <= MESSAGE_LIMIT:
            break
    return html, pages


def render_sources(document: Document, language: str) -> str:
    """Where each fact on a document's card comes from, as Telegram HTML."""
    stated: dict[str, list[str]] = {"seen": [], "derived": [], "recalled": [], "unknown": []}
    for field, provenance in document.provenance.items():
        if provenance == "unknown" or getattr(document, field):
            stated[provenance].append(field)
    stated["unknown" if document.official_url is None else "seen"].append("official_url")
    stated["unknown"].append("signer")  # which no source of the catalogue tells
    facts = {provenance: fields for provenance, fields in stated.items() if fields}
    values = {"document": document, "facts": facts, "as_of": load_catalogue().as_of}
    return render("card_sources.html", language, **values)


def _blocks(view: DigestView, sheet: Sheet) -> Iterator[Block]:
    """A heading stands with the first story of its section."""
    layout = macros("digest.html", view.language)
    yield Block(layout.header(sheet).strip())
    for part in sheet.parts:
        heading = part.heading
        for item in part.items:
            yield Block(layout.story(item, heading, sheet.words, view.has_summaries).strip(), item.story.story_id)
            heading = ""
    yield Block(layout.footer(sheet, view.is_instant).strip())


def _numbered(html: str, number: int, count: int, language: str) -> str:
    return html if count == 1 else f"{html}\n\n{render('part.html', language, number=number, count=count)}"


def _own_buttons(view: DigestView) -> tuple[tuple[Button, ...], ...]:
    """Of a digest that is stored: the rest, fewer from now on, the digest as a file.

    There is no less of what is told at once: all that cites a followed document is.
    """
    if view.digest_id is None:
        return ()
    words = macros("words.html", view.language)
    more = (((str(words.more_button(len(view.held_back))), f"more:{view.digest_id}"),),) if view.held_back else ()
    less = () if view.is_instant else ((str(words.less_button()), f"less:{view.digest_id}"),)
    return (*more, (*less, (str(words.export_button()), f"forms:{view.digest_id}")))


def _alert_buttons(view: DigestView) -> tuple[tuple[Button, ...], ...]:
    """Of what tells at once: to follow no more what it tells of, and where that is one item, to keep it, and why."""
    if view.digest_id is None or not view.is_instant:
        return ()
    words = macros("follow_words.html", view.language)
    reasons = {reason.follow_id: reason for story in view.stories for reason in story.reasons}
    rows: list[tuple[Button, ...]] = [
        ((shorten(f"{words.stop()} {followed_name(one.kind, one.value, view.language)}", _LABEL), f"enough:{i}"),)
        for i, one in list(reasons.items())[:_MAX_STOPS]
    ]
    if len(view.stories) == 1:
        article_id = view.stories[0].head.article_id
        rows.append(((str(words.save()), f"save:{article_id}"), (str(words.why()), f"why:{article_id}")))
    return tuple(rows)


def _document_buttons(view: DigestView) -> tuple[tuple[Button, ...], ...]:
    """A button opens what its label says: no label stands for two documents.

    First those that most stories cite, among them those of which that is certain, and of these those in force; then
    drafts.
    """
    citing = Counter(chip.document_id for story in view.stories for chip in story.documents)
    chips = [chip for story in view.stories for chip in story.documents]
    chips.sort(key=lambda chip: (-citing[chip.document_id], chip.status != "resolved", _is_replaced(chip)))
    labels: dict[str, str] = {}
    for chip in chips:
        labels.setdefault(_label(chip, view.language), f"doc:{chip.token}")
    buttons = [(label, action) for label, action in labels.items() if label.strip()][:_MAX_BUTTONS]
    drafts = dict.fromkeys(value for story in view.stories for value in story.drafts)
    named = Counter(document_name(value, view.language) for value in drafts)
    alone = [(name, value) for value in drafts if named[name := document_name(value, view.language)] == 1]
    buttons += [(shorten(name, _LABEL), f"draft:{value.rpartition('#')[2]}") for name, value in alone[:_MAX_DRAFTS]]
    return tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))


def _is_replaced(chip: DocumentChip) -> bool:
    document = load_catalogue().get(chip.document_id)
    return document is not None and document.status in ("replaced", "expired")


# The same documents are in the digests of thousands of readers.
@lru_cache(maxsize=2000)
def _label(chip: DocumentChip, language: str) -> str:
    return shorten(meant_name(chip, language) + ("?" if is_unverified(chip) else ""), _LABEL)
