"""`python -m capture`: the process that CaptureWatcher starts.

Its settings come as one line of JSON on standard input, which stays open: its end means that the parent is gone, or
asks to stop. It answers with lines of JSON on standard output: beats, and its trouble when it ends.
Exit codes: 0 the end, 1 a live source was lost (try again), 2 what it was told cannot be used (trying again is no use).
"""

import os
import sys
import threading
from typing import NoReturn

import msgspec

from capture.process import run
from capture.settings import Beat, CaptureSettings, Trouble
from capture.sources import SourceError, SourceLost
from wire.clock import SystemClock
from wire.keys import KeysError
from wire.sockets import WireError

ENDED, LOST, BAD_INPUT = 0, 1, 2
_LEAVE_WITHIN_S = 0.3


def main() -> NoReturn:
    words = _take_standard_output()
    try:
        settings = msgspec.json.decode(_first_line(), type=CaptureSettings)
    except msgspec.MsgspecError as error:
        _leave(words, BAD_INPUT, f"capture settings: {error}")
    stop = threading.Event()
    threading.Thread(target=_watch_parent, args=(stop,), daemon=True).start()
    try:
        run(settings, SystemClock(), stop.is_set, lambda beat: _say(words, beat))
    except SourceLost as error:
        _leave(words, LOST, str(error))
    except (SourceError, KeysError, WireError) as error:
        _leave(words, BAD_INPUT, str(error))
    _leave(words, ENDED)


def _take_standard_output() -> int:
    """A descriptor for our words alone; what a library prints goes to standard error."""
    sys.stdout.flush()
    words = os.dup(1)
    os.dup2(2, 1)
    # A parent that does not read must not hold up the frames.
    os.set_blocking(words, False)
    return words


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n") and (character := os.read(0, 1)):
        line += character
    return line


def _watch_parent(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()
    # The main thread may hang in a library.
    threading.Timer(_LEAVE_WITHIN_S, os._exit, (ENDED,)).start()


def _say(words: int, word: Beat | Trouble) -> None:
    try:
        os.write(words, msgspec.json.encode(word) + b"\n")
    except OSError:
        return  # nobody reads; if the parent is gone, the end of standard input says so


def _leave(words: int, code: int, trouble: str = "") -> NoReturn:
    if trouble:
        _say(words, Trouble(text=trouble))
    # Not sys.exit: the reading thread may be blocked inside a library, which an orderly end would wait for or crash in.
    os._exit(code)


if __name__ == "__main__":
    main()
