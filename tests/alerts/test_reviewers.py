"""Figures of reviewers: counted rightly, told only where there are enough, and flagged only with a reason."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]

from alerts.decisions import adjudicate
from alerts.pair_files import PairFiles
from alerts.reviewer_rows import reviewers
from alerts.reviewers import (
    ALWAYS_YES_AFTER,
    LEAST,
    OFFICERS_ACCEPTED,
    VERY_FAST_S,
    Figures,
    Judgement,
    Share,
    figures_of,
)
from alerts.states import Verdict
from alerts.trial_rules import Answer
from records.database import Database
from records.ids import new_id
from records.schema import Adjudication, Person
from tests.alerts.paired import NOW, add_pairs, always_same, go_through
from tests.records.made import make_alert, make_deployment, make_person, make_vault

VERDICTS = st.sampled_from(["same", "different", "cannot_tell"])
JUDGEMENTS = st.lists(
    st.builds(
        Judgement,
        reviewer=st.sampled_from(["ann", "bob", "cid"]),
        alert=st.integers(0, 40).map(str),
        verdict=VERDICTS,
        seconds=st.none() | st.floats(0.5, 90.0),
        outcome=st.none() | st.sampled_from(["confirmed_true", "confirmed_false", "false", "undetermined"]),
    ),
    max_size=120,
    unique_by=lambda made: (made.reviewer, made.alert),
)
ANSWERS = st.lists(st.builds(Answer, st.sampled_from(["same", "different"]), VERDICTS), max_size=120)


def judged(count: int, verdict: str = "same", seconds: float | None = 8.0, who: str = "ann") -> list[Judgement]:
    return [Judgement(who, f"{who}{number}", verdict, seconds, None) for number in range(count)]


def mismatches(accepted: int, of: int) -> list[Answer]:
    return [Answer("different", "same" if number < accepted else "different") for number in range(of)]


@given(JUDGEMENTS, ANSWERS)
def test_every_figure_is_a_share_of_what_was_counted(
    judgements: Sequence[Judgement], answers: Sequence[Answer]
) -> None:
    found = figures_of("ann", judgements, answers)
    own = [made for made in judgements if made.reviewer == "ann"]
    assert found.judgements == found.same.of == len(own)
    assert 0 <= found.same.count + found.cannot_tell <= len(own)
    for share in (found.same, found.agreed, found.false_same, found.rejected):
        low, high = share.interval
        assert 0 <= low <= share.value <= high <= 1 or not share.of
        assert share.enough == (share.of >= LEAST)
    assert found.false_same.of == found.rejected.of == sum(answer.truth == "different" for answer in answers)
    assert found.false_same.count + found.rejected.count <= found.false_same.of
    assert sum(found.outcomes.values()) <= found.same.count
    assert found.confirmed_false <= sum(found.outcomes.values())


@given(JUDGEMENTS, ANSWERS)
def test_doubt_never_raises_a_flag(judgements: Sequence[Judgement], answers: Sequence[Answer]) -> None:
    doubted = [
        Judgement(made.reviewer, made.alert, "cannot_tell" if made.reviewer == "ann" else made.verdict, 60.0, None)
        for made in judgements
    ]
    after = figures_of("ann", doubted, [Answer(answer.truth, "cannot_tell") for answer in answers])
    assert (after.only_same, after.accepts_mismatches, after.very_fast) == (False, False, False)
    one_doubt = [*judgements, Judgement("ann", "one more", "cannot_tell", None, None)]
    assert not figures_of("ann", one_doubt, answers).only_same


@given(JUDGEMENTS, ANSWERS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_stand_in_the_record_changes_nothing(
    judgements: list[Judgement], answers: list[Answer], chance: random.Random
) -> None:
    before = figures_of("ann", judgements, answers)
    chance.shuffle(judgements)
    chance.shuffle(answers)
    assert figures_of("ann", judgements, answers) == before


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_interval_is_clopper_and_pearsons(count: int, others: int) -> None:
    share = Share(count, count + others)
    if share.of:
        exact = binomtest(count, share.of).proportion_ci(0.95, "exact")
        assert share.interval == pytest.approx((exact.low, exact.high), abs=1e-9)
    else:
        assert share.interval == (0.0, 1.0)


@given(JUDGEMENTS)
def test_agreement_is_mutual(judgements: Sequence[Judgement]) -> None:
    two = [made for made in judgements if made.reviewer in ("ann", "bob")]
    assert figures_of("ann", two, []).agreed == figures_of("bob", two, []).agreed


def test_always_yes_is_told_after_thirty_judgements_and_not_after_a_single_doubt() -> None:
    def found(judgements: Sequence[Judgement]) -> Figures:
        return figures_of("ann", judgements, [])

    assert not found(judged(ALWAYS_YES_AFTER - 1)).only_same
    assert found(judged(ALWAYS_YES_AFTER)).only_same
    assert not found([*judged(200), Judgement("ann", "x", "cannot_tell", 8.0, None)]).only_same
    # A careful person meets so long a row of true alerts in fewer than 1 of 20 periods.
    assert 0.9**ALWAYS_YES_AFTER < 0.05 < 0.9 ** (ALWAYS_YES_AFTER - 5)


def test_accepting_mismatches_is_told_only_beyond_chance() -> None:
    def found(accepted: int, of: int) -> bool:
        return figures_of("ann", [], mismatches(accepted, of)).accepts_mismatches

    assert found(10, 10)
    assert found(20, 60)
    assert not found(9, 9), "too few to say"
    assert not found(round(OFFICERS_ACCEPTED * 100), 100), "as passport officers"
    assert not found(4, 12), "a third of few is not beyond chance"
    assert not found(0, 60)


def test_very_fast_is_the_middle_of_enough_timed_judgements() -> None:
    slow, fast = VERY_FAST_S + 0.1, VERY_FAST_S - 0.1
    assert figures_of("ann", judged(LEAST, seconds=fast), []).very_fast
    assert not figures_of("ann", judged(LEAST, seconds=slow), []).very_fast
    few = figures_of("ann", [*judged(LEAST - 1, seconds=fast), *judged(20, seconds=None, who="bob")], [])
    assert (few.median_s, few.very_fast, few.timed) == (None, False, LEAST - 1)
    mixed = judged(LEAST, seconds=fast)[:5] + [Judgement("ann", f"s{n}", "same", slow, None) for n in range(6)]
    assert not figures_of("ann", mixed, []).very_fast


def test_the_figures_come_from_the_record_of_the_period(database: Database, tmp_path: Path) -> None:
    vault = make_vault(database, NOW)
    files = PairFiles(vault, tmp_path / "vault")
    with database.write() as session:
        ann, bob = (make_person(session, NOW, name=name) for name in ("ann", "bob"))
        make_person(session, NOW, "auditor", name="vera")
        subjects = [new_id() for _ in range(12)]
        deployment = make_deployment(session, NOW, confirmations=2, subjects=subjects)
        for number, subject in enumerate(subjects):
            alert = make_alert(session, deployment, subject, NOW)
            adjudicate(session, alert.id, ann, "same", ("nose",), ("hair",), NOW + timedelta(seconds=9))
            other: Verdict = "same" if number < 9 else "different"
            adjudicate(session, alert.id, bob, other, ("nose",), ("hair",), NOW + timedelta(seconds=15))
        add_pairs(session, vault, tmp_path / "vault")
        go_through(session, files, session.get_one(Person, ann), "qualification", always_same, NOW)
        old = NOW - timedelta(days=40)
        subject = new_id()
        earlier = make_alert(session, make_deployment(session, old, subjects=(subject,)), subject, old)
        adjudicate(session, earlier.id, bob, "cannot_tell", (), (), old)
    with database.read() as session:
        assert session.query(Adjudication).count() == 25
        first, second = reviewers(session, 30, NOW + timedelta(hours=1))
        assert (first.name, second.name) == ("ann", "bob")
        assert first.figures.same == Share(12, 12)
        assert first.figures.agreed == second.figures.agreed == Share(9, 12)
        assert first.figures.false_same == Share(5, 5)
        assert first.figures.trials == 1
        assert second.figures.same == Share(9, 12)
        assert second.figures.cannot_tell == 0
        both = reviewers(session, 90, NOW + timedelta(hours=1))
        assert both[1].figures.cannot_tell == 1
        (only,) = reviewers(session, 30, NOW + timedelta(hours=1), bob)
        assert only == second
    vault.close()
