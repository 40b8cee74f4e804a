"""What a reviewer marks on the pictures: kept with the judgement, shown after the reveal, and nowhere else."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from records.schema import Adjudication, LedgerEntry
from tests.operator_ui.stage import START, Browser, Stage

ALIKE = {"picture": "look", "index": 0, "kind": "alike", "x": 0.3125, "y": 0.4375}
DIFFERS = {"picture": "reference", "index": 1, "kind": "differs", "x": 0.5, "y": 0.75}


def judge(browser: Browser, alert: str, *marks: dict[str, Any], verdict: str = "same", **more: Any) -> Any:
    return browser.post(f"/api/alerts/{alert}/adjudications", {"verdict": verdict, "marks": list(marks), **more})


def kept(stage: Stage) -> list[Adjudication]:
    with stage.database.read() as session:
        return list(session.scalars(select(Adjudication)))


def test_a_mark_of_each_kind_is_reason_enough_for_same_person(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        answer = judge(ann, alert, ALIKE, DIFFERS)
        assert answer.status_code == 201
        (made,) = answer.json()["judgements"]
        assert made["marks"] == [ALIKE, DIFFERS]
        assert [found.marks for found in kept(stage)] == [[ALIKE, DIFFERS]]


def test_a_tick_and_a_mark_together_are_enough_and_one_kind_alone_is_not(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert judge(ann, alert, ALIKE).status_code == 409
        assert judge(ann, alert, DIFFERS, differences=["hair"]).status_code == 409
        assert judge(ann, alert, ALIKE, similarities=["nose"]).status_code == 409
        assert kept(stage) == []
        assert judge(ann, alert, ALIKE, differences=["hair"]).status_code == 201


@pytest.mark.parametrize(
    "marks",
    [
        [ALIKE] * 21,
        [ALIKE | {"x": 1.5}],
        [ALIKE | {"x": "left"}],
        [ALIKE | {"picture": "context"}],
        [ALIKE | {"kind": "match"}],
        [ALIKE | {"index": 3}],
        [ALIKE | {"index": 10**30}],
        [ALIKE | {"note": "Zebulon"}],
        ALIKE,
    ],
)
def test_marks_that_make_no_sense_are_refused_and_nothing_is_stored(stage: Stage, marks: Any) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        answer = ann.post(f"/api/alerts/{alert}/adjudications", {"verdict": "different", "marks": marks})
        assert answer.status_code == 422
        assert answer.json()["error"]
        assert kept(stage) == []


def test_nobody_sees_the_marks_of_the_first_reviewer_before_the_second_has_judged(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann, stage_of_two.client("bob") as bob:
        assert judge(ann, alert, ALIKE, DIFFERS).json()["judgements"] == []
        for browser in (ann, bob):
            sent = browser.get(f"/alerts/{alert}").text + browser.get(f"/api/alerts/{alert}").text
            assert "0.3125" not in sent
            assert "given-marks" not in sent
        judge(bob, alert, similarities=["nose"], differences=["hair"])
        shown = bob.get(f"/alerts/{alert}").text
        assert 'data-kind="alike" data-x="0.3125" data-y="0.4375" data-name="A1">A1: ann, alike, look 1' in shown
        assert "A2: ann, differs, reference picture 2" in shown
        assert "2 marks on the pictures" in shown


def test_no_mark_is_in_the_ledger(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        judge(ann, alert, ALIKE, DIFFERS)
    with stage.database.read() as session:
        told = "".join(str(vars(entry)) for entry in session.scalars(select(LedgerEntry)))
    assert alert in told
    assert "0.3125" not in told
    assert "differs" not in told


def test_a_judgement_keeps_when_its_reviewer_first_saw_the_pictures(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("bob") as bob:
        bob.get(f"/alerts/{alert}")
        stage.clock.forward(timedelta(seconds=7))
        ann.get(f"/alerts/{alert}")
        stage.clock.forward(timedelta(seconds=5))
        # Signed in anew, as after a restart of the browser: it was the first time that counts.
        ann.http.cookies.clear()
        ann.sign_in("ann")
        ann.get(f"/alerts/{alert}")
        stage.clock.forward(timedelta(seconds=4))
        assert ann.judge(alert).status_code == 201
    (made,) = kept(stage)
    assert (made.opened_at, made.made_at) == (START + timedelta(seconds=7), START + timedelta(seconds=16))


def test_who_judges_without_having_seen_the_pictures_has_no_such_time(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert)
    (made,) = kept(stage)
    assert made.opened_at is None
