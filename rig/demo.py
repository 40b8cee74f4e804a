"""The demonstration: a staged clip made on the spot, two volunteers on the list, the whole rig, a real browser.

Everything it makes lies in a temporary folder that goes when it ends.
"""

import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
import urllib.request
import webbrowser
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.people import add_person
from inference.catalogue import default_pack, find_pack
from inference.pack import Pack, PackError
from operator_ui.entrance import make_entrance
from records.database import Database, open_database
from records.memory import guard_memory
from records.schema import Adjudication, CameraCount, Stop
from records.times import utc_now
from rig import entrance
from rig.config import RigConfig, load
from rig.enrolment import enrol_folder
from rig.failures import UsageError
from rig.lifetime import Shutdown, shutdown_on_signals
from rig.logs import LEVEL, log_to_stderr
from rig.outcome import Outcome, of_deployment, write_json
from rig.progress import progress
from rig.supervisor import RigFailed, Supervisor
from rig.walkby import enrol, make_clip
from watchlist.list_file import build_list, save_list

DEMO_PACK = "starter"
CAMERA = "street"


def demo(*, headless: bool, json: Path | None, pack: str | None, port: int) -> int:
    """Returns the exit code. Raises errors of `rig.failures.BAD_INPUTS`."""
    chosen = _pack(pack)
    if json is not None and not json.absolute().parent.is_dir():
        raise UsageError(f"--json {json}: its folder does not exist")
    os.environ.setdefault(LEVEL, "WARNING")
    log_to_stderr("demo")
    guard_memory()
    folder = Path(tempfile.mkdtemp(prefix="openlfr-demo-"))
    stop = shutdown_on_signals()
    try:
        config = _prepare(folder, chosen, headless, port or _free_port())
        began = time.monotonic()
        _run(folder, config, headless, stop)
        if stop() and headless:
            return 130
        outcome = of_deployment(config, round(time.monotonic() - began, 3))
        if json is not None:
            write_json(json, outcome)
        _show(outcome, _decided(config))
    except RigFailed as error:
        print(f"openlfr: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _pack(name: str | None) -> Pack:
    if name is not None:
        return find_pack(name)
    try:
        return find_pack(DEMO_PACK)
    except PackError:
        return default_pack()


def _prepare(folder: Path, pack: Pack, headless: bool, port: int) -> RigConfig:
    print(f"Model pack {pack.name}: {pack.notes or pack.detector.licence}", file=sys.stderr)
    with progress("drawing a street") as tick:
        clip = make_clip(folder / "clip" / "street.mp4", progress=tick)
    (folder / "pictures").mkdir()
    enrol(folder / "pictures")
    models, enrolment = enrol_folder(folder / "pictures", str(pack.folder))
    save_list(
        build_list(enrolment, contract=models.pack.contract, created_at=utc_now()),
        folder / "list",
    )
    rig_file = folder / "rig.toml"
    rig_file.write_text(_rig_toml(folder, clip.video, pack, headless, port), encoding="utf-8")
    return load(rig_file)


def _rig_toml(folder: Path, clip: Path, pack: Pack, headless: bool, port: int) -> str:
    quoted = json.dumps  # a JSON string is a TOML basic string
    return f"""name = "demonstration"
data = {quoted(str(folder))}
run = {quoted(str(folder / "run"))}

[deployment]
name = "Demonstration with volunteers' stand-ins"
kind = "test"

[watchlist]
folder = "list"

[inference]
pack = {quoted(str(pack.folder))}

[tablet]
port = {port}

[[camera]]
name = "{CAMERA}"
source = {quoted(f"file:{clip}")}
pace = "{"fast" if headless else "true"}"
loop = {"false" if headless else "true"}
"""


def _run(folder: Path, config: RigConfig, headless: bool, stop: Shutdown) -> None:
    database = open_database(config.record)
    database.migrate()
    with database.write() as session:
        person = add_person(session, "Demo operator", "operator", secrets.token_urlsafe(16), utc_now())
    secret, door = make_entrance(person.id, utc_now())
    if not headless:
        entrance.leave(folder, door)
    supervisor = Supervisor(config, folder / "rig.toml")
    page = f"http://127.0.0.1:{config.tablet.port}/"
    opened = headless

    def finished() -> bool:
        nonlocal opened
        if not opened and _answers(page):
            opened = True
            _open(f"{page}enter?token={secret}")
        return headless and _over(database)

    supervisor.run(stop, finished)
    database.close()


def _over(database: Database) -> bool:
    """Whether the clip is over and the worker has delivered all that it found in it."""
    with database.read() as session:
        return session.query(CameraCount).filter(CameraCount.state == "ended").first() is not None


def _answers(page: str) -> bool:
    try:
        with urllib.request.urlopen(page, timeout=1):  # noqa: S310 - our own page on this machine
            return True
    except OSError:
        return False


def _open(link: str) -> None:
    print("\nThe tablet page (this link signs you in once):\n", link, "\n\nCtrl-C ends the demonstration.", flush=True)
    webbrowser.open(link)


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def _decided(config: RigConfig) -> str:
    """What people did with the alerts, in a sentence."""
    database = open_database(config.record)
    with database.read() as session:
        judged, stops = session.query(Adjudication).count(), session.query(Stop).count()
    database.close()
    if not judged:
        return "Nothing was confirmed: people do that."
    return (
        f"{_count(judged, 'judgement was', 'judgements were')} made, {_count(stops, 'stop was', 'stops were')} logged."
    )


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _show(outcome: Outcome, decided: str) -> None:
    table = Table("alert", "frame", "track", "similarity", box=None, pad_edge=False)
    for alert in outcome.alerts:
        table.add_row(alert.subject, str(alert.frame), str(alert.track), f"{alert.similarity:.3f}")
    Console().print(table)
    print(
        f"{len(outcome.alerts)} alerts in {len(outcome.passages)} passages, {outcome.frames} frames,"
        f" {outcome.dropped} dropped. {decided}"
    )
