"""The ledger in plain words: a sentence for each kind of entry, a name for each fact, words for each coded value.

What stands before a sentence's colon is the kind's name, and the same for every entry of the kind.
"""

from collections.abc import Mapping
from typing import Final

from operator_ui.language import translated
from operator_ui.words import AUTHORITY, DECISIONS, DISPOSALS, OUTCOMES, ROLES, STOP_STEPS, VERDICTS
from records.canonical import Json
from records.facts import Kind
from records.times import from_text, to_text

SENTENCES: Final[Mapping[Kind, str]] = {
    Kind.DEPLOYMENT_DRAFTED: "Deployment drafted",
    Kind.DEPLOYMENT_SUBMITTED: "Deployment submitted for authority",
    Kind.DEPLOYMENT_TAKEN_BACK: "Deployment taken back: it is a draft again",
    Kind.DEPLOYMENT_AUTHORISED: "Deployment authorised",
    Kind.DEPLOYMENT_RATIFIED: "Urgent deployment ratified",
    Kind.DEPLOYMENT_REFUSED: "Deployment refused",
    Kind.DEPLOYMENT_STARTED: "Search started",
    Kind.DEPLOYMENT_PAUSED: "Search paused: {reason}",
    Kind.DEPLOYMENT_RESUMED: "Search resumed",
    Kind.DEPLOYMENT_ENDED: "Deployment ended: {reason}",
    Kind.DEPLOYMENT_ERASED: "Deployment erased: its time to be kept is over",
    Kind.SIGNAGE_CHECKED: "Sign or notice seen in its place: {item}",
    Kind.THRESHOLD_PROPOSED: "Higher threshold proposed: {before} to {after}",
    Kind.THRESHOLD_RAISED: "Threshold raised: {before} to {after}",
    Kind.ENTRIES_IMPORTED: "Entries imported: {accepted} taken, {rejected} rejected",
    Kind.LIST_BUILT: "List built and sealed: {entries} entries",
    Kind.LIST_LOADED: "List loaded into a search engine: {entries} entries",
    Kind.LIST_ERASED: "List erased: {entries} entries, {pictures} pictures",
    Kind.ENTRY_VIEWED: "Entry looked at: {reason}",
    Kind.ENTRY_EXPIRED: "Entry expired",
    Kind.ENTRY_WITHDRAWN: "Entry withdrawn: {reason}",
    Kind.ENTRY_QUARANTINED: "Entry quarantined: {false_alerts} false alerts",
    Kind.ENTRY_RESTORED: "Quarantined entry restored",
    Kind.ENTRY_NOTED: "Note on an entry changed",
    Kind.STATUS_ASKED: "Status of entries asked for at their source",
    Kind.LISTING_ASKED: "Asked whether a person is on a list: {deployments} lists searched",
    Kind.ALERT_RAISED: "Alert raised: by camera {camera}",
    Kind.ALERT_SIGHTED: "Seen again while the alert was open: by camera {camera}",
    Kind.ALERT_SUPPRESSED: "No alert raised: {reason}",
    Kind.ALERT_VIEWED: "Alert looked at: {reason}",
    Kind.ALERT_ADJUDICATED: "Alert judged: {verdict}",
    Kind.ALERT_CONFIRMED: "Alert confirmed: {confirmations} judged it the same person",
    Kind.ALERT_CLOSED: "Alert closed: {outcome}",
    Kind.ALERT_EXPIRED: "Alert expired: nobody decided in time",
    Kind.ALERT_HELD: "Alert held as evidence",
    Kind.ALERT_RELEASED: "Alert not held as evidence any more",
    Kind.ALERTS_ERASED: "Alerts erased: {alerts} alerts, {pictures} pictures",
    Kind.COMPLAINT_OPENED: "Complaint opened",
    Kind.COMPLAINT_CLOSED: "Complaint closed: {outcome}",
    Kind.OFFICER_DECIDED: "Officer decided in person: {decision}",
    Kind.STOP_LOGGED: "Stop begun",
    Kind.STOP_STEP: "During a stop: {kind}",
    Kind.STOP_CLOSED: "Stop ended: {outcome}",
    Kind.PERSON_ADDED: "Account added: {role}",
    Kind.PERSON_DEACTIVATED: "Account closed",
    Kind.PASSWORD_CHANGED: "Own password changed",
    Kind.PASSWORD_RESET: "One-time password given",
    Kind.PASSKEY_ADDED: "Passkey added",
    Kind.PASSKEY_REMOVED: "Passkey removed",
    Kind.PAIRS_IMPORTED: "Training pairs imported: {pairs}, of them {mismatches} of different people",
    Kind.PAIRS_REMOVED: "Training pairs removed",
    Kind.TRIAL_ENDED: "Trial ended: {right} of {pairs} right",
    Kind.OPERATOR_QUALIFIED: "Operator qualified: until {until}",
    Kind.PASS_LOGGED: "Volunteer’s pass logged: at camera {camera}",
    Kind.PASS_WITHDRAWN: "Volunteer’s pass withdrawn",
    Kind.SIGNED_IN: "Signed in: with a {method}",
    Kind.SIGNED_OUT: "Signed out: {reason}",
    Kind.SIGN_IN_FAILED: "Sign-in failed: {reason}",
    Kind.EXPORT_MADE: "Export handed out: {what}, for {reason}",
    Kind.RIG_STARTED: "Rig started: version {version}",
    Kind.RIG_STOPPED: "Rig stopped",
    Kind.KEY_CREATED: "Key made: for {purpose}",
    Kind.KEY_DESTROYED: "Key destroyed: what it sealed for {purpose} is gone",
    Kind.CERTIFICATE_ISSUED: "Certificate of deletion issued: for {purpose}",
}

