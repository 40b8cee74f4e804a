"""Each rule of the record is attacked with direct SQL, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from records.database import Database
from records.rules import RULES
from records.schema import BuiltList, DataKey, Deployment, SignageCheck, ThresholdChange
from records.signing import open_signer
from tests.records.attacker import Attacker, copy, refused
from tests.records.entries import fill
from tests.records.made import HASH, make_alert, make_deployment, make_entry, make_person
from tests.records.postgres_server import PostgresServer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AT = "'2026-11-23T10:00:00.000000Z'"
MESSAGES = {rule.name: rule.message for rule in RULES}


class Attack(NamedTuple):
    rule: str
    statement: str
    before: tuple[str, ...] = ()
    """What is done first, and is allowed."""


def vote(person: str, alert: str = "a", verdict: str = "same") -> str:
    return (
        "INSERT INTO adjudications (id, alert_id, reviewer_id, verdict, similarities, differences, made_at)"
        f" VALUES ('{person}{alert}', '{alert}', '{person}', '{verdict}', '[]', '[]', {AT})"
    )


def state(value: str, alert: str = "a") -> str:
    return f"UPDATE alerts SET state = '{value}' WHERE id = '{alert}'"


def stop(alert: str = "a") -> str:
    return (
        f"INSERT INTO stops (id, alert_id, officer_id, reason, started_at) VALUES ('stop', '{alert}', 'p', 'r', {AT})"
    )


def confirmed(alert: str = "a") -> tuple[str, ...]:
    return state("in_review", alert), vote("p", alert), vote("q", alert), state("confirmed", alert)


STOPPED = (*confirmed(), stop())
VOTED = (state("in_review"), vote("p"))
CLOSED = (state("in_review"), f"UPDATE alerts SET state = 'closed', outcome = 'false', closed_at = {AT} WHERE id = 'a'")
PICTURE = ("INSERT INTO pictures (id, alert_id, kind, rank, sealed) VALUES ('picture', 'a', 'look', 0, 'x')",)
SIGHTED = (f"INSERT INTO sightings VALUES ('sighting', 'a', 'north', 1, 0.5, {AT})",)
SUPPRESSED = (f"INSERT INTO suppressed VALUES ('suppressed', 'd', 's', 'expired', {AT})",)
COMPLAINT = (f"INSERT INTO complaints VALUES ('complaint', 'd', 'a', 'case 7', 'p', {AT}, NULL, NULL)",)
NEW_ENTRY = {"id": "'new'", "reference_digest": "'new'"}
NEW_ALERT = {"id": "'new'", "subject_id": "'s2'"}

ATTACKS = (
    Attack("deployment_once", copy("deployments", "id = 'd'", state="'draft'")),
    Attack("deployment_begins_as_draft", copy("deployments", "id = 'd'", id="'new'")),
    Attack("deployment_moves_legally", "UPDATE deployments SET state = 'draft' WHERE id = 'd'"),
    Attack("deployment_moves_legally", "UPDATE deployments SET state = 'running' WHERE id = 'ended'"),
    Attack("deployment_signed_by_another", "UPDATE deployments SET state = 'authorised' WHERE id = 'submitted'"),
    Attack(
        "deployment_signed_by_another",
        f"UPDATE deployments SET state = 'authorised', authorised_by = 'p', authorised_at = {AT}"
        " WHERE id = 'submitted'",
    ),
    Attack(
        "deployment_list_of_another_hand",
        f"UPDATE deployments SET state = 'authorised', authorised_by = 'g', authorised_at = {AT} WHERE id = 'own'",
    ),
    Attack("deployment_runs_complete", f"UPDATE deployments SET state = 'running', started_at = {AT} WHERE id = 'f'"),
    Attack("deployment_keeps_its_terms", "UPDATE deployments SET confirmations = 1 WHERE id = 'd'"),
    Attack("deployment_keeps_its_terms", "UPDATE deployments SET ends_at = '2036' WHERE id = 'o'"),
    Attack("deployment_keeps_its_signatures", "UPDATE deployments SET authorised_at = '2020' WHERE id = 'o'"),
    Attack("deployment_keeps_its_list", "UPDATE deployments SET list_hash = 'other' WHERE id = 'd'"),
    Attack("threshold_only_upwards", "UPDATE deployments SET threshold = 0.1 WHERE id = 'd'"),
    Attack("threshold_takes_two_people", "UPDATE deployments SET threshold = 0.9 WHERE id = 'd'"),
    Attack("threshold_change_stays", "UPDATE threshold_changes SET reason = 'other'"),
    Attack("threshold_change_is_kept", "DELETE FROM threshold_changes"),
    Attack("deployment_stays", "DELETE FROM deployments WHERE id = 'f'"),
    Attack("signage_stays", "DELETE FROM signage_checks"),
    Attack("signage_is_final", "UPDATE signage_checks SET checked_by = 'q'"),
    Attack("signage_once", copy("signage_checks", "item = 'north'", checked_by="'q'")),
    Attack("passage_of_a_test", "INSERT INTO test_passages VALUES ('1', 'o', 'north', 1, 0, 9, 2)"),
    Attack("authority_is_not_lent", "UPDATE people SET role = 'administrator' WHERE id = 'p'"),
    Attack("authority_is_not_lent", "UPDATE people SET authority = 1 WHERE id = 'g'"),
    Attack("person_once", copy("people", "id = 'p'", id="'new'")),
    Attack("person_stays", "DELETE FROM people WHERE id = 'p'"),
    Attack("entry_once", copy("entries", "id = 'fs'", id="'new'")),
    Attack("entry_begins_valid", copy("entries", "id = 'fs'", **NEW_ENTRY, state="'expired'")),
    Attack("entry_of_an_open_list", copy("entries", "id = 's'", **NEW_ENTRY)),
    Attack("volunteers_in_tests_only", copy("entries", "id = 'fs'", **NEW_ENTRY, category="'wanted_by_court'")),
    Attack(
        "entry_moves_legally",
        "UPDATE entries SET state = 'active' WHERE id = 's'",
        ("UPDATE entries SET state = 'withdrawn' WHERE id = 's'",),
    ),
    Attack("entry_keeps_its_terms", "UPDATE entries SET response = 'act' WHERE id = 'i'"),
    Attack("entry_keeps_its_terms", "UPDATE entries SET expires_at = '2036' WHERE id = 's'"),
    Attack("entry_keeps_its_particulars", "UPDATE entries SET sealed = 'other' WHERE id = 's'"),
    Attack("entry_stays", "DELETE FROM entries WHERE id = 's2'"),
    Attack("picture_of_an_open_list", copy("entry_pictures", "entry_id = 'i'", id="'new'")),
    Attack("entry_picture_stays", "UPDATE entry_pictures SET file_digest = 'other'"),
    Attack("entry_picture_stays", "UPDATE entry_pictures SET measures = '[]'"),
    Attack("list_once", copy("built_lists", "deployment_id = 'd'")),
    Attack("list_is_sealed", "UPDATE built_lists SET entries = 9 WHERE deployment_id = 'd'"),
    Attack("list_is_sealed", "UPDATE built_lists SET counts = '[]' WHERE deployment_id = 'd'"),
    Attack("alert_once", copy("alerts", "id = 'a'", id="'new'")),
    Attack("alert_once", copy("alerts", "id = 'a'", subject_id="'s2'")),
    Attack("stop_once", copy("stops", "id = 'stop'", id="'new'"), STOPPED),
    Attack("alert_begins_waiting", copy("alerts", "id = 'a'", **NEW_ALERT, state="'confirmed'")),
    Attack("alert_moves_legally", state("engaged")),
    Attack("alert_confirmed_by_people", state("confirmed"), VOTED),
    Attack("alert_confirmed_by_people", state("confirmed"), (*VOTED, vote("q", verdict="different"))),
    Attack("alert_keeps_its_subject", "UPDATE alerts SET subject_id = 's2' WHERE id = 'a'"),
    Attack("stop_needs_confirmation", stop()),
    Attack("stop_needs_confirmation", stop("nobody")),
    Attack("stop_needs_confirmation", stop(), VOTED),
    Attack("stop_keeps_its_alert", "UPDATE stops SET officer_id = 'q'", STOPPED),
    Attack("stop_stays", "DELETE FROM stops", STOPPED),
    Attack("adjudication_once", copy("adjudications", "reviewer_id = 'p'", id="'new'"), VOTED),
    Attack("adjudication_in_review", vote("p")),
    Attack("adjudication_stays", "DELETE FROM adjudications", VOTED),
    Attack("adjudication_is_final", "UPDATE adjudications SET verdict = 'different'", VOTED),
    Attack("adjudication_by_a_reviewer", vote("nobody"), (state("in_review"),)),
    Attack("adjudication_by_a_reviewer", vote("g"), (state("in_review"),)),
    Attack("adjudication_by_a_reviewer", vote("p"), (state("in_review"), "UPDATE people SET active = NOT active")),
    Attack("stop_by_an_officer", stop().replace("'p'", "'g'"), confirmed()),
    Attack("stop_keeps_its_story", "UPDATE stops SET reason = 'other'", STOPPED),
    Attack("alert_keeps_its_facts", "UPDATE alerts SET similarity = 0.99 WHERE id = 'a'"),
    Attack("alert_keeps_its_facts", "UPDATE alerts SET outcome = 'true_alert' WHERE id = 'a'", CLOSED),
    Attack("alert_keeps_its_pictures", f"UPDATE alerts SET erased_at = {AT} WHERE id = 'a'", PICTURE),
    Attack("picture_is_never_changed", "UPDATE pictures SET rank = 5", PICTURE),
    Attack("sighting_stays", "DELETE FROM sightings", SIGHTED),
    Attack("sighting_is_final", "UPDATE sightings SET similarity = 0.9", SIGHTED),
    Attack("suppressed_stays", "DELETE FROM suppressed", SUPPRESSED),
    Attack("suppressed_is_final", "UPDATE suppressed SET reason = 'other'", SUPPRESSED),
    Attack("complaint_stays", "DELETE FROM complaints", COMPLAINT),
    Attack("complaint_keeps_its_case", "UPDATE complaints SET reference = 'case 8'", COMPLAINT),
    Attack("alert_of_its_list_and_threshold", copy("alerts", "id = 'a'", **NEW_ALERT, similarity="0.1")),
    Attack("alert_of_its_list_and_threshold", copy("alerts", "id = 'a'", **NEW_ALERT, list_hash="'other'")),
    Attack("alert_of_its_list_and_threshold", copy("alerts", "id = 'a'", **NEW_ALERT, contract="'other'")),
    Attack(
        "pause_keeps_its_reason",
        "UPDATE deployments SET paused_for = 'asked' WHERE id = 'd'",
        ("UPDATE deployments SET state = 'paused', paused_for = 'stop_rule' WHERE id = 'd'",),
    ),
    Attack("alert_stays", "DELETE FROM alerts WHERE id = 'a'"),
    Attack("alert_of_a_running_deployment", copy("alerts", "id = 'a'", **NEW_ALERT, captured_at="'2020'")),
    Attack(
        "alert_of_a_running_deployment",
        copy("alerts", "id = 'a'", **NEW_ALERT),
        ("UPDATE deployments SET state = 'paused' WHERE id = 'd'",),
    ),
    Attack("alert_of_a_valid_entry", copy("alerts", "id = 'a'", id="'new'", subject_id="'nobody'")),
    Attack(
        "alert_of_a_valid_entry",
        copy("alerts", "id = 'a'", **NEW_ALERT),
        ("UPDATE entries SET state = 'withdrawn' WHERE id = 's2'",),
    ),
    Attack("stop_not_for_information", stop("informs"), confirmed("informs")),
    Attack("ledger_grows_at_its_end", copy("ledger", "seq = 6", seq="8", previous="hash")),
    Attack("ledger_is_a_chain", copy("ledger", "seq = 6", seq="7")),
    Attack("ledger_has_hashes", copy("ledger", "seq = 6", seq="7", previous="hash", hash="'x'")),
    Attack("ledger_is_never_changed", "UPDATE ledger SET actor = 'rig' WHERE seq = 3"),
    Attack("ledger_is_never_cut", "DELETE FROM ledger WHERE seq = 6"),
    Attack(
        "checkpoint_of_a_later_entry", "INSERT INTO checkpoints SELECT 3, hash, at, '', '' FROM ledger WHERE seq = 3"
    ),
    Attack(
        "checkpoint_of_the_ledger", "INSERT INTO checkpoints SELECT 6, previous, at, '', '' FROM ledger WHERE seq = 6"
    ),
    Attack("checkpoint_is_never_changed", "UPDATE checkpoints SET signature = ''"),
    Attack("checkpoint_stays", "DELETE FROM checkpoints"),
    Attack("data_key_once", copy("data_keys", "purpose = 'list'")),
    Attack("data_key_only_goes", "UPDATE data_keys SET wrapped_hash = 'other'"),
    Attack("data_key_stays", "DELETE FROM data_keys"),
)


def stage(database: Database) -> None:
    """Deployments d (test, two confirmations) and o run; f is a draft; alert a waits; p and q are operators."""
    with database.write() as session:
        for person in ("p", "q"):
            make_person(session, NOW, with_id=person)
        make_person(session, NOW, "authorising_officer", with_id="g")
        make_deployment(session, NOW, state="draft", confirmations=2, with_id="d")
        for entry, response in (("s", "act"), ("s2", "act"), ("i", "inform")):
            make_entry(session, "d", NOW, with_id=entry, response=response, pictures=response == "inform")
        make_deployment(session, NOW, state="draft", with_id="f", subjects=("fs",))
        make_deployment(session, NOW, state="draft", kind="operational", with_id="own")
        for deployment, builder in (("d", None), ("own", "g")):
            session.add(
                BuiltList(
                    deployment_id=deployment,
                    hash=HASH,
                    contract=HASH,
                    built_by=builder,
                    built_at=NOW,
                    entries=3,
                    pictures=1,
                    counts={},
                )
            )
        session.flush()
        running = session.get_one(Deployment, "d")
        running.state, running.started_at = "running", NOW
        session.get_one(Deployment, "own").state = "submitted"
        make_deployment(session, NOW, kind="operational", state="submitted", with_id="submitted")
        make_deployment(session, NOW, kind="operational", with_id="o")
        make_deployment(session, NOW, state="ended", with_id="ended")
        session.add(SignageCheck(deployment_id="o", item="north", checked_by="p", checked_at=NOW))
        session.add(
            ThresholdChange(
                id="t",
                deployment_id="o",
                before=0.4,
                after=0.5,
                reason="dusk",
                proposed_by="p",
                proposed_at=NOW,
                seconded_by="q",
                seconded_at=NOW,
            )
        )
        session.add(DataKey(deployment_id="d", purpose="list", wrapped=b"wrapped", wrapped_hash=HASH, created_at=NOW))
        for alert, subject in (("a", "s"), ("informs", "i")):
            make_alert(session, "d", subject, NOW, with_id=alert)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def attacker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    """One record for all attacks: each is undone."""
    folder = tmp_path_factory.mktemp("attacked")
    with ExitStack() as stack:
        if request.param == "sqlite":
            database = Database(folder / "record.db")
            stack.callback(database.close)
            database.migrate()
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            database = stack.enter_context(server.migrated())
        stage(database)
        fill(database, open_signer(folder / "keys"), 6)
        yield Attacker(database)


def test_each_rule_is_attacked() -> None:
    assert {attack.rule for attack in ATTACKS} == MESSAGES.keys()


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.rule for attack in ATTACKS])
def test_the_database_refuses_what_breaks_a_rule(attacker: Attacker, attack: Attack) -> None:
    with attacker.attempt() as connection:
        for statement in attack.before:
            connection.exec_driver_sql(statement)
        with refused(MESSAGES[attack.rule]):
            connection.exec_driver_sql(attack.statement)
