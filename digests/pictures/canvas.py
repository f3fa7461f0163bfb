"""What all pictures share: a sheet upright as a phone is, colours, the file.

matplotlib takes a second to load and much memory: pictures are drawn in a process of its own (feeds.worker.Worker).
Its own font, DejaVu Sans, has all letters of Vietnamese.
"""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 7.2  # inches
DOTS = 110  # an inch
INK, FAINT, PALE = "#222222", "#6E6E6E", "#ECECEC"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
"""The palette of Okabe and Ito (Color Universal Design, 2008), which the colour-blind tell apart too."""
_DARK = (INK, BLUE, GREEN, VERMILION)


def load() -> None:
    """Loads what drawing needs, ahead of it."""
    from matplotlib.backends import backend_agg
    from matplotlib.figure import Figure

    backend_agg.FigureCanvasAgg(Figure()).draw()  # type: ignore[no-untyped-call]


def sheet(height: float, *, layout: str | None = None) -> "Figure":
    """An empty figure, `height` inches high."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DOTS, layout=layout, facecolor="white")  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure


def ink_on(colour: str) -> str:
    """The colour of letters that can be read on this one."""
    return "white" if colour in _DARK else INK


def as_png(figure: "Figure") -> bytes:
    """The finished picture."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
