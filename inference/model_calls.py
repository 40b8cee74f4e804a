"""How long each call of a model takes, told to whoever asks: a benchmark, or the metrics of a worker.

Nobody asks by default; a call then costs one comparison more.
"""

from collections.abc import Callable

Listener = Callable[[str, tuple[int, ...], int], None]
"""Gets the session's label, the shape of the batch (n, 3, h, w), and nanoseconds, after each call, in its thread."""

listener: Listener | None = None
"""Of this process."""


def listen(to: Listener | None) -> None:
    """From now on `to` is told, and nobody else; None: nobody."""
    global listener
    listener = to
