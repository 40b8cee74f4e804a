"""Every page that the tablet has, in each state that looks different: two rigs, and how a person gets to each page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from starlette.routing import Match, Route

from alerts import trials
from alerts.bluelist import log_pass
from alerts.bluelist_figures import Walk
from alerts.decisions import adjudicate
from alerts.engagement import accept_identity, log_stop
from alerts.pair_files import Pair, PairFiles, set_id_of
from operator_ui.api_routes import ApiRoute
from operator_ui.portrait import to_jpeg
from operator_ui.settings import UiSettings
from records.policy import pin
from records.schema import Deployment, Entry, PairSet, Person
from records.times import utc_now
from tests.e2e.cameras import CAMERAS, Cameras, Film
from tests.e2e.served import Rig, device, sign_in
from tests.e2e.waiting import until
from tests.operator_ui.drawn import DrawnEntries, drawn_face
from tests.operator_ui.office import Office
from tests.operator_ui.stage import OTHERS, Stage, record_at
from watchlist.comparison import portrait
from watchlist.standing import withdraw

Ready = Callable[[Page], None]
PAIRS = 40
NAMES = ("Rowan Ashdown", "Idris Vaughan", "Maeve Calloway", "Tomos Pryce", "Nadia Okafor", "Ewan Fairlie")


@dataclass(frozen=True)
class Visit:
    name: str
    """Of the picture."""
    person: str
    """Nobody: not signed in."""
    address: str
    ready: Ready
    """Waits until the page is whole, or brings it into the state that is meant."""


@dataclass
class World:
    """A rig that serves, and what is to be seen there."""

    browser: Browser
    rig: Rig
    visits: list[Visit]

    @contextmanager
    def at(self, person: str) -> Iterator[Page]:
        with device(self.browser, self.rig.address) as context:
            page = context.new_page()
            page.emulate_media(reduced_motion="reduce")
            if person:
                page.goto("/sign-in")
                sign_in(page, person)
                expect(page.get_by_title("Your account")).to_be_visible()
            yield page

    def people(self) -> dict[str, list[Visit]]:
        """Visits by the person who makes them: one sign-in for each."""
        found: dict[str, list[Visit]] = {}
        for visit in self.visits:
            found.setdefault(visit.person, []).append(visit)
        return found


def go(page: Page, visit: Visit) -> None:
    page.goto(visit.address)
    visit.ready(page)
    if page.locator("#link").is_visible():
        expect(page.locator("#link")).to_have_text("Connected")


def heading(page: Page) -> None:
    expect(page.locator("main h1").first).to_be_visible()
    until(page, "[...document.images].every((one) => one.complete || one.loading === 'lazy')")


def pages_of(rig: Rig) -> set[str]:
    """Paths of the routes that a browser may GET and that are not of the API."""
    return {route.path for route in _routes(rig) if "GET" in (route.methods or ())}


def path_of(rig: Rig, address: str) -> str:
    """Of the route that answers at this address."""
    scope = {"type": "http", "method": "GET", "path": address.split("?")[0]}
    return next((route.path for route in _routes(rig) if route.matches(scope)[0] == Match.FULL), "")


def _routes(rig: Rig) -> list[Route]:
    return [one for one in rig.stage.app.routes if isinstance(one, Route) and not isinstance(one, ApiRoute)]


@contextmanager
def world_of_alerts(browser: Browser, folder: Path) -> Iterator[World]:
    """A test with volunteers: alerts in every state, training, volunteers' passes, what supervisors read."""
    tiles = f"ipc://{folder}/run/tiles"
    settings = UiSettings(vault=str(folder / "vault"), changes="ipc:///none", cameras=CAMERAS, tiles=tiles)
    stage = Stage(record_at(folder), confirmations=2, now=utc_now, settings=settings)
    stage.entries = DrawnEntries(dict(zip(OTHERS, NAMES, strict=False)))
    people = {
        "Ann": "operator",
        "Bob": "operator",
        "Cid": "engagement_officer",
        "Eve": "auditor",
        "Adam": "administrator",
        "Orla": "authorising_officer",
    }
    ids = {name: stage.person(name, role) for name, role in people.items()}
    alerts = _alerts(stage, ids)
    _passes(stage, ids["Cid"])
    begun = _trials(stage, ids["Ann"], folder / "vault")
    rig = Rig(stage)
    film = Film(tiles, CAMERAS)
    with Cameras(stage), rig.serving():
        film.start()
        try:
            yield World(browser, rig, _visits_of_alerts(alerts, begun))
        finally:
            film.stop.set()
            film.join()
    stage.vault.close()
    stage.database.close()


