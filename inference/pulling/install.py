"""Makes a pack in the user's cache out of a manifest: it appears whole, checked and tried, or not at all."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference.catalogue import cache_folder
from inference.pack import Pack, PackError, load_pack
from inference.pulling.manifest import Manifest, PullError
from inference.pulling.transfer import Watch, discard, fetch, part_file
from inference.pulling.unpack import take_file, take_from, take_from_zip
from inference.reader import open_models


def place_of(manifest: Manifest) -> Path:
    """The folder that the pack will have."""
    return cache_folder() / "packs" / manifest.name


def at_hand(manifest: Manifest) -> Pack | None:
    """The pack of this manifest if it is there already, perhaps with measurements added.

    Raises PullError where something else is in its place: it may be somebody's work, and is never overwritten.
    """
    place = place_of(manifest)
    if not place.exists():
        return None
    try:
        pack = load_pack(place)
    except PackError as error:
        raise PullError(f"{place} is in the way and cannot be used ({error}): move it away") from error
    if pack.contract != manifest.contract:
        raise PullError(f"{place} is in the way: it is another pack of that name; move it away")
    return pack


def pull(manifest: Manifest, watch: Watch, source: Path | None = None) -> Pack:
    """Fetch the pack, or take its files from `source` (a folder or a zip), check it, run it once, and put it in place.

    Raises PullError, PackError or SessionError; then no part of the pack can be found, and what was fetched is kept
    for the next call.
    """
    downloads = cache_folder() / "downloads"
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with _alone(downloads / f"{manifest.name}.lock", manifest.name):
            return _pull(manifest, watch, source, downloads)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise PullError(
                f"no room for pack {manifest.name} in {cache_folder()}: {error.strerror}; make room, or "
                f"set OPENLFR_CACHE to a folder on another disk, then run the same command again"
            ) from error
        raise PullError(f"pack {manifest.name}: {error.filename or downloads}: {error.strerror}") from error


def _pull(manifest: Manifest, watch: Watch, source: Path | None, downloads: Path) -> Pack:
    place = place_of(manifest)
    if at_hand(manifest) is None:
        _check_room(manifest, downloads, fetching=source is None)
        # Not in the folder of packs: whatever is found there counts as a pack.
        making = downloads / f"{manifest.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        try:
            if source is not None:
                take_from(source, manifest, making)
            else:
                _fetch(manifest, downloads, making, watch)
            with (making / "pack.toml").open("xb") as file:
                file.write(manifest.text)
                file.flush()
                os.fsync(file.fileno())
            open_models(load_pack(making))
            place.parent.mkdir(parents=True, exist_ok=True)
            making.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    for download in manifest.downloads:
        discard(part_file(download, downloads))
    return load_pack(place)


def _fetch(manifest: Manifest, downloads: Path, making: Path, watch: Watch) -> None:
    for download in manifest.downloads:
        try:
            part = fetch(download, downloads, watch)
        except PullError as error:
            raise PullError(
                f"{error}. Run the same command again to go on; or fetch that file elsewhere, carry it here and use "
                f"`openlfr models pull {manifest.name} --from FOLDER_OR_ZIP`"
            ) from error
        for file in (file for file in manifest.files if file.name in download.files):
            if download.archive is None:
                take_file(part, file, making)
            else:
                take_from_zip(part, file, making)


def _check_room(manifest: Manifest, downloads: Path, *, fetching: bool) -> None:
    """Refuse before the first byte what cannot fit."""
    needed = sum(file.size for file in manifest.files)
    if fetching:
        for download in manifest.downloads:
            part = part_file(download, downloads)
            needed += download.size - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(downloads).free
    if free < needed:
        raise PullError(
            f"no room for pack {manifest.name} in {cache_folder()}: {needed / 1e6:.0f} MB are needed and "
            f"{free / 1e6:.0f} MB are free: make room, or set OPENLFR_CACHE to a folder on another disk"
        )


@contextmanager
def _alone(lock: Path, name: str) -> Iterator[None]:
    """Two at once would write into the same part. The system lets go of the lock when the process ends, however."""
    with lock.open("ab") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PullError(f"pack {name} is being pulled by another process: wait for it, or end it") from None
        yield
