"""What the Oxford Circus benchmark found, as tables: pure functions of what was read from the rig and its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alerts.counts import Counts
from benchmarks.alert_times import AlertTimes
from benchmarks.passages import Compared
from benchmarks.report import Figure, Table
from benchmarks.rigs import Memory, percentile, percentiles
from inference.stages import FrameTimes

FIRST_PASSAGES = 1000
"""Memory counts from here on: models are warm and buffers have their size."""
STEADY_SAMPLES = 24
LINES_OVER_TIME = 16


@dataclass(frozen=True)
class Sample:
    """The rig at one moment."""

    memory: Memory
    passages: int
    frames: int
    dropped: int


@dataclass(frozen=True)
class Candidates:
    """What became of the workers' candidates, by the record."""

    alerts: int
    sightings: int
    suppressed: int

    @property
    def all(self) -> int:
        return self.alerts + self.sightings + self.suppressed


@dataclass(frozen=True)
class Run:
    """One rate with one number of cameras."""

    rate: float
    cameras: int
    minutes: float
    """That the cameras ran."""
    compared: Compared
    counts: Counts
    produced: int
    """Pictures that the cameras gave, by their processes' last word before they were stopped."""
    overwritten: int
    """Of these, never sent: a newer one had come."""
    listed_passages: int
    """Rows of the record: passages of the test, one by one."""
    candidates: Candidates
    samples: Sequence[Sample]
    alerts: Sequence[AlertTimes]
    frames: Sequence[FrameTimes]
    restarts: int
    ledger: str
    """Empty where it is complete and unaltered, else what is wrong."""
    people: int
    """Different people who walked."""

    @property
    def name(self) -> str:
        return f"{self.rate:g}/min, {self.cameras} camera{'' if self.cameras == 1 else 's'}"

    def faults(self) -> list[str]:
        """Where the record does not reconcile."""
        counts, found = self.counts, []
        known = counts.frames + counts.dropped + counts.unsearched
        # Between a camera's last word and its end up to a fifth of a second of frames comes; what was dropped after the
        # last searched frame the record does not know yet.
        spare = 8 * self.cameras
        if abs(self.produced - known) > spare:
            found.append(f"the cameras gave {self.produced} frames, the record accounts for {known}")
        if counts.passages != self.listed_passages:
            found.append(f"{counts.passages} passages were counted, {self.listed_passages} are listed")
        if counts.candidates != self.candidates.all:
            found.append(f"{counts.candidates} candidates were raised, {self.candidates.all} are in the record")
        if self.ledger:
            found.append(f"the ledger: {self.ledger}")
        if self.restarts:
            found.append(f"{self.restarts} times a process had to be started again")
        return found


def tables(runs: Sequence[Run]) -> list[Table]:
    made = [
        Table("Passages", [_passages(run) for run in runs], PASSAGES_NOTE),
        Table("Frames", [_frames(run) for run in runs], FRAMES_NOTE),
        Table("Latency of alerts, milliseconds from the frame's capture", [_alerts(run) for run in runs], ALERTS_NOTE),
        Table("Age of frames when they were searched, milliseconds", [_age(run) for run in runs]),
        Table("The record", [_record(run) for run in runs]),
    ]
    for run in runs:
        made.append(Table(f"Memory, MiB: {run.name}", memory_rows(run), _memory_note(run)))
        made.append(Table(f"Over time: {run.name}", over_time(run)))
    return made


PASSAGES_NOTE = (
    "counted: those shown that one passage of the record stands for. besides: passages of the record that stand for"
    " none, most of them broken tracks. found: listed people with an alert or a sighting. false: tracks taken for"
    " somebody who was not in the picture."
)
FRAMES_NOTE = (
    "not sent: a newer frame came before the worker had room. late: dropped by the worker for their age, or lost with"
    " it. end: not accounted for of what the cameras gave, by their last word, which may be 0.2 s old when they stop."
)
ALERTS_NOTE = "stored: the service's time of storing, before its commit. told: when the tablets' server heard of it."


