"""Looking for values in another process's memory, byte for byte (Linux)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW = 64
MOST_WINDOWS = 32
"""Of one value, spread over it."""
_BLOCK = 1 << 24


def found_in(pid: int, values: Sequence[bytes]) -> set[int]:
    """Positions in `values` of those of which one of some 32 windows of 64 bytes stands in the process's memory.

    Windows that begin with few different bytes are not looked for: such bytes stand everywhere. Looks at multiples of 4
    bytes, where arrays and their rows begin.
    """
    wanted: dict[int, list[tuple[int, bytes]]] = {}
    for position, value in enumerate(values):
        step = max(WINDOW, len(value) // MOST_WINDOWS // WINDOW * WINDOW)
        for start in range(0, len(value) - WINDOW + 1, step):
            window = value[start : start + WINDOW]
            if len(set(window)) >= WINDOW // 4:
                wanted.setdefault(int.from_bytes(window[:8], "little"), []).append((position, window))
    keys = np.array(sorted(wanted), np.uint64)
    marked = np.zeros(1 << 24, bool)
    marked[_hash(keys)] = True
    found: set[int] = set()
    for block in _writable(pid):
        for shift in (0, 4):
            words = np.frombuffer(block, np.uint64, (len(block) - shift) // 8, shift)
            near = np.flatnonzero(marked[_hash(words)])
            for at in near[np.isin(words[near], keys)]:
                here = shift + 8 * int(at)
                for position, window in wanted.get(int(words[at]), ()):
                    if block[here : here + WINDOW] == window:
                        found.add(position)
    return found


def _hash(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """24 bits of each; the words that memory is full of, as zeros, share theirs with few others."""
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)


def _writable(pid: int) -> Iterator[bytes]:
    """What may be written in, in blocks."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            for at in range(start, end, _BLOCK):
                try:
                    memory.seek(at)
                    # A little of the next block, for a window that begins in this one.
                    block = memory.read(min(_BLOCK + WINDOW, end - at))
                except (OSError, ValueError, OverflowError):
                    continue  # the kernel's own pages
                yield block
