"""Rules of volunteers' passes: of tests only, noted once, and taken back rather than rewritten."""

from records.rules.rule import Rule, changed

_NO_VOLUNTEER_OF_IT = """NOT EXISTS (SELECT 1 FROM entries e JOIN deployments d ON d.id = e.deployment_id
    WHERE e.id = NEW.entry_id AND d.id = NEW.deployment_id AND d.kind = 'test' AND e.category = 'volunteer')"""

RULES = (
    Rule(
        "pass_of_a_test",
        "INSERT ON volunteer_passes",
        _NO_VOLUNTEER_OF_IT,
        "passes are logged for volunteers of a test only",
    ),
    Rule(
        "pass_begins_whole",
        "INSERT ON volunteer_passes",
        "NEW.ended_at <= NEW.began_at OR NEW.withdrawn_at IS NOT NULL",
        "a pass has a beginning and an end, and is taken back only after it was logged",
    ),
    Rule(
        "pass_once",
        "INSERT ON volunteer_passes",
        "EXISTS (SELECT 1 FROM volunteer_passes v WHERE v.id = NEW.id)",
        "a pass is logged once",
    ),
    Rule(
        "pass_is_final",
        "UPDATE ON volunteer_passes",
        "OLD.withdrawn_at IS NOT NULL OR "
        + changed(
            "id",
            "deployment_id",
            "entry_id",
            "camera",
            "began_at",
            "ended_at",
            "light",
            '"group"',
            "logged_by",
            "logged_at",
        ),
        "a pass is never rewritten: take it back and log another",
    ),
    Rule("pass_stays", "DELETE ON volunteer_passes", "true", "a pass is taken back, never deleted"),
)
