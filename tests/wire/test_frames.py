from pathlib import Path

import numpy as np
import pytest
import zmq

from tests.wire.clocks import SECOND, MovedClock, StoppedClock
from tests.wire.rigs import capture, endpoint_in, next_of, pixels_of, settle
from wire.frames import WINDOW, Ended, FrameReceiver, ReceivedFrame
from wire.keys import load_keys, make_keys
from wire.messages import AnyMessage, Changed, Frame, Hello, SourceEnded, encode
from wire.sockets import Rejected, Socket, Wire, receive, send

DEADLINE_MS = 20_000


def frame(seq: int, **changes: object) -> Frame:
    fields: dict[str, object] = {
        "camera": "north",
        "session": "s",
        "seq": seq,
        "captured_at": 0,
        "height": 2,
        "width": 2,
        "recorded": True,
        "dropped": 0,
        "fps": 25.0,
    }
    return Frame(**(fields | changes))  # type: ignore[arg-type]


class Peer:
    """Says what it likes, and waits until all of it was heard."""

    def __init__(self, wire: Wire, endpoint: str) -> None:
        self.socket: Socket = wire.connect(zmq.DEALER, endpoint)
        assert self.socket.poll(DEADLINE_MS, zmq.POLLOUT)

    def say(self, message: AnyMessage, *parts: bytes) -> None:
        assert send(self.socket, message, parts)

    def hello(self, receiver: FrameReceiver, *, recorded: bool = True, session: str = "s") -> None:
        """Waits for the answer: everything said before was heard, too."""
        self.say(Hello(camera="north", session=session, recorded=recorded))
        received = None
        while received is None:
            receiver.next(1)
            received = receive(self.socket, Rejected())


def test_a_recording_arrives_whole_in_order_and_unchanged(tmp_path: Path) -> None:
    clock = MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=True) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        north.play(60)
        for seq in range(60):
            received = next_of(receiver, north)
            assert isinstance(received, ReceivedFrame)
            assert (received.header.seq, received.header.dropped) == (seq, 0)
            assert np.array_equal(received.pixels, pixels_of(seq))
            receiver.done(received)
        ended = next_of(receiver, north)
        assert ended == Ended(SourceEnded(camera="north", session="session of north", frames=60, dropped=0))
        assert not north.sender.finished
        receiver.done(ended)
        while not north.sender.finished:
            north.sender.pump(1)
    assert receiver.rejected.count == north.sender.rejected.count == 0


def test_pixels_can_be_overwritten_by_the_worker(tmp_path: Path) -> None:
    clock = MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=False) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        north.show(1)
        received = next_of(receiver, north)
        assert isinstance(received, ReceivedFrame)
        received.pixels.fill(255)
        assert received.pixels.min() == 255


@pytest.mark.parametrize(("recorded", "most"), [(True, 4), (False, 2)])
def test_no_more_frames_are_on_their_way_than_the_worker_allows(tmp_path: Path, recorded: bool, most: int) -> None:
    clock = MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=recorded) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        if recorded:
            north.play(20)
        taken = []
        for _ in range(most):
            if not recorded:
                north.show(1)
            taken.append(next_of(receiver, north))
        if not recorded:
            north.show(1)
        settle(receiver, north)
        assert north.sender.sent == most
        receiver.done(taken[0])
        next_of(receiver, north)
        assert north.sender.sent == most + 1


def test_live_the_newest_frame_wins_and_every_drop_is_counted(tmp_path: Path) -> None:
    clock = MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=False) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        frames = 0
        header = None
        while header is None or header.seq < 299:
            if north.produced < 300:
                north.show(7 if north.produced < 294 else 300 - north.produced)
            received = next_of(receiver, north)
            assert isinstance(received, ReceivedFrame)
            assert header is None or received.header.seq > header.seq
            header = received.header
            frames += 1
            receiver.done(received)
        assert header.dropped > 200
        assert frames + header.dropped + receiver.dropped("north") == north.produced


def test_live_frames_over_the_age_limit_are_dropped_counted_and_acknowledged(tmp_path: Path) -> None:
    # The sender must go on by acknowledgements alone, not by saying Hello again.
    clock, here = StoppedClock(), MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=False) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), here, age_limit_ms=500)
        here.moved = SECOND
        for _ in range(5):
            north.show(1)
            before = receiver.dropped("north")
            while receiver.dropped("north") == before:
                north.sender.pump(0)
                assert receiver.next(1) is None
        here.moved = 0
        north.show(1)
        received = next_of(receiver, north)
        assert received.header.dropped == 0
        assert receiver.dropped("north") == 5


