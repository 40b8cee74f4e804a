"""How much memory a process holds."""

import ctypes
import gc
import os
import subprocess


def resident_mib(process: int | None = None) -> float:
    """MiB that are in memory now, shared libraries included. None: of this process."""
    asked = ["ps", "-o", "rss=", "-p", str(process or os.getpid())]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) / 1024


def give_back() -> None:
    """Hand freed memory back to the system, where its C library can: what is freed else counts as held."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
