"""The tablet's web application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from operator_ui import events, spoken
from operator_ui.api import alerts as api_alerts
from operator_ui.api import bluelist as api_bluelist
from operator_ui.api import decisions as api_decisions
from operator_ui.api import deployments as api_deployments
from operator_ui.api import description as api_description
from operator_ui.api import engagement as api_engagement
from operator_ui.api import ledger as api_ledger
from operator_ui.api import passkeys as api_passkeys
from operator_ui.api import people as api_people
from operator_ui.api import signing as api_signing
from operator_ui.api import training as api_training
from operator_ui.api import watchlist as api_watchlist
from operator_ui.changes import Changes
from operator_ui.desk import Desk
from operator_ui.entrance import Door
from operator_ui.entries import EntryBook
from operator_ui.errors import HANDLERS
from operator_ui.feed import TICK_S, Feed
from operator_ui.pages import (
    alert,
    api,
    bluelist,
    deployments,
    engagement,
    ledger,
    live,
    people,
    pictures,
    reviewers,
    shell,
    signing,
    training,
    watchlist,
)
from operator_ui.pages import tiles as tiles_of_cameras
from operator_ui.pages.shell import STATIC
from operator_ui.rendering import make_templates
from operator_ui.security import SecurityHeaders
from operator_ui.settings import UiSettings
from operator_ui.spoken import Spoken
from operator_ui.tiles import Tiles
from records.database import Database
from records.times import Now, utc_now
from records.vault import Vault


def make_app(
    database: Database,
    vault: Vault,
    entries: EntryBook,
    settings: UiSettings,
    changes: Changes,
    now: Now = utc_now,
    tick_s: float = TICK_S,
) -> Starlette:
    """`changes` wakes the tablets between two ticks; `tick_s` is how often they hear from the rig at least, seconds."""
    feed = Feed(database, changes, now, tick_s, settings.cameras)
    tiles = Tiles(settings.tiles)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            await tasks.start(feed.run)
            tasks.start_soon(tiles.run)
            yield
            feed.close()
            tasks.cancel_scope.cancel()
        changes.close()

    app = Starlette(
        routes=[
            *live.ROUTES,
            *alert.ROUTES,
            *pictures.ROUTES,
            *engagement.ROUTES,
            *signing.ROUTES,
            *people.ROUTES,
            *deployments.ROUTES,
            *watchlist.ROUTES,
            *training.ROUTES,
            *reviewers.ROUTES,
            *bluelist.ROUTES,
            *api.ROUTES,
            *ledger.ROUTES,
            *api_signing.ROUTES,
            *api_people.ROUTES,
            *api_passkeys.ROUTES,
            *api_alerts.ROUTES,
            *api_decisions.ROUTES,
            *api_engagement.ROUTES,
            *api_deployments.ROUTES,
            *api_watchlist.ROUTES,
            *api_training.ROUTES,
            *api_bluelist.ROUTES,
            *api_ledger.ROUTES,
            *api_description.ROUTES,
            *events.ROUTES,
            *tiles_of_cameras.ROUTES,
            *shell.ROUTES,
            *spoken.ROUTES,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(SecurityHeaders, tls=settings.tls), Middleware(Spoken)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.desk = Desk(database, vault, entries, settings, now, feed, Door(settings.entrance), tiles)
    app.state.templates = make_templates()
    return app
