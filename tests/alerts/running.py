"""A test deployment that runs, with a real sealed list, as a worker knows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import select

from alerts.application import ApplicationOfTest
from alerts.authority import Rig
from alerts.deployments import begin_test, run_test
from alerts.leases import answer
from records.database import Database
from records.schema import Deployment, Entry
from records.times import to_ns, utc_now
from records.vault import Vault
from tests.records.made import make_vault, policy
from tests.watchlist.hand_made import CONTRACT, enrolment
from watchlist.adopting import adopt
from watchlist.list_file import build_list
from wire.messages import Lease, LeaseRequest

CAMERAS = ("north",)
NOW = utc_now()
ENDS = NOW + timedelta(hours=2)


@dataclass
class Running:
    """A test deployment that runs, asked by a worker that has loaded its list."""

    database: Database
    vault: Vault
    deployment: str
    list_hash: str
    contract: str
    entries: list[str]
    references: dict[str, str]
    """Of the entries, in the source system."""

    def ask(self, now: datetime, **changes: str) -> Lease:
        fields = {"deployment": self.deployment, "list_hash": self.list_hash, "contract": self.contract}
        request = msgspec.convert({"type": "lease_request", "worker": "w", **fields, **changes}, LeaseRequest)
        with self.database.read() as session:
            return answer(session, request, Rig(cameras=CAMERAS), now)

    def allowed(self, now: datetime, **changes: str) -> bool:
        return self.ask(now, **changes).until > to_ns(now)


@contextmanager
def a_running_test(folder: Path, database: Database) -> Iterator[Running]:
    plain = build_list(enrolment([1, 1, 2]), contract=CONTRACT, created_at=NOW)
    with make_vault(database, NOW) as vault:
        terms = ApplicationOfTest(name="t", begins=NOW, ends=ENDS, cameras=CAMERAS, threshold=0.4)
        with database.write() as session:
            deployment = begin_test(session, terms, policy("test"), NOW).id
        references = dict(adopt(database, vault, folder / "vault", deployment, plain, lambda: NOW))
        with database.write() as session:
            run_test(session, deployment, Rig(cameras=CAMERAS), NOW)
        with database.read() as session:
            list_hash = session.get_one(Deployment, deployment).list_hash
            entries = list(session.scalars(select(Entry.id).order_by(Entry.id)))
        assert list_hash is not None
        yield Running(database, vault, deployment, list_hash, plain.contract, entries, references)
