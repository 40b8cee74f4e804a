"""What officers decide in person about a confirmed alert, and the stop that may follow. Each function is one step
inside one transaction.

A step that its officer repeats (a second tap, an answer that was lost on the way) changes nothing and is no fault; what
another has decided stands, and is said.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from alerts.decisions import Refused, get_alert, move
from alerts.states import AFTER_STOP, CLOSES_AS, Decided, Disposal, Outcome
from records.canonical import Json
from records.events import add_event
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.policy import Named, Policy, pin
from records.schema import Alert, Entry, OfficerDecision, Stop, StopStep

Reasoned = Literal["fingerprints", "force", "prolonged"]
"""Steps of a stop that need a reason of the policy's list."""
Who = Literal["entry", "other"]
"""Whose identity was accepted: the person of the entry, or somebody else."""


def stale(session: Session, alert: Alert, now: datetime) -> str | None:
    """Why the alert's entry does not stand any more (withdrawn, expired, quarantined): no stop follows from it."""
    entry = session.get(Entry, alert.subject_id)
    if entry is None:
        return "withdrawn"
    if entry.state != "active":
        return entry.state
    return "expired" if entry.expires_at <= now else None


def decide_in_person(session: Session, alert_id: str, officer_id: str, decision: Decided, now: datetime) -> Alert:
    """The officer's final decision not to stop anybody: closes the alert. Raises NotFound, Refused."""
    alert = get_alert(session, alert_id)
    if decision not in CLOSES_AS:
        raise Refused("a stop is logged with its reason, not by this decision alone")
    if not _is_new(session, alert, officer_id, decision):
        return alert
    _decide(session, alert, officer_id, decision, now)
    move(session, alert, "closed", officer_id, now, CLOSES_AS[decision])
    return alert


def log_stop(session: Session, alert_id: str, officer_id: str, reason: str, now: datetime) -> Stop:
    """The officer engages, and stops the person: decision and stop at once. Raises NotFound, Refused.

    Only after the confirmations of the policy, and of an entry that still stands; the database checks both again.
    """
    alert = get_alert(session, alert_id)
    if not _is_new(session, alert, officer_id, "engage"):
        assert alert.stop is not None
        return alert.stop
    gone = stale(session, alert, now)
    if gone is not None:
        raise Refused(f"the entry is {gone}: no stop follows from it; close the alert as a stale entry")
    if not reason.strip():
        raise Refused("say in a few words why the person was stopped")
    _decide(session, alert, officer_id, "engage", now)
    stop = Stop(id=new_id(), alert=alert, officer_id=officer_id, reason=reason.strip(), started_at=now)
    session.add(stop)
    session.flush()
    append(session, officer_id, Kind.STOP_LOGGED, {"alert": alert.id, "stop": stop.id}, now)
    move(session, alert, "engaged", officer_id, now)
    return stop


def log_step(
    session: Session, alert_id: str, officer_id: str, kind: Reasoned, reason: str, now: datetime, step_id: str
) -> StopStep:
    """Something done during the open stop, with its reason: a code of the policy's list for it.

    `step_id`: chosen by who sends it, so that a step sent twice is logged once. Raises NotFound, Refused.
    """
    known, logged = session.get(StopStep, step_id), get_alert(session, alert_id).stop
    if known and logged and (known.stop_id, known.kind, known.reason) == (logged.id, kind, reason):
        return known
    stop, policy = _open_stop(session, alert_id)
    codes = [named.code for named in reasons_for(policy, kind)]
    if not codes:
        raise Refused(f"the policy has no reasons for {_DOING[kind]}: it may not be done")
    if reason not in codes:
        raise Refused(f"{_DOING[kind]} needs a reason, one of: {', '.join(codes)}")
    if kind == "prolonged":
        due = prompt_at(stop, policy)
        if now < due:
            latest = _prolonged(stop)[-1:]
            if latest and (latest[0].officer_id, latest[0].reason) == (officer_id, reason):
                return latest[0]
            raise Refused("no reason is asked for yet: the stop has not lasted that long")
    return _step(session, stop, officer_id, kind, reason, now, step_id)


def accept_identity(
    session: Session, alert_id: str, officer_id: str, who: Who, disposal: Disposal | None, now: datetime
) -> Alert:
    """Ends the stop at once: it is known who the person is. For the person of the entry, say what became of him or her.

    Raises NotFound, Refused.
    """
    if who == "other":
        return end_stop(session, alert_id, officer_id, "confirmed_false", "no_further_action", now)
    if disposal is None:
        raise Refused("say what became of the person of the entry")
    return end_stop(session, alert_id, officer_id, "confirmed_true", disposal, now)


