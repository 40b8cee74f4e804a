"""Reading labelled pictures: what a path (ours, or another) makes of those that are needed, and no others."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.evaluate import Material, looks_refused
from evaluation.features import Features, Tick, read_pictures
from evaluation.labels import ENROL, PROBE, Labelled
from evaluation.reading import PictureReader
from inference.settings import PipelineSettings


def gather(
    own: Sequence[Labelled],
    fillers: Sequence[Labelled],
    probes: PictureReader,
    references: PictureReader,
    filling: PictureReader,
    *,
    enrol_split: bool = False,
    floor: PipelineSettings | None = None,
    least_score: float = 0.0,
    cache: Path | None = None,
    tick: Tick | None = None,
) -> Material:
    """`probes`, `references` and `filling` read the pictures searched with, enrolled, and enrolled to fill the list.

    Of `fillers` each person's first picture counts. `floor`, `least_score`: see `looks_refused`.

    Without roles, or with `enrol_split`, every picture is a probe and those of people with several may be enrolled.
    Raises UnreadablePicture or EvaluationError.
    """
    first_ones = list({picture.identity: picture for picture in reversed(fillers)}.values())[::-1]
    pictures = [*own, *first_ones]
    is_filler = np.arange(len(pictures)) >= len(own)
    by_role = any(picture.role for picture in own) and not enrol_split
    counts = Counter(picture.identity for picture in own)
    enrolling = np.array(
        [picture.role == ENROL if by_role else counts[picture.identity] > 1 for picture in own]
        + [True] * len(first_ones),
        bool,
    )
    probing = np.array(
        [not by_role or picture.role == PROBE for picture in own] + [False] * len(first_ones),
        bool,
    )
    total, done = int(enrolling.sum() + probing.sum()), 0

    def read(reader: PictureReader, wanted: NDArray[np.bool_]) -> Features:
        nonlocal done
        rows = np.flatnonzero(wanted)
        before = done

        def forward(so_far: int, _: int) -> None:
            if tick:
                tick(before + so_far, total)

        features = read_pictures([pictures[row].path for row in rows], reader, cache=cache, tick=forward)
        done += len(rows)
        return features.spread(rows, len(pictures))

    looks = read(probes, probing)
    enrolled = read(references, enrolling & ~is_filler).merged(read(filling, is_filler))
    refused = looks_refused(looks, floor, least_score)
    acquired = looks.found & np.array([not reason for reason in refused], bool)
    return Material(pictures, looks, enrolled, is_filler, enrolling, probing, acquired, refused)
