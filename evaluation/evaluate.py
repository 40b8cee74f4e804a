"""All figures of one pack on labelled pictures, from what it made of them: features and labels in, figures out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluation.discard import Discard, discarding, goodness
from evaluation.errors import EvaluationError
from evaluation.features import Features, as_seen
from evaluation.groups import GroupFigures, by_group
from evaluation.identification import Curve, Gain, Point, curve, gains, points, rank_one_miss
from evaluation.intervals import DRAWS
from evaluation.labels import Labelled
from evaluation.protocol import Trial, draw_trials, role_trials, shortened
from evaluation.searching import Searches, search, threshold_at
from evaluation.verification import Pairs, Roc, Verified, compare, roc, verified
from inference.looks import refuse_geometry, refuse_light
from inference.settings import PipelineSettings

TARGETS = (1e-2, 1e-3)
"""FPIR at which TPIR is stated."""
FARS = (1e-2, 1e-3, 1e-4, 1e-5)
CURVE_LEVELS = tuple(float(level) for level in np.round(np.geomspace(1e-4, 1.0, 41), 8))
CURVE_RESAMPLES = 200
SIZES = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
HISTOGRAM_BINS = 75
"""Of similarity from -0.5 to 1."""


@dataclass(frozen=True)
class Settings:
    """What is measured, and how often."""

    list_size: int | None = None
    """People drawn for the list; None: half of those with two pictures, or all where the labels have roles."""
    enrol_split: bool = False
    """Draw who is enrolled with which picture, also where the labels have roles."""
    fill_size: int = 0
    """People of the filling labels on each list."""
    draws: int = 5
    seed: int = 1
    resamples: int = DRAWS
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Fixed thresholds to measure at as well, by what they are called."""


@dataclass(frozen=True)
class Missing:
    """How many of how many pictures gave no template, and why."""

    pictures: int
    missing: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Histogram:
    """Counts over all draws. `mated`: similarity to one's own entry; `non_mated`: the highest to any entry."""

    edges: tuple[float, ...]
    mated: tuple[int, ...]
    non_mated: tuple[int, ...]


@dataclass(frozen=True)
class Scaled:
    """Identification in the first `size` entries of every list."""

    size: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Figures:
    """One path's figures."""

    enrolment: Missing
    """Pictures read to be enrolled."""
    not_enrolled: float
    """People who were to be listed and could not be; mean over draws."""
    acquisition: Missing
    """Pictures read as probes."""
    list_size: int
    draws: int
    points: Mapping[str, Point]
    """By what each threshold is called."""
    rank_one_miss: float
    curve: Curve
    verification: tuple[Verified, ...]
    roc: Roc
    histogram: Histogram
    discards: tuple[Discard, ...]
    discard_threshold: float
    scaling: tuple[Scaled, ...]
    groups: Mapping[str, Mapping[str, tuple[GroupFigures, ...]]]
    """By column, then by what the threshold is called."""


@dataclass(frozen=True, eq=False)
class Material:
    """Labelled pictures and what a path made of them; n pictures, fillers last."""

    pictures: Sequence[Labelled]
    probes: Features
    references: Features
    fillers: NDArray[np.bool_]
    """(n,): pictures of people who only fill the list."""
    enrolling: NDArray[np.bool_]
    """(n,): pictures that were read to be enrolled."""
    probing: NDArray[np.bool_]
    """(n,): pictures that were read as probes."""
    acquired: NDArray[np.bool_]
    """(n,): has a template, and is good enough to be searched with."""
    refused: Sequence[str]
    """n: why a picture was not acquired."""


def looks_refused(features: Features, floor: PipelineSettings | None, least_score: float) -> list[str]:
    """n: why the camera's pipeline would not take each picture as a look; empty where it would.

    `floor` None: only pictures without a template are refused.
    """
    reasons = []
    for found, refused, measures in zip(features.found, features.refused, features.measures, strict=True):
        reason = refused
        if found and floor is not None:
            where, how = as_seen(measures)
            against = refuse_geometry(where, floor, least_score) or refuse_light(how, floor)
            reason = against.value if against else ""
        reasons.append(reason)
    return reasons


def make_trials(material: Material, settings: Settings) -> list[Trial]:
    """The lists and their probes. Raises EvaluationError where the labels do not allow them."""
    identities = _identities(material)
    usable = material.references.found
    roles = np.array([picture.role for picture in material.pictures])
    drawing = (settings.list_size, settings.draws, settings.seed, material.fillers, settings.fill_size)
    if (roles[~material.fillers] != "").any() and not settings.enrol_split:
        trials = role_trials(identities, roles, usable, *drawing)
    else:
        trials = draw_trials(identities, usable, *drawing)
    if any(not trial.size for trial in trials):
        raise EvaluationError(
            "nobody is on the list: name people with two pictures, or roles, or others to fill it (--fill)"
        )
    return trials


def search_all(material: Material, trials: Sequence[Trial]) -> list[Searches]:
    people = _numbered(material)
    templates, references = material.probes.templates, material.references.templates
    return [search(trial, references, templates, material.acquired, people) for trial in trials]


