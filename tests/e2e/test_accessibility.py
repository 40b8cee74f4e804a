"""Each page in light, dark and high contrast, wide, tall and on a phone: axe finds nothing, a finger its target."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.every_page import World, go, pages_of, path_of, world_of_alerts, world_of_deployments
from tests.e2e.looks import faults, too_small, too_wide
from tests.e2e.served import PHONE, TALL, WIDE

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
Contrast = Literal["more", "no-preference"]
LOOKS: tuple[tuple[str, object, Scheme, Contrast], ...] = (
    ("light, wide", WIDE, "light", "no-preference"),
    ("dark, tall", TALL, "dark", "no-preference"),
    ("high contrast, phone", PHONE, "light", "more"),
)
NO_PAGES = {
    "/queue": "a part of the live page",
    "/band": "a part of every page",
    "/engagements/list": "a part of the page of engagements",
    "/bluelist/passes": "a part of the bluelist page",
    "/alerts/{alert_id}/looks/{number:int}": "a picture",
    "/alerts/{alert_id}/references/{number:int}": "a picture",
    "/alerts/{alert_id}/thumbnail": "a picture",
    "/alerts/{alert_id}/context": "a picture",
    "/alerts/{alert_id}/card.svg": "a picture",
    "/watchlist/{deployment_id}/entries/{entry_id}/portraits/{picture_id}": "a picture",
    "/training/{trial_id}/pictures/{position:int}/{side}": "a picture",
    "/cameras/{camera}/tile": "a picture",
    "/enter": "leads to another page",
    "/manifest.webmanifest": "read by the browser",
    "/sw.js": "read by the browser",
}
"""What a browser may get that is no page of its own. Everything else must be visited here."""


def wrong_with(page: Page, name: str) -> list[str]:
    found = []
    for look, size, scheme, contrast in LOOKS:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, contrast=contrast, reduced_motion="reduce")
        said = [*faults(page), *(f"too small: {one}" for one in too_small(page)), *too_wide(page)]
        found += [f"{name}, {look}: {one}" for one in said]
    return found


def wrong_in(world: World) -> list[str]:
    found = []
    for person, visits in world.people().items():
        with world.at(person) as page:
            for visit in visits:
                page.set_viewport_size(WIDE)
                go(page, visit)
                found += wrong_with(page, visit.name)
    return found


@pytest.mark.parametrize("begun", [world_of_alerts, world_of_deployments])
def test_every_page_can_be_used_by_everybody(
    browser: Browser, tmp_path: Path, begun: Callable[[Browser, Path], AbstractContextManager[World]]
) -> None:
    with begun(browser, tmp_path) as world:
        found = wrong_in(world)
    assert not found, "\n".join(found)


def test_no_page_is_left_out(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "alerts").mkdir()
    (tmp_path / "deployments").mkdir()
    with (
        world_of_alerts(browser, tmp_path / "alerts") as alerts,
        world_of_deployments(browser, tmp_path / "deployments") as deployments,
    ):
        seen = {path_of(world.rig, visit.address) for world in (alerts, deployments) for visit in world.visits}
        assert pages_of(alerts.rig) - seen == NO_PAGES.keys()
