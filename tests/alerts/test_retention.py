"""Alerts' pictures: kept for the policy's hours, longer only for a reference, never where it was not allowed."""

from datetime import timedelta

import pytest

from alerts.complaints import close_complaint, complaints, open_complaint
from alerts.decisions import Refused
from alerts.retention import RetentionError, held, hold, release
from records.facts import Kind
from records.schema import Alert, Complaint, Person
from tests.alerts.kept import Kept


def held_for(
    kept: Kept, alert: str, days: float = 10, person: Person | None = None, reference: str = "CASE/17"
) -> None:
    holder = person or kept.person("auditor")
    with kept.database.write() as session:
        hold(session, alert, holder, reference, kept.now + timedelta(days=days), kept.now)


def test_pictures_go_a_day_after_the_alert_was_closed_though_the_deployment_goes_on(kept: Kept) -> None:
    alert = kept.alert(kept.deployment())
    kept.close(alert)
    custodian = kept.custodian()
    kept.later(hours=23.9)
    custodian.sweep()
    assert kept.pictures(alert) == 3
    kept.later(hours=0.2)
    custodian.sweep()
    assert kept.pictures(alert) == 0
    with kept.database.read() as session:
        found = session.get_one(Alert, alert)
        assert (found.erased_at, found.outcome) == (kept.now, "undetermined")
    assert [told["pictures"] for told in kept.told(Kind.ALERTS_ERASED)] == [3]


def test_the_pictures_of_an_alert_that_nobody_closed_go_a_day_after_the_deployment(kept: Kept) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    kept.later(hours=5)
    kept.end(deployment)
    kept.later(hours=24)
    kept.custodian().sweep()
    assert kept.pictures(alert) == 0


def test_no_picture_stays_for_more_than_31_days_in_a_deployment_that_does_not_end(kept: Kept) -> None:
    alert = kept.alert(kept.deployment())
    kept.later(days=31)
    kept.custodian().sweep()
    assert kept.pictures(alert) == 0


def test_a_hold_with_a_reference_keeps_pictures_until_its_day_and_no_longer(kept: Kept) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    kept.end(deployment)
    held_for(kept, alert, days=10)
    custodian = kept.custodian()
    kept.later(days=9)
    custodian.sweep()
    assert kept.pictures(alert) == 3
    assert kept.key(deployment, "alerts").destroyed_at is None
    kept.later(days=2)
    custodian.sweep()
    assert kept.pictures(alert) == 0
    assert kept.key(deployment, "alerts").certificate is not None


def test_a_hold_keeps_one_alert_and_lets_the_others_go(kept: Kept) -> None:
    deployment = kept.deployment()
    one, other = kept.alert(deployment), kept.alert(deployment)
    kept.end(deployment)
    held_for(kept, one)
    kept.later(days=2)
    kept.custodian().sweep()
    assert (kept.pictures(one), kept.pictures(other)) == (3, 0)


@pytest.mark.parametrize("reference", ["", " ", "x" * 65, "name\nof somebody"])
def test_a_hold_without_a_reference_is_refused(kept: Kept, reference: str) -> None:
    alert = kept.alert(kept.deployment())
    with pytest.raises(RetentionError, match="reference"):
        held_for(kept, alert, reference=reference)


@pytest.mark.parametrize("days", [-1, 0, 31.01, 400])
def test_a_hold_ends_within_the_days_of_the_policy(kept: Kept, days: float) -> None:
    alert = kept.alert(kept.deployment())
    with pytest.raises(RetentionError, match="31 days"):
        held_for(kept, alert, days=days)


@pytest.mark.parametrize("role", ["operator", "engagement_officer", "list_builder", "administrator"])
def test_only_an_authorising_officer_or_an_auditor_holds_pictures(kept: Kept, role: str) -> None:
    alert = kept.alert(kept.deployment())
    with pytest.raises(Refused, match="authorising officer or auditor"):
        held_for(kept, alert, person=kept.person(role))


def test_what_is_erased_cannot_be_held_any_more(kept: Kept) -> None:
    alert = kept.alert(kept.deployment())
    kept.later(days=31)
    kept.custodian().sweep()
    with pytest.raises(Refused, match="erased"):
        held_for(kept, alert)


