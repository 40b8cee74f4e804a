"""Rules of alerts (invariant 3): nothing is confirmed without the people that the policy asks for.

Each rule also holds where foreign keys are off, as they are in any SQLite connection that does not ask for them.
REPLACE deletes the row in its way without firing the triggers that refuse a deletion: so each protected row refuses a
second one with its key. SQLite's hidden row number would be one more key to collide with: these tables have none.
"""

from records.rules.rule import Rule, changed, moves
from records.schema import OPEN_STATES

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("in_review", "closed", "expired"),
    "in_review": ("second_review", "confirmed", "closed", "expired"),
    "second_review": ("confirmed", "closed", "expired"),
    "confirmed": ("engaged", "closed", "expired"),
    "engaged": ("closed",),
    "closed": (),
    "expired": (),
}
"""From -> to. Anything else is refused."""


def confirmed(alert: str) -> str:
    """SQL that is true where enough different people answered "same" and nobody answered anything else."""
    return f"""(
        (SELECT count(DISTINCT a.reviewer_id) FROM adjudications a
          WHERE a.alert_id = {alert} AND a.verdict = 'same')
        >= (SELECT d.confirmations FROM alerts x JOIN deployments d ON d.id = x.deployment_id WHERE x.id = {alert})
        AND NOT EXISTS (SELECT 1 FROM adjudications a WHERE a.alert_id = {alert} AND a.verdict <> 'same')
    )"""  # noqa: S608 - `alert` is one of the two names below, never input


def state_of(alert: str) -> str:
    return f"coalesce((SELECT state FROM alerts WHERE id = {alert}), '')"  # noqa: S608 - as above


_OPEN_FOR_SUBJECT = f"""(SELECT 1 FROM alerts x WHERE x.id = NEW.id OR (x.deployment_id = NEW.deployment_id
    AND x.subject_id = NEW.subject_id AND x.state IN {OPEN_STATES}))"""  # noqa: S608 - constants only

RULES = (
    Rule(
        "alert_once",
        "INSERT ON alerts",
        f"EXISTS {_OPEN_FOR_SUBJECT}",
        "an alert is stored once, and one is open for a person",
    ),
    Rule(
        "alert_begins_waiting",
        "INSERT ON alerts",
        "NEW.state <> 'waiting'",
        "an alert begins in the state waiting",
    ),
    Rule(
        "alert_moves_legally",
        "UPDATE OF state ON alerts",
        moves("state", TRANSITIONS),
        "this change of an alert is not legal",
    ),
    Rule(
        "alert_confirmed_by_people",
        "UPDATE OF state ON alerts",
        f"NEW.state = 'confirmed' AND NOT coalesce({confirmed('NEW.id')}, false)",
        "the confirmations that the policy asks for are missing",
    ),
    Rule(
        "alert_keeps_its_subject",
        "UPDATE OF id, deployment_id, subject_id ON alerts",
        "NEW.id <> OLD.id OR NEW.deployment_id <> OLD.deployment_id OR NEW.subject_id <> OLD.subject_id",
        "an alert keeps its id, deployment and subject",
    ),
    Rule(
        "adjudication_once",
        "INSERT ON adjudications",
        "EXISTS (SELECT 1 FROM adjudications a WHERE a.id = NEW.id"
        " OR (a.alert_id = NEW.alert_id AND a.reviewer_id = NEW.reviewer_id))",
        "each reviewer judges an alert once",
    ),
    Rule(
        "adjudication_by_a_reviewer",
        "INSERT ON adjudications",
        "NOT EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.reviewer_id AND p.active AND p.role = 'operator')",
        "an alert is judged by an active operator",
    ),
    Rule(
        "alert_keeps_its_facts",
        "UPDATE ON alerts",
        changed(
            "camera",
            "track",
            "frame",
            "similarity",
            "threshold",
            "engine",
            "contract",
            "list_hash",
            "captured_at",
            "raised_at",
            "stored_at",
        )
        + " OR (OLD.outcome IS NOT NULL AND "
        + changed("outcome", "closed_at")
        + ")",
        "what was recorded of an alert is never changed",
    ),
    Rule(
        "alert_keeps_its_pictures",
        "UPDATE OF erased_at ON alerts",
        "NEW.erased_at IS NOT NULL AND EXISTS (SELECT 1 FROM pictures p WHERE p.alert_id = NEW.id)",
        "an alert is called erased once its pictures have gone",
    ),
    Rule("picture_is_never_changed", "UPDATE ON pictures", "true", "a picture is never changed"),
    Rule("sighting_stays", "DELETE ON sightings", "true", "a sighting is never deleted"),
    Rule("sighting_is_final", "UPDATE ON sightings", "true", "a sighting is never changed"),
    Rule("suppressed_stays", "DELETE ON suppressed", "true", "a suppressed candidate stays counted"),
    Rule("suppressed_is_final", "UPDATE ON suppressed", "true", "a suppressed candidate is never changed"),
    Rule("complaint_stays", "DELETE ON complaints", "true", "a complaint is never deleted"),
    Rule(
        "complaint_keeps_its_case",
        "UPDATE ON complaints",
        changed("id", "deployment_id", "alert_id", "reference", "opened_by", "opened_at")
        + " OR OLD.closed_at IS NOT NULL",
        "a complaint is closed once, and never changed otherwise",
    ),
    Rule(
        "adjudication_in_review",
        "INSERT ON adjudications",
        f"{state_of('NEW.alert_id')} NOT IN ('in_review', 'second_review')",
        "an alert is judged while it is in review",
    ),
    Rule("adjudication_stays", "DELETE ON adjudications", "true", "an adjudication is never deleted"),
    Rule("adjudication_is_final", "UPDATE ON adjudications", "true", "an adjudication is never changed"),
    Rule("alert_stays", "DELETE ON alerts", "true", "an alert is never deleted"),
    Rule(
        "alert_of_a_running_deployment",
        "INSERT ON alerts",
        "NOT EXISTS (SELECT 1 FROM deployments d WHERE d.id = NEW.deployment_id AND d.state = 'running'"
        " AND NEW.captured_at >= d.begins_at AND NEW.captured_at <= d.ends_at)",
        "an alert belongs to a running deployment, inside its window",
    ),
    Rule(
        "alert_of_its_list_and_threshold",
        "INSERT ON alerts",
        "NOT EXISTS (SELECT 1 FROM deployments d JOIN built_lists b ON b.deployment_id = d.id"
        " WHERE d.id = NEW.deployment_id AND NEW.similarity >= d.threshold AND NEW.list_hash = d.list_hash"
        " AND NEW.contract = b.contract)",
        "an alert reaches the threshold, on the list and with the models of its deployment",
    ),
    Rule(
        "alert_of_a_valid_entry",
        "INSERT ON alerts",
        "NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = NEW.subject_id AND e.deployment_id = NEW.deployment_id"
        " AND e.state = 'active' AND e.expires_at > NEW.stored_at)",
        "an expired or withdrawn entry never alerts",
    ),
)