def test_recorded_frames_have_no_age_limit(tmp_path: Path) -> None:
    clock, here = MovedClock(), MovedClock()
    here.moved = 3600 * SECOND
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=True) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), here)
        north.play(1)
        assert isinstance(next_of(receiver, north), ReceivedFrame)
        assert receiver.dropped("north") == 0


def test_a_new_worker_gets_every_recorded_frame_that_the_old_one_had_not_done(tmp_path: Path) -> None:
    clock = MovedClock()
    done = []
    with capture(endpoint_in(tmp_path), clock, recorded=True) as north:
        north.play(12)
        with Wire() as wire:
            receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
            for seq in range(7):
                received = next_of(receiver, north)
                if seq < 5:
                    receiver.done(received)
                    done.append(received.header)
            while north.sender.acked < 4:
                north.sender.pump(1)
        clock.moved += 2 * SECOND
        with Wire() as wire:
            receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
            while not north.sender.finished:
                received = next_of(receiver, north)
                receiver.done(received)
                done.append(received.header)
                north.sender.pump(0)
                if isinstance(received, Ended):
                    break
    assert [header.seq for header in done if isinstance(header, Frame)] == list(range(12))
    assert isinstance(done[-1], SourceEnded)


def test_a_new_live_worker_does_not_wait_for_what_the_old_one_held(tmp_path: Path) -> None:
    clock = MovedClock()
    with capture(endpoint_in(tmp_path), clock, recorded=False) as north:
        with Wire() as wire:
            receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
            north.show(1)
            receiver.done(next_of(receiver, north))
            for _ in range(2):
                north.show(1)
                next_of(receiver, north)
        clock.moved += 2 * SECOND
        with Wire() as wire:
            receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
            received = None
            while received is None:
                north.show(1)
                north.sender.pump(1)
                received = receiver.next(1)
    assert isinstance(received, ReceivedFrame)
    # The first was done; all others before this one were given up, and counted.
    assert received.header.dropped == received.header.seq - 1


def test_a_capture_process_that_starts_again_goes_on_where_the_worker_says(tmp_path: Path) -> None:
    clock = MovedClock()
    with Wire() as wire:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        with capture(endpoint_in(tmp_path), clock, recorded=True) as north:
            north.play(10)
            for _ in range(6):
                receiver.done(next_of(receiver, north))
        with capture(endpoint_in(tmp_path), clock, recorded=True) as north:
            north.play(10, first=2)
            rest: list[ReceivedFrame | Ended] = []
            while not rest or not isinstance(rest[-1], Ended):
                rest.append(next_of(receiver, north))
                receiver.done(rest[-1])
    assert [one.header.seq for one in rest if isinstance(one, ReceivedFrame)] == [6, 7, 8, 9]
    # Of pictures 2 to 9, none that was done; fewer where the worker still held what the first process had sent.
    assert 0 < north.sender.sent <= 4


def test_cameras_take_turns_also_when_one_is_always_full(tmp_path: Path) -> None:
    clock = MovedClock()
    with (
        Wire() as wire,
        capture(endpoint_in(tmp_path), clock, "north", recorded=True) as north,
        capture(endpoint_in(tmp_path), clock, "south", recorded=True) as south,
    ):
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        north.play(200)
        south.play(200)
        while not (north.sender.sent and south.sender.sent):
            north.sender.pump(1)
            south.sender.pump(1)
            if (received := receiver.next(0)) is not None:
                receiver.done(received)
        turns = []
        for _ in range(40):
            for _ in range(3):
                north.sender.pump(1)
                south.sender.pump(1)
            received = next_of(receiver, north, south)
            turns.append(received.header.camera)
            receiver.done(received)
    assert 18 <= turns.count("north") <= 22


