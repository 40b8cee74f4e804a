"""Every page in Welsh: no English is left on it but what the policy, people and the command line say themselves."""

import html
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from operator_ui.settings import UiSettings
from records.database import Database
from records.schema import Deployment, Person
from tests.alerts.paired import add_pairs
from tests.operator_ui.office import SECRETS, Office
from tests.operator_ui.stage import LABEL, Browser, Stage
from tests.records.made import POLICIES

ENGLISH = frozenset(
    re.findall(
        r"\S+",
        """the and are was were been has have with from for this that these what who when where which why not cannot
        nobody somebody you your yours they their its it's alert alerts entry entries search searched deployment lists
        people closed waiting review judged reviewers pictures picture frames policy reason reasons signed draft drafted
        threshold ledger training test due done back open officer operator auditor administrator account password name
        role since until other another false stops only nothing never if by of""",
    )
)
"""English words that are not Welsh."""
TOLD = ("alt", "title", "aria-label", "placeholder", "data-missing", "data-announce", "data-choose", "data-what")
POLICIES_THAT_SHIP = tuple(tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(POLICIES.glob("*.toml")))


def strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_of(item)


def visible(page: str) -> str:
    """What people see or hear of a page: its texts, and the attributes that are told to them."""
    page = re.sub(r"<(script|style|code|pre)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<(?!html)(\w+)[^>]* lang="en".*?</\1>', " ", page, flags=re.DOTALL)
    attributes = re.findall(rf'\b(?:{"|".join(TOLD)})="([^"]*)"', page)
    text = html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *attributes]))
    return re.sub(r"\b\w+\.(csv|txt)\b", " ", text)


def english_in(page: str, own: tuple[str, ...] = ()) -> list[str]:
    """`own`: what people and the policy wrote, in their own language."""
    text = visible(page)
    sentences = (words for words in strings_of(POLICIES_THAT_SHIP) if " " in words)
    for words in sorted(filter(None, {*own, *sentences}), key=len, reverse=True):
        text = text.replace(words, " ").replace(words[0].upper() + words[1:], " ")
    return sorted(ENGLISH & set(re.findall(r"[\w’']+", text.lower())))


def in_welsh(browser: Browser) -> Browser:
    browser.http.cookies.set("language", "cy")
    return browser


def check(browser: Browser, *addresses: str, own: tuple[str, ...] = ()) -> None:
    for address in addresses:
        page = browser.get(address).text
        assert '<html lang="cy">' in page, address
        assert english_in(page, own) == [], address


def test_a_page_in_english_would_be_found(sqlite_database: Database) -> None:
    with Stage(sqlite_database).client("Ann") as ann:
        for address in ("/", "/account", "/nowhere"):
            assert english_in(ann.get(address).text), address


def test_the_pages_of_an_alert_have_no_english(sqlite_database: Database) -> None:
    stage = Stage(sqlite_database, confirmations=2)
    alert = stage.alert()
    page, reason = f"/alerts/{alert}", "same scar"
    with (
        stage.client() as anybody,
        stage.client("Ann") as ann,
        stage.client("Bob") as bob,
        stage.client("Cid", "engagement_officer") as cid,
        stage.client("Eve", "auditor") as eve,
    ):
        for one in (anybody, ann, bob, cid, eve):
            in_welsh(one)
        own = (reason, LABEL, "Takes part in a test", "north gate", *names_in(stage.database))
        check(anybody, "/sign-in", own=own)
        check(ann, "/", page, "/account", "/training", "/health", "/record", "/closed", "/nowhere", own=own)
        ann.judge(alert)
        check(ann, page, own=own)
        check(cid, page, own=own)
        bob.judge(alert)
        check(cid, "/engagements", "/live", page, own=own)
        assert cid.post(f"/api/alerts/{alert}/stops", {"reason": reason}).status_code == 201
        check(cid, page, f"{page}/card", own=own)
        check(eve, page, own=own)
        end = {"outcome": "confirmed_true", "disposal": "advised"}
        assert cid.post(f"/api/alerts/{alert}/close", end).json()["outcome_words"] == "Cadarnhawyd yn gywir"
        check(cid, page, own=own)
        check(eve, "/closed", "/record", "/reviewers", "/bluelist", own=own)
        # A reason's code, as the ledger has it.
        check(eve, "/ledger", own=(*own, "review"))


