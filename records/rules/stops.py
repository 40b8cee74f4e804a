"""Rules of what officers decide and of stops (invariant 3): in person, once, only of a confirmed alert, and in steps.

An officer decides once about a confirmed alert; a stop needs that officer's decision to engage, of an entry that still
stands; what is done during a stop is only ever added, while it is open; and nothing closes without its decision.
"""

from records.rules.alerts import confirmed, state_of
from records.rules.rule import Rule, changed

OUTCOME_OF_DECISION: dict[str, str] = {
    "not_them": "false",
    "lost": "not_engaged_lost",
    "discretion": "not_engaged_discretion",
    "stale_entry": "not_engaged_stale_entry",
    "stood_down": "not_engaged_stood_down",
}
"""How an alert closes by what its officer decided; `engage` begins a stop instead."""


def _officer(of: str) -> str:
    """SQL that is true where NEW was made by somebody who is no active officer."""
    return (
        f"NOT EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.{of} AND p.active"  # noqa: S608 - a column's name
        " AND p.role IN ('operator', 'engagement_officer'))"
    )


def _stale(at: str) -> str:
    """SQL that is true where the entry of NEW's alert does not stand at NEW's time."""
    return (
        "EXISTS (SELECT 1 FROM alerts a WHERE a.id = NEW.alert_id AND NOT EXISTS (SELECT 1 FROM entries e"  # noqa: S608
        " WHERE e.id = a.subject_id AND e.deployment_id = a.deployment_id AND e.state = 'active'"
        f" AND e.expires_at > NEW.{at}))"
    )


_DECIDED_SO = " OR ".join(
    f"(o.decision = '{decision}' AND NEW.outcome = '{outcome}')" for decision, outcome in OUTCOME_OF_DECISION.items()
)
_STALE = "the entry was withdrawn, has expired or is in quarantine: no stop follows from it"

