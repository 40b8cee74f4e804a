"""evaluation.evaluate, discard, groups and suspects on made-up people."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.discard import SHARES, discarding
from evaluation.errors import EvaluationError
from evaluation.evaluate import Figures, Settings, evaluate, make_trials, search_all
from evaluation.searching import threshold_at
from evaluation.suspects import suspects
from tests.evaluation.made import material, people

SETTINGS = Settings(list_size=15, draws=3, resamples=30)


def made(spread: float = 0.9, seed: int = 4) -> tuple[list[str], NDArray[np.float32]]:
    return people(np.random.default_rng(seed), 40, 3, spread)


def figures(group: list[str] | None = None, settings: Settings = SETTINGS, spread: float = 0.9) -> Figures:
    names, templates = made(spread)
    given = material(names, templates, group=group)
    return evaluate(given, make_trials(given, settings), settings, ("group",) if group else ())


def test_all_figures_agree_with_each_other() -> None:
    found = figures()
    one, tenth = found.points["FPIR 1 %"], found.points["FPIR 0.1 %"]
    assert one.mated == 15 * 2
    assert one.non_mated == 25 * 3
    assert tenth.tpir <= one.tpir
    assert one.fpir_interval.low <= one.fpir <= one.fpir_interval.high
    assert one.tpir_interval.low <= one.tpir <= one.tpir_interval.high
    assert sum(found.histogram.mated) == 3 * 15 * 2
    assert sum(found.histogram.non_mated) == 3 * 25 * 3
    assert [scaled.size for scaled in found.scaling] == [10, 15]
    assert found.scaling[-1].points[0].tpir == pytest.approx(one.tpir)
    assert found.curve.fnir[found.curve.fpir.index(0.01)] == pytest.approx(1.0 - one.tpir)


def test_the_same_again_is_the_same() -> None:
    assert figures() == figures()


def test_a_longer_list_has_a_higher_threshold() -> None:
    thresholds = [scaled.points[0].threshold for scaled in figures().scaling]
    assert thresholds == sorted(thresholds)


def test_groups_add_up_to_everyone() -> None:
    names, _ = made()
    group = ["left" if int(name.split()[1]) % 2 else "right" for name in names]
    settings = replace(SETTINGS, thresholds={"given": 0.5})
    found = figures(group, settings)
    whole, parts = found.points["given"], [each.point for each in found.groups["group"]["given"]]
    assert [each.group for each in found.groups["group"]["given"]] == ["left", "right"]
    assert sum(part.mated for part in parts) == pytest.approx(whole.mated)
    assert sum(part.tpir * part.mated for part in parts) == pytest.approx(whole.tpir * whole.mated)
    assert sum(part.false_positives for part in parts) == pytest.approx(whole.false_positives)


def test_a_small_group_is_too_small_to_say_anything_of() -> None:
    names, _ = made()
    group = ["rare" if name == "person 0" else "many" for name in names]
    many, rare = figures(group).groups["group"]["FPIR 1 %"]
    assert rare.few_false_positives
    assert rare.few_misses
    assert not math.isnan(many.point.fpir)


def test_refusing_the_misses_first_is_the_best_measure_and_chance_gains_nothing() -> None:
    names, templates = people(np.random.default_rng(4), 300, 3, spread=0.4)
    given = material(names, templates)
    settings = replace(SETTINGS, list_size=150)
    searches = search_all(given, make_trials(given, settings))
    thresholds = [threshold_at(each.best[~each.mated], np.ones((~each.mated).sum()), 0.3) for each in searches]
    quality = np.random.default_rng(1).random(len(names)).astype(np.float32)
    chance = discarding(searches, thresholds, "chance", quality)
    assert len(chance.fnir) == len(SHARES)
    assert 0.1 < chance.fnir[0] < 0.9
    assert abs(chance.gain) < 0.3
    first = searches[:1]
    oracle = np.ones(len(names), np.float32)
    oracle[first[0].rows[first[0].mated & ~(first[0].right & (first[0].best >= thresholds[0]))]] = 0.0
    assert discarding(first, thresholds[:1], "oracle", oracle).gain == pytest.approx(1.0)


def test_everyone_on_the_list_and_no_threshold_measures_no_fpir() -> None:
    names, templates = made()
    roles = ["enrol", "probe", "probe"] * 40
    given = material(names, templates, roles)
    everyone = replace(SETTINGS, list_size=None)
    with pytest.raises(EvaluationError, match="no FPIR can be measured"):
        evaluate(given, make_trials(given, everyone), everyone, ())
    fixed = replace(everyone, thresholds={"given": 0.5})
    assert evaluate(given, make_trials(given, fixed), fixed, ()).points["given"].mated == 80


def test_a_list_of_nobody_is_an_error_that_says_what_to_do() -> None:
    names, templates = people(np.random.default_rng(1), 5, 1)
    given = material(names, templates)
    with pytest.raises(EvaluationError, match="nobody is on the list"):
        make_trials(given, Settings())


def test_a_person_under_two_names_is_the_first_suspect() -> None:
    names, templates = made(spread=0.2)
    names[3] = "another name of person 1"
    first = suspects(material(names, templates), most=3)[0]
    assert {first.identity, first.other_identity} == {"another name of person 1", "person 1"}


def test_pictures_of_another_person_are_suspects() -> None:
    names, templates = made(spread=0.2)
    names[6], names[9] = names[9], names[6]
    found = [each for each in suspects(material(names, templates), most=4) if each.kind == "same person"]
    assert {"6.jpg", "9.jpg"} <= {picture for each in found[:2] for picture in (each.picture, each.other_picture)}
