"""Whole rigs on the staged clip, with the first pack at hand: shipped, or beside the checkout."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from inference.catalogue import default_pack, find_pack
from inference.pack import Pack, PackError
from inference.reader import Reader, open_models
from records.times import utc_now
from rig.walkby import Clip, enrol, make_clip
from watchlist.enrolment import enrol as enrol_pictures
from watchlist.list_file import build_list, save_list
from watchlist.pictures import find_pictures

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="module")
def launching() -> dict[str, Any]:
    """How Playwright starts the browser of this machine."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium or Chrome on this machine (Debian: apt-get install chromium)")
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {"executable_path": found, "args": [*QUIET, "--no-first-run", *sandbox]}


@pytest.fixture(scope="module")
def browser(launching: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**launching)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pack() -> Pack:
    try:
        return find_pack("starter")
    except PackError:
        try:
            return default_pack()
        except PackError as error:
            pytest.skip(f"no model pack: {error}")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("clip") / "street.mp4")


@pytest.fixture(scope="session")
def clip_frames(clip: Clip) -> int:
    return clip.frames


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    enrol(folder)
    return folder


@pytest.fixture(scope="session")
def built_list(tmp_path_factory: pytest.TempPathFactory, pack: Pack, pictures: Path) -> Path:
    folder = tmp_path_factory.mktemp("lists") / "list"
    enrolment = enrol_pictures(find_pictures(pictures), Reader(open_models(pack)))
    save_list(build_list(enrolment, contract=pack.contract, created_at=utc_now()), folder)
    return folder


@pytest.fixture
def rig_file(tmp_path: Path, pack: Pack, clip: Clip, built_list: Path) -> Callable[..., Path]:
    """Writes a rig file for one camera that plays the staged clip."""

    def write(
        *, pace: str = "true", loop: bool = True, port: int = 0, confirmations: int = 1, record: str = ""
    ) -> Path:
        path = tmp_path / "rig.toml"
        path.write_text(f"""
name = "test"
data = "data"
run = "{tmp_path}/run"
[deployment]
name = "test"
confirmations = {confirmations}
[watchlist]
folder = "{built_list}"
{f'[record]{chr(10)}database = "{record}"' if record else ""}
[inference]
pack = "{pack.folder}"
[tablet]
port = {port}
[[camera]]
name = "street"
source = "file:{clip.video}"
pace = "{pace}"
loop = {str(loop).lower()}
""")
        return path

    return write
