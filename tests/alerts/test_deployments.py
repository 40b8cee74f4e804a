"""The steps of a deployment: who may take them, when, and what the ledger says of them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import deployments, signing, thresholds
from alerts.application import ApplicationError, ApplicationOfTest
from alerts.authority import Rig, obstacles, read_facts
from alerts.decisions import NotFound, Refused
from alerts.position import Fix, Reading
from alerts.reasons import OUTSIDE, RATIFICATION_REFUSED, STOP_RULE
from records.database import Database
from records.schema import Deployment, LedgerEntry
from tests.alerts.applied import (
    BEGINS,
    COMPLETE,
    DURING,
    EARLIER,
    ENDS,
    add_list,
    application,
    authorised,
    check_all_signage,
    person,
    running,
)
from tests.records.made import policy

UK, EU = policy("uk"), policy("eu-ai-act")
URGENT = application(urgent=True, urgent_reason="A child is in danger now.")
TICK = timedelta(microseconds=1)


def submitted(session: Session, asked: Any = COMPLETE) -> Deployment:
    drafter = person(session, "operator")
    found = deployments.draft(session, asked, UK, drafter, EARLIER)
    return deployments.submit(session, found.id, drafter, EARLIER)


def told(session: Session) -> list[tuple[str, str, dict[str, Any]]]:
    """Actor, kind and facts of the ledger's entries."""
    entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))
    return [(entry.actor, entry.kind, json.loads(entry.facts)) for entry in entries]


def test_the_ledger_tells_each_step_and_who_took_it(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        operator, officer = person(session, "operator"), person(session, "authorising_officer", 1)
        deployments.pause(session, found.id, operator, "welfare", DURING, "A person fainted.")
        deployments.resume(session, found.id, operator, Rig(), DURING)
        change = thresholds.propose_threshold(session, found.id, operator, 0.45, "Two doubtful alerts.", DURING)
        thresholds.second_threshold(session, change.id, officer, DURING)
        deployments.end(session, found.id, officer, "done", DURING)
        ledger = told(session)
        assert [kind for _, kind, _ in ledger] == [
            "deployment_drafted",
            "deployment_submitted",
            "deployment_authorised",
            *["signage_checked"] * 4,
            "deployment_started",
            "deployment_paused",
            "deployment_resumed",
            "threshold_proposed",
            "threshold_raised",
            "deployment_ended",
        ]
        assert all(facts["deployment"] == found.id for _, _, facts in ledger)
        assert ledger[1][2]["necessity"] == COMPLETE.necessity
        assert ledger[2][0] == found.authorised_by
        assert ledger[-2] == (
            operator.id,
            "threshold_raised",
            {
                "deployment": found.id,
                "before": "0.4200",
                "after": "0.4500",
                "reason": "Two doubtful alerts.",
                "seconded_by": officer.id,
            },
        )
        assert ledger[-1][2]["reason"] == "done"
        assert found.threshold == 0.45


@pytest.mark.parametrize("role", ["auditor", "administrator", "engagement_officer"])
def test_who_does_not_draft_cannot(database: Database, role: str) -> None:
    with database.write() as session, pytest.raises(Refused, match="to draft a deployment takes"):
        deployments.draft(session, COMPLETE, UK, person(session, role), EARLIER)


def test_somebody_made_inactive_can_do_nothing_more(database: Database) -> None:
    with database.write() as session:
        found = submitted(session)
        officer = person(session, "authorising_officer", 3)
        officer.active = False
        session.flush()
        with pytest.raises(Refused):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)


