"""One or two sentences that carry the news, taken verbatim; pure.

A sentence that leans on what stood before it ("Tuy nhiên", "Ông", "Điều này") would say something its source does
not, so it never opens a summary, and ends one.
"""

import re
import unicodedata
from collections.abc import Iterator

from feeds.text import fold, sentences, shorten

LIMIT = 320  # characters
# With their accents: "Hồ Chí Minh" is not "họ", "Nợ xấu" not "nó"; "Bà Rịa" is a town, "bà con" the people.
_LEANING = re.compile(
    r"""\W*(?:
        tuy\ nhiên | tuy\ vậy | do\ đó | do\ vậy | vì\ vậy | vì\ thế | bên\ cạnh\ đó | ngoài\ ra | trong\ khi\ đó
        | theo\ đó | đồng\ thời | mặt\ khác | cũng\ theo | trong\ đó | qua\ đó | từ\ đó | sau\ đó
        | điều\ (?:này|đó) | việc\ (?:này|đó) | đây\ là | ông | bà(?!\ (?:rịa|con|nà)\b) | anh\ (?:ấy|ta)
        | chị\ (?:ấy|ta) | họ | nó | however | he | she | they | it | this | but
    )(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)


def summarise(title: str, lead: str, text: str, *, limit: int = LIMIT) -> str:
    """Verbatim opening of at most two sentences and `limit` characters; "" when there is nothing but the title.

    Of the lead, and of the text where the lead gives nothing.
    """
    return next((picked for source in (lead, text) if (picked := _opening(source, _bare(title), limit))), "")


def _opening(source: str, title: str, limit: int) -> str:
    found = _sentences(source)
    first = next((sentence for sentence in found if not _leans(sentence) and _bare(sentence) != title), "")
    second = next(found, "")
    whole = f"{first} {second}"
    if first and second and len(whole) <= limit and not _leans(second) and _bare(second) not in (title, _bare(first)):
        return whole
    return shorten(first, limit)


def _sentences(source: str) -> Iterator[str]:
    return (source[start:end] for start, end in sentences(source))


def _leans(sentence: str) -> bool:
    return _LEANING.match(unicodedata.normalize("NFC", sentence)) is not None


def _bare(sentence: str) -> str:
    return fold(sentence).strip(" .")
