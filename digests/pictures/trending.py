"""What bars show of what is in the news: a panel for each topic, place or document."""

from collections.abc import Sequence

from digests.naming import trend_name
from digests.pictures.bars import Series
from digests.templates import macros
from digests.trends import Kind, Months, Trend, Trends
from feeds.documents import document_name
from feeds.text import shorten

MOST_PANELS = 6
_LONGEST = 44  # characters of a title


def shown_trends(found: Trends, kind: Kind | None, most: int) -> Sequence[Trend]:
    """What rises, the steepest first; of one kind then the most told. Of all kinds only what rises."""
    rising = found.rising(kind)
    others = [trend for trend in found.of(kind) if trend not in rising and trend.count] if kind else []
    return [*rising, *others][:most]


def trend_series(found: Trends, kind: Kind | None, language: str) -> Sequence[Series]:
    """The panels of a kind, or of all that rises."""
    words = macros("life_words.html", language)
    shown = []
    rising = found.rising(kind)
    for trend in shown_trends(found, kind, MOST_PANELS):
        name, rises = shorten(trend_name(trend.kind, trend.value, language), _LONGEST), trend in rising
        shown.append(Series(f"{name} ({words.rising()})" if rises else name, trend.weeks, rises=rises))
    return shown


def week_labels(found: Trends) -> Sequence[str]:
    """The day on which each week begins."""
    return [f"{start:%d/%m}" for start in found.starts]


def month_series(document_id: str, months: Months, language: str) -> tuple[Sequence[str], Series]:
    """(the label of each month, the panel) of a document."""
    title = f"{macros('life_words.html', language).months_title()}: {document_name(document_id, language)}"
    return [f"{start:%m/%y}" for start in months.starts], Series(shorten(title, _LONGEST + 10), months.stories)
