"""What makes the pages an app: a manifest with icons that are there, a worker that knows the shell's files alone."""

import json
import re
import struct

import pytest

from operator_ui.pages.shell import STATIC
from operator_ui.script_texts import TEXTS
from operator_ui.spoken import chosen
from records.database import Database
from tests.operator_ui.stage import Stage


def png_size(picture: bytes) -> tuple[int, int]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_manifest_names_icons_of_the_sizes_that_they_have(sqlite_stage: Stage) -> None:
    with sqlite_stage.client() as anybody:
        answer = anybody.get("/manifest.webmanifest")
        assert answer.headers["content-type"] == "application/manifest+json"
        manifest = answer.json()
        assert (manifest["id"], manifest["scope"], manifest["start_url"]) == ("/", "/", "/")
        icons = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in manifest["icons"]}
        for size in (192, 512):
            for purpose in ("any", "maskable"):
                picture = anybody.get(icons[f"{size}x{size}", purpose])
                assert png_size(picture.content) == (size, size)


def test_the_worker_keeps_every_file_of_the_shell_and_nothing_else(sqlite_stage: Stage) -> None:
    with sqlite_stage.client() as anybody:
        answer = anybody.get("/sw.js")
        assert answer.headers["content-type"].startswith("text/javascript")
        shell = json.loads(re.findall(r"^const SHELL = (.*);$", answer.text, re.MULTILINE)[0])
        files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
        assert {address.removeprefix("/static/") for address in shell} == files
        assert "/static/offline.html" in shell
        for address in shell:
            assert anybody.get(address).status_code == 200


@pytest.mark.parametrize(
    ("cookies", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "cy-GB,cy;q=0.9,en;q=0.8", "cy"),
        ("", "fr-FR,fr;q=0.9", "en"),
        ("", "fr, cy;q=0.5, en;q=0.4", "cy"),
        ("language=cy", "en-GB", "cy"),
        ("openlfr=abc; language=en", "cy", "en"),
        ("language=xx", "cy", "cy"),
        ("language=;;;=", "en", "en"),
    ],
)
def test_the_language_that_was_chosen_wins_over_the_browsers(cookies: str, accepted: str, language: str) -> None:
    assert chosen(cookies, accepted) == language


def test_a_language_is_chosen_without_a_session_and_leads_back_to_the_page(sqlite_stage: Stage) -> None:
    with sqlite_stage.client() as anybody:
        assert '<html lang="en">' in anybody.get("/sign-in").text
        answer = anybody.http.post("/language", data={"language": "cy", "next": "/account"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert '<html lang="cy">' in anybody.get("/sign-in").text
        answer = anybody.http.post("/language", data={"language": "xx", "next": "//elsewhere.example"})
        assert answer.headers["location"] == "/"
        assert '<html lang="cy">' in anybody.get("/sign-in").text


def test_another_site_chooses_no_language(sqlite_stage: Stage) -> None:
    with sqlite_stage.client() as anybody:
        answer = anybody.http.post("/language", data={"language": "cy"}, headers={"Origin": "http://elsewhere.example"})
        assert answer.status_code == 403


def test_every_text_of_a_script_is_one_that_the_page_brings() -> None:
    said: set[str] = set()
    for script in (STATIC / "js").glob("*.js"):
        text = script.read_text("utf-8")
        said.update(re.findall(r'\bsay\(\s*"([\w.]+)"', text))
        said.update(f"{key}.{form}" for key in re.findall(r'\bcount\(\s*"([\w.]+)"', text) for form in ("one", "many"))
    assert said
    assert said <= TEXTS.keys()


@pytest.fixture
def sqlite_stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)
