"""What nobody may know of an alert before people have confirmed: the entry, and what speaks against trusting it."""

import logging
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from inference.calibration import CalibrationError, Odds, odds, read_basis
from operator_ui.cautions import OddsInWords, Warn, age_warning, odds_in_words, quality_warnings
from operator_ui.entries import EntryBook
from operator_ui.words import RESPONSE_NOTES
from records.policy import Policy, pin
from records.schema import Alert, BuiltList

log = logging.getLogger(__name__)


class Reveal(msgspec.Struct, frozen=True):
    label: str | None
    """None where the entry is not on a list any more, as all that follows up to the warnings."""
    category: str | None
    reason: str | None
    response: str | None
    response_words: str | None
    caution: str | None
    """Who is easily mistaken for this person."""
    status_checked_at: datetime | None
    """When the source last said that the person is still wanted."""
    warnings: list[Warn]
    odds: OddsInWords
    similarity: float
    threshold: float


def reveal_of(session: Session, alert: Alert, entries: EntryBook) -> Reveal:
    """Only for an alert that `operator_ui.steps.revealed` opens."""
    known = entries.known(alert.subject_id)
    policy = pin(alert.deployment.policy).policy
    return Reveal(
        label=known.label if known else None,
        category=known.category if known else None,
        reason=known.reason if known else None,
        response=known.response if known else None,
        response_words=RESPONSE_NOTES[known.response] if known else None,
        caution=known.caution if known else None,
        status_checked_at=known.status_checked_at if known else None,
        warnings=_warnings(alert, entries, policy),
        odds=odds_in_words(_odds(session, alert, policy)),
        similarity=alert.similarity,
        threshold=alert.threshold,
    )


def _warnings(alert: Alert, entries: EntryBook, policy: Policy) -> list[Warn]:
    found: list[Warn] = []
    best = next((picture for picture in alert.pictures if picture.kind == "look"), None)
    if best is not None and best.measures is not None:
        found += quality_warnings(best.measures)
    taken = [picture.taken for picture in entries.references(alert.subject_id)]
    old = age_warning(taken, alert.captured_at.date(), policy.lists.old_picture_years)
    return [*found, old] if old else found


def _odds(session: Session, alert: Alert, policy: Policy) -> Odds | None:
    built = session.get(BuiltList, alert.deployment_id)
    if built is None or built.calibration is None:
        return None
    try:
        basis = read_basis(built.calibration)
    except CalibrationError as error:
        log.error("alert %s is shown without odds: %s", alert.id, error)
        return None
    if basis.contract != alert.contract:
        return None
    return odds(basis, alert.similarity, max(built.pictures, 1), policy.review.passers_by_per_listed)