def _alerts(stage: Stage, ids: dict[str, str]) -> dict[str, str]:
    """One in each state."""
    kinds = ("review", "wait", "decide", "stale", "stop", "read")
    found = {kind: stage.alert(OTHERS[at], CAMERAS[at % 2]) for at, kind in enumerate(kinds)}
    now = utc_now()
    with stage.database.write() as session:
        for kind in ("wait", "decide", "stale", "stop", "read"):
            adjudicate(session, found[kind], ids["Ann"], "same", ["nose", "ears"], ["hair"], now)
            if kind != "wait":
                adjudicate(session, found[kind], ids["Bob"], "same", ["nose", "jaw"], ["hair"], now)
        log_stop(session, found["stop"], ids["Cid"], "Same scar over the eyebrow", now - timedelta(minutes=6))
        log_stop(session, found["read"], ids["Cid"], "Same scar over the eyebrow", now - timedelta(minutes=2))
        accept_identity(session, found["read"], ids["Cid"], "entry", "advised", now)
        withdraw(session, OTHERS[kinds.index("stale")], "console", "entered_in_error", now)
    return found


def _passes(stage: Stage, person: str) -> None:
    """Three whose alert came, and two of whom no camera said anything."""
    now = utc_now()
    with stage.database.write() as session:
        for number in range(5):
            ended = now if number < 3 else now - timedelta(minutes=5 * number)
            walk = Walk(OTHERS[number % 3], CAMERAS[number % 3 % 2], ended - timedelta(seconds=60), ended, "day")
            log_pass(session, stage.deployment, walk, CAMERAS, person, now)


