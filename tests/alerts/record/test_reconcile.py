"""Whatever legally happens, the totals reconcile; a total that was tampered with is refused, with its numbers."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from alerts import deployments
from alerts.application import ApplicationOfTest
from alerts.authority import Rig
from alerts.decisions import Refused, adjudicate, expire
from alerts.deployments import begin_test, run_test
from alerts.engagement import decide_in_person, end_stop, log_step, log_stop
from alerts.record.bundle import files_of, write_bundle
from alerts.record.checking import check_bundle
from alerts.record.errors import RecordRefused
from alerts.record.export import make_record
from alerts.record.fields import FEW, WITHHELD, Content
from alerts.record.measures import rate, spread
from alerts.record.public import hide
from alerts.record.reconcile import reconcile
from alerts.record.standing import Publisher
from records.canonical import Json
from records.database import Database
from records.ids import new_id
from records.schema import Alert, Entry, Person
from records.signing import open_signer
from records.vault import OpenKey
from tests.alerts.applied import BEGINS, DURING, EARLIER, ENDS, person, running
from tests.alerts.record.seeded import MADE, Seeded, add_built_list, add_counts, raise_alert, seeded
from tests.records.attacker import drop_rule
from tests.records.made import make_entry, make_person, make_vault, policy

ENTRIES = 4
COUNTS: dict[str, Json] = {
    "categories": {"volunteer": ENTRIES}, "sources": {"volunteer": ENTRIES}, "responses": {"act": ENTRIES},
    "ages": {"up_to_1_year": ENTRIES}, "under_18": 0, "vulnerable": 0, "rejected": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with seeded(tmp_path_factory.mktemp("seed")) as found:
        yield found


@pytest.fixture(scope="module")
def content(seed: Seeded) -> Content:
    return seed.make().record.content


@pytest.fixture(scope="module")
def shared_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    folder = tmp_path_factory.mktemp("histories")
    database = Database(folder / "record.db")
    database.migrate()
    yield database, folder
    database.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["alert", "same", "different", "cannot_tell", "lost", "not_them", "stale_entry", "stop", "step", "arrested",
             "advised", "other", "expire", "pause", "resume"]
        ),
        st.integers(0, ENTRIES - 1),
        st.integers(0, 1),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, confirmations=st.integers(1, 2))
def test_any_legal_history_reconciles(
    shared_record: tuple[Database, Path], steps: list[tuple[str, int, int]], confirmations: int
) -> None:
    database, folder = shared_record
    signer = open_signer(folder / "keys")
    with make_vault(database, EARLIER) as vault, database.write() as session:
        terms = ApplicationOfTest(name=new_id(), begins=BEGINS, ends=ENDS, cameras=("north",), threshold=0.42)
        found = begin_test(session, terms, policy("test"), EARLIER, confirmations)
        vault.create_key(session, found.id, "alerts", "rig", EARLIER)
        for _ in range(ENTRIES):
            make_entry(session, found.id, EARLIER)
        add_built_list(session, found, None, ENTRIES, COUNTS)
        run_test(session, found.id, Rig(), DURING)
        add_counts(session, found.id, 40, 33)
        people = [make_person(session, EARLIER) for _ in range(2)]
        officer = make_person(session, EARLIER, "engagement_officer")
        with vault.key(session, found.id, "alerts") as key:
            for minute, step in enumerate(steps):
                _take(session, found.id, key, people, officer, minute, step)
        deployments.end_by_rig(session, found.id, "done", DURING + timedelta(minutes=60))
        auditor = person(session, "auditor")
        deployment = found.id
    made = make_record(database, deployment, "internal", signer, auditor, "audit", MADE, Publisher())
    public = make_record(database, deployment, "public", signer, auditor, "audit", MADE, Publisher())
    reconcile(made.record.content)
    reconcile(public.record.content)


def _take(
    session: Session,
    deployment: str,
    key: OpenKey,
    people: list[str],
    officer: str,
    minute: int,
    step: tuple[str, int, int],
) -> None:
    """One step, where it is allowed: what is refused changes nothing."""
    what, entry, reviewer = step
    at = DURING + timedelta(minutes=minute, seconds=30)
    entries = list(session.scalars(select(Entry.id).where(Entry.deployment_id == deployment).order_by(Entry.id)))
    subject = entries[entry]
    latest = select(Alert.id).where(Alert.deployment_id == deployment, Alert.subject_id == subject)
    alert = session.scalar(latest.order_by(Alert.id.desc()).limit(1))
    operator = session.get_one(Person, people[0])
    acts: dict[str, Callable[[str], object]] = {
        "same": lambda of: adjudicate(session, of, people[reviewer], "same", ["nose"], ["hair"], at),
        "different": lambda of: adjudicate(session, of, people[reviewer], "different", [], [], at),
        "cannot_tell": lambda of: adjudicate(session, of, people[reviewer], "cannot_tell", [], [], at),
        "lost": lambda of: decide_in_person(session, of, officer, "lost", at),
        "not_them": lambda of: decide_in_person(session, of, officer, "not_them", at),
        "stale_entry": lambda of: decide_in_person(session, of, officer, "stale_entry", at),
        "stop": lambda of: log_stop(session, of, officer, "name asked", at),
        "step": lambda of: log_step(session, of, officer, "force", "danger", at, new_id()),
        "arrested": lambda of: end_stop(session, of, officer, "confirmed_true", "arrested", at),
        "advised": lambda of: end_stop(session, of, officer, "undetermined", "advised", at),
        "other": lambda of: end_stop(session, of, officer, "confirmed_false", "no_further_action", at),
    }
    try:
        if what == "alert":
            raise_alert(session, deployment, subject, key, minute)
        elif what == "expire":
            expire(session, timedelta(minutes=5), at)
        elif what == "pause":
            deployments.pause_by_rig(session, deployment, "asked", at)
        elif what == "resume":
            deployments.resume(session, deployment, operator, Rig(), at)
        elif alert is not None:
            acts[what](alert)
    except Refused:
        pass


@pytest.mark.parametrize(
    ("part", "field", "said"),
    [
        ("passages", "total", "12121 passages, but 12120 of searched and not"),
        ("passages", "searched", "but 12121 of searched and not"),
        ("alerts", "total", "12 alerts, but 11 of outcomes and open ones"),
        ("alerts", "wrong_person", "2 alerts of the wrong person, but 1 of false and confirmed false"),
        ("alerts", "right_person_stale_entry", "2 alerts of the right person on a stale entry, but 1"),
        ("stops", "total", "8 stops, but 7 of decisions to engage"),
        ("stops", "arrests", "5 arrests, but 4 of stops that ended so"),
        ("judgements", "total", "12 judgements, but 11 of verdicts"),
        ("watchlist", "entries", "9757 entries, but 9756 by categories"),
        ("times", "paused_seconds", "601 seconds paused, but 600 of the pauses"),
    ],
)
def test_a_total_that_does_not_add_up_is_refused_with_its_numbers(
    content: Content, part: str, field: str, said: str
) -> None:
    inner = getattr(content, part)
    wrong = msgspec.structs.replace(inner, **{field: getattr(inner, field) + 1})
    with pytest.raises(RecordRefused, match=f"does not add up: .*{said}"):
        reconcile(msgspec.structs.replace(content, **{part: wrong}))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE camera_counts SET passages = 3 WHERE camera = 'north'", "passages without a search"),
        ("UPDATE histogram_counts SET count = count + 9000", "passages without a search"),
        ("UPDATE alerts SET outcome = 'true_alert' WHERE outcome = 'confirmed_false'", "confirmed_false"),
        ("UPDATE stops SET disposal = 'arrested' WHERE disposal = 'advised'", "arrests: 5, but the ledger tells of 4"),
        ("DELETE FROM stop_steps WHERE kind = 'fingerprints'", "steps of stops"),
        ("UPDATE adjudications SET verdict = 'different' WHERE verdict = 'cannot_tell'", "judgements"),
        ("UPDATE deployments SET started_at = '2026-11-23T10:30:00.000000Z'", "the start is"),
        ("UPDATE built_lists SET entries = 9000", "entries"),
    ],
)
def test_what_was_tampered_with_in_the_database_is_not_exported(tmp_path: Path, statement: str, said: str) -> None:
    with seeded(tmp_path) as seed:
        with seed.database.write() as session:
            for table in ("alerts", "stops", "stop_steps", "adjudications", "deployments", "built_lists"):
                _lift_rules(session, table)
            session.execute(text(statement))
        with pytest.raises(RecordRefused, match=said):
            seed.make()


def test_a_deployment_in_which_nothing_happened_has_a_record_too(tmp_path: Path) -> None:
    database = Database(tmp_path / "record.db")
    database.migrate()
    signer = open_signer(tmp_path / "keys")
    with database.write() as session:
        found, auditor = running(session), person(session, "auditor")
        deployments.end_by_rig(session, found.id, "done", DURING)
        deployment = found.id
    made = make_record(database, deployment, "public", signer, auditor, "audit", MADE, Publisher())
    write_bundle(tmp_path / "out", files_of(made.record, made.ledger, made.certificates, signer))
    assert check_bundle(tmp_path / "out", signer.public).in_order
    assert made.record.content.rates.false_per_alert == rate(0, 0)
    database.close()


def test_a_deployment_that_runs_has_no_record_yet(shared_record: tuple[Database, Path]) -> None:
    database, folder = shared_record
    with database.write() as session:
        found, auditor = running(session), person(session, "auditor")
    with pytest.raises(RecordRefused, match="is running: its record is made once it has ended"):
        make_record(database, found.id, "public", open_signer(folder / "keys"), auditor, "audit", MADE, Publisher())


def _lift_rules(session: Session, table: str) -> None:
    names = session.execute(text(f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"))
    for (name,) in names.all():
        drop_rule(session.connection(), name)


@given(of=st.integers(0, 5000), share=st.floats(0, 1))
def test_intervals_are_those_of_scipy(of: int, share: float) -> None:
    hits = round(of * share)
    told = rate(hits, of)
    if of == 0:
        assert (told.value, told.low, told.high) == (None, "0", "1")
        return
    expected = binomtest(hits, of).proportion_ci(0.95, "exact")
    assert float(told.low) == pytest.approx(expected.low, abs=1e-8)
    assert float(told.high) == pytest.approx(expected.high, abs=1e-8)
    assert told.value is not None
    assert float(told.value) == pytest.approx(hits / of, abs=1e-9)


def test_a_percentile_is_a_value_that_was_seen() -> None:
    told = spread([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (told.of, told.p50, told.p95, told.p99, told.most) == (5, "3", "5", "5", "5")
    assert spread([]).p50 is None


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12), min_size=1))
def test_no_hidden_count_can_be_worked_out_from_the_total(counts: dict[str, int]) -> None:
    shown = hide(counts)
    assert shown.keys() == counts.keys()
    hidden = [code for code, count in shown.items() if count in (FEW, WITHHELD)]
    assert all(shown[code] == counts[code] for code in counts if code not in hidden)
    assert all((shown[code] == FEW) == (0 < counts[code] < 5) for code in counts)
    if hidden and len(hidden) < len(counts):
        assert len(hidden) >= 2
        assert sum(counts[code] for code in hidden) >= 5