def test_the_pages_of_accounts_have_no_english(sqlite_database: Database) -> None:
    stage = Stage(sqlite_database)
    stage.person("Orla", "authorising_officer")
    stage.person("Ann")
    with stage.client("Adam", "administrator") as adam:
        check(in_welsh(adam), "/people", "/account", "/reviewers")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.stage.vault.close()


@pytest.mark.parametrize("name", ["Beryl", "Orla", "Ann", "Vera"])
def test_the_pages_of_deployments_have_no_english(office: Office, name: str) -> None:
    lacking = office.draft(cameras=(), necessity="", name="Lacking")
    made = [lacking, office.submitted(name="Asked"), office.authorised(name="Signed"), office.paused(name="Begun")]
    with office.stage.database.read() as session:
        documents = [msgspec.json.decode(session.get_one(Deployment, one).document) for one in made]
    own = (*strings_of(documents), "Person 1", "Person 2", *names_in(office.stage.database))
    browser = in_welsh(office.browser(name))
    check(browser, "/", "/deployments", *(f"/deployments/{one}" for one in made), own=own)


def test_the_pages_of_a_draft_and_of_its_list_have_no_english(office: Office) -> None:
    made, built = office.draft(), office.authorised(name="Signed")
    with office.stage.database.read() as session:
        own = (*strings_of(msgspec.json.decode(session.get_one(Deployment, made).document)), "Signed", *SECRETS)
    entry, page = f"/watchlist/{made}/entries/{office.list_people(made, built=False)[0]}", f"/deployments/{made}"
    beryl = in_welsh(office.browser("Beryl"))
    check(beryl, "/deployments/new", f"{page}/change", f"/watchlist/{made}", f"/watchlist/{built}", own=own)
    check(beryl, entry, own=own)
    with office.stage.database.read() as session:
        reason = msgspec.toml.decode(session.get_one(Deployment, made).policy)["view_reasons"][0]["code"]
    assert beryl.post(f"/api{entry}/views", {"reason": reason}).status_code == 201
    check(beryl, entry, own=own)


def test_the_pages_of_training_have_no_english(sqlite_database: Database, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text((POLICIES / "uk.toml").read_text().replace("refresher_pairs = 10", "refresher_pairs = 4"))
    settings = UiSettings(vault=str(tmp_path / "vault"), changes="ipc:///none", policy=str(policy))
    stage = Stage(sqlite_database, settings=settings, deployment="none")
    with sqlite_database.write() as session:
        add_pairs(session, stage.vault, tmp_path / "vault", now=stage.time())
    with stage.client("Ann") as ann:
        check(in_welsh(ann), "/", "/training")
        trial = ann.post("/api/training/trials", {"kind": "refresher"}).json()["trial"]
        for position in range(4):
            check(ann, f"/training/{trial}")
            answer = ann.post(f"/api/training/trials/{trial}/answers", {"position": position, "verdict": "same"})
            assert answer.status_code == 201
        check(ann, f"/training/{trial}", "/training")
    stage.vault.close()


def test_words_that_a_person_typed_are_not_translated(office: Office) -> None:
    """Each of these is a text of the catalogue too."""
    typed = {"name": "Live", "necessity": "Waiting", "proportionality": "Closed", "where_reason": "False alerts"}
    made = office.draft(**typed)
    page = visible(in_welsh(office.browser("Orla")).get(f"/deployments/{made}").text)
    assert [words for words in typed.values() if words not in page] == []
    assert "Byw" in page


def names_in(database: Database) -> tuple[str, ...]:
    """Of people and of deployments."""
    with database.read() as session:
        return (*session.scalars(select(Person.name)), *session.scalars(select(Deployment.name)))
