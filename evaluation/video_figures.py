"""Figures of an evaluation on videos: pure counting over what `evaluation.video_run` recorded.

For the rig and for the plain loop alike:

- An opportunity (`evaluation.video_truth.opportunities`) is recognised if there is an alert for its person in one of
  its frames. TPIR by passage = recognised opportunities / all; FNIR = 1 - TPIR. Its interval is Clopper and Pearson's.
- A false alert is an alert for a person whom the truth does not have in that frame of that video. To compare the two,
  one is counted for each person and video, however often it is repeated: the loop has no passages, and would be charged
  for each frame. The rig's own alerts are also counted one by one, as its operator would see them.
- Time to alert: from the opportunity's first frame to the first alert's, where there is one.
- Equal false alerts: for each number k the misses at the lowest threshold of the sweep from which on, at this and all
  higher ones, there are at most k false alerts. So both are put where they find most for the same false alerts.
"""

import statistics
from collections.abc import Sequence

import msgspec
from scipy.special import gammaincinv  # type: ignore[import-untyped]

from evaluation.intervals import Interval, Proportion
from evaluation.video_run import Hit, VideoRun
from evaluation.video_truth import LabelledVideo, Opportunity, View

EQUAL_AT = (0, 1, 2, 3, 5, 10, 20)


class Share(msgspec.Struct, frozen=True):
    """A proportion as it is written out."""

    hits: int
    of: int
    value: float | None
    """None where there was no trial."""
    low: float
    high: float
    """Clopper and Pearson's 95 % interval."""


class Rate(msgspec.Struct, frozen=True):
    """Events in a time."""

    events: int
    hours: float
    per_hour: float
    low: float
    high: float
    """Exact 95 % interval of a Poisson rate (Garwood 1936)."""


class Times(msgspec.Struct, frozen=True):
    """From an opportunity's first frame to its first alert, over the recognised opportunities."""

    median: float
    most: float


class Found(msgspec.Struct, frozen=True):
    """One opportunity and its first alert."""

    video: str
    identity: str
    first: int
    last: int
    view: str
    frame: int | None
    """Of the first alert; None: missed."""
    similarity: float | None


class FalseAlert(msgspec.Struct, frozen=True):
    """The first false alert for a person in a video."""

    video: str
    identity: str
    frame: int
    similarity: float


class Method(msgspec.Struct, frozen=True):
    """What the rig, or the loop, reached at one threshold."""

    threshold: float
    tpir: Share
    by_view: dict[str, Share]
    alerts: int
    """The rig's alerts; for the loop, faces at or over the threshold."""
    false_alerts: int
    """Of `alerts`."""
    false_people: list[FalseAlert]
    """One for each person and video."""
    false_per_hour: Rate
    """Of `false_people`, video time."""
    frames_to_alert: Times | None
    seconds_to_alert: Times | None
    opportunities: list[Found]


class SweepPoint(msgspec.Struct, frozen=True):
    """Misses and false alerts (person and video) of both at one threshold; None without a loop."""

    threshold: float
    rig_missed: int
    rig_false: int
    loop_missed: int | None
    loop_false: int | None


class Operating(msgspec.Struct, frozen=True):
    """Where a method is put, and what it misses there."""

    threshold: float
    false_alerts: int
    missed: Share


class Equal(msgspec.Struct, frozen=True):
    """Both methods with at most `false_alerts` false alerts; None where even the lowest threshold has fewer."""

    false_alerts: int
    rig: Operating
    loop: Operating | None
    rig_only: int | None
    """Opportunities that only the rig recognised there."""
    loop_only: int | None
    fewer_misses: float | None
    """By what share of the loop's misses the rig has fewer; None where the loop misses nothing."""


class VideoSeen(msgspec.Struct, frozen=True):
    """One video, and its passages against its truth."""

    name: str
    frames: int
    seconds: float
    cuts: list[int]
    opportunities: int
    true_passages: int
    """Rows of the truth, joined as opportunities are, people who are not enrolled included."""
    passages: int
    """That the rig counted at the main threshold."""


class Evaluation(msgspec.Struct, frozen=True):
    videos: list[VideoSeen]
    rig: Method
    passages: int
    false_per_passage: Share
    """The rig's false alerts over its passages."""
    loop: Method | None
    sweep: list[SweepPoint]
    equal: list[Equal]


class Judged(msgspec.Struct, frozen=True):
    """Alerts against the truth."""

    first: dict[int, Hit]
    """By the opportunity's place, the first alert in it."""
    false: list[Hit]


def judge(hits: Sequence[Hit], videos: Sequence[LabelledVideo], chances: Sequence[Opportunity]) -> Judged:
    """`hits` in the order of their frames within each video."""
    first: dict[int, Hit] = {}
    false: list[Hit] = []
    for hit in hits:
        if not videos[hit.video].present(hit.identity, hit.frame):
            false.append(hit)
            continue
        for place, chance in enumerate(chances):
            if chance.holds(hit.video, hit.frame, hit.identity):
                first.setdefault(place, hit)
    return Judged(first, false)


