"""What an evaluation on videos writes: JSON with every figure, a page of HTML, and the lines of the command."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec

from evaluation.errors import EvaluationError
from evaluation.video_figures import Evaluation, Method, Operating, Share
from inference.settings import PipelineSettings

Rows = Sequence[Sequence[str]]
"""A table: the heading first."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures with all that they depend on. Two runs of the same give the same bytes: no clock, no path."""

    pack: str
    contract: str
    threshold_origin: str
    listed: int
    """People on the list."""
    added: int
    """Of them, people drawn from other pictures."""
    seed: int
    recipe: str
    settings: PipelineSettings
    baseline: str | None
    """Whose loop it is; None without."""
    figures: Evaluation


def write_json(path: Path, report: Report) -> None:
    """Raises EvaluationError where the file cannot be written."""
    _write(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def write_html(path: Path, report: Report) -> None:
    """One file that needs nothing else. Raises EvaluationError where it cannot be written."""
    parts = [f"<p>{escape(line)}</p>" for line in lines(report)]
    for title, rows in (
        ("At the threshold", rows_at_threshold(report)),
        ("Misses at equal false alerts", rows_equal(report)),
        ("Recognition opportunities", rows_of_opportunities(report)),
        ("False alerts", rows_of_false_alerts(report)),
        ("Videos", rows_of_videos(report)),
        ("Sweep of the threshold", rows_of_sweep(report)),
    ):
        if len(rows) > 1:
            parts += [f"<h2>{title}</h2>", _html_table(rows)]
    page = _PAGE.format(title=f"Recognition on videos, pack {escape(report.pack)}", body="\n".join(parts))
    _write(path, page.encode())


def lines(report: Report) -> list[str]:
    """What was measured, in sentences."""
    figures = report.figures
    seconds = sum(video.seconds for video in figures.videos)
    hours = figures.rig.false_per_hour
    said = [
        f"pack {report.pack}, threshold {figures.rig.threshold:.3f} ({report.threshold_origin})",
        f"{report.listed} people listed, {report.added} of them added (seed {report.seed})",
        f"{len(figures.videos)} videos, {seconds:.0f} s, pictures {report.recipe}",
        f"rig: {figures.passages} passages, {figures.rig.false_alerts} false alerts:",
        f"  {percent(figures.false_per_passage)} of passages,",
        f"  {hours.per_hour:.0f} an hour of video (95 %: {hours.low:.0f} to {hours.high:.0f})",
    ]
    if report.baseline:
        said.append(f"loop: {report.baseline}")
    return said


def percent(share: Share) -> str:
    """`93.8 % of 16 (69.8 to 99.8)`: the share, of how many, and its 95 % interval."""
    if share.value is None:
        return "nothing to count"
    return f"{100 * share.value:.1f} % of {share.of} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def rows_at_threshold(report: Report) -> Rows:
    rig, loop = report.figures.rig, report.figures.loop
    methods = [rig] if loop is None else [rig, loop]
    rows: list[list[str]] = [["at the threshold", "rig", "loop"][: 1 + len(methods)]]
    rows.append(["TPIR by passage", *(percent(method.tpir) for method in methods)])
    for view in rig.by_view:
        rows.append([f"  {view}", *(percent(method.by_view[view]) for method in methods)])
    rows.append(["false alerts", *(str(len(method.false_people)) for method in methods)])
    rows.append(["frames to alert", *(_times(method) for method in methods)])
    rows.append(["seconds to alert", *(_seconds(method) for method in methods)])
    return rows


def rows_equal(report: Report) -> Rows:
    heading = ["false <=", "rig misses", "at", "loop misses", "at", "fewer", "rig only", "loop only"]
    if report.baseline is None:
        heading = heading[:3]
    rows = [heading]
    for equal in report.figures.equal:
        row = [str(equal.false_alerts), *_operating(equal.rig)]
        if equal.loop is not None:
            fewer = "" if equal.fewer_misses is None else f"{equal.fewer_misses:.0%}".replace("%", " %")
            row += [*_operating(equal.loop), fewer, str(equal.rig_only), str(equal.loop_only)]
        rows.append(row)
    return rows


def rows_of_opportunities(report: Report) -> Rows:
    rig, loop = report.figures.rig, report.figures.loop
    rows = [["video", "person", "frames", "view", "rig: frame", "similarity", "loop: frame", "similarity"]]
    for place, ours in enumerate(rig.opportunities):
        theirs = loop.opportunities[place] if loop else None
        row = [ours.video, ours.identity, f"{ours.first} to {ours.last}", ours.view]
        for found in (ours, theirs):
            frame, similarity = (found.frame, found.similarity) if found else (None, None)
            row += [
                "missed" if found and frame is None else "" if frame is None else str(frame),
                "" if similarity is None else f"{similarity:.3f}",
            ]
        rows.append(row)
    return rows


def rows_of_false_alerts(report: Report) -> Rows:
    rows = [["by", "video", "person", "frame", "similarity"]]
    for name, method in (("rig", report.figures.rig), ("loop", report.figures.loop)):
        for alert in method.false_people if method else ():
            rows.append([name, alert.video, alert.identity, str(alert.frame), f"{alert.similarity:.3f}"])
    return rows


def rows_of_videos(report: Report) -> Rows:
    rows = [["video", "frames", "seconds", "cuts", "opportunities", "passages by the truth", "passages counted"]]
    for video in report.figures.videos:
        counts = (video.opportunities, video.true_passages, video.passages)
        rows.append([video.name, str(video.frames), f"{video.seconds:.1f}", str(len(video.cuts)), *map(str, counts)])
    return rows


def rows_of_sweep(report: Report) -> Rows:
    rows = [["threshold", "rig misses", "rig false alerts", "loop misses", "loop false alerts"]]
    for point in report.figures.sweep:
        counts = (point.rig_missed, point.rig_false, point.loop_missed, point.loop_false)
        rows.append([f"{point.threshold:.2f}", *("" if count is None else str(count) for count in counts)])
    return rows


def _operating(operating: Operating) -> list[str]:
    missed = operating.missed
    return [f"{missed.hits} of {missed.of}", f"{operating.threshold:.2f}"]


def _times(method: Method) -> str:
    times = method.frames_to_alert
    return "no alert" if times is None else f"median {times.median:g}, most {times.most:g}"


def _seconds(method: Method) -> str:
    times = method.seconds_to_alert
    return "no alert" if times is None else f"median {times.median:.2f}, most {times.most:.2f}"


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written ({error.strerror})") from error


def _html_table(rows: Rows) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #8888; padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
