"""Accounts: who may have one, who manages them, passwords, limits on trying, sessions; all of it in the ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from alerts import people, sign_ins
from alerts.decisions import Refused
from alerts.passwords import SHORTEST, TEMPORARY, PasswordError, check_new, is_common, one_time_password, verify
from alerts.people import PeopleError, add_person
from records.database import Database
from records.ledger import facts_of
from records.policy import Sessions
from records.schema import ROLES, BuiltList, Deployment, FailedSignIn, LedgerEntry, Person, SignIn
from tests.records.made import HASH, make_deployment

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
RULES = Sessions()
LOCKED = timedelta(minutes=RULES.locked_minutes)


def added(database: Database, name: str = "ann", role: str = "operator", authority: int | None = None) -> str:
    with database.write() as session:
        return add_person(session, name, role, PASSWORD, NOW, authority=authority).id


def ledger(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.read() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
        return [(row.actor, row.kind, facts_of(row)) for row in rows]


def sign_in(
    database: Database, name: str, password: str = PASSWORD, now: datetime = NOW, address: str = "10.0.0.1"
) -> sign_ins.Token | None:
    return sign_ins.with_password(
        database, name, password, address, now, lambda session, who: sign_ins.begin(session, who, "password", now)
    )


def is_live(database: Database, token: sign_ins.Token, now: datetime = NOW) -> bool:
    with database.read() as session:
        return sign_ins.live(session, token.secret, now) is not None


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_be_added_and_only_an_authorising_officer_has_an_authority(database: Database, role: str) -> None:
    right, wrong = (3, None) if role == "authorising_officer" else (None, 3)
    with pytest.raises(PeopleError, match="authority"):
        added(database, role=role, authority=wrong)
    person = added(database, role=role, authority=right)
    facts = {"person": person, "role": role} | ({"authority": 3} if right else {})
    assert ledger(database) == [("console", "person_added", facts)]


@pytest.mark.parametrize(
    ("name", "role", "message"),
    [("", "operator", "name"), (" \n", "operator", "name"), ("a\x1bb", "operator", "name"),
     ("x" * 81, "operator", "name"), ("eve", "chief", "role 'chief'"),
     ("ANN", "auditor", "already"), (" ann ", "auditor", "already")],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused_in_one_line(
    database: Database, name: str, role: str, message: str
) -> None:
    added(database, "Ann")
    with pytest.raises(PeopleError, match=message) as caught:
        added(database, name, role)
    assert "\n" not in str(caught.value)
    assert len(ledger(database)) == 1


def test_a_role_or_authority_never_changes_and_a_person_is_never_deleted(database: Database) -> None:
    person = added(database, role="authorising_officer", authority=1)
    for change in ({"authority": 3}, {"role": "operator", "authority": None}):
        with pytest.raises(IntegrityError, match="keeps his or her role"):
            _change(database, person, change)
    with pytest.raises(IntegrityError, match="never deleted"), database.write() as session:
        session.delete(session.get_one(Person, person))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "administrator"])
def test_only_administrators_manage_accounts(database: Database, role: str) -> None:
    actor = added(database, "eve", role, 2 if role == "authorising_officer" else None)
    other = added(database, "ann")
    acts = (
        lambda session: people.invite(session, "new", "operator", NOW, by=actor),
        lambda session: people.deactivate(session, other, NOW, by=actor),
        lambda session: people.reset_password(session, other, NOW, by=actor),
    )
    for act in acts:
        with pytest.raises(Refused, match="administrator"), database.write() as session:
            act(session)
    assert [kind for _, kind, _ in ledger(database)] == ["person_added"] * 2


def test_a_deactivated_administrator_manages_nothing(database: Database) -> None:
    actor = added(database, "adm", "administrator")
    with database.write() as session:
        people.deactivate(session, actor, NOW, by="console")
    with pytest.raises(Refused, match="administrator"), database.write() as session:
        people.invite(session, "new", "operator", NOW, by=actor)


def test_deactivating_ends_the_persons_sessions_at_once_and_for_good(database: Database) -> None:
    admin, person = added(database, "adm", "administrator"), added(database, "ann")
    tokens = [sign_in(database, "ann") for _ in range(2)]
    other = sign_in(database, "adm")
    with database.write() as session:
        people.deactivate(session, person, NOW, by=admin)
    assert [token and is_live(database, token) for token in tokens] == [False, False]
    assert other is not None
    assert is_live(database, other)
    assert sign_in(database, "ann") is None
    told = ledger(database)
    assert (admin, "person_deactivated", {"person": person}) in told
    assert told.count((admin, "signed_out", {"person": person, "reason": "deactivated"})) == 2
    with pytest.raises(Refused, match="before"), database.write() as session:
        people.deactivate(session, person, NOW, by=admin)
    with pytest.raises(Refused, match="own account"), database.write() as session:
        people.deactivate(session, admin, NOW, by=admin)


def test_a_one_time_password_serves_for_a_day_and_until_another_is_chosen(database: Database) -> None:
    admin = added(database, "adm", "administrator")
    with database.write() as session:
        person, password = people.invite(session, "ann", "operator", NOW, by=admin)
        assert person.password_until == NOW + TEMPORARY
    assert sign_in(database, "ann", password, NOW + TEMPORARY) is None
    assert ledger(database)[-1] == ("rig", "sign_in_failed", {"reason": "password_expired", "person": person.id})
    token = sign_in(database, "ann", password)
    assert token is not None
    with database.write() as session:
        people.change_password(
            session, session.get_one(Person, person.id), "tired otter builds", NOW, keep=sign_ins.digest(token.secret)
        )
    assert is_live(database, token)
    assert sign_in(database, "ann", password) is None
    assert sign_in(database, "ann", "tired otter builds", NOW + TEMPORARY) is not None
    assert (person.id, "password_changed", {}) in ledger(database)


def test_a_reset_ends_the_sessions_of_the_forgotten_password_and_is_recorded(database: Database) -> None:
    admin, person = added(database, "adm", "administrator"), added(database, "ann")
    token = sign_in(database, "ann")
    assert token is not None
    with database.write() as session:
        password = people.reset_password(session, person, NOW, by=admin)
    assert not is_live(database, token)
    assert sign_in(database, "ann") is None
    assert sign_in(database, "ann", password) is not None
    told = ledger(database)
    assert (admin, "password_reset", {"person": person}) in told
    assert (admin, "signed_out", {"person": person, "reason": "password"}) in told
    with pytest.raises(Refused, match="your own password"), database.write() as session:
        people.reset_password(session, admin, NOW, by=admin)


def test_changing_a_password_ends_the_other_sessions_and_keeps_this_one(database: Database) -> None:
    person = added(database)
    here, there = sign_in(database, "ann"), sign_in(database, "ann")
    assert here is not None
    assert there is not None
    with database.write() as session:
        people.change_password(
            session, session.get_one(Person, person), "tired otter builds", NOW, keep=sign_ins.digest(here.secret)
        )
    assert (is_live(database, here), is_live(database, there)) == (True, False)
    with pytest.raises(PasswordError, match="that you have"), database.write() as session:
        people.change_password(session, session.get_one(Person, person), "tired otter builds", NOW)


@pytest.mark.parametrize(
    "password",
    ["short words", "Password12345!", "P@ssw0rd2026!!", "qwertyuiop12", "123456789012", "aaaaaaaaaaaab",
     "operator2026!", "Quackenbush1", "Zebulon Quackenbush", "zebulon-quackenbush-7", "abcabcabcabcabc",
     "London2026Police!", "x" * 201,
     "correct\x00horse battery"],
)  # fmt: skip
def test_a_password_that_is_easily_guessed_is_refused_and_never_repeated(password: str) -> None:
    with pytest.raises(PasswordError) as caught:
        check_new(password, "Zebulon Quackenbush")
    assert password not in str(caught.value)


@pytest.mark.parametrize("password", [PASSWORD, "Müllplatz grün sieben", "zqxvkjwpqmnb", "ann likes ripe pears"])
def test_words_that_do_not_belong_together_are_taken(password: str) -> None:
    check_new(password, "Ann Example")


def test_one_time_passwords_are_long_different_and_not_common() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) > SHORTEST and not set(password) & set("0oO1lI") for password in made)


def test_a_letter_with_its_accent_is_the_same_however_a_keyboard_sends_it(database: Database) -> None:
    with database.write() as session:
        composed = add_person(session, "ann", "operator", "caf\u00e9 otter window", NOW).password_hash
    assert verify(composed, "cafe\u0301 otter window")
    assert not verify(composed, "cafe otter window")
    assert not verify(None, "")
    assert not is_common("cafe otter window")


def test_signing_in_and_failing_and_out_are_in_the_ledger(database: Database) -> None:
    person = added(database)
    token = sign_in(database, "ann")
    assert token is not None
    sign_in(database, "ann", "wrong")
    sign_in(database, "nobody", "wrong")
    with database.write() as session:
        sign_ins.end(session, token.secret, "asked", NOW)
        sign_ins.end(session, token.secret, "asked", NOW)
    assert ledger(database)[1:] == [
        (person, "signed_in", {"method": "password"}),
        ("rig", "sign_in_failed", {"person": person, "reason": "wrong_password"}),
        ("rig", "sign_in_failed", {"reason": "unknown_name"}),
        (person, "signed_out", {"person": person, "reason": "asked"}),
    ]


def test_neither_names_nor_passwords_nor_tokens_are_kept_where_they_need_not_be(database: Database) -> None:
    added(database, "Zebulon")
    token = sign_in(database, "Zebulon")
    assert token is not None
    sign_in(database, "Melchior Typed-In-The-Wrong-Field", "secret typed")
    with database.read() as session:
        texts = [repr((row.who, row.address)) for row in session.scalars(select(FailedSignIn))]
        texts += [repr((row.facts, row.actor)) for row in session.scalars(select(LedgerEntry))]
        texts += [repr(row.token_hash) for row in session.scalars(select(SignIn))]
        texts += [person.password_hash for person in session.scalars(select(Person))]
    for secret in ("Zebulon", "Melchior", "secret typed", PASSWORD, token.secret, "10.0.0.1"):
        assert not any(secret in text for text in texts)


def test_after_the_policys_failures_even_the_right_password_waits_also_over_a_restart(database: Database) -> None:
    added(database)
    for number in range(RULES.attempts):
        assert sign_in(database, "ann", "wrong", address=f"10.0.0.{number}") is None
    database.close()
    assert sign_in(database, "ANN") is None
    assert sign_in(database, "ann", now=NOW + LOCKED - timedelta(seconds=1)) is None
    assert sign_in(database, "ann", now=NOW + LOCKED * 2) is not None


def test_attempts_while_locked_fill_no_ledger_and_lock_nobody_out_for_good(database: Database) -> None:
    person = added(database)
    for _ in range(RULES.attempts + 30):
        sign_in(database, "ann", "wrong")
    reasons = [facts["reason"] for _, kind, facts in ledger(database) if kind == "sign_in_failed"]
    assert reasons == ["wrong_password"] * RULES.attempts + ["locked"]
    for minute in range(1, 15):
        sign_in(database, "ann", "wrong", NOW + timedelta(minutes=minute))
    assert sign_in(database, "ann", now=NOW + LOCKED) is not None
    assert person


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(database: Database) -> None:
    added(database)
    for number in range(RULES.attempts * sign_ins.ADDRESS_FACTOR):
        sign_in(database, f"name {number}", "wrong")
    assert sign_in(database, "ann") is None
    assert sign_in(database, "ann", address="10.0.0.2") is not None


def test_a_success_forgives_the_names_failures_and_old_ones_are_forgotten(database: Database) -> None:
    added(database)
    for _ in range(3):
        for _ in range(RULES.attempts - 1):
            sign_in(database, "ann", "wrong")
        assert sign_in(database, "ann") is not None
    sign_in(database, "nobody", "wrong")
    sign_in(database, "other", "wrong", NOW + sign_ins.KEPT + timedelta(seconds=1))
    with database.read() as session:
        assert len(session.scalars(select(FailedSignIn)).all()) == 1


def test_the_limits_and_the_idle_time_are_those_of_the_running_deployment(database: Database) -> None:
    with database.write() as session:
        deployment = session.get_one(Deployment, make_deployment(session, NOW, state="draft"))
        assert sign_ins.session_rules(session) == RULES
        deployment.policy += "\n[sessions]\nidle_minutes = 2\nattempts = 2\nlocked_minutes = 30\n"
        session.add(
            BuiltList(
                deployment_id=deployment.id, hash=HASH, contract=HASH, built_at=NOW, entries=0, pictures=0, counts={}
            )
        )
        session.flush()
        deployment.state, deployment.started_at = "running", NOW
        session.flush()
        assert sign_ins.session_rules(session) == Sessions(idle_minutes=2, attempts=2, locked_minutes=30)
    added(database)
    token = sign_in(database, "ann")
    assert token is not None
    assert is_live(database, token, NOW + timedelta(minutes=2))
    assert not is_live(database, token, NOW + timedelta(minutes=2, seconds=1))
    for _ in range(2):
        sign_in(database, "ann", "wrong")
    assert sign_in(database, "ann", now=NOW + timedelta(minutes=29)) is None


def test_a_session_that_nobody_used_is_ended_and_recorded_by_the_next_sign_in(database: Database) -> None:
    person = added(database)
    token = sign_in(database, "ann")
    assert token is not None
    with database.write() as session:
        sign_ins.touch(session, token.secret, NOW + timedelta(minutes=10))
    assert is_live(database, token, NOW + timedelta(minutes=25))
    later = NOW + timedelta(minutes=26)
    assert not is_live(database, token, later)
    with database.write() as session:
        sign_ins.touch(session, token.secret, later)
    assert not is_live(database, token, later)
    sign_in(database, "ann", now=later)
    assert ledger(database)[-2:] == [
        ("rig", "signed_out", {"person": person, "reason": "idle"}),
        (person, "signed_in", {"method": "password"}),
    ]


def _change(database: Database, person: str, change: dict[str, Any]) -> None:
    with database.write() as session:
        for name, value in change.items():
            setattr(session.get_one(Person, person), name, value)
