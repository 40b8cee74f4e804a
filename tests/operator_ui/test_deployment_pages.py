"""The deployments' pages and API: who may do what, what the pages show, and that nothing else goes through."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from alerts import deployments
from operator_ui.deployment_checks import LINES
from operator_ui.settings import UiSettings
from records.facts import Kind
from records.ids import new_id
from records.ledger import facts_of
from records.schema import Deployment, Entry, LedgerEntry, Suppressed
from records.times import to_text
from tests.operator_ui.office import PEOPLE, Office, form_of, settings
from tests.operator_ui.stage import Browser, Stage, record_at
from tests.records.made import POLICIES, policy

TO_READ = ["necessity", "proportionality", "alternatives"]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def everybody(office: Office) -> dict[str, Browser]:
    return {name: office.browser(name) for name in PEOPLE}


def signing(office: Office, deployment: str, **changes: Any) -> dict[str, Any]:
    with office.stage.database.read() as session:
        seen = session.get_one(Deployment, deployment).document_hash
    return {"seen": seen, "read": TO_READ, **changes}


ACTIONS: list[tuple[str, Callable[[Office], str], Callable[[Office, str], object], tuple[str, ...]]] = [
    ("application", Office.draft, lambda _o, _d: form_of(), ("Beryl",)),
    ("submit", Office.draft, lambda _o, _d: {}, ("Beryl",)),
    ("take-back", Office.submitted, lambda _o, _d: {}, ("Beryl",)),
    ("authorise", Office.submitted, signing, ("Orla", "Petra")),
    ("refuse", Office.submitted, lambda _o, _d: {"reason": "too wide a place"}, ("Orla", "Petra", "Ned")),
    (
        "ratify",
        lambda o: o.authorised("Ned", urgent=True, urgent_reason="a threat to life"),
        signing,
        ("Orla", "Petra"),
    ),
    (
        "refuse-ratification",
        lambda o: o.authorised("Ned", urgent=True, urgent_reason="a threat to life"),
        lambda _o, _d: {"reason": "it could have waited"},
        ("Orla", "Petra"),
    ),
    ("signage", Office.authorised, lambda _o, _d: {"item": "leaflets"}, ("Ann", "Cid")),
    ("start", Office.signed_posted, lambda _o, _d: {}, ("Ann",)),
    ("pause", Office.running, lambda _o, _d: {"reason": "crowd"}, ("Ann", "Cid", "Orla", "Petra", "Ned")),
    ("resume", Office.paused, lambda _o, _d: {}, ("Ann",)),
    ("end", Office.running, lambda _o, _d: {"reason": "done"}, ("Ann", "Orla", "Petra", "Ned")),
    (
        "thresholds",
        Office.running,
        lambda _o, _d: {"after": 0.5, "reason": "two false alerts"},
        ("Ann", "Orla", "Petra", "Ned"),
    ),
]
"""Act, the deployment that it is tried on, what is sent, and who may."""
SAME_ROLE = {"Ann", "Beryl", "Orla", "Petra", "Ned"}
"""Whose role may do some of it: of these a refusal may be one of the moment or the person (409), not of the role."""


@pytest.mark.parametrize(("name", "before", "body", "may"), ACTIONS, ids=[action[0] for action in ACTIONS])
def test_each_act_is_for_its_people_and_refused_to_everybody_else(
    office: Office,
    name: str,
    before: Callable[[Office], str],
    body: Callable[[Office, str], object],
    may: tuple[str, ...],
) -> None:
    deployment = before(office)
    address = f"/api/deployments/{deployment}/{name}"
    state = office.state(deployment)
    people = everybody(office)
    for who in PEOPLE.keys() - set(may):
        refused = people[who].post(address, body(office, deployment))
        assert refused.status_code in ((403, 409) if who in SAME_ROLE else (403,)), (who, refused.text)
        assert len(refused.json()["error"].splitlines()) == 1
        assert office.state(deployment) == state, who
    assert people[may[0]].post(address, body(office, deployment), csrf="wrong").status_code == 403
    assert office.state(deployment) == state
    found = deployment
    for number, who in enumerate(may):
        found = deployment if number == 0 else _another(office, before, found)
        done = people[who].post(f"/api/deployments/{found}/{name}", body(office, found))
        assert done.status_code == 200, (who, done.text)
        assert done.json()["id"] == found


def _another(office: Office, before: Callable[[Office], str], first: str) -> str:
    """A second deployment in the same state; of one name only one is open at a time."""
    with office.stage.database.write() as session:
        one = session.get_one(Deployment, first)
        if one.state in ("authorised", "running", "paused"):
            deployments.end_by_rig(session, first, "window_over", office.time)
    return before(office)


def test_only_drafters_draft_and_the_form_is_theirs(office: Office) -> None:
    people = everybody(office)
    for who in ("Cid", "Vera", "Adam"):
        assert people[who].post("/api/deployments", form_of()).status_code == 403
        assert people[who].get("/deployments/new").status_code == 403
    for who in ("Beryl", "Ann", "Orla"):
        assert "Why is it proportionate?" in people[who].get("/deployments/new").text
        made = people[who].post("/api/deployments", form_of(name=f"By {who}"))
        assert made.status_code == 201
        assert made.json()["state"] == "draft"
        assert made.json()["drafted_by"] == who


def test_an_administrator_sees_no_deployment(office: Office) -> None:
    deployment, adam = office.running(), office.browser("Adam")
    for address in ("/deployments", f"/deployments/{deployment}", "/api/deployments", "/band"):
        assert adam.get(address).status_code == 403
    assert "Pause search" not in adam.get("/people").text


def test_a_draft_keeps_what_the_form_sends_and_can_be_changed_by_its_drafter_alone(office: Office) -> None:
    beryl, ann = office.browser("Beryl"), office.browser("Ann")
    polygon = [[51.516, -0.143], [51.516, -0.1405], [51.5145, -0.1405]]
    sent = form_of(place={"name": "The square", "polygon": polygon}, sensitive=["worship"], necessity="")
    made = beryl.post("/api/deployments", sent).json()
    assert made["application"]["place"]["polygon"] == polygon
    page = beryl.get(f"/deployments/{made['id']}/change").text
    assert "51.516, -0.143\n51.516, -0.1405" in page
    assert re.search(r'value="worship" checked', page)
    assert ann.get(f"/deployments/{made['id']}/change").status_code == 409
    assert "Necessity is empty" in beryl.get(f"/deployments/{made['id']}").text
    refused = beryl.post(f"/api/deployments/{made['id']}/submit", {})
    assert refused.status_code == 422
    assert "necessity is empty" in refused.json()["error"]
    changed = beryl.post(f"/api/deployments/{made['id']}/application", {**sent, "necessity": "Warrants rose."})
    assert changed.status_code == 200
    assert beryl.post(f"/api/deployments/{made['id']}/submit", {}).json()["state"] == "submitted"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "missing required field"),
        (form_of(threshold="high"), "threshold"),
        (form_of(more=1), "unknown field"),
        (form_of(purpose="anything"), None),
        (form_of(begins="tomorrow"), "begins"),
        ([1], "object"),
    ],
)
def test_an_application_that_is_not_understood_is_refused_in_one_sentence(
    office: Office, body: object, named: str | None
) -> None:
    answer = office.browser("Beryl").post("/api/deployments", body)
    if named is None:
        # Understood, and not fit: a draft may be kept incomplete, and says so.
        assert answer.status_code == 201
        [check] = [check for check in answer.json()["checks"] if check["code"] == "application"]
        assert not check["done"]
        return
    assert answer.status_code == 422
    assert named in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_a_rig_without_a_policy_or_with_one_for_tests_drafts_nothing(tmp_path: Path) -> None:
    for number, found in enumerate((None, str(POLICIES / "test.toml"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        database = record_at(folder)
        changed = msgspec.structs.replace(settings(database), policy=found)
        stage = Stage(database, settings=changed, deployment="none")
        with stage.client("Beryl", "list_builder") as beryl:
            assert beryl.post("/api/deployments", form_of()).status_code == 422
            page = beryl.get("/deployments/new").text
            assert "Keep the draft" not in page
            assert ("names no policy" in page) or ("for tests with volunteers" in page)


def test_an_officer_reads_before_signing_on_the_page_and_on_the_server(office: Office) -> None:
    deployment, orla = office.submitted(), office.browser("Orla")
    office.list_people(deployment)
    page = orla.get(f"/deployments/{deployment}").text
    for shown in ("Warrants rose by a third.", "One square for four hours.", "Home visits found too few people."):
        assert shown in page
    assert 'data-needs="read"' in page
    for unread in ([], TO_READ[:2], ["necessity", "necessity", "necessity"]):
        refused = orla.post(f"/api/deployments/{deployment}/authorise", signing(office, deployment, read=unread))
        assert refused.status_code == 422
        assert "say that you have read it" in refused.json()["error"]
    stale = orla.post(f"/api/deployments/{deployment}/authorise", signing(office, deployment, seen="0" * 64))
    assert stale.status_code == 409
    assert office.state(deployment) == "submitted"
    done = orla.post(f"/api/deployments/{deployment}/authorise", signing(office, deployment, reference="order 7"))
    assert done.json()["state"] == "authorised"
    assert "order 7" in orla.get(f"/deployments/{deployment}").text


def test_a_profile_that_asks_for_an_outside_authority_takes_its_reference(tmp_path: Path) -> None:
    office = Office(tmp_path)
    deployment = office.submitted(which="eu-ai-act", purpose=policy("eu-ai-act").policy.purposes[0].code)
    orla = office.browser("Orla")
    assert "(if there is one)" not in orla.get(f"/deployments/{deployment}").text
    address = f"/api/deployments/{deployment}/authorise"
    assert orla.post(address, signing(office, deployment)).status_code == 422
    assert orla.post(address, signing(office, deployment, reference="decision 12/26")).status_code == 200


def test_the_officer_sees_the_list_in_numbers_with_its_trend_and_why_it_is_above_the_cap(office: Office) -> None:
    earlier = office.running(name="Earlier")
    office.act("Ann", lambda session, person: deployments.end(session, earlier, person, "done", office.time))
    deployment = office.submitted()
    office.list_people(deployment, 6)
    with office.stage.database.read() as session:
        assert session.query(Entry).filter_by(deployment_id=deployment).count() == 6
    found = office.browser("Orla").get(f"/api/deployments/{deployment}").json()["watchlist"]
    assert found["built"]["entries"] == 6
    assert found["built"]["rejected"] == 2
    assert found["built"]["categories"] == [{"words": "Wanted by a court or on warrant", "count": 6}]
    assert {one["words"]: one["count"] for one in found["built"]["ages"]} == {"up to 1 year": 3, "over 10 years": 3}
    assert [(one["name"], one["entries"]) for one in found["earlier"]] == [("Earlier", 3)]
    page = office.browser("Orla").get(f"/deployments/{deployment}").text
    for words in ("Custody picture system", "Warrants system", "over 10 years", "Size over the deployments"):
        assert words in page


def test_a_sensitive_place_is_not_for_the_standard_level(office: Office) -> None:
    deployment = office.submitted(sensitive=("worship",))
    orla, petra = office.browser("Orla"), office.browser("Petra")
    page = orla.get(f"/deployments/{deployment}").text
    assert "You cannot authorise it" in page
    assert f"/api/deployments/{deployment}/authorise" not in page
    assert orla.post(f"/api/deployments/{deployment}/authorise", signing(office, deployment)).status_code == 409
    assert petra.post(f"/api/deployments/{deployment}/authorise", signing(office, deployment)).status_code == 200


OFFERED = [
    (Office.draft, "Beryl", ["submit", "change"]),
    (Office.draft, "Ann", []),
    (Office.submitted, "Beryl", ["take-back"]),
    (Office.submitted, "Orla", ["authorise", "refuse"]),
    (Office.submitted, "Ned", ["refuse"]),
    (Office.submitted, "Ann", []),
    (Office.authorised, "Cid", ["signage"]),
    (Office.signed_posted, "Ann", ["start", "thresholds", "end"]),
    (Office.signed_posted, "Orla", ["refuse", "thresholds", "end"]),
    (Office.signed_posted, "Vera", []),
    (Office.running, "Ann", ["pause", "thresholds", "end"]),
    (Office.running, "Cid", ["pause"]),
    (Office.running, "Beryl", []),
    (Office.running, "Vera", []),
    (Office.paused, "Ann", ["resume", "thresholds", "end"]),
    (Office.paused, "Cid", []),
]


@pytest.mark.parametrize(("before", "who", "expected"), OFFERED)
def test_a_page_offers_only_what_this_person_may_do_now(
    office: Office, before: Callable[[Office], str], who: str, expected: list[str]
) -> None:
    deployment = before(office)
    page = office.browser(who).get(f"/deployments/{deployment}").text
    offered = set(re.findall(rf'data-post="/api/deployments/{deployment}/([a-z-]+)', page))
    offered |= {"change"} if f'href="/deployments/{deployment}/change"' in page else set()
    assert offered == set(expected)


def test_the_checklist_names_each_thing_that_is_done_or_missing(office: Office) -> None:
    deployment, ann = office.authorised(), office.browser("Ann")

    def open_checks() -> set[str]:
        found = office.browser("Vera").get(f"/api/deployments/{deployment}").json()["checks"]
        assert {check["code"] for check in found} >= {"application", "signed", "list", "signage", "window", "started"}
        return {check["code"] for check in found if not check["done"]}

    assert open_checks() == {"signage", "started"}
    assert "4 of 4 are not checked yet" in ann.get(f"/deployments/{deployment}").text
    refused = ann.post(f"/api/deployments/{deployment}/start", {})
    assert refused.status_code == 409
    assert "signage" in refused.json()["error"]
    for item in policy("uk").policy.signage:
        assert ann.post(f"/api/deployments/{deployment}/signage", {"item": item.code}).status_code == 200
    assert open_checks() == {"started"}
    assert ann.post(f"/api/deployments/{deployment}/start", {}).status_code == 200
    assert open_checks() == set()
    office.stage.clock.forward(timedelta(hours=5))
    assert open_checks() == {"window"}


def test_every_obstacle_of_the_rig_has_its_line_on_the_checklist() -> None:
    source = (Path(__file__).parents[2] / "alerts" / "authority.py").read_text()
    codes = set(re.findall(r'Obstacle\(\s*"([a-z_]+)"', source)) - {"altered"}
    assert codes == {code for _, _, named in LINES for code in named}


def test_a_camera_that_was_not_asked_for_stands_in_the_way(tmp_path: Path) -> None:
    office = Office(tmp_path)
    deployment = office.signed_posted(cameras=("south",))
    ann = office.browser("Ann")
    refused = ann.post(f"/api/deployments/{deployment}/start", {})
    assert refused.status_code == 409
    assert "'north'" in refused.json()["error"]


def test_the_pause_button_is_on_every_page_for_those_who_may_pause(office: Office) -> None:
    deployment = office.running()
    addresses = (
        "/live",
        "/closed",
        "/record",
        "/deployments",
        f"/deployments/{deployment}",
        f"/watchlist/{deployment}",
    )
    for who, may in (("Ann", True), ("Cid", True), ("Orla", True), ("Beryl", False), ("Vera", False)):
        person = office.browser(who)
        for address in (*addresses, "/account"):
            page = person.get(address).text
            assert ("Pause search" in page) is may, (who, address)
            assert ("No officer free to respond" in page) is may or f"/deployments/{deployment}" == address
    cid = office.browser("Cid")
    assert cid.post(f"/api/deployments/{deployment}/pause", {"reason": "anything"}).status_code == 422
    assert cid.post(f"/api/deployments/{deployment}/pause", {"reason": "crowd"}).status_code == 200
    for address in addresses:
        page = cid.get(address).text
        assert "Pause search" not in page
        assert 'data-state="paused"' in page
    assert cid.post(f"/api/deployments/{deployment}/resume", {}).status_code == 403
    assert "Crowd or protest in the zone" in cid.get(f"/deployments/{deployment}").text


def test_after_the_stop_rule_an_officer_and_no_operator_resumes(office: Office) -> None:
    deployment = office.running()
    with office.stage.database.write() as session:
        deployments.pause_by_rig(session, deployment, "stop_rule", office.time)
    ann, orla = office.browser("Ann"), office.browser("Orla")
    address = f"/api/deployments/{deployment}/resume"
    assert address not in ann.get(f"/deployments/{deployment}").text
    assert "Too many false alerts" in ann.get(f"/deployments/{deployment}").text
    assert ann.post(address, {}).status_code == 409
    assert address in orla.get(f"/deployments/{deployment}").text
    assert orla.post(address, {}).json()["state"] == "running"


def test_a_threshold_takes_two_people_and_goes_only_up(office: Office) -> None:
    deployment = office.running()
    ann, orla = office.browser("Ann"), office.browser("Orla")
    address = f"/api/deployments/{deployment}/thresholds"
    assert ann.post(address, {"after": 0.3, "reason": "more alerts"}).status_code == 422
    assert ann.post(address, {"after": 0.5, "reason": " "}).status_code == 422
    [proposal] = ann.post(address, {"after": 0.5, "reason": "two false alerts"}).json()["proposals"]
    second = f"{address}/{proposal['id']}/second"
    assert second not in ann.get(f"/deployments/{deployment}").text
    assert ann.post(second, {}).status_code == 409
    other = office.draft(name="Another")
    assert orla.post(f"/api/deployments/{other}/thresholds/{proposal['id']}/second", {}).status_code == 404
    assert second in orla.get(f"/deployments/{deployment}").text
    assert orla.post(second, {}).json()["threshold"] == 0.5
    assert "raised from 0.4200" in ann.get(f"/deployments/{deployment}").text


def test_what_is_urgent_counts_down_to_its_ratification(office: Office) -> None:
    deployment = office.authorised("Ned", urgent=True, urgent_reason="A threat to life.")
    petra, ned = office.browser("Petra"), office.browser("Ned")
    until = to_text(office.time + timedelta(hours=24))
    assert f'<time data-until datetime="{until}">' in petra.get(f"/deployments/{deployment}").text
    page = ned.get(f"/deployments/{deployment}").text
    assert f"/api/deployments/{deployment}/ratify" not in page
    assert petra.post(f"/api/deployments/{deployment}/ratify", signing(office, deployment, read=[])).status_code == 422
    done = petra.post(f"/api/deployments/{deployment}/ratify", signing(office, deployment))
    assert done.json()["ratify_by"] is None
    assert "must ratify it by" not in petra.get(f"/deployments/{deployment}").text


def test_candidates_that_stale_entries_suppressed_are_counted(office: Office) -> None:
    deployment = office.running()
    with office.stage.database.write() as session:
        entry = session.scalars(select(Entry.id).where(Entry.deployment_id == deployment)).first()
        for reason in ("withdrawn", "expired", "deployment_paused"):
            session.add(
                Suppressed(id=new_id(), deployment_id=deployment, entry_id=entry, reason=reason, at=office.time)
            )
    found = office.browser("Vera").get(f"/api/deployments/{deployment}").json()["counters"]
    assert found["stale"] == 2
    assert found["suppressed"] == {"Entry withdrawn": 1, "Entry expired": 1, "Search paused": 1}


def test_a_test_is_marked_on_every_page_and_signed_by_nobody(tmp_path: Path) -> None:
    database = record_at(tmp_path)
    stage = Stage(database, settings=UiSettings(vault="none", changes="ipc:///none"))
    with stage.client("ann") as ann:
        assert "Test deployment" in ann.get("/deployments").text
        page = ann.get(f"/deployments/{stage.deployment}").text
        assert "A test with consenting volunteers" in page
        assert "Draft another like it" not in page
        assert ann.get(f"/deployments/new?like={stage.deployment}").status_code in (404, 422)
        paused = ann.post(f"/api/deployments/{stage.deployment}/pause", {"reason": "asked"})
        assert paused.json()["state"] == "paused"


def test_every_step_stands_in_the_ledger_with_its_person(office: Office) -> None:
    beryl, ann = office.browser("Beryl"), office.browser("Ann")
    made = beryl.post("/api/deployments", form_of()).json()["id"]
    beryl.post(f"/api/deployments/{made}/submit", {})
    beryl.post(f"/api/deployments/{made}/take-back", {})
    assert ann.get("/api/deployments").json()["deployments"][0]["state"] == "draft"
    with office.stage.database.read() as session:
        told = [
            (entry.kind, entry.actor)
            for entry in session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))
            if facts_of(entry).get("deployment") == made
        ]
        actor = session.get_one(Deployment, made).drafted_by
    kinds = (Kind.DEPLOYMENT_DRAFTED, Kind.DEPLOYMENT_SUBMITTED, Kind.DEPLOYMENT_TAKEN_BACK)
    assert told == [(kind, actor) for kind in kinds]


def test_an_unknown_deployment_is_not_found_anywhere(office: Office) -> None:
    ann = office.browser("Ann")
    for address in ("/deployments/none", "/watchlist/none", "/api/deployments/none", "/api/watchlist/none"):
        assert ann.get(address).status_code == 404
    assert ann.post("/api/deployments/none/pause", {"reason": "asked"}).status_code == 404
