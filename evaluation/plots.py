"""Static SVG plots of an evaluation: readable in grey, on light and dark ground, the same bytes every time.

Text and axes are drawn in `currentColor`; lines differ by dash and marker as well as by colour.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alerts.svg import INK, svg
from evaluation.evaluate import Figures
from evaluation.groups import GroupFigures
from evaluation.identification import Point
from evaluation.report import Report
from evaluation.tables import BASELINE, OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES: Mapping[str, dict[str, Any]] = {
    OURS: {"color": "#2b7bba", "linestyle": "-", "linewidth": 2.0},
    BASELINE: {"color": "#d9730d", "linestyle": "--", "linewidth": 1.6},
}
_CYCLE = (
    ("#2b7bba", "-", "o"),
    ("#d9730d", "--", "s"),
    ("#3a9a5b", "-.", "^"),
    ("#b0479d", ":", "D"),
    ("#8a8a8a", (0, (5, 1)), "v"),
    ("#c23b22", (0, (3, 1, 1, 1)), "P"),
    ("#5d6fd6", (0, (1, 1)), "X"),
    ("#927000", (0, (8, 2)), "<"),
)


def plots(report: Report) -> dict[str, str]:
    """SVG by the name of the table with the same figures; only what these data can show."""
    ours = report.ours
    sides = {OURS: ours} | ({BASELINE: report.baseline} if report.baseline else {})
    found: dict[str, str] = {}
    if ours.curve.fpir:
        found["identification"] = _drawn("identification", lambda axes: _identification(axes, sides))
    if ours.roc.mated and ours.roc.non_mated:
        found["verification"] = _drawn("verification", lambda axes: _det(axes, sides))
    if sum(ours.histogram.mated) + sum(ours.histogram.non_mated):
        found["scores"] = _drawn("scores", lambda axes: _scores(axes, ours))
    if len(ours.scaling) > 1:
        found["scaling"] = _drawn("scaling", lambda axes: _scaling(axes, ours))
    if any(each.fnir[0] > 0.0 for each in ours.discards):
        found["discard"] = _drawn("discard", lambda axes: _discard(axes, ours))
    for column, by_name in ours.groups.items():
        figures = next(iter(by_name.values()))
        found[f"group-{column}"] = _drawn_groups(f"group-{column}", column, figures)
    return found


def _identification(axes: "Axes", sides: Mapping[str, Figures]) -> None:
    least = 1.0
    for side, figures in sides.items():
        curve = figures.curve
        axes.plot(curve.fpir, _floored(curve.fnir), label=side, **_STYLES[side])
        axes.fill_between(
            curve.fpir, _floored(curve.low), _floored(curve.high), color=_STYLES[side]["color"], alpha=0.15, linewidth=0
        )
        least = min(least, *(value for value in curve.fnir if value > 0.0), 1.0)
    ours = sides[OURS]
    point = next(iter(ours.points.values()))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1e-4, 1.0)
    axes.set_ylim(max(least / 2, 1e-4), 1.0)
    axes.axvspan(1e-4, min(10 / max(point.non_mated, 1.0), 1.0), color=INK, alpha=0.06, linewidth=0)
    axes.set_xlabel("FPIR (grey: fewer than 10 false positives a draw)")
    axes.set_ylabel("FNIR, failures to acquire included")
    axes.set_title(
        f"N = {ours.list_size:,}; {point.mated:,.0f} mated, {point.non_mated:,.0f} non-mated probes; {ours.draws} draws"
    )
    axes.legend(frameon=False)


def _det(axes: "Axes", sides: Mapping[str, Figures]) -> None:
    for side, figures in sides.items():
        axes.plot(_floored(figures.roc.far), _floored(figures.roc.frr), label=side, **_STYLES[side])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("false accept rate")
    axes.set_ylabel("false reject rate")
    roc = sides[OURS].roc
    axes.set_title(f"{roc.mated:,} mated, {roc.non_mated:,} non-mated pairs")
    axes.legend(frameon=False)


def _scores(axes: "Axes", ours: Figures) -> None:
    edges = np.array(ours.histogram.edges)
    for name, counts, style, filled in (
        ("non-mated: highest to any entry", ours.histogram.non_mated, _CYCLE[1], False),
        ("mated: to one's own entry", ours.histogram.mated, _CYCLE[0], True),
    ):
        total = sum(counts)
        if total:
            share = np.array(counts) / total
            axes.stairs(share, edges, fill=filled, color=style[0], alpha=0.35 if filled else 1.0, label=name)
            axes.stairs(share, edges, color=style[0], linestyle=style[1], linewidth=1.4)
    for (name, point), dash in zip(ours.points.items(), ("-", "--", "-.", ":"), strict=False):
        axes.axvline(point.threshold, color=INK, linestyle=dash, linewidth=1.0, label=f"threshold, {name}")
    axes.set_xlabel("similarity (cosine)")
    axes.set_ylabel("share of probes")
    axes.set_title(f"N = {ours.list_size:,}; {ours.draws} draws together")
    axes.legend(frameon=False, fontsize=8)


def _scaling(axes: "Axes", ours: Figures) -> None:
    sizes = [scaled.size for scaled in ours.scaling]
    for number, style in zip(range(len(ours.scaling[0].points)), _CYCLE, strict=False):
        at = [scaled.points[number] for scaled in ours.scaling]
        values = np.array([1.0 - point.tpir for point in at])
        bars = _bars(values, [(1.0 - p.tpir_interval.high, 1.0 - p.tpir_interval.low) for p in at])
        target = at[0].target_fpir or 0.0
        axes.errorbar(
            sizes, values, yerr=bars, color=style[0], linestyle=style[1], marker=style[2], capsize=3,
            label=f"FPIR {100 * target:g} %",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("entries on the list, N")
    axes.set_ylabel("FNIR (95 % intervals)")
    axes.set_title("The same non-mated probes for every N")
    axes.legend(frameon=False)


def _discard(axes: "Axes", ours: Figures) -> None:
    for each, style in zip(ours.discards, _CYCLE, strict=False):
        combined = each is ours.discards[0]
        axes.plot(
            [100 * share for share in each.shares], [100 * value for value in each.fnir], color=style[0],
            linestyle=style[1], marker=style[2], markersize=4, linewidth=2.4 if combined else 1.2, label=each.measure,
        )  # fmt: skip
    best = ours.discards[0]
    axes.plot(
        [100 * share for share in best.shares], [100 * value for value in best.best], color=INK, linewidth=0.8,
        label="misses first (not reachable)",
    )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("acquired mated probes refused, the worst first, %")
    axes.set_ylabel("FNIR of the rest, %")
    axes.set_title(f"Threshold {ours.discard_threshold:.3f}")
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _drawn_groups(name: str, column: str, figures: tuple[GroupFigures, ...]) -> str:
    """Two panels: FPIR and TPIR of each group with their intervals; hollow where there are too few to say."""

    def panel(axes: "Axes", title: str, of: Callable[[Point], tuple[float, float, float]], few: list[bool]) -> None:
        for place, each in enumerate(figures):
            value, low, high = (100 * part for part in of(each.point))
            if not np.isnan(value):
                axes.errorbar(
                    value, place, xerr=_bars(np.array([value]), [(low, high)]), color=_CYCLE[0][0], marker="o",
                    capsize=3, markerfacecolor="none" if few[place] else _CYCLE[0][0],
                )  # fmt: skip
        axes.set_yticks(range(len(figures)), [each.group or "(none)" for each in figures])
        axes.set_ylim(len(figures) - 0.5, -0.5)
        axes.set_xlim(left=max(0.0, axes.get_xlim()[0]))
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel(title)

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        panel(
            left, "FPIR, % (95 %)",
            lambda point: (point.fpir, point.fpir_interval.low, point.fpir_interval.high),
            [each.few_false_positives for each in figures],
        )  # fmt: skip
        panel(
            right, "TPIR, % (95 %)",
            lambda point: (point.tpir, point.tpir_interval.low, point.tpir_interval.high),
            [each.few_misses for each in figures],
        )  # fmt: skip
        figure.suptitle(f"By {column}, threshold {figures[0].point.threshold:.3f}; hollow: too few to say", fontsize=10)

    return svg(name, draw, height=max(2.2, 1.2 + 0.32 * len(figures)))


def _bars(values: NDArray[np.float64], ends: list[tuple[float, float]]) -> NDArray[np.float64]:
    """(2, n): how far the interval reaches below and above each value."""
    low, high = np.array(ends).T
    reach: NDArray[np.float64] = np.maximum(np.stack([values - low, high - values]), 0.0)
    return reach


def _floored(values: tuple[float, ...]) -> NDArray[np.float64]:
    """A rate of 0 has no place on a logarithmic axis: it is drawn far below."""
    raised: NDArray[np.float64] = np.maximum(np.array(values, float), 1e-9)
    return raised


def _drawn(name: str, draw: Callable[["Axes"], None]) -> str:
    return svg(name, lambda figure: draw(figure.subplots()), height=4.2)