def _trials(stage: Stage, person: str, vault: Path) -> tuple[str, str]:
    """Drawn faces to train with: (a refresher that is over, a practice that goes on)."""
    skins = ((150, 180, 215), (110, 140, 180), (135, 165, 205), (90, 115, 150))
    pictures = [
        to_jpeg(portrait(*drawn_face(tilt=3.0 * (number % 5) - 6, skin=skins[number % 4])))
        for number in range(2 * PAIRS)
    ]
    pairs = [Pair(2 * number, 2 * number + 1, number % 2 == 0) for number in range(PAIRS)]
    set_id, files = set_id_of(pairs, pictures), PairFiles(stage.vault, vault)
    files.write(set_id, pairs, pictures)
    now = utc_now()
    with stage.database.write() as session:
        session.add(PairSet(id=set_id, name="drawn", pairs=PAIRS, mismatches=PAIRS // 2, imported_at=now))
        session.flush()
        rules = pin(session.get_one(Deployment, stage.deployment).policy).policy.operators
        ann = session.get_one(Person, person)
        done = trials.begin(session, files, ann, "refresher", rules, now)
        labels = files.pairs(set_id)
        for position, number in enumerate(done.pairs):
            trials.show(session, done, now)
            now += timedelta(seconds=1)
            truth = "same" if labels[number].same or position == 2 else "different"
            trials.answer(session, files, done, position, truth, rules, now)  # type: ignore[arg-type]
        open_ = trials.begin(session, files, ann, "practice", rules, now)
        return done.id, open_.id


def _visits_of_alerts(alerts: dict[str, str], trials_of_ann: tuple[str, str]) -> list[Visit]:
    done, open_trial = trials_of_ann

    def reason_given(page: Page) -> None:
        page.get_by_label("Audit").check()
        page.get_by_role("button", name="Open the alert").click()
        expect(page.locator(".outcome")).to_be_visible()

    def cameras_drawn(page: Page) -> None:
        expect(page.locator("#cameras .condition")).to_have_count(len(CAMERAS))
        expect(page.locator(".tile").first).to_have_attribute("data-tile", "live")

    def pictures_drawn(page: Page) -> None:
        heading(page)
        expect(page.locator("input[name=verdict]").first).to_be_enabled()

    def officers(page: Page) -> None:
        heading(page)
        expect(page.locator(".ways button").first).to_be_enabled()

    def settings_open(page: Page) -> None:
        heading(page)
        page.locator("#settings-button").click()
        expect(page.locator("dialog.settings")).to_be_visible()

    def locked(page: Page) -> None:
        heading(page)
        page.evaluate("document.dispatchEvent(new Event('session-over'))")
        expect(page.locator("#lock")).to_be_visible()

    def offered(page: Page) -> None:
        heading(page)
        expect(page.locator("[data-begin][disabled]")).to_have_count(0)

    return [
        Visit("live", "Ann", "/", cameras_drawn),
        Visit("review", "Ann", f"/alerts/{alerts['review']}", pictures_drawn),
        Visit("wait", "Ann", f"/alerts/{alerts['wait']}", heading),
        Visit("training", "Ann", "/training", offered),
        Visit("trial", "Ann", f"/training/{open_trial}", pictures_drawn),
        Visit("trial-result", "Ann", f"/training/{done}", heading),
        Visit("account", "Ann", "/account", heading),
        Visit("settings", "Ann", "/closed", settings_open),
        Visit("not-found", "Ann", "/nowhere", heading),
        Visit("hold", "Cid", f"/alerts/{alerts['wait']}", heading),
        Visit("engagements", "Cid", "/engagements", heading),
        Visit("live-officer", "Cid", "/live", cameras_drawn),
        Visit("decide", "Cid", f"/alerts/{alerts['decide']}", officers),
        Visit("stale", "Cid", f"/alerts/{alerts['stale']}", officers),
        Visit("stop", "Cid", f"/alerts/{alerts['stop']}", officers),
        Visit("card", "Cid", f"/alerts/{alerts['stop']}/card", heading),
        Visit("bluelist", "Cid", "/bluelist", heading),
        Visit("health", "Cid", "/health", cameras_drawn),
        Visit("reason", "Eve", f"/alerts/{alerts['read']}", heading),
        Visit("read", "Eve", f"/alerts/{alerts['read']}", reason_given),
        Visit("closed", "Eve", "/closed", heading),
        Visit("record", "Eve", "/record", heading),
        Visit("ledger", "Eve", "/ledger", heading),
        Visit("reviewers", "Eve", "/reviewers", heading),
        Visit("people", "Adam", "/people", heading),
        Visit("api", "Adam", "/api", heading),
        Visit("sign-in", "", "/sign-in", heading),
        Visit("offline", "", "/static/offline.html", heading),
        Visit("locked", "Bob", "/closed", locked),
    ]


@contextmanager
def world_of_deployments(browser: Browser, folder: Path) -> Iterator[World]:
    """An operational rig: deployments in every state, and the lists of people who are looked for."""
    office = Office(folder, now=utc_now)
    draft = office.draft(name="Market Hall", proportionality="")
    submitted, authorised = office.submitted(name="North Bridge"), office.signed_posted(name="Old Town")
    running = office.running(name="Station Square")
    office.stage.deployment = running
    rig = Rig(office.stage)
    with office.stage.database.read() as session:
        entry = session.scalars(select(Entry.id).where(Entry.deployment_id == running)).first()
    with Cameras(office.stage, ("north",)), rig.serving():
        yield World(browser, rig, _visits_of_deployments(draft, submitted, authorised, running, str(entry)))
    office.stage.vault.close()
    office.stage.database.close()


def _visits_of_deployments(draft: str, submitted: str, authorised: str, running: str, entry: str) -> list[Visit]:
    def paused_why(page: Page) -> None:
        heading(page)
        page.get_by_role("button", name="Pause search").click()
        expect(page.locator("dialog.pausing")).to_be_visible()

    def adding(page: Page) -> None:
        heading(page)
        page.get_by_role("button", name="Add a person").click()
        expect(page.locator("#adding")).to_be_visible()

    def entry_opened(page: Page) -> None:
        # A sign-in that has given its reason is not asked again.
        asked = page.get_by_role("button", name="Open the entry")
        if asked.count():
            page.get_by_text("Check of the list").click()
            asked.click()
        expect(page.get_by_role("img", name="Reference picture 1")).to_be_visible()

    at = f"/watchlist/{running}/entries/{entry}"
    return [
        Visit("deployments", "Beryl", "/deployments", heading),
        Visit("deployment-new", "Beryl", "/deployments/new", heading),
        Visit("deployment-draft", "Beryl", f"/deployments/{draft}", heading),
        Visit("deployment-change", "Beryl", f"/deployments/{draft}/change", heading),
        Visit("deployment-sign", "Orla", f"/deployments/{submitted}", heading),
        Visit("deployment-start", "Ann", f"/deployments/{authorised}", heading),
        Visit("deployment-running", "Cid", f"/deployments/{running}", heading),
        Visit("pause", "Cid", f"/deployments/{running}", paused_why),
        Visit("watchlist", "Cid", f"/watchlist/{running}", heading),
        Visit("entry-reason", "Cid", at, heading),
        Visit("entry", "Cid", at, entry_opened),
        Visit("people-add", "Adam", "/people", adding),
        Visit("ledger-operational", "Vera", "/ledger", heading),
    ]
