"""One rig, people at their tablets, and everything that the rig ever sent to each of them."""

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.decisions import expire
from operator_ui.access import cookie_name
from records.schema import Alert
from records.times import utc_now
from tests.e2e.served import Rig, device, signed_in
from tests.e2e.waiting import PATIENCE_S
from tests.operator_ui.drawn import DrawnEntries
from tests.operator_ui.stage import OTHERS, SIMILARITY, THRESHOLD, Stage, record_at
from tests.records.made import policy

FIRST, SECOND, OFFICER = "Xanthippe", "Bartholomew", "Cunegonde"
"""Two reviewers and an engagement officer. Names that stand in no page by chance."""
SECOND_S = 30
NEVER_S = timedelta(days=1)
"""When an alert of the scene expires that nobody has judged at all."""


@dataclass
class Shifted:
    """The time that it is, and a jump forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


class Tap:
    """Writes down what each session is sent: headers, bodies, and the event stream while it runs. Not the shell's
    files, which are the same for everybody."""

    def __init__(self, app: ASGIApp, sent: dict[str, bytearray], under_way: set[int]) -> None:
        """`under_way`: a number for each request that is being answered."""
        self._app = app
        self._sent = sent
        self._under_way = under_way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        known = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode()).get(cookie_name(tls=False))
        into = self._sent[known.value if known else ""]

        async def noting(message: Message) -> None:
            for name, value in message.get("headers", ()):
                into.extend(name + b": " + value + b"\n")
            into.extend(message.get("body", b""))
            await send(message)

        number = id(scope)
        self._under_way.add(number)
        try:
            await self._app(scope, receive, noting)
        finally:
            self._under_way.discard(number)


class TappedRig(Rig):
    def __init__(self, stage: Stage, sent: dict[str, bytearray]) -> None:
        super().__init__(stage, tick_s=0.25)
        self._sent = sent
        self._under_way: set[int] = set()

    def app(self) -> Starlette:
        app = super().app()
        app.add_middleware(Tap, sent=self._sent, under_way=self._under_way)
        return app

    def wait_until_quiet(self) -> None:
        """No request is being answered: what one case asked for is not taken for the next one's."""
        deadline = time.monotonic() + PATIENCE_S
        while self._under_way:
            assert time.monotonic() < deadline, "requests of tablets that are gone are still being answered"
            time.sleep(0.02)


@dataclass
class Scene:
    """Each case has a person of the list for itself: `subject`, `label`."""

    browser: Browser
    rig: TappedRig
    clock: Shifted
    sent: dict[str, bytearray]
    kept: dict[str, StorageState] = field(default_factory=dict)
    """By the person's name: what a browser keeps of the sign-in."""
    case: int = 0
    _line: AbstractContextManager[None] | None = None

    @property
    def stage(self) -> Stage:
        return self.rig.stage

    @property
    def subject(self) -> str:
        return OTHERS[self.case]

    @property
    def label(self) -> str:
        return label_of(self.case)

    def up(self) -> None:
        self._line = self.rig.serving()
        self._line.__enter__()

    def down(self) -> None:
        """No tablet reaches the rig."""
        assert self._line is not None
        self._line.__exit__(None, None, None)
        self._line = None

    def begin(self) -> None:
        """A new case: no alert waits, nothing was sent yet."""
        self.case += 1
        self.rig.wait_until_quiet()
        with self.stage.database.write() as session:
            expire(session, timedelta(), self.clock())
        for text in self.sent.values():
            text.clear()

    @contextmanager
    def device(self, name: str) -> Iterator[BrowserContext]:
        with device(self.browser, self.rig.address, kept=self.kept[name]) as context:
            yield context

    @contextmanager
    def at(self, name: str) -> Iterator[Page]:
        """This person's tablet, on the live page."""
        with self.device(name) as context:
            page = context.new_page()
            page.goto("/live")
            expect(page.locator("#link")).to_have_text("Connected")
            yield page

    def sign_in_all(self) -> None:
        for name in (FIRST, SECOND, OFFICER):
            with device(self.browser, self.rig.address) as context:
                signed_in(context, name)
                self.kept[name] = context.storage_state()

    def told(self, name: str) -> bytes:
        """All that the rig has sent to this person's tablets in this case."""
        (token,) = [one["value"] for one in self.kept[name].get("cookies", []) if one.get("name") == cookie_name(False)]
        return bytes(self.sent[str(token)])

    def alert(self) -> str:
        return self.stage.alert(self.subject)

    def expire(self) -> list[str]:
        """The round of the alerts service that ends what nobody answered."""
        with self.stage.database.write() as session:
            return expire(session, NEVER_S, self.clock())

    def stored(self, alert: str) -> tuple[str, str | None]:
        """State and outcome, as the record has them."""
        with self.stage.database.read() as session:
            found = session.get_one(Alert, alert)
            return found.state, found.outcome

    def count(self, table: type[Any], alert: str) -> int:
        with self.stage.database.read() as session:
            return session.query(table).where(table.alert_id == alert).count()

    def nothing_is_revealed(self, *tablets: Page) -> None:
        """To nobody at all was sent, and on none of these pages stands, who it may be and how alike they are."""
        everything = b"".join(bytes(text) for text in self.sent.values()).decode(errors="replace")
        assert everything, "nothing was sent at all"
        secrets = (self.label, *self.label.split(), self.subject, *KNOWN)
        for text in (everything, *(everything_in(page) for page in tablets)):
            found = [secret for secret in secrets if secret in text] + MEASURES.findall(text)
            assert not found, found

    def has_no_first_vote(self, name: str, tablet: Page) -> None:
        """Neither that somebody has judged an alert, nor who, nor how."""
        signs = (FIRST, "second_review", "Second review", '"judgements":[{', "Waiting for another person", '"until":"')
        text = self.told(name).decode(errors="replace") + everything_in(tablet)
        found = [sign for sign in signs if sign in text]
        assert not found, found


KNOWN = ("Takes part in a test", '"category":"', '"reveal":{')
MEASURES = re.compile(
    "|".join(
        rf"(?<![\d.]){re.escape(f'{number:.{digits}f}')}(?!\d)"
        for number in (SIMILARITY, THRESHOLD)
        for digits in (2, 4)
    )
)
"""Similarity and threshold, as the API and as the pages write them; not within a longer number."""


def everything_in(page: Page) -> str:
    """Its DOM, its text, its fields, and all that its origin keeps in the browser."""
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    fields = "[...document.querySelectorAll('input, textarea')].map((one) => one.value).join(' ')"
    return " ".join([page.content(), page.inner_text("html"), page.evaluate(kept), page.evaluate(fields), page.url])


def label_of(case: int) -> str:
    return f"Zebulon{case} Quackenbush{case}"


@contextmanager
def open_scene(browser: Browser, folder: Path) -> Iterator[Scene]:
    clock, sent = Shifted(), defaultdict[str, bytearray](bytearray)
    text = f"{policy('test').text}\n[review]\nsecond_seconds = {SECOND_S}\n"
    stage = Stage(record_at(folder), confirmations=2, now=clock, policy=text)
    stage.entries = DrawnEntries({subject: label_of(case) for case, subject in enumerate(OTHERS)})
    for name in (FIRST, SECOND):
        stage.person(name)
    stage.person(OFFICER, "engagement_officer")
    scene = Scene(browser, TappedRig(stage, sent), clock, sent)
    scene.up()
    try:
        scene.sign_in_all()
        yield scene
    finally:
        scene.down()
        stage.vault.close()
        stage.database.close()