def test_a_worker_that_only_thought_long_gets_no_frame_twice(tmp_path: Path) -> None:
    clock = MovedClock()
    with Wire() as wire, capture(endpoint_in(tmp_path), clock, recorded=True) as north:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        north.play(9)
        seen: list[ReceivedFrame | Ended] = []
        while not seen or not isinstance(seen[-1], Ended):
            seen.append(next_of(receiver, north))
            clock.moved += 2 * SECOND
            north.sender.pump(1)
            receiver.done(seen[-1])
    assert [one.header.seq for one in seen if isinstance(one, ReceivedFrame)] == list(range(9))


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (frame(0), []),
        (frame(0), [bytes(11)]),
        (frame(0), [bytes(12), b""]),
        (frame(0, height=-2, width=-2), [bytes(12)]),
        (frame(0, recorded=False), [bytes(12)]),
        (frame(-1), [bytes(12)]),
        (SourceEnded(camera="north", session="s", frames=-1, dropped=0), []),
        (SourceEnded(camera="north", session="s", frames=1, dropped=0), [b"part"]),
        (Changed(event=1), []),
    ],
)
def test_a_message_that_makes_no_sense_is_counted_and_dropped(
    tmp_path: Path, message: AnyMessage, parts: list[bytes]
) -> None:
    with Wire() as wire, Wire() as outside:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), MovedClock())
        peer = Peer(outside, endpoint_in(tmp_path))
        peer.hello(receiver)
        peer.say(message, *parts)
        peer.socket.send_multipart([b"rubbish", encode(Changed(event=1))])
        peer.say(frame(0), bytes(12))
        received = receiver.next(DEADLINE_MS)
        assert received is not None
        assert received.header == frame(0)
        assert receiver.rejected.count == 2


def test_only_what_follows_a_hello_on_its_connection_without_a_gap_is_taken(tmp_path: Path) -> None:
    with Wire() as wire, Wire() as outside:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), MovedClock())
        first, second = Peer(outside, endpoint_in(tmp_path)), Peer(outside, endpoint_in(tmp_path))
        first.say(frame(5), bytes(12))  # no Hello yet
        first.hello(receiver)
        first.say(frame(6), bytes(12))
        first.say(frame(6), bytes(12))  # twice
        first.say(frame(8), bytes(12))  # 7 was lost
        first.say(frame(7, session="another"), bytes(12))
        first.say(frame(7), bytes(12))
        seen = [receiver.next(DEADLINE_MS), receiver.next(DEADLINE_MS)]
        second.say(frame(8), bytes(12))  # a new connection that has not said Hello
        second.hello(receiver)
        second.say(frame(8), bytes(12))
        seen.append(receiver.next(DEADLINE_MS))
    assert [one.header for one in seen if one is not None] == [frame(6), frame(7), frame(8)]
    assert receiver.strays == 5
    assert receiver.rejected.count == 0


def test_a_sender_that_ignores_its_credit_cannot_fill_the_workers_memory(tmp_path: Path) -> None:
    with Wire() as wire, Wire() as outside:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), MovedClock())
        peer = Peer(outside, endpoint_in(tmp_path))
        peer.hello(receiver)
        for seq in range(30):
            peer.say(frame(seq), bytes(12))
        peer.say(Changed(event=1))
        taken = [receiver.next(DEADLINE_MS)]
        while receiver.rejected.count == 0:
            taken.append(receiver.next(1))
        taken.extend(receiver.next(0) for _ in range(30))
        assert [one.header for one in taken if one is not None] == [frame(seq) for seq in range(WINDOW)]
        assert receiver.strays == 30 - WINDOW


def test_frames_travel_over_tcp_between_known_keys(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["worker", "capture"])
    clock = MovedClock()
    with Wire(load_keys(tmp_path / "keys", "worker")) as wire:
        receiver = FrameReceiver(wire, "tcp://127.0.0.1:*", clock)
        with Wire(load_keys(tmp_path / "keys", "capture")) as outside:
            peer = outside.connect(zmq.DEALER, receiver.endpoint, server="worker")
            assert peer.poll(DEADLINE_MS, zmq.POLLOUT)
            assert send(peer, Hello(camera="north", session="s", recorded=True))
            assert send(peer, frame(0), [bytes(12)])
            received = receiver.next(DEADLINE_MS)
    assert received is not None
    assert received.header == frame(0)


def test_done_of_a_session_that_is_over_is_ignored(tmp_path: Path) -> None:
    with Wire() as wire, Wire() as outside:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), MovedClock())
        peer = Peer(outside, endpoint_in(tmp_path))
        peer.hello(receiver)
        peer.say(frame(0), bytes(12))
        old = receiver.next(DEADLINE_MS)
        assert old is not None
        peer.hello(receiver, session="t")
        peer.say(frame(0, session="t"), bytes(12))
        receiver.done(old)
        received = receiver.next(DEADLINE_MS)
        assert received is not None
        assert received.header == frame(0, session="t")
