"""What a worker of a rig reports, sent over the wire: candidates at least once, counts as they are."""

from collections.abc import Callable

import cv2
import numpy as np

from inference.context import context_picture
from inference.faces import Picture
from inference.pipeline import Decision, FrameResult, Passage
from inference.tallies import CameraTallies
from records.ids import new_id
from wire.clock import Clock, iso8601
from wire.histograms import age_bin, similarity_bin
from wire.messages import CameraStatus, Candidate, Histogram, PassageEnded
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
        engine: str,
        contract: str,
        list_hash: str,
        alerted: Callable[[str, int, str], None] | None = None,
    ) -> None:
        """`list_passages`: report each passage by itself; only test deployments accept it.

        `alerted` is called with camera, track and candidate's id.
        """
        self._socket = socket
        self._clock = clock
        self._outbox = Outbox(socket, clock, self._arrived)
        self._tallies: dict[str, CameraTallies] = {}
        self._alerted: dict[str, tuple[str, int]] = {}
        self._arrived_at: dict[tuple[str, int], int] = {}
        self._deployment = deployment
        self._list_passages = list_passages
        self._engine = engine
        self._contract = contract
        self._list_hash = list_hash
        self._tell_alerted = alerted

    def candidate(
        self, camera: str, decision: Decision, picture: Picture, result: FrameResult, captured_at: int
    ) -> None:
        """Takes over the decision's looks, and overwrites them."""
        message = Candidate(
            id=new_id(),
            deployment=self._deployment,
            camera=camera,
            track=decision.track,
            subject=decision.subject,
            similarity=decision.similarity,
            threshold=decision.threshold,
            looks=len(decision.looks),
            frame=decision.frame,
            captured_at=captured_at,
            raised_at=self._clock.now(),
            engine=self._engine,
            contract=self._contract,
            list_hash=self._list_hash,
            measures=list(decision.measures),
        )
        parts = [*map(_jpeg, decision.looks), context_picture(picture, result, decision.track)]
        for look in decision.looks:
            look.fill(0)
        self._alerted[message.id] = camera, decision.track
        if self._tell_alerted is not None:
            self._tell_alerted(camera, decision.track, message.id)
        self._outbox.put(message, parts)

    def passage(self, camera: str, passage: Passage) -> None:
        self._tally(camera, passage)
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
        tallies = self._tallies.get(status.camera)
        if tallies is None:
            return
        for kind, hour, bins in tallies.told(status.session, self._clock.monotonic()):
            message = Histogram(
                deployment=status.deployment,
                camera=status.camera,
                session=status.session,
                worker=status.worker,
                kind=kind,
                hour=hour,
                bins=bins,
            )
            send(self._socket, message)

    def work(self) -> None:
        self._outbox.work()

    def settled(self) -> bool:
        return len(self._outbox) == 0

    def _tally(self, camera: str, passage: Passage) -> None:
        """The passage is over, and its pixels and templates are overwritten."""
        tallies = self._tallies.setdefault(camera, CameraTallies())
        hour = iso8601(self._clock.now())[:13]
        if passage.similarity is not None:
            tallies.add("similarity", hour, similarity_bin(passage.similarity))
        if not passage.subjects:
            if passage.kept_ns is not None:
                tallies.add("age", hour, age_bin(passage.kept_ns))
            return
        # Where the alert has not arrived yet, its pictures wait for that and go with it: nothing is kept after it.
        of_passage = camera, passage.track
        self._alerted = {message: other for message, other in self._alerted.items() if other != of_passage}
        arrived_at = self._arrived_at.pop(of_passage, None)
        kept = 0 if arrived_at is None else self._clock.monotonic() - arrived_at
        tallies.add("age_after_alert", hour, age_bin(kept))

    def _arrived(self, message_id: str) -> None:
        alerted = self._alerted.pop(message_id, None)
        if alerted is not None:
            self._arrived_at.setdefault(alerted, self._clock.monotonic())


def _jpeg(picture: Picture) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, LOOK_QUALITY])
    if not done:
        raise ValueError(f"a look of shape {np.shape(picture)} cannot be written as JPEG")
    return data.tobytes()
