"""Joining a track's looks: one fused template, agreement before a candidate, a guard against two people in one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.faces import Template
from inference.looks import Look
from inference.recogniser import unit


def fuse(looks: Sequence[Look]) -> Template:
    """Quality-weighted mean of the looks' unit templates, of unit length. At least one look."""
    weights = np.array([look.quality for look in looks], np.float32)
    templates = np.stack([look.template for look in looks])
    total: NDArray[np.float32] = weights @ templates
    fused: Template = unit(total[None])[0]
    _forget(templates, total)
    return fused


def resembles(template: Template, fused: Template, looks: Sequence[Look], floor: float) -> bool:
    """Is a new look's `template` at least as similar as `floor` to the track's fused template or to one of its looks?

    Any one of the looks may vouch for it: a head that turns is like its last pose before it is like the mean.
    """
    known = np.stack([fused, *(look.template for look in looks)])
    nearest = float((known @ template).max())
    _forget(known)
    return nearest >= floor


def agreeing(similarities: Sequence[float], threshold: float, share: float) -> int:
    """How many looks agree with an entry, given the similarity of each to it."""
    return sum(similarity >= threshold * share for similarity in similarities)


def _forget(*arrays: NDArray[np.float32]) -> None:
    """Overwrite copies that were made for a calculation: freed memory keeps what stood in it."""
    for array in arrays:
        array.fill(0.0)