def end_stop(
    session: Session, alert_id: str, officer_id: str, outcome: Outcome, disposal: Disposal, now: datetime
) -> Alert:
    """Ends the open stop. An outcome that says who it was is an identity that was accepted, and is logged as that.

    Raises NotFound, Refused.
    """
    alert = get_alert(session, alert_id)
    if outcome not in AFTER_STOP:
        raise Refused(f"a stop ends as one of: {', '.join(AFTER_STOP)}")
    stop = alert.stop
    if stop is not None and stop.ended_at is not None and (stop.outcome, stop.disposal) == (outcome, disposal):
        return alert
    stop, _ = _open_stop(session, alert_id)
    if outcome != "undetermined":
        _step(session, stop, officer_id, "identity_accepted", None, now, new_id())
    stop.ended_at, stop.outcome, stop.disposal = now, outcome, disposal
    session.flush()
    facts: dict[str, Json] = {"alert": alert.id, "stop": stop.id, "outcome": outcome, "disposal": disposal}
    append(session, officer_id, Kind.STOP_CLOSED, facts, now)
    move(session, alert, "closed", officer_id, now, outcome)
    return alert


def reasons_for(policy: Policy, kind: Reasoned) -> Sequence[Named]:
    """The policy's list; an empty one means that it may not be done."""
    lists = {
        "fingerprints": policy.fingerprint_reasons,
        "force": policy.force_reasons,
        "prolonged": policy.prolonging_reasons,
    }
    return lists[kind]


def prompt_at(stop: Stop, policy: Policy) -> datetime:
    """From when on the stop needs a reason, or another one, to go on: each further span of the policy asks again."""
    span = timedelta(minutes=policy.review.prompt_minutes)
    answered = max(((step.at - stop.started_at) // span for step in _prolonged(stop)), default=0)
    return stop.started_at + (answered + 1) * span


_DOING = {"fingerprints": "asking for fingerprints", "force": "using force", "prolonged": "going on with the stop"}


def _is_new(session: Session, alert: Alert, officer_id: str, decision: Decided) -> bool:
    """False where this officer has decided just this already. Raises Refused where the alert takes no decision."""
    made = session.get(OfficerDecision, alert.id)
    if made is not None:
        if (made.officer_id, made.decision) == (officer_id, decision):
            return False
        who = "you have" if made.officer_id == officer_id else f"{made.officer.name} has"
        raise Refused(f"{who} decided about this alert already, at {made.at:%H:%M:%S} UTC: it stands")
    if alert.state != "confirmed":
        # Not its state: whoever may still judge must not learn that somebody has.
        over = alert.state in ("closed", "expired")
        raise Refused(
            "this alert is over: nothing is left to decide"
            if over
            else "an officer decides, and a stop is logged, after the confirmations that the policy asks for"
        )
    return True


def _decide(session: Session, alert: Alert, officer_id: str, decision: Decided, now: datetime) -> None:
    session.add(OfficerDecision(alert_id=alert.id, officer_id=officer_id, decision=decision, at=now))
    session.flush()
    append(session, officer_id, Kind.OFFICER_DECIDED, {"alert": alert.id, "decision": decision}, now)


def _open_stop(session: Session, alert_id: str) -> tuple[Stop, Policy]:
    alert = get_alert(session, alert_id)
    if alert.stop is None:
        raise Refused("no stop is open for this alert")
    if alert.stop.ended_at is not None:
        raise Refused(f"this stop ended at {alert.stop.ended_at:%H:%M:%S} UTC")
    return alert.stop, pin(alert.deployment.policy).policy


def _prolonged(stop: Stop) -> list[StopStep]:
    return [step for step in stop.steps if step.kind == "prolonged"]


def _step(
    session: Session, stop: Stop, officer_id: str, kind: str, reason: str | None, now: datetime, step_id: str
) -> StopStep:
    made = StopStep(id=step_id, stop_id=stop.id, officer_id=officer_id, kind=kind, reason=reason, at=now)
    session.add(made)
    session.flush()
    session.refresh(stop, ["steps"])
    told: dict[str, Json] = {"alert": stop.alert_id, "stop": stop.id, "kind": kind}
    append(session, officer_id, Kind.STOP_STEP, told | ({} if reason is None else {"reason": reason}), now)
    add_event(session, "step", stop.alert_id, now)
    return made
