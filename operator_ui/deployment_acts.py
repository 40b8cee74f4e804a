"""What one person may do with a deployment now. Pure: the page offers these and nothing else.

Whether an act goes through is decided where it is done (`alerts.deployments`, `alerts.signing`, `alerts.thresholds`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.application import Application
from alerts.authority import Facts, authority_needed
from alerts.deployments import CHECKERS, DRAFTERS, ENDERS, PAUSERS, STARTERS
from alerts.reasons import STOP_RULE
from alerts.signing import OFFICERS
from alerts.thresholds import RAISED_IN, RAISERS
from records.schema import BEGUN

Act = Literal[
    "change",
    "submit",
    "take_back",
    "authorise",
    "refuse",
    "ratify",
    "refuse_ratification",
    "check_signage",
    "start",
    "pause",
    "resume",
    "end",
    "propose_threshold",
    "second_threshold",
]


@dataclass(frozen=True)
class Actor:
    person_id: str
    role: str
    authority: int | None


def acts_for(facts: Facts, actor: Actor, now: datetime) -> tuple[Act, ...]:
    """In the order of the page. What stands in the way of a start is no part of it: the checklist names that."""
    return (*_of_drafter(facts, actor), *_of_officer(facts, actor, now), *_of_the_street(facts, actor))


def _of_drafter(facts: Facts, actor: Actor) -> list[Act]:
    deployment = facts.deployment
    if deployment.drafted_by != actor.person_id or actor.role not in DRAFTERS:
        return []
    if deployment.state == "draft":
        return ["change", "submit"]
    return ["take_back"] if deployment.state == "submitted" else []


def _of_officer(facts: Facts, actor: Actor, now: datetime) -> list[Act]:
    deployment, document, policy = facts.deployment, facts.document, facts.policy
    mine = deployment.drafted_by == actor.person_id
    if actor.role not in OFFICERS or mine or policy is None or not isinstance(document, Application):
        return []
    found: list[Act] = []
    full, first = authority_needed(document, policy)
    level = actor.authority or 0
    if deployment.state == "submitted":
        builder = facts.built is not None and facts.built.built_by == actor.person_id
        if level >= first and not builder:
            found.append("authorise")
        found.append("refuse")
    if deployment.state == "authorised":
        found.append("refuse")
    unratified = deployment.urgent and deployment.ratified_by is None and deployment.ratify_by is not None
    if deployment.state in ("authorised", *BEGUN) and unratified and level >= full:
        in_time = deployment.ratify_by is not None and now < deployment.ratify_by
        if in_time and deployment.authorised_by != actor.person_id:
            found.append("ratify")
        found.append("refuse_ratification")
    return found


def _of_the_street(facts: Facts, actor: Actor) -> list[Act]:
    deployment, role = facts.deployment, actor.role
    found: list[Act] = []
    begun = deployment.state in BEGUN
    if deployment.state == "authorised" or begun:
        items = facts.policy.policy.signage if facts.policy else ()
        if role in CHECKERS and any(item.code not in facts.signage for item in items):
            found.append("check_signage")
    if deployment.state == "authorised" and role in STARTERS and deployment.authorised_by != actor.person_id:
        found.append("start")
    if deployment.state == "running" and role in PAUSERS:
        found.append("pause")
    held = deployment.paused_for == STOP_RULE and deployment.kind == "operational"
    if deployment.state == "paused" and role in (OFFICERS if held else STARTERS):
        found.append("resume")
    if deployment.state in RAISED_IN and role in RAISERS:
        found += ["propose_threshold", "second_threshold"]
    if (deployment.state == "authorised" or begun) and role in ENDERS:
        found.append("end")
    return found
