"""Training over HTTP: what an operator sees of a test, what it never tells, and what stays closed without it."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.pair_files import PairFiles
from alerts.trials import own_trial
from operator_ui.settings import UiSettings
from records.database import Database
from records.schema import Person, Trial
from tests.alerts.paired import add_pairs
from tests.operator_ui.stage import Browser, Stage
from tests.records.made import POLICIES

SHORT = 10


@dataclass
class School:
    """A stage under a policy that asks for a qualification of ten pairs, with a pair set."""

    stage: Stage
    folder: Path

    def qualified(self, name: str) -> bool:
        with self.stage.database.read() as session:
            return session.query(Person).where(Person.name == name).one().qualified_until is not None

    def truths(self, trial: str) -> list[str]:
        with self.stage.database.read() as session:
            found = session.get_one(Trial, trial)
            pairs = PairFiles(self.stage.vault, self.folder).pairs(found.pair_set)
            return ["same" if pairs[number].same else "different" for number in found.pairs]

    def begin(self, browser: Browser, kind: str = "qualification") -> str:
        answer = browser.post("/api/training/trials", {"kind": kind})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["trial"])

    def answer(self, browser: Browser, trial: str, position: int, verdict: str) -> dict[str, object]:
        answer = browser.post(f"/api/training/trials/{trial}/answers", {"position": position, "verdict": verdict})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def pass_test(self, browser: Browser) -> str:
        trial = self.begin(browser)
        for position, truth in enumerate(self.truths(trial)):
            self.answer(browser, trial, position, truth)
        return trial


def short_policy(folder: Path) -> Path:
    file = folder / "policy.toml"
    text = (POLICIES / "uk.toml").read_text().replace("pairs = 40", f"pairs = {SHORT}", 1)
    file.write_text(text.replace("refresher_pairs = 10", "refresher_pairs = 4"))
    return file


@pytest.fixture
def school(database: Database, tmp_path: Path) -> Iterator[School]:
    folder = tmp_path / "vault"
    settings = UiSettings(vault=str(folder), changes="ipc:///none", policy=str(short_policy(tmp_path)))
    # No deployment runs: the rig's own policy counts.
    stage = Stage(database, settings=settings, deployment="none")
    with database.write() as session:
        add_pairs(session, stage.vault, folder, now=stage.time())
    yield School(stage, folder)
    stage.vault.close()


def test_a_test_shows_one_pair_at_a_time_and_tells_nothing_before_its_end(school: School) -> None:
    with school.stage.client("ann") as ann:
        assert "Not qualified yet" in ann.get("/training").text
        assert "Go on" not in ann.get("/training").text
        trial = school.begin(ann)
        truths = school.truths(trial)
        assert sorted(truths).count("different") == SHORT // 2
        page = ann.get(f"/training/{trial}").text
        assert f"Pair 1 of {SHORT}" in page
        assert "Training only" in page
        for word in ("One person", "Two people"):
            assert word not in page
        shown = set(re.findall(r'src="(/training/[^"]+)"', page))
        assert shown == {f"/training/{trial}/pictures/0/{side}" for side in ("first", "second")}
        assert school.answer(ann, trial, 0, "cannot_tell") == {"truth": None, "ended": False}
        assert f"Pair 2 of {SHORT}" in ann.get(f"/training/{trial}").text
        again = ann.post(f"/api/training/trials/{trial}/answers", {"position": 0, "verdict": "same"})
        assert again.status_code == 409
        assert "final" in again.json()["error"]
        assert "Go on" in ann.get("/training").text


def test_no_picture_of_a_pair_to_come_is_served_and_nobody_elses(school: School) -> None:
    with school.stage.client("ann") as ann, school.stage.client("bob") as bob:
        trial = school.begin(ann)
        shown = ann.get(f"/training/{trial}/pictures/0/first")
        assert shown.status_code == 200
        assert shown.content.startswith(b"\xff\xd8")
        assert shown.headers["cache-control"] == "no-store"
        for address in (f"/training/{trial}/pictures/1/first", f"/training/{trial}/pictures/0/third"):
            assert ann.get(address).status_code == 404
        for address in (f"/training/{trial}", f"/training/{trial}/pictures/0/first"):
            assert bob.get(address).status_code == 404
        assert bob.post(f"/api/training/trials/{trial}/answers", {"position": 0, "verdict": "same"}).status_code == 404


def test_who_passes_is_qualified_at_once_and_sees_the_result_with_what_others_reached(school: School) -> None:
    with school.stage.client("ann") as ann:
        trial = school.pass_test(ann)
        result = ann.get(f"/training/{trial}").text
        for words in ("Passed", "8 were needed", "passport officers told 86 of 100"):
            assert words in result
        assert ann.get(f"/training/{trial}/pictures/0/first").status_code == 404
        assert school.qualified("ann")
        assert "Qualified until 2027-11-23" in ann.get("/training").text


def test_who_fails_is_told_when_the_next_test_may_begin_and_not_which_pairs_were_wrong(school: School) -> None:
    with school.stage.client("ann") as ann:
        trial = school.begin(ann)
        for position in range(SHORT):
            school.answer(ann, trial, position, "same")
        result = ann.get(f"/training/{trial}").text
        assert "Not passed" in result
        assert "Pair " not in result
        assert not school.qualified("ann")
        assert "The next may begin on 2026-11-24 at 10:00 UTC" in ann.get("/training").text
        refused = ann.post("/api/training/trials", {"kind": "qualification"})
        assert refused.status_code == 409
        # Until the session is idle for too long: signed in anew, a day later.
        school.stage.clock.forward(timedelta(days=1))
        ann.sign_in("ann")
        assert ann.post("/api/training/trials", {"kind": "qualification"}).status_code == 201


def test_a_refresher_is_offered_tells_each_label_and_can_be_skipped(school: School) -> None:
    with school.stage.client("ann") as ann:
        school.pass_test(ann)
        assert "Your refresher is due" in ann.get("/").text
        assert ann.post("/api/training/refresher/skip", {}).status_code == 204
        live = ann.get("/").text
        assert "Your refresher is due" not in live
        assert "You have skipped the refresher" in live
        assert "Not done" in ann.get("/training").text
        trial = school.begin(ann, "refresher")
        truths = school.truths(trial)
        page = ann.get(f"/training/{trial}").text
        assert "Two people" in page
        assert "One person" in page
        for position, truth in enumerate(truths):
            told = school.answer(ann, trial, position, "same")
            assert told == {"truth": truth, "ended": position == 3}
        assert "refresher" not in ann.get("/").text
        assert "Done in this shift" in ann.get("/training").text
        school.stage.clock.forward(timedelta(hours=13))
        ann.sign_in("ann")
        assert "Your refresher is due" in ann.get("/").text


def test_pairs_that_are_gone_keep_nobody_from_the_live_page(school: School) -> None:
    with school.stage.client("ann") as ann:
        school.pass_test(ann)
    shutil.rmtree(school.folder / "training")
    restarted = Stage(school.stage.database, settings=school.stage.settings, deployment="none")
    with restarted.client() as ann:
        ann.sign_in("ann")
        answer = ann.get("/")
        assert answer.status_code == 200
        assert "refresher" not in answer.text
    restarted.vault.close()


def test_practice_can_be_left_and_a_test_cannot(school: School) -> None:
    with school.stage.client("ann") as ann:
        practice = school.begin(ann, "practice")
        assert "Practice" in ann.get(f"/training/{practice}").text
        assert ann.post(f"/api/training/trials/{practice}/end", {}).status_code == 204
        assert "Not done" in ann.get(f"/training/{practice}").text
        test = school.begin(ann)
        assert ann.post(f"/api/training/trials/{test}/end", {}).status_code == 409


@pytest.mark.parametrize(
    "role", ["engagement_officer", "auditor", "authorising_officer", "list_builder", "administrator"]
)
def test_training_is_for_operators_alone(school: School, role: str) -> None:
    with school.stage.client("eve", role) as eve:
        assert eve.get("/training").status_code == 403
        assert eve.post("/api/training/trials", {"kind": "practice"}).status_code == 403
        assert "To the refresher" not in eve.get("/people" if role == "administrator" else "/live").text


def test_a_rig_without_pairs_offers_nothing_and_says_so(stage: Stage) -> None:
    with stage.client("ann") as ann:
        assert "refresher" not in ann.get("/").text
        page = ann.get("/training").text
        assert "This rig has no pairs for it yet" in page
        assert "data-begin" not in page
        refused = ann.post("/api/training/trials", {"kind": "practice"})
        assert refused.status_code == 409
        assert "openlfr pairs import" in refused.json()["error"]


# The gate.


def test_an_operator_without_a_qualification_sees_no_face_and_the_way_to_the_test(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "vault"
    stage = Stage(
        database, kind="operational", confirmations=2, settings=UiSettings(vault=str(folder), changes="ipc:///none")
    )
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("bob") as bob:
        with database.write() as session:
            add_pairs(session, stage.vault, folder, now=stage.time())
        page = ann.get(f"/alerts/{alert}").text
        assert "For qualified reviewers" in page
        assert 'href="/training"' in page
        assert "/looks/" not in page + ann.get("/").text
        assert "You have no such test that is in date" in ann.get("/").text
        for picture in ("looks/0", "thumbnail", "references/0", "context"):
            assert ann.get(f"/alerts/{alert}/{picture}").status_code == 403
        for act, body in (("reviews", {}), ("adjudications", {"verdict": "different"})):
            refused = ann.post(f"/api/alerts/{alert}/{act}", body)
            assert refused.status_code == 409
            assert "in-date test" in refused.json()["error"]
        with database.write() as session:
            assert session.query(Trial).count() == 0
        School(stage, folder).pass_test(bob)
        assert bob.get(f"/alerts/{alert}/looks/0").status_code == 200
        assert bob.judge(alert).status_code == 201
        # Whoever may yet qualify must not learn that somebody has judged.
        assert "Second review" not in ann.get(f"/alerts/{alert}").text
        assert ann.get(f"/api/alerts/{alert}").json()["state"] == "in_review"
        with database.read() as session:
            assert own_trial(session, session.query(Trial).one().id, session.query(Trial).one().person_id).passed


def test_an_administrator_enters_a_test_that_was_passed_elsewhere(school: School) -> None:
    person = school.stage.person("ann")
    address = f"/api/people/{person}/qualification"
    with school.stage.client("adm", "administrator") as adm, school.stage.client("bob") as bob:
        assert "Not qualified" in adm.get("/people").text
        body = {"until": "2027-05-31", "reference": "GFMT 2026/114"}
        assert bob.post(address, body).status_code == 403
        for wrong, message in (
            ({"until": "31.5.2027"}, "write it as"),
            ({"until": "2026-11-22"}, "future"),
            ({"until": "2028-05-31"}, "at most 365 days"),
            ({"reference": "a name, perhaps?"}, "reference"),
        ):
            refused = adm.post(address, body | wrong)
            assert refused.status_code == 422, wrong
            assert message in refused.json()["error"]
        assert adm.post(address, body).json()["person"]["qualified_until"].startswith("2027-05-31T23:59:59")
        assert "Qualified until 2027-05-31" in adm.get("/people").text
        assert adm.post(address, body | {"until": "2027-05-30"}).status_code == 422


# The supervisor's page.


@pytest.mark.parametrize("role", ["authorising_officer", "auditor", "administrator"])
def test_supervisors_see_each_reviewer_and_that_few_cases_say_nothing(school: School, role: str) -> None:
    with school.stage.client("ann") as ann, school.stage.client("eve", role) as eve:
        school.pass_test(ann)
        page = eve.get("/reviewers").text
        for words in ("ann", "Qualified until", "too few to say", "not for punishing doubt", "Reviewers"):
            assert words in page, words
        assert "Always yes</span>" not in page
        assert "/pictures/" not in page
        assert eve.get("/reviewers?days=365").status_code == 200
        for wrong in ("0", "31", "x", "-7"):
            assert eve.get(f"/reviewers?days={wrong}").status_code == 422


@pytest.mark.parametrize("role", ["operator", "engagement_officer", "list_builder"])
def test_nobody_else_sees_figures_of_others(school: School, role: str) -> None:
    with school.stage.client("eve", role) as eve:
        assert eve.get("/reviewers").status_code == 403
        assert 'href="/reviewers"' not in eve.get("/live").text


def test_who_accepts_every_mismatch_is_marked_and_sees_the_same_figures_on_the_own_page(school: School) -> None:
    with school.stage.client("ann") as ann, school.stage.client("vera", "auditor") as vera:
        for day in range(2):
            trial = school.begin(ann)
            for position in range(SHORT):
                school.answer(ann, trial, position, "same")
            if day == 0:
                school.stage.clock.forward(timedelta(days=1))
                ann.sign_in("ann")
        vera.sign_in("vera")
        page = vera.get("/reviewers").text
        assert "Accepts mismatches</span>" in page
        assert "Always yes</span>" not in page
        assert "passport officers" in page
        assert "10 of 10; 95 % interval 69 to 100 %" in page
        assert "10 of 10; 95 % interval 69 to 100 %" in ann.get("/training").text
