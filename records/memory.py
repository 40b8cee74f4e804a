"""What the system is asked for so that a process's memory stays in memory: no core dumps, no reading along, no swap.

What cannot be promised. Whoever is root can read any process. Hibernation writes all memory to the disk whatever was
locked, so a rig's disk is encrypted or it does not hibernate. Without the right to lock memory (`LimitMEMLOCK=infinity`
in a systemd unit) only the keys' own buffers are locked, not the copies inside the cipher library; then swap must be
off or encrypted. Other systems than Linux have no switch for dumps of a single process beyond the core file's size.
"""

import ctypes
import logging
import mmap
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_MADV_DONTDUMP = 16
_CAP_IPC_LOCK = 14


@dataclass(frozen=True)
class Guarded:
    """What was granted."""

    no_core_dumps: bool
    unreadable: bool
    """No other process of the same user can read this one's memory, by ptrace or /proc."""
    locked: bool
    """No page of this process is ever written to swap."""
    no_swap: bool
    """This machine has no swap now."""

    @property
    def sentence(self) -> str:
        swap = "memory is locked" if self.locked else "no swap on this machine" if self.no_swap else "SWAP IS POSSIBLE"
        dumps = "off" if self.no_core_dumps else "POSSIBLE"
        return f"core dumps {dumps}, memory {'un' if self.unreadable else ''}readable to others of this user, {swap}"


def guard_memory() -> Guarded:
    """Ask for all of it, for this process; a child that runs another program must ask again. Never raises."""
    guarded = Guarded(_no_core_dumps(), _not_dumpable(), _lock_all(), _no_swap())
    log.log(logging.INFO if guarded.locked or guarded.no_swap else logging.WARNING, "%s", guarded.sentence)
    return guarded


def guard_buffer(secret: bytearray) -> bool:
    """Keep the pages of a key's buffer out of swap and dumps where the system allows; whether it does. Never raises.

    They stay so: a page may hold another secret too by the time this one is overwritten.
    """
    libc = _libc()
    if libc is None or not secret:
        return False
    view = (ctypes.c_char * len(secret)).from_buffer(secret)
    address = ctypes.addressof(view)
    del view  # or the buffer could not be resized, nor freed
    first = address - address % mmap.PAGESIZE
    length = address + len(secret) - first
    libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(length), _MADV_DONTDUMP)
    return bool(libc.mlock(ctypes.c_void_p(first), ctypes.c_size_t(length)) == 0)


def _no_core_dumps() -> bool:
    if os.name != "posix":
        return False
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    return True


def _not_dumpable() -> bool:
    libc = _libc()
    return libc is not None and libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0


def _lock_all() -> bool:
    """Lock what is there and what will come, page by page as it is used.

    Only where there is no limit: with one, the first allocation beyond it would fail, in the middle of a search.
    """
    libc = _libc()
    if libc is None or not _may_lock_all():
        return False
    return bool(libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _may_lock_all() -> bool:
    import resource

    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return True
    for line in _lines(Path("/proc/self/status")):
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_IPC_LOCK & 1)
    return False


def _no_swap() -> bool:
    lines = _lines(Path("/proc/swaps"))
    return len(lines) == 1


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("ascii", "replace").splitlines()
    except OSError:
        return []


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