def test_an_incomplete_draft_is_kept_and_not_submitted(database: Database) -> None:
    with database.write() as session:
        drafter = person(session, "operator")
        found = deployments.draft(session, application(alternatives="", necessity=" "), UK, drafter, EARLIER)
        with pytest.raises(ApplicationError, match=r"necessity is empty.*; alternatives is empty"):
            deployments.submit(session, found.id, drafter, EARLIER)
        assert found.state == "draft"
        deployments.redraft(session, found.id, COMPLETE, UK, drafter, EARLIER)
        assert deployments.submit(session, found.id, drafter, EARLIER).state == "submitted"


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "red\x1b[31m", "two\nlines"])
def test_a_deployment_has_a_name_that_can_be_shown(database: Database, name: str) -> None:
    with database.write() as session, pytest.raises(ApplicationError, match="the name of a deployment"):
        deployments.draft(session, application(name=name), UK, person(session, "operator"), EARLIER)


def test_an_officer_sees_how_long_the_lists_for_this_purpose_were_before(database: Database) -> None:
    with database.write() as session:
        earlier = authorised(session, application(name="earlier"))
        authorised(session, application(name="for another purpose", purpose="serious_crime"))
        found = submitted(session)
        assert signing.lists_before(session, found) == [("earlier", earlier.begins_at, 3)]


def test_an_operation_is_not_drafted_under_a_test_policy(database: Database) -> None:
    with database.write() as session:
        drafter = person(session, "operator")
        with pytest.raises(ApplicationError, match="for tests with volunteers"):
            deployments.draft(session, COMPLETE, policy("test"), drafter, EARLIER)
        found = deployments.draft(session, COMPLETE, UK, drafter, EARLIER)
        with pytest.raises(ApplicationError, match="for tests with volunteers"):
            deployments.redraft(session, found.id, COMPLETE, policy("test"), drafter, EARLIER)


def test_only_the_drafter_changes_submits_and_takes_back(database: Database) -> None:
    with database.write() as session:
        drafter, other = person(session, "operator"), person(session, "operator")
        found = deployments.draft(session, COMPLETE, UK, drafter, EARLIER)
        for act in (deployments.submit, deployments.take_back):
            with pytest.raises(Refused, match="only the person who drafted it"):
                act(session, found.id, other, EARLIER)
        with pytest.raises(Refused, match="only the person who drafted it"):
            deployments.redraft(session, found.id, COMPLETE, UK, other, EARLIER)
        deployments.submit(session, found.id, drafter, EARLIER)
        with pytest.raises(Refused, match="submitted cannot be changed"):
            deployments.redraft(session, found.id, COMPLETE, UK, drafter, EARLIER)
        assert deployments.take_back(session, found.id, drafter, EARLIER).state == "draft"


def test_nobody_authorises_what_he_or_she_drafted(database: Database) -> None:
    with database.write() as session:
        officer = person(session, "authorising_officer", 3)
        found = deployments.draft(session, COMPLETE, UK, officer, EARLIER)
        deployments.submit(session, found.id, officer, EARLIER)
        with pytest.raises(Refused, match="you drafted it"):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)
        with pytest.raises(Refused, match="you drafted it"):
            signing.refuse(session, found.id, officer, "No.", EARLIER)


def test_an_officer_signs_only_what_he_or_she_has_read(database: Database) -> None:
    with database.write() as session:
        drafter, officer = person(session, "operator"), person(session, "authorising_officer", 2)
        found = deployments.draft(session, COMPLETE, UK, drafter, EARLIER)
        deployments.submit(session, found.id, drafter, EARLIER)
        read = found.document_hash
        deployments.take_back(session, found.id, drafter, EARLIER)
        deployments.redraft(session, found.id, application(necessity="Another reason."), UK, drafter, EARLIER)
        deployments.submit(session, found.id, drafter, EARLIER)
        with pytest.raises(Refused, match="was changed since you read it"):
            signing.authorise(session, found.id, officer, read, EARLIER)


def test_nobody_authorises_a_list_that_he_or_she_built(database: Database) -> None:
    with database.write() as session:
        found = submitted(session)
        officer = person(session, "authorising_officer", 2)
        add_list(session, found, officer, EARLIER)
        with pytest.raises(Refused, match="you built its list"):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)


