"""What the recogniser's figures mean is decided here: who trains, who is held back, how we count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.figures import (
    Draw,
    best_threshold,
    draw_list,
    fold_accuracy,
    open_set,
    weighted_threshold,
    wilson,
)
from training.split import Pair, Picture, choose_held_back, components, identity_of, load_split


def pair(a: str, b: str, same: bool) -> Pair:
    return Pair(1, f"images/{a}/{a}_0001.jpg", f"images/{b}/{b}_0002.jpg", same)


def test_linked_names_form_one_component_and_others_stand_alone() -> None:
    assert components(["d", "c", "b", "a"], [("a", "c")]) == [("a", "c"), ("b",), ("d",)]


def test_people_linked_by_a_pair_are_held_back_together_or_not_at_all() -> None:
    pairs = [pair("a", "b", False), pair("c", "d", False), pair("a", "a", True)]
    held_back = choose_held_back(dict.fromkeys("abcde", 2), frozenset(), pairs, target=2)
    assert held_back == {"a", "b"}


def test_a_person_whose_label_is_doubted_is_never_held_back() -> None:
    pairs = [pair("a", "b", False), pair("c", "d", False)]
    assert "a" not in choose_held_back(dict.fromkeys("abcd", 2), frozenset("a"), pairs, target=2)


def test_a_split_of_the_shared_data_is_the_same_each_time_and_keeps_people_apart(shared: Path) -> None:
    split = load_split(shared)
    assert split == load_split(shared)
    assert split.train.isdisjoint(split.held_back)
    assert 800 <= len(split.held_back) <= 900
    assert {p.identity for p in split.train_pictures} <= split.train
    assert {p.identity for p in split.held_back_pictures} == split.held_back


def test_official_pairs_enough_for_the_figures_lie_inside_the_held_back_people(shared: Path) -> None:
    split = load_split(shared)
    assert all({identity_of(p.path_a), identity_of(p.path_b)} <= split.held_back for p in split.pairs)
    assert sum(p.same for p in split.pairs) >= 300
    assert sum(not p.same for p in split.pairs) >= 300


def test_no_picture_with_a_doubted_label_is_in_either_set(shared: Path) -> None:
    split = load_split(shared)
    doubted = Picture("images/Talisa_Soto/Talisa_Soto_0001.jpg", "Talisa_Soto")
    assert doubted not in split.train_pictures
    assert doubted not in split.held_back_pictures


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"images\.csv"):
        load_split(tmp_path)


def test_wilson_agrees_with_a_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    share = wilson(81, 263)
    assert (round(share.low, 4), round(share.high, 4)) == (0.2553, 0.3662)


def test_the_best_threshold_lies_between_the_two_kinds_of_pair() -> None:
    scores = np.array([0.9, 0.7, 0.2, 0.1], np.float32)
    assert best_threshold(scores, np.array([True, True, False, False])) == pytest.approx(0.45)


def test_accuracy_of_a_fold_does_not_see_the_fold_itself() -> None:
    # Fold 2 alone would set its threshold at 0.15 and be right everywhere; fold 1's threshold of 0.5 is not.
    scores = np.array([0.9, 0.1, 0.2, 0.1], np.float32)
    same = np.array([True, False, True, False])
    assert fold_accuracy(scores, same, np.array([1, 1, 2, 2])).value == 0.75


def test_no_more_than_the_share_of_weight_reaches_the_threshold() -> None:
    scores = np.arange(100, dtype=np.float32)
    threshold = weighted_threshold(scores, np.ones(100, np.float32), 0.05)
    assert int((scores >= threshold).sum()) == 5


def test_a_mate_counts_only_at_rank_one_and_over_the_threshold() -> None:
    identities = np.array(["a", "a", "b", "b", "c", "c"])
    angles = np.array([0.0, 0.1, 1.5, 0.2, 3.0, 3.1], np.float32)
    templates = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    draw = Draw(enrolled=np.array([0, 2]), mated=np.array([1, 3]), non_mated=np.array([4, 5]))
    assert open_set(templates, identities, draw, 0.0).tpir == 0.5


def test_everyone_is_either_on_a_drawn_list_or_a_stranger() -> None:
    identities = np.array(["a", "a", "b", "b", "c", "c"])
    draw = draw_list(identities, 2, np.random.default_rng(0))
    assert len(draw.enrolled) == len(draw.mated) == len(draw.non_mated) == 2
    assert set(identities[draw.mated]) == set(identities[draw.enrolled])
    assert set(identities[draw.non_mated]).isdisjoint(identities[draw.enrolled])
