"""Rules that stand in the database as well as in the code: triggers that refuse, whoever writes."""

from records.rules import alerts, deployments, entries, ledger
from records.rules.alerts import TRANSITIONS
from records.rules.rule import Rule

RULES: tuple[Rule, ...] = (*deployments.RULES, *entries.RULES, *alerts.RULES, *ledger.RULES)

__all__ = ["RULES", "TRANSITIONS", "Rule"]
