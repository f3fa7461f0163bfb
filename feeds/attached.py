"""Files that somebody hands over, into plain text: .txt, .html, .pdf and .docx, whoever made them.

Every one of them may be made to hurt. What can be counted beforehand is counted here (bytes, pages, what a zip unpacks
to); what cannot is for the process that this runs in to bound: time and memory (`feeds.worker`).
"""

import logging
import re
import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from feeds.markup import decode

MAX_ATTACHED = 5 * 1024 * 1024  # bytes
MAX_PAGES = 100  # of a PDF; what follows is not read
MAX_CHARACTERS = 400_000  # of its text; what follows is not read
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of a .docx, pictures and all
MAX_MEMBERS = 2000  # of a .docx
# Deflate makes at most a thousandth; the XML of a long and dull document a thirtieth.
MAX_RATIO = 100
READABLE = (".txt", ".html", ".htm", ".pdf", ".docx")

_MOST_UNREADABLE = 0.05  # share of characters that are none, or controls
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
# What a saved page carries with it: pictures and fonts.
_INLINED = re.compile(rb"""data:[\w.+-]{1,40}/[\w.+-]{1,80}(?:;[\w=.-]{1,40}){0,4},[^"'()<>\s]*""")
_OLE = b"\xd0\xcf\x11\xe0"
_ENDS = (".", ":", ";", "!", "?", "…", "”", "»")
_FULL_LINE = 0.7  # of the longest line of a page: a shorter one ends its paragraph


class AttachedError(ValueError):
    """The file cannot be read.

    `reason` is a short code: unreadable (another type), too_large, empty, encrypted, scanned (pictures of text),
    malformed or bomb (unpacks to too much).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_readable(name: str) -> bool:
    """Whether a file of this name is of a type that can be read."""
    return _ending(name) in READABLE


def is_page(name: str) -> bool:
    """Whether it is a web page, which is for `feeds.extract` to read."""
    return _ending(name) in (".html", ".htm")


def is_text(decoded: str) -> bool:
    """Whether it is not rather a picture, a program or the like."""
    return len(_NO_TEXT.findall(decoded)) <= _MOST_UNREADABLE * len(decoded)


def without_inlined(page: bytes) -> bytes:
    """A saved page without the pictures that it carries, which hold most of its bytes."""
    return _INLINED.sub(b"", page)


def attached_text(name: str, content: bytes) -> tuple[str, bool]:
    """(text, whether its end is missing) of a .txt, .pdf or .docx file. Raises AttachedError, and what bounds this
    process has set."""
    if len(content) > MAX_ATTACHED:
        raise AttachedError("too_large")
    if not content:
        raise AttachedError("empty")
    match _ending(name):
        case ".txt":
            text, is_cut = _plain(content), False
        case ".pdf":
            text, is_cut = _pdf(content)
        case ".docx":
            text, is_cut = _docx(content)
        case _:
            raise AttachedError("unreadable")
    if not text.strip():
        raise AttachedError("empty")
    return text[:MAX_CHARACTERS], is_cut or len(text) > MAX_CHARACTERS


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _plain(content: bytes) -> str:
    text = decode(content)
    if not is_text(text):
        raise AttachedError("malformed")
    return text


def _pdf(content: bytes) -> tuple[str, bool]:
    """The text layer, page by page. pypdf bounds what each stream unpacks to."""
    from pypdf import PdfReader  # half a second, and only a worker needs it
    from pypdf.errors import DependencyError, LimitReachedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every fault, in words of the file
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):  # many only forbid printing, with no password to read
            raise AttachedError("encrypted")
        pages: list[str] = []
        length, is_cut = 0, False
        for page in reader.pages:
            if len(pages) == MAX_PAGES or length > MAX_CHARACTERS:
                is_cut = True
                break
            pages.append(unwrapped(page.extract_text()))
            length += len(pages[-1])
    except AttachedError:
        raise
    except DependencyError as error:  # a cipher that only another library knows
        raise AttachedError("encrypted") from error
    except (LimitReachedError, MemoryError, RecursionError) as error:
        raise AttachedError("bomb") from error
    except Exception as error:  # its own, and whatever a wrong file leads it to: KeyError, TypeError
        raise AttachedError("malformed") from error
    text = "\n".join(pages).strip()
    if pages and not text:
        raise AttachedError("scanned")
    return text, is_cut


def unwrapped(page: str) -> str:
    """The lines of a printed page as paragraphs: a line that fills the page's width goes on in the next."""
    lines = [line.strip() for line in page.split("\n")]
    width = max(map(len, lines), default=0)
    paragraphs: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on and line:
            paragraphs[-1] += f" {line}"
        elif line:
            paragraphs.append(line)
        goes_on = len(line) >= _FULL_LINE * width and not line.endswith(_ENDS)
    return "\n".join(paragraphs)


def _docx(content: bytes) -> tuple[str, bool]:
    """The paragraphs in their order, those in tables and text boxes among them."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    try:
        document = Document(_safe_copy(content))
        paragraphs: list[str] = []
        length = 0
        for element in document.element.body.iter(qn("w:p")):
            if length > MAX_CHARACTERS:
                return "\n".join(paragraphs), True
            if text := Paragraph(element, document._body).text.strip():
                paragraphs.append(text)
                length += len(text)
        return "\n".join(paragraphs), False
    except AttachedError:
        raise
    except MemoryError as error:
        raise AttachedError("bomb") from error
    except Exception as error:  # of lxml, zipfile and python-docx: whatever a wrong file leads them to
        raise AttachedError("malformed") from error


def _safe_copy(content: bytes) -> BytesIO:
    """The archive with its XML alone, the pictures empty: what a member states of its size may be a lie, and others
    who read it believe that."""
    if content.startswith(_OLE):  # what Word makes of a document with a password
        raise AttachedError("encrypted")
    copy, left = BytesIO(), min(MAX_UNPACKED, MAX_RATIO * len(content))
    with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as safe:
        members = {member.filename: member for member in archive.infolist()}
        if len(members) > MAX_MEMBERS or sum(member.file_size for member in members.values()) > left:
            raise AttachedError("bomb")
        for name, member in members.items():
            if member.flag_bits & 1:
                raise AttachedError("encrypted")
            data = b""
            if name.endswith((".xml", ".rels")):
                with archive.open(member) as file:
                    data = file.read(left + 1)  # takes apart no more than it gives
            left -= len(data)
            if left < 0:
                raise AttachedError("bomb")
            safe.writestr(name, data)
    copy.seek(0)
    return copy
