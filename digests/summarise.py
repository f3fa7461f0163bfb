"""One or two sentences that carry the news, taken verbatim; pure.

A sentence that leans on what stood before it ("Tuy nhiên", "Ông", "Điều này") would say something its source does
not, so it never opens a summary, and ends one.
"""

from feeds.text import fold, sentences, shorten

LIMIT = 320  # characters
_LEANING = (
    "tuy nhien", "tuy vay", "do do", "vi vay", "vi the", "ben canh do", "ngoai ra", "trong khi do", "theo do",
    "dong thoi", "mat khac", "ong ", "ba ", "anh ", "chi ay", "ho ", "no ", "dieu nay", "viec nay", "day la",
    "cung theo", "trong do", "qua do", "tu do", "however", "he ", "she ", "they ", "it ", "this ", "but ",
)  # fmt: skip


def summarise(title: str, lead: str, text: str, *, limit: int = LIMIT) -> str:
    """Verbatim opening of at most two sentences and `limit` characters; "" when there is nothing but the title."""
    source = lead or text
    picked = ""
    for start, end in sentences(source):
        sentence = source[start:end]
        if fold(sentence).strip(" .") == fold(title).strip(" ."):
            continue
        if fold(sentence).startswith(_LEANING):
            if picked:
                break
            continue
        longer = f"{picked} {sentence}".strip()
        if picked and (len(longer) > limit or picked.count(sentence)):
            break
        if picked:
            return longer
        picked = longer
    return shorten(picked, limit)
