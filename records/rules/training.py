"""Rules of qualification and practice: who may judge alerts, and results that stay what the answers made them."""

from records.rules.rule import Rule, changed

_TOLD_IN_THE_LEDGER = """EXISTS (SELECT 1 FROM ledger l WHERE l.kind = 'operator_qualified'
    AND l.facts LIKE '%"person":"' || NEW.id || '"%' AND l.facts LIKE '%"until":"' || NEW.qualified_until || '"%')"""

_NOT_QUALIFIED = """EXISTS (SELECT 1 FROM alerts x JOIN deployments d ON d.id = x.deployment_id
    WHERE x.id = NEW.alert_id AND d.qualified_only AND NOT EXISTS (SELECT 1 FROM people p
    WHERE p.id = NEW.reviewer_id AND p.qualified_until > NEW.made_at))"""

_ANOTHER_RESULT = """(NEW.ended_at IS NOT NULL AND NEW.right_answers <> (SELECT count(*) FROM trial_answers t
    WHERE t.trial_id = NEW.id AND t.verdict = t.truth))"""

RULES = (
    Rule(
        "adjudication_by_the_qualified",
        "INSERT ON adjudications",
        _NOT_QUALIFIED,
        "under this policy only an operator with an in-date qualification judges",
    ),
    Rule(
        "qualification_goes_forward",
        "UPDATE OF qualified_until ON people",
        changed("qualified_until")
        + " AND (NEW.qualified_until IS NULL OR NEW.qualified_until < coalesce(OLD.qualified_until, '')"
        + f" OR NOT {_TOLD_IN_THE_LEDGER})",
        "a qualification is only prolonged, and the ledger says so first",
    ),
    Rule(
        "trial_one_at_a_time",
        "INSERT ON trials",
        "EXISTS (SELECT 1 FROM trials t WHERE t.id = NEW.id"
        " OR (NEW.ended_at IS NULL AND t.ended_at IS NULL AND t.person_id = NEW.person_id))",
        "a person goes through one trial at a time",
    ),
    Rule(
        "trial_is_final",
        "UPDATE ON trials",
        "OLD.ended_at IS NOT NULL OR "
        + changed("id", "person_id", "kind", "pair_set", "began_at", as_text=("pairs",))
        + f" OR {_ANOTHER_RESULT}",
        "a trial ends once, with the result of its answers",
    ),
    Rule("trial_stays", "DELETE ON trials", "true", "a trial is never deleted"),
    Rule(
        "trial_answer_once",
        "INSERT ON trial_answers",
        "EXISTS (SELECT 1 FROM trial_answers t WHERE t.trial_id = NEW.trial_id AND t.position = NEW.position)"
        " OR NOT EXISTS (SELECT 1 FROM trials t WHERE t.id = NEW.trial_id AND t.ended_at IS NULL)",
        "a pair is answered once, while its trial is open",
    ),
    Rule("trial_answer_is_final", "UPDATE ON trial_answers", "true", "an answer of a trial is never changed"),
    Rule("trial_answer_stays", "DELETE ON trial_answers", "true", "an answer of a trial is never deleted"),
)
