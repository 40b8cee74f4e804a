"""What stands between a deployment and a search, as a checklist: each line done, or with what is missing."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from alerts.application import Application, missing
from alerts.authority import Facts, Obstacle, obstacles
from operator_ui.language import told, translated

LINES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("terms", "Window, cameras, threshold and policy are those of the application", ("camera", "threshold", "policy")),
    ("signed", "Signed for by an officer who neither drafted it nor built its list",
     ("not_authorised", "authority", "no_reference", "not_ratified", "no_builder")),
    ("list", "List built, sealed and fresh",
     ("no_list", "nobody_listed", "list_erased", "list_old", "list_long", "list_above_cap", "contract")),
    ("signage", "Signage seen to be in place", ("signage",)),
    ("window", "Within its window", ("before_window", "after_window", "clock_back")),
    ("place", "Within its place", ("no_position", "outside")),
    ("started", "Started by an operator", ("not_running",)),
)  # fmt: skip
"""(code, words when done, obstacles that undo it). What no line names stands in a line of its own."""
OPERATIONAL_ONLY = ("signed", "signage", "place")


class Check(msgspec.Struct, frozen=True):
    code: str
    words: str
    done: bool
    missing: list[str]


def checklist(facts: Facts, now: datetime) -> list[Check]:
    found = obstacles(facts, now)
    if facts.document is None or facts.policy is None:
        return [Check("altered", translated("The application as it was signed for"), False, _sentences(found))]
    operational = isinstance(facts.document, Application)
    checks = [_application(facts, facts.document, now)] if isinstance(facts.document, Application) else []
    named = {code for _, _, codes in LINES for code in codes}
    for code, words, codes in LINES:
        sentences = _sentences(one for one in found if one.code in codes)
        left_out = (code in OPERATIONAL_ONLY and not operational) or (code == "place" and facts.rig.position is None)
        if sentences or not left_out:
            checks.append(Check(code, translated(words), not sentences, sentences))
    rest = _sentences(one for one in found if one.code not in named)
    return [*checks, *([Check("rest", translated("Everything else is in order"), False, rest)] if rest else [])]


def _application(facts: Facts, document: Application, now: datetime) -> Check:
    """Asked until it is submitted; after that it does not change any more."""
    faults: list[str] = []
    if facts.deployment.state == "draft" and facts.policy is not None:
        faults = [told(fault) for fault in missing(document, facts.policy.policy, now)]
    return Check("application", translated("The application is complete"), not faults, faults)


def _sentences(found: Iterable[Obstacle]) -> list[str]:
    return [told(one.sentence) for one in found]
