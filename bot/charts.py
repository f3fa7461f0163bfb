"""Pictures of figures. matplotlib is loaded by whoever draws: a process of its own, since it takes a second and much
memory."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

_SIZE = (7.2, 9.0)  # inches, upright as a phone is
_DOTS = 110  # an inch
# Of the palette of Okabe and Ito, which the colour-blind tell apart too.
_COLOURS = ("#56B4E9", "#0072B2", "#009E73")
_INK, _FAINT = "#222222", "#8A8A8A"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars under its title."""

    title: str
    values: tuple[int, ...]


def draw_days(title: str, days: Sequence[str], series: Sequence[Series]) -> bytes:
    """A PNG of bars by day, one panel for each series, with the last and the highest named."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=17, color=_INK, fontweight="bold")
    panels = figure.subplots(len(series), 1, squeeze=False)[:, 0]
    for axes, one, colour in zip(panels, series, cycle(_COLOURS), strict=False):
        bars = axes.bar(range(len(days)), one.values, color=colour, width=0.72)
        top = max(one.values, default=0)
        axes.set_title(one.title, loc="left", fontsize=15, color=_INK)
        axes.set_ylim(0, max(1, top) * 1.2)
        named = {len(days) - 1, max(range(len(days)), key=one.values.__getitem__)}
        labels = [f"{value:,}".replace(",", "\u202f") if at in named else "" for at, value in enumerate(one.values)]
        axes.bar_label(bars, labels, fontsize=14, color=_INK, padding=3)
        axes.set_xticks(range(len(days)))
        axes.set_xticklabels([day if at % 3 == (len(days) - 1) % 3 else "" for at, day in enumerate(days)])
        axes.tick_params(axis="x", labelsize=13, length=0, colors=_INK)
        axes.set_yticks([])
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(_FAINT)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
