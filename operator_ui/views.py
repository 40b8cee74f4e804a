"""Alerts as a viewer may see them: rows in, plain values out. What is not in a view can be in no page and no answer."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.decisions import get_alert
from alerts.marks import SHOWN, Mark, from_stored
from alerts.second_look import ends_at, limit
from operator_ui.alert_rows import FOR_CARDS
from operator_ui.engagement import DecisionView, StopView, choices_after, decision_of, stale_for, stop_of, version_of
from operator_ui.entries import EntryBook
from operator_ui.language import translated
from operator_ui.reveal import Reveal, reveal_of
from operator_ui.steps import Step, Viewer, revealed, sees_faces, shown_state, step_for
from operator_ui.viewing import CARRY_THEIR_REASON
from operator_ui.words import FEATURES, OUTCOMES, STATES, VERDICTS
from records.schema import FINAL_STATES, OPEN_STATES, Alert
from records.times import to_text

MOST_LOOKS, MOST_REFERENCES = SHOWN["look"], SHOWN["reference"]
MOST_CLOSED = 200


URGENT: tuple[Step, ...] = ("stop", "decide", "review")
"""Steps in which the viewer is to act, the most pressing first."""


class Card(msgspec.Struct, frozen=True):
    """An alert in the queue or in the list of the closed ones."""

    id: str
    camera: str
    state: str
    state_words: str
    step: Step
    raised_at: datetime
    stored_at: datetime
    thumbnail: str | None
    outcome: str | None = None
    outcome_words: str | None = None
    closed_at: datetime | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks this viewer to act."""
        return self.step in URGENT

    @property
    def order(self) -> str:
        """Sorts the queue: what asks for this viewer first, the oldest first."""
        rank = URGENT.index(self.step) if self.step in URGENT else len(URGENT)
        return f"{rank} {to_text(self.stored_at)} {self.id}"


class ReferencePicture(msgspec.Struct, frozen=True):
    url: str
    taken: str | None


class Judgement(msgspec.Struct, frozen=True):
    reviewer: str
    verdict: str
    verdict_words: str
    similarities: list[str]
    differences: list[str]
    marks: list[Mark]
    """Where on the pictures."""
    made_at: datetime


class AlertView(Card, frozen=True):
    """An alert's card, and what else this viewer may know of it now."""

    looks: list[str] = []
    references: list[ReferencePicture] = []
    context: str | None = None
    confirmations: int = 1
    reveal: Reveal | None = None
    judgements: list[Judgement] = []
    decision: DecisionView | None = None
    """What the officer decided in person."""
    stop: StopView | None = None
    stale: str | None = None
    """Why the entry does not stand any more, while somebody may act on it: no stop follows."""
    second_seconds: float | None = None
    """How long another reviewer has after the first; None where one is enough."""
    until: datetime | None = None
    """To who has judged and waits: when that time is over."""
    version: str = ""
    """Another one: the page of the alert is to be drawn anew."""
    choices: dict[str, list[str]] = {}


def queue(session: Session, viewer: Viewer) -> list[Card]:
    """Open alerts: first what asks for this viewer, then the oldest first."""
    found = session.scalars(select(Alert).where(Alert.state.in_(OPEN_STATES)).options(*FOR_CARDS))
    return sorted((card_of(alert, viewer) for alert in found), key=lambda card: card.order)


def queued(alert: Alert, viewer: Viewer) -> Card | None:
    """An alert's card in the queue; None once it is closed or expired."""
    return card_of(alert, viewer) if alert.state in OPEN_STATES else None


def closed(session: Session, viewer: Viewer) -> list[Card]:
    """The last closed and expired alerts, newest first."""
    found = session.scalars(
        select(Alert)
        .where(Alert.state.in_(FINAL_STATES))
        .options(*FOR_CARDS)
        .order_by(Alert.closed_at.desc(), Alert.id.desc())
        .limit(MOST_CLOSED)
    )
    return [card_of(alert, viewer) for alert in found]


def card_of(alert: Alert, viewer: Viewer) -> Card:
    state, step = shown_state(alert, viewer), step_for(alert, viewer)
    # Only where the person is to act: elsewhere a reason is asked before a face is shown.
    shows = step in CARRY_THEIR_REASON and sees_faces(alert, viewer)
    has_look = any(picture.kind == "look" for picture in alert.pictures)
    return Card(
        id=alert.id,
        camera=alert.camera,
        state=state,
        state_words=translated(STATES[state]),
        step=step,
        raised_at=alert.raised_at,
        stored_at=alert.stored_at,
        thumbnail=f"/alerts/{alert.id}/thumbnail" if has_look and shows else None,
        outcome=alert.outcome,
        outcome_words=translated(OUTCOMES[alert.outcome]) if alert.outcome else None,
        closed_at=alert.closed_at,
    )


def alert_view(session: Session, alert_id: str, viewer: Viewer, entries: EntryBook, now: datetime) -> AlertView:
    """Raises NotFound."""
    alert = get_alert(session, alert_id)
    card, faces, shown = card_of(alert, viewer), sees_faces(alert, viewer), revealed(alert)
    decided = card.step in ("decide", "stop", "read")
    gone = stale_for(session, alert, card.step, now)
    base = f"/alerts/{alert.id}"
    looks = [picture.rank for picture in alert.pictures if picture.kind == "look"][:MOST_LOOKS] if faces else []
    pictures = entries.references(alert.subject_id)[:MOST_REFERENCES] if faces else ()
    has_context = any(picture.kind == "context" for picture in alert.pictures)
    return AlertView(
        **msgspec.structs.asdict(card),
        looks=[f"{base}/looks/{number}" for number in looks],
        references=[ReferencePicture(f"{base}/references/{n}", picture.taken) for n, picture in enumerate(pictures)],
        context=f"{base}/context" if faces and has_context else None,
        confirmations=alert.deployment.confirmations,
        reveal=reveal_of(session, alert, entries) if shown and faces else None,
        judgements=_judgements(alert) if decided else [],
        decision=decision_of(session, alert) if decided else None,
        stop=stop_of(alert) if decided else None,
        stale=gone,
        second_seconds=limit(alert.deployment.policy).total_seconds() if alert.deployment.confirmations > 1 else None,
        until=ends_at(alert) if card.step == "wait" else None,
        version=version_of(alert, card.step, gone),
        choices=_choices(alert, card.step, gone),
    )


def _choices(alert: Alert, step: Step, gone: str | None) -> dict[str, list[str]]:
    """What an API's client may send next."""
    if step == "review":
        return {"verdicts": list(VERDICTS), "features": list(FEATURES)}
    return choices_after(alert, step, gone)


def _judgements(alert: Alert) -> list[Judgement]:
    return [
        Judgement(
            reviewer=made.reviewer.name,
            verdict=made.verdict,
            verdict_words=translated(VERDICTS[made.verdict]),
            similarities=[FEATURES.get(name, name) for name in made.similarities],
            differences=[FEATURES.get(name, name) for name in made.differences],
            marks=from_stored(made.marks),
            made_at=made.made_at,
        )
        for made in alert.adjudications
    ]
