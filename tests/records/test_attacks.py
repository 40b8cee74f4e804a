"""Each rule of the record is attacked with direct SQL, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from records.database import Database
from records.rules import RULES
from records.schema import BuiltList, DataKey, Deployment, PairSet, Person, SignageCheck, ThresholdChange
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


def decision(what: str = "engage", officer: str = "p", alert: str = "a", at: str = AT) -> str:
    return f"INSERT INTO officer_decisions VALUES ('{alert}', '{officer}', '{what}', {at})"


def step(kind: str = "force", reason: str = "'danger'", officer: str = "p", of: str = "stop") -> str:
    return f"INSERT INTO stop_steps VALUES ('step', '{of}', '{officer}', '{kind}', {reason}, {AT})"


def stop_that_is_over(alert: str = "a") -> str:
    return (
        "INSERT INTO stops (id, alert_id, officer_id, reason, started_at, ended_at, outcome, disposal)"
        f" VALUES ('stop', '{alert}', 'p', 'r', {AT}, {AT}, 'undetermined', 'advised')"
    )


def ended(**changed: str) -> str:
    values = {"ended_at": AT, "outcome": "'confirmed_false'", "disposal": "'advised'"} | changed
    return f"UPDATE stops SET {', '.join(f'{name} = {value}' for name, value in values.items())}"


def closed(outcome: str, alert: str = "a") -> str:
    return f"UPDATE alerts SET state = 'closed', outcome = '{outcome}', closed_at = {AT} WHERE id = '{alert}'"


def confirmed(alert: str = "a") -> tuple[str, ...]:
    return state("in_review", alert), vote("p", alert), vote("q", alert), state("confirmed", alert)


ENGAGED = (*confirmed(), decision())
STOPPED = (*ENGAGED, stop())
VOTED = (state("in_review"), vote("p"))
CLOSED = (state("in_review"), f"UPDATE alerts SET state = 'closed', outcome = 'false', closed_at = {AT} WHERE id = 'a'")
PICTURE = ("INSERT INTO pictures (id, alert_id, kind, rank, sealed) VALUES ('picture', 'a', 'look', 0, 'x')",)
SIGHTED = (f"INSERT INTO sightings VALUES ('sighting', 'a', 'north', 1, 0.5, {AT})",)
SUPPRESSED = (f"INSERT INTO suppressed VALUES ('suppressed', 'd', 's', 'expired', {AT})",)
PASS = (
    (
        "INSERT INTO volunteer_passes (id, deployment_id, entry_id, camera, began_at, ended_at, light, logged_at)"
        f" VALUES ('pass', 'd', 's', 'north', {AT}, '2026-11-23T10:00:09.000000Z', 'day', {AT})"
    ),
)
TAKEN_BACK = f"UPDATE volunteer_passes SET withdrawn_at = {AT}"
COMPLAINT = (f"INSERT INTO complaints VALUES ('complaint', 'd', 'a', 'case 7', 'p', {AT}, NULL, NULL)",)
GONE = "UPDATE entries SET state = '{}' WHERE id = 's'"
NEW_ENTRY = {"id": "'new'", "reference_digest": "'new'"}
NEW_ALERT = {"id": "'new'", "subject_id": "'s2'"}

OPERATIONAL = (
    "INSERT INTO adjudications (id, alert_id, reviewer_id, verdict, similarities, differences, made_at)"
    " VALUES ('op', 'operational', '{person}', 'same', '[]', '[]', {at})"
)
"""A vote on the alert of deployment o, whose policy asks for a qualification."""
EXPIRED = "'2036-11-23T10:00:00.000000Z'"
BEGUN = (
    "INSERT INTO trials (id, person_id, kind, pair_set, pairs, began_at)"
    f" VALUES ('trial', 'p', 'qualification', 'set', '[1, 2]', {AT})"
)
TRIAL = (
    BEGUN,
    f"INSERT INTO trial_answers VALUES ('trial', 0, 'same', 'different', {AT}, {AT})",
)
ENDED = f"UPDATE trials SET ended_at = {AT}, right_answers = 0 WHERE id = 'trial'"

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
    Attack("decision_once", decision("lost", "q"), ENGAGED),
    Attack("decision_by_an_officer", decision("lost", "g"), confirmed()),
    Attack("decision_by_an_officer", decision(), (*confirmed(), "UPDATE people SET active = NOT active")),
    Attack("decision_by_an_officer", decision("not_them", "nobody"), confirmed()),
    Attack("decision_while_confirmed", decision()),
    Attack("decision_while_confirmed", decision("not_them"), VOTED),
    Attack("decision_while_confirmed", decision("not_them"), CLOSED),
    Attack("decision_of_a_standing_entry", decision(), (*confirmed(), GONE.format("withdrawn"))),
    Attack("decision_of_a_standing_entry", decision(at="'2036-01-01T00:00:00.000000Z'"), confirmed()),
    Attack("decision_is_final", "UPDATE officer_decisions SET decision = 'engage'", (*confirmed(), decision("lost"))),
    Attack("decision_stays", "DELETE FROM officer_decisions", ENGAGED),
    Attack("alert_engaged_by_a_stop", state("engaged"), ENGAGED),
    Attack("alert_closes_as_decided", closed("confirmed_true"), confirmed()),
    Attack("alert_closes_as_decided", closed("not_engaged_lost"), confirmed()),
    Attack("alert_closes_as_decided", closed("not_engaged_lost"), (*confirmed(), decision("not_them"))),
    Attack("alert_closes_as_decided", closed("confirmed_false"), ENGAGED),
    Attack("alert_closes_with_its_stop", closed("confirmed_false"), (*STOPPED, state("engaged"))),
    Attack("alert_closes_with_its_stop", closed("confirmed_true"), (*STOPPED, state("engaged"), ended())),
    Attack("stop_once", copy("stops", "id = 'stop'", id="'new'"), STOPPED),
    Attack("stop_needs_its_officers_decision", stop(), confirmed()),
    Attack("stop_needs_its_officers_decision", stop(), (*confirmed(), decision("discretion"))),
    Attack("stop_needs_its_officers_decision", stop(), (*confirmed(), decision(officer="q"))),
    Attack("stop_of_a_standing_entry", stop(), (*ENGAGED, GONE.format("quarantined"))),
    Attack("stop_of_a_standing_entry", stop(), (*ENGAGED, GONE.format("withdrawn"))),
    Attack("stop_begins_open", stop_that_is_over(), ENGAGED),
    Attack("stop_ends_complete", ended(disposal="NULL"), STOPPED),
    Attack("stop_ends_complete", ended(outcome="NULL"), STOPPED),
    Attack("stop_ends_complete", ended(ended_at="'2020'"), STOPPED),
    Attack("stop_keeps_its_story", "UPDATE stops SET disposal = 'arrested'", (*STOPPED, ended())),
    Attack("step_once", step("fingerprints"), (*STOPPED, step())),
    Attack("step_of_an_open_stop", step(), (*STOPPED, ended())),
    Attack("step_of_an_open_stop", step(of="nobody"), STOPPED),
    Attack("step_by_an_officer", step(officer="g"), STOPPED),
    Attack("step_has_its_reason", step(reason="NULL"), STOPPED),
    Attack("step_has_its_reason", step("prolonged", "''"), STOPPED),
    Attack("step_is_final", "UPDATE stop_steps SET reason = 'resisted'", (*STOPPED, step())),
    Attack("step_stays", "DELETE FROM stop_steps", (*STOPPED, step())),
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
    Attack("adjudication_by_the_qualified", OPERATIONAL.format(person="unqualified", at=AT)),
    Attack("adjudication_by_the_qualified", OPERATIONAL.format(person="p", at=EXPIRED)),
    Attack("deployment_keeps_its_terms", "UPDATE deployments SET qualified_only = NOT qualified_only WHERE id = 'o'"),
    Attack("qualification_goes_forward", "UPDATE people SET qualified_until = '2099' WHERE id = 'unqualified'"),
    Attack("qualification_goes_forward", f"UPDATE people SET qualified_until = {AT} WHERE id = 'p'"),
    Attack("qualification_goes_forward", "UPDATE people SET qualified_until = NULL WHERE id = 'p'"),
    Attack("trial_one_at_a_time", copy("trials", "id = 'trial'", id="'new'"), TRIAL),
    Attack("trial_one_at_a_time", copy("trials", "id = 'trial'", kind="'practice'"), TRIAL),
    Attack("trial_is_final", ENDED.replace("right_answers = 0", "right_answers = 1"), TRIAL),
    Attack("trial_is_final", "UPDATE trials SET right_answers = 2 WHERE id = 'trial'", (*TRIAL, ENDED)),
    Attack("trial_is_final", "UPDATE trials SET pairs = '[2, 1]' WHERE id = 'trial'", TRIAL),
    Attack("trial_stays", "DELETE FROM trials", TRIAL),
    Attack("trial_answer_once", copy("trial_answers", "position = 0", verdict="'same'"), TRIAL),
    Attack("trial_answer_once", copy("trial_answers", "position = 0", position="1"), (*TRIAL, ENDED)),
    Attack("trial_answer_is_final", "UPDATE trial_answers SET verdict = 'same'", TRIAL),
    Attack("trial_answer_stays", "DELETE FROM trial_answers", TRIAL),
    Attack("stop_by_an_officer", stop(), (*ENGAGED, "UPDATE people SET active = NOT active")),
    Attack("stop_keeps_its_story", "UPDATE stops SET reason = 'other'", STOPPED),
    Attack("alert_keeps_its_facts", "UPDATE alerts SET similarity = 0.99 WHERE id = 'a'"),
    Attack("alert_keeps_its_facts", "UPDATE alerts SET outcome = 'true_alert' WHERE id = 'a'", CLOSED),
    Attack("alert_keeps_its_pictures", f"UPDATE alerts SET erased_at = {AT} WHERE id = 'a'", PICTURE),
    Attack("picture_is_never_changed", "UPDATE pictures SET rank = 5", PICTURE),
    Attack("sighting_stays", "DELETE FROM sightings", SIGHTED),
    Attack("sighting_is_final", "UPDATE sightings SET similarity = 0.9", SIGHTED),
    Attack("suppressed_stays", "DELETE FROM suppressed", SUPPRESSED),
    Attack("suppressed_is_final", "UPDATE suppressed SET reason = 'other'", SUPPRESSED),
    Attack("pass_of_a_test", PASS[0].replace("'d', 's'", "'o', 'os'")),
    Attack("pass_of_a_test", PASS[0].replace("'d', 's'", "'d', 'os'")),
    Attack("pass_of_a_test", PASS[0].replace("'d', 's'", "'d', 'fs'")),
    Attack("pass_begins_whole", PASS[0].replace("10:00:09", "10:00:00")),
    Attack("pass_begins_whole", copy("volunteer_passes", "id = 'pass'", id="'new'", withdrawn_at=AT), PASS),
    Attack("pass_once", copy("volunteer_passes", "id = 'pass'", camera="'south'"), PASS),
    Attack("pass_is_final", "UPDATE volunteer_passes SET entry_id = 's2'", PASS),
    Attack("pass_is_final", "UPDATE volunteer_passes SET \"group\" = 'other'", PASS),
    Attack("pass_is_final", "UPDATE volunteer_passes SET withdrawn_at = NULL", (*PASS, TAKEN_BACK)),
    Attack("pass_stays", "DELETE FROM volunteer_passes", PASS),
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
    Attack("stop_not_for_information", stop("informs"), (*confirmed("informs"), decision(alert="informs"))),
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
        make_deployment(session, NOW, kind="operational", with_id="o", subjects=("os",))
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
        make_alert(session, "o", "os", NOW, with_id="operational").state = "in_review"
        session.add(Person(id="unqualified", name="u", role="operator", password_hash="x", active=True, created_at=NOW))
        session.add(PairSet(id="set", name="set", pairs=2, mismatches=1, imported_at=NOW))


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
