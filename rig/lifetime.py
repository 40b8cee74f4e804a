"""How a process of the rig ends: on a signal, in order; or at once when its supervisor is gone."""

import os
import signal
import stat
import sys
import threading
import time
from types import FrameType

HANGING_S = 5.0


class Shutdown:
    """Becomes true on SIGTERM or SIGINT; the process's loop looks at it in every round."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)


def shutdown_on_signals() -> Shutdown:
    stop = Shutdown()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    return stop


def end_with_supervisor() -> None:
    """When standard input, a pipe from the supervisor, comes to its end, the supervisor is gone: stop.

    Does nothing at a terminal or where input was redirected: then a person started this process alone.
    """
    descriptor = sys.stdin.fileno()
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return

    def watch() -> None:
        while os.read(descriptor, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        # A process that hangs must not outlive its rig.
        time.sleep(HANGING_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
