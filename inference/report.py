"""What a worker of a rig reports, sent over the wire: candidates at least once, counts as they are."""

import cv2
import numpy as np

from inference.context import context_picture
from inference.faces import Picture
from inference.pipeline import Decision, FrameResult, Passage
from records.ids import new_id
from wire.clock import Clock
from wire.messages import CameraStatus, Candidate, PassageEnded
from wire.outbox import Outbox
from wire.sockets import Socket, send

LOOK_QUALITY = 92
"""JPEG quality of the looks that people compare."""


class WireReport:
    def __init__(
        self,
        socket: Socket,
        clock: Clock,
        *,
        deployment: str,
        list_passages: bool,
        threshold: float,
        engine: str,
        contract: str,
        list_hash: str,
    ) -> None:
        """`list_passages`: report each passage by itself; only test deployments accept it."""
        self._socket = socket
        self._clock = clock
        self._outbox = Outbox(socket, clock)
        self._deployment = deployment
        self._list_passages = list_passages
        self._threshold = threshold
        self._engine = engine
        self._contract = contract
        self._list_hash = list_hash

    def candidate(
        self, camera: str, decision: Decision, picture: Picture, result: FrameResult, captured_at: int
    ) -> None:
        message = Candidate(
            id=new_id(),
            deployment=self._deployment,
            camera=camera,
            track=decision.track,
            subject=decision.subject,
            similarity=decision.similarity,
            threshold=self._threshold,
            looks=len(decision.looks),
            frame=decision.frame,
            captured_at=captured_at,
            raised_at=self._clock.now(),
            engine=self._engine,
            contract=self._contract,
            list_hash=self._list_hash,
        )
        context = context_picture(picture, result, decision.track)
        self._outbox.put(message, [*map(_jpeg, decision.looks), context])

    def passage(self, camera: str, passage: Passage) -> None:
        if self._list_passages:
            self._outbox.put(
                PassageEnded(
                    id=new_id(),
                    deployment=self._deployment,
                    camera=camera,
                    track=passage.track,
                    first_frame=passage.first_frame,
                    last_frame=passage.last_frame,
                    looks=passage.looks,
                )
            )

    def status(self, status: CameraStatus) -> None:
        # Not repeated when it is lost: the next one is half a second away and says the same, newer.
        send(self._socket, status)

    def work(self) -> None:
        self._outbox.work()

    def settled(self) -> bool:
        return len(self._outbox) == 0


def _jpeg(picture: Picture) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, LOOK_QUALITY])
    if not done:
        raise ValueError(f"a look of shape {np.shape(picture)} cannot be written as JPEG")
    return data.tobytes()
