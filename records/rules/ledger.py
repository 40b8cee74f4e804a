"""Rules that keep the ledger append-only and destroyed keys destroyed, whoever writes.

They look before the statement acts, so that INSERT OR REPLACE, which deletes without a DELETE trigger, is refused too.
"""

from records.chain import GENESIS
from records.rules.rule import Rule

RULES = (
    Rule(
        "ledger_grows_at_its_end",
        "INSERT ON ledger",
        "NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM ledger)",
        "an entry of the ledger comes after the last one",
    ),
    Rule(
        "ledger_is_a_chain",
        "INSERT ON ledger",
        f"NEW.previous IS DISTINCT FROM coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '{GENESIS}')",  # noqa: S608 - a constant
        "an entry of the ledger names the hash of the last one",
    ),
    Rule(
        "ledger_has_hashes",
        "INSERT ON ledger",
        "NEW.hash IS NULL OR length(NEW.hash) <> 64 OR trim(NEW.hash, '0123456789abcdef') <> ''",
        "an entry of the ledger has a SHA-256 hash",
    ),
    Rule("ledger_is_never_changed", "UPDATE ON ledger", "true", "the ledger is never changed"),
    Rule("ledger_is_never_cut", "DELETE ON ledger", "true", "nothing is deleted from the ledger"),
    Rule(
        "checkpoint_of_a_later_entry",
        "INSERT ON checkpoints",
        "EXISTS (SELECT 1 FROM checkpoints WHERE seq >= NEW.seq)",
        "a checkpoint comes after the last one",
    ),
    Rule(
        "checkpoint_of_the_ledger",
        "INSERT ON checkpoints",
        "NOT EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq AND hash = NEW.hash)",
        "a checkpoint signs an entry of the ledger",
    ),
    Rule("checkpoint_is_never_changed", "UPDATE ON checkpoints", "true", "a checkpoint is never changed"),
    Rule("checkpoint_stays", "DELETE ON checkpoints", "true", "a checkpoint is never deleted"),
    Rule(
        "data_key_once",
        "INSERT ON data_keys",
        "EXISTS (SELECT 1 FROM data_keys WHERE deployment_id = NEW.deployment_id AND purpose = NEW.purpose)",
        "a deployment has one data key for a purpose, and a destroyed one never comes back",
    ),
    Rule(
        "data_key_only_goes",
        "UPDATE ON data_keys",
        (
            "NEW.deployment_id IS DISTINCT FROM OLD.deployment_id OR NEW.purpose IS DISTINCT FROM OLD.purpose"
            " OR NEW.wrapped_hash IS DISTINCT FROM OLD.wrapped_hash OR NEW.created_at IS DISTINCT FROM OLD.created_at"
            " OR (NEW.wrapped IS NOT NULL AND NEW.wrapped IS DISTINCT FROM OLD.wrapped)"
            " OR (OLD.destroyed_at IS NOT NULL AND NEW.destroyed_at IS DISTINCT FROM OLD.destroyed_at)"
            " OR (OLD.destroyed_seq IS NOT NULL AND NEW.destroyed_seq IS DISTINCT FROM OLD.destroyed_seq)"
            " OR (OLD.certificate IS NOT NULL AND NEW.certificate IS DISTINCT FROM OLD.certificate)"
        ),
        "a data key is destroyed and certified once, and never changed otherwise",
    ),
    Rule("data_key_stays", "DELETE ON data_keys", "true", "the row of a data key is never deleted"),
)
