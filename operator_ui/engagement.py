"""What officers decided and did about an alert, as a viewer may see it: rows in, plain values out."""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from alerts.engagement import prompt_at, reasons_for, stale
from alerts.states import AFTER_STOP, CLOSES_AS
from operator_ui.steps import Step
from operator_ui.words import DECISIONS, DISPOSALS, STOP_STEPS
from records.policy import Policy, pin
from records.schema import DISPOSALS as ALL_DISPOSALS
from records.schema import Alert, OfficerDecision, Stop, StopStep


class DecisionView(msgspec.Struct, frozen=True):
    officer: str
    decision: str
    decision_words: str
    at: datetime


class StepView(msgspec.Struct, frozen=True):
    kind: str
    kind_words: str
    reason: str | None
    """In the policy's words."""
    officer: str
    at: datetime


class StopView(msgspec.Struct, frozen=True):
    id: str
    officer: str
    reason: str
    started_at: datetime
    prompt_at: datetime | None
    """From then on the open stop needs a reason to go on."""
    steps: list[StepView]
    ended_at: datetime | None = None
    minutes: float | None = None
    """How long it lasted, to a tenth."""
    disposal: str | None = None
    disposal_words: str | None = None


def decision_of(session: Session, alert: Alert) -> DecisionView | None:
    made = session.get(OfficerDecision, alert.id)
    return None if made is None else DecisionView(made.officer.name, made.decision, DECISIONS[made.decision], made.at)


def stop_of(alert: Alert) -> StopView | None:
    stop = alert.stop
    if stop is None:
        return None
    policy = pin(alert.deployment.policy).policy
    return StopView(
        id=stop.id,
        officer=stop.officer.name,
        reason=stop.reason,
        started_at=stop.started_at,
        prompt_at=prompt_at(stop, policy) if stop.ended_at is None else None,
        steps=[_step(step, policy) for step in stop.steps],
        ended_at=stop.ended_at,
        minutes=None if stop.ended_at is None else _minutes(stop.started_at, stop.ended_at),
        disposal=stop.disposal,
        disposal_words=DISPOSALS[stop.disposal] if stop.disposal else None,
    )


def stale_for(session: Session, alert: Alert, step: Step, now: datetime) -> str | None:
    """Why the entry does not stand any more, while somebody may act on it."""
    return stale(session, alert, now) if step in ("decide", "stop") else None


def version_of(alert: Alert, step: Step, gone: str | None) -> str:
    """Changes when the page of an alert is to be drawn anew; never with a vote that this viewer may not know of."""
    stop: Stop | None = alert.stop if step in ("stop", "read") else None
    return f"{step}-{gone or ''}-{len(stop.steps) if stop else ''}"


def choices_after(alert: Alert, step: Step, gone: str | None) -> dict[str, list[str]]:
    """What an API's client may send next."""
    if step == "decide":
        return {"decisions": [*CLOSES_AS, *([] if gone else ["engage"])]}
    if step == "stop":
        policy = pin(alert.deployment.policy).policy
        offered = offered_reasons(policy)
        return {
            "outcomes": list(AFTER_STOP),
            "disposals": list(ALL_DISPOSALS),
            **{f"{kind}_reasons": list(reasons) for kind, reasons in offered.items()},
        }
    return {}


def offered_reasons(policy: Policy) -> dict[str, dict[str, str]]:
    """For each step of a stop that the policy allows: code -> words."""
    found = {
        "fingerprints": reasons_for(policy, "fingerprints"),
        "force": reasons_for(policy, "force"),
        "prolonged": reasons_for(policy, "prolonged"),
    }
    return {kind: {named.code: named.words for named in reasons} for kind, reasons in found.items() if reasons}


def _step(step: StopStep, policy: Policy) -> StepView:
    offered = offered_reasons(policy).get(step.kind, {})
    reason = None if step.reason is None else offered.get(step.reason, step.reason)
    return StepView(step.kind, STOP_STEPS[step.kind], reason, step.officer.name, step.at)


def _minutes(began: datetime, ended: datetime) -> float:
    return round((ended - began).total_seconds() / 60, 1)
