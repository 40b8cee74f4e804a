"""The deployment that the design starts from, made by the real steps: 9,756 listed, 12,120 passages, 11 alerts, one of
the wrong person, one of the right person on a stale entry, 7 stops, 4 arrests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import deployments, signing
from alerts.authority import Rig
from alerts.complaints import open_complaint
from alerts.decisions import adjudicate, open_review
from alerts.engagement import accept_identity, decide_in_person, log_step, log_stop
from alerts.erasing import Eraser
from alerts.record.bundle import files_of, write_bundle
from alerts.record.export import Made, make_record
from alerts.record.fields import Copy
from alerts.record.standing import Publisher
from alerts.states import Decided, Disposal
from alerts.store import store_candidate
from records.canonical import Json
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.schema import BuiltList, CameraCount, Deployment, Entry, HistogramCount, Person
from records.signing import Signer, open_signer
from records.times import to_ns
from records.vault import OpenKey, Vault
from tests.alerts.applied import BEGINS, DURING, EARLIER, application, check_all_signage, person
from tests.records.made import HASH, make_entry, make_person, make_vault, policy
from wire.histograms import similarity_bin
from wire.messages import Candidate

LISTED, PASSAGES, SEARCHED = 9756, 12120, 12013
ENDED = BEGINS + timedelta(hours=3, minutes=30)
MADE = ENDED + timedelta(seconds=40)
COUNTS: Mapping[str, Json] = {
    "categories": {"wanted_by_court": 8051, "suspect_serious": 1702, "court_order": 3},
    "sources": {"custody": 9753, "court_warrants": 3},
    "responses": {"act": 9000, "verify": 756},
    "ages": {"up_to_1_year": 2000, "up_to_5_years": 7756},
    "under_18": 2,
    "vulnerable": 0,
    "rejected": 41,
}
DISPOSED: tuple[Disposal, ...] = ("arrested",) * 4 + ("advised", "no_further_action")
NOT_ENGAGED: tuple[Decided, ...] = ("stale_entry", "lost", "discretion")


@dataclass
class Seeded:
    database: Database
    signer: Signer
    deployment: str
    auditor: Person
    names: list[str]
    """Ids and names that no public copy may hold."""

    def make(self, copy: Copy = "internal") -> Made:
        publisher = Publisher("A police force")
        return make_record(
            self.database, self.deployment, copy, self.signer, self.auditor, "publication", MADE, publisher
        )

    def write(self, folder: Path, copy: Copy = "internal") -> Path:
        made = self.make(copy)
        write_bundle(folder, files_of(made.record, made.ledger, made.certificates, self.signer))
        return folder


@contextmanager
def seeded(folder: Path) -> Iterator[Seeded]:
    database = Database(folder / "record.db")
    database.migrate()
    signer = open_signer(folder / "keys")
    with make_vault(database, EARLIER) as vault:
        with database.write() as session:
            found = _begun(session, vault)
            deployment = found.id
            with vault.key(session, deployment, "alerts") as key:
                names = _alerts(session, found, key)
            deployments.end(session, deployment, person(session, "operator"), "done", ENDED)
            auditor = person(session, "auditor", name="Ada the auditor")
            open_complaint(session, deployment, "C-17", auditor, ENDED)
            names += [auditor.id, auditor.name, "C-17"]
        Eraser(database, vault, folder / "vault", signer).erase_list(deployment, ENDED + timedelta(seconds=20))
    with database.read() as session:
        names += [one for row in session.query(Person.id, Person.name) for one in row]
    yield Seeded(database, signer, deployment, auditor, names)
    database.close()


def _begun(session: Session, vault: Vault) -> Deployment:
    builder, officer = person(session, "list_builder"), person(session, "authorising_officer", 2)
    found = deployments.draft(session, application(), policy("uk"), builder, EARLIER)
    for purpose in ("list", "alerts"):
        vault.create_key(session, found.id, purpose, "rig", EARLIER)
    for _ in range(12):
        make_entry(session, found.id, EARLIER)
    add_built_list(session, found, builder.id, LISTED, COUNTS)
    deployments.submit(session, found.id, builder, EARLIER)
    signing.authorise(session, found.id, officer, found.document_hash, EARLIER)
    check_all_signage(session, found)
    operator = person(session, "operator")
    deployments.start(session, found.id, operator, Rig(), DURING)
    pauses = DURING + timedelta(minutes=30)
    deployments.pause(session, found.id, operator, policy("uk").policy.pause_reasons[0].code, pauses)
    deployments.resume(session, found.id, operator, Rig(), pauses + timedelta(minutes=10))
    add_counts(session, found.id, PASSAGES, SEARCHED)
    return found


def add_built_list(
    session: Session, found: Deployment, builder: str | None, entries: int, counts: Mapping[str, Json]
) -> None:
    """As `watchlist build` leaves it, its word in the ledger too."""
    session.add(
        BuiltList(
            deployment_id=found.id,
            hash=HASH,
            contract=HASH,
            built_by=builder,
            built_at=EARLIER,
            entries=entries,
            pictures=entries,
            counts=dict(counts),
        )
    )
    session.flush()
    found.list_hash = HASH
    told: dict[str, Json] = {
        "deployment": found.id,
        "list": HASH,
        "contract": HASH,
        "entries": entries,
        "pictures": entries,
        "rejected": counts["rejected"],
        **{name: counts[name] for name in ("categories", "sources", "ages")},
    }
    append(session, builder or "rig", Kind.LIST_BUILT, told, EARLIER)


def add_counts(session: Session, deployment: str, passages: int, searched: int) -> None:
    """Of two cameras: three quarters of the passages are the first one's."""
    first = passages * 3 // 4
    for camera, count in (("north", first), ("south", passages - first)):
        session.add(
            CameraCount(
                camera=camera,
                session=deployment,
                worker="w",
                deployment_id=deployment,
                state="ended",
                at=ENDED,
                fps=25.0,
                produced=300_000,
                frames=299_000,
                faces=count * 20,
                looks_rejected=count,
                passages=count,
                candidates=6,
                unsearched=900,
                engine="exact",
            )
        )
    spread = {"2026-11-23T11": searched // 2, "2026-11-23T12": searched - searched // 2}
    for hour, count in spread.items():
        for similarity, part in ((0.1, count - count // 5), (0.3, count // 5)):
            session.add(
                HistogramCount(
                    camera="north",
                    session=deployment,
                    worker="w",
                    kind="similarity",
                    hour=hour,
                    bin=similarity_bin(similarity),
                    deployment_id=deployment,
                    count=part,
                )
            )
    session.flush()


def raise_alert(session: Session, deployment: str, entry: str, key: OpenKey, minute: float) -> str:
    """A candidate of this entry, captured so many minutes after DURING: an alert where one may come of it."""
    at = DURING + timedelta(minutes=minute)
    candidate = Candidate(
        id=new_id(),
        deployment=deployment,
        camera="north",
        track=4,
        subject=entry,
        similarity=0.61,
        threshold=0.42,
        looks=2,
        frame=12,
        captured_at=to_ns(at),
        raised_at=to_ns(at + timedelta(milliseconds=180 + 7 * minute)),
        engine="exact",
        contract=HASH,
        list_hash=HASH,
    )
    store_candidate(session, candidate, [], None, key, at + timedelta(milliseconds=320))
    return candidate.id


def _alerts(session: Session, found: Deployment, key: OpenKey) -> list[str]:
    reviewer, officer = make_person(session, EARLIER), make_person(session, EARLIER, "engagement_officer")
    entries = list(session.scalars(select(Entry.id).where(Entry.deployment_id == found.id)))
    minutes = iter(range(45, 146, 10))
    names = [*entries]

    def confirmed() -> tuple[str, float]:
        minute = float(next(minutes))
        alert = raise_alert(session, found.id, entries[len(names) - 12], key, minute)
        names.append(alert)
        at = DURING + timedelta(minutes=minute, seconds=9)
        open_review(session, alert, reviewer, at)
        adjudicate(session, alert, reviewer, "same", ["nose"], ["hair"], at)
        return alert, minute

    for disposal in (*DISPOSED, None):
        alert, minute = confirmed()
        at = DURING + timedelta(minutes=minute + 1)
        log_stop(session, alert, officer, "name asked", at)
        if disposal == "arrested":
            reason = policy("uk").policy.fingerprint_reasons[1].code
            log_step(session, alert, officer, "fingerprints", reason, at, new_id())
        whose = "entry" if disposal else "other"
        accept_identity(session, alert, officer, whose, disposal, at + timedelta(minutes=2))  # type: ignore[arg-type]
    for decision in NOT_ENGAGED:
        alert, minute = confirmed()
        decide_in_person(session, alert, officer, decision, DURING + timedelta(minutes=minute + 1))
    alert = raise_alert(session, found.id, entries[11], key, 148)
    names.append(alert)
    adjudicate(session, alert, reviewer, "cannot_tell", [], [], DURING + timedelta(minutes=149))
    return names
