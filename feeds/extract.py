"""Article pages and plain texts into clean text.

Both ways end in the same shaping of lines, which knows where an article begins and ends:

1. everything behind the end (comments, lists of other articles, teasers) is cut;
2. furniture, dates, captions and credits go; a caption that stands twice in a row goes altogether;
3. the headline is the line before the first paragraph; else the short line that is repeated between paragraphs
   (the alternative text of the photos); else the first sentence, and then `title_is_ours`;
4. the lead is the first paragraph, without the paper's mark; the rest is the text.

No line is made up: each stands in the source.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import trafilatura
from lxml import etree, html

from feeds.boilerplate import cut_dateline
from feeds.lines import Shaped, shape_lines
from feeds.markup import decode, is_bearable
from feeds.metadata import page_metadata
from feeds.text import clean, fold

MAX_HTML_BYTES = 3 * 1024 * 1024
MAX_TEXT = 400_000


class ExtractError(ValueError):
    """No article is found in the page."""


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in parts that do not overlap: title, lead (first paragraph), text (the paragraphs behind it).

    Paragraphs are separated by line breaks. `title_is_ours` marks a title made of the first sentence. `published` is
    None unless the source states it. `outlet_hint` is the paper that the mark of the lead names.
    """

    title: str
    title_is_ours: bool
    lead: str
    text: str
    published: datetime | None
    outlet_hint: str | None


def extract_page(page: bytes | str, *, url: str | None) -> ArticleText:
    """The article of an HTML page. Raises ExtractError when there is none, and nothing else."""
    if len(page) > MAX_HTML_BYTES:
        raise ExtractError(f"the page is larger than {MAX_HTML_BYTES // 1024 // 1024} MB")
    source = decode(page) if isinstance(page, bytes) else page
    if not source.strip():
        raise ExtractError("the page is empty")
    if not is_bearable(source):
        raise ExtractError("the page has too many elements or attributes")
    try:
        tree = html.document_fromstring(source.replace("\0", ""), parser=html.HTMLParser(encoding=None))
        metadata = page_metadata(tree)
        document = trafilatura.bare_extraction(
            tree, url=url, fast=True, include_comments=False, include_tables=True, with_metadata=False
        )
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise ExtractError(f"the page cannot be read ({type(error).__name__})") from error
    body = getattr(document, "text", None)
    if not isinstance(body, str) or not body.strip():
        raise ExtractError("no article text on the page")
    shaped = shape_lines(clean(body[:MAX_TEXT]).split("\n"), title=metadata.title)
    if metadata.description and fold(metadata.description[:60]) not in fold(f"{shaped.lead}\n{shaped.text}"):
        shaped = replace(shaped, lead=metadata.description, text=_joined(shaped.lead, shaped.text))
    if not shaped.lead and not shaped.text:
        raise ExtractError("no article text on the page")
    return _finished(shaped, metadata.published)


def extract_text(text: str) -> ArticleText:
    """The article of a plain text, such as one saved from a browser. Never raises; empty text gives empty parts."""
    return _finished(shape_lines(clean(text[:MAX_TEXT]).split("\n")), None)


def join_lead(lead: str, article: ArticleText) -> tuple[str, str]:
    """(lead, text) of an article whose feed gave `lead` and whose page gave `article`: nothing lost or doubled.

    The page's own lead joins the text unless it is the feed's.
    """
    if not lead:
        return article.lead, article.text
    ours, theirs = fold(lead), fold(article.lead)
    if theirs and (ours[:60].startswith(theirs[:60]) or theirs[:60].startswith(ours[:60])):
        return (article.lead if len(theirs) > len(ours) else lead), article.text
    return lead, _joined(article.lead, article.text)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _finished(shaped: Shaped, published: datetime | None) -> ArticleText:
    lead = cut_dateline(shaped.lead)
    return ArticleText(
        title=shaped.title,
        title_is_ours=shaped.title_is_ours,
        lead=lead.text,
        text=shaped.text,
        published=published or shaped.published,
        outlet_hint=lead.outlet,
    )