def evaluate(material: Material, trials: Sequence[Trial], settings: Settings, groups: Sequence[str]) -> Figures:
    """Every figure. `groups`: columns of the labels. Raises EvaluationError where the trials have no non-mated probe
    and no threshold is given."""
    searches = search_all(material, trials)
    people = int(_numbered(material).max(initial=0)) + 1
    non_mated = any((~each.mated & each.acquired).any() for each in searches)
    mated = any(each.mated.any() for each in searches)
    if not non_mated and not settings.thresholds:
        raise EvaluationError(
            "every probe's person is on the list, so no FPIR can be measured: give a smaller --list-size, "
            "or a --threshold"
        )
    targets = TARGETS if non_mated else ()
    names = [*(f"FPIR {100 * target:g} %" for target in targets), *settings.thresholds]
    common = {"resamples": settings.resamples, "seed": settings.seed}
    found = dict(
        zip(names, points(searches, people, targets, list(settings.thresholds.values()), **common), strict=True)
    )
    strictest = names[len(targets) - 1] if targets else names[0]
    pairs = _pairs(material)
    columns = {column: np.array([each.columns.get(column, "") for each in material.pictures]) for column in groups}
    return Figures(
        enrolment=_missing(material.references.refused, material.enrolling),
        not_enrolled=float(np.mean([trial.not_enrolled for trial in trials])),
        acquisition=_missing(material.refused, material.probing),
        list_size=max(trial.size for trial in trials),
        draws=len(trials),
        points=found,
        rank_one_miss=rank_one_miss(searches),
        curve=curve(
            searches,
            people,
            CURVE_LEVELS if non_mated else (),
            resamples=min(settings.resamples, CURVE_RESAMPLES),
            seed=settings.seed,
        ),
        verification=tuple(verified(pairs, FARS, **common)),
        roc=roc(pairs),
        histogram=_histogram(searches),
        discards=_discards(material, searches, found[strictest].target_fpir, found[strictest].threshold),
        discard_threshold=found[strictest].threshold,
        scaling=_scaling(material, trials, people, targets, settings) if targets and mated else (),
        groups={
            column: {
                name: tuple(by_group(searches, people, values, point.threshold, **common))
                for name, point in found.items()
            }
            for column, values in columns.items()
        },
    )


def compare_paths(
    ours: Material, theirs: Material, trials: Sequence[Trial], settings: Settings, points_of: Mapping[str, Point]
) -> dict[str, Gain]:
    """TPIR of our path less that of the other, at each point of `points_of` (ours)."""
    people = int(_numbered(ours).max(initial=0)) + 1
    found = gains(
        search_all(ours, trials),
        search_all(theirs, trials),
        people,
        [point.target_fpir for point in points_of.values() if point.target_fpir is not None],
        list(settings.thresholds.values()),
        resamples=settings.resamples,
        seed=settings.seed,
    )
    return dict(zip(points_of, found, strict=True))


def _identities(material: Material) -> NDArray[np.str_]:
    return np.array([picture.identity for picture in material.pictures])


def _numbered(material: Material) -> NDArray[np.intp]:
    """(n,): people are numbered from 0; fillers, who are never probes, are all -1."""
    numbers = np.full(len(material.pictures), -1, np.intp)
    numbers[~material.fillers] = np.unique(_identities(material)[~material.fillers], return_inverse=True)[1]
    return numbers


def _missing(reasons: Sequence[str], among: NDArray[np.bool_]) -> Missing:
    counted = Counter(reason for reason, counts in zip(reasons, among, strict=True) if counts and reason)
    return Missing(int(among.sum()), counted.total(), dict(sorted(counted.items())))


def _pairs(material: Material) -> Pairs:
    own = ~material.fillers
    return compare(
        material.references.templates[own],
        material.references.found[own],
        material.probes.templates[own],
        material.probing[own],
        material.acquired[own],
        _numbered(material)[own],
    )


def _histogram(searches: Sequence[Searches]) -> Histogram:
    edges = np.linspace(-0.5, 1.0, HISTOGRAM_BINS + 1)

    def counted(values: list[NDArray[np.float64]]) -> tuple[int, ...]:
        return tuple(np.histogram(np.clip(np.concatenate(values), edges[0], edges[-1]), edges)[0].tolist())

    return Histogram(
        tuple(np.round(edges, 4).tolist()),
        counted([each.own[each.mated & each.acquired] for each in searches]),
        counted([each.best[~each.mated & each.acquired] for each in searches]),
    )


def _discards(
    material: Material, searches: Sequence[Searches], target: float | None, threshold: float
) -> tuple[Discard, ...]:
    thresholds = [
        threshold if target is None else threshold_at(scores, np.ones(len(scores)), target)
        for scores in (each.best[~each.mated & each.acquired] for each in searches)
    ]
    return tuple(discarding(searches, thresholds, measure, good) for measure, good in goodness(material.probes).items())


def _scaling(
    material: Material, trials: Sequence[Trial], people: int, targets: Sequence[float], settings: Settings
) -> tuple[Scaled, ...]:
    full = min(trial.size for trial in trials)
    sizes = [size for size in SIZES if size < full] + [full]
    found = []
    for size in sizes:
        searches = search_all(material, [shortened(trial, size) for trial in trials])
        resamples = min(settings.resamples, CURVE_RESAMPLES)
        found.append(Scaled(size, tuple(points(searches, people, targets, resamples=resamples, seed=settings.seed))))
    return tuple(found)
