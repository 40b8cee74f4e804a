"""A worker in a process of its own: notes each frame that it has done, one line each, and the end.

`python -m tests.capture.worker_process ENDPOINT NOTES [MILLISECONDS]`: the last is its work for each frame.
"""

import sys
import time
import zlib

from wire.clock import SystemClock
from wire.frames import FrameReceiver, ReceivedFrame
from wire.sockets import Wire


def main(endpoint: str, notes: str, milliseconds: str = "0") -> None:
    with Wire() as wire, open(notes, "a", encoding="ascii") as file:
        receiver = FrameReceiver(wire, endpoint, SystemClock())
        while True:
            received = receiver.next(100)
            if received is None:
                continue
            time.sleep(int(milliseconds) / 1000)
            if isinstance(received, ReceivedFrame):
                file.write(f"{received.header.session} {received.header.seq} {zlib.crc32(received.pixels.data)}\n")
            else:
                file.write(f"{received.header.session} end {received.header.frames}\n")
            file.flush()
            receiver.done(received)


if __name__ == "__main__":
    main(*sys.argv[1:])
