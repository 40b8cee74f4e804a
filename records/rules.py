"""Rules that stand in the database as well as in the code: triggers that refuse, whoever writes.

Invariant 3 (no stop without the confirmations of the policy) is enforced here. SQLite's dialect; the migration applies
it. Each rule also holds where foreign keys are off, as they are in any SQLite connection that does not ask for them.
"""

from records.schema import OPEN_STATES

# from -> to. Anything else is refused.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("in_review", "closed", "expired"),
    "in_review": ("second_review", "confirmed", "closed", "expired"),
    "second_review": ("confirmed", "closed", "expired"),
    "confirmed": ("engaged", "closed", "expired"),
    "engaged": ("closed",),
    "closed": (),
    "expired": (),
}

_LEGAL = " OR ".join(
    f"(OLD.state = '{old}' AND NEW.state = '{new}')" for old, following in TRANSITIONS.items() for new in following
)


def _confirmed(alert: str) -> str:
    """SQL that is true where enough different people answered "same" and nobody answered anything else."""
    return f"""(
        (SELECT count(DISTINCT a.reviewer_id) FROM adjudications a
          WHERE a.alert_id = {alert} AND a.verdict = 'same')
        >= (SELECT d.confirmations FROM alerts x JOIN deployments d ON d.id = x.deployment_id WHERE x.id = {alert})
        AND NOT EXISTS (SELECT 1 FROM adjudications a WHERE a.alert_id = {alert} AND a.verdict <> 'same')
    )"""  # noqa: S608 - `alert` is one of the two names below, never input


def _state(alert: str) -> str:
    return f"coalesce((SELECT state FROM alerts WHERE id = {alert}), '')"  # noqa: S608 - as above


def _trigger(name: str, when: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


# REPLACE deletes the row in its way without firing the triggers that refuse a deletion: so each protected row refuses a
# second one with its key. SQLite's hidden row number would be one more key to collide with: these tables have none.
_OPEN_FOR_SUBJECT = f"""(SELECT 1 FROM alerts x WHERE x.id = NEW.id OR (x.deployment_id = NEW.deployment_id
    AND x.subject_id = NEW.subject_id AND x.state IN {OPEN_STATES}))"""  # noqa: S608 - constants only

SQLITE_TRIGGERS: tuple[str, ...] = (
    _trigger(
        "alert_once",
        "INSERT ON alerts",
        f"EXISTS {_OPEN_FOR_SUBJECT}",
        "an alert is stored once, and one is open for a person",
    ),
    _trigger(
        "deployment_once",
        "INSERT ON deployments",
        "EXISTS (SELECT 1 FROM deployments d WHERE d.id = NEW.id)",
        "a deployment is begun once",
    ),
    _trigger("deployment_keeps_its_id", "UPDATE OF id ON deployments", "NEW.id <> OLD.id", "a deployment keeps its id"),
    _trigger(
        "stop_once",
        "INSERT ON stops",
        "EXISTS (SELECT 1 FROM stops s WHERE s.id = NEW.id OR s.alert_id = NEW.alert_id)",
        "a stop is logged once for an alert",
    ),
    _trigger(
        "alert_begins_waiting",
        "INSERT ON alerts",
        "NEW.state <> 'waiting'",
        "an alert begins in the state waiting",
    ),
    _trigger(
        "alert_moves_legally",
        "UPDATE OF state ON alerts",
        f"OLD.state <> NEW.state AND NOT ({_LEGAL})",
        "this change of an alert is not legal",
    ),
    _trigger(
        "alert_confirmed_by_people",
        "UPDATE OF state ON alerts",
        f"NEW.state = 'confirmed' AND NOT coalesce({_confirmed('NEW.id')}, 0)",
        "the confirmations that the policy asks for are missing",
    ),
    _trigger(
        "alert_keeps_its_subject",
        "UPDATE OF id, deployment_id, subject_id ON alerts",
        "NEW.id <> OLD.id OR NEW.deployment_id <> OLD.deployment_id OR NEW.subject_id <> OLD.subject_id",
        "an alert keeps its id, deployment and subject",
    ),
    _trigger(
        "stop_needs_confirmation",
        "INSERT ON stops",
        f"NOT coalesce({_confirmed('NEW.alert_id')}, 0) OR {_state('NEW.alert_id')} NOT IN ('confirmed', 'engaged')",
        "a stop needs the confirmations that the policy asks for",
    ),
    _trigger(
        "stop_keeps_its_alert",
        "UPDATE OF id, alert_id, officer_id ON stops",
        "NEW.id <> OLD.id OR NEW.alert_id <> OLD.alert_id OR NEW.officer_id <> OLD.officer_id",
        "a stop keeps its alert and its officer",
    ),
    _trigger("stop_stays", "DELETE ON stops", "1", "a stop is never deleted"),
    _trigger(
        "adjudication_once",
        "INSERT ON adjudications",
        "EXISTS (SELECT 1 FROM adjudications a WHERE a.id = NEW.id"
        " OR (a.alert_id = NEW.alert_id AND a.reviewer_id = NEW.reviewer_id))",
        "each reviewer judges an alert once",
    ),
    _trigger(
        "adjudication_in_review",
        "INSERT ON adjudications",
        f"{_state('NEW.alert_id')} NOT IN ('in_review', 'second_review')",
        "an alert is judged while it is in review",
    ),
    _trigger("adjudication_stays", "DELETE ON adjudications", "1", "an adjudication is never deleted"),
    _trigger("adjudication_is_final", "UPDATE ON adjudications", "1", "an adjudication is never changed"),
    _trigger(
        "confirmations_stay",
        "UPDATE OF confirmations ON deployments",
        "NEW.confirmations <> OLD.confirmations",
        "the confirmations of a deployment are fixed when it is made",
    ),
    _trigger("deployment_stays", "DELETE ON deployments", "1", "a deployment is never deleted"),
    _trigger(
        "passage_of_a_test",
        "INSERT ON test_passages",
        "coalesce((SELECT kind FROM deployments WHERE id = NEW.deployment_id), '') <> 'test'",
        "passages are listed one by one in test deployments only",
    ),
    _trigger(
        "kind_stays",
        "UPDATE OF kind ON deployments",
        "NEW.kind <> OLD.kind",
        "the kind of a deployment is fixed when it is made",
    ),
    _trigger("alert_stays", "DELETE ON alerts", "1", "an alert is never deleted"),
)
