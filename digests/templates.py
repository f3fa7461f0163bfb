"""The templates, through Jinja2: words in each language, layouts that all share. Pure: values in, text out."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, select_autoescape
from markupsafe import Markup, escape

from digests.naming import checked, implementer_name, is_name_checked, is_unverified, iso_date, meant_name, trend_name
from digests.summarise import MOST
from digests.words import find_words
from feeds.classify import topics
from feeds.documents import document_name, issuer_name, load_catalogue, type_name, wish_name
from feeds.health import health_of, reason_of
from feeds.places import place_label
from feeds.sources import without_query
from feeds.text import shorten

TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGES = ("vi", "en")
_MOST_MARKS = 6  # in one text: a message keeps only so many entities
# Also what opens a list, a rule or a heading at the start of a line.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&!]|^[-+=]")
_ITEM_NUMBER = re.compile(r"^\d+(?=[.)](?:\s|$))")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,900}")


def render(name: str, language: str, **values: Any) -> str:
    """The template `name` of a language, or the one all languages share; values are escaped as its ending asks."""
    return _template(name, language).render(language=language, **values).strip()


@cache
def macros(name: str, language: str) -> Any:
    """The macros of a template, to be called one by one: what it imports is read only once."""
    return _template(name, language).make_module({"language": language})


def check_templates() -> int:
    """Reads every template; returns how many there are. Raises `TemplateError` where one cannot be read."""
    environment = _environment()
    names = environment.list_templates()
    for name in names:
        environment.get_template(name)
    if not names:
        raise TemplateNotFound(str(TEMPLATES))
    return len(names)


def is_linkable(url: str | None) -> bool:
    """Only plain web addresses of a sane length become links; the rest is shown without."""
    return url is not None and _WEB_ADDRESS.fullmatch(url) is not None


@cache
def _template(name: str, language: str) -> Template:
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    return _environment().select_template([f"{language}/{name}", name])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["summary_limit"] = MOST
    names = {topic.code: topic.names for topic in topics()}
    environment.filters |= {
        "shorten": _shorten,
        "marked": _marked,
        "linkable": is_linkable,
        "host": lambda url: (urlsplit(url).hostname or "").removeprefix("www."),
        "markdown": _markdown,
        "local": lambda moment, zone: moment.astimezone(ZoneInfo(zone)),
        "iso_date": iso_date,
        "document_name": document_name,
        "wish_name": wish_name,
        "issuer_name": issuer_name,
        "place_label": place_label,
        "type_name": type_name,
        "catalogued": load_catalogue().get,
        "checked": checked,
        "checked_name": is_name_checked,
        "implementer": implementer_name,
        "meant": meant_name,
        "is_unverified": is_unverified,
        "without_query": without_query,
        "health": health_of,
        "reason_of": reason_of,
        "trend_name": lambda trend, language: trend_name(trend.kind, trend.value, language),
        "topic_name": lambda code, language: names[code][language],
    }
    return environment


def _shorten(text: str, limit: int) -> str:
    """`shorten` to `limit` UTF-16 units, as Telegram counts: an emoji is two."""
    if 2 * len(text) <= limit:
        return text
    while (units := len(text.encode("utf-16-le")) // 2) > limit:
        text = shorten(text, max(1, min(len(text) - 1, limit, len(text) * limit // units)))
    return text


def _marked(text: str, words: tuple[str, ...], tag: str) -> Markup:
    """`text` escaped, with the first of the words that its reader asked for in elements `tag`."""
    if not words:
        return escape(text)
    shown, end = Markup(), 0
    for start, stop in find_words(text, words)[:_MOST_MARKS]:
        shown += escape(text[end:start]) + Markup("<{0}>{1}</{0}>").format(tag, text[start:stop])
        end = stop
    return shown + escape(text[end:])


def _markdown(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown would read as its own."""
    return _ITEM_NUMBER.sub(r"\g<0>\\", _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split())))
