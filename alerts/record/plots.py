"""The pictures of a record, static SVG: each stands above the table with the same figures, and is readable in grey."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from alerts.record.fields import Content, Rate
from alerts.record.measures import rate
from alerts.record.table import number
from alerts.svg import INK, svg
from records.times import from_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE = "#2b7bba", "#d9730d"
HOUR_S = 3600.0
_NOT_ENGAGED = ("not_engaged_lost", "not_engaged_discretion", "not_engaged_stood_down")


def plots(content: Content) -> dict[str, str]:
    """SVG by the name of the table below it; only what this record can show."""
    found = {"outcomes": svg("outcomes", lambda figure: _flow(figure, content), height=3.4)}
    if content.times.started and content.times.ended:
        found["timeline"] = svg("timeline", lambda figure: _timeline(figure.subplots(), content), height=3.0)
    if content.similarity.shown:
        found["scores"] = svg("scores", lambda figure: _scores(figure.subplots(), content), height=3.2)
    found["published"] = svg("published", lambda figure: _published(figure.subplots(), content), height=3.2)
    return found


def _flow(figure: Any, content: Content) -> None:
    """From passages to outcomes: what goes on, left to right, and below each step what ended there."""
    axes = figure.subplots()
    alerts, stops, passages = content.alerts, content.stops, content.passages
    closed = alerts.outcomes
    not_engaged = sum(count for code, count in closed.items() if code.startswith("not_engaged"))
    others = alerts.total - stops.total - not_engaged - closed["false"] - alerts.open
    steps: tuple[tuple[str, int, Sequence[tuple[str, int, Sequence[str]]]], ...] = (
        ("passages", passages.total, [("without a search", passages.without_search, ())]),
        ("searched", passages.searched, []),
        (
            "alerts",
            alerts.total,
            [
                ("false", closed["false"], ("false",)),
                ("on a stale entry", closed["not_engaged_stale_entry"], ("not_engaged_stale_entry",)),
                ("otherwise not engaged", not_engaged - closed["not_engaged_stale_entry"], _NOT_ENGAGED),
                ("undetermined, other", others, ("undetermined", "true_alert")),
                ("open", alerts.open, ()),
            ],
        ),
        ("stops", stops.total, [("another person", closed["confirmed_false"], ("confirmed_false",))]),
        ("arrests", stops.arrests, []),
    )
    axes.set_axis_off()
    axes.set_xlim(-0.5, len(steps) - 0.5)
    axes.set_ylim(-2.3, 0.8)
    frame: dict[str, Any] = {"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": INK}
    for place, (name, count, leaving) in enumerate(steps):
        axes.text(place, 0.25, f"{number(count)}\n{name}", ha="center", va="center", bbox=frame, fontsize=11)
        for line, (words, left, codes) in enumerate(one for one in leaving if one[1]):
            told = axes.text(
                place, -0.75 - 0.32 * line, f"{number(left)} {words}", ha="center", va="center", fontsize=9
            )
            outcome = next((code for code in codes if closed[code]), None)
            if content.cases and outcome is not None:
                told.set_url(f"#outcome-{outcome}")
        if any(left for _, left, _ in leaving):
            _arrow(axes, (place, -0.15), (place, -0.55))
    for place, _ in pairwise(range(len(steps))):
        _arrow(axes, (place + 0.36, 0.25), (place + 0.64, 0.25))


def _arrow(axes: "Axes", start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "color": INK})


def _timeline(axes: "Axes", content: Content) -> None:
    from matplotlib.ticker import MaxNLocator

    times = content.times
    assert times.started is not None
    assert times.ended is not None
    start = from_text(times.started)

    def hours(at: datetime) -> float:
        return (at - start).total_seconds() / HOUR_S

    edges: dict[str, int] = {}
    for span in content.timeline.passages:
        began, ended = hours(_hour(span.first)), hours(_hour(span.last)) + 1.0
        per_hour = span.searched / (ended - began)
        axes.bar(
            began, per_hour, width=ended - began, align="edge", facecolor="none", edgecolor=BLUE, linewidth=1.6,
            label=None if edges else "passages searched, per hour",
        )  # fmt: skip
        edges[span.first] = span.searched
    for place, pause in enumerate(times.pauses):
        axes.axvspan(
            hours(from_text(pause.began)), hours(from_text(pause.ended)), facecolor="none", edgecolor=INK, hatch="///",
            alpha=0.4, linewidth=0, label=None if place else "paused",
        )  # fmt: skip
    at = [hours(from_text(one.at)) for one in content.timeline.alerts]
    counts = [one.alerts for one in content.timeline.alerts]
    above = axes.twinx()
    above.set_ylim(0, max(counts, default=1) * 3)
    above.grid(visible=False)
    above.yaxis.set_major_locator(MaxNLocator(integer=True))
    above.spines["right"].set_visible(True)
    if at:
        lines = above.stem(at, counts, linefmt=ORANGE, markerfmt="D", basefmt=" ", label="alerts, per minute")
        lines.markerline.set_color(ORANGE)
    above.set_ylabel("alerts")
    axes.set_xlim(min(0.0, *at) if at else 0.0, max(hours(from_text(times.ended)), 0.02))
    axes.set_xlabel(f"hours since {times.started[:16].replace('T', ' ')} UTC")
    axes.set_ylabel("passages per hour")
    dropped = number(content.passages.frames_dropped)
    axes.set_title(f"{dropped} frames dropped (when, is not recorded)", fontsize=9, loc="right", pad=22)
    handles = [*axes.get_legend_handles_labels()[0], *above.get_legend_handles_labels()[0]]
    if handles:
        axes.legend(
            handles, [str(handle.get_label()) for handle in handles], frameon=False, fontsize=8, ncols=3,
            loc="lower center", bbox_to_anchor=(0.5, 1.0),
        )  # fmt: skip


def _hour(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _scores(axes: "Axes", content: Content) -> None:
    counts: dict[tuple[float, float], int] = {}
    for one in content.similarity.shown:
        for at in one.bins:
            span = float(at.low), float(at.high or 1.0)
            counts[span] = counts.get(span, 0) + at.count
    for low, high in sorted(counts):
        axes.bar(low, counts[low, high], width=high - low, align="edge", facecolor=BLUE, alpha=0.45, edgecolor=BLUE)
    if content.models.threshold is not None:
        axes.axvline(float(content.models.threshold), color=INK, linestyle="--", linewidth=1.2, label="threshold")
        axes.legend(frameon=False)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5)
    axes.set_xlabel("best similarity of a passage (cosine)")
    axes.set_ylabel("passages (logarithmic)")


def _published(axes: "Axes", content: Content) -> None:
    """Alerts not found false, of all, with their intervals: ours first, filled."""
    ours = rate(content.alerts.total - content.alerts.wrong_person, content.alerts.total)
    rows: list[tuple[str, Rate]] = [("this deployment", ours), *((one.name, one.right) for one in content.published)]
    for place, (_, told) in enumerate(rows):
        low, high = 100 * float(told.low), 100 * float(told.high)
        color, marker = (BLUE, "o") if place == 0 else (ORANGE, "s")
        axes.plot([low, high], [place, place], color=color, linewidth=1.6, linestyle="-" if place == 0 else "--")
        if told.value is not None:
            axes.plot(
                100 * float(told.value), place, color=color, marker=marker, linestyle="none",
                markerfacecolor=color if place == 0 else "none",
            )  # fmt: skip
    axes.set_yticks(range(len(rows)), [f"{name} ({number(told.of)})" for name, told in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 101)
    axes.set_xlabel("alerts not found false, % (number of alerts)")
