"""No sequence of steps by too few different people brings a search about, nor does SQL past the code."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from alerts import deployments, signing, thresholds
from alerts.application import Application, ApplicationError
from alerts.authority import Rig, obstacles, read_facts
from alerts.decisions import Refused
from records.database import Database
from records.ids import new_id
from records.schema import BEGUN, ROLES, BuiltList, Deployment, Person, SignageCheck
from records.times import to_text
from tests.alerts.applied import (
    BEGINS,
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
from tests.records.made import HASH, policy

UK = policy("uk")
LEGAL_WAY = ("draft", "submit", "authorise", "build", "signage", "start")
OTHER_STEPS = ("take_back", "redraft", "ratify", "refuse", "pause", "resume", "propose", "second", "run_test", "clock")


class Attempt:
    """Tries steps in any order; what is refused changes nothing, as when its transaction is rolled back."""

    def __init__(self, session: Session, people: list[Person], asked: Application) -> None:
        self.session, self.people, self.asked = session, people, asked
        self.now = EARLIER
        self.found: Deployment | None = None
        self.started_by: Person | None = None
        self.change: str | None = None

    def take(self, step: str, who: Person) -> None:
        nested = self.session.begin_nested()
        try:
            self._take(step, who)
            nested.commit()
        except (Refused, ApplicationError, DBAPIError):
            nested.rollback()
            self.session.expire_all()

    def _take(self, step: str, who: Person) -> None:
        session, now = self.session, self.now
        if step == "clock":
            self.now = DURING if now == EARLIER else ENDS if now == DURING else EARLIER
        elif step == "draft" and self.found is None:
            self.found = deployments.draft(session, self.asked, UK, who, now)
        if self.found is None or step in ("clock", "draft"):
            return
        one = self.found.id
        if step == "submit":
            deployments.submit(session, one, who, now)
        elif step == "take_back":
            deployments.take_back(session, one, who, now)
        elif step == "redraft":
            deployments.redraft(session, one, self.asked, UK, who, now)
        elif step == "authorise":
            signing.authorise(session, one, who, self.found.document_hash, now)
        elif step == "ratify":
            signing.ratify(session, one, who, now)
        elif step == "refuse":
            signing.refuse(session, one, who, "No.", now)
        elif step == "build" and self.found.list_hash is None:
            add_list(session, self.found, who, now)
        elif step == "signage":
            for item in UK.policy.signage:
                deployments.check_signage(session, one, item.code, who, now)
        elif step == "start":
            deployments.start(session, one, who, Rig(), now)
            self.started_by = who
        elif step == "run_test":
            deployments.run_test(session, one, Rig(), now)
        elif step == "pause":
            deployments.pause(session, one, who, "asked", now)
        elif step == "resume":
            deployments.resume(session, one, who, Rig(), now)
        elif step == "propose":
            change = thresholds.propose_threshold(session, one, who, (self.found.threshold or 0) + 0.01, "So.", now)
            self.change = change.id
        elif step == "second" and self.change is not None:
            thresholds.second_threshold(session, self.change, who, now)


@pytest.fixture(scope="module")
def shared_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One record for all examples: each has its own deployment and people."""
    opened = Database(Path(tmp_path_factory.mktemp("separation")) / "record.db")
    opened.migrate()
    yield opened
    opened.close()


people_drawn = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(1, 3)), min_size=1, max_size=5)
team = st.just([("list_builder", 1), ("authorising_officer", 2), ("engagement_officer", 1), ("operator", 1)])


@st.composite
def plans(draw: st.DrawFn) -> list[tuple[str, int]]:
    """The legal way, each step tried by several people in any order, with some other steps between."""
    plan: list[tuple[str, int]] = []
    crowd = st.tuples(st.permutations(range(5)), st.sampled_from((5, 5, 5, 3))).map(lambda drawn: drawn[0][: drawn[1]])
    for step in LEGAL_WAY:
        if draw(st.integers(0, 9)) == 9:
            plan.append((draw(st.sampled_from(OTHER_STEPS + LEGAL_WAY)), draw(st.integers(0, 4))))
        if step == "start":
            plan.append(("clock", 0))
        plan.extend((step, who) for who in draw(crowd))
    return plan


@given(st.one_of(team, people_drawn), plans(), st.booleans(), st.booleans())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_too_few_people_never_bring_a_search_about(
    shared_database: Database, roles: list[tuple[str, int]], plan: list[tuple[str, int]], urgent: bool, sensitive: bool
) -> None:
    asked = application(
        name=new_id(),
        urgent=urgent,
        urgent_reason="Now." if urgent else "",
        sensitive=("worship",) if sensitive else (),
    )
    with shared_database.write() as session:
        people = [person(session, role, level if role == "authorising_officer" else None) for role, level in roles]
        attempt = Attempt(session, people, asked)
        for step, who in plan:
            attempt.take(step, people[who % len(people)])
            found = attempt.found
            if found is not None and found.state in BEGUN:
                event("began")
                assert attempt.started_by is not None
                allowed_only_to_enough_people(session, found, attempt.started_by, urgent, sensitive)
            if found is not None and not obstacles(read_facts(session, found.id, Rig(), attempt.now), attempt.now):
                event("may search")
                assert found.state == "running"
                assert found.begins_at <= attempt.now < found.ends_at


