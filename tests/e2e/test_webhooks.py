"""A whole rig that tells a control room: what happens arrives there, and a control room that is gone stops nothing."""

import json
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from records.schema import Event, ProcessState
from tests.alerts.control_room import ControlRoom, open_room
from tests.e2e.test_rig import Running, searched_more_than, started_again
from tests.rig.test_webhooks import HOOK, SECRET

pytestmark = pytest.mark.rig


def told_on_the_tablet(rig: Running) -> str:
    with rig.database.read() as session:
        row = session.get(ProcessState, "webhook control room")
        return row.detail if row else ""


def test_a_rig_tells_a_control_room_and_goes_on_without_it(rig_file: Callable[..., Path]) -> None:
    taken = {"code": 500}
    with open_room(ControlRoom(lambda _: taken["code"])) as room:
        file = rig_file()
        text = file.read_text()
        at = text.index("[[camera]]")
        file.write_text(text[:at] + HOOK.format(url=room.url) + text[at:])
        file.with_name("control.secret").write_text(SECRET)
        file.with_name("control.secret").chmod(0o600)
        rig = Running(file)
        try:
            rig.until(lambda: len(rig.alerts()) > 0 and len(room.told) > 1, "an alert, and two tries to tell of it")
            rig.until(lambda: "answers with 500" in told_on_the_tablet(rig), "the tablet says that it fails")
            rig.until(partial(searched_more_than, rig, rig.frames() + 10), "the search goes on")
            pid = rig.pids()["webhooks"]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            taken["code"] = 200
            rig.until(partial(started_again, rig, "webhooks", pid), "the process was started again")

            def all_told() -> bool:
                told = [json.loads(one.body)["data"]["event"] for one in room.told]
                with rig.database.read() as session:
                    # A webhook begins with the present: what happened before its first event is not its business.
                    raised = select(Event.id).where(Event.kind == "alert", Event.id >= told[0])
                    return set(session.scalars(raised)) <= set(told) and told_on_the_tablet(rig) == ""

            rig.until(all_told, "every alert was told of")
        finally:
            rig.supervisor.stop()
