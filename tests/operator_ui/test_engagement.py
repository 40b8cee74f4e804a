"""The officer's way over HTTP: decisions in person, stops and their steps; and two tablets that press at once."""

import re
from datetime import timedelta
from typing import Any

import anyio
import httpx2
import pytest
from sqlalchemy import func, select

from alerts.decisions import expire
from records.ids import new_id
from records.schema import Alert, Event, LedgerEntry, OfficerDecision, Stop, StopStep
from tests.operator_ui.stage import SUBJECT, SUBJECT_2, Browser, Stage
from watchlist.standing import withdraw

STOP = {"reason": "same scar; came from the north"}
LIMIT = timedelta(seconds=30)


def confirmed(stage: Stage, ann: Browser, subject: str = SUBJECT) -> str:
    alert = stage.alert(subject)
    assert ann.judge(alert).json()["state"] == "confirmed"
    return alert


def state_of(stage: Stage, alert: str) -> tuple[str, str | None]:
    with stage.database.read() as session:
        found = session.get_one(Alert, alert)
        return found.state, found.outcome


def count(stage: Stage, table: type[OfficerDecision | Stop | StopStep | LedgerEntry]) -> int:
    with stage.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def take_out(stage: Stage, subject: str = SUBJECT) -> None:
    with stage.database.write() as session:
        withdraw(session, subject, "console", "entered_in_error", stage.time())


