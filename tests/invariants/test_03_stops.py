"""Invariant 3: no stop without the policy's human confirmations, and no engagement suggested by default."""

import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.decisions import expire
from records.facts import Kind
from records.ids import new_id
from records.times import to_text, utc_now
from tests.invariants.outside import (
    SOON_OVER,
    STOP,
    TO_INFORM,
    WANTED,
    Outside,
)


def test_invariant_3_over_http_there_is_no_stop_before_a_person_has_judged(outside: Outside) -> None:
    alert = outside.alert()
    with outside.tablet("Ann") as ann, outside.tablet("Cid") as cid, outside.tablet("Petra") as petra:
        for browser in (ann, cid):
            assert browser.post(f"/api/alerts/{alert}/stops", STOP).status_code == 409
            assert (
                browser.post(
                    f"/api/alerts/{alert}/close", {"outcome": "confirmed_true", "disposal": "arrested"}
                ).status_code
                == 409
            )
        assert petra.post(f"/api/alerts/{alert}/stops", STOP).status_code == 403
        assert cid.judge(alert).status_code == 403
        bare = {"verdict": "same", "similarities": ["nose"], "differences": []}
        assert ann.post(f"/api/alerts/{alert}/adjudications", bare).status_code == 409
        assert ann.post(f"/api/alerts/{alert}/adjudications", {"verdict": "same"}).status_code == 409
        assert cid.post(f"/api/alerts/{alert}/stops", STOP).status_code == 409
        page = ann.get(f"/alerts/{alert}").text
        assert not re.search(r"\b(checked|selected|autofocus)\b", page)
        assert not re.search(r"(?i)\b(match|engage|stop (this|the) person)\b", re.sub(r"<[^>]+>", " ", page))
        assert ann.judge(alert).status_code == 201
        assert ann.judge(alert).status_code == 409
        assert cid.get(f"/api/alerts/{alert}").json()["stop"] is None
        assert cid.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201
    assert outside.told(Kind.STOP_LOGGED)[0][0] == outside.person("Cid")


def test_invariant_3_doubt_and_time_end_an_alert_whoever_comes_next(outside: Outside) -> None:
    doubted, late = outside.alert(WANTED), outside.alert(SOON_OVER)
    with outside.tablet("Ann") as ann, outside.tablet("Bob") as bob, outside.tablet("Cid") as cid:
        assert ann.judge(doubted, "cannot_tell").status_code == 201
        assert bob.judge(doubted).status_code == 409
        outside.ahead = timedelta(minutes=10)
        with outside.database.write() as session:
            assert expire(session, timedelta(minutes=5), outside.now()) == [late]
        assert bob.judge(late).status_code == 409
        for alert in (doubted, late):
            assert cid.post(f"/api/alerts/{alert}/stops", STOP).status_code == 409
            for state in ("confirmed", "engaged", "in_review"):
                outside.refuses("UPDATE alerts SET state = ? WHERE id = ?", state, alert)
    outcomes = outside.sql("SELECT outcome FROM alerts")
    assert outcomes == [("undetermined",), ("undetermined",)]


def voted(outside: Outside, alert: str, reviewer: str) -> None:
    at = to_text(utc_now())
    outside.sql(
        "INSERT INTO adjudications (id, alert_id, reviewer_id, verdict, similarities, differences, made_at)"
        " VALUES (?, ?, ?, 'same', '[]', '[]', ?)",
        new_id(),
        alert,
        reviewer,
        at,
    )


def test_invariant_3_sql_logs_no_stop_that_people_have_not_confirmed(outside: Outside) -> None:
    alert = outside.alert()
    stop = "INSERT INTO stops (id, alert_id, officer_id, reason, started_at) VALUES (?, ?, ?, 'r', ?)"
    values = (new_id(), alert, outside.person("Cid"), to_text(utc_now()))
    assert "confirmations" in outside.refuses(stop, *values)
    outside.refuses("UPDATE alerts SET state = 'engaged'")
    outside.sql("UPDATE alerts SET state = 'in_review'")
    assert "confirmations" in outside.refuses("UPDATE alerts SET state = 'confirmed'")
    assert "confirmations" in outside.refuses(stop, *values)
    outside.refuses("UPDATE deployments SET confirmations = 0")


