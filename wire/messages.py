"""The messages between the processes of a rig: typed, versioned, msgpack. Nothing is pickled.

A message travels as one ZeroMQ multipart: its msgpack header first, then its bulk parts (pixels, JPEGs), each as it is.
Times are integer nanoseconds since the Unix epoch, UTC, taken from the sender's clock.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from wire.histograms import Kind

VERSION = 1


class MessageError(ValueError):
    """A message that cannot be understood; the receiver counts it and drops it."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    v: int = VERSION


class Hello(_Message, frozen=True, tag="hello"):
    """A capture process asks a worker for credit: at start, and again whenever the worker has gone silent."""

    camera: str
    session: str
    """Minted anew each time the capture process starts, but kept when that of a recording is started again."""
    recorded: bool
    """Recorded sources are lossless: frames that were sent but not acknowledged come again."""


class Credit(_Message, frozen=True, tag="credit"):
    """A worker allows a capture process to have `window` frames on their way, and acknowledges those up to `acked`."""

    session: str
    acked: int
    """Highest sequence number processed; -1 before the first."""
    window: int


class Frame(_Message, frozen=True, tag="frame"):
    """One decoded picture; part 1 is its pixels: height x width x 3, uint8, BGR, row by row."""

    camera: str
    session: str
    seq: int
    captured_at: int
    height: int
    width: int
    recorded: bool
    dropped: int
    """Frames this session gave up before sending because a newer one had come (live sources only), cumulative."""
    fps: float
    """Nominal frames a second of the source; 0.0 where it does not say."""


class SourceEnded(_Message, frozen=True, tag="ended"):
    """A recorded source has come to its end (never sent by a live one)."""

    camera: str
    session: str
    frames: int
    dropped: int


class LookMeasures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured of one look's face: for the warnings at the reveal, never for a decision."""

    eye_distance: float
    """Pixels in the frame, as if the head were frontal."""
    turn: float
    """Signed, 0 frontal, 0.5: the nose below one eye."""
    score: float
    """The detector's, 0..1: low where a face is covered."""
    sharpness: float
    brightness: float
    contrast: float


class Candidate(_Message, frozen=True, tag="candidate"):
    """A track's similarity to an entry is at or over the threshold. Sent until acknowledged; stored once (by `id`).

    Parts: `looks` JPEGs of the best looks, best first, then one JPEG of the context with all bystanders pixelated.
    """

    id: str
    """UUIDv7, minted by the worker: the alert's idempotent id."""
    deployment: str
    camera: str
    track: int
    subject: str
    similarity: float
    threshold: float
    looks: int
    frame: int
    captured_at: int
    """Capture time of the frame that completed the decision."""
    raised_at: int
    engine: str
    contract: str
    """Embedding contract: hash of detector, recogniser and preprocessing."""
    list_hash: str
    measures: list[LookMeasures] = []
    """One for each look, in their order."""


class PassageEnded(_Message, frozen=True, tag="passage"):
    """A finished track, without anything of the person. Sent one by one in test deployments only; counted in all."""

    id: str
    """UUIDv7, minted by the worker."""
    deployment: str
    camera: str
    track: int
    first_frame: int
    last_frame: int
    looks: int


class Acknowledged(_Message, frozen=True, tag="acknowledged"):
    """The alerts service has stored the candidate or passage with this id."""

    id: str


class CameraStatus(_Message, frozen=True, tag="camera"):
    """What a worker has seen of one camera since its present capture session began; sent twice a second."""

    deployment: str
    camera: str
    session: str
    worker: str
    """Minted anew each time the worker starts: with `session`, the key under which its counters add up."""
    state: Literal["unsearched", "live", "stale", "ended"]
    """unsearched: its frames come, and no search is allowed. stale: none have come for two seconds."""
    at: int
    last_frame_at: int
    """0 before the first frame."""
    fps: float
    """Measured over the last two seconds."""
    produced: int
    """Frames the source has made in this session, up to the newest one searched."""
    frames: int
    """Of these, searched by this worker."""
    faces: int
    looks_rejected: int
    passages: int
    candidates: int
    unsearched: int
    """Frames that came while no search was allowed: overwritten unseen."""
    engine: str
    brightness: float | None = None
    """Mean, 0..255. As sharpness: the median of the last five measures (`inference.sight`)."""
    sharpness: float | None = None
    """Of the frame reduced to 320 pixels: variance of the Laplacian over the variance of brightness."""
    still_s: float | None = None
    """For how many seconds the pictures have been the same, pixel by pixel."""


class Tile(_Message, frozen=True, tag="tile"):
    """A small picture of what a camera sees now, for the tablets; never stored. Published, newest only.

    Parts: a JPEG in which everybody is covered and, where `alerts` is not empty, a second one in which the persons of
    these alerts are not.
    """

    camera: str
    at: int
    """Capture time of its frame."""
    alerts: list[str] = []
    """Ids of the candidates for whose sake somebody is left uncovered in the second part."""


class Histogram(_Message, frozen=True, tag="histogram"):
    """Anonymous counts of one camera, run and hour since the run began; sent again for some seconds after a change."""

    deployment: str
    camera: str
    session: str
    worker: str
    kind: Kind
    hour: str
    """UTC, for example 2026-11-23T14."""
    bins: dict[int, int]
    """Count by bin (`wire.histograms`)."""


class LeaseRequest(_Message, frozen=True, tag="lease_request"):
    """A worker asks to be allowed to search, several times a second."""

    worker: str
    deployment: str
    list_hash: str
    """Of the list that the worker has loaded."""
    contract: str


class Lease(_Message, frozen=True, tag="lease"):
    """The alerts service's answer. Without a fresh one that allows it a worker neither detects nor searches."""

    deployment: str
    list_hash: str
    until: int
    """The search is allowed up to this moment; 0: it is not."""
    threshold: float
    withheld: list[str]
    """Entries that must not be found: expired, withdrawn or in quarantine."""
    why: str
    """What stands against it, for people; empty where it is allowed."""


class ProcessStatus(_Message, frozen=True, tag="process"):
    """What the supervisor knows of one process of the rig; sent at each change."""

    name: str
    state: Literal["starting", "running", "restarting", "stopped", "failed"]
    restarts: int
    at: int
    detail: str


class Changed(_Message, frozen=True, tag="changed"):
    """The alerts service has written events up to this id: whoever shows them should read on."""

    event: int


AnyMessage = (
    Hello
    | Credit
    | Frame
    | SourceEnded
    | Candidate
    | PassageEnded
    | Acknowledged
    | CameraStatus
    | Tile
    | Histogram
    | LeaseRequest
    | Lease
    | ProcessStatus
    | Changed
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)


def encode(message: AnyMessage) -> bytes:
    return _encoder.encode(message)


def decode(header: bytes | memoryview) -> AnyMessage:
    """Raises MessageError for anything that is not a message of this version."""
    try:
        message = _decoder.decode(header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"not a message: {error}") from error
    if message.v != VERSION:
        raise MessageError(f"message version {message.v}, this rig speaks {VERSION}")
    return message


def check_pixels(frame: Frame, parts: Sequence[bytes | memoryview]) -> None:
    """Raises MessageError unless `parts` is exactly the pixels that the frame's header announces."""
    if len(parts) != 1:
        raise MessageError(f"a frame has 1 part, not {len(parts)}")
    expected = frame.height * frame.width * 3
    if frame.height <= 0 or frame.width <= 0 or len(parts[0]) != expected:
        raise MessageError(f"{frame.height} x {frame.width} pixels are {expected} bytes, not {len(parts[0])}")
