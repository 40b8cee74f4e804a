"""Rules of watchlist entries (invariant 2): complete, for one deployment, and never back once they are out."""

from records.rules.rule import Rule, changed, moves

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "active": ("withdrawn", "expired", "quarantined"),
    "quarantined": ("active", "withdrawn", "expired"),
    "withdrawn": (),
    "expired": (),
}
"""Only a quarantined entry comes back, by an authorising officer."""

RULES = (
    Rule(
        "entry_once",
        "INSERT ON entries",
        "EXISTS (SELECT 1 FROM entries e WHERE e.id = NEW.id"
        " OR (e.deployment_id = NEW.deployment_id AND e.reference_digest = NEW.reference_digest))",
        "a person is listed once for a deployment",
    ),
    Rule(
        "entry_begins_valid",
        "INSERT ON entries",
        "NEW.state <> 'active' OR NEW.sealed IS NULL OR NEW.expires_at <= NEW.created_at"
        " OR length(NEW.retention_status) = 0",
        "an entry begins active, sealed and unexpired",
    ),
    Rule(
        "entry_of_an_open_list",
        "INSERT ON entries",
        "coalesce((SELECT d.state FROM deployments d WHERE d.id = NEW.deployment_id), '')"
        " NOT IN ('draft', 'submitted', 'authorised')"
        " OR EXISTS (SELECT 1 FROM built_lists b WHERE b.deployment_id = NEW.deployment_id)",
        "entries are added before the list is built",
    ),
    Rule(
        "volunteers_in_tests_only",
        "INSERT ON entries",
        "(NEW.category = 'volunteer') <> (coalesce((SELECT d.kind FROM deployments d WHERE d.id = NEW.deployment_id),"
        " '') = 'test')",
        "a test lists volunteers, and an operation never does",
    ),
    Rule(
        "entry_moves_legally",
        "UPDATE OF state ON entries",
        moves("state", TRANSITIONS),
        "this change of an entry is not legal",
    ),
    Rule(
        "entry_keeps_its_terms",
        "UPDATE ON entries",
        changed(
            "id",
            "deployment_id",
            "reference_digest",
            "category",
            "response",
            "lawful_basis",
            "source_system",
            "retention_status",
            "review_on",
            "under_18",
            "vulnerable",
            "approved_by",
            "created_by",
            "created_at",
        )
        + " OR NEW.expires_at > OLD.expires_at",
        "an entry is never changed: only its state, an earlier expiry, and its erasure",
    ),
    Rule(
        "entry_keeps_its_particulars",
        "UPDATE OF sealed ON entries",
        "NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed AND (OLD.sealed IS NULL"
        " OR EXISTS (SELECT 1 FROM built_lists b WHERE b.deployment_id = OLD.deployment_id))",
        "what an entry says takes no note after the list is built, and never comes back once erased",
    ),
    Rule("entry_stays", "DELETE ON entries", "true", "the row of an entry is never deleted: its content is erased"),
    Rule(
        "picture_of_an_open_list",
        "INSERT ON entry_pictures",
        "EXISTS (SELECT 1 FROM built_lists b JOIN entries e ON e.deployment_id = b.deployment_id"
        " WHERE e.id = NEW.entry_id) OR EXISTS (SELECT 1 FROM entry_pictures p WHERE p.id = NEW.id)",
        "pictures are added before the list is built",
    ),
    Rule(
        "entry_picture_stays",
        "UPDATE ON entry_pictures",
        changed("id", "entry_id", "taken_on", "file_digest", as_text=("measures",))
        + " OR (NEW.template IS NOT NULL AND NEW.template IS DISTINCT FROM OLD.template)",
        "a reference picture is never changed, only erased",
    ),
    Rule(
        "list_once",
        "INSERT ON built_lists",
        "EXISTS (SELECT 1 FROM built_lists b WHERE b.deployment_id = NEW.deployment_id)",
        "a list is built once for a deployment",
    ),
    Rule(
        "list_is_sealed",
        "UPDATE ON built_lists",
        changed(
            "deployment_id",
            "hash",
            "contract",
            "built_by",
            "built_at",
            "entries",
            "pictures",
            "above_cap",
            as_text=("counts",),
        ),
        "a built list is never changed",
    ),
)