def test_invariant_3_sql_makes_no_decision_and_no_stop_without_its_officer(outside: Outside) -> None:
    """Past the code, with direct SQL: a stop takes its officer's own decision, once, while its entry stands."""
    alert, at = outside.alert(), to_text(utc_now())
    cid = outside.person("Cid")
    decide = "INSERT INTO officer_decisions (alert_id, officer_id, decision, at) VALUES (?, ?, ?, ?)"
    stop = "INSERT INTO stops (id, alert_id, officer_id, reason, started_at) VALUES (?, ?, ?, 'r', ?)"
    assert "confirmed alert only" in outside.refuses(decide, alert, cid, "engage", at)
    with outside.tablet("Ann") as ann:
        assert ann.judge(alert).status_code == 201
    assert "decision of its officer" in outside.refuses(stop, new_id(), alert, cid, at)
    for who in ("Petra", "Vera", "Adam"):
        assert "active officer" in outside.refuses(decide, alert, outside.person(who), "not_them", at)
    outside.refuses("UPDATE alerts SET state = 'engaged' WHERE id = ?", alert)
    closed = "UPDATE alerts SET state = 'closed', outcome = 'confirmed_true', closed_at = ? WHERE id = ?"
    assert "as its officer decided" in outside.refuses(closed, at, alert)
    outside.sql(decide, alert, cid, "engage", at)
    assert "decides once" in outside.refuses(decide, alert, outside.person("Ann"), "lost", at)
    outside.refuses("UPDATE officer_decisions SET decision = 'lost'")
    outside.refuses("DELETE FROM officer_decisions")
    assert "decision of its officer" in outside.refuses(stop, new_id(), alert, outside.person("Ann"), at)
    outside.cli("watchlist", "withdraw", outside.entries[WANTED], "--reason", "no_longer_wanted", by="Orla")
    assert "no stop follows" in outside.refuses(stop, new_id(), alert, cid, at)
    assert outside.sql("SELECT count(*) FROM stops") == [(0,)]


def test_invariant_3_a_stop_ends_whole_and_its_steps_stay(outside: Outside) -> None:
    alert = outside.alert()
    with outside.tablet("Ann") as ann, outside.tablet("Cid") as cid:
        ann.judge(alert)
        assert cid.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201
        assert cid.post(f"/api/alerts/{alert}/steps", {"kind": "force", "reason": "danger"}).status_code == 201
        assert "outcome" in outside.refuses("UPDATE stops SET ended_at = started_at")
        outside.refuses("UPDATE stops SET ended_at = started_at, outcome = 'confirmed_true'")
        outside.refuses("UPDATE stop_steps SET kind = 'prolonged'")
        outside.refuses("DELETE FROM stop_steps")
        closed = "UPDATE alerts SET state = 'closed', outcome = 'confirmed_true', closed_at = stored_at"
        assert "as the stop ended" in outside.refuses(closed)
        assert cid.post(f"/api/alerts/{alert}/identity", {"who": "other"}).status_code == 200
        step = "INSERT INTO stop_steps SELECT 'new', stop_id, officer_id, kind, reason, at FROM stop_steps LIMIT 1"
        assert "while the stop is open" in outside.refuses(step)
        outside.refuses("UPDATE stops SET disposal = 'arrested'")
    assert [facts["kind"] for _, facts in outside.told(Kind.STOP_STEP)] == ["force", "identity_accepted"]


@pytest.mark.parametrize("who", ["nobody", "Adam", "Cid", "deactivated"])
def test_invariant_3_sql_invents_no_reviewer(outside: Outside, who: str) -> None:
    alert = outside.alert()
    outside.sql("UPDATE alerts SET state = 'in_review'")
    if who == "deactivated":
        outside.cli("people", "deactivate", "Bob")
    reviewer = {"nobody": new_id(), "deactivated": outside.person("Bob")}.get(who) or outside.person(who)
    with pytest.raises(sqlite3.IntegrityError):
        voted(outside, alert, reviewer)


def test_invariant_3_an_operational_deployment_has_a_key_for_its_alerts(made: Path) -> None:
    """Without it the alerts service could show people nothing, and acknowledges the candidate all the same."""
    connection = sqlite3.connect(made / "data" / "record.db")
    keys = connection.execute("SELECT purpose FROM data_keys WHERE wrapped IS NOT NULL ORDER BY purpose").fetchall()
    connection.close()
    assert keys == [("alerts",), ("list",)]


def test_invariant_3_an_entry_that_only_informs_never_leads_to_a_stop(outside: Outside) -> None:
    alert = outside.alert(TO_INFORM)
    with outside.tablet("Ann") as ann, outside.tablet("Cid") as cid:
        assert ann.judge(alert).status_code == 201
        refused = cid.post(f"/api/alerts/{alert}/stops", STOP)
        assert refused.status_code == 409
        assert "only informs" in refused.json()["error"]
