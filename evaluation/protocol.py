"""Who is on the list and who passes by: trials of open-set identification from labelled pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EvaluationError

Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]
Names = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Trial:
    """One list and its probes, as row numbers of the labelled pictures."""

    references: Rows
    """(r,): the enrolled pictures, those of one entry side by side."""
    owners: Rows
    """(r,): the entry of each, 0 to N-1, rising."""
    probes: Rows
    """(p,)."""
    truth: Rows
    """(p,): the probe's own entry, or -1: non-mated."""
    not_enrolled: int
    """People who were to be on the list, none of whose pictures could be enrolled."""

    @property
    def size(self) -> int:
        """N: entries on the list."""
        return int(self.owners[-1]) + 1 if len(self.owners) else 0


def draw_trials(
    identities: Names, usable: Bools, size: int | None, draws: int, seed: int, fillers: Bools, fill: int
) -> list[Trial]:
    """Lists of `size` people with one picture each, drawn anew for each trial; everyone's other pictures are probes.

    Drawn from the people with two pictures or more (default: half of them): first the order of the people, then that of
    each one's pictures, of which the first `usable` one (n,) is enrolled. `fillers` (n,) marks pictures of people who
    are never probes: of `fill` of them one picture is enrolled as well. Raises EvaluationError.
    """
    own = _by_person(identities, ~fillers)
    several = [rows for rows in own if len(rows) > 1]
    size = len(several) // 2 if size is None else size
    if size > len(several):
        raise EvaluationError(
            f"a list of {size} people needs as many with two pictures or more; there are {len(several)}: "
            f"give a smaller --list-size"
        )
    trials = []
    for number in range(draws):
        random = np.random.default_rng([seed, number])
        listed, failed = _first_usable(several, usable, size, random)
        if len(listed) < size:
            raise EvaluationError(
                f"only {len(listed)} people could be enrolled, not {size}: give a smaller --list-size"
            )
        filling = _filled(_by_person(identities, fillers), usable, fill, random)
        trials.append(_trial([[row] for row in (*listed, *filling)], identities, ~fillers, failed))
    return trials


def role_trials(
    identities: Names,
    roles: Names,
    usable: Bools,
    size: int | None,
    draws: int,
    seed: int,
    fillers: Bools,
    fill: int,
) -> list[Trial]:
    """Lists of people with all their usable `enrol` pictures; all `probe` pictures are probes.

    `size`: how many of the people with `enrol` pictures are on a list, drawn anew for each trial, so that the others'
    probes are non-mated; None: all of them. `fillers`, `fill`: as in `draw_trials`. Raises EvaluationError.
    """
    own = _by_person(identities, ~fillers & (roles == "enrol"))
    size = len(own) if size is None else size
    if size > len(own):
        raise EvaluationError(
            f"a list of {size} people needs as many with a picture to enrol; there are {len(own)}: "
            f"give a smaller --list-size"
        )
    trials = []
    for number in range(draws if size < len(own) or fill else 1):
        random = np.random.default_rng([seed, number])
        people = [own[person] for person in random.permutation(len(own))[:size]]
        enrolled = [rows[usable[rows]].tolist() for rows in people]
        failed = sum(not rows for rows in enrolled)
        filling = _filled(_by_person(identities, fillers), usable, fill, random)
        entries = [rows for rows in enrolled if rows] + [[row] for row in filling]
        trials.append(_trial(entries, identities, ~fillers & (roles == "probe"), failed))
    return trials


def shortened(trial: Trial, size: int) -> Trial:
    """The first `size` entries only. Probes whose entry fell off are left out: the non-mated ones stay the same."""
    kept = trial.owners < size
    stay = trial.truth < size
    return Trial(trial.references[kept], trial.owners[kept], trial.probes[stay], trial.truth[stay], trial.not_enrolled)


def _by_person(identities: Names, among: Bools) -> list[Rows]:
    """The rows of each person, people in alphabetical order, rows in theirs."""
    rows = np.flatnonzero(among)
    _, inverse = np.unique(identities[rows], return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    return list(np.split(rows[order], np.flatnonzero(np.diff(inverse[order])) + 1)) if len(rows) else []


def _first_usable(
    people: Sequence[Rows], usable: Bools, size: int, random: np.random.Generator
) -> tuple[list[int], int]:
    """(rows enrolled, people passed over because none of their pictures is usable)."""
    listed: list[int] = []
    failed = 0
    for person in random.permutation(len(people)):
        if len(listed) == size:
            break
        rows = random.permutation(people[person])
        taken = rows[usable[rows]]
        if len(taken):
            listed.append(int(taken[0]))
        else:
            failed += 1
    return listed, failed


def _filled(people: Sequence[Rows], usable: Bools, fill: int, random: np.random.Generator) -> list[int]:
    listed, _ = _first_usable(people, usable, fill, random)
    if len(listed) < fill:
        raise EvaluationError(f"only {len(listed)} people can fill the list, not {fill}: give a smaller --fill-size")
    return listed


def _trial(entries: Sequence[Sequence[int]], identities: Names, probing: Bools, not_enrolled: int) -> Trial:
    references = np.array([row for rows in entries for row in rows], np.intp)
    owners = np.repeat(np.arange(len(entries)), [len(rows) for rows in entries]).astype(np.intp)
    entry_of = {str(identities[rows[0]]): entry for entry, rows in enumerate(entries)}
    chosen = probing.copy()
    chosen[references] = False
    probes = np.flatnonzero(chosen)
    truth = np.array([entry_of.get(name, -1) for name in identities[probes].tolist()], np.intp)
    return Trial(references, owners, probes, truth, not_enrolled)
