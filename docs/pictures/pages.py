"""Makes one picture of each of the tablet's pages: wide and tall, light and dark, with drawn faces only.

    python -m docs.pictures.pages [NAME ...]

Without names, of all pages. docs/pictures/README.md says more.
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e.conftest import BROWSERS, QUIET
from tests.e2e.every_page import World, go, world_of_alerts, world_of_deployments
from tests.e2e.served import TALL, WIDE

FOLDER = Path(__file__).parent / "pages"
WIDE_SHOWN, TALL_SHOWN = (708, 492), (342, 492)
"""Pixels of a picture within the mosaic: 0.6 and 0.417 of the page."""
GAP = 8
QUALITY = 80
MOST_BYTES = 150_000
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def shot(page: Page, size: ViewportSize, scheme: Scheme) -> Image.Image:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def mosaic(page: Page) -> bytes:
    """JPEG: light above dark, wide beside tall."""
    width, height = WIDE_SHOWN[0] + TALL_SHOWN[0] + 3 * GAP, 2 * WIDE_SHOWN[1] + 3 * GAP
    whole = Image.new("RGB", (width, height), (128, 128, 128))
    for row, scheme in enumerate(SCHEMES):
        top = GAP + row * (WIDE_SHOWN[1] + GAP)
        for left, size, shown in ((GAP, WIDE, WIDE_SHOWN), (2 * GAP + WIDE_SHOWN[0], TALL, TALL_SHOWN)):
            whole.paste(shot(page, size, scheme).resize(shown, Image.Resampling.LANCZOS), (left, top))
    for quality in (QUALITY, 70, 60):
        made = io.BytesIO()
        whole.save(made, "JPEG", quality=quality, optimize=True)
        if made.tell() <= MOST_BYTES:
            break
    return made.getvalue()


def take(world: World, wanted: set[str]) -> None:
    for person, visits in world.people().items():
        chosen = [visit for visit in visits if not wanted or visit.name in wanted]
        if not chosen:
            continue
        with world.at(person) as page:
            for visit in chosen:
                page.set_viewport_size(WIDE)
                go(page, visit)
                (FOLDER / f"{visit.name}.jpg").write_bytes(mosaic(page))
                print(visit.name, flush=True)


def main(wanted: set[str]) -> None:
    worlds: tuple[Callable[[Browser, Path], AbstractContextManager[World]], ...] = (
        world_of_alerts,
        world_of_deployments,
    )
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, "--no-sandbox"])
        for begun in worlds:
            with tempfile.TemporaryDirectory() as folder, begun(browser, Path(folder)) as world:
                take(world, wanted)
        browser.close()


if __name__ == "__main__":
    main(set(sys.argv[1:]))
