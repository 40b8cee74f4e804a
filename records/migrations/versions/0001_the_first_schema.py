"""The first schema.

Its rules (`records.rules`) are applied as they stand: before the first release there is one migration.
"""

import sqlalchemy as sa
from alembic import op

from records.rules import RULES
from records.rules.rule import postgresql_guards
from records.times import UtcTime

revision = "20261123"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_ins")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("authority", sa.Integer(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("password_until", UtcTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("qualified_until", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(authority IS NULL) = (role <> 'authorising_officer')", name=op.f("ck_people_authority_of_officers")
        ),
        sa.CheckConstraint(
            "role IN ('list_builder', 'authorising_officer', 'operator', 'engagement_officer', 'auditor',"
            " 'administrator')",
            name=op.f("ck_people_role_is_known"),
        ),
        sa.CheckConstraint("authority IN (1, 2, 3)", name=op.f("ck_people_authority_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "process_states",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process_states")),
    )
    op.create_table(
        "vault_lock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("passes", sa.Integer(), nullable=True),
        sa.Column("memory_kib", sa.Integer(), nullable=True),
        sa.Column("lanes", sa.Integer(), nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint("method IN ('passphrase', 'key_file')", name=op.f("ck_vault_lock_method_is_known")),
        sa.CheckConstraint("id = 1", name=op.f("ck_vault_lock_is_the_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_lock")),
    )
    op.create_table(
        "webhook_marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook_marks")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["ledger.seq"], name=op.f("fk_checkpoints_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("confirmations", sa.Integer(), nullable=False),
        sa.Column("qualified_only", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("policy_hash", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("document_hash", sa.String(), nullable=False),
        sa.Column("begins_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("list_hash", sa.String(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("authorised_by", sa.String(), nullable=True),
        sa.Column("authorised_at", UtcTime(), nullable=True),
        sa.Column("authorisation_reference", sa.String(), nullable=True),
        sa.Column("ratify_by", UtcTime(), nullable=True),
        sa.Column("ratified_by", sa.String(), nullable=True),
        sa.Column("ratified_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("paused_for", sa.String(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_for", sa.String(), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('test', 'operational')", name=op.f("ck_deployments_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'authorised', 'refused', 'running', 'paused', 'ended', 'erased')",
            name=op.f("ck_deployments_state_is_known"),
        ),
        sa.CheckConstraint("confirmations >= 1", name=op.f("ck_deployments_needs_a_person")),
        sa.ForeignKeyConstraint(["authorised_by"], ["people.id"], name=op.f("fk_deployments_authorised_by")),
        sa.ForeignKeyConstraint(["drafted_by"], ["people.id"], name=op.f("fk_deployments_drafted_by")),
        sa.ForeignKeyConstraint(["ratified_by"], ["people.id"], name=op.f("fk_deployments_ratified_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pair_sets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column("mismatches", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=True),
        sa.Column("imported_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["imported_by"], ["people.id"], name=op.f("fk_pair_sets_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_sets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passkeys_person_id")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_passkeys")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("track", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("list_hash", sa.String(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("stored_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("held_until", UtcTime(), nullable=True),
        sa.Column("held_for", sa.String(), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('true_alert', 'confirmed_true', 'false', 'confirmed_false', 'undetermined',"
            " 'not_engaged_lost', 'not_engaged_discretion', 'not_engaged_stale_entry', 'not_engaged_stood_down')",
            name=op.f("ck_alerts_outcome_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'in_review', 'second_review', 'confirmed', 'engaged', 'closed', 'expired')",
            name=op.f("ck_alerts_state_is_known"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name=op.f("ck_alerts_closed_with_outcome")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_alerts_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "one_open_alert_for_a_person",
        "alerts",
        ["deployment_id", "subject_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'in_review', 'second_review', 'confirmed', 'engaged')"),
        postgresql_where=sa.text("state IN ('waiting', 'in_review', 'second_review', 'confirmed', 'engaged')"),
    )
    op.create_table(
        "built_lists",
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("built_by", sa.String(), nullable=True),
        sa.Column("built_at", UtcTime(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("above_cap", sa.String(), nullable=True),
        sa.Column("calibration", sa.String(), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["built_by"], ["people.id"], name=op.f("fk_built_lists_built_by")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_built_lists_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_built_lists")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "camera_counts",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("last_frame_at", UtcTime(), nullable=True),
        sa.Column("fps", sa.Double(), nullable=False),
        sa.Column("produced", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("looks_rejected", sa.Integer(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("unsearched", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("brightness", sa.Double(), nullable=True),
        sa.Column("sharpness", sa.Double(), nullable=True),
        sa.Column("still_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_camera_counts_deployment_id")),
        sa.PrimaryKeyConstraint("camera", "session", "worker", name=op.f("pk_camera_counts")),
    )
    op.create_table(
        "data_keys",
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("destroyed_at", UtcTime(), nullable=True),
        sa.Column("destroyed_seq", sa.Integer(), nullable=True),
        sa.Column("certificate", sa.String(), nullable=True),
        sa.CheckConstraint("purpose IN ('list', 'alerts', 'context')", name=op.f("ck_data_keys_purpose_is_known")),
        sa.CheckConstraint(
            "(destroyed_at IS NULL) = (destroyed_seq IS NULL)", name=op.f("ck_data_keys_destroyed_in_the_ledger")
        ),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_data_keys_destroyed_or_there")
        ),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_data_keys_deployment_id")),
        sa.ForeignKeyConstraint(["destroyed_seq"], ["ledger.seq"], name=op.f("fk_data_keys_destroyed_seq")),
        sa.PrimaryKeyConstraint("deployment_id", "purpose", name=op.f("pk_data_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("reference_digest", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("lawful_basis", sa.String(), nullable=False),
        sa.Column("source_system", sa.String(), nullable=False),
        sa.Column("retention_status", sa.String(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("under_18", sa.Boolean(), nullable=False),
        sa.Column("vulnerable", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("state_at", UtcTime(), nullable=False),
        sa.Column("status_checked_at", UtcTime(), nullable=False),
        sa.Column("false_alerts", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("response IN ('act', 'verify', 'inform')", name=op.f("ck_entries_response_is_known")),
        sa.CheckConstraint(
            "state IN ('active', 'withdrawn', 'expired', 'quarantined')", name=op.f("ck_entries_state_is_known")
        ),
        sa.CheckConstraint(
            "approved_by IS NOT NULL OR NOT (under_18 OR vulnerable)",
            name=op.f("ck_entries_children_and_vulnerable_approved"),
        ),
        sa.CheckConstraint("length(category) > 0", name=op.f("ck_entries_has_a_category")),
        sa.CheckConstraint("length(lawful_basis) > 0", name=op.f("ck_entries_has_a_lawful_basis")),
        sa.CheckConstraint("length(source_system) > 0", name=op.f("ck_entries_has_a_source")),
        sa.ForeignKeyConstraint(["approved_by"], ["people.id"], name=op.f("fk_entries_approved_by")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_entries_created_by")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_entries_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("deployment_id", "reference_digest", name=op.f("uq_entries_deployment_id")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_entries_standing", "entries", ["deployment_id", "state", "expires_at", "status_checked_at"], unique=False
    )
    op.create_table(
        "histogram_counts",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hour", sa.String(), nullable=False),
        sa.Column("bin", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_histogram_counts_deployment_id")),
        sa.PrimaryKeyConstraint("camera", "session", "worker", "kind", "hour", "bin", name=op.f("pk_histogram_counts")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_imports_by")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_imports_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "signage_checks",
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.Column("checked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["checked_by"], ["people.id"], name=op.f("fk_signage_checks_checked_by")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_signage_checks_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "item", name=op.f("pk_signage_checks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressed",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_suppressed_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed")),
    )
    op.create_table(
        "test_passages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("track", sa.Integer(), nullable=False),
        sa.Column("first_frame", sa.Integer(), nullable=False),
        sa.Column("last_frame", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_test_passages_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_passages")),
    )
    op.create_table(
        "threshold_changes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("before", sa.Double(), nullable=False),
        sa.Column("after", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
        sa.Column("seconded_by", sa.String(), nullable=True),
        sa.Column("seconded_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(seconded_by IS NULL) = (seconded_at IS NULL)", name=op.f("ck_threshold_changes_seconded_at_a_time")
        ),
        sa.CheckConstraint("after > before", name=op.f("ck_threshold_changes_only_upwards")),
        sa.CheckConstraint("seconded_by <> proposed_by", name=op.f("ck_threshold_changes_takes_two_people")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_threshold_changes_deployment_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name=op.f("fk_threshold_changes_proposed_by")),
        sa.ForeignKeyConstraint(["seconded_by"], ["people.id"], name=op.f("fk_threshold_changes_seconded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold_changes")),
    )
    op.create_table(
        "trials",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pair_set", sa.String(), nullable=False),
        sa.Column("pairs", sa.JSON(), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("shown_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("right_answers", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("kind IN ('qualification', 'refresher', 'practice')", name=op.f("ck_trials_kind_is_known")),
        sa.CheckConstraint("(ended_at IS NULL) = (right_answers IS NULL)", name=op.f("ck_trials_ended_with_a_result")),
        sa.ForeignKeyConstraint(["pair_set"], ["pair_sets.id"], name=op.f("fk_trials_pair_set")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_trials_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "adjudications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("reviewer_id", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("similarities", sa.JSON(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("marks", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('same', 'different', 'cannot_tell')", name=op.f("ck_adjudications_verdict_is_known")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_adjudications_alert_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["people.id"], name=op.f("fk_adjudications_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
        sa.UniqueConstraint("alert_id", "reviewer_id", name=op.f("uq_adjudications_alert_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "complaints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_complaints_closed_with_outcome")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_complaints_alert_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_complaints_deployment_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_complaints_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("deployment_id", "reference", name=op.f("uq_complaints_deployment_id")),
    )
    op.create_table(
        "entry_pictures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("file_digest", sa.String(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_entry_pictures_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_pictures")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_pictures_entry_id", "entry_pictures", ["entry_id"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.CheckConstraint("result IN ('accepted', 'rejected')", name=op.f("ck_import_rows_result_is_known")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_import_rows_entry_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_rows")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "officer_decisions",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('engage', 'not_them', 'lost', 'discretion', 'stale_entry', 'stood_down')",
            name=op.f("ck_officer_decisions_decision_is_known"),
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_officer_decisions_alert_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_officer_decisions_officer_id")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_officer_decisions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pictures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=True),
        sa.CheckConstraint("kind IN ('look', 'context')", name=op.f("ck_pictures_kind_is_known")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_pictures_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("alert_id", "kind", "rank", name=op.f("uq_pictures_alert_id")),
    )
    op.create_table(
        "sightings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("track", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_sightings_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
    )
    op.create_table(
        "stops",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("disposal", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_stops_alert_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_stops_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stops")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_stops_alert_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trial_answers",
        sa.Column("trial_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("truth", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("shown_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=False),
        sa.CheckConstraint("truth IN ('same', 'different')", name=op.f("ck_trial_answers_truth_is_known")),
        sa.CheckConstraint(
            "verdict IN ('same', 'different', 'cannot_tell')", name=op.f("ck_trial_answers_verdict_is_known")
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name=op.f("fk_trial_answers_trial_id")),
        sa.PrimaryKeyConstraint("trial_id", "position", name=op.f("pk_trial_answers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "viewings",
        sa.Column("sign_in", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_viewings_alert_id")),
        sa.ForeignKeyConstraint(
            ["sign_in"], ["sign_ins.token_hash"], name=op.f("fk_viewings_sign_in"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sign_in", "alert_id", name=op.f("pk_viewings")),
    )
    op.create_table(
        "volunteer_passes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("light", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("logged_by", sa.String(), nullable=True),
        sa.Column("logged_at", UtcTime(), nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_volunteer_passes_deployment_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_volunteer_passes_entry_id")),
        sa.ForeignKeyConstraint(["logged_by"], ["people.id"], name=op.f("fk_volunteer_passes_logged_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_passes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stop_steps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stop_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('fingerprints', 'force', 'prolonged', 'identity_accepted')",
            name=op.f("ck_stop_steps_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_stop_steps_officer_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_stop_steps_stop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_steps")),
        sqlite_with_rowid=False,
    )

    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        statements = [rule.sqlite() for rule in RULES]
    else:
        schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
        statements = [statement for rule in RULES for statement in rule.postgresql(schema)]
        statements += postgresql_guards(RULES)
    for statement in statements:
        op.execute(statement)
