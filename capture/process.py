"""The capture process: one source, its reading thread, and a loop that sends what it reads on the worker's credit."""

from collections.abc import Callable
from pathlib import Path

from capture.reader import Reader
from capture.settings import Beat, CaptureSettings
from capture.sources import Hints, Recording, SourceError, open_source, parse
from records.ids import new_id
from wire.clock import Clock
from wire.keys import load_keys
from wire.mailbox import Mailbox
from wire.sender import FrameSender
from wire.sockets import Wire

BEAT_NS = 200_000_000
_ROUND_MS = 50


def run(
    settings: CaptureSettings, clock: Clock, stopped: Callable[[], bool], tell: Callable[[Beat], None] = lambda _: None
) -> None:
    """Until the recording was processed to its end by the worker, or `stopped`.

    `tell` gets a beat every 200 ms as long as pictures come or the source need not give any, and falls silent while a
    read blocks. Raises SourceError (its kind SourceLost: try again), WireError and KeysError.
    """
    address = parse(settings.source)
    recorded = isinstance(address, Recording) and settings.pace != "live"
    hints = Hints(settings.width, settings.height, settings.fps)
    mailbox = Mailbox(lossless=recorded)
    reader = Reader(
        lambda: open_source(address, hints),
        mailbox,
        clock,
        true_pace=settings.pace != "fast",
        loop=settings.loop,
        first=settings.first,
    )
    with Wire(load_keys(Path(settings.keys), settings.key) if settings.keys else None) as wire:
        sender = FrameSender(
            wire,
            settings.endpoint,
            mailbox,
            clock,
            camera=settings.camera,
            session=settings.session or new_id(),
            recorded=recorded,
            server=settings.server_key,
        )
        reader.start()
        try:
            _send_all(reader, mailbox, sender, clock, stopped, tell)
        finally:
            reader.close()
    if mailbox.total == 0 and not stopped():
        raise SourceError(f"{address}: holds no pictures")


def _send_all(
    reader: Reader,
    mailbox: Mailbox,
    sender: FrameSender,
    clock: Clock,
    stopped: Callable[[], bool],
    tell: Callable[[Beat], None],
) -> None:
    told_at, told_frames = 0, 0
    while not sender.finished and not stopped():
        sender.pump(_ROUND_MS)
        if reader.error is not None:
            raise reader.error
        if mailbox.total == 0:
            return
        now = clock.monotonic()
        if now - told_at >= BEAT_NS and (reader.frames > told_frames or not reader.inside):
            told_at, told_frames = now, reader.frames
            tell(Beat(frames=reader.frames, sent=sender.sent, dropped=sender.dropped, acked=sender.acked))
