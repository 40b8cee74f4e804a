"""What `openlfr doctor` looks at. Each check answers for itself; none stops the others."""

import importlib.util
import os
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from capture.sources import SourceError, redact, try_source
from inference.catalogue import find_pack, list_packs
from inference.pack import PackError
from inference.reader import open_models
from inference.self_check import SelfCheckFailed
from inference.sessions import SessionError, SessionSettings
from rig.config import ConfigError, RigConfig
from rig.roles import settings_for
from rig.self_check import check
from rig.webhooks import reach, webhooks_of
from watchlist.errors import WatchlistError
from watchlist.list_file import load_list

LEAST_DISK = 2 * 1024**3
"""Bytes free below which a rig may not last a deployment."""

LIST_SIZE = 1000
"""People on the list whose threshold the self-check tries, where the rig file names none."""

_SANE_YEAR = 2026
"""This software was not there before: a clock that says so was never set."""


@dataclass(frozen=True)
class Check:
    what: str
    result: Literal["ok", "note", "FAILED"]
    found: str


def machine_checks() -> list[Check]:
    return [_python(), _hnsw(), _telemetry(), _clock(), *_packs()]


def rig_checks(config: RigConfig, network: bool = False) -> list[Check]:
    """`network`: whether to reach out to what the rig file names outside this machine."""
    return [
        _disk(Path(config.data)),
        _port(config.tablet.host, config.tablet.port),
        *_list(config),
        _self_check(config),
        *_webhooks(config, network),
        *(_camera(camera.name, camera.source) for camera in config.camera),
    ]


def _python() -> Check:
    cores = os.cpu_count() or 1
    return Check("machine", "ok", f"Python {sys.version.split()[0]}, {cores} cores")


def _hnsw() -> Check:
    if importlib.util.find_spec("hnswlib"):
        return Check("hnswlib", "ok", "HNSW search may serve where its self-test passes")
    return Check("hnswlib", "note", "not installed (it needs a C++ compiler): exact search serves")


def _telemetry() -> Check:
    off = os.environ.get("ORT_DISABLE_TELEMETRY") == "1"
    return Check(
        "telemetry", "ok" if off else "FAILED", "ONNX Runtime reports nothing" if off else "set ORT_DISABLE_TELEMETRY=1"
    )


def _clock() -> Check:
    year = time.gmtime().tm_year
    if year < _SANE_YEAR:
        return Check("clock", "FAILED", f"it says {year}: set the machine's clock, records carry its time")
    synchronised = Path("/run/systemd/timesync/synchronized").exists()
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return Check("clock", "ok", found + (", synchronised" if synchronised else "; check it against another clock"))


def _packs() -> list[Check]:
    found = list_packs()
    if not found:
        return [Check("model packs", "FAILED", "none found: see `openlfr models list`")]
    return [
        Check(f"pack {entry.name}", "ok", f"{entry.place}, {entry.pack.recogniser.embedding_size} values")
        if entry.pack
        else Check(f"pack {entry.name}", "note", f"cannot be used: {entry.fault}")
        for entry in found
    ]


def _disk(folder: Path) -> Check:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    writable = os.access(there, os.W_OK)
    if not writable:
        return Check("disk", "FAILED", f"{there} cannot be written to: choose another `data` folder")
    enough = free >= LEAST_DISK
    return Check("disk", "ok" if enough else "FAILED", f"{free / 1024**3:.1f} GiB free at {there}")


def _port(host: str, port: int) -> Check:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return Check("tablet port", "FAILED", f"{host}:{port}: {error.strerror}; choose another `tablet.port`")
    return Check("tablet port", "ok", f"{host}:{port} is free")


def _list(config: RigConfig) -> list[Check]:
    try:
        pack = find_pack(config.inference.pack)
    except PackError as error:
        return [Check("pack", "FAILED", str(error))]
    if config.watchlist.folder is None:
        return [Check("watchlist", "note", "imported and built for each deployment: see `openlfr deployment check`")]
    try:
        built = load_list(Path(config.watchlist.folder), contract=pack.contract)
    except WatchlistError as error:
        return [Check("watchlist", "FAILED", str(error))]
    return [Check("watchlist", "ok", f"{len(built.subjects)} subjects, hash {built.hash[:16]}")]


def _self_check(config: RigConfig) -> Check:
    """As the worker does before it serves, with exact search; an operational list's own threshold may be another."""
    section, what = config.inference, "self-check"
    try:
        pack = find_pack(section.pack)
        models = open_models(pack, SessionSettings(provider=section.provider, threads=section.threads))
        passed = check(models, settings_for(config, pack, LIST_SIZE), "exact")
    except (PackError, SessionError, SelfCheckFailed) as error:
        return Check(what, "FAILED", str(error))
    return Check(what, "ok", passed.sentence)


def _webhooks(config: RigConfig, network: bool) -> list[Check]:
    if not config.webhooks:
        return []
    try:
        found = webhooks_of(config)
    except ConfigError as error:
        return [Check("webhooks", "FAILED", str(error))]
    checks = []
    for webhook in found:
        # Without the path: it may hold a token.
        what, host = f"webhook {webhook.name}", urlsplit(webhook.url).hostname
        fault = reach(webhook) if network else ""
        if fault:
            checks.append(Check(what, "FAILED", f"{host}: {fault}"))
        else:
            checks.append(Check(what, "ok", f"{host}{', reached' if network else '; --network tries to reach it'}"))
    return checks


def _camera(name: str, source: str) -> Check:
    try:
        seen = try_source(source)
    except SourceError as error:
        return Check(f"camera {name}", "FAILED", str(error))
    return Check(f"camera {name}", "ok", f"{redact(source)}: {seen}")
