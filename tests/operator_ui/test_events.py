"""The event stream: what a tablet that slept gets again, and what nobody gets."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import pytest
import zmq

from alerts.store import store_camera, store_process
from operator_ui.changes import Announcements
from operator_ui.events import read_events
from operator_ui.steps import Viewer
from records.policy import Sessions
from records.schema import Person
from tests.operator_ui.stage import LABEL, OTHERS, SUBJECT, Browser, Stage
from tests.operator_ui.streams import changes_in, read_stream
from wire.messages import CameraStatus, Changed, ProcessStatus
from wire.sockets import Wire, send

IDLE = timedelta(minutes=Sessions().idle_minutes)


def test_events_carry_the_records_numbers_and_only_ids_and_states(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert, "different")
        sent = changes_in(read_stream(stage.app, ann, after=0))
        assert sent == [
            (1, {"event": 1, "kind": "alert", "alert": alert}),
            (2, {"event": 2, "kind": "in_review", "alert": alert}),
            (3, {"event": 3, "kind": "closed", "alert": alert}),
        ]


def test_the_live_page_gets_with_each_change_the_card_that_this_person_may_see(stage_of_two: Stage) -> None:
    stage, alerts = stage_of_two, []
    with stage.client("ann") as ann, stage.client("bob") as bob:

        def cards(browser: Browser, doing: Callable[[], object]) -> list[tuple[str, str]]:
            sent = changes_in(read_stream(stage.app, browser, cards=True, statuses=2, meanwhile=doing))
            return [(data["kind"], data["card"] or "gone") for _, data in sent]

        ((kind, card),) = cards(ann, lambda: alerts.append(stage.alert()))
        assert kind == "alert"
        assert f'id="item-{alerts[0]}"' in card
        assert 'data-step="review"' in card
        assert f"/alerts/{alerts[0]}/thumbnail" in card
        assert LABEL not in card
        # Bob has not judged: nothing tells him that somebody said "same".
        ((kind, card),) = cards(bob, lambda: ann.judge(alerts[0]))
        assert kind == "in_review"
        assert 'data-step="review"' in card
        assert 'data-state="in_review"' in card
        (*_, (kind, card)) = cards(ann, lambda: bob.judge(alerts[0], "different"))
        assert (kind, card) == ("closed", "gone")


def test_who_has_judged_sees_the_second_review_on_the_card(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann:
        sent = read_stream(stage_of_two.app, ann, cards=True, statuses=2, meanwhile=lambda: ann.judge(alert))
    last = changes_in(sent)[-1][1]
    assert last["kind"] == "second_review"
    assert 'data-step="wait"' in last["card"]
    assert 'data-state="second_review"' in last["card"]


def test_a_change_has_no_card_where_none_was_asked_for_or_too_many_changed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operator_ui.events.MOST_CARDS", 0)
    with stage.client("ann") as ann:
        for cards in (False, True):
            subject = OTHERS[cards]
            sent = read_stream(stage.app, ann, cards=cards, statuses=2, meanwhile=partial(stage.alert, subject))
            assert [set(data) for _, data in changes_in(sent)] == [{"event", "kind", "alert"}]


def test_a_tablet_that_slept_gets_exactly_what_it_missed(stage: Stage) -> None:
    alerts = [stage.alert(subject) for subject in OTHERS[:3]]
    with stage.client("ann") as ann:
        by_header = changes_in(read_stream(stage.app, ann, last_event_id="1"))
        assert [(number, data["alert"]) for number, data in by_header] == [(2, alerts[1]), (3, alerts[2])]
        assert changes_in(read_stream(stage.app, ann, after=1)) == by_header
        # A browser that connects again by itself repeats the old address: its header is the newer of the two.
        assert changes_in(read_stream(stage.app, ann, after=0, last_event_id="2")) == by_header[1:]
        assert changes_in(read_stream(stage.app, ann, after=3)) == []


def test_without_a_number_only_what_comes_from_now_on_is_sent(stage: Stage) -> None:
    stage.alert()
    with stage.client("ann") as ann:
        assert changes_in(read_stream(stage.app, ann)) == []


def test_a_number_of_another_record_does_not_silence_the_stream(stage: Stage) -> None:
    stage.alert(OTHERS[0])
    with stage.client("ann") as ann:
        assert changes_in(read_stream(stage.app, ann, after=999, statuses=2)) == []


def test_more_events_than_one_read_holds_arrive_all_and_in_order(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operator_ui.events.MOST_AT_ONCE", 3)
    for number in range(10):
        stage.alert(OTHERS[number])
    with stage.client("ann") as ann:
        assert [number for number, _ in changes_in(read_stream(stage.app, ann, after=0))] == list(range(1, 11))


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "99999999999999999999", "9223372036854775808", "", "٣"])
def test_a_number_that_is_none_is_refused(stage: Stage, number: str) -> None:
    with stage.client("ann") as ann:
        refused = ann.http.get("/events", params={"after": number})
        assert refused.status_code == 422
        assert "number" in refused.json()["error"]


def test_cards_are_asked_for_with_a_yes_or_a_no(stage: Stage) -> None:
    with stage.client("ann") as ann:
        refused = ann.http.get("/events", params={"cards": "perhaps"})
        assert refused.status_code == 422
        assert "cards" in refused.json()["error"]


def test_the_status_counts_and_names_no_one(stage: Stage) -> None:
    stage.alert()
    now = int(stage.clock().timestamp()) * 1_000_000_000
    with stage.database.write() as session:
        for worker in ("first", "second"):
            store_camera(session, a_camera(stage, worker, now))
        store_process(session, ProcessStatus(name="alerts", state="running", restarts=1, at=now, detail=""))
    with stage.client("ann") as ann:
        stream = read_stream(stage.app, ann)
        assert LABEL not in stream
        assert SUBJECT not in stream
        status = json.loads(stream.split("event: status\ndata: ")[1].split("\n")[0])
        assert status == ann.get("/api/status").json()
        assert status["queue"] == {"waiting": 1, "in_review": 0, "confirmed": 0, "engaged": 0, "closed": 0}
        (camera,) = status["cameras"]
        assert (camera["state"], camera["frames"], camera["passages"]) == ("live", 200, 8)
        # Both workers served one session of 210 frames.
        assert camera["dropped"] == 10
        assert status["engines"] == ["exact"]
        assert status["processes"][0]["restarts"] == 1


def test_a_camera_whose_worker_says_nothing_any_more_is_not_shown_as_live(stage: Stage) -> None:
    now = int(stage.clock().timestamp()) * 1_000_000_000
    with stage.database.write() as session:
        store_camera(session, a_camera(stage, "w", now))
    stage.clock.forward(timedelta(seconds=4))
    with stage.client("ann") as ann:
        (camera,) = ann.get("/api/status").json()["cameras"]
        assert (camera["state"], camera["fps"], camera["last_frame_s"]) == ("silent", 0.0, 4.0)


def test_the_stream_ends_when_the_session_does(stage: Stage) -> None:
    with stage.client("ann") as ann:
        with stage.database.write() as session:
            viewer_id = session.query(Person).one().id

        async def leave() -> None:
            with stage.database.write() as session:
                session.get_one(Person, viewer_id).active = False

        # The stream is opened first; the account is closed while it is open.
        desk = stage.app.state.desk
        original = desk.feed._snapshot

        def snapshot_and_leave() -> bytes:
            if desk.feed.ticks == 3:
                anyio.from_thread.run(leave)
            return bytes(original())

        desk.feed._snapshot = snapshot_and_leave
        assert "event: signed-out" in read_stream(stage.app, ann, statuses=10_000)


def test_an_open_stream_does_not_keep_a_tablet_unlocked_that_was_left_alone(stage: Stage) -> None:
    with stage.client("ann") as ann:
        stage.clock.forward(IDLE)
        assert "event: signed-out" not in read_stream(stage.app, ann)
        stage.clock.forward(timedelta(seconds=1))
        assert ann.get("/events").status_code == 401


def test_the_second_review_is_told_to_those_who_cannot_be_swayed_by_it(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann:
        ann.judge(alert)
    viewers = {role: Viewer("nobody", "x", role, "") for role in ("operator", "engagement_officer", "auditor")}
    with stage_of_two.database.read() as session:
        kinds = {role: [kind for _, kind, _ in read_events(session, 0, viewer)[0]] for role, viewer in viewers.items()}
    assert "second_review" not in kinds["operator"]
    assert "second_review" in kinds["engagement_officer"]
    assert "second_review" in kinds["auditor"]


def test_an_announcement_wakes_and_other_messages_do_not(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/run/changes"

    async def run() -> None:
        with Wire() as wire:
            publisher = wire.bind(zmq.PUB, address)
            changes = Announcements(address)
            with anyio.fail_after(20):
                # A subscription takes its time to arrive: what was sent before it did is lost, as it is in a rig.
                while changes.rejected.count == 0:
                    publisher.send(b"garbage")
                    with anyio.move_on_after(0.02):
                        await changes.wait()
                        pytest.fail("garbage is no announcement")
                send(publisher, Changed(event=7))
                await changes.wait()
            changes.close()

    anyio.run(run)


def a_camera(stage: Stage, worker: str, now: int) -> CameraStatus:
    return CameraStatus(
        deployment=stage.deployment,
        camera="north gate",
        session="s",
        worker=worker,
        state="live",
        at=now,
        last_frame_at=now,
        fps=25.04,
        produced=210,
        frames=100,
        faces=9,
        looks_rejected=2,
        passages=4,
        candidates=1,
        unsearched=0,
        engine="exact",
    )
