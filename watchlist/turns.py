"""One import or build of a deployment at a time: what one has half written, the other would take for left over."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchlist.errors import NotAllowed


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Holds the deployment's folder; the system lets go when the process ends, however. Raises NotAllowed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("ab") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NotAllowed("another import or build of this deployment is running: wait for its end") from None
        yield
