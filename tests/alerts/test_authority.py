"""Invariant 1: what stands between a deployment and a search, at the edges and with a clock that is set back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import deployments, signing
from alerts.application import document, document_hash
from alerts.authority import CLOCK_SLACK, Facts, ListFacts, Rig, obstacles, obstacles_to_running, read_facts
from alerts.decisions import NotFound
from alerts.position import OLDEST_S, Fix, Reading
from records.database import Database
from records.schema import CameraCount, Deployment, Entry
from tests.alerts.applied import (
    BEGINS,
    COMPLETE,
    DURING,
    EARLIER,
    ENDS,
    MIDDLE,
    add_list,
    application,
    authorised,
    check_all_signage,
    person,
    running,
)
from tests.records.made import HASH, make_entry, policy

TICK = timedelta(microseconds=1)
UK = policy("uk")


def allowed(**changes: Any) -> Facts:
    """Facts of an operational deployment that may search at DURING, with changes to them or to its row."""
    row = {
        "id": "d",
        "name": COMPLETE.name,
        "kind": "operational",
        "state": "running",
        "confirmations": 1,
        "begins_at": BEGINS,
        "ends_at": ENDS,
        "threshold": 0.42,
        "list_hash": HASH,
        "urgent": False,
        "drafted_by": "drafter",
        "authorised_by": "officer",
        "authorised_at": EARLIER,
    }
    row |= {name: changes.pop(name) for name in list(changes) if name not in Facts.__dataclass_fields__}
    built = ListFacts(
        hash=HASH,
        contract=HASH,
        built_at=EARLIER,
        built_by="drafter",
        entries=3,
        pictures=4,
        explained=False,
        erased=False,
    )
    facts = Facts(
        deployment=Deployment(**row),
        document=COMPLETE,
        policy=UK,
        built=built,
        signer_authority=2,
        ratifier_authority=None,
        signage=frozenset(item.code for item in UK.policy.signage),
        standing_entries=1,
        witnessed=EARLIER,
        rig=Rig(),
    )
    return replace(facts, **changes)


def codes(facts: Facts, now: datetime = DURING) -> set[str]:
    return {obstacle.code for obstacle in obstacles(facts, now)}


def built(**changes: Any) -> ListFacts:
    found = allowed().built
    assert found is not None
    return replace(found, **changes)


def urgent(**changes: Any) -> Facts:
    asked = application(urgent=True, urgent_reason="now")
    return allowed(**{"document": asked, "urgent": True, "ratify_by": DURING, "signer_authority": 1, **changes})


def at(reading: Reading | None) -> Facts:
    return allowed(rig=Rig(position=reading))


def test_nothing_stands_in_the_way_of_an_allowed_search() -> None:
    assert obstacles(allowed(), DURING) == ()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (allowed(state="draft"), "not_running"),
        (allowed(state="submitted"), "not_running"),
        (allowed(state="authorised"), "not_running"),
        (allowed(state="refused"), "not_running"),
        (allowed(state="paused"), "not_running"),
        (allowed(state="ended"), "not_running"),
        (allowed(state="erased"), "not_running"),
        (allowed(document=None), "altered"),
        (allowed(policy=None), "altered"),
        (allowed(ends_at=ENDS + TICK), "altered"),
        (allowed(begins_at=BEGINS - TICK), "altered"),
        (allowed(name="another"), "altered"),
        (allowed(kind="test"), "altered"),
        (allowed(urgent=True), "altered"),
        (allowed(policy=policy("test")), "policy"),
        (allowed(policy=policy("eu-ai-act")), "policy"),
        (allowed(threshold=0.4199), "threshold"),
        (allowed(threshold=None), "threshold"),
        (allowed(built=None), "no_list"),
        (allowed(list_hash=None), "no_list"),
        (allowed(list_hash="00" * 32), "no_list"),
        (allowed(built=built(erased=True)), "list_erased"),
        (allowed(built=built(contract="00" * 32)), "contract"),
        (allowed(rig=Rig(contract="00" * 32)), "contract"),
        (allowed(built=built(pictures=10_001)), "list_long"),
        (allowed(document=application(purpose="missing_at_risk"), built=built(entries=501)), "list_above_cap"),
        (allowed(built=built(built_by=None)), "no_builder"),
        (allowed(built=built(built_by="officer")), "authority"),
        (allowed(authorised_by=None), "not_authorised"),
        (allowed(authorised_by="drafter"), "authority"),
        (allowed(signer_authority=1), "authority"),
        (allowed(signer_authority=None), "authority"),
        (allowed(document=application(sensitive=("worship",))), "authority"),
        (urgent(document=application(urgent=True, sensitive=("worship",)), signer_authority=2), "authority"),
        (urgent(ratify_by=None), "not_ratified"),
        (urgent(ratified_by="senior", ratifier_authority=1), "authority"),
        (urgent(ratified_by="officer", ratifier_authority=3), "authority"),
        (urgent(ratified_by="drafter", ratifier_authority=3), "authority"),
        (allowed(signage=frozenset()), "signage"),
        (allowed(rig=Rig(cameras=("north", "hidden"))), "camera"),
        (allowed(standing_entries=0), "nobody_listed"),
        (at(Reading(None, 0.0)), "no_position"),
        (at(Reading(Fix(*MIDDLE), OLDEST_S + 0.001)), "no_position"),
        (at(Reading(Fix(0.0, 0.0), 0.0)), "outside"),
        (at(Reading(Fix(MIDDLE[0] + 0.0011, MIDDLE[1]), 0.0)), "outside"),
    ],
)
def test_each_missing_thing_alone_stops_the_search(facts: Facts, code: str) -> None:
    assert code in codes(facts, DURING - TICK)


@pytest.mark.parametrize(
    "facts",
    [
        allowed(threshold=0.9),
        allowed(rig=Rig(contract=HASH, cameras=("north",))),
        allowed(rig=Rig(status_source=True)),
        allowed(standing_entries=1),
        allowed(document=application(purpose="missing_at_risk"), built=built(entries=501, explained=True)),
        allowed(document=application(sensitive=("worship",)), signer_authority=3),
        urgent(),
        urgent(ratify_by=EARLIER, ratified_by="senior", ratifier_authority=2),
        at(Reading(Fix(*MIDDLE), OLDEST_S)),
        at(Reading(Fix(MIDDLE[0] + 0.001, MIDDLE[1]), 0.0)),
    ],
)
def test_what_is_in_order_does_not_stop_it(facts: Facts) -> None:
    assert obstacles(facts, DURING - TICK) == ()


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (BEGINS - TICK, {"before_window"}),
        (BEGINS, set()),
        (ENDS - TICK, set()),
        (ENDS, {"after_window"}),
        (ENDS + timedelta(days=1000), {"after_window", "list_old"}),
    ],
)
def test_the_window_is_kept_to_the_microsecond(now: datetime, found: set[str]) -> None:
    assert codes(allowed(), now) == found


def test_a_list_is_used_for_its_hours_and_not_a_moment_longer() -> None:
    hours = timedelta(hours=UK.policy.lists.built_within_hours)
    assert codes(allowed(built=built(built_at=DURING - hours))) == set()
    assert codes(allowed(built=built(built_at=DURING - hours - TICK))) == {"list_old"}


def test_an_urgent_deployment_stops_at_the_moment_when_it_had_to_be_ratified() -> None:
    assert codes(urgent(), DURING - TICK) == set()
    assert codes(urgent(), DURING) == {"not_ratified"}


def test_the_reference_of_an_outside_authority_is_asked_for_where_the_policy_does() -> None:
    europe = {"policy": policy("eu-ai-act"), "confirmations": 2, "document": application(purpose="threat_to_life")}
    assert codes(allowed(**europe)) == {"no_reference"}
    assert codes(allowed(**europe, authorisation_reference="order 7")) == set()


@given(st.timedeltas(min_value=timedelta(0), max_value=ENDS - BEGINS - TICK), st.timedeltas(min_value=TICK * 0))
@settings(deadline=None)
def test_a_clock_that_was_set_back_stops_the_search(into: timedelta, back: timedelta) -> None:
    witnessed = BEGINS + into
    try:
        now = witnessed - back
    except OverflowError:
        return
    assert ("clock_back" in codes(allowed(witnessed=witnessed), now)) == (back > CLOCK_SLACK)


def test_the_record_is_a_witness_of_the_time(database: Database) -> None:
    with database.write() as session:
        found = running(session, at=DURING)
        assert read_facts(session, found.id, Rig(), DURING).witnessed == DURING
        session.add(counted(found.id, DURING + timedelta(hours=2)))
        session.flush()
        facts = read_facts(session, found.id, Rig(), DURING)
        assert {obstacle.code for obstacle in obstacles(facts, DURING)} == {"clock_back"}
        assert obstacles(facts, DURING + timedelta(hours=2)) == ()


def counted(deployment: str, when: datetime, passages: int = 0) -> CameraCount:
    return CameraCount(
        camera="north",
        session="s",
        worker="w",
        deployment_id=deployment,
        state="running",
        at=when,
        fps=0.0,
        produced=0,
        frames=0,
        faces=0,
        looks_rejected=0,
        passages=passages,
        candidates=0,
        unsearched=0,
        engine="exact",
    )


def test_a_whole_deployment_by_four_people_may_search(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        for entry in session.query(Entry):
            entry.status_checked_at = DURING
        session.flush()
        rig = Rig(HASH, ("north",), Reading(Fix(*MIDDLE), 0.0), status_source=True)
        assert obstacles(read_facts(session, found.id, rig, DURING), DURING) == ()


def test_what_must_be_there_is_read_from_the_record(database: Database) -> None:
    with database.write() as session:
        found = authorised(session)
        facts = read_facts(session, found.id, Rig(), DURING)
        named = [obstacle.code for obstacle in obstacles_to_running(facts, DURING)]
        assert named == ["signage"] * 4
        check_all_signage(session, found)
        facts = read_facts(session, found.id, Rig(), DURING)
        assert obstacles_to_running(facts, DURING) == ()
        assert [obstacle.code for obstacle in obstacles(facts, DURING)] == ["not_running"]


def test_entries_that_may_be_found_are_counted_and_a_silent_source_takes_them_out(database: Database) -> None:
    with database.write() as session:
        officer, builder = person(session, "authorising_officer", 2), person(session, "list_builder")
        found = deployments.draft(session, COMPLETE, UK, builder, EARLIER)
        first, second, third = (make_entry(session, found.id, EARLIER) for _ in range(3))
        deployments.submit(session, found.id, builder, EARLIER)
        signing.authorise(session, found.id, officer, found.document_hash, EARLIER)
        add_list(session, found, builder, EARLIER)
        session.get_one(Entry, first).status_checked_at = DURING
        session.get_one(Entry, third).state = "withdrawn"
        session.flush()
        assert read_facts(session, found.id, Rig(status_source=True), DURING).standing_entries == 1
        session.get_one(Entry, second).status_checked_at = DURING - timedelta(minutes=60)
        session.flush()
        assert read_facts(session, found.id, Rig(status_source=True), DURING).standing_entries == 2
        assert read_facts(session, found.id, Rig(status_source=True), DURING + TICK).standing_entries == 1
        assert read_facts(session, found.id, Rig(), DURING + TICK).standing_entries == 3


@pytest.mark.parametrize(
    "alter",
    [
        lambda found: setattr(found, "document", document(application(name="another"))),
        lambda found: setattr(found, "document_hash", document_hash("{}")),
        lambda found: setattr(found, "document", "{}"),
        lambda found: setattr(found, "policy", policy("uk").text.replace("cap = 500", "cap = 9000")),
        lambda found: setattr(found, "policy", policy("test").text),
        lambda found: setattr(found, "policy", ""),
    ],
)
def test_a_draft_that_was_altered_past_the_code_is_never_searched(
    database: Database, alter: Callable[[Deployment], None]
) -> None:
    with database.write() as session:
        found = deployments.draft(session, COMPLETE, UK, person(session, "operator"), EARLIER)
        alter(found)
        session.flush()
        facts = read_facts(session, found.id, Rig(), DURING)
        assert [obstacle.code for obstacle in obstacles_to_running(facts, DURING)] == ["altered"]


def test_an_unknown_deployment_is_no_deployment(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound):
        read_facts(session, "nobody", Rig(), DURING)
