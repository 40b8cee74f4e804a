"""Which step an alert has reached for one viewer, and what that viewer may see. Pure: values in, values out."""

from dataclasses import dataclass, field
from typing import Literal

from alerts.bluelist import READERS as READ_PASSES
from alerts.decisions import OFFICERS, REVIEWERS
from records.schema import FINAL_STATES, Alert

Step = Literal["review", "wait", "hold", "decide", "stop", "read"]
"""review: judge now. wait: judged, another person must look. hold: reviewers are at work, nothing to do or see.
decide: confirmed, stop or do not engage. stop: a stop is open. read: nothing to do, only to read."""

UNDECIDED = ("waiting", "in_review", "second_review")
SEES_ALERTS = ("operator", "engagement_officer", "auditor")
"""Roles that may open an alert. To everybody else its pictures are closed at any time."""
FOLLOWS = ("operator", "engagement_officer", "auditor", "authorising_officer", "list_builder")
"""Roles that follow a deployment. An administrator manages accounts, and sees no alert and no entry."""


READS_LEDGER = ("auditor", "authorising_officer")


@dataclass(frozen=True)
class Viewer:
    """Who looks: the person of a live session."""

    person_id: str
    name: str
    role: str
    csrf: str
    sign_in: str = ""
    """Hash of the session's token."""
    one_time: bool = False
    """Signed in with a one-time password: nothing but choosing another comes before."""
    idle_s: float = field(default=900.0, compare=False)
    """After this long without a sign of the person the session is locked."""
    qualified: bool = field(default=False, compare=False)
    """Has an in-date test of face matching, which some policies ask of those who judge."""

    @property
    def follows(self) -> bool:
        return self.role in FOLLOWS

    @property
    def reads_passes(self) -> bool:
        return self.role in READ_PASSES

    @property
    def reads_ledger(self) -> bool:
        return self.role in READS_LEDGER

    @property
    def sees_alerts(self) -> bool:
        return self.role in SEES_ALERTS


def has_judged(alert: Alert, viewer: Viewer) -> bool:
    return any(made.reviewer_id == viewer.person_id for made in alert.adjudications)


def may_judge(alert: Alert, viewer: Viewer) -> bool:
    """As far as role and qualification go."""
    return viewer.role in REVIEWERS and (viewer.qualified or not alert.deployment.qualified_only)


def revealed(alert: Alert) -> bool:
    """Whether the confirmations of the policy were given: only then are entry and similarity shown, and for good."""
    same = {made.reviewer_id for made in alert.adjudications if made.verdict == "same"}
    doubted = any(made.verdict != "same" for made in alert.adjudications)
    return alert.state not in UNDECIDED and not doubted and len(same) >= alert.deployment.confirmations


def step_for(alert: Alert, viewer: Viewer) -> Step:
    if alert.state in UNDECIDED:
        if has_judged(alert, viewer):
            return "wait"
        return "review" if may_judge(alert, viewer) else "hold"
    if viewer.role in OFFICERS and alert.state == "confirmed":
        return "decide"
    if viewer.role in OFFICERS and alert.state == "engaged":
        return "stop"
    return "read"


def shown_state(alert: Alert, viewer: Viewer) -> str:
    """The state as this viewer may know it: who may still judge must not learn that somebody said "same" already."""
    if alert.state == "second_review" and viewer.role in REVIEWERS and not has_judged(alert, viewer):
        return "in_review"
    return alert.state


def sees_faces(alert: Alert, viewer: Viewer) -> bool:
    """Reviewers who may judge see the pictures from the start, everybody else once people have decided."""
    if not viewer.sees_alerts:
        return False
    return step_for(alert, viewer) in ("review", "wait") or revealed(alert) or alert.state in FINAL_STATES