def allowed_only_to_enough_people(
    session: Session, found: Deployment, starter: Person, urgent: bool, sensitive: bool
) -> None:
    built = session.get_one(BuiltList, found.id)
    assert found.drafted_by is not None
    assert found.authorised_by not in (found.drafted_by, built.built_by, starter.id, None)
    assert starter.role == "operator"
    assert starter.id != built.built_by
    assert len({found.drafted_by, found.authorised_by, built.built_by, starter.id}) >= 3
    officer = session.get_one(Person, found.authorised_by)
    assert officer.role == "authorising_officer"
    assert (officer.authority or 0) >= (3 if sensitive else 1 if urgent else 2)
    if found.ratified_by is not None:
        assert found.ratified_by not in (found.drafted_by, found.authorised_by)
    checks = session.query(SignageCheck).filter_by(deployment_id=found.id).count()
    assert checks == len(UK.policy.signage)


def test_three_people_are_enough_and_two_are_not(shared_database: Database) -> None:
    with shared_database.write() as session:
        builder, officer, operator = (
            person(session, "list_builder"),
            person(session, "authorising_officer", 2),
            person(session, "operator"),
        )
        plan = [("draft", builder), ("submit", builder), ("authorise", officer), ("build", builder)]
        plan += [("signage", operator), ("clock", operator), ("start", operator)]
        for left_out in (None, builder, officer, operator):
            attempt = Attempt(session, [], application(name=new_id()))
            for step, who in plan:
                if who is not left_out:
                    attempt.take(step, who)
            began = attempt.found is not None and attempt.found.state == "running"
            assert began == (left_out is None)


def refused(database: Database, message: str, statement: str, **values: object) -> None:
    with pytest.raises(DBAPIError) as failed, database.write() as session:
        session.execute(text(statement), {"now": to_text(DURING), **values})
    # Not of the whole error, which repeats the statement.
    assert re.search(message, str(failed.value.orig)), failed.value.orig


SIGN = "UPDATE deployments SET state = 'authorised', authorised_by = :who, authorised_at = :now WHERE id = :id"


def test_sql_signs_for_nobody(database: Database) -> None:
    with database.write() as session:
        drafter = person(session, "authorising_officer", 3)
        found = deployments.draft(session, application(), UK, drafter, EARLIER)
        one, operator = found.id, person(session, "operator")
        builder = person(session, "authorising_officer", 3)
        add_list(session, found, builder, EARLIER)
    refused(database, "not legal|he or she built", SIGN, id=one, who=builder.id)
    for state in ("authorised", "running", "paused", "ended", "erased", "refused"):
        refused(
            database,
            "not legal|signed for|runs with",
            "UPDATE deployments SET state = :to WHERE id = :id",
            id=one,
            to=state,
        )
    with database.write() as session:
        deployments.submit(session, one, drafter, EARLIER)
    refused(database, "signed for", SIGN, id=one, who=drafter.id)
    refused(database, "signed for", SIGN, id=one, who=operator.id)
    refused(database, "signed for", SIGN, id=one, who="nobody")
    refused(database, "he or she built", SIGN, id=one, who=builder.id)
    refused(database, "signed for", "UPDATE deployments SET state = 'authorised' WHERE id = :id", id=one)
    refused(
        database,
        "not legal|signed for",
        "UPDATE deployments SET state = 'running', started_at = :now WHERE id = :id",
        id=one,
    )


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'test'",
        "confirmations = 9",
        "name = 'another'",
        "document = '{}'",
        "document_hash = 'x'",
        "policy = 'x'",
        "policy_hash = 'x'",
        "ends_at = '2026-12-31T00:00:00.000000Z'",
        "begins_at = '2026-01-01T00:00:00.000000Z'",
        "urgent = NOT urgent",
        "drafted_by = NULL",
        "authorised_by = drafted_by",
        "authorised_at = NULL",
        "ratify_by = '2026-12-31T00:00:00.000000Z'",
        "threshold = 0.1",
        "threshold = NULL",
        "threshold = 0.9",
        "list_hash = 'x'",
        "state = 'authorised'",
        "state = 'draft'",
        "ratify_by = '2026-12-31T00:00:00.000000Z', ratified_by = authorised_by",
    ],
)
def test_sql_changes_no_term_of_what_was_signed(database: Database, change: str) -> None:
    with database.write() as session:
        one = running(session).id
    refused(database, "deployment|signature|threshold|list", f"UPDATE deployments SET {change} WHERE id = :id", id=one)


