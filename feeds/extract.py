"""Article pages and plain texts into clean text.

Both ways end in the same shaping of lines, which knows where an article begins and ends:

1. everything behind the end (comments, lists of other articles, teasers) is cut;
2. furniture, dates, captions and credits go; a caption that stands twice in a row goes altogether;
3. the headline is the line before the first paragraph; else the short line that is repeated between paragraphs
   (the alternative text of the photos); else the first sentence, and then `title_is_ours`;
4. the lead is the first paragraph, without the paper's mark; the rest is the text.

No line is made up: each stands in the source.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

import trafilatura
from lxml import etree, html

from feeds.boilerplate import cut_dateline
from feeds.byline import author_of
from feeds.lines import Shaped, shape_lines
from feeds.markup import decode, is_bearable, shown_lines
from feeds.metadata import PageMetadata, page_metadata
from feeds.prune import prune
from feeds.refusal import (
    MAX_NOTICE,
    MAX_TEASER,
    Refusal,
    is_error_heading,
    is_front_page,
    is_list,
    is_wall,
    refusal_of,
)
from feeds.text import clean, fold, one_line

MAX_HTML_BYTES = 3 * 1024 * 1024
MAX_TEXT = 400_000
MIN_TEASER = 60  # characters; less is the name of the site

# Trafilatura gives up on a page that holds a single one of them, written out or as a reference.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    r"|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|6553[45])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF]));"
)

_MESSAGES: dict[Refusal, str] = {
    "paywall": "the page is for readers who log in or pay",
    "removed": "the page says that the article is not there",
    "challenge": "the page lets only browsers through",
    "home_page": "a front page or a list of articles, no article",
    "no_text": "no article text on the page",
}


class ExtractError(ValueError):
    """No article is found in the page.

    `reason` is a short code: those of `feeds.refusal`, too_large, too_complex, parse.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)  # both, so that it can be sent from one process to another
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in parts that do not overlap: title, lead (first paragraph), text (the paragraphs behind it).

    Paragraphs are separated by line breaks. `title_is_ours` marks a title made of the first sentence. `published` is
    None unless the source states it. `outlet_hint` is the paper that the mark of the lead names. `author` are one or
    more persons. `is_teaser`: the rest is for readers who pay or log in.
    """

    title: str
    title_is_ours: bool
    lead: str
    text: str
    published: datetime | None
    outlet_hint: str | None
    author: str | None = None
    is_teaser: bool = False


def extract_page(page: bytes | str, *, url: str | None, limit: int = MAX_HTML_BYTES) -> ArticleText:
    """The article of an HTML page. Raises ExtractError when there is none, and nothing else.

    `url` is the address that answered: an article cannot be where a page says that it is the front page. `limit` is in
    bytes.
    """
    source = _source(page, limit)
    try:
        tree = html.document_fromstring(source, parser=html.HTMLParser(encoding=None))
        metadata = page_metadata(tree)
        headings, linked_headlines = _headings(tree)
        prune(tree)
        document = trafilatura.bare_extraction(
            tree, url=url, fast=True, include_comments=False, include_tables=True, with_metadata=False
        )
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise ExtractError("parse", f"the page cannot be read ({type(error).__name__})") from error
    body = getattr(document, "text", None)
    shaped = shape_lines(clean(body[:MAX_TEXT] if isinstance(body, str) else "").split("\n"), title=metadata.title)
    if metadata.description and fold(metadata.description[:60]) not in fold(f"{shaped.lead}\n{shaped.text}"):
        shaped = replace(shaped, lead=metadata.description, text=_joined(shaped.lead, shaped.text))
    size = len(shaped.lead) + len(shaped.text)
    refusal = _refusal(source, url, metadata, headings, linked_headlines, size)
    if refusal == "paywall":
        shaped = _without_walls(shaped)
        size = len(shaped.lead) + len(shaped.text)
    if refusal not in (None, "paywall") or size < (MIN_TEASER if refusal else 1):
        reason = refusal or "no_text"
        raise ExtractError(reason, _MESSAGES[reason])
    return _finished(shaped, metadata.published, metadata.author, is_teaser=refusal == "paywall")


def _source(page: bytes | str, limit: int) -> str:
    """The page as text, if it can be read in reasonable time."""
    if len(page) > limit:
        raise ExtractError("too_large", f"the page is larger than {limit // 1024 // 1024} MB")
    source = decode(page) if isinstance(page, bytes) else page
    if not source.strip():
        raise ExtractError("no_text", "the page is empty")
    if not is_bearable(source):
        raise ExtractError("too_complex", "the page has too many elements or attributes")
    return _UNPRINTABLE.sub(" ", source)


def _headings(tree: html.HtmlElement) -> tuple[list[str], int]:
    """The page's title and first headings, and how many headlines of its own and others are links."""
    first = [text for element in tree.iter("title", "h1") if (text := one_line(element.text_content()[:1000]))]
    linked = {
        text
        for element in tree.iter("h1", "h2", "h3", "h4")
        if element.find(".//a") is not None and len((text := one_line(element.text_content()[:300])).split()) >= 4
    }
    return first, len(linked)


def _refusal(
    source: str, url: str | None, metadata: PageMetadata, headings: list[str], linked_headlines: int, size: int
) -> Refusal | None:
    """Why the page shows no article, or not all of it; what it shows besides is only looked at where that is little."""
    if is_error_heading(headings) and not (metadata.is_article and size > MAX_NOTICE):
        return "removed"
    is_article = metadata.is_article or metadata.published is not None
    if url and not is_article and not is_front_page(url) and is_front_page(urljoin(url, metadata.own_url)):
        return "home_page"
    if metadata.is_locked:
        return "paywall"
    if size > MAX_TEASER and (is_article or not linked_headlines):
        return None
    lines = shown_lines(source)
    if not is_article and is_list(metadata.title, linked_headlines, lines):
        return "home_page"
    return refusal_of(size, lines, source, is_article=is_article)


def _without_walls(shaped: Shaped) -> Shaped:
    kept = [line for line in (shaped.lead, *shaped.text.split("\n")) if line and not is_wall(line)]
    return replace(shaped, lead=kept[0] if kept else "", text="\n".join(kept[1:]))


def extract_text(text: str) -> ArticleText:
    """The article of a plain text, such as one saved from a browser. Never raises; empty text gives empty parts."""
    return _finished(shape_lines(clean(text[:MAX_TEXT]).split("\n")), None, None)


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


def _finished(
    shaped: Shaped, published: datetime | None, author: str | None, *, is_teaser: bool = False
) -> ArticleText:
    lead = cut_dateline(shaped.lead)
    return ArticleText(
        title=shaped.title,
        title_is_ours=shaped.title_is_ours,
        lead=lead.text,
        text=shaped.text,
        published=published or shaped.published,
        outlet_hint=lead.outlet,
        author=author or author_of(shaped.signed),
        is_teaser=is_teaser,
    )