def test_released_pictures_go_at_once_where_their_time_is_over(kept: Kept) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    kept.end(deployment)
    held_for(kept, alert)
    kept.later(days=2)
    auditor = kept.person("auditor")
    with kept.database.write() as session:
        release(session, alert, auditor, kept.now)
    kept.custodian().sweep()
    assert kept.pictures(alert) == 0
    assert kept.told(Kind.ALERT_RELEASED) == [{"alert": alert}]
    with kept.database.write() as session, pytest.raises(Refused, match="not held"):
        release(session, alert, auditor, kept.now)


@pytest.mark.parametrize("reason", ["ratification_refused", "ratification_overdue"])
def test_what_was_never_allowed_goes_at_once_though_it_is_held(kept: Kept, reason: str) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    held_for(kept, alert)
    kept.end(deployment, reason)
    kept.custodian().sweep()
    assert kept.pictures(alert) == 0
    assert all(kept.key(deployment, purpose).wrapped is None for purpose in ("list", "alerts"))
    with pytest.raises(Refused):
        held_for(kept, alert)


def test_an_urgent_deployment_that_ended_unratified_goes_when_the_time_to_ratify_is_over(kept: Kept) -> None:
    deployment = kept.deployment(kind="operational", ratify_by=kept.now + timedelta(hours=5))
    alert = kept.alert(deployment)
    kept.later(hours=1)
    kept.end(deployment)
    custodian = kept.custodian()
    custodian.sweep()
    assert kept.pictures(alert) == 3
    kept.later(hours=4)
    custodian.sweep()
    assert kept.pictures(alert) == 0


def test_an_open_complaint_keeps_the_pictures_until_it_is_closed(kept: Kept) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    kept.end(deployment)
    auditor = kept.person("auditor")
    with kept.database.write() as session:
        case = open_complaint(session, deployment, "C-2026/4", auditor, kept.now, alert_id=alert).id
    custodian = kept.custodian()
    kept.later(days=90)
    custodian.sweep()
    assert kept.pictures(alert) == 3
    with kept.database.read() as session:
        assert [(one.alert.id, one.reference, one.until) for one in held(session, kept.now)] == [
            (alert, "C-2026/4", None)
        ]
    with kept.database.write() as session:
        close_complaint(session, case, "upheld", auditor, kept.now)
    custodian.sweep()
    assert kept.pictures(alert) == 0
    with kept.database.read() as session:
        assert [found.outcome for found in complaints(session)] == ["upheld"]
    assert kept.told(Kind.COMPLAINT_CLOSED) == [{"deployment": deployment, "complaint": case, "outcome": "upheld"}]


def test_whoever_allowed_a_deployment_does_not_close_a_complaint_about_it(kept: Kept) -> None:
    deployment = kept.deployment(kind="operational")
    signed = kept.signer_of(deployment)
    with kept.database.write() as session:
        case = open_complaint(session, deployment, "C-1", signed, kept.now).id
    with kept.database.write() as session, pytest.raises(Refused, match="another person"):
        close_complaint(session, case, "not_upheld", signed, kept.now)
    other = kept.person()
    with kept.database.write() as session, pytest.raises(RetentionError, match="upheld"):
        close_complaint(session, case, "forgotten", other, kept.now)
    with kept.database.write() as session:
        close_complaint(session, case, "not_upheld", other, kept.now)
    with kept.database.write() as session, pytest.raises(Refused, match="was closed"):
        close_complaint(session, case, "upheld", other, kept.now)


def test_a_case_is_recorded_once_for_an_alert_of_its_own_deployment(kept: Kept) -> None:
    one, another = kept.deployment(), kept.deployment()
    alert = kept.alert(one)
    auditor = kept.person("auditor")
    with kept.database.write() as session:
        open_complaint(session, one, "C-1", auditor, kept.now, alert_id=alert)
    with kept.database.write() as session, pytest.raises(Refused, match="already"):
        open_complaint(session, one, "C-1", auditor, kept.now)
    with kept.database.write() as session, pytest.raises(Refused, match="another deployment"):
        open_complaint(session, another, "C-2", auditor, kept.now, alert_id=alert)
    with kept.database.read() as session:
        assert session.query(Complaint).count() == 1
