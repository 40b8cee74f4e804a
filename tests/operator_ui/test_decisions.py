"""What people do over HTTP, and what is refused: never a 5xx, always a sentence."""

from collections.abc import Callable

import pytest

from alerts.states import CLOSES_AS, Decided
from operator_ui.api.engagement import MOST_REASON
from operator_ui.bodies import MOST_BYTES
from records.schema import Adjudication, Alert, Stop
from tests.operator_ui.stage import UNNAMED, Browser, Stage

STOP = {"reason": "same scar; came from the north"}


def state_of(stage: Stage, alert: str) -> tuple[str, str | None]:
    with stage.database.read() as session:
        found = session.get_one(Alert, alert)
        return found.state, found.outcome


def test_the_way_from_arrival_to_the_logged_outcome(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.post(f"/api/alerts/{alert}/reviews", {}).json()["state"] == "in_review"
        judged = ann.judge(alert)
        assert (judged.status_code, judged.json()["step"]) == (201, "decide")
        stopped = ann.post(f"/api/alerts/{alert}/stops", STOP)
        assert (stopped.status_code, stopped.json()["step"], stopped.json()["stop"]["officer"]) == (201, "stop", "ann")
        ended = ann.post(f"/api/alerts/{alert}/close", {"outcome": "confirmed_false", "disposal": "advised"})
        assert (ended.status_code, ended.json()["step"]) == (200, "read")
        assert state_of(stage, alert) == ("closed", "confirmed_false")
        assert "Confirmed false" in ann.get("/closed").text
        assert ann.get("/api/record").json()["outcomes"]["confirmed_false"] == 1


def test_every_step_has_its_page(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        page = f"/alerts/{alert}"
        assert "Is this the same person?" in ann.get(page).text
        ann.judge(alert)
        assert "Log a stop" in ann.get(page).text
        assert "checked" not in ann.get(page).text
        ann.post(f"/api/alerts/{alert}/stops", STOP)
        assert "Identity accepted: who is it?" in ann.get(page).text
        assert "checked" not in ann.get(page).text
        ann.post(f"/api/alerts/{alert}/close", {"outcome": "undetermined", "disposal": "advised"})
        assert "Undetermined" in ann.get(page).text


@pytest.mark.parametrize("before", ["waiting", "in_review", "different"])
def test_a_stop_without_its_confirmation_is_refused(stage: Stage, before: str) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        if before == "in_review":
            ann.post(f"/api/alerts/{alert}/reviews", {})
        if before == "different":
            ann.judge(alert, "different")
        refused = ann.post(f"/api/alerts/{alert}/stops", STOP)
        assert refused.status_code == 409
        assert refused.json()["error"]
        with stage.database.read() as session:
            assert session.query(Stop).count() == 0


def test_one_of_two_confirmations_is_not_enough_for_a_stop(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann, stage_of_two.client("bob") as bob:
        ann.judge(alert)
        assert ann.judge(alert).status_code == 409
        for browser in (ann, bob):
            assert browser.post(f"/api/alerts/{alert}/stops", STOP).status_code == 409
            assert browser.post(f"/api/alerts/{alert}/decisions", {"decision": "lost"}).status_code == 409
        bob.judge(alert)
        assert bob.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201


def test_same_person_needs_a_similarity_and_a_difference(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        for body in (
            {"verdict": "same"},
            {"verdict": "same", "similarities": ["nose"]},
            {"verdict": "same", "differences": ["hair"]},
        ):
            refused = ann.post(f"/api/alerts/{alert}/adjudications", body)
            assert refused.status_code == 409
            assert "similarity" in refused.json()["error"]
        with stage.database.read() as session:
            assert session.query(Adjudication).count() == 0


@pytest.mark.parametrize("decision", CLOSES_AS)
def test_a_confirmed_alert_closes_without_a_stop_for_a_named_reason(stage: Stage, decision: Decided) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert)
        ended = {"outcome": "confirmed_true", "disposal": "arrested"}
        assert ann.post(f"/api/alerts/{alert}/close", ended).status_code == 409
        assert ann.post(f"/api/alerts/{alert}/decisions", {"decision": decision}).status_code == 201
        assert state_of(stage, alert) == ("closed", CLOSES_AS[decision])


Send = Callable[[Browser, str], int]

BAD: dict[str, tuple[str, object]] = {
    "unknown verdict": ("adjudications", {"verdict": "match"}),
    "no verdict": ("adjudications", {}),
    "verdict of a wrong type": ("adjudications", {"verdict": 3}),
    "unknown feature": ("adjudications", {"verdict": "same", "similarities": ["aura"], "differences": ["hair"]}),
    "features not a list": ("adjudications", {"verdict": "same", "similarities": "nose"}),
    "a field too many": ("adjudications", {"verdict": "same", "reviewer": "bob"}),
    "a list for a body": ("adjudications", [1, 2]),
    "null": ("stops", None),
    "no reason": ("stops", {}),
    "empty reason": ("stops", {"reason": " \n"}),
    "long reason": ("stops", {"reason": "x" * (MOST_REASON + 1)}),
    "unknown outcome": ("close", {"outcome": "arrested", "disposal": "arrested"}),
    "an outcome that only the rig gives": ("close", {"outcome": "true_alert", "disposal": "advised"}),
    "an outcome without a disposal": ("close", {"outcome": "undetermined"}),
    "unknown disposal": ("close", {"outcome": "undetermined", "disposal": "detained"}),
    "unknown decision": ("decisions", {"decision": "ignore"}),
    "a stop as a bare decision": ("decisions", {"decision": "engage"}),
    "unknown step": ("steps", {"kind": "handcuffs", "reason": "danger"}),
    "a step that only the rig logs": ("steps", {"kind": "identity_accepted", "reason": "danger"}),
    "a step without a reason": ("steps", {"kind": "force"}),
    "a step whose id is none": ("steps", {"kind": "force", "reason": "danger", "id": "1"}),
    "unknown identity": ("identity", {"who": "brother"}),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_with_a_sentence(stage: Stage, what: str) -> None:
    alert = stage.alert()
    address, body = BAD[what]
    with stage.client("ann") as ann:
        refused = ann.post(f"/api/alerts/{alert}/{address}", body)
        assert refused.status_code == 422
        assert refused.json()["error"]
        assert state_of(stage, alert) == ("waiting", None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"verdict": "\xed\xa0\x80"}', b'{"verdict":' * 5000, b"[" * 20000]
)
def test_a_body_that_is_no_json_is_refused(stage: Stage, body: bytes) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        headers = {"X-CSRF-Token": ann.csrf}
        answer = ann.http.post(f"/api/alerts/{alert}/adjudications", content=body, headers=headers)
        assert answer.status_code == 422


def test_a_body_that_is_too_long_is_refused(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.post(f"/api/alerts/{alert}/stops", {"reason": "x" * MOST_BYTES}).status_code == 413


@pytest.mark.parametrize("alert", ["nothing", "%00", "..%2f..", "ü", "0" * 5000])
def test_an_unknown_alert_is_404_everywhere(stage: Stage, alert: str) -> None:
    with stage.client("ann") as ann:
        for address in (f"/alerts/{alert}", f"/api/alerts/{alert}", f"/alerts/{alert}/looks/0"):
            assert ann.get(address).status_code == 404
        for address, body in (
            ("reviews", {}),
            ("decisions", {"decision": "lost"}),
            ("stops", STOP),
            ("steps", {"kind": "force", "reason": "danger"}),
            ("identity", {"who": "other"}),
            ("close", {"outcome": "undetermined", "disposal": "advised"}),
        ):
            assert ann.post(f"/api/alerts/{alert}/{address}", body).status_code == 404
        assert ann.judge(alert).status_code == 404


def test_a_picture_that_is_not_there_is_404(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        for picture in ("looks/3", "looks/99999999999999999999999", "references/2", "references/9", "looks/x"):
            assert ann.get(f"/alerts/{alert}/{picture}").status_code == 404


def test_a_subject_that_left_the_list_shows_no_reference_and_breaks_no_page(stage: Stage) -> None:
    alert = stage.alert(subject=UNNAMED)
    with stage.client("ann") as ann:
        assert "No reference picture on this rig" in ann.get(f"/alerts/{alert}").text
        assert ann.judge(alert).json()["reveal"]["label"] is None
        assert "not on the present list" in ann.get(f"/alerts/{alert}").text


def test_unknown_addresses_and_methods_answer_in_kind(stage: Stage) -> None:
    with stage.client("ann") as ann:
        assert ann.get("/api/nothing").json() == {"error": "There is no such page"}
        assert "There is no such page" in ann.get("/nothing").text
        assert ann.http.delete("/api/alerts").status_code == 405
        assert ann.get("/api/alerts?state=secret").status_code == 422


def test_the_reveal_tells_category_reason_and_who_is_easily_mistaken(stage: Stage) -> None:
    stage.entries.caution = "His brother, taller"
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert "brother" not in ann.get(f"/alerts/{alert}").text
        ann.judge(alert)
        page = ann.get(f"/alerts/{alert}").text
        for words in ("Easily mistaken", "His brother, taller", "Volunteer", "Takes part in a test", "Log the stop"):
            assert words in page


def test_an_entry_for_information_offers_no_stop(stage: Stage) -> None:
    stage.entries.response = "inform"
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert)
        page = ann.get(f"/alerts/{alert}").text
        assert "No stop follows from this entry" in page
        assert "Log the stop" not in page
