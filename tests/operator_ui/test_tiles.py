"""Small pictures on their way to the tablets: in memory, the newest only, and each person sees what he or she may."""

from pathlib import Path

import anyio
import pytest
import zmq
from starlette.applications import Starlette

from operator_ui.desk import Desk
from operator_ui.tiles import ASKED_S, KEPT_S, MAX_JPEG, Tiles
from records.ids import new_id
from records.schema import Alert, LedgerEntry, Sighting
from tests.operator_ui.stage import SUBJECT_2, Browser, Stage
from wire.messages import Changed, Tile, encode
from wire.sockets import Wire

COVERED, SHOWN = b"\xff\xd8covered", b"\xff\xd8shown"
NORTH = "/cameras/north%20gate/tile"


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def parts_of(*alerts: str, camera: str = "north gate", jpegs: tuple[bytes, ...] | None = None) -> list[memoryview]:
    jpegs = ((COVERED, SHOWN) if alerts else (COVERED,)) if jpegs is None else jpegs
    return [memoryview(part) for part in (encode(Tile(camera=camera, at=5, alerts=list(alerts))), *jpegs)]


def tiles_of(stage: Stage) -> Tiles:
    desk = stage.app.state.desk
    assert isinstance(stage.app, Starlette)
    assert isinstance(desk, Desk)
    # A slow machine must not let a picture grow old within a test.
    desk.tiles._monotonic = lambda: 100.0
    return desk.tiles


def picture(browser: Browser, address: str = NORTH) -> bytes | None:
    answer = browser.get(address)
    assert answer.headers["cache-control"] == "no-store"
    if answer.status_code == 204:
        return None
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    return bytes(answer.content)


def test_a_picture_is_there_for_three_seconds_and_only_the_newest() -> None:
    clock = Seconds()
    tiles = Tiles(None, clock)
    assert tiles.newest("north gate") is None
    tiles.take(parts_of(jpegs=(b"first",)))
    tiles.take(parts_of(jpegs=(b"second",)))
    held = tiles.newest("north gate")
    assert held is not None
    assert held.covered == b"second"
    clock.now += KEPT_S + 0.1
    assert tiles.newest("north gate") is None
    tiles.let_go()
    assert tiles._held == {}


@pytest.mark.parametrize(
    "parts",
    [
        [memoryview(b"garbage")],
        [memoryview(encode(Changed(event=1)))],
        parts_of(jpegs=()),
        parts_of("a", jpegs=(COVERED,)),
        parts_of(jpegs=(COVERED, SHOWN)),
        parts_of(jpegs=(bytes(MAX_JPEG + 1),)),
    ],
)
def test_what_is_no_tile_is_counted_and_dropped(parts: list[memoryview]) -> None:
    tiles = Tiles(None)
    tiles.take(parts)
    assert tiles.rejected.count == 1
    assert tiles.newest("north gate") is None


def test_a_worker_is_asked_while_a_tablet_looks_and_left_alone_afterwards(tmp_path: Path) -> None:
    clock = Seconds()

    async def run() -> None:
        with Wire() as wire:
            publisher = wire.bind(zmq.XPUB, f"ipc://{tmp_path}/tiles", queue=1)
            tiles = Tiles(f"ipc://{tmp_path}/tiles", clock)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(tiles.run)
                await anyio.wait_all_tasks_blocked()

                async def word() -> bytes:
                    with anyio.fail_after(10):
                        while not publisher.poll(0):
                            await anyio.sleep(0.01)
                    return bytes(publisher.recv())

                assert tiles.newest("north gate") is None
                assert await word() == b"\x01"
                publisher.send_multipart([bytes(part) for part in parts_of()])
                with anyio.fail_after(10):
                    while tiles.newest("north gate") is None:
                        await anyio.sleep(0.01)
                clock.now += ASKED_S + 0.1
                assert await word() == b"\x00"
                tasks.cancel_scope.cancel()

    anyio.run(run)


def test_a_tablet_gets_the_newest_picture_and_when_it_was_taken(stage: Stage) -> None:
    with stage.client("ann") as ann:
        assert picture(ann) is None
        tiles_of(stage).take(parts_of())
        assert ann.get(NORTH).headers["tile-at"] == "1970-01-01T00:00:00.000000Z"
        assert picture(ann) == COVERED
        assert picture(ann, "/cameras/south/tile") is None


def test_only_who_follows_a_deployment_gets_one(stage: Stage) -> None:
    tiles_of(stage).take(parts_of())
    with stage.client() as nobody:
        assert nobody.get(NORTH).status_code == 401
    with stage.client("adam", "administrator") as adam:
        assert adam.get(NORTH).status_code == 403


def test_the_person_of_an_open_alert_is_shown_to_who_judges_it_and_that_is_in_the_ledger(stage: Stage) -> None:
    alert = stage.alert()
    tiles_of(stage).take(parts_of(alert))
    with stage.client("ann") as ann:
        assert picture(ann) == SHOWN
    with stage.database.read() as session:
        kinds = [entry.kind for entry in session.query(LedgerEntry)]
    assert kinds.count("alert_viewed") == 1


def test_before_people_have_confirmed_it_nobody_else_sees_who_it_is(stage: Stage) -> None:
    alert = stage.alert()
    tiles_of(stage).take(parts_of(alert))
    with stage.client("cid", "engagement_officer") as cid, stage.client("vera", "auditor") as vera:
        assert [picture(browser) for browser in (cid, vera)] == [COVERED, COVERED]
        with stage.client("ann") as ann:
            ann.judge(alert)
        assert [picture(browser) for browser in (cid, vera)] == [SHOWN, COVERED]


def test_once_the_alert_is_closed_the_person_is_covered_again(stage: Stage) -> None:
    alert = stage.alert()
    tiles_of(stage).take(parts_of(alert))
    with stage.client("ann") as ann:
        assert picture(ann) == SHOWN
        ann.judge(alert, "different")
        with stage.database.read() as session:
            assert session.get_one(Alert, alert).state == "closed"
        assert picture(ann) == COVERED


def test_a_candidate_that_became_no_alert_shows_nobody_and_a_sighting_shows_whom_its_alert_shows(stage: Stage) -> None:
    alert, sighting = stage.alert(), new_id()
    with stage.client("ann") as ann:
        tiles_of(stage).take(parts_of(sighting))
        assert picture(ann) == COVERED
        with stage.database.write() as session:
            session.add(
                Sighting(
                    id=sighting,
                    alert_id=alert,
                    camera="north gate",
                    track=9,
                    similarity=0.5,
                    captured_at=stage.time(),
                )
            )
        assert picture(ann) == SHOWN


def test_one_person_who_may_not_be_shown_covers_all(stage: Stage) -> None:
    first, second = stage.alert(), stage.alert(SUBJECT_2)
    tiles_of(stage).take(parts_of(first, second))
    with stage.client("ann") as ann:
        assert picture(ann) == SHOWN
        ann.judge(second, "different")
        assert picture(ann) == COVERED
