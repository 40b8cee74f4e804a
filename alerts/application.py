"""The application for a deployment: what is asked for, why, where, when and with what, in the drafter's words.

Its canonical JSON is stored with the deployment and signed for by hash. `missing` names all that stands against
submitting it (R (Bridges) [2020] EWCA Civ 1058, paragraphs 124 and 130; College of Policing APP; ICO opinion of 2021).
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec

from alerts.places import Place, faults
from records.canonical import Json, decode, encode
from records.errors import NotCanonical, RecordsError
from records.facts import TEXT
from records.policy import Policy
from records.times import to_text

LONGEST = timedelta(hours=24)
"""Longest window: the list may be used for a day, and longer needs a new authority."""

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ApplicationError(RecordsError):
    """An application that cannot be read, or is not fit to be submitted; the message names what is missing."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Calibration(_Section, frozen=True):
    """The measurement that the threshold rests on."""

    data_set: str
    fpir: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    """False positive identification rate (ISO/IEC 19795-1) that the threshold was chosen for."""
    entries: Annotated[int, msgspec.Meta(ge=1)]
    """Entries on the list of that measurement: a longer list has a higher rate at the same threshold."""
    threshold: Annotated[float, msgspec.Meta(gt=-1, lt=1)]
    contract: Hash
    """The embedding contract of the models that were measured."""


class Assessment(_Section, frozen=True):
    """The data protection impact assessment."""

    hash: Hash
    """SHA-256 of the document."""
    version: str
    review_by: date


class Application(_Section, frozen=True, tag_field="kind", tag="operational"):
    name: str
    purpose: str
    """A code of the policy's purposes."""
    necessity: str
    proportionality: str
    alternatives: str
    """Less intrusive means that were considered, and why they do not suffice."""
    where_reason: str
    """Why the people of the list are expected at this place and time."""
    place: Place
    begins: Moment
    ends: Moment
    cameras: tuple[str, ...]
    threshold: Annotated[float, msgspec.Meta(gt=-1, lt=1)]
    calibration: Calibration
    dpia: Assessment
    sensitive: tuple[str, ...]
    """Codes of the policy's sensitive sites that the place touches. Never left out: an empty list is a statement."""
    urgent: bool = False
    urgent_reason: str = ""


class ApplicationOfTest(_Section, frozen=True, tag_field="kind", tag="test"):
    """What a test with consenting volunteers is begun with."""

    name: str
    begins: Moment
    ends: Moment
    cameras: tuple[str, ...]
    threshold: Annotated[float, msgspec.Meta(gt=-1, lt=1)]


Document: TypeAlias = Application | ApplicationOfTest


def read_application(file: Path) -> Application:
    """From TOML, or from JSON where the file's name ends so. Raises ApplicationError, which names file and key."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ApplicationError(
            f"{file}: the application cannot be read; begin with deploy/deployments/example.toml"
        ) from error
    decoder = msgspec.json.decode if file.suffix == ".json" else msgspec.toml.decode
    try:
        found: Application = decoder(text, type=Application)
        document(found)
    except (msgspec.ValidationError, msgspec.DecodeError, NotCanonical) as error:
        raise ApplicationError(f"{file}: {error}") from error
    return found


def document(application: Document) -> str:
    """Canonical JSON; numbers with a fraction as decimal text, times in UTC. Raises NotCanonical."""
    plain = msgspec.to_builtins(application, builtin_types=(datetime, date))
    return encode(_canonical(plain)).decode()


def document_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_document(text: str) -> Document:
    """The application of a stored document. Raises ApplicationError."""
    try:
        found: Document = msgspec.convert(decode(text.encode()), Application | ApplicationOfTest, strict=False)
    except (msgspec.ValidationError, NotCanonical) as error:
        raise ApplicationError(f"the deployment's document cannot be read: {error}") from error
    return found


def missing(application: Application, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Sentences that name everything that stands against submitting it at this time; empty for a fit one."""
    return (
        *_missing_words(application),
        *_missing_codes(application, policy),
        *faults(application.place),
        *_missing_window(application, now),
        *_missing_threshold(application),
    )


def warnings(application: Application, policy: Policy, now: datetime) -> tuple[str, ...]:
    """What an authorising officer should know and weigh: documents that are due for review."""
    today = now.date()
    found = []
    if application.dpia.review_by < today:
        found.append(f"the impact assessment was due for review on {application.dpia.review_by}")
    if policy.review_by < today:
        found.append(f"the policy {policy.name!r} was due for review on {policy.review_by}")
    return tuple(found)


def _missing_words(application: Application) -> list[str]:
    found = ["name is empty"] if not application.name.strip() else []
    asked = {
        "necessity": "necessity is empty: say why the search is necessary",
        "proportionality": "proportionality is empty: say why it is proportionate",
        "alternatives": "alternatives is empty: say which less intrusive means were considered,"
        " and why they do not suffice",
        "where_reason": "where_reason is empty: say why the people of the list are expected here",
    }
    if application.urgent:
        asked["urgent_reason"] = "urgent_reason is empty: say why it cannot wait for the usual authority"
    elif application.urgent_reason.strip():
        found.append("urgent_reason is given but urgent is not set: is it urgent?")
    for field, question in asked.items():
        text: str = getattr(application, field)
        if not text.strip():
            found.append(question)
        elif not TEXT.accepts(text):
            found.append(f"{field} must be {TEXT.what}: it is kept in the ledger for good, and names nobody")
    if not application.dpia.version.strip():
        found.append("dpia.version is empty: name the version of the impact assessment")
    if not application.calibration.data_set.strip():
        found.append("calibration.data_set is empty: name the data that the threshold was measured on")
    if not application.cameras:
        found.append("cameras is empty: name each camera that may search")
    found += [f"cameras names {name!r} twice" for name in _repeated(application.cameras)]
    found += ["cameras has an empty name" for name in application.cameras if not name.strip()]
    return found


def _missing_codes(application: Application, policy: Policy) -> list[str]:
    found = []
    if policy.test:
        found.append(f"the policy {policy.name!r} is for tests with volunteers: name an operational one")
    if policy.purpose(application.purpose) is None:
        known = ", ".join(purpose.code for purpose in policy.purposes)
        found.append(f"purpose {application.purpose!r} is not of the policy: use one of {known}")
    known = ", ".join(site.code for site in policy.sensitive_sites) or "none"
    for code in application.sensitive:
        if code not in (site.code for site in policy.sensitive_sites):
            found.append(f"sensitive site {code!r} is not of the policy: use those of {known}")
    return found


def _missing_window(application: Application, now: datetime) -> list[str]:
    if application.ends <= application.begins:
        return ["ends is not after begins"]
    found = []
    if application.ends <= now:
        found.append("the window is over: ends lies in the past")
    if application.ends - application.begins > LONGEST:
        found.append("the window is longer than 24 hours: ask for each day by itself")
    return found


def _missing_threshold(application: Application) -> list[str]:
    calibrated = application.calibration.threshold
    if application.threshold < calibrated:
        return [f"threshold {application.threshold:g} is below the calibrated one, {calibrated:g}: raise it"]
    return []


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _canonical(value: Any) -> Json:
    if isinstance(value, float):
        number = Decimal(repr(value))
        if not number.is_finite():
            raise NotCanonical(f"{value} is not a number that can be used")
        return format(number, "f")
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(inner) for inner in value]
    plain: Json = value
    return plain
