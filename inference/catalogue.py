"""Where model packs are found: by path, in the user's cache, in a development checkout's neighbour, as shipped."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from inference.pack import Pack, PackError, load_pack

PREFERENCE = ("lab-mbf", "yunet-mbf", "yunet-mfn", "starter")
"""The default pack is the first of these that is found: most accurate first, `starter` for demos and tests only."""

SHIPPED = Path(__file__).parent / "packs"


class Place(NamedTuple):
    """A folder whose sub-folders are packs."""

    label: str
    folder: Path


class Found(NamedTuple):
    """A folder with a pack.toml; `pack` where it passed every check, else `fault` says why it cannot be used."""

    name: str
    place: str
    folder: Path
    pack: Pack | None
    fault: str


def places() -> tuple[Place, ...]:
    """In the order in which they are searched; the first pack of a name wins."""
    return (
        Place("cache", cache_folder() / "packs"),
        Place("development checkout", shared_folder() / "models"),
        Place("shipped", SHIPPED),
    )


def calibrations_folder() -> Path:
    """Where `openlfr calibrate --write` puts its files, each named by the contract of its pack."""
    return cache_folder() / "calibrations"


def list_packs() -> list[Found]:
    """Every pack folder in `places`, checked; a name hidden by an earlier place is left out."""
    found: dict[str, Found] = {}
    for place in places():
        folders = sorted(place.folder.iterdir()) if place.folder.is_dir() else []
        for folder in folders:
            if (folder / "pack.toml").is_file() and folder.name not in found:
                found[folder.name] = _check(folder, place.label)
    return list(found.values())


def find_pack(name_or_path: str) -> Pack:
    """The pack with this folder name, or in this folder. Raises PackError naming what was looked for and where."""
    folder = Path(name_or_path).expanduser()
    if (folder / "pack.toml").is_file():
        return load_pack(folder, calibrations_folder())
    if folder.name != name_or_path:
        raise PackError(f"no model pack in {folder}: the folder has no pack.toml")
    for place in places():
        if (place.folder / name_or_path / "pack.toml").is_file():
            return load_pack(place.folder / name_or_path, calibrations_folder())
    known = ", ".join(sorted(_names())) or "none"
    raise PackError(f"no model pack named {name_or_path}; found: {known} (see `openlfr models list`)")


def default_pack() -> Pack:
    """The first of `PREFERENCE` that is found. One that is found but faulty is an error, not passed over."""
    present = _names()
    for name in PREFERENCE:
        if name in present:
            return find_pack(name)
    looked = ", ".join(str(place.folder) for place in places())
    raise PackError(f"no model pack found: name one with --pack, or put one into a folder of {looked}")


def _names() -> set[str]:
    return {path.parent.name for place in places() for path in place.folder.glob("*/pack.toml")}


def _check(folder: Path, label: str) -> Found:
    try:
        return Found(folder.name, label, folder, load_pack(folder, calibrations_folder()), "")
    except PackError as error:
        return Found(folder.name, label, folder, None, str(error))


def cache_folder() -> Path:
    """$OPENLFR_CACHE, else the platform's cache folder for this user."""
    if given := os.environ.get("OPENLFR_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "openlfr" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "openlfr"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openlfr"


def shared_folder() -> Path:
    """$OPENLFR_SHARED, else `shared` beside the checkout."""
    return Path(os.environ.get("OPENLFR_SHARED") or Path(__file__).parents[2] / "shared")
