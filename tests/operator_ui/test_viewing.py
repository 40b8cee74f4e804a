"""Why an alert was looked at: carried by the step or asked for, and in the ledger once for a person and sign-in."""

from typing import Any

from sqlalchemy import select

from records.ledger import facts_of
from records.schema import LedgerEntry, Viewing
from tests.operator_ui.stage import LABEL, SUBJECT, Browser, Stage


def views(stage: Stage) -> list[tuple[str, Any]]:
    with stage.database.read() as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "alert_viewed").order_by(LedgerEntry.seq))
        return [(row.actor, facts_of(row)) for row in rows]


def everything_of(browser: Browser, alert: str) -> list[int]:
    pictures = ("looks/0", "looks/1", "thumbnail", "references/0", "context")
    addresses = [f"/alerts/{alert}", f"/api/alerts/{alert}", *(f"/alerts/{alert}/{name}" for name in pictures)]
    return [browser.get(address).status_code for address in addresses]


def person_of(browser: Browser) -> str:
    return str(browser.get("/api/session").json()["person"])


def test_a_reviewers_view_carries_its_reason_and_is_recorded_once_for_all_pictures(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("bob") as bob:
        for browser in (ann, bob):
            for _ in range(2):
                assert set(everything_of(browser, alert)) == {200}
        facts = {"alert": alert, "reason": "review"}
        assert views(stage) == [(person_of(ann), facts), (person_of(bob), facts)]


def test_the_reveal_is_a_view_of_the_entry_once_for_each_who_sees_it(stage: Stage) -> None:
    alert = stage.alert()

    def entry_views() -> list[tuple[str, Any]]:
        with stage.database.read() as session:
            rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "entry_viewed"))
            return [(row.actor, facts_of(row)) for row in rows.all()]

    with stage.client("ann") as ann, stage.client("bob", "engagement_officer") as bob:
        ann.get(f"/alerts/{alert}")
        assert entry_views() == []
        ann.judge(alert)
        for browser in (ann, bob):
            for _ in range(2):
                assert LABEL in browser.get(f"/alerts/{alert}").text
        facts = {"deployment": stage.deployment, "entry": SUBJECT, "reason": "review"}
        assert entry_views() == [(person_of(ann), facts), (person_of(bob), facts)]


def test_a_picture_alone_is_a_view_too(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.get(f"/alerts/{alert}/looks/0").status_code == 200
        assert views(stage) == [(person_of(ann), {"alert": alert, "reason": "review"})]


def test_an_auditor_says_why_before_page_or_picture_opens(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("eve", "auditor") as eve:
        ann.judge(alert)
        ann.post(f"/api/alerts/{alert}/decisions", {"decision": "lost"})
        before = views(stage)
        page = eve.get(f"/alerts/{alert}").text
        assert "Why do you look at this alert?" in page
        assert LABEL not in page
        assert everything_of(eve, alert)[1:] == [403] * 6
        for body in ({"reason": "curious"}, {"reason": ""}):
            refused = eve.post(f"/api/alerts/{alert}/views", body)
            assert refused.status_code == 403
            assert "audit" in refused.json()["error"]
        assert eve.post(f"/api/alerts/{alert}/views", {}).status_code == 422
        assert views(stage) == before
        assert eve.post(f"/api/alerts/{alert}/views", {"reason": "audit"}).status_code == 201
        assert set(everything_of(eve, alert)) == {200}
        assert LABEL in eve.get(f"/alerts/{alert}").text
        assert views(stage)[len(before) :] == [(person_of(eve), {"alert": alert, "reason": "audit"})]


def test_a_new_sign_in_says_why_again(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("eve", "auditor") as eve:
        ann.judge(alert, "different")
        eve.post(f"/api/alerts/{alert}/views", {"reason": "audit"})
        eve.http.post("/sign-out", data={"csrf": eve.csrf})
        assert eve.sign_in("eve").status_code == 303
        assert everything_of(eve, alert)[1:] == [403] * 6
    with stage.database.read() as session:
        assert "audit" not in session.scalars(select(Viewing.reason)).all()


def test_an_operator_who_comes_back_to_a_closed_alert_says_why(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("bob") as bob:
        ann.judge(alert, "different")
        assert set(everything_of(ann, alert)) == {200}
        assert everything_of(bob, alert)[1:] == [403] * 6
        assert "Why do you look" in bob.get(f"/alerts/{alert}").text


def test_an_officer_who_waits_for_the_reviewers_sees_nothing_and_is_asked_nothing(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("cid", "engagement_officer") as cid:
        assert "With the reviewers" in cid.get(f"/alerts/{alert}").text
        assert views(stage) == []


def test_an_alert_that_there_is_not_is_not_found_before_any_reason_is_asked(stage: Stage) -> None:
    with stage.client("eve", "auditor") as eve:
        assert eve.get("/api/alerts/none").status_code == 404
        assert eve.post("/api/alerts/none/views", {"reason": "audit"}).status_code == 404
