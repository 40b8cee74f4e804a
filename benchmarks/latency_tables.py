"""What the latency benchmark found, as tables: pure functions of the times that were noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from alerts.counts import Counts
from benchmarks.alert_times import AlertTimes
from benchmarks.report import Figure, Table
from benchmarks.rigs import percentile, percentiles
from inference.stages import STAGES, FrameTimes


@dataclass(frozen=True)
class Alone:
    """Of the models with nothing else going on, medians in milliseconds, with all that is around their sessions."""

    frames: int
    detector_ms: float
    recogniser_ms: float
    """For one face."""
    sessions_ms: Mapping[str, float]
    """Of the bare calls of ONNX Runtime."""

    @property
    def together_ms(self) -> float:
        return self.detector_ms + self.recogniser_ms


@dataclass(frozen=True)
class Played:
    """One speed."""

    fps: float
    decode_ms: Sequence[float]
    """Of every picture of the clip, with nothing else going on."""
    frames: Sequence[FrameTimes]
    alerts: Mapping[str, AlertTimes]
    painted: Mapping[str, float]
    """By alert: milliseconds since the Unix epoch; empty where no browser was there."""
    counts: Counts
    produced: int
    overwritten: int


def tables(played: Sequence[Played], alone: Alone) -> list[Table]:
    made = []
    for one in played:
        raising = replace(one, decode_ms=(), frames=[frame for frame in one.frames if frame.candidates])
        made += [
            Table(f"Where a frame's time goes at {one.fps:g} frames/s, milliseconds", stages(one, least_way(one))),
            Table(
                f"The same of the frames that brought a candidate, at {one.fps:g} frames/s",
                stages(raising, least_way(one)),
            ),
        ]
    made[-1] = Table(made[-1].title, made[-1].rows, STAGES_NOTE)
    made.append(
        Table("An alert, milliseconds since its frame's capture", [row for one in played for row in of_alerts(one)])
    )
    made.append(
        Table("Show 3: p95 until stored over detector + recogniser", [bound(one, alone) for one in played], BOUND_NOTE)
    )
    made.append(Table("Frames", [frames(one) for one in played], FRAMES_NOTE))
    bare = {f"{label}, bare": ms for label, ms in alone.sessions_ms.items()}
    models: dict[str, Figure] = {"detector": alone.detector_ms, "recogniser, a face": alone.recogniser_ms, **bare}
    made.append(
        Table(
            f"The models alone on {alone.frames} of these frames, milliseconds (median)",
            [{"model": name, "ms": ms} for name, ms in models.items()],
        )
    )
    return made


STAGES_NOTE = (
    "decode: before the capture time, measured alone. way: what the quickest frame needed from capture to the worker."
    " wait: what others took beyond that, in the camera's process and the worker's queue. rest: candidates with their"
    " pictures, tiles, counting. age: from capture to all that done."
)
BOUND_NOTE = "Wanted: at most 4 at 12 frames a second. The models are timed alone, the latency on the busy rig."
FRAMES_NOTE = (
    "not sent: a newer frame came before the worker had room. late: dropped by the worker for their age. In a"
    " queue that grew the frames of the second half would be older."
)


def least_way(one: Played) -> float:
    """Milliseconds from capture to the worker that the quickest frame needed: what others took beyond is waiting."""
    return min((_way(frame) for frame in one.frames), default=0.0)


def _way(frame: FrameTimes) -> float:
    return (frame.taken_at - frame.captured_at) / 1e6


def stages(one: Played, way: float) -> list[Mapping[str, Figure]]:
    """`way`: see `least_way`."""
    ways = [_way(frame) for frame in one.frames]
    of_stage: dict[str, list[float]] = {"decode": list(one.decode_ms)}
    of_stage["way"] = [way for _ in ways]
    of_stage["wait"] = [took - way for took in ways]
    for stage in STAGES:
        of_stage[stage] = [frame.ns[stage] / 1e6 for frame in one.frames]
    of_stage["rest"] = [(frame.done_at - frame.taken_at - sum(frame.ns.values())) / 1e6 for frame in one.frames]
    of_stage["age"] = [(frame.done_at - frame.captured_at) / 1e6 for frame in one.frames]
    return [
        {"stage": stage, **percentiles(took), "mean": mean(took) if took else None} for stage, took in of_stage.items()
    ]


def of_alerts(one: Played) -> list[Mapping[str, Figure]]:
    alerts = list(one.alerts.items())
    until: dict[str, list[float]] = {
        "raised": [(alert.raised - alert.captured) / 1e6 for _, alert in alerts],
        "stored": [(alert.stored - alert.captured) / 1e6 for _, alert in alerts],
        "told": [(alert.told - alert.captured) / 1e6 for _, alert in alerts if alert.told is not None],
        "painted": [one.painted[name] - alert.captured / 1e6 for name, alert in alerts if name in one.painted],
    }
    return [{"until": f"{name}, {one.fps:g} frames/s", **percentiles(took)} for name, took in until.items() if took]


def bound(one: Played, alone: Alone) -> Mapping[str, Figure]:
    stored = [(alert.stored - alert.captured) / 1e6 for alert in one.alerts.values()]
    p95 = percentile(stored, 0.95) if stored else None
    return {
        "frames/s": one.fps,
        "alerts": len(stored),
        "p95 ms": p95,
        "detector ms": alone.detector_ms,
        "recogniser ms": alone.recogniser_ms,
        "times": None if p95 is None else p95 / alone.together_ms,
    }


def frames(one: Played) -> Mapping[str, Figure]:
    half = len(one.frames) // 2
    ages = [(frame.done_at - frame.captured_at) / 1e6 for frame in one.frames]
    counts = one.counts
    return {
        "frames/s": one.fps,
        "given": one.produced,
        "searched": counts.frames,
        "dropped": counts.dropped,
        "not sent": one.overwritten,
        "late": max(0, counts.dropped - one.overwritten),
        "end": one.produced - counts.frames - counts.dropped - counts.unsearched,
        "age p95, first half": percentile(ages[:half], 0.95) if half else None,
        "second half": percentile(ages[half:], 0.95) if half else None,
    }
