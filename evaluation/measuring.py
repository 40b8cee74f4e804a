"""One evaluation from its files to its report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaluation.baseline import InsightfaceReader
from evaluation.evaluate import Figures, Material, Settings, compare_paths, evaluate, make_trials
from evaluation.features import Tick
from evaluation.gathering import gather
from evaluation.identification import Gain
from evaluation.insightface_app import cannot_load
from evaluation.labels import Labels, Only, read_labels, read_notes
from evaluation.reading import DEFAULT_READING, ProbeReader, Reading, ReferenceReader
from evaluation.report import Report, Source, sha256_of, source
from inference.pack import PackError
from inference.reader import Models
from inference.settings import PipelineSettings

Progress = Callable[[str], AbstractContextManager[Tick]]
FLOOR = (
    "min_eye_distance",
    "max_turn",
    "max_roll",
    "max_cut_off",
    "min_sharpness",
    "min_brightness",
    "max_brightness",
    "min_contrast",
)
"""The settings that make a camera's quality floor; see `inference.settings.PipelineSettings`."""
PACKS_OWN, GIVEN = "pack's own", "given"


@dataclass(frozen=True)
class Asked:
    """What is to be measured, on which files."""

    labels: Path
    root: Path | None = None
    role: str | None = None
    only: tuple[Only, ...] = ()
    groups: tuple[str, ...] = ()
    keep_noted: bool = False
    notes: Path | None = None
    """More doubts about labels, of `labels` and of `fill`; see `evaluation.labels.read_notes`."""
    fill: Path | None = None
    fill_root: Path | None = None
    fill_reading: Reading = DEFAULT_READING
    reading: Reading = DEFAULT_READING
    floor: PipelineSettings | None = None
    """Refuse pictures that a camera's pipeline with these settings would not take as looks; None: refuse none."""
    threshold: float | None = None
    baseline: bool = False
    cache: Path | None = None
    settings: Settings = field(default_factory=Settings)


def measure(asked: Asked, models: Models, progress: Progress) -> tuple[Report, Material]:
    """The report, and our path's material. Raises EvaluationError or UnreadablePicture."""
    notes = read_notes(asked.notes) if asked.notes else None
    labels = read_labels(
        asked.labels,
        asked.root,
        role=asked.role,
        groups=asked.groups,
        keep_noted=asked.keep_noted,
        only=asked.only,
        notes=notes,
    )
    fill = None
    if asked.fill:
        fill = read_labels(asked.fill, asked.fill_root, keep_noted=asked.keep_noted, notes=notes)
    fillers = fill.pictures if fill else ()
    settings = asked.settings if fill else replace(asked.settings, fill_size=0)
    floor = asked.floor
    with progress("reading") as tick:
        material = gather(
            labels.pictures,
            fillers,
            ProbeReader(models, asked.reading),
            ReferenceReader(models, asked.reading),
            ReferenceReader(models, asked.fill_reading),
            enrol_split=settings.enrol_split,
            floor=floor,
            least_score=models.detector.least_score,
            cache=asked.cache,
            tick=tick,
        )
    trials = make_trials(material, settings)
    pictures = max(len(trial.references) for trial in trials)
    settings, origins = _with_thresholds(settings, asked.threshold, models, pictures)
    ours = evaluate(material, trials, settings, asked.groups)
    theirs: Figures | None = None
    better: dict[str, Gain] = {}
    missing = (cannot_load(models.pack) or "") if asked.baseline else "not asked for"
    if not missing:
        reader = InsightfaceReader(models.pack, asked.reading)
        with progress("reading, insightface") as tick:
            other = gather(
                labels.pictures,
                fillers,
                reader,
                reader,
                InsightfaceReader(models.pack, asked.fill_reading) if fill else reader,
                enrol_split=settings.enrol_split,
                cache=asked.cache,
                tick=tick,
            )
        # The same lists and probes: whom insightface cannot enrol stays on them and is never found.
        theirs = evaluate(other, trials, settings, asked.groups)
        better = compare_paths(material, other, trials, settings, ours.points)
    report = Report(
        pack=models.pack.name,
        pack_version=models.pack.version,
        contract=models.pack.contract,
        data=_source(asked.labels, labels),
        fill=_source(asked.fill, fill) if asked.fill and fill else None,
        notes_sha256=sha256_of(asked.notes) if asked.notes else None,
        reading=asked.reading,
        fill_reading=asked.fill_reading if fill else None,
        floor={name: float(getattr(floor, name)) for name in FLOOR} if floor else {},
        settings=settings,
        threshold_origins=origins,
        ours=ours,
        baseline=theirs,
        tpir_gain=better,
        baseline_missing=missing,
    )
    return report, material


def _with_thresholds(
    settings: Settings, given: float | None, models: Models, pictures: int
) -> tuple[Settings, dict[str, str]]:
    """The pack's own threshold for a list of so many reference pictures, if it has one, and the given one."""
    values, origins = dict(settings.thresholds), {}
    try:
        own = models.pack.threshold(pictures)
    except PackError:
        pass
    else:
        values[PACKS_OWN], origins[PACKS_OWN] = own
    if given is not None:
        values[GIVEN], origins[GIVEN] = given, "given with --threshold"
    return replace(settings, thresholds=values), origins


def _source(file: Path, labels: Labels) -> Source:
    people = len({picture.identity for picture in labels.pictures})
    return source(file, len(labels.pictures), people, labels.noted)