@pytest.mark.parametrize(
    ("asked", "level", "enough"),
    [
        (COMPLETE, 1, False),
        (COMPLETE, 2, True),
        (application(sensitive=("worship",)), 2, False),
        (application(sensitive=("worship",)), 3, True),
        (URGENT, 1, True),
        (application(sensitive=("worship",), urgent=True, urgent_reason="Now."), 1, False),
        (application(sensitive=("worship",), urgent=True, urgent_reason="Now."), 2, False),
        (application(sensitive=("worship",), urgent=True, urgent_reason="Now."), 3, True),
    ],
)
def test_each_deployment_takes_its_level(database: Database, asked: Any, level: int, enough: bool) -> None:
    with database.write() as session:
        found = submitted(session, asked)
        officer = person(session, "authorising_officer", level)
        if enough:
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)
            assert found.state == "authorised"
            assert (found.ratify_by is not None) == asked.urgent
        else:
            with pytest.raises(Refused, match="takes an officer of the"):
                signing.authorise(session, found.id, officer, found.document_hash, EARLIER)


def test_an_application_whose_window_is_over_is_not_authorised(database: Database) -> None:
    with database.write() as session:
        found = submitted(session)
        officer = person(session, "authorising_officer", 2)
        with pytest.raises(Refused, match="the window is over"):
            signing.authorise(session, found.id, officer, found.document_hash, ENDS)


def test_two_deployments_of_one_name_are_never_authorised_at_once(database: Database) -> None:
    with database.write() as session:
        first = authorised(session)
        second = submitted(session)
        officer = person(session, "authorising_officer", 2)
        with pytest.raises(Refused, match="another deployment named"):
            signing.authorise(session, second.id, officer, second.document_hash, EARLIER)
        deployments.end(session, first.id, officer, "done", EARLIER)
        signing.authorise(session, second.id, officer, second.document_hash, EARLIER)


def test_a_refused_one_is_refused_for_good(database: Database) -> None:
    with database.write() as session:
        found = submitted(session)
        officer = person(session, "authorising_officer", 1)
        with pytest.raises(ApplicationError, match="say why"):
            signing.refuse(session, found.id, officer, " ", EARLIER)
        assert signing.refuse(session, found.id, officer, "Too wide.", EARLIER).state == "refused"
        with pytest.raises(Refused, match="refused cannot be authorised"):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)


def test_the_european_profile_takes_a_reference_at_once_or_within_a_day(database: Database) -> None:
    with database.write() as session:
        drafter = person(session, "operator")
        officer, other = (person(session, "authorising_officer", 3) for _ in range(2))

        def asked(**changes: Any) -> Deployment:
            found = deployments.draft(session, application(purpose="threat_to_life", **changes), EU, drafter, EARLIER)
            return deployments.submit(session, found.id, drafter, EARLIER)

        found = asked(name="first")
        with pytest.raises(ApplicationError, match="reference"):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER)
        with pytest.raises(ApplicationError, match="reference"):
            signing.authorise(session, found.id, officer, found.document_hash, EARLIER, "\n")
        signing.authorise(session, found.id, officer, found.document_hash, EARLIER, "Court order 7/26")
        assert (found.confirmations, found.authorisation_reference) == (2, "Court order 7/26")

        hurried = asked(name="second", urgent=True, urgent_reason="Now.")
        signing.authorise(session, hurried.id, officer, hurried.document_hash, EARLIER)
        with pytest.raises(ApplicationError, match="reference"):
            signing.ratify(session, hurried.id, other, DURING)
        signing.ratify(session, hurried.id, other, DURING, "Court order 8/26")
        assert hurried.authorisation_reference == "Court order 8/26"


