"""The card that people see after their judgement, and nobody before: what the entry asks, what speaks against it."""

from datetime import timedelta
from pathlib import Path

import pytest

from inference.calibration import OddsBasis, basis_text, odds
from records.database import Database
from records.schema import BuiltList
from tests.operator_ui.stage import LABEL, SIMILARITY, START, Browser, Stage, record_at
from tests.records.made import HASH, policy
from wire.messages import LookMeasures

BASIS = OddsBasis(pack="mine", contract=HASH, data="12 people", points=((0.4, 3.0, 2.9, 3.1), (0.7, 5.0, 4.9, 5.1)))
OTHER = OddsBasis(pack="mine", contract="ff" * 32, data="12 people", points=BASIS.points)
POOR = LookMeasures(eye_distance=18.0, turn=0.7, score=0.6, sharpness=0.01, brightness=30.0, contrast=9.0)
UNMEASURED = "How often alerts like this are wrong has not been measured on this rig."
NOT_BEFORE = ("alerts like this", "Small face", "Blur hides", "Partly covered", "years old", "Status checked", "odds")


@pytest.fixture
def calibrated(database: Database) -> Stage:
    return Stage(database, calibration=basis_text(BASIS))


def page(browser: Browser, alert: str) -> str:
    return browser.get(f"/alerts/{alert}").text


def test_the_odds_of_the_lists_calibration_are_told_in_words_after_the_judgement(calibrated: Stage) -> None:
    alert = calibrated.alert()
    with calibrated.database.read() as session:
        pictures = max(session.get_one(BuiltList, calibrated.deployment).pictures, 1)
    expected = odds(BASIS, SIMILARITY, pictures, policy().policy.review.passers_by_per_listed)
    with calibrated.client("ann") as ann:
        told = ann.judge(alert).json()["reveal"]["odds"]
        assert (told["wrong_in_100"], told["low"], told["high"]) == (expected.wrong_in_100, expected.low, expected.high)
        assert told["words"] == f"Of 100 alerts like this about {expected.wrong_in_100} are wrong."
        shown = page(ann, alert)
        assert told["words"] in shown
        assert shown.count('class="wrong"') == expected.wrong_in_100
        assert shown.index("Of 100 alerts") < shown.index("Measured with the models mine on 12 people")


@pytest.mark.parametrize(
    "calibration",
    [None, "{}", basis_text(OTHER)],
)
def test_without_a_calibration_of_these_models_no_number_is_made_up(
    database: Database, calibration: str | None
) -> None:
    stage = Stage(database, calibration=calibration)
    alert = stage.alert()
    with stage.client("ann") as ann:
        told = ann.judge(alert).json()["reveal"]["odds"]
        assert (told["words"], told["wrong_in_100"]) == (UNMEASURED, None)
        assert UNMEASURED in page(ann, alert)
        assert "Of 100" not in page(ann, alert)


def test_the_card_warns_of_what_is_bad_about_the_best_look_and_the_references(stage: Stage) -> None:
    stage.entries.year = 2011
    good = LookMeasures(eye_distance=60.0, turn=0.0, score=0.95, sharpness=0.2, brightness=120.0, contrast=40.0)
    alert = stage.alert(measures=[POOR, good, good])
    with stage.client("ann") as ann:
        told = [found["code"] for found in ann.judge(alert).json()["reveal"]["warnings"]]
        assert told == [
            "covered",
            "small",
            "turned",
            "blurred",
            "dark",
            "old_pictures",
        ]
        shown = page(ann, alert)
        for words in ("Partly covered, perhaps.", "Small face: 18 pixels", "Head turned away.", "Blurred.", "Dark."):
            assert words in shown
        assert "The newest picture is 15 years old." in shown


def test_an_alert_of_a_worker_that_measures_nothing_warns_of_nothing(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.judge(alert).json()["reveal"]["warnings"] == []


def test_the_card_says_when_the_status_was_last_checked_and_the_pictures_taken(stage: Stage) -> None:
    stage.entries.status_checked_at = START - timedelta(minutes=38)
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.judge(alert).json()["reveal"]["status_checked_at"] == "2026-11-23T09:22:00Z"
        shown = page(ann, alert)
        assert "2026-11-23 09:22:00 UTC" in shown
        assert 'data-age datetime="2026-11-23T09:22:00' in shown
        assert "<span>2026-01-14,</span> <span>2026-02-14</span>" in shown


def test_the_similarity_is_behind_a_disclosure_that_is_closed(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert)
        shown = page(ann, alert)
        before = shown[: shown.index(f"{SIMILARITY:.2f}")]
        assert before.rindex("<details") > before.rindex("</details>")
        assert "<details open" not in shown


def test_nothing_of_the_card_is_there_before_the_last_confirmation(tmp_path: Path) -> None:
    stage = Stage(record_at(tmp_path), confirmations=2, calibration=basis_text(BASIS))
    stage.entries.year, stage.entries.caution = 2011, "His brother"
    stage.entries.status_checked_at = START
    alert = stage.alert(measures=[POOR])
    with stage.client("ann") as ann, stage.client("bob") as bob:
        for _ in range(2):
            for browser in (ann, bob):
                sent = page(browser, alert) + browser.get(f"/api/alerts/{alert}").text
                assert [words for words in (*NOT_BEFORE, "His brother", "12 people", LABEL) if words in sent] == []
            ann.judge(alert)
        bob.judge(alert)
        sent = page(bob, alert)
        assert [words for words in NOT_BEFORE if words in sent] == list(NOT_BEFORE)
