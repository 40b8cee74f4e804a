"""Volunteers' passes of the present test as the tablet shows them: nobody's name, only ids of entries."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.bluelist import LIGHTS, Pass, log_pass, read_passes
from alerts.bluelist_figures import PASSES_TO_COMPARE, Figures, Rate, Walk, figures
from alerts.decisions import NotFound, Refused
from alerts.present import present_deployment
from records.schema import Deployment, Entry

BEFORE = timedelta(seconds=5)
AFTER = timedelta(seconds=15)
"""A press stands for the time from so long before it to so long after. Who watches the volunteer and not the tablet
presses late by a few seconds; the slowest walkers need 15 to cross what a camera sees. One press, one hand."""

NO_TEST = "passes of volunteers are logged in a test only, and this is none"
LABEL_REASON = "volunteers_pass"
"""In the ledger, for each volunteer whose label the page shows."""


class RateView(msgspec.Struct, frozen=True):
    name: str
    found: int
    passes: int
    rate: float | None
    """None without a pass."""
    low: float
    high: float
    """Clopper and Pearson's interval, 95 %."""
    few: bool
    """Too few to compare this rate with another."""


class FiguresView(msgspec.Struct, frozen=True):
    overall: RateView
    cameras: list[RateView]
    lights: list[RateView]
    groups: list[RateView]
    ungrouped: int
    volunteers: int
    open: int
    """Passes whose time is not over: not counted yet."""
    equality: str
    least: int
    """Passes of each group from which it may be said that no difference was seen."""


class PassView(msgspec.Struct, frozen=True):
    id: str
    entry: str
    camera: str
    began_at: datetime
    ended_at: datetime
    light: str
    group: str | None
    result: str
    """found, missed, or open while an alert may still come."""


class BluelistView(msgspec.Struct, frozen=True):
    deployment: str
    name: str
    state: str
    cameras: list[str]
    lights: list[str]
    groups: list[str]
    """Codes that were given in this test."""
    volunteers: list[str]
    """Ids of the entries that are searched for."""
    passes: list[PassView]
    """The newest first."""
    figures: FiguresView


def read_present(session: Session, cameras: tuple[str, ...], now: datetime) -> BluelistView:
    """Raises NotFound where no test is present on the tablets."""
    found = present_deployment(session)
    return read_bluelist(session, found.id if found is not None else "", cameras, now)


def read_bluelist(session: Session, deployment_id: str, cameras: tuple[str, ...], now: datetime) -> BluelistView:
    """Raises NotFound for anything but a test."""
    test = _test(session, deployment_id)
    passes = read_passes(session, test.id, now)
    active = select(Entry.id).where(Entry.deployment_id == test.id, Entry.state == "active").order_by(Entry.id)
    return BluelistView(
        deployment=test.id,
        name=test.name,
        state=test.state,
        cameras=list(cameras),
        lights=list(LIGHTS),
        groups=sorted({one.judged.walk.group for one in passes if one.judged.walk.group is not None}),
        volunteers=list(session.scalars(active)),
        passes=[pass_view(one) for one in passes],
        figures=figures_view(figures([one.judged for one in passes], now)),
    )


def log_present(
    session: Session,
    deployment_id: str,
    entry: str,
    camera: str,
    light: str,
    group: str | None,
    cameras: tuple[str, ...],
    actor: str,
    now: datetime,
) -> str:
    """The id of a pass that goes on now. Raises PassError, NotFound or Refused."""
    test = _test(session, deployment_id)
    if test.state != "running":
        raise Refused("the search does not run: whoever passes now would be missed for that alone")
    walk = Walk(entry, camera, max(now - BEFORE, test.begins_at), now + AFTER, light, group)
    return log_pass(session, test.id, walk, cameras, actor, now).id


def _test(session: Session, deployment_id: str) -> Deployment:
    found = session.get(Deployment, deployment_id)
    if found is None or found.kind != "test":
        raise NotFound(NO_TEST)
    return found


def pass_view(one: Pass) -> PassView:
    walk = one.judged.walk
    return PassView(one.id, walk.entry, walk.camera, walk.began, walk.ended, walk.light, walk.group, one.judged.result)


def figures_view(made: Figures) -> FiguresView:
    return FiguresView(
        overall=rate_view(made.overall),
        cameras=[rate_view(rate) for rate in made.cameras],
        lights=[rate_view(rate) for rate in made.lights],
        groups=[rate_view(rate) for rate in made.groups],
        ungrouped=made.ungrouped,
        volunteers=made.volunteers,
        open=made.open,
        equality=made.equality,
        least=PASSES_TO_COMPARE,
    )


def rate_view(rate: Rate) -> RateView:
    around, passes = rate.found.interval, rate.found.of
    value = rate.found.value if passes else None
    return RateView(rate.name, rate.found.hits, passes, value, around.low, around.high, rate.few)
