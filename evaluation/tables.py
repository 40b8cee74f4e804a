"""The figures as tables of plain text, for the terminal and for the page alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.evaluate import Figures, Missing
from evaluation.groups import GroupFigures
from evaluation.identification import Point
from evaluation.intervals import LEAST_EVENTS, LEAST_TRIALS, Interval, too_few
from evaluation.report import Report, versions

NONE, _TO = "–", "–"
OURS, BASELINE = "OpenLFR", "insightface"
PATH = "path"


@dataclass(frozen=True)
class Table:
    """Rows of text under a title; `note` says what must be known to read them."""

    name: str
    """A short word for anchors and file names."""
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def lead(report: Report) -> str:
    """One sentence: the figure most asked for, with what it rests on."""
    ours = report.ours
    name, point = next(iter(ours.points.items()))
    low, high = 100 * point.tpir_interval.low, 100 * point.tpir_interval.high
    if not point.mated:
        return (
            f"Nobody who passes is on the list of {ours.list_size:,}; at threshold {point.threshold:.3f} ({name}) "
            f"{percent(point.fpir)} of {point.non_mated:,.0f} probes raise a false alert "
            f"(95 % interval {100 * point.fpir_interval.low:.2f} to {100 * point.fpir_interval.high:.2f} %)."
        )
    return (
        f"With a list of {ours.list_size:,} and threshold {point.threshold:.3f} ({name}), TPIR is "
        f"{percent(point.tpir)} (95 % interval {low:.2f} to {high:.2f} %) of {point.mated:,.0f} mated probes, those "
        f"not acquired counted as misses, and FPIR is {percent(point.fpir)} of {point.non_mated:,.0f} non-mated probes."
    )


def facts(report: Report) -> dict[str, str]:
    """What a second person needs to repeat the figures."""
    data, settings, reading = report.data, report.settings, report.reading
    found = {
        "pack": f"{report.pack} {report.pack_version}",
        "embedding contract": report.contract,
        "labels": f"{data.file}, SHA-256 {data.sha256}",
        "pictures": f"{data.pictures:,} of {data.people:,} people; {data.noted} left out for a note on their label",
    }
    if report.fill:
        found["list filled with"] = f"{settings.fill_size:,} people of {report.fill.file}, SHA-256 {report.fill.sha256}"
    if report.notes_sha256:
        found["notes on labels"] = f"SHA-256 {report.notes_sha256}"
    found |= {
        "reading": f"{reading.which.value} face, detector at {reading.detector_size} pixels, border {reading.pad:g}",
        "quality floor": ", ".join(f"{name} {value:g}" for name, value in report.floor.items()) or "none",
        "draws": f"{report.ours.draws}, seed {settings.seed}; intervals: {settings.resamples:,} resamples of people",
        "made with": ", ".join(f"{name} {number}" for name, number in versions(report).items()),
    }
    return found | {f"threshold, {name}": origin for name, origin in report.threshold_origins.items()}


def tables(report: Report) -> list[Table]:
    """All of them, most asked for first."""
    sides = _sides(report)
    found = [_identification(sides), _gains(report), _acquisition(sides), _verification(sides), _scaling(report.ours)]
    found += [
        _groups(column, name, figures)
        for column, by_name in report.ours.groups.items()
        for name, figures in list(by_name.items())[:1]
    ]
    found.append(_discards(report.ours))
    return [table for table in found if table.rows]


def _sides(report: Report) -> list[tuple[str, Figures]]:
    sides = [(OURS, report.ours)]
    return [*sides, (BASELINE, report.baseline)] if report.baseline else sides


def _identification(sides: Sequence[tuple[str, Figures]]) -> Table:
    rows = [
        (
            name,
            side,
            f"{point.threshold:.3f}",
            percent(point.fpir),
            around(point.fpir_interval),
            percent(point.tpir),
            around(point.tpir_interval),
            percent(point.tpir_acquired),
        )
        for name in sides[0][1].points
        for side, figures in sides
        for point in [figures.points[name]]
    ]
    ours = sides[0][1]
    any_point = next(iter(ours.points.values()))
    note = (
        f"List of {ours.list_size:,}, {ours.draws} draws; a draw has {any_point.mated:,.0f} mated and "
        f"{any_point.non_mated:,.0f} acquired non-mated probes. Rank-1 miss at any threshold: "
        + ", ".join(f"{side} {percent(figures.rank_one_miss)}" for side, figures in sides)
        + ". "
        + "".join(_rests(name, point) for name, point in ours.points.items())
    )
    columns = ("at", PATH, "value", "FPIR", "95 %", "TPIR", "95 %", "acquired")
    return _sided("identification", "Open-set identification", columns, rows, note.strip(), sides)


def _gains(report: Report) -> Table:
    rows = [
        (name, f"{100 * gain.value:+.2f} points", f"{100 * gain.interval.low:+.2f} to {100 * gain.interval.high:+.2f}")
        for name, gain in report.tpir_gain.items()
    ]
    note = "The same lists, probes and resampled people for both. An interval that holds 0 shows no difference."
    return Table("gain", f"TPIR of {OURS} less that of {BASELINE}", ("at", "gain", "95 %"), tuple(rows), note)


def _sided(
    name: str,
    title: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    note: str,
    sides: Sequence[tuple[str, Figures]],
) -> Table:
    """Without the column that tells the paths apart where there is one path only."""
    kept = [number for number, column in enumerate(columns) if column != PATH or len(sides) > 1]
    return Table(
        name,
        title,
        tuple(columns[number] for number in kept),
        tuple(tuple(row[number] for number in kept) for row in rows),
        note,
    )


def _rests(name: str, point: Point) -> str:
    if not too_few(point.false_positives, point.non_mated):
        return ""
    return f"{name} rests on {point.false_positives:.1f} false positives a draw: too few to say more than its order. "


def _acquisition(sides: Sequence[tuple[str, Figures]]) -> Table:
    rows = []
    for side, figures in sides:
        for what, missing in (("failure to enrol", figures.enrolment), ("failure to acquire", figures.acquisition)):
            rows.append((what, side, f"{missing.missing} of {missing.pictures}", _rate(missing), _reasons(missing)))
    note = f"People who could not be listed: {sides[0][1].not_enrolled:g} a draw."
    columns = ("failure", PATH, "pictures", "rate", "because")
    return _sided("acquisition", "Failure to enrol and to acquire", columns, rows, note, sides)


def _rate(missing: Missing) -> str:
    return percent(missing.missing / missing.pictures) if missing.pictures else NONE


def _reasons(missing: Missing) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in missing.reasons.items()) or NONE


def _verification(sides: Sequence[tuple[str, Figures]]) -> Table:
    rows = [
        (
            f"{100 * ours.target_far:g} %",
            side,
            f"{each.threshold:.4f}",
            f"{each.false_accepts}",
            percent(each.tar),
            around(each.interval),
        )
        for number, ours in enumerate(sides[0][1].verification)
        for side, figures in sides
        for each in [figures.verification[number]]
    ]
    roc = sides[0][1].roc
    note = f"{roc.mated:,} mated and {roc.non_mated:,} non-mated pairs. Equal error rate: " + ", ".join(
        f"{side} {percent(figures.roc.equal_error_rate)}" for side, figures in sides
    )
    if not roc.mated or not roc.non_mated:
        rows = []
    columns = ("FAR", PATH, "threshold", "false accepts", "true accept rate", "95 %")
    return _sided("verification", "Verification", columns, rows, f"{note}.", sides)


def _scaling(ours: Figures) -> Table:
    if len(ours.scaling) < 2:
        return Table("scaling", "List size", (), ())
    targets = [point.target_fpir or 0.0 for point in ours.scaling[0].points]
    rows = []
    for scaled in ours.scaling:
        row = [f"{scaled.size:,}"]
        for point in scaled.points:
            row += [f"{point.threshold:.3f}", percent(point.tpir), around(point.tpir_interval)]
        rows.append(tuple(row))
    columns = ["N"]
    for target in targets:
        columns += [f"FPIR {100 * target:g} %", "TPIR", "95 %"]
    note = "The first N entries of each list, the threshold set anew; the non-mated probes are the same for every N."
    return Table("scaling", "List size", tuple(columns), tuple(rows), note)


def _groups(column: str, name: str, figures: Sequence[GroupFigures]) -> Table:
    rows = [
        (
            each.group or "(none)",
            f"{each.point.false_positives:.1f} / {each.point.non_mated:,.0f}",
            *_share(each.point.fpir, each.point.fpir_interval, each.few_false_positives),
            f"{each.point.mated:,.0f}",
            *_share(each.point.tpir, each.point.tpir_interval, each.few_misses),
        )
        for each in figures
    ]
    threshold = f", threshold {figures[0].point.threshold:.3f}" if figures else ""
    note = (
        f"* too few to say: fewer than {LEAST_EVENTS} events or {LEAST_TRIALS} probes; do not compare such a figure "
        f"with another. Counts are means over draws."
    )
    columns = (column, "false positives", "FPIR", "95 %", "mated", "TPIR", "95 %")
    return Table(f"group-{column}", f"By {column}, at {name}{threshold}", columns, tuple(rows), note)


def _share(value: float, interval: Interval, few: bool) -> tuple[str, str]:
    return (f"{percent(value)}{' *' if few else ''}", around(interval)) if not math.isnan(value) else (NONE, NONE)


def _discards(ours: Figures) -> Table:
    at = (0, 5, 10, 15)
    discards = [each for each in ours.discards if not any(math.isnan(value) for value in each.fnir)]
    rows = [
        (each.measure, *(percent(each.fnir[number]) for number in at), f"{each.gain:+.2f}")
        for each in sorted(discards, key=lambda each: -each.gain)
    ]
    columns = ("measure", *(f"{ours.discards[0].shares[number]:.0%}" for number in at), "gain") if discards else ()
    note = (
        f"FNIR of acquired mated probes at threshold {ours.discard_threshold:.3f} after that share of them, the worst "
        f"by the measure, was refused. Gain: 1 would refuse the misses first, 0 is chance."
    )
    return Table("discard", "Error versus discard", columns, tuple(rows), note)


def percent(share: float) -> str:
    """With as many digits as a share of some thousand trials bears."""
    if math.isnan(share):
        return NONE
    return f"{100 * share:.2f} %"


def around(interval: Interval) -> str:
    """In per cent, with no more digits than the interval's width bears; it does not break over lines."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return ""
    digits = 2 if interval.high - interval.low < 0.01 else 1
    return f"{100 * interval.low:.{digits}f}{_TO}{100 * interval.high:.{digits}f}"
