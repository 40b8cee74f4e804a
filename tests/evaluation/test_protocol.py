"""evaluation.protocol: nobody is probed with the picture that is enrolled, and draws are drawn before any score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import EvaluationError
from evaluation.protocol import draw_trials, role_trials, shortened

NAMES = np.array([f"{number:02}" for number in range(20) for _ in range(1 + number % 4)])
NOBODY = np.zeros(len(NAMES), bool)
ALL = ~NOBODY


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15))
def test_every_picture_is_enrolled_or_a_probe_and_truth_is_the_label(seed: int, size: int) -> None:
    for trial in draw_trials(NAMES, ALL, size, 3, seed, NOBODY, 0):
        assert sorted([*trial.references, *trial.probes]) == list(range(len(NAMES)))
        listed = NAMES[trial.references].tolist()
        assert len(set(listed)) == trial.size == size
        for probe, truth in zip(trial.probes, trial.truth, strict=True):
            assert (NAMES[probe] in listed) == (truth >= 0)
            assert truth < 0 or listed[truth] == NAMES[probe]


def test_a_picture_that_cannot_be_enrolled_gives_way_to_the_persons_next() -> None:
    identities, usable = np.array(["a", "a", "b", "b"]), np.array([False, True, False, False])
    trial = draw_trials(identities, usable, 1, 1, 1, np.zeros(4, bool), 0)[0]
    assert trial.references.tolist() == [1]
    assert trial.not_enrolled in (0, 1)
    with pytest.raises(EvaluationError, match="only 1 people could be enrolled, not 2"):
        draw_trials(identities, usable, 2, 1, 1, np.zeros(4, bool), 0)


def test_draws_differ_and_the_same_seed_draws_the_same() -> None:
    one, other = (draw_trials(NAMES, ALL, 8, 2, 1, NOBODY, 0) for _ in range(2))
    assert [trial.references.tolist() for trial in one] == [trial.references.tolist() for trial in other]
    assert one[0].references.tolist() != one[1].references.tolist()


def test_a_list_longer_than_there_are_people_says_so() -> None:
    with pytest.raises(EvaluationError, match="there are 15: give a smaller --list-size"):
        draw_trials(NAMES, ALL, 16, 1, 1, NOBODY, 0)


def test_with_roles_all_enrol_pictures_of_a_person_are_one_entry() -> None:
    identities = np.array(["a", "a", "a", "b", "b", "c"])
    roles = np.array(["enrol", "enrol", "probe", "enrol", "probe", "probe"])
    (trial,) = role_trials(identities, roles, np.ones(6, bool), None, 5, 1, np.zeros(6, bool), 0)
    assert trial.size == 2
    assert sorted(identities[trial.references[trial.owners == trial.truth[0]]].tolist()) == ["a", "a"]
    assert trial.probes.tolist() == [2, 4, 5]
    assert trial.truth[2] == -1


def test_with_roles_a_shorter_list_makes_the_others_non_mated() -> None:
    identities = np.array(["a", "a", "b", "b", "c", "c"])
    roles = np.array(["enrol", "probe"] * 3)
    trials = role_trials(identities, roles, np.ones(6, bool), 1, 4, 1, np.zeros(6, bool), 0)
    assert [int((trial.truth >= 0).sum()) for trial in trials] == [1, 1, 1, 1]
    assert len(trials) == 4


def test_people_whose_pictures_were_all_refused_are_counted_and_not_listed() -> None:
    identities, roles = np.array(["a", "a", "b", "b"]), np.array(["enrol", "probe"] * 2)
    (trial,) = role_trials(identities, roles, np.array([False, True, True, True]), None, 1, 1, np.zeros(4, bool), 0)
    assert (trial.size, trial.not_enrolled) == (1, 1)


def test_those_who_fill_the_list_are_never_probes() -> None:
    fillers = np.array([name >= "10" for name in NAMES])
    for trial in draw_trials(NAMES, ALL, 3, 3, 1, fillers, 6):
        assert trial.size == 9
        assert not fillers[trial.probes].any()
        assert fillers[trial.references[3:]].all()


def test_a_shortened_list_keeps_the_non_mated_probes() -> None:
    trial = draw_trials(NAMES, ALL, 8, 1, 1, NOBODY, 0)[0]
    short = shortened(trial, 3)
    assert short.size == 3
    assert short.references.tolist() == trial.references[:3].tolist()
    assert short.probes[short.truth < 0].tolist() == trial.probes[trial.truth < 0].tolist()
    assert set(short.truth[short.truth >= 0].tolist()) <= {0, 1, 2}