RULES = (
    Rule(
        "decision_once",
        "INSERT ON officer_decisions",
        "EXISTS (SELECT 1 FROM officer_decisions o WHERE o.alert_id = NEW.alert_id)",
        "an officer decides once about an alert",
    ),
    Rule(
        "decision_by_an_officer",
        "INSERT ON officer_decisions",
        _officer("officer_id"),
        "an active officer decides about a confirmed alert",
    ),
    Rule(
        "decision_while_confirmed",
        "INSERT ON officer_decisions",
        f"{state_of('NEW.alert_id')} <> 'confirmed'",
        "an officer decides about a confirmed alert only",
    ),
    Rule(
        "decision_of_a_standing_entry",
        "INSERT ON officer_decisions",
        f"NEW.decision = 'engage' AND {_stale('at')}",
        _STALE,
    ),
    Rule("decision_is_final", "UPDATE ON officer_decisions", "true", "what an officer decided is never changed"),
    Rule("decision_stays", "DELETE ON officer_decisions", "true", "what an officer decided is never deleted"),
    Rule(
        "alert_engaged_by_a_stop",
        "UPDATE OF state ON alerts",
        "OLD.state = 'confirmed' AND NEW.state = 'engaged'"
        " AND NOT EXISTS (SELECT 1 FROM stops s WHERE s.alert_id = NEW.id)",
        "an alert is engaged by its stop",
    ),
    Rule(
        "alert_closes_as_decided",
        "UPDATE OF state ON alerts",
        "OLD.state = 'confirmed' AND NEW.state = 'closed' AND NOT EXISTS (SELECT 1 FROM officer_decisions o"  # noqa: S608
        f" WHERE o.alert_id = NEW.id AND ({_DECIDED_SO}))",
        "a confirmed alert closes as its officer decided",
    ),
    Rule(
        "alert_closes_with_its_stop",
        "UPDATE OF state ON alerts",
        "OLD.state = 'engaged' AND NEW.state = 'closed' AND NOT EXISTS (SELECT 1 FROM stops s"
        " WHERE s.alert_id = NEW.id AND s.ended_at IS NOT NULL AND s.outcome = NEW.outcome)",
        "an alert with a stop closes as the stop ended",
    ),
    Rule(
        "stop_once",
        "INSERT ON stops",
        "EXISTS (SELECT 1 FROM stops s WHERE s.id = NEW.id OR s.alert_id = NEW.alert_id)",
        "a stop is logged once for an alert",
    ),
    Rule(
        "stop_needs_confirmation",
        "INSERT ON stops",
        f"NOT coalesce({confirmed('NEW.alert_id')}, false)"
        f" OR {state_of('NEW.alert_id')} NOT IN ('confirmed', 'engaged')",
        "a stop needs the confirmations that the policy asks for",
    ),
    Rule(
        "stop_by_an_officer",
        "INSERT ON stops",
        _officer("officer_id"),
        "a stop is logged by an active officer",
    ),
    Rule(
        "stop_not_for_information",
        "INSERT ON stops",
        "EXISTS (SELECT 1 FROM alerts a JOIN entries e ON e.id = a.subject_id WHERE a.id = NEW.alert_id"
        " AND e.response = 'inform')",
        "an entry that only informs never leads to a stop",
    ),
    Rule(
        "stop_needs_its_officers_decision",
        "INSERT ON stops",
        f"{state_of('NEW.alert_id')} IN ('confirmed', 'engaged')"  # noqa: S608 - constants only
        " AND NOT EXISTS (SELECT 1 FROM officer_decisions o WHERE o.alert_id = NEW.alert_id"
        " AND o.officer_id = NEW.officer_id AND o.decision = 'engage')",
        "a stop needs the decision of its officer to engage",
    ),
    Rule("stop_of_a_standing_entry", "INSERT ON stops", _stale("started_at"), _STALE),
    Rule(
        "stop_begins_open",
        "INSERT ON stops",
        "NEW.ended_at IS NOT NULL OR NEW.outcome IS NOT NULL OR NEW.disposal IS NOT NULL",
        "a stop begins open",
    ),
    Rule(
        "stop_ends_complete",
        "UPDATE ON stops",
        "(NEW.ended_at IS NULL) <> (NEW.outcome IS NULL) OR (NEW.ended_at IS NULL) <> (NEW.disposal IS NULL)"
        " OR NEW.ended_at < NEW.started_at",
        "a stop ends with its outcome and with what became of the person",
    ),
    Rule(
        "stop_keeps_its_alert",
        "UPDATE OF id, alert_id, officer_id ON stops",
        "NEW.id <> OLD.id OR NEW.alert_id <> OLD.alert_id OR NEW.officer_id <> OLD.officer_id",
        "a stop keeps its alert and its officer",
    ),
    Rule(
        "stop_keeps_its_story",
        "UPDATE ON stops",
        changed("reason", "started_at")
        + " OR (OLD.ended_at IS NOT NULL AND "
        + changed("ended_at", "outcome", "disposal")
        + ")",
        "what was logged of a stop is never changed",
    ),
    Rule("stop_stays", "DELETE ON stops", "true", "a stop is never deleted"),
    Rule(
        "step_once",
        "INSERT ON stop_steps",
        "EXISTS (SELECT 1 FROM stop_steps t WHERE t.id = NEW.id)",
        "a step of a stop is logged once",
    ),
    Rule(
        "step_of_an_open_stop",
        "INSERT ON stop_steps",
        "NOT EXISTS (SELECT 1 FROM stops s WHERE s.id = NEW.stop_id AND s.ended_at IS NULL)",
        "steps are logged while the stop is open",
    ),
    Rule(
        "step_by_an_officer",
        "INSERT ON stop_steps",
        _officer("officer_id"),
        "a step of a stop is logged by an active officer",
    ),
    Rule(
        "step_has_its_reason",
        "INSERT ON stop_steps",
        "(NEW.kind = 'identity_accepted') <> (length(coalesce(NEW.reason, '')) = 0)",
        "fingerprints, force and going on each need a reason",
    ),
    Rule("step_is_final", "UPDATE ON stop_steps", "true", "a step of a stop is never changed"),
    Rule("step_stays", "DELETE ON stop_steps", "true", "a step of a stop is never deleted"),
)