def test_what_was_urgent_is_ratified_by_another_officer_of_the_full_level_in_time(database: Database) -> None:
    with database.write() as session:
        found = authorised(session, URGENT)
        first = session.get_one(type(person(session, "operator")), found.authorised_by)
        junior, senior = person(session, "authorising_officer", 1), person(session, "authorising_officer", 2)
        assert found.ratify_by == EARLIER + timedelta(hours=24)
        for officer in (first, junior):
            with pytest.raises(Refused):
                signing.ratify(session, found.id, officer, DURING)
        with pytest.raises(Refused, match="time to ratify it is over"):
            signing.ratify(session, found.id, senior, found.ratify_by)
        signing.ratify(session, found.id, senior, found.ratify_by - TICK)
        with pytest.raises(Refused, match="ratified already"):
            signing.ratify(session, found.id, person(session, "authorising_officer", 3), DURING)


def test_a_refused_ratification_ends_it_and_marks_it_for_erasure(database: Database) -> None:
    with database.write() as session:
        found = running(session, URGENT)
        senior = person(session, "authorising_officer", 2)
        signing.refuse_ratification(session, found.id, senior, "Not necessary.", DURING)
        assert (found.state, found.ended_for) == ("ended", RATIFICATION_REFUSED)
        assert [kind for _, kind, _ in told(session)][-2:] == ["deployment_refused", "deployment_ended"]


def test_what_was_not_urgent_is_not_ratified(database: Database) -> None:
    with database.write() as session:
        found = authorised(session)
        with pytest.raises(Refused, match="nothing to ratify"):
            signing.ratify(session, found.id, person(session, "authorising_officer", 3), EARLIER)


def test_the_start_names_everything_that_is_missing(database: Database) -> None:
    with database.write() as session:
        found = authorised(session)
        operator = person(session, "operator")
        with pytest.raises(Refused, match=r"window begins.*A2 signs.*\(approach_signs\).*\(published\)"):
            deployments.start(session, found.id, operator, Rig(), BEGINS - TICK)
        check_all_signage(session, found)
        with pytest.raises(Refused, match="to start a deployment takes: operator"):
            deployments.start(session, found.id, person(session, "engagement_officer"), Rig(), DURING)
        with pytest.raises(Refused, match="outside its place"):
            deployments.start(session, found.id, operator, Rig(position=Reading(Fix(0, 0), 0)), DURING)
        assert deployments.start(session, found.id, operator, Rig(), BEGINS).state == "running"


def test_a_signage_item_is_checked_once_by_those_on_the_street(database: Database) -> None:
    with database.write() as session:
        found = submitted(session)
        checker = person(session, "operator")
        with pytest.raises(Refused, match="submitted cannot be checked"):
            deployments.check_signage(session, found.id, "leaflets", checker, EARLIER)
        found = authorised(session, application(name="another"))
        with pytest.raises(ApplicationError, match="not of the policy"):
            deployments.check_signage(session, found.id, "smoke", checker, EARLIER)
        with pytest.raises(Refused, match="to check signage takes"):
            deployments.check_signage(session, found.id, "leaflets", person(session, "list_builder"), EARLIER)
        deployments.check_signage(session, found.id, "leaflets", checker, EARLIER)
        with pytest.raises(Refused, match="checked already"):
            deployments.check_signage(session, found.id, "leaflets", checker, EARLIER)