def test_sql_gives_no_urgent_deployment_more_time_and_no_signature_of_the_same_hand(database: Database) -> None:
    with database.write() as session:
        found = running(session, application(urgent=True, urgent_reason="Now."))
        one, drafter, officer = found.id, found.drafted_by, found.authorised_by
    refused(database, "signature", "UPDATE deployments SET ratify_by = NULL WHERE id = :id", id=one)
    sign = "UPDATE deployments SET ratified_by = :who, ratified_at = :now WHERE id = :id"
    for who in (drafter, officer):
        refused(database, "signed for", sign, id=one, who=who)


def test_sql_raises_no_threshold_alone(database: Database) -> None:
    insert = (
        "INSERT INTO threshold_changes (id, deployment_id, before, after, reason, proposed_by, proposed_at,"
        " seconded_by, seconded_at) VALUES (:new, :id, 0.42, :after, 'x', :who, :now, :who, :now)"
    )
    with database.write() as session:
        found = running(session)
        one, operator = found.id, person(session, "operator")
        change = thresholds.propose_threshold(session, one, operator, 0.5, "Doubtful.", DURING).id
    refused(database, "takes_two_people", insert, new=new_id(), id=one, after=0.6, who=operator.id)
    refused(database, "only_upwards|takes_two", insert, new=new_id(), id=one, after=0.1, who=operator.id)
    refused(database, "two people", "UPDATE deployments SET threshold = 0.5 WHERE id = :id", id=one)
    second = "UPDATE threshold_changes SET seconded_by = proposed_by, seconded_at = :now WHERE id = :id"
    refused(database, "takes_two_people", second, id=change)
    refused(database, "recorded once", "UPDATE threshold_changes SET after = 0.9 WHERE id = :id", id=change)
    refused(database, "stays", "DELETE FROM threshold_changes WHERE id = :id", id=change)


def test_sql_takes_no_signage_check_and_no_deployment_back(database: Database) -> None:
    with database.write() as session:
        one = running(session).id
    refused(database, "never deleted", "DELETE FROM signage_checks WHERE deployment_id = :id", id=one)
    refused(database, "never changed", "UPDATE signage_checks SET checked_at = :now WHERE deployment_id = :id", id=one)
    refused(database, "never deleted", "DELETE FROM deployments WHERE id = :id", id=one)


def test_a_row_that_sql_began_running_by_itself_is_refused(database: Database) -> None:
    with database.write() as session:
        one = running(session).id
    copied = (
        "name, kind, state, confirmations, qualified_only, policy, policy_hash, document, document_hash, begins_at,"
        " ends_at, threshold, list_hash, urgent, drafted_by, created_at, authorised_by, authorised_at, started_at"
    )
    copy = f"INSERT INTO deployments (id, {copied}) SELECT 'copy', {copied} FROM deployments WHERE id = :id"
    refused(database, "begins as draft", copy, id=one)


def test_a_deployment_that_sql_calls_a_test_searches_for_nobody(database: Database) -> None:
    """The kind can be written at the insertion only; then its application or its policy gives it away."""
    with database.write() as session:
        drafter = person(session, "operator")
        found = deployments.draft(session, application(), UK, drafter, EARLIER)
        columns = "policy, policy_hash, document, document_hash, begins_at, ends_at, threshold, urgent, created_at"
        session.execute(
            text(
                f"INSERT INTO deployments (id, name, kind, state, confirmations, qualified_only, {columns})"
                f" SELECT 'fake', name, 'test', 'draft', 1, false, {columns} FROM deployments WHERE id = :id"
            ),
            {"id": found.id},
        )
        session.execute(
            text(
                "INSERT INTO built_lists (deployment_id, hash, contract, built_at, entries, pictures, counts)"
                " VALUES ('fake', :hash, :hash, :now, 1, 1, '{}')"
            ),
            {"hash": HASH, "now": to_text(EARLIER)},
        )
        session.execute(
            text("UPDATE deployments SET list_hash = :hash, state = 'running', started_at = :now WHERE id = 'fake'"),
            {"hash": HASH, "now": to_text(DURING)},
        )
        assert [obstacle.code for obstacle in obstacles(read_facts(session, "fake", Rig(), DURING), DURING)]


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_the_clock_says_a_search_is_in_its_window_with_a_fresh_list(
    shared_database: Database, shift: timedelta, signed: bool
) -> None:
    now = DURING + shift
    with shared_database.write() as session:
        found = authorised(session, application(name=new_id()))
        if signed:
            check_all_signage(session, found)
        try:
            deployments.start(session, found.id, person(session, "operator"), Rig(), now)
        except Refused:
            assert not (BEGINS <= now < ENDS and signed)
        else:
            assert BEGINS <= now < ENDS
            assert signed
