"""A worker serves only where it recognises its own test face, and otherwise says so to the tablets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zmq
from sqlalchemy import select

from inference.reader import Models
from records.schema import LedgerEntry
from records.times import utc_now
from rig.checks import rig_checks
from rig.config import RigConfig, load
from rig.deployments import TermsOfTest, begin_and_run
from rig.opening import OpenRig, open_rig
from rig.serving import SELF_CHECK, ready_to_serve, serve
from tests.inference.conftest import starter  # noqa: F401
from tests.watchlist.hand_made import enrolment
from watchlist.list_file import build_list
from wire.messages import ProcessStatus
from wire.sockets import Rejected, Socket, Wire, receive


@dataclass
class UntilTold:
    """A shutdown that comes as soon as the tablets have heard of the self-check."""

    alerts: Socket
    told: list[ProcessStatus]
    rounds: int = 0

    def __call__(self) -> bool:
        self.rounds += 1
        assert self.rounds < 500, "nothing was told of the self-check"
        self.wait(0.02)
        return bool(self.told)

    def wait(self, seconds: float) -> bool:
        self.alerts.poll(round(seconds * 1000), zmq.POLLIN)
        while (received := receive(self.alerts, Rejected())) is not None:
            if isinstance(received.message, ProcessStatus):
                self.told.append(received.message)
        return bool(self.told)


@pytest.fixture
def config(tmp_path: Path) -> RigConfig:
    file = tmp_path / "rig.toml"
    file.write_text(
        f'name = "van"\ndata = "data"\nrun = "{tmp_path}/run"\n[deployment]\nname = "Trial"\n'
        '[watchlist]\nfolder = "list"\n[inference]\npack = "starter"\n'
        '[[camera]]\nname = "north"\nsource = "file:none.mp4"\n'
    )
    (tmp_path / "run").mkdir(mode=0o700)
    return load(file)


@pytest.fixture
def serving(config: RigConfig, starter: Models) -> Iterator[Callable[[float], tuple[OpenRig, ProcessStatus]]]:  # noqa: F811
    with open_rig(config) as rig, Wire() as wire:
        alerts = wire.bind(zmq.ROUTER, config.alerts_address)

        def run(threshold: float) -> tuple[OpenRig, ProcessStatus]:
            size = starter.recogniser.embedding_size
            contract = starter.pack.contract
            plain = build_list(enrolment([1], dimension=size), contract=contract, created_at=utc_now())
            terms = TermsOfTest(name="Trial", cameras=("north",), threshold=threshold)
            begin_and_run(rig.database, rig.vault, config.vault_folder, plain, terms)
            ready = ready_to_serve(rig, starter.pack)
            assert ready is not None
            stop = UntilTold(alerts, [])
            serve(rig, starter, ready, stop)  # type: ignore[arg-type]
            return rig, stop.told[0]

        yield run


def loaded(rig: OpenRig) -> int:
    with rig.database.read() as session:
        return len(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "list_loaded")).all())


def test_a_worker_that_sees_its_test_face_serves_and_says_how_well(
    serving: Callable[[float], tuple[OpenRig, ProcessStatus]],
) -> None:
    rig, told = serving(0.4)
    assert (told.name, told.state) == (SELF_CHECK, "running")
    assert told.detail.startswith("recognises its test face: similarity 0.9")
    assert loaded(rig) == 1


def test_a_worker_that_does_not_see_it_loads_nothing_and_says_why(
    serving: Callable[[float], tuple[OpenRig, ProcessStatus]],
) -> None:
    rig, told = serving(0.995)
    assert (told.name, told.state) == (SELF_CHECK, "failed")
    assert told.detail.startswith(
        "this rig does not recognise its own test face with pack starter at threshold 0.995: similarity"
    )
    assert loaded(rig) == 0


@pytest.mark.parametrize(("threshold", "result"), [(0.4, "ok"), (0.995, "FAILED")])
def test_the_doctor_makes_the_same_check(config: RigConfig, threshold: float, result: str) -> None:
    import msgspec

    section = msgspec.structs.replace(config.inference, settings={"threshold": threshold})
    checks = rig_checks(msgspec.structs.replace(config, inference=section))
    assert [check.result for check in checks if check.what == "self-check"] == [result]
