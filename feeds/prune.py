"""Takes out of the tree of a page what is surely not its article, before the article is looked for.

What a box of other articles cites is not cited by this one; a caption is no sentence of the text.
"""

import re

from lxml import etree, html

from feeds.boilerplate import MAX_CAPTION, is_caption_class, is_document_name, is_related_class
from feeds.markup import linked_size, text_size
from feeds.text import one_line

_LINKED = ("li", "p", "h2", "h3", "h4", "h5", "h6", "td")
# A link to a file is what the article offers, not another article.
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar)(?:$|[?#])", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:\S+\s+){11,}\S*[^\s.]\.[\"”’»)]*")
_MAX_LINK = 1000
_MAX_BESIDE = 16  # characters of an item that are no link: its date, its time, a number


def prune(tree: html.HtmlElement) -> None:
    """Removes captions by their class, boxes whose class points to other articles, and what is a link throughout.

    Each only while its text bears that out: a caption is short, a box is mostly links, a link is the headline of an
    article and no sentence of this one or the name of a document.
    """
    for element in list(tree.iter(etree.Element)):
        if element.getparent() is None or element.tag in ("html", "body", "head"):
            continue
        if _is_caption(element) or _is_related(element):
            element.drop_tree()
        elif _is_link_throughout(element):
            if not _is_own_text(element):
                element.drop_tree()
            elif element.tag == "p":  # whose links trafilatura takes for a menu; lists of them may be one
                etree.strip_tags(element, "a")


def _is_caption(element: html.HtmlElement) -> bool:
    return is_caption_class(element.get("class") or "") and text_size(element) <= MAX_CAPTION


def _is_related(element: html.HtmlElement) -> bool:
    if not is_related_class(f"{element.get('class') or ''} {element.get('type') or ''}"):
        return False
    return linked_size(element) * 2 >= text_size(element)


def _is_link_throughout(element: html.HtmlElement) -> bool:
    if element.tag not in _LINKED:
        return False
    links = [link for link in element.iter("a") if link.get("href")]
    if not links or any(_FILE.search(link.get("href", "")) for link in links):
        return False
    linked, size = sum(map(text_size, links)), text_size(element)
    beside = size - linked
    return linked > 0 and (beside <= 3 or (element.tag == "li" and beside <= min(_MAX_BESIDE, linked)))


def _is_own_text(element: html.HtmlElement) -> bool:
    """Whether a link is a document's name or a paragraph is a sentence, rather than another article's headline."""
    text = one_line(element.text_content()[:_MAX_LINK])
    return is_document_name(text) or (element.tag == "p" and _SENTENCE.fullmatch(text) is not None)
