"""The card for a person who was stopped: what it says, what it never says, and its code."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from operator_ui.card import StopCard, code_svg, code_text, short
from operator_ui.settings import Public, UiSettings
from records.database import Database
from records.schema import Alert, Person, Stop
from rig.config import ConfigError, load
from tests.operator_ui.stage import LABEL, SIMILARITY, START, SUBJECT, THRESHOLD, Browser, Stage

STOP = {"reason": "same scar over the eyebrow"}
PUBLIC = Public(
    controller="Example Police",
    contact="0300 123 4567",
    complaints="https://police.example/complaints?from=card",
    privacy_notice="https://police.example/privacy",
)
CARD = StopCard(
    stop="019383f0-7f3a-7000-8000-00000000abcd",
    reference="0000-ABCD",
    officer="1234-5678",
    at=START,
    deployment="019383f0-7f3a-7000-8000-000000000001",
    deployment_name="Trial",
    kind="test",
    purpose="Testing",
    alert_hours=24,
)


@pytest.fixture
def public_stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database, settings=UiSettings(vault="none", changes="ipc:///none", public=PUBLIC))


def stopped(stage: Stage, ann: Browser) -> str:
    alert = stage.alert()
    ann.judge(alert)
    assert ann.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201
    return alert


def test_the_card_says_who_why_when_and_how_to_complain_and_nothing_of_the_entry(public_stage: Stage) -> None:
    stage = public_stage
    stage.entries.caution = "His brother, taller"
    with stage.client("Xanthippe") as ann:
        alert = stopped(stage, ann)
        page = ann.get(f"/alerts/{alert}/card").text
        card = page[page.index('<article class="stop-card"') : page.index("</article>")]
        with stage.database.read() as session:
            stop = session.query(Stop).one()
            officer = session.query(Person).filter(Person.name == "Xanthippe").one().id
        for words in (
            "Example Police",
            "0300 123 4567",
            "https://police.example/complaints",
            "https://police.example/privacy",
            "Testing the rig with volunteers",
            "Trial at the station",
            stage.deployment,
            "23 Nov 2026, 10:00 UTC",
            stop.id,
            short(stop.id),
            short(officer),
            "24 hours",
        ):
            assert words in card, words
        never = (
            LABEL,
            *LABEL.split(),
            SUBJECT,
            f"{SIMILARITY:.2f}",
            f"{THRESHOLD:.2f}",
            "brother",
            "Xanthippe",
            "scar",
        )
        assert [word for word in never if word in card] == []
        assert "/looks/" not in card
        assert "/references/" not in card


def test_there_is_no_card_before_a_stop_and_it_stays_after_its_end(public_stage: Stage) -> None:
    stage = public_stage
    with stage.client("ann") as ann:
        alert = stage.alert()
        ann.judge(alert)
        for address in (f"/alerts/{alert}/card", f"/alerts/{alert}/card.svg"):
            assert ann.get(address).status_code == 409
        assert "no stop was logged" in ann.get(f"/alerts/{alert}/card").text
        ann.post(f"/api/alerts/{alert}/stops", STOP)
        ann.post(f"/api/alerts/{alert}/identity", {"who": "other"})
        assert ann.get(f"/alerts/{alert}/card").status_code == 200
        assert f'href="/alerts/{alert}/card"' in ann.get(f"/alerts/{alert}").text
        assert ann.get("/alerts/nothing/card").status_code == 404


def test_a_rig_that_was_not_told_whose_it_is_says_so_on_the_card(stage: Stage) -> None:
    with stage.client("ann") as ann:
        alert = stopped(stage, ann)
        card = ann.get(f"/alerts/{alert}/card").text
        assert "this rig was not told whose it is" in card
        assert "Give your reference." in card
        assert ann.get(f"/alerts/{alert}/card.svg").status_code == 200


def test_the_code_is_an_image_of_the_rig_itself_and_opens_the_page_for_complaints(public_stage: Stage) -> None:
    stage = public_stage
    with stage.client("ann") as ann:
        alert = stopped(stage, ann)
        answer = ann.get(f"/alerts/{alert}/card.svg")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.headers["cache-control"] == "no-store"
        with stage.database.read() as session:
            stop = session.get_one(Alert, alert).stop
            assert stop is not None
            told = f"https://police.example/complaints?from=card&stop={stop.id}"
        assert read_code(answer.content) == told


@pytest.mark.parametrize(
    ("public", "told"),
    [
        (PUBLIC, f"https://police.example/complaints?from=card&stop={CARD.stop}"),
        (
            Public(controller="Example Police", contact="0300 123 4567"),
            f"Example Police, stop {CARD.stop}, 2026-11-23 10:00 UTC. Complaints: 0300 123 4567",
        ),
        (None, f"Stop {CARD.stop}, 2026-11-23 10:00 UTC, deployment {CARD.deployment}"),
    ],
)
def test_the_code_says_the_page_or_the_same_as_text(public: Public | None, told: str) -> None:
    assert code_text(public, CARD) == told
    assert read_code(code_svg(told)) == told


def read_code(svg: bytes) -> str:
    """What a camera reads in the drawn code: the SVG's strokes, drawn as pixels."""
    text = svg.decode()
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
    path = re.search(r'<path[^>]*stroke[^>]* d="([^"]+)"|<path[^>]* d="([^"]+)"[^>]*stroke', text)
    assert size is not None
    assert path is not None
    picture = np.full((int(size[2]), int(size[1])), 255, np.uint8)
    x, y = 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", path[1] or path[2]):
        values = [float(value) for value in numbers.split()]
        if step == "M":
            x, y = values[0], values[1]
        elif step == "m":
            x, y = x + values[0], y + values[1]
        else:
            picture[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
    # A hand moves until it is read, too: this detector misses one code in some hundreds at any one size.
    for scale in (8, 5, 6, 7, 10, 12):
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        read, _, _ = cv2.QRCodeDetector().detectAndDecode(large)
        if read:
            return read
    return ""


RIG = """name = "van"
data = "data"
[deployment]
name = "t"
[watchlist]
folder = "list"
[inference]
pack = "starter"
[[camera]]
name = "north"
source = "usb:0"
"""


def test_the_rig_file_says_who_is_responsible(tmp_path: Path) -> None:
    file = tmp_path / "rig.toml"
    file.write_text(RIG)
    assert load(file).public is None
    file.write_text(RIG + '[public]\ncontroller = "Example Police"\ncontact = "0300 123 4567"\n')
    public = load(file).public
    assert public is not None
    assert (public.controller, public.complaints) == ("Example Police", None)


@pytest.mark.parametrize(
    "section",
    [
        'controller = "x"',
        'controller = ""\ncontact = "y"',
        'controller = "x"\ncontact = "y"\nprivacy_notice = "http://x"',
    ],
)
def test_a_public_section_that_lacks_something_is_refused_with_the_key(tmp_path: Path, section: str) -> None:
    file = tmp_path / "rig.toml"
    file.write_text(f"{RIG}[public]\n{section}\n")
    with pytest.raises(ConfigError, match="public"):
        load(file)