def evaluate(
    videos: Sequence[LabelledVideo],
    runs: Sequence[VideoRun],
    chances: Sequence[Opportunity],
    passages: Sequence[int],
    *,
    with_loop: bool,
) -> Evaluation:
    """The first of each run's `ours` is that of the main threshold, the others those of the sweep, rising.

    `passages`: those of each video by its truth.
    """
    main = [run.ours[0] for run in runs]
    seconds = sum(run.seconds for run in runs)
    ours = _method(main[0].threshold, [hit for one in main for hit in one.alerts], videos, runs, chances, seconds)
    counted = sum(len(one.passages) for one in main)
    faces = [hit for run in runs for hit in run.loop]
    loop = None
    if with_loop:
        loop = _method(ours.threshold, _reaching(faces, ours.threshold), videos, runs, chances, seconds)
    thresholds = [one.threshold for one in runs[0].ours[1:]]
    of_rig = [
        judge([hit for run in runs for hit in run.ours[1 + place].alerts], videos, chances)
        for place in range(len(thresholds))
    ]
    of_loop = [judge(_reaching(faces, threshold), videos, chances) for threshold in thresholds] if with_loop else None
    return Evaluation(
        videos=[
            VideoSeen(
                video.name,
                run.frames,
                round(run.seconds, 3),
                list(run.cuts),
                sum(chance.video == number for chance in chances),
                passages[number],
                len(run.ours[0].passages),
            )
            for number, (video, run) in enumerate(zip(videos, runs, strict=True))
        ],
        rig=ours,
        passages=counted,
        false_per_passage=share(min(ours.false_alerts, counted), counted),
        loop=loop,
        sweep=_sweep(thresholds, of_rig, of_loop, len(chances)),
        equal=_equal(thresholds, of_rig, of_loop, len(chances)),
    )


def share(hits: int, of: int) -> Share:
    proportion = Proportion(hits, of)
    interval = proportion.interval
    return Share(hits, of, proportion.value if of else None, interval.low, interval.high)


def rate(events: int, seconds: float) -> Rate:
    hours = seconds / 3600.0
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    between = Interval(low / hours, float(gammaincinv(events + 1, 0.975)) / hours)
    return Rate(events, hours, events / hours, between.low, between.high)


def _reaching(faces: Sequence[Hit], threshold: float) -> list[Hit]:
    return [hit for hit in faces if hit.similarity >= threshold]


def _method(
    threshold: float,
    hits: Sequence[Hit],
    videos: Sequence[LabelledVideo],
    runs: Sequence[VideoRun],
    chances: Sequence[Opportunity],
    seconds: float,
) -> Method:
    judged = judge(hits, videos, chances)
    waits = [(hit.frame - chances[place].first, runs[hit.video]) for place, hit in judged.first.items()]
    frames = [float(wait) for wait, _ in waits]
    in_seconds = [wait * run.seconds / run.frames for wait, run in waits]
    false = _people(judged.false)
    return Method(
        threshold=threshold,
        tpir=share(len(judged.first), len(chances)),
        by_view={
            view.value: share(sum(chances[place].view is view for place in judged.first), of)
            for view in View
            if (of := sum(chance.view is view for chance in chances))
        },
        alerts=len(hits),
        false_alerts=len(judged.false),
        false_people=[
            FalseAlert(videos[hit.video].name, hit.identity, hit.frame, round(hit.similarity, 4)) for hit in false
        ],
        false_per_hour=rate(len(false), seconds),
        frames_to_alert=_times(frames),
        seconds_to_alert=_times(in_seconds),
        opportunities=[_found(chance, videos, judged.first.get(place)) for place, chance in enumerate(chances)],
    )


def _people(false: Sequence[Hit]) -> list[Hit]:
    """The first of each person and video."""
    first: dict[tuple[int, str], Hit] = {}
    for hit in false:
        first.setdefault((hit.video, hit.identity), hit)
    return list(first.values())


def _times(values: Sequence[float]) -> Times | None:
    return Times(round(statistics.median(values), 3), round(max(values), 3)) if values else None


def _found(chance: Opportunity, videos: Sequence[LabelledVideo], hit: Hit | None) -> Found:
    return Found(
        videos[chance.video].name,
        chance.identity,
        chance.first,
        chance.last,
        chance.view.value,
        hit.frame if hit else None,
        round(hit.similarity, 4) if hit else None,
    )


def _sweep(
    thresholds: Sequence[float], of_rig: Sequence[Judged], of_loop: Sequence[Judged] | None, chances: int
) -> list[SweepPoint]:
    return [
        SweepPoint(
            threshold,
            chances - len(of_rig[place].first),
            len(_people(of_rig[place].false)),
            chances - len(of_loop[place].first) if of_loop else None,
            len(_people(of_loop[place].false)) if of_loop else None,
        )
        for place, threshold in enumerate(thresholds)
    ]


def _equal(
    thresholds: Sequence[float], of_rig: Sequence[Judged], of_loop: Sequence[Judged] | None, chances: int
) -> list[Equal]:
    rows: list[Equal] = []
    for most in EQUAL_AT:
        rig = _lowest(of_rig, most)
        loop = _lowest(of_loop, most) if of_loop else None
        if rig is None or (of_loop and loop is None):
            continue
        ours = of_rig[rig]
        theirs = of_loop[loop] if of_loop and loop is not None else None
        missed = chances - len(ours.first)
        loop_missed = chances - len(theirs.first) if theirs else 0
        rows.append(
            Equal(
                most,
                _operating(thresholds[rig], ours, chances),
                _operating(thresholds[loop], theirs, chances) if theirs and loop is not None else None,
                len(ours.first.keys() - theirs.first.keys()) if theirs else None,
                len(theirs.first.keys() - ours.first.keys()) if theirs else None,
                1.0 - missed / loop_missed if loop_missed else None,
            )
        )
    return rows


def _lowest(sweep: Sequence[Judged], most: int) -> int | None:
    """The place of the lowest threshold from which on there are at most so many false alerts."""
    found = None
    for place in range(len(sweep) - 1, -1, -1):
        if len(_people(sweep[place].false)) > most:
            break
        found = place
    return found


def _operating(threshold: float, judged: Judged, chances: int) -> Operating:
    return Operating(threshold, len(_people(judged.false)), share(chances - len(judged.first), chances))