FACT_NAMES: Final[Mapping[str, str]] = {
    "above_cap": "Why above the cap",
    "accepted": "Taken",
    "after": "After",
    "ages": "Ages of pictures",
    "alert": "Alert",
    "alerts": "Alerts",
    "alternatives": "Less intrusive means",
    "authority": "May allow",
    "bases": "Lawful bases of the pictures",
    "before": "Before",
    "begins": "Begins",
    "camera": "Camera",
    "cameras": "Cameras",
    "categories": "Categories",
    "certificate": "Certificate",
    "codes": "Reasons of rejection",
    "complaint": "Complaint",
    "configuration": "Hash of the rig file",
    "confirmations": "Confirmations",
    "contract": "Embedding contract",
    "counts": "Counts",
    "decision": "Decision",
    "deployment": "Deployment",
    "deployments": "Deployments",
    "disposal": "What became of it",
    "document": "Hash of the application",
    "dpia": "Hash of the impact assessment",
    "ends": "Ends",
    "engine": "Search engine",
    "entries": "Entries",
    "entry": "Entry",
    "false_alerts": "False alerts",
    "false_same": "Different people judged the same",
    "hash": "Hash of the file",
    "import": "Hash of the import",
    "item": "Sign or notice",
    "key": "Hash of the key",
    "kind": "Kind",
    "light": "Light",
    "list": "Hash of the list",
    "method": "By",
    "mismatches": "Pairs of different people",
    "necessity": "Why necessary",
    "note": "Note",
    "outcome": "Outcome",
    "pairs": "Pairs",
    "pass": "Pass",
    "passed": "Passed",
    "person": "Person",
    "pictures": "Pictures",
    "policy": "Hash of the policy",
    "process": "Process",
    "proportionality": "Why proportionate",
    "purpose": "Purpose",
    "ratify_by": "To be ratified by",
    "reason": "Reason",
    "reference": "Reference",
    "rejected": "Rejected",
    "right": "Right",
    "role": "Role",
    "seconded_by": "Seconded by",
    "sensitive": "Sensitive sites",
    "set": "Hash of the pairs",
    "sources": "Sources",
    "stop": "Stop",
    "threshold": "Threshold",
    "trial": "Trial",
    "until": "Until",
    "urgent": "Urgent",
    "verdict": "Verdict",
    "version": "Version",
    "what": "What",
    "where_reason": "Why here",
}

_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "decision": DECISIONS,
    "disposal": DISPOSALS,
    "kind": STOP_STEPS,
    "outcome": OUTCOMES,
    "role": ROLES,
    "verdict": VERDICTS,
    "purpose": {"list": "the list", "alerts": "alerts", "context": "context pictures"},
    "method": {"password": "password", "passkey": "passkey", "link": "one-time link"},
}


def sentence(kind: str, facts: Mapping[str, Json]) -> str:
    """What the entry tells; a kind of a newer version is named as it stands."""
    if kind not in SENTENCES:
        return _plain(kind)
    return translated(SENTENCES[Kind(kind)]).format_map({name: value_words(name, facts[name]) for name in facts})


def kind_words(kind: Kind) -> str:
    """The kind's own name: what stands before the colon."""
    return translated(SENTENCES[kind]).split(":", 1)[0]


def fact_name(name: str) -> str:
    return translated(FACT_NAMES[name]) if name in FACT_NAMES else _plain(name)


def value_words(name: str, value: Json) -> str:
    if isinstance(value, bool):
        return translated("Yes") if value else translated("No")
    if name == "authority" and isinstance(value, int):
        return translated(AUTHORITY[value]) if value in AUTHORITY else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str):
        known = _VALUES.get(name, {}).get(value)
        return translated(known) if known else _time(value) or _code(value)
    if isinstance(value, list):
        return ", ".join(value_words(name, item) for item in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{_plain(key)} {value_words('', count)}" for key, count in value.items()) or "–"
    return "–"


def _time(value: str) -> str | None:
    try:
        moment = from_text(value)
        return moment.strftime("%d %b %Y %H:%M:%S UTC") if to_text(moment) == value else None
    except ValueError:
        return None


def _code(value: str) -> str:
    """A code is made of small letters and _; everything else is shown as it is."""
    is_code = value.replace("_", "").isalnum() and value.isascii() and value == value.lower() and "_" in value
    return value.replace("_", " ") if is_code else value


def _plain(code: str) -> str:
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]
