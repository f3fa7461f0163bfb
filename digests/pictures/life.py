"""The timeline of a document as a picture: years and days to the left of a line, what happened to the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from digests.naming import implementer_name
from digests.pictures.canvas import FAINT, INK, PALE, WIDTH, as_png, ink_on, sheet
from digests.pictures.stages import COLOURS
from digests.templates import macros
from digests.timeline import Timeline, TimelineEntry, day_of
from feeds.documents import document_name
from feeds.text import shorten

MOST_MARKS = 22
_MOST_NAMES = 3
_LONGEST = 52  # characters of a line
_HEAD, _ROW, _FOOT = 0.75, 0.5, 0.45  # inches
_LINE = 1.75  # inches from the left
_WRITTEN = {"day": "%d/%m", "month": "%m", "year": ""}


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark on the line. `year` is "" where it is that of the mark before; `letters` say the stage, as `what` does
    in words; `who` are places or documents; `count` events of one year and stage are one mark."""

    year: str
    day: str
    stage: str
    letters: str
    what: str
    who: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: title, marks, and a line at the foot that says what is left out."""

    title: str
    marks: tuple[Mark, ...]
    foot: str = ""


def timeline_picture(view: Timeline, language: str) -> Picture:
    """What the picture of a timeline shows: one mark for all events of a year and stage, undated ones last.

    Of more than `MOST_MARKS` marks the first and the last are shown.
    """
    words = macros("life_words.html", language)
    groups: dict[tuple[int, str, int | None, str | None], list[TimelineEntry]] = {}
    for entry in view.entries:
        groups.setdefault((_year(entry), entry.stage, entry.years, entry.other), []).append(entry)
    shown = list(groups.values())
    left = max(0, len(shown) - MOST_MARKS)
    if left:
        half = MOST_MARKS // 2
        shown = shown[:half] + shown[-(MOST_MARKS - half) :]
    marks: list[Mark] = []
    year: int | None = None
    for entries in shown:
        is_new = _year(entries[0]) != year
        year = _year(entries[0])
        marks.append(_mark(entries, language, is_new=is_new))
    title = f"{words.timeline_title()}: {document_name(view.document_id, language)}"
    foot = words.marks_left_out(left) if left else words.more_in_list() if len(shown) < len(view.entries) else ""
    return Picture(shorten(title, _LONGEST), tuple(marks), str(foot))


def draw_timeline(picture: Picture) -> bytes:
    """A PNG of it."""
    rows = max(1, len(picture.marks))
    height = _HEAD + _ROW * rows + _FOOT
    figure = sheet(height)
    figure.text(0.04, 1 - 0.42 / height, picture.title, fontsize=16, color=INK, fontweight="bold", va="center")
    axes = figure.add_axes((0, _FOOT / height, 1, 1 - (_HEAD + _FOOT) / height))
    axes.set(xlim=(0, WIDTH), ylim=(rows - 0.5, -0.5))
    axes.axis("off")
    axes.plot([_LINE, _LINE], [-0.5, rows - 0.5], color=PALE, linewidth=5, zorder=1)
    for row, mark in enumerate(picture.marks):
        colour = COLOURS[mark.stage]
        if mark.year:
            axes.text(0.25, row, mark.year, fontsize=15, fontweight="bold", color=INK, va="center")
        axes.text(_LINE - 0.26, row, mark.day, fontsize=11, color=FAINT, va="center", ha="right")
        axes.scatter([_LINE], [row], s=430, color=colour, edgecolors="white", linewidths=1.5, zorder=2)
        axes.text(
            _LINE, row, mark.letters, fontsize=9, fontweight="bold", color=ink_on(colour), va="center_baseline",
            ha="center", zorder=3,
        )  # fmt: skip
        above = -0.17 if mark.who else 0
        axes.text(_LINE + 0.3, row + above, mark.what, fontsize=13, color=INK, va="center")
        if mark.who:
            axes.text(_LINE + 0.3, row + 0.23, mark.who, fontsize=11, color=FAINT, va="center")
    figure.text(0.04, 0.2 / height, picture.foot, fontsize=11, color=FAINT, va="center")
    return as_png(figure)


def _year(entry: TimelineEntry) -> int:
    on = day_of(entry)
    return on.year if on else 9999


def _mark(entries: Sequence[TimelineEntry], language: str, *, is_new: bool) -> Mark:
    words, stages = macros("life_words.html", language), macros("words.html", language)
    first = entries[0]
    on = day_of(first)
    what = str(stages.stage(first.stage, first.years))
    if len(entries) > 1:
        what += f" ×{len(entries)}"
    who = document_name(first.other, language) if first.other else _names(entries, language)
    return Mark(
        year=str(on.year) if on and is_new else "",
        day=on.strftime(_WRITTEN[first.precision]) if on else str(words.undated()).lower(),
        stage=first.stage,
        letters=str(words.stage_mark(first.stage)),
        what=what[:1].upper() + what[1:],
        who=shorten(who, _LONGEST),
        count=len(entries),
    )


def _names(entries: Sequence[TimelineEntry], language: str) -> str:
    """Who does it; where nobody is named, the headline, or that the catalogue tells it."""
    names = list(dict.fromkeys(implementer_name(entry.who, language) for entry in entries if entry.who))
    words = macros("life_words.html", language)
    if not names:
        return entries[0].title or str(words.by_catalogue())
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} {words.and_places(more)}" if more > 0 else shown
