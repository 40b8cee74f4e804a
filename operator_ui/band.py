"""The band on every page: which deployment there is, whether it searches, and the button that pauses it."""

import msgspec
from sqlalchemy.orm import Session

from alerts.deployments import PAUSERS
from alerts.present import present_deployment
from operator_ui.steps import Viewer
from operator_ui.words import DEPLOYMENT_STATES
from records.policy import pin


class BandView(msgspec.Struct, frozen=True):
    """`deployment` is None where there is none."""

    deployment: str | None = None
    name: str = ""
    kind: str = ""
    state: str = ""
    state_words: str = ""
    pause_reasons: dict[str, str] = {}
    """Code -> words; empty for who may not pause, and while nothing runs."""


def read_band(session: Session, viewer: Viewer) -> BandView:
    found = present_deployment(session)
    if found is None:
        return BandView()
    may_pause = viewer.role in PAUSERS and found.state == "running"
    reasons = {reason.code: reason.words for reason in pin(found.policy).policy.pause_reasons} if may_pause else {}
    return BandView(found.id, found.name, found.kind, found.state, DEPLOYMENT_STATES[found.state], reasons)