def _passages(run: Run) -> dict[str, Figure]:
    found = run.compared
    return {
        "rate, cameras": run.name,
        "shown": found.shown,
        "people": run.people,
        "shown/min": found.shown / run.minutes,
        "counted": found.matched,
        "missed": found.missed,
        "besides": found.besides,
        "listed": found.listed_shown,
        "found": found.listed_found,
        "false": found.false_candidates,
    }


def _frames(run: Run) -> dict[str, Figure]:
    counts = run.counts
    return {
        "rate, cameras": run.name,
        "given": run.produced,
        "searched": counts.frames,
        "dropped": counts.dropped,
        "dropped %": 100 * counts.dropped / max(1, counts.frames + counts.dropped),
        "not sent": run.overwritten,
        "late": max(0, counts.dropped - run.overwritten),
        "unsearched": counts.unsearched,
        "end": run.produced - counts.frames - counts.dropped - counts.unsearched,
        "faces": counts.faces,
    }


def _alerts(run: Run) -> dict[str, Figure]:
    stored = percentiles([(alert.stored - alert.captured) / 1e6 for alert in run.alerts], "stored")
    told = percentiles([(alert.told - alert.captured) / 1e6 for alert in run.alerts if alert.told], "told")
    del told["n"]
    return {"rate, cameras": run.name, **stored, **told}


def _age(run: Run) -> dict[str, Figure]:
    half = len(run.frames) // 2
    ages = [(frame.done_at - frame.captured_at) / 1e6 for frame in run.frames]
    return {
        "rate, cameras": run.name,
        **percentiles(ages),
        "p95, first half": percentile(ages[:half], 0.95) if half else None,
        "p95, second half": percentile(ages[half:], 0.95) if half else None,
    }


def _record(run: Run) -> dict[str, Figure]:
    return {
        "rate, cameras": run.name,
        "candidates": run.counts.candidates,
        "alerts": run.candidates.alerts,
        "sightings": run.candidates.sightings,
        "suppressed": run.candidates.suppressed,
        "reconciles": "; ".join(run.faults()) or "yes",
    }


def base_of(run: Run) -> int:
    """The sample from which on memory should be flat: after 1,000 passages, or half-way where there were too few."""
    passages = run.samples[-1].passages
    least = FIRST_PASSAGES if passages >= 2 * FIRST_PASSAGES else passages / 2
    return next(at for at, sample in enumerate(run.samples) if sample.passages >= least)


def memory_rows(run: Run) -> list[Mapping[str, Figure]]:
    if not run.samples:
        return []
    later = run.samples[base_of(run) :]
    rows: list[Mapping[str, Figure]] = []
    for name in later[-1].memory.mib:
        held = [sample.memory.mib[name] for sample in later if name in sample.memory.mib]
        some = max(1, min(STEADY_SAMPLES, len(held) // 2))
        then, end = median(held[:some]), median(held[-some:])
        rows.append({"process": name, "then": then, "end": end, "most": max(held), "grown %": 100 * (end / then - 1)})
    return rows


def _memory_note(run: Run) -> str:
    if not run.samples:
        return ""
    base, last = run.samples[base_of(run)], run.samples[-1]
    short = "" if last.passages >= 2 * FIRST_PASSAGES else " Too few passages to say whether it is flat."
    return (
        f"then: after {base.passages:,} passages; end: after {last.passages:,}; medians of up to {STEADY_SAMPLES}"
        f" samples, as a process takes and gives back memory all the time.{short}"
    )


def over_time(run: Run) -> list[Mapping[str, Figure]]:
    """At most some lines, evenly spaced, the last sample among them."""
    samples = run.samples
    wanted = sorted({round(at * (len(samples) - 1) / LINES_OVER_TIME) for at in range(1, LINES_OVER_TIME + 1)})
    rows: list[Mapping[str, Figure]] = []
    since = 0
    for at in wanted:
        if not 0 <= at < len(samples):
            continue
        sample = samples[at]
        rows.append(
            {
                "minute": sample.memory.at_s / 60,
                "passages": sample.passages,
                "searched": sample.frames,
                "dropped": sample.dropped,
                "dropped since": sample.dropped - since,
                "all MiB": sum(sample.memory.mib.values()),
                "infer MiB": sample.memory.mib.get("infer"),
            }
        )
        since = sample.dropped
    return rows