def test_a_pause_takes_a_reason_of_the_policy_and_a_resumption_a_clear_way(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        operator = person(session, "operator")
        with pytest.raises(ApplicationError, match="use one of asked, welfare"):
            deployments.pause(session, found.id, operator, "tea", DURING)
        deployments.pause(session, found.id, person(session, "engagement_officer"), "crowd", DURING)
        with pytest.raises(Refused, match="paused cannot be paused"):
            deployments.pause(session, found.id, operator, "crowd", DURING)
        with pytest.raises(Refused, match="its window ended"):
            deployments.resume(session, found.id, operator, Rig(), ENDS)
        deployments.resume(session, found.id, operator, Rig(), DURING)
        assert (found.state, found.paused_for) == ("running", None)


def test_after_the_stop_rule_only_an_authorising_officer_resumes(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        operator, officer = person(session, "operator"), person(session, "authorising_officer", 1)
        deployments.pause_by_rig(session, found.id, STOP_RULE, DURING)
        with pytest.raises(Refused, match="authorising officer"):
            deployments.resume(session, found.id, operator, Rig(), DURING)
        deployments.resume(session, found.id, officer, Rig(), DURING)
        deployments.pause_by_rig(session, found.id, OUTSIDE, DURING)
        assert deployments.resume(session, found.id, operator, Rig(), DURING).state == "running"


def test_what_has_ended_never_begins_again(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        operator = person(session, "operator")
        with pytest.raises(ApplicationError, match="use one of done, asked"):
            deployments.end(session, found.id, operator, "tea", DURING)
        deployments.end(session, found.id, operator, "done", DURING)
        for act in (deployments.start, deployments.resume):
            with pytest.raises(Refused):
                act(session, found.id, operator, Rig(), DURING)
        assert [obstacle.code for obstacle in obstacles(read_facts(session, found.id, Rig(), DURING), DURING)] == [
            "not_running"
        ]


def test_a_threshold_is_raised_by_two_people_and_never_lowered(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        operator, other = person(session, "operator"), person(session, "operator")
        for lower in (0.42, 0.41, -1.0, 1.0, float("nan"), 0.42001):
            with pytest.raises(ApplicationError, match="raised"):
                thresholds.propose_threshold(session, found.id, operator, lower, "Why not.", DURING)
        with pytest.raises(ApplicationError, match="say why"):
            thresholds.propose_threshold(session, found.id, operator, 0.5, "", DURING)
        first = thresholds.propose_threshold(session, found.id, operator, 0.5, "Doubtful alerts.", DURING)
        second = thresholds.propose_threshold(session, found.id, other, 0.6, "More of them.", DURING)
        assert found.threshold == 0.42
        with pytest.raises(Refused, match="you proposed it"):
            thresholds.second_threshold(session, first.id, operator, DURING)
        assert [change.id for change in thresholds.open_proposals(session, found.id)] == [first.id, second.id]
        thresholds.second_threshold(session, second.id, operator, DURING)
        assert found.threshold == 0.6
        with pytest.raises(Refused, match="raised since"):
            thresholds.second_threshold(session, first.id, other, DURING)
        with pytest.raises(Refused, match="seconded already"):
            thresholds.second_threshold(session, second.id, operator, DURING)
        assert thresholds.open_proposals(session, found.id) == []
        with pytest.raises(NotFound):
            thresholds.second_threshold(session, "nobody", other, DURING)


def test_a_test_with_volunteers_begins_by_itself_once_its_list_is_built(database: Database) -> None:
    terms = ApplicationOfTest(name="Trial", begins=BEGINS, ends=ENDS, cameras=("a",), threshold=0.3)
    with database.write() as session:
        with pytest.raises(ApplicationError, match="is no test policy"):
            deployments.begin_test(session, terms, UK, BEGINS)
        found = deployments.begin_test(session, terms, policy("test"), BEGINS, confirmations=2)
        with pytest.raises(Refused, match="no list is built"):
            deployments.run_test(session, found.id, Rig(), BEGINS)
        add_list(session, found, None, BEGINS)
        deployments.run_test(session, found.id, Rig(), BEGINS)
        assert obstacles(read_facts(session, found.id, Rig(), BEGINS), BEGINS) == ()
        assert [actor for actor, _, _ in told(session)] == ["rig", "rig"]
        assert (found.kind, found.confirmations) == ("test", 2)


def test_no_operation_begins_by_itself(database: Database) -> None:
    with database.write() as session:
        found = authorised(session)
        with pytest.raises(Refused, match="only a test begins by itself"):
            deployments.run_test(session, found.id, Rig(), DURING)
