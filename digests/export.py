"""A digest as a file: for the terminal, for a mail, a folder or a feed reader. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from digests.formats.atom import as_atom
from digests.formats.data import as_json
from digests.formats.docx import as_docx
from digests.sheet import lay_out
from digests.templates import render
from digests.views import DigestView
from feeds.text import visible


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: its name, its media type and its bytes; texts are UTF-8."""

    name: str
    media_type: str
    content: bytes


def _from_template(name: str) -> Callable[[DigestView], bytes]:
    def write(view: DigestView) -> bytes:
        return (visible(render(name, view.language, sheet=lay_out(view))) + "\n").encode()

    return write


def _json(view: DigestView) -> bytes:
    return (as_json(view) + "\n").encode()


_FORMS: Mapping[str, tuple[str, str, Callable[[DigestView], bytes]]] = {
    "text": ("txt", "text/plain; charset=utf-8", _from_template("digest.txt")),
    "html": ("html", "text/html; charset=utf-8", _from_template("digest_page.html")),
    "markdown": ("md", "text/markdown; charset=utf-8", _from_template("digest.md")),
    "json": ("json", "application/json", _json),
    "docx": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_docx),
    "atom": ("atom", "application/atom+xml", as_atom),
}
FORMS = tuple(_FORMS)


def export(view: DigestView, form: str) -> Exported:
    """The digest in one of `FORMS`; its name has the day it ends on. KeyError for another form."""
    ending, media_type, write = _FORMS[form]
    day = view.window_end.astimezone(ZoneInfo(view.timezone)).date()
    return Exported(f"diem-tin-{day}.{ending}", media_type, write(view))
