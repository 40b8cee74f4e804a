"""What the ledger may say: a closed list of kinds, each with its facts and their types.

Nothing here can hold a face, a template, a name or a score: facts are ids, counts, states, hashes, times and codes from
closed lists. The few texts that a person types (why a search is necessary, why a threshold was raised) are short, and
refused where they look like encoded data. That such a text names nobody is up to the people who write it: the pages
that ask for one must say that it is kept for good.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from records.canonical import LARGEST, Json
from records.errors import LedgerError
from records.schema import (
    COMPLAINT_OUTCOMES,
    DISPOSALS,
    KEY_PURPOSES,
    OFFICER_DECISIONS,
    OUTCOMES,
    STEPS_OF_A_STOP,
    TRIAL_KINDS,
    VERDICTS,
)
from records.times import from_text, to_text

SYSTEM_ACTORS = ("rig", "console")
"""Who acts where it is no person with an account: the software by itself, or somebody at its command line."""

_MOST_TEXT = 2000
_MOST_NUMBERS = 24
_LONGEST_WORD = 60
_MOST_ITEMS = 32


class Kind(StrEnum):
    DEPLOYMENT_DRAFTED = "deployment_drafted"
    DEPLOYMENT_SUBMITTED = "deployment_submitted"
    DEPLOYMENT_TAKEN_BACK = "deployment_taken_back"
    DEPLOYMENT_AUTHORISED = "deployment_authorised"
    DEPLOYMENT_RATIFIED = "deployment_ratified"
    DEPLOYMENT_REFUSED = "deployment_refused"
    DEPLOYMENT_STARTED = "deployment_started"
    DEPLOYMENT_PAUSED = "deployment_paused"
    DEPLOYMENT_RESUMED = "deployment_resumed"
    DEPLOYMENT_ENDED = "deployment_ended"
    DEPLOYMENT_ERASED = "deployment_erased"
    SIGNAGE_CHECKED = "signage_checked"
    THRESHOLD_PROPOSED = "threshold_proposed"
    THRESHOLD_RAISED = "threshold_raised"
    ENTRIES_IMPORTED = "entries_imported"
    LIST_BUILT = "list_built"
    LIST_LOADED = "list_loaded"
    LIST_ERASED = "list_erased"
    ENTRY_VIEWED = "entry_viewed"
    ENTRY_EXPIRED = "entry_expired"
    ENTRY_WITHDRAWN = "entry_withdrawn"
    ENTRY_QUARANTINED = "entry_quarantined"
    ENTRY_RESTORED = "entry_restored"
    ENTRY_NOTED = "entry_noted"
    STATUS_ASKED = "status_asked"
    LISTING_ASKED = "listing_asked"
    ALERT_RAISED = "alert_raised"
    ALERT_SIGHTED = "alert_sighted"
    ALERT_SUPPRESSED = "alert_suppressed"
    ALERT_VIEWED = "alert_viewed"
    ALERT_ADJUDICATED = "alert_adjudicated"
    ALERT_CONFIRMED = "alert_confirmed"
    ALERT_CLOSED = "alert_closed"
    ALERT_EXPIRED = "alert_expired"
    ALERT_HELD = "alert_held"
    ALERT_RELEASED = "alert_released"
    ALERTS_ERASED = "alerts_erased"
    COMPLAINT_OPENED = "complaint_opened"
    COMPLAINT_CLOSED = "complaint_closed"
    OFFICER_DECIDED = "officer_decided"
    STOP_LOGGED = "stop_logged"
    STOP_STEP = "stop_step"
    STOP_CLOSED = "stop_closed"
    PERSON_ADDED = "person_added"
    PERSON_DEACTIVATED = "person_deactivated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of entry
    PASSWORD_RESET = "password_reset"  # noqa: S105 - as above
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PAIRS_IMPORTED = "pairs_imported"
    PAIRS_REMOVED = "pairs_removed"
    TRIAL_ENDED = "trial_ended"
    OPERATOR_QUALIFIED = "operator_qualified"
    PASS_LOGGED = "pass_logged"  # noqa: S105 - as above
    PASS_WITHDRAWN = "pass_withdrawn"  # noqa: S105 - as above
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    EXPORT_MADE = "export_made"
    RIG_STARTED = "rig_started"
    RIG_STOPPED = "rig_stopped"
    KEY_CREATED = "key_created"
    KEY_DESTROYED = "key_destroyed"
    CERTIFICATE_ISSUED = "certificate_issued"


@dataclass(frozen=True)
class Field:
    """The type of a fact."""

    what: str
    accepts: Callable[[Any], bool]
    required: bool = True


def maybe(field: Field) -> Field:
    return replace(field, required=False)


def one_of(*values: str) -> Field:
    return Field(f"one of {', '.join(values)}", lambda value: isinstance(value, str) and value in values)


def _like(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and to_text(from_text(value)) == value
    except ValueError:
        return False


def _is_text(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value.strip()) <= len(value) <= _MOST_TEXT
        and all(character.isprintable() or character == "\n" for character in value)
        and all(len(word) <= _LONGEST_WORD for word in value.split())
        and len(re.findall(r"[0-9]+(?:[.,][0-9]+)*", value)) <= _MOST_NUMBERS
    )


def _is_counts(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_ITEMS
        and all(CODE.accepts(name) and _is_count(count) for name, count in value.items())
    )


def _is_codes(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_ITEMS and all(CODE.accepts(item) for item in value)


ID = Field("an id (UUID)", _is_id)
COUNT = Field("a count", _is_count)
YES_NO = Field("true or false", lambda value: isinstance(value, bool))
TIME = Field("a time in UTC", _is_time)
HASH = Field("a SHA-256 in 64 hexadecimal digits", _like(r"[0-9a-f]{64}"))
DECIMAL = Field("a decimal number as text", _like(r"-?[0-9]{1,4}(\.[0-9]{1,6})?"))
CODE = Field("a code (small letters, digits and _)", _like(r"[a-z][a-z0-9_]{0,39}"))
CODES = Field(f"a list of at most {_MOST_ITEMS} codes", _is_codes)
COUNTS = Field(f"at most {_MOST_ITEMS} counts by code", _is_counts)
NAME = Field("the name of a camera, process or file of the rig", _like(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}"))
REFERENCE = Field("a reference of at most 64 characters", _like(r"[A-Za-z0-9][A-Za-z0-9 ./_+-]{0,63}"))
TEXT = Field(f"a text of at most {_MOST_TEXT} characters, in words", _is_text)

_DEPLOYMENT = {"deployment": ID}
_ALERT = {"alert": ID}
_ENTRY = {"deployment": ID, "entry": ID}
_KEY = {"deployment": ID, "purpose": one_of(*KEY_PURPOSES)}

FACTS: Mapping[Kind, Mapping[str, Field]] = MappingProxyType(
    {
        Kind.DEPLOYMENT_DRAFTED: _DEPLOYMENT | {"kind": one_of("test", "operational"), "document": HASH},
        Kind.DEPLOYMENT_SUBMITTED: _DEPLOYMENT
        | {
            "document": HASH,
            "purpose": CODE,
            "necessity": TEXT,
            "proportionality": TEXT,
            "alternatives": TEXT,
            "where_reason": TEXT,
            "begins": TIME,
            "ends": TIME,
            "cameras": COUNT,
            "threshold": DECIMAL,
            "policy": HASH,
            "dpia": HASH,
            "sensitive": CODES,
            "urgent": YES_NO,
        },
        Kind.DEPLOYMENT_TAKEN_BACK: _DEPLOYMENT,
        Kind.DEPLOYMENT_AUTHORISED: _DEPLOYMENT
        | {"document": HASH, "urgent": YES_NO, "ratify_by": maybe(TIME), "reference": maybe(REFERENCE)},
        Kind.DEPLOYMENT_RATIFIED: _DEPLOYMENT | {"document": HASH, "reference": maybe(REFERENCE)},
        Kind.DEPLOYMENT_REFUSED: _DEPLOYMENT | {"reason": TEXT},
        Kind.DEPLOYMENT_STARTED: _DEPLOYMENT | {"list": HASH, "contract": HASH, "policy": HASH, "threshold": DECIMAL},
        Kind.DEPLOYMENT_PAUSED: _DEPLOYMENT | {"reason": CODE, "note": maybe(TEXT)},
        Kind.DEPLOYMENT_RESUMED: _DEPLOYMENT | {"reason": CODE, "note": maybe(TEXT)},
        Kind.DEPLOYMENT_ENDED: _DEPLOYMENT | {"reason": CODE, "counts": COUNTS},
        Kind.DEPLOYMENT_ERASED: _DEPLOYMENT | {"counts": COUNTS},
        Kind.SIGNAGE_CHECKED: _DEPLOYMENT | {"item": CODE},
        Kind.THRESHOLD_PROPOSED: _DEPLOYMENT | {"before": DECIMAL, "after": DECIMAL, "reason": TEXT},
        Kind.THRESHOLD_RAISED: _DEPLOYMENT | {"before": DECIMAL, "after": DECIMAL, "seconded_by": ID, "reason": TEXT},
        Kind.ENTRIES_IMPORTED: _DEPLOYMENT
        | {"import": HASH, "accepted": COUNT, "rejected": COUNT, "pictures": COUNT, "codes": COUNTS},
        Kind.LIST_BUILT: _DEPLOYMENT
        | {
            "list": HASH,
            "contract": HASH,
            "entries": COUNT,
            "pictures": COUNT,
            "rejected": COUNT,
            "categories": COUNTS,
            "sources": COUNTS,
            "ages": COUNTS,
            "above_cap": maybe(TEXT),
        },
        Kind.LIST_LOADED: _DEPLOYMENT | {"list": HASH, "entries": COUNT, "engine": CODE, "process": NAME},
        Kind.LIST_ERASED: _DEPLOYMENT | {"list": HASH, "entries": COUNT, "pictures": COUNT},
        Kind.ENTRY_VIEWED: _ENTRY | {"reason": CODE},
        Kind.ENTRY_EXPIRED: _ENTRY,
        Kind.ENTRY_WITHDRAWN: _ENTRY | {"reason": CODE},
        Kind.ENTRY_QUARANTINED: _ENTRY | {"false_alerts": COUNT},
        Kind.ENTRY_RESTORED: _ENTRY | {"reason": TEXT},
        Kind.ENTRY_NOTED: _ENTRY,
        Kind.STATUS_ASKED: _DEPLOYMENT | {"counts": COUNTS},
        Kind.LISTING_ASKED: {"deployments": COUNT},
        Kind.ALERT_RAISED: _ALERT
        | _ENTRY
        | {"camera": NAME, "list": HASH, "contract": HASH, "threshold": DECIMAL, "engine": CODE},
        Kind.ALERT_SIGHTED: _ALERT | {"camera": NAME},
        Kind.ALERT_SUPPRESSED: _ENTRY | {"reason": CODE},
        Kind.ALERT_VIEWED: _ALERT | {"reason": CODE},
        Kind.ALERT_ADJUDICATED: _ALERT | {"verdict": one_of(*VERDICTS)},
        Kind.ALERT_CONFIRMED: _ALERT | {"confirmations": COUNT},
        Kind.ALERT_CLOSED: _ALERT | {"outcome": one_of(*OUTCOMES)},
        Kind.ALERT_EXPIRED: _ALERT,
        Kind.ALERT_HELD: _ALERT | {"reference": REFERENCE, "until": TIME},
        Kind.ALERT_RELEASED: _ALERT,
        Kind.ALERTS_ERASED: _DEPLOYMENT | {"alerts": COUNT, "pictures": COUNT},
        Kind.COMPLAINT_OPENED: _DEPLOYMENT | {"complaint": ID, "alert": maybe(ID), "reference": REFERENCE},
        Kind.COMPLAINT_CLOSED: _DEPLOYMENT | {"complaint": ID, "outcome": one_of(*COMPLAINT_OUTCOMES)},
        Kind.STOP_LOGGED: _ALERT | {"stop": ID},
        Kind.OFFICER_DECIDED: _ALERT | {"decision": one_of(*OFFICER_DECISIONS)},
        Kind.STOP_STEP: _ALERT | {"stop": ID, "kind": one_of(*STEPS_OF_A_STOP), "reason": maybe(CODE)},
        Kind.STOP_CLOSED: _ALERT | {"stop": ID, "outcome": one_of(*OUTCOMES), "disposal": maybe(one_of(*DISPOSALS))},
        Kind.PAIRS_IMPORTED: {"set": HASH, "pairs": COUNT, "mismatches": COUNT, "bases": COUNTS},
        Kind.PAIRS_REMOVED: {"set": HASH, "pairs": COUNT},
        Kind.TRIAL_ENDED: {
            "trial": ID,
            "kind": one_of(*TRIAL_KINDS),
            "pairs": COUNT,
            "right": COUNT,
            "false_same": COUNT,
            "passed": maybe(YES_NO),
        },
        Kind.OPERATOR_QUALIFIED: {"person": ID, "until": TIME, "reference": maybe(REFERENCE)},
        Kind.PASS_LOGGED: _ENTRY | {"pass": ID, "camera": NAME, "light": CODE},
        Kind.PASS_WITHDRAWN: _ENTRY | {"pass": ID},
        Kind.PERSON_ADDED: {"person": ID, "role": CODE, "authority": maybe(COUNT)},
        Kind.PERSON_DEACTIVATED: {"person": ID},
        Kind.PASSWORD_CHANGED: {},
        Kind.PASSWORD_RESET: {"person": ID},
        Kind.PASSKEY_ADDED: {},
        Kind.PASSKEY_REMOVED: {},
        Kind.SIGNED_IN: {"method": one_of("password", "passkey", "link")},
        Kind.SIGNED_OUT: {"person": ID, "reason": one_of("asked", "idle", "deactivated", "password")},
        Kind.SIGN_IN_FAILED: {"person": maybe(ID), "reason": CODE},
        Kind.EXPORT_MADE: {"deployment": maybe(ID), "what": CODE, "reason": CODE, "hash": maybe(HASH)},
        Kind.RIG_STARTED: {"version": REFERENCE, "configuration": HASH},
        Kind.RIG_STOPPED: {"reason": CODE},
        Kind.KEY_CREATED: _KEY | {"key": HASH},
        Kind.KEY_DESTROYED: _KEY | {"key": HASH, "counts": COUNTS},
        Kind.CERTIFICATE_ISSUED: _KEY | {"certificate": HASH},
    }
)
"""For each kind its facts. Amounts with a fraction are decimal text, for example f"{threshold:.4f}"."""


def check(actor: str, kind: str, facts: Mapping[str, Json]) -> None:
    """Raises LedgerError for what the ledger does not take; the message never repeats the value."""
    if actor not in SYSTEM_ACTORS and not _is_id(actor):
        raise LedgerError(f"the ledger's actor is a person's id or one of {', '.join(SYSTEM_ACTORS)}")
    if kind not in FACTS:
        raise LedgerError(f"the ledger has no entries of the kind {kind!r:.60}")
    fields = FACTS[Kind(kind)]
    unknown = sorted(facts.keys() - fields.keys(), key=str)
    if unknown:
        raise LedgerError(f"{kind} has no fact named {unknown[0]!r:.60}; known are: {', '.join(fields) or 'none'}")
    for name, field in fields.items():
        if name in facts and not field.accepts(facts[name]):
            raise LedgerError(f"the fact {name} of {kind} must be {field.what}")
        if name not in facts and field.required:
            raise LedgerError(f"{kind} needs the fact {name}: {field.what}")
