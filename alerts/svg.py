"""Static SVG of a matplotlib figure: readable in grey, on light and dark ground, the same bytes every time."""

import io
from collections.abc import Callable
from typing import Any, cast

INK = "#010203"
"""Stands for `currentColor` until the SVG is written."""


def svg(name: str, draw: Callable[[Any], None], height: float) -> str:
    """What `draw` puts on a matplotlib figure 7 inches wide. `name` keeps the ids of several plots on a page apart."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: dict[str, Any] = {
        "svg.hashsalt": f"openlfr-{name}",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.18,
        "grid.color": INK,
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    }
    with rc_context(cast(Any, settings)):
        figure = Figure(figsize=(7.0, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        written = io.StringIO()
        # Dates and versions would make two runs differ.
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return written.getvalue().replace(INK, "currentColor")
