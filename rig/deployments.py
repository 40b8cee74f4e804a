"""The test deployment that a rig file names: begun with its volunteers at the first start, taken up by later ones.

An operational deployment is never begun here: people draft, submit and authorise it (`openlfr deployment`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from alerts.application import ApplicationOfTest
from alerts.authority import Rig
from alerts.deployments import begin_test, run_test
from inference.catalogue import find_pack
from records.database import Database
from records.policy import read_policy
from records.schema import Deployment
from records.times import utc_now
from records.vault import Vault
from rig.config import ConfigError
from rig.opening import OpenRig
from rig.roles import settings_for
from watchlist.adopting import adopt
from watchlist.entries import WatchList
from watchlist.list_file import load_list

TEST_POLICY = Path(__file__).parent.parent / "deploy" / "policy" / "test.toml"
TEST_LASTS = timedelta(hours=12)


def take_up_test(rig: OpenRig) -> str:
    """The id of the test deployment that runs, or was begun now with the list of the rig file.

    Raises ConfigError where the rig file asks for other rules than it began with, PackError and WatchlistError.
    """
    config = rig.config
    now = utc_now()
    with rig.database.read() as session:
        found = session.scalar(
            select(Deployment).where(
                Deployment.name == config.deployment.name,
                Deployment.kind == "test",
                Deployment.state.in_(("draft", "running", "paused")),
                Deployment.ends_at > now,
            )
        )
    if found is not None and found.state != "draft":
        asked = config.deployment.confirmations or 1
        if found.confirmations != asked:
            raise ConfigError(
                f"deployment {config.deployment.name!r} began with {found.confirmations} confirmation(s):"
                " these never change; give a new deployment a new name"
            )
        return found.id
    assert config.watchlist.folder is not None
    pack = find_pack(config.inference.pack)
    watchlist = load_list(Path(config.watchlist.folder), contract=pack.contract)
    test = TermsOfTest(
        name=config.deployment.name,
        cameras=tuple(camera.name for camera in config.camera),
        threshold=settings_for(config, pack, len(watchlist.templates)).threshold,
        confirmations=config.deployment.confirmations,
        policy=Path(config.policy.file) if config.policy else None,
        calibration=pack.odds_text,
    )
    return begin_and_run(rig.database, rig.vault, config.vault_folder, watchlist, test)[0]


@dataclass(frozen=True)
class TermsOfTest:
    """What a test deployment is begun with."""

    name: str
    cameras: tuple[str, ...]
    threshold: float
    confirmations: int | None = None
    policy: Path | None = None
    """None: the test policy that ships."""
    calibration: str | None = None
    """Of the models: see `ListBuild`."""
    lasts: timedelta = TEST_LASTS


def begin_and_run(
    database: Database, vault: Vault, vault_folder: Path, watchlist: WatchList, test: TermsOfTest
) -> tuple[str, Mapping[str, str]]:
    """Begin a test with these volunteers. Returns its id, and the label of each entry by its id."""
    now = utc_now()
    terms = ApplicationOfTest(
        name=test.name, begins=now, ends=now + test.lasts, cameras=test.cameras, threshold=test.threshold
    )
    with database.write() as session:
        deployment = begin_test(session, terms, read_policy(test.policy or TEST_POLICY), now, test.confirmations).id
    labels = adopt(database, vault, vault_folder, deployment, watchlist, utc_now, test.calibration)
    with database.write() as session:
        run_test(session, deployment, Rig(contract=watchlist.contract, cameras=test.cameras), utc_now())
    return deployment, labels
