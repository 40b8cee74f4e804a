"""The test of face matching that opens the role, its refresher and practice: drawn, answered, and never bent."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from alerts import trial_rules, trials
from alerts.decisions import NotFound, Refused, adjudicate, open_review
from alerts.pair_files import PairFiles
from alerts.pair_rows import PairsRefused, check_balance, read_pairs
from alerts.pair_sets import present, remove_pairs
from alerts.people import CONSOLE
from alerts.qualification import QualificationError, by_assessment, end_of_day
from alerts.qualified import NOT_QUALIFIED
from alerts.trial_rules import PRACTICE_PAIRS, RETRY_AFTER
from records.database import Database
from records.errors import SealBroken
from records.ids import new_id
from records.ledger import facts_of
from records.policy import Operators
from records.schema import Alert, LedgerEntry, PairSet, Person, Trial, TrialAnswer
from records.vault import Vault
from tests.alerts.paired import NOW, RULES, Answering, add_pairs, always_same, go_through, rightly, table
from tests.records.made import make_alert, make_deployment, make_person, make_vault

DAY = timedelta(days=1)


@dataclass
class Place:
    """A record with one pair set, an operator without a qualification, and an administrator."""

    database: Database
    vault: Vault
    folder: Path
    operator: str = ""
    administrator: str = ""
    set_id: str = ""

    def __post_init__(self) -> None:
        self.files = PairFiles(self.vault, self.folder)
        with self.database.write() as session:
            self.operator, self.administrator = new_id(), make_person(session, NOW, "administrator")
            person = Person(id=self.operator, name="ann", role="operator", password_hash="x", active=True)
            person.created_at = NOW
            session.add(person)
            self.set_id = add_pairs(session, self.vault, self.folder)

    def person(self, session: Session) -> Person:
        return session.get_one(Person, self.operator)

    def go(
        self,
        session: Session,
        kind: trial_rules.Kind,
        answering: Answering = rightly,
        now: datetime = NOW,
        rules: Operators = RULES,
        seed: int = 1,
    ) -> Trial:
        return go_through(session, self.files, self.person(session), kind, answering, now, rules, seed)

    def told(self, session: Session, kind: str) -> list[dict[str, object]]:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
        return [dict(facts_of(entry)) for entry in entries]


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Place]:
    with make_vault(database, NOW) as vault:
        yield Place(database, vault, tmp_path / "vault")


# Drawing.


@pytest.mark.parametrize("count", [10, 11, 40])
def test_a_test_shows_half_of_its_pairs_of_two_people_and_none_twice(count: int) -> None:
    labels = [number % 3 == 0 for number in range(120)]
    rules = Operators(pairs=count)
    for seed in range(20):
        drawn = trial_rules.draw("qualification", labels, rules, (), random.Random(seed))
        assert len(set(drawn)) == len(drawn) == count
        assert sum(not labels[number] for number in drawn) == (count + 1) // 2


def test_the_order_is_secret_and_the_labels_lie_mixed() -> None:
    labels = [number < 50 for number in range(100)]
    orders = [trial_rules.draw("qualification", labels, Operators(), (), random.Random(seed)) for seed in range(30)]
    assert len({tuple(order) for order in orders}) == 30
    first = [labels[order[0]] for order in orders]
    assert 5 < sum(first) < 25


def test_pairs_that_a_person_has_seen_come_again_only_when_no_others_are_left() -> None:
    labels = [number % 2 == 0 for number in range(40)]
    rules, seen = Operators(pairs=20), set[int]()
    for _ in range(2):
        drawn = trial_rules.draw("qualification", labels, rules, seen, random.Random(7))
        assert not seen & set(drawn)
        seen |= set(drawn)
    assert len(seen) == 40
    assert len(trial_rules.draw("qualification", labels, rules, seen, random.Random(7))) == 20


def test_practice_seeds_few_mismatches_and_nobody_can_count_them_down() -> None:
    labels = [number % 2 == 0 for number in range(100)]
    runs = [trial_rules.draw("practice", labels, Operators(), (), random.Random(seed)) for seed in range(300)]
    seeded = [sum(not labels[number] for number in run) for run in runs]
    assert {len(run) for run in runs} == {PRACTICE_PAIRS}
    assert 1.6 < sum(seeded) / len(seeded) < 2.4
    assert len(set(seeded)) > 4


def test_who_guesses_passes_one_test_in_ten_thousand_and_who_always_says_same_none() -> None:
    chance, passed = random.Random(3), 0
    for _ in range(3000):
        truths = [chance.random() < 0.5 for _ in range(40)]
        passed += sum(truth == (chance.random() < 0.5) for truth in truths) >= trial_rules.right_needed(40, Operators())
    assert passed <= 3
    assert trial_rules.right_needed(40, Operators()) == 32
    assert trial_rules.right_needed(10, Operators(pass_mark=0.85)) == 9


# The test.


def test_who_passes_is_qualified_for_the_days_of_the_policy_and_the_ledger_tells_both(place: Place) -> None:
    with place.database.write() as session:
        trial = place.go(session, "qualification")
        assert (trial.passed, trial.right_answers) == (True, 10)
        ended = NOW + timedelta(seconds=50)
        assert place.person(session).qualified_until == ended + timedelta(days=RULES.valid_days)
        (told,) = place.told(session, "trial_ended")
        assert told == {
            "trial": trial.id,
            "kind": "qualification",
            "pairs": 10,
            "right": 10,
            "false_same": 0,
            "passed": True,
        }
        (qualified,) = place.told(session, "operator_qualified")
        assert qualified["person"] == place.operator
        assert "reference" not in qualified
        assert [(made.answered_at - made.shown_at).total_seconds() for made in trial.answers] == [5.0] * 10


def test_who_always_says_same_fails_and_may_try_again_a_day_later_with_other_pairs(place: Place) -> None:
    with place.database.write() as session:
        failed = place.go(session, "qualification", always_same)
        assert (failed.passed, failed.right_answers) == (False, 5)
        assert place.person(session).qualified_until is None
        assert failed.ended_at is not None
        with pytest.raises(Refused, match="the next test may begin"):
            place.go(session, "qualification", now=failed.ended_at + RETRY_AFTER - timedelta(seconds=1))
        again = place.go(session, "qualification", now=failed.ended_at + RETRY_AFTER, seed=1)
        assert not set(again.pairs) & set(failed.pairs)
        assert again.passed


def test_cannot_tell_is_no_right_answer_of_a_test(place: Place) -> None:
    with place.database.write() as session:
        trial = place.go(session, "qualification", lambda _truth: "cannot_tell")
        assert (trial.passed, trial.right_answers) == (False, 0)
        assert trials.trial_result(trial).false_same == 0


def test_an_answer_is_final_and_a_trial_is_resumed_where_it_was_left(place: Place) -> None:
    with place.database.write() as session:
        person = place.person(session)
        trial = trials.begin(session, place.files, person, "qualification", RULES, NOW)
        assert trials.show(session, trial, NOW) == 0
        trials.answer(session, place.files, trial, 0, "same", RULES, NOW + timedelta(seconds=3))
        for position in (0, 2, 9):
            with pytest.raises(Refused, match="final"):
                trials.answer(session, place.files, trial, position, "different", RULES, NOW)
        trials.show(session, trial, NOW + timedelta(seconds=4))
    # Another browser, an hour later: the same pair, and its time runs from when it was first shown.
    with place.database.write() as session:
        found = trials.open_trial(session, place.operator)
        assert found is not None
        assert trials.show(session, found, NOW + timedelta(hours=1)) == 1
        trials.answer(session, place.files, found, 1, "same", RULES, NOW + timedelta(hours=1))
        made = session.get_one(TrialAnswer, (found.id, 1))
        assert made.shown_at == NOW + timedelta(seconds=4)
        with pytest.raises(Refused, match="another trial of yours is open"):
            trials.begin(session, place.files, place.person(session), "practice", RULES, NOW)
        with pytest.raises(Refused, match="not broken off"):
            trials.break_off(session, found, NOW)


def test_another_persons_trial_is_not_found_and_other_roles_are_not_tried(place: Place) -> None:
    with place.database.write() as session:
        trial = trials.begin(session, place.files, place.person(session), "practice", RULES, NOW)
        with pytest.raises(NotFound):
            trials.own_trial(session, trial.id, make_person(session, NOW))
        officer = session.get_one(Person, make_person(session, NOW, "engagement_officer"))
        with pytest.raises(Refused, match="operators"):
            trials.begin(session, place.files, officer, "qualification", RULES, NOW)


def test_a_rig_without_enough_pairs_says_what_to_do(place: Place) -> None:
    with place.database.write() as session, pytest.raises(Refused, match="openlfr pairs import"):
        trials.begin(session, place.files, place.person(session), "qualification", Operators(pairs=200), NOW)


# The gate.


def operational_alert(session: Session, now: datetime = NOW) -> Alert:
    subject = new_id()
    return make_alert(session, make_deployment(session, now, kind="operational", subjects=(subject,)), subject, now)


def test_an_operator_without_a_qualification_neither_opens_nor_judges_an_alert(place: Place) -> None:
    with place.database.write() as session:
        alert = operational_alert(session)
        acts: tuple[Callable[[], object], ...] = (
            lambda: open_review(session, alert.id, place.operator, NOW),
            lambda: adjudicate(session, alert.id, place.operator, "different", (), (), NOW),
        )
        for act in acts:
            with pytest.raises(Refused, match="in-date test") as refused:
                act()
            assert str(refused.value) == NOT_QUALIFIED
        assert alert.state == "waiting"
        place.go(session, "qualification")
        # Qualified from the moment of the last answer, and until the moment that was told.
        until = place.person(session).qualified_until
        assert until is not None
        with pytest.raises(Refused, match="in-date"):
            open_review(session, alert.id, place.operator, until)
        adjudicate(session, alert.id, place.operator, "different", (), (), until - timedelta(seconds=1))
        assert alert.state == "closed"


def test_under_a_policy_that_asks_for_none_everybody_judges(place: Place) -> None:
    with place.database.write() as session:
        subject = new_id()
        deployment = make_deployment(session, NOW, subjects=(subject,))
        alert = make_alert(session, deployment, subject, NOW)
        adjudicate(session, alert.id, place.operator, "different", (), (), NOW)
        assert alert.state == "closed"


def test_no_sql_qualifies_without_the_ledger_and_nothing_shortens_a_qualification(place: Place) -> None:
    def qualify(until: str | None) -> None:
        with place.database.write() as session:
            session.execute(
                text("UPDATE people SET qualified_until = :until WHERE id = :id"),
                {"until": until, "id": place.operator},
            )

    with pytest.raises(DBAPIError, match="the ledger says so first"):
        qualify("2027-01-01T00:00:00.000000Z")
    with place.database.write() as session:
        place.go(session, "qualification")
    for earlier in (None, "2026-12-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"):
        with pytest.raises(DBAPIError, match="only prolonged"):
            qualify(earlier)


def test_a_result_cannot_be_written_by_hand(place: Place) -> None:
    with place.database.write() as session:
        failed = place.go(session, "qualification", always_same).id
    with pytest.raises(DBAPIError, match="ends once"), place.database.write() as session:
        session.execute(update(Trial).where(Trial.id == failed).values(passed=True, right_answers=10))


# Elsewhere.


def test_an_administrator_vouches_for_a_test_elsewhere_and_nobody_else(place: Place) -> None:
    until = NOW + 100 * DAY
    with place.database.write() as session:
        for other in ("operator", "authorising_officer", "auditor"):
            by = make_person(session, NOW, other)
            with pytest.raises(Refused, match="administrator"):
                by_assessment(session, place.operator, until, "GFMT 2027/14", RULES, NOW, by=by)
        by_assessment(session, place.operator, until, "GFMT 2027/14", RULES, NOW, by=place.administrator)
        assert place.person(session).qualified_until == until
        (told,) = place.told(session, "operator_qualified")
        assert told["reference"] == "GFMT 2027/14"
        # A test that lasts longer prolongs it, one that would end sooner leaves it.
        place.go(session, "qualification", rules=Operators(pairs=10, valid_days=50))
        assert place.person(session).qualified_until == until


@pytest.mark.parametrize(
    ("until", "reference", "message"),
    [
        (NOW, "GFMT 1", "future"),
        (NOW + 366 * DAY, "GFMT 1", "at most 365 days"),
        (NOW + DAY, "", "reference of at most 64"),
        (NOW + DAY, "data:" + "x" * 90, "reference of at most 64"),
    ],
)
def test_an_assessment_that_cannot_be_is_refused(place: Place, until: datetime, reference: str, message: str) -> None:
    with place.database.write() as session, pytest.raises(QualificationError, match=message):
        by_assessment(session, place.operator, until, reference, RULES, NOW, by=CONSOLE)


def test_only_active_operators_are_qualified_and_a_day_counts_to_its_end(place: Place) -> None:
    with place.database.write() as session:
        auditor = make_person(session, NOW, "auditor")
        with pytest.raises(Refused, match="no active operator"):
            by_assessment(session, auditor, NOW + DAY, "GFMT 1", RULES, NOW, by=CONSOLE)
        place.person(session).active = False
        with pytest.raises(Refused, match="no active operator"):
            by_assessment(session, place.operator, NOW + DAY, "GFMT 1", RULES, NOW, by=CONSOLE)
    assert end_of_day("2027-06-30").isoformat() == "2027-06-30T23:59:59.999999+00:00"
    with pytest.raises(QualificationError, match="write it as 2027-06-30"):
        end_of_day("30.6.2027")


# Refresher and practice.


def test_a_refresher_tells_each_label_and_a_test_and_practice_tell_none(place: Place) -> None:
    with place.database.write() as session:
        for kind, told in (("refresher", True), ("practice", False), ("qualification", False)):
            trial = trials.begin(session, place.files, place.person(session), kind, RULES, NOW)  # type: ignore[arg-type]
            for position in range(len(trial.pairs)):
                answered = trials.answer(session, place.files, trial, position, "same", RULES, NOW)
                assert (answered.truth is not None) == told
                assert answered.ended == (position + 1 == len(trial.pairs))
            assert (trial.passed is not None) == (kind == "qualification")
        kinds = [told["kind"] for told in place.told(session, "trial_ended")]
        assert kinds == ["refresher", "practice", "qualification"]


def test_a_refresher_is_due_until_it_is_done_and_skipping_it_is_recorded_as_not_done(place: Place) -> None:
    later = NOW + timedelta(hours=RULES.refresher_hours)
    with place.database.write() as session:
        person = place.person(session)
        assert trials.refresher_since(session, person.id, RULES, NOW) == (False, False)
        trials.skip_refresher(session, place.files, person, RULES, NOW)
        assert trials.refresher_since(session, person.id, RULES, NOW) == (False, True)
        trials.begin(session, place.files, person, "refresher", RULES, NOW)
        trials.skip_refresher(session, place.files, person, RULES, NOW)
        done = place.go(session, "refresher")
        assert done.ended_at is not None
        assert trials.refresher_since(session, person.id, RULES, NOW + timedelta(minutes=5)) == (True, True)
        assert trials.refresher_since(
            session, person.id, RULES, done.ended_at + timedelta(seconds=1) + (later - NOW)
        ) == (
            False,
            False,
        )
        skipped = [trials.is_done(trial) for trial in session.scalars(select(Trial).order_by(Trial.id))]
        assert skipped == [False, False, True]
        assert len(place.told(session, "trial_ended")) == 1


# Sets.


def test_the_pictures_and_the_labels_of_a_set_lie_sealed_and_are_bound_to_it(place: Place) -> None:
    folder = place.folder / "training" / place.set_id
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(content) == 121
    assert not any(b"JFIF" in plain or b"same" in plain for plain in content.values())
    assert place.files.picture(place.set_id, 3).startswith(b"\xff\xd8")
    (folder / "3").write_bytes(content["4"])
    with pytest.raises(SealBroken):
        place.files.picture(place.set_id, 3)


def test_a_set_that_is_removed_takes_its_pictures_and_leaves_the_results(place: Place) -> None:
    with place.database.write() as session:
        place.go(session, "refresher")
        trials.begin(session, place.files, place.person(session), "qualification", RULES, NOW)
        remove_pairs(session, place.files, place.set_id[:8], CONSOLE, NOW)
        assert not (place.folder / "training" / place.set_id).exists()
        assert list(present(session)) == []
        assert trials.open_trial(session, place.operator) is None
        ended = session.scalars(select(Trial).order_by(Trial.id)).all()
        assert [(trial.kind, trials.is_done(trial), trial.passed) for trial in ended] == [
            ("refresher", True, None),
            ("qualification", False, None),
        ]
        assert session.get_one(PairSet, place.set_id).removed_at == NOW
        with pytest.raises(PairsRefused, match="no pair set is named"):
            remove_pairs(session, place.files, "drawn", CONSOLE, NOW)


# The table.


def test_every_row_that_cannot_be_used_is_named_with_its_line() -> None:
    content = table(
        [
            ("a.jpg", "b.jpg", "yes", "consent"),
            ("a.jpg", "a.jpg", "no", "consent"),
            ("a.jpg", "c.jpg", "perhaps", "consent"),
            ("a.jpg", "d.jpg", "no", "custody"),
            ("b.jpg", "a.jpg", "yes", "published"),
            ("e.jpg", "f.jpg", "0", "published"),
        ]
    )
    rows, faults = read_pairs(content + b"g.jpg,h.jpg\n")
    assert [(row.line, row.same, row.basis) for row in rows] == [(2, True, "consent"), (7, False, "published")]
    assert [fault.line for fault in faults] == [3, 4, 5, 6, 8]
    assert "line 2" in faults[3].sentence
    assert "consent or published" in faults[2].sentence


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "columns"),
        (b"first,second,same\na,b,1\n", "columns: first,second,same,basis"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'first,second,same,basis\n"a', "CSV"),
    ],
)
def test_what_is_no_table_of_pairs_is_refused_whole(content: bytes, message: str) -> None:
    with pytest.raises(PairsRefused, match=message):
        read_pairs(content)


def test_a_set_needs_pairs_of_both_kinds() -> None:
    rows, _ = read_pairs(table([(f"{number}.jpg", "b.jpg", "yes", "consent") for number in range(30)]))
    with pytest.raises(PairsRefused, match="at least 5 of each"):
        check_balance(rows)
