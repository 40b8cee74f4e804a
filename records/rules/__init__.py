"""Rules that stand in the database as well as in the code: triggers that refuse, whoever writes."""

from records.rules import alerts, bluelist, deployments, entries, ledger, stops, training
from records.rules.alerts import TRANSITIONS
from records.rules.rule import Rule
from records.rules.stops import OUTCOME_OF_DECISION

RULES: tuple[Rule, ...] = (
    *deployments.RULES,
    *entries.RULES,
    *alerts.RULES,
    *stops.RULES,
    *training.RULES,
    *bluelist.RULES,
    *ledger.RULES,
)

__all__ = ["OUTCOME_OF_DECISION", "RULES", "TRANSITIONS", "Rule"]
