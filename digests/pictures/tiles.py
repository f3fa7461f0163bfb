"""The implementation map as a picture: a tile for each province, roughly where it lies (data/tiles.toml)."""

import textwrap
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from digests.implementation import ImplementationMap, MapRow
from digests.pictures.canvas import FAINT, INK, PALE, WIDTH, as_png, ink_on, sheet
from digests.pictures.stages import COLOURS
from digests.templates import macros
from feeds.documents import document_name
from feeds.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DATA = Path(__file__).parent.parent / "data" / "tiles.toml"
FURTHEST = ("rolled_out", "inspected", "implemented", "interim_review", "final_review")
"""Stages from the first to the furthest: what is inspected is more than announced, and not yet told to be done."""

_HEAD, _FOOT, _TILE = 0.8, 0.75, 0.68  # inches
_GAP = 0.05
_LEGEND = (0.1, 8.0)  # column and row where the map has no tiles
_WIDE = 12  # characters of a name that fit a tile
_LONGEST = 50  # characters of the title


@dataclass(frozen=True, slots=True)
class Tile:
    """A province at a row and column; `stage` is the furthest at which it is seen, since that year, if it is."""

    row: int
    column: int
    name: str
    stage: str | None = None
    letters: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class MapPicture:
    """What is drawn; `legend` has for each stage, None for not seen, its letters, its words and how many tiles."""

    title: str
    tiles: tuple[Tile, ...]
    legend: tuple[tuple[str | None, str, str, int], ...]
    foot: str


def map_picture(view: ImplementationMap, language: str) -> MapPicture:
    """What the picture of a map shows."""
    words, stages = macros("life_words.html", language), macros("words.html", language)
    rows = {row.code: row for row in view.rows if row.group == "province"}
    tiles = [
        _tile(number, column, rows[name], language)
        for number, names in enumerate(_grid())
        for column, name in enumerate(names)
        if name
    ]
    counts = Counter(tile.stage for tile in tiles)
    legend: list[tuple[str | None, str, str, int]] = [
        (stage, str(words.stage_mark(stage)), str(stages.stage(stage, None)), counts[stage]) for stage in FURTHEST
    ]
    legend.append((None, "", str(words.not_seen()), counts[None]))
    title = f"{words.map_title()}: {document_name(view.document_id, language)}"
    return MapPicture(shorten(title, _LONGEST), tuple(tiles), tuple(legend), str(words.not_seen_means()))


def furthest(row: MapRow) -> str | None:
    """The furthest stage at which somebody is seen."""
    return max(row.seen, key=FURTHEST.index, default=None)


def draw_map(picture: MapPicture) -> bytes:
    """A PNG of it."""
    count = max(tile.row for tile in picture.tiles) + 1
    columns = max(tile.column for tile in picture.tiles) + 1
    height = _HEAD + _TILE * count + _FOOT
    figure = sheet(height)
    figure.text(0.04, 1 - 0.4 / height, picture.title, fontsize=16, color=INK, fontweight="bold", va="center")
    axes = figure.add_axes((0.02, _FOOT / height, 0.96, 1 - (_HEAD + _FOOT) / height))
    axes.set(xlim=(0, columns), ylim=(count, 0))
    axes.axis("off")
    for tile in picture.tiles:
        colour = COLOURS[tile.stage] if tile.stage else PALE
        _square(axes, tile.column, tile.row, colour)
        ink = ink_on(colour) if tile.stage else FAINT
        middle = tile.column + 0.5
        axes.text(
            middle, tile.row + (0.33 if tile.stage else 0.5), tile.name, color=ink, ha="center", va="center",
            fontsize=12 if len(tile.name) <= _WIDE else 10,
        )  # fmt: skip
        if tile.stage:
            axes.text(
                middle, tile.row + 0.7, f"{tile.letters} {tile.year}".strip(), fontsize=13, color=ink,
                fontweight="bold", ha="center", va="center",
            )  # fmt: skip
    left, top = _LEGEND
    for number, (stage, letters, words, seen) in enumerate(picture.legend):
        colour, row = COLOURS[stage] if stage else PALE, top + number * 0.5
        _square(axes, left, row, colour, width=0.42, height=0.5)
        axes.text(
            left + 0.21, row + 0.25, letters, fontsize=11, color=ink_on(colour), fontweight="bold", ha="center",
            va="center",
        )  # fmt: skip
        axes.text(left + 0.52, row + 0.25, f"{words}: {seen}", fontsize=12, color=INK, va="center")
    foot = "\n".join(textwrap.wrap(picture.foot, int(WIDTH * 10)))
    figure.text(0.04, 0.36 / height, foot, fontsize=11, color=FAINT, va="center")
    return as_png(figure)


def _square(axes: "Axes", column: float, row: float, colour: str, width: float = 1.0, height: float = 1.0) -> None:
    from matplotlib.patches import Rectangle

    corner = column + _GAP / 2, row + _GAP / 2
    axes.add_patch(Rectangle(corner, width - _GAP, height - _GAP, color=colour, linewidth=0))


def _tile(row: int, column: int, place: MapRow, language: str) -> Tile:
    stage, name = furthest(place), place.vi if language == "vi" else place.en
    if stage is None:
        return Tile(row, column, name)
    seen = place.seen[stage]
    letters = str(macros("life_words.html", language).stage_mark(stage))
    return Tile(row, column, name, stage, letters, str(seen.on.year) if seen.date_known else "")


@cache
def _grid() -> Sequence[Sequence[str]]:
    rows: Sequence[Sequence[str]] = tomllib.loads(DATA.read_text("utf-8"))["rows"]
    return rows
