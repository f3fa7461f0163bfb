"""Bars over time, one panel for each series."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from digests.pictures.canvas import BLUE, FAINT, GREEN, INK, SKY, VERMILION, as_png, sheet

_COLOURS = (SKY, BLUE, GREEN)
_HEAD, _PANEL = 0.9, 1.55  # inches
_SHORTEST = 5.0
_MOST_LABELS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars under its title; the last bar stands out where it `rises`."""

    title: str
    values: tuple[int, ...]
    rises: bool = False


def draw_bars(title: str, labels: Sequence[str], series: Sequence[Series]) -> bytes:
    """A PNG of bars by time, with the last and the highest named."""
    height = max(_SHORTEST, _HEAD + _PANEL * len(series))
    figure = sheet(height, layout="constrained")
    figure.suptitle(title, fontsize=17, color=INK, fontweight="bold")
    panels = figure.subplots(len(series), 1, squeeze=False)[:, 0]
    step = -(-len(labels) // _MOST_LABELS)
    for axes, one, colour in zip(panels, series, cycle(_COLOURS), strict=False):
        bars = axes.bar(range(len(labels)), one.values, color=colour, width=0.72)
        if one.rises:
            bars[-1].set(color=VERMILION, hatch="//", edgecolor="white")
        top = max(one.values, default=0)
        axes.set_title(one.title, loc="left", fontsize=14, color=INK)
        axes.set_ylim(0, max(1, top) * 1.25)
        named = {len(labels) - 1, max(range(len(labels)), key=one.values.__getitem__)}
        shown = [f"{value:,}".replace(",", "\u202f") if at in named else "" for at, value in enumerate(one.values)]
        axes.bar_label(bars, shown, fontsize=14, color=INK, padding=3)
        axes.set_xticks(range(len(labels)))
        last = (len(labels) - 1) % step
        axes.set_xticklabels([label if at % step == last else "" for at, label in enumerate(labels)])
        axes.tick_params(axis="x", labelsize=12, length=0, colors=INK)
        axes.set_yticks([])
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(FAINT)
    return as_png(figure)
