"""Volunteers' passes on the tablet: logged with one press, found or not when the time is over, and of a test only."""

from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from operator_ui.bluelist import AFTER, BEFORE
from operator_ui.settings import UiSettings
from records.database import Database
from records.ledger import facts_of
from records.schema import ROLES, Deployment, LedgerEntry, VolunteerPass
from tests.operator_ui.stage import LABEL, OTHERS, SIMILARITY, SUBJECT, SUBJECT_2, Browser, Stage

SETTINGS = UiSettings(vault="none", changes="ipc:///none", cameras=("north gate", "south gate"))
LOGGER = "engagement_officer"
OVER = AFTER + timedelta(seconds=6)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database, settings=SETTINGS)


def press(stage: Stage, browser: Browser, **more: object) -> httpx2.Response:
    body = {"entry": SUBJECT, "camera": "north gate", "light": "day"} | more
    return browser.post(f"/api/deployments/{stage.deployment}/passes", body)


def log(stage: Stage, browser: Browser, entry: str = SUBJECT, **more: object) -> str:
    answer = press(stage, browser, entry=entry, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_press_is_a_pass_from_a_little_before_to_a_little_after_it(stage: Stage) -> None:
    with stage.client("flo", LOGGER) as flo:
        logged = log(stage, flo, light="backlit", group="aged_over_sixty")
        seen = flo.get(f"/api/deployments/{stage.deployment}/passes").json()
    with stage.database.read() as session:
        found = session.get_one(VolunteerPass, logged)
        assert (found.began_at, found.ended_at) == (stage.time() - BEFORE, stage.time() + AFTER)
        assert (found.light, found.group) == ("backlit", "aged_over_sixty")
    assert [(one["id"], one["result"]) for one in seen["passes"]] == [(logged, "open")]
    assert seen["groups"] == ["aged_over_sixty"]
    assert seen["figures"]["overall"]["rate"] is None
    assert seen["figures"]["open"] == 1


def test_a_pass_is_found_by_its_alert_and_missed_without_one(stage: Stage) -> None:
    with stage.client("flo", LOGGER) as flo:
        log(stage, flo)
        log(stage, flo, SUBJECT_2)
        stage.alert()
        shown = flo.get("/bluelist").text
        assert shown.count("Not over yet") == 1
        assert "No pass is over yet" in shown
        stage.clock.forward(OVER)
        shown = flo.get("/bluelist/passes").text
        assert shown.count(">Not found<") == 1
        assert shown.count('data-state="closed">Found<') == 1
        assert "1 of 2 passes of 2 volunteers" in shown
        assert "1 to 99 %" in shown
        figures = flo.get(f"/api/deployments/{stage.deployment}/passes").json()["figures"]
        assert (figures["overall"]["found"], figures["overall"]["passes"], figures["overall"]["rate"]) == (1, 2, 0.5)
        assert (figures["overall"]["few"], figures["equality"]) == (True, "no_groups")


def test_equality_of_groups_is_not_established_by_two_passes(stage: Stage) -> None:
    with stage.client("flo", LOGGER) as flo:
        log(stage, flo, group="tall")
        log(stage, flo, SUBJECT_2, group="small")
        stage.clock.forward(OVER)
        assert "equally well is not established. It takes about 385 passes of each" in flo.get("/bluelist").text


def test_a_pass_is_taken_back_and_not_counted(stage: Stage) -> None:
    with stage.client("flo", LOGGER) as flo:
        logged = log(stage, flo)
        assert flo.post(f"/api/passes/{logged}/withdraw", {}).status_code == 204
        assert flo.get(f"/api/deployments/{stage.deployment}/passes").json()["passes"] == []
        assert flo.post(f"/api/passes/{logged}/withdraw", {}).status_code == 409
        assert flo.post("/api/passes/nothing/withdraw", {}).status_code == 404
        log(stage, flo)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"camera": "east gate"}, 422),
        ({"light": "moon"}, 422),
        ({"group": "Over 60"}, 422),
        ({"entry": "nobody"}, 422),
        ({"began": "2026-11-23T10:00:00Z"}, 422),
    ],
)
def test_what_is_no_pass_is_refused_in_words(stage: Stage, change: dict[str, object], code: int) -> None:
    with stage.client("flo", LOGGER) as flo:
        assert press(stage, flo, **change).status_code == code


def test_a_second_press_for_the_same_pass_is_refused(stage: Stage) -> None:
    with stage.client("flo", LOGGER) as flo:
        log(stage, flo)
        again = press(stage, flo)
        assert again.status_code == 422
        assert "one alert would count twice" in again.json()["error"]


def test_nothing_is_logged_while_the_search_is_paused(stage: Stage) -> None:
    with stage.database.write() as session:
        test = session.get_one(Deployment, stage.deployment)
        test.state, test.paused_for = "paused", "asked"
    with stage.client("flo", LOGGER) as flo:
        refused = press(stage, flo)
        assert refused.status_code == 409
        assert "missed for that alone" in refused.json()["error"]
        page = flo.get("/bluelist").text
        assert "missed for that alone" in page
        assert "Walks past now" not in page


def test_an_operational_rig_has_no_such_page_and_no_way_to_it(database: Database) -> None:
    stage = Stage(database, kind="operational", settings=SETTINGS)
    with stage.client("flo", LOGGER) as flo:
        assert 'href="/bluelist"' not in flo.get("/record").text
        assert flo.get("/bluelist").status_code == 404
        assert flo.get(f"/api/deployments/{stage.deployment}/passes").status_code == 404
        assert press(stage, flo).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_who_judges_alerts_neither_logs_nor_reads_passes(stage: Stage, role: str) -> None:
    logs, reads = ("list_builder", LOGGER), ("list_builder", LOGGER, "authorising_officer", "auditor")
    with stage.client("eve", role) as eve:
        assert (eve.get("/bluelist").status_code == 200) == (role in reads)
        assert (eve.get(f"/api/deployments/{stage.deployment}/passes").status_code == 200) == (role in reads)
        assert (press(stage, eve).status_code == 201) == (role in logs)
        if role != "administrator":
            assert ('href="/bluelist"' in eve.get("/record").text) == (role in reads)


def test_labels_are_shown_to_those_who_log_once_the_ledger_has_told_of_it(stage: Stage) -> None:
    def viewed() -> list[LedgerEntry]:
        with stage.database.read() as session:
            return list(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "entry_viewed")))

    with stage.client("flo", LOGGER) as flo, stage.client("aud", "auditor") as aud:
        assert LABEL not in aud.get("/bluelist").text
        assert viewed() == []
        assert LABEL in flo.get("/bluelist").text
        everybody = len((SUBJECT, SUBJECT_2, "unnamed", *OTHERS))
        assert [facts_of(entry)["reason"] for entry in viewed()] == ["volunteers_pass"] * everybody
        flo.get("/bluelist")
        assert len(viewed()) == everybody
        log(stage, flo)
        stage.alert()
        for address in ("/bluelist/passes", f"/api/deployments/{stage.deployment}/passes"):
            told = flo.get(address).text
            assert LABEL not in told
            assert str(SIMILARITY) not in told
        # Nothing more than its label was opened.
        assert LABEL not in flo.get(f"/watchlist/{stage.deployment}/entries/{SUBJECT}").text