def test_the_decide_page_offers_each_way_alike_and_chooses_none(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        page = cid.get(f"/alerts/{alert}").text
        finals = re.findall(r'<button[^>]*class="([^"]*)"[^>]*>\s*<b>', page)
        assert finals == ["button final"] * 3
        assert not re.search(r"\b(checked|selected|autofocus)\b", page)
        assert page.index("not them") < page.index("Lost sight") < page.index("Log the stop")
        assert f"/alerts/{alert}/looks/0" in page
        assert cid.get(f"/api/alerts/{alert}").json()["choices"]["decisions"] == [
            "not_them",
            "lost",
            "discretion",
            "stale_entry",
            "stood_down",
            "engage",
        ]


def test_not_them_is_one_request_and_its_own_record(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        answer = cid.post(f"/api/alerts/{alert}/decisions", {"decision": "not_them"})
        assert (answer.status_code, answer.json()["step"]) == (201, "read")
        made = answer.json()["decision"]
        assert (made["officer"], made["decision"]) == ("cid", "not_them")
        assert state_of(stage, alert) == ("closed", "false")
        again = cid.post(f"/api/alerts/{alert}/decisions", {"decision": "not_them"})
        assert (again.status_code, again.json()["decision"]) == (201, made)
        assert count(stage, OfficerDecision) == 1
        page = cid.get(f"/alerts/{alert}").text
        assert "Saw the person: not them" in page
        assert "Nobody was stopped." in page


def test_a_stop_from_its_beginning_over_its_steps_to_its_end(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        stop = cid.post(f"/api/alerts/{alert}/stops", STOP).json()["stop"]
        assert (stop["officer"], stop["ended_at"], stop["steps"]) == ("cid", None, [])
        assert stop["prompt_at"] == "2026-11-23T10:05:00Z"
        page = cid.get(f"/alerts/{alert}").text
        assert 'data-prompt-at="2026-11-23T10:05:00.000000Z"' in page
        assert "Ask for fingerprints" in page
        early = cid.post(f"/api/alerts/{alert}/steps", {"kind": "prolonged", "reason": "welfare"})
        assert (early.status_code, "not lasted that long" in early.json()["error"]) == (409, True)
        stage.clock.forward(timedelta(minutes=6))
        gone_on = cid.post(f"/api/alerts/{alert}/steps", {"kind": "prolonged", "reason": "welfare"}).json()["stop"]
        assert gone_on["prompt_at"] == "2026-11-23T10:10:00Z"
        force = {"kind": "force", "reason": "danger", "id": new_id()}
        for _ in range(2):
            assert cid.post(f"/api/alerts/{alert}/steps", force).status_code == 201
        assert [step["kind"] for step in cid.get(f"/api/alerts/{alert}").json()["stop"]["steps"]] == [
            "prolonged",
            "force",
        ]
        assert "Danger to the person or to others" in cid.get(f"/alerts/{alert}").text
        missing = cid.post(f"/api/alerts/{alert}/identity", {"who": "entry"})
        assert (missing.status_code, "what became" in missing.json()["error"]) == (409, True)
        ended = cid.post(f"/api/alerts/{alert}/identity", {"who": "entry", "disposal": "advised"}).json()
        assert (ended["outcome"], ended["stop"]["minutes"], ended["stop"]["disposal"]) == (
            "confirmed_true",
            6.0,
            "advised",
        )
        late = cid.post(f"/api/alerts/{alert}/steps", force | {"id": new_id()})
        assert (late.status_code, "this stop ended" in late.json()["error"]) == (409, True)
        read = cid.get(f"/alerts/{alert}").text
        for words in ("Advised", "6.0 minutes", "Force used", "Identity accepted"):
            assert words in read


def test_somebody_else_ends_the_stop_in_one_request(stage: Stage) -> None:
    with stage.client("ann") as ann:
        alert = confirmed(stage, ann)
        ann.post(f"/api/alerts/{alert}/stops", STOP)
        ended = ann.post(f"/api/alerts/{alert}/identity", {"who": "other"}).json()
        assert (ended["state"], ended["outcome"], ended["stop"]["disposal"]) == (
            "closed",
            "confirmed_false",
            "no_further_action",
        )
        assert ann.post(f"/api/alerts/{alert}/identity", {"who": "other"}).status_code == 200
        assert count(stage, StopStep) == 1


def test_an_entry_that_went_stale_offers_no_stop_and_a_way_to_close(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        before = cid.get(f"/api/alerts/{alert}").json()
        take_out(stage)
        after = cid.get(f"/api/alerts/{alert}").json()
        assert (before["stale"], after["stale"]) == (None, "withdrawn")
        # By this another tablet knows that its page is to be drawn anew.
        assert before["version"] != after["version"]
        assert "engage" not in after["choices"]["decisions"]
        with stage.database.read() as session:
            assert session.scalars(select(Event.kind).order_by(Event.id.desc()).limit(1)).one() == "entry"
        page = cid.get(f"/alerts/{alert}").text
        assert "The entry was withdrawn." in page
        assert "Close as a stale entry" in page
        assert "Log the stop" not in page
        refused = cid.post(f"/api/alerts/{alert}/stops", STOP)
        assert (refused.status_code, "no stop follows" in refused.json()["error"]) == (409, True)
        assert cid.post(f"/api/alerts/{alert}/decisions", {"decision": "stale_entry"}).status_code == 201
        assert state_of(stage, alert) == ("closed", "not_engaged_stale_entry")


def test_an_entry_that_goes_stale_during_the_stop_is_told(stage: Stage) -> None:
    with stage.client("ann") as ann:
        alert = confirmed(stage, ann)
        ann.post(f"/api/alerts/{alert}/stops", STOP)
        take_out(stage)
        assert "Is there still a reason to keep the person here?" in ann.get(f"/alerts/{alert}").text
        assert ann.get(f"/api/alerts/{alert}").json()["stale"] == "withdrawn"


def test_the_first_reviewer_sees_how_long_the_second_has_and_nobody_else_does(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with (
        stage_of_two.client("ann") as ann,
        stage_of_two.client("bob") as bob,
        stage_of_two.client("cid", "engagement_officer") as cid,
    ):
        before = bob.get(f"/alerts/{alert}").text
        assert "30 s for a second look" in before
        ann.judge(alert)
        assert ann.get(f"/api/alerts/{alert}").json()["until"] == "2026-11-23T10:00:30Z"
        assert 'data-left datetime="2026-11-23T10:00:30.000000Z"' in ann.get(f"/alerts/{alert}").text
        for browser in (bob, cid):
            assert browser.get(f"/api/alerts/{alert}").json()["until"] is None
            assert "data-left" not in browser.get(f"/alerts/{alert}").text


def test_a_second_answer_that_comes_late_is_refused_with_a_sentence(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann, stage_of_two.client("bob") as bob:
        ann.judge(alert)
        stage_of_two.clock.forward(LIMIT)
        refused = bob.judge(alert)
        assert (refused.status_code, "time for another look is over" in refused.json()["error"]) == (409, True)
        with stage_of_two.database.write() as session:
            assert expire(session, timedelta(hours=1), stage_of_two.time()) == [alert]
        assert bob.judge(alert).status_code == 409
        page = ann.get(f"/alerts/{alert}").text
        assert "The other look did not come in time." in page
        assert "Nobody was stopped." in page


def test_an_officers_first_page_is_what_people_have_confirmed(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        waiting = stage.alert(SUBJECT_2)
        assert cid.get("/").headers["location"] == "/engagements"
        page, part = cid.get("/engagements").text, cid.get("/engagements/list").text
        for text in (page, part):
            assert f'href="/alerts/{alert}"' in text
            assert waiting not in text
            assert "1 alert is with the reviewers." in text
        assert cid.get("/live").status_code == 200
        cid.post(f"/api/alerts/{alert}/decisions", {"decision": "lost"})
        assert "Nothing to decide" in cid.get("/engagements/list").text


@pytest.mark.parametrize("role", ["auditor", "list_builder", "authorising_officer", "administrator"])
def test_nobody_but_an_officer_decides_steps_or_ends(stage: Stage, role: str) -> None:
    with stage.client("ann") as ann, stage.client("eve", role) as eve:
        alert = confirmed(stage, ann)
        ann.post(f"/api/alerts/{alert}/stops", STOP)
        for address, body in (
            ("decisions", {"decision": "lost"}),
            ("steps", {"kind": "force", "reason": "danger"}),
            ("identity", {"who": "other"}),
            ("close", {"outcome": "undetermined", "disposal": "advised"}),
        ):
            assert eve.post(f"/api/alerts/{alert}/{address}", body).status_code == 403
        assert eve.get("/engagements").status_code == 403
        assert eve.get(f"/alerts/{alert}/card").status_code == 403


def at_once(stage: Stage, requests: list[tuple[Browser, str, Any]]) -> list[httpx2.Response]:
    """Sends all of them before any is answered."""
    answers: list[httpx2.Response | None] = [None] * len(requests)
    tokens = [browser.csrf for browser, _, _ in requests]

    async def send(place: int) -> None:
        browser, address, body = requests[place]
        transport = httpx2.ASGITransport(app=stage.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://rig", cookies=browser.http.cookies
        ) as tablet:
            answers[place] = await tablet.post(address, json=body, headers={"X-CSRF-Token": tokens[place]})

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for place in range(len(requests)):
                tasks.start_soon(send, place)

    anyio.run(run)
    return [answer for answer in answers if answer is not None]


def test_two_officers_who_press_at_once_make_one_decision(stage: Stage) -> None:
    with (
        stage.client("ann") as ann,
        stage.client("cid", "engagement_officer") as cid,
        stage.client("dan", "engagement_officer") as dan,
    ):
        alert = confirmed(stage, ann)
        address = f"/api/alerts/{alert}"
        answers = at_once(
            stage,
            [
                (cid, f"{address}/stops", STOP),
                (dan, f"{address}/decisions", {"decision": "not_them"}),
                (ann, f"{address}/decisions", {"decision": "lost"}),
                (cid, f"{address}/stops", STOP),
            ],
        )
        codes = [answer.status_code for answer in answers]
        assert sorted(set(codes)) == [201, 409]
        made = codes.index(201)
        assert count(stage, OfficerDecision) == 1
        assert count(stage, Stop) == (1 if made in (0, 3) else 0)
        assert codes.count(201) == (2 if made in (0, 3) else 1)
        for answer in answers:
            if answer.status_code == 409:
                assert "decided about this alert already" in answer.json()["error"]


def test_two_tablets_that_end_a_stop_at_once_end_it_once(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        alert = confirmed(stage, ann)
        cid.post(f"/api/alerts/{alert}/stops", STOP)
        address = f"/api/alerts/{alert}"
        answers = at_once(
            stage,
            [
                (ann, f"{address}/identity", {"who": "other"}),
                (cid, f"{address}/identity", {"who": "entry", "disposal": "arrested"}),
                (cid, f"{address}/close", {"outcome": "undetermined", "disposal": "advised"}),
            ],
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        assert state_of(stage, alert) == ("closed", won["outcome"])
        with stage.database.read() as session:
            closings = select(func.count()).where(LedgerEntry.kind.in_(("stop_closed", "alert_closed")))
            assert session.scalar(closings) == 2


def test_a_step_that_is_sent_twice_at_once_is_logged_once(stage: Stage) -> None:
    with stage.client("cid") as cid:
        alert = confirmed(stage, cid)
        cid.post(f"/api/alerts/{alert}/stops", STOP)
        body = {"kind": "fingerprints", "reason": "arrested", "id": new_id()}
        answers = at_once(stage, [(cid, f"/api/alerts/{alert}/steps", body)] * 3)
        assert {answer.status_code for answer in answers} == {201}
        assert count(stage, StopStep) == 1
