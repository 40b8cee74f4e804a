"""Rules of deployments (invariant 1): signed for by another person, then never changed but upwards in caution."""

from records.rules.rule import Rule, changed, moves

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "draft": ("submitted",),
    "submitted": ("draft", "authorised", "refused"),
    "authorised": ("running", "refused", "ended"),
    "running": ("paused", "ended"),
    "paused": ("running", "ended"),
    "refused": ("erased",),
    "ended": ("erased",),
    "erased": (),
}
"""From -> to. Anything else is refused, but that a test deployment runs as soon as it is drafted."""

_TEST_BEGINS = "(NEW.kind = 'test' AND OLD.state = 'draft' AND NEW.state = 'running')"

_SIGNED_BY_ANOTHER = """(
    NEW.drafted_by IS NOT NULL AND NEW.authorised_by IS NOT NULL AND NEW.authorised_at IS NOT NULL
    AND NEW.authorised_by <> NEW.drafted_by
    AND EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.authorised_by AND p.role = 'authorising_officer')
    AND (NEW.ratify_by IS NULL OR NEW.ratified_by IS NULL OR (NEW.ratified_by <> NEW.drafted_by
        AND NEW.ratified_by <> NEW.authorised_by))
)"""

_LIST_OF_ANOTHER_HAND = """EXISTS (SELECT 1 FROM built_lists b WHERE b.deployment_id = NEW.id
    AND b.built_by IS NOT NULL AND b.built_by = NEW.authorised_by)"""

RULES = (
    Rule(
        "deployment_once",
        "INSERT ON deployments",
        "EXISTS (SELECT 1 FROM deployments d WHERE d.id = NEW.id)",
        "a deployment is begun once",
    ),
    Rule("deployment_begins_as_draft", "INSERT ON deployments", "NEW.state <> 'draft'", "a deployment begins as draft"),
    Rule(
        "deployment_moves_legally",
        "UPDATE OF state ON deployments",
        f"({moves('state', TRANSITIONS)}) AND NOT {_TEST_BEGINS}",
        "this change of a deployment is not legal",
    ),
    Rule(
        "deployment_signed_by_another",
        "UPDATE ON deployments",
        f"NEW.kind <> 'test' AND NEW.state IN ('authorised', 'running', 'paused') AND NOT {_SIGNED_BY_ANOTHER}",
        "a deployment is signed for by an authorising officer who did not draft it",
    ),
    Rule(
        "deployment_list_of_another_hand",
        "UPDATE OF state ON deployments",
        f"NEW.kind <> 'test' AND NEW.state IN ('authorised', 'running') AND {_LIST_OF_ANOTHER_HAND}",
        "nobody authorises a list that he or she built",
    ),
    Rule(
        "deployment_runs_complete",
        "UPDATE OF state ON deployments",
        "NEW.state = 'running' AND (NEW.threshold IS NULL OR NEW.started_at IS NULL OR NOT EXISTS (SELECT 1"
        " FROM built_lists b WHERE b.deployment_id = NEW.id AND b.hash = NEW.list_hash AND b.erased_at IS NULL))",
        "a deployment runs with a built list and a threshold",
    ),
    Rule(
        "deployment_keeps_its_terms",
        "UPDATE ON deployments",
        changed("id", "kind", "drafted_by", "created_at", "confirmations", "qualified_only")
        + " OR (OLD.state <> 'draft' AND "
        + changed("name", "document", "document_hash", "policy", "policy_hash", "begins_at", "ends_at", "urgent")
        + ")",
        "what a deployment was submitted with is never changed: draft another one",
    ),
    Rule(
        "deployment_keeps_its_signatures",
        "UPDATE ON deployments",
        "(OLD.authorised_by IS NOT NULL AND "
        + changed("authorised_by", "authorised_at", "ratify_by")
        + ") OR (OLD.authorisation_reference IS NOT NULL AND "
        + changed("authorisation_reference")
        + ") OR (OLD.ratified_by IS NOT NULL AND "
        + changed("ratified_by", "ratified_at")
        + ")",
        "a signature is given once",
    ),
    Rule(
        "pause_keeps_its_reason",
        "UPDATE OF paused_for ON deployments",
        "OLD.state = 'paused' AND NEW.state = 'paused' AND " + changed("paused_for"),
        "why a deployment was paused is never changed",
    ),
    Rule(
        "deployment_keeps_its_list",
        "UPDATE OF list_hash ON deployments",
        "OLD.list_hash IS NOT NULL AND OLD.state NOT IN ('draft', 'submitted', 'authorised') AND "
        + changed("list_hash"),
        "the list of a deployment that has begun is never changed",
    ),
    Rule(
        "threshold_only_upwards",
        "UPDATE OF threshold ON deployments",
        "OLD.threshold IS NOT NULL AND OLD.state NOT IN ('draft', 'submitted')"
        " AND (NEW.threshold IS NULL OR NEW.threshold < OLD.threshold)",
        "a threshold may be raised, never lowered",
    ),
    Rule(
        "threshold_takes_two_people",
        "UPDATE OF threshold ON deployments",
        "OLD.state IN ('running', 'paused') AND NEW.threshold > OLD.threshold AND NOT EXISTS (SELECT 1"
        " FROM threshold_changes t WHERE t.deployment_id = NEW.id AND t.after = NEW.threshold"
        " AND t.seconded_by IS NOT NULL AND t.seconded_by <> t.proposed_by)",
        "a threshold is raised by two people",
    ),
    Rule(
        "threshold_change_stays",
        "UPDATE ON threshold_changes",
        "OLD.seconded_by IS NOT NULL OR "
        + changed("id", "deployment_id", "before", "after", "reason", "proposed_by", "proposed_at"),
        "a change of the threshold is recorded once",
    ),
    Rule("threshold_change_is_kept", "DELETE ON threshold_changes", "true", "a change of the threshold stays recorded"),
    Rule("deployment_stays", "DELETE ON deployments", "true", "a deployment is never deleted"),
    Rule("signage_stays", "DELETE ON signage_checks", "true", "a signage check is never deleted"),
    Rule("signage_is_final", "UPDATE ON signage_checks", "true", "a signage check is never changed"),
    Rule(
        "signage_once",
        "INSERT ON signage_checks",
        "EXISTS (SELECT 1 FROM signage_checks s WHERE s.deployment_id = NEW.deployment_id AND s.item = NEW.item)",
        "a signage item is checked once",
    ),
    Rule(
        "passage_of_a_test",
        "INSERT ON test_passages",
        "coalesce((SELECT kind FROM deployments WHERE id = NEW.deployment_id), '') <> 'test'",
        "passages are listed one by one in test deployments only",
    ),
    Rule(
        "authority_is_not_lent",
        "UPDATE OF role, authority ON people",
        changed("role", "authority"),
        "a person keeps his or her role: add another account",
    ),
    Rule(
        "person_once",
        "INSERT ON people",
        "EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.id OR p.name = NEW.name)",
        "there is a person of this name or id already",
    ),
    Rule("person_stays", "DELETE ON people", "true", "a person is made inactive, never deleted"),
)
