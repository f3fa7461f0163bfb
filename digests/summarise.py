"""One or two sentences that carry the news, taken verbatim; pure.

A sentence that leans on what stood before it ("Tuy nhiên", "Ông", "Điều này") would say something its source does
not, so it never opens a summary, and ends one.
"""

import re
import unicodedata

from digests.views import Excerpt
from feeds.text import each_sentence, fold, shorten

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


def summarise(title: str, lead: str, text: str, *, limit: int = LIMIT) -> tuple[Excerpt, ...]:
    """Verbatim opening of at most two sentences and `limit` characters; empty when there is nothing but the title.

    Of the lead, and of the text where the lead gives nothing.
    """
    parts = (1, lead), (2, text)
    return next((picked for part, source in parts if (picked := _opening(source, part, _bare(title), limit))), ())


def _opening(source: str, part: int, title: str, limit: int) -> tuple[Excerpt, ...]:
    found = (Excerpt(source[start:end], part, start, end) for start, end in each_sentence(source))
    first = next((one for one in found if not _leans(one.text) and _bare(one.text) != title), None)
    if first is None:
        return ()
    second = next(found, None)
    if second and len(first.text) + len(second.text) < limit and not _leans(second.text):
        if _bare(second.text) not in (title, _bare(first.text)):
            return first, second
    cut = shorten(first.text, limit)
    return (Excerpt(cut, part, first.start, first.end),)


def _leans(sentence: str) -> bool:
    return _LEANING.match(unicodedata.normalize("NFC", sentence)) is not None


def _bare(sentence: str) -> str:
    return fold(sentence).strip(" .")
