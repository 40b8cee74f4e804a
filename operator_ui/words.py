"""The words of the screen for every coded value: one place to read, correct and translate them."""

from typing import Final

FEATURES: Final = {
    "hair": "Hair",
    "forehead": "Forehead",
    "eyebrows": "Eyebrows",
    "eyes": "Eyes",
    "nose": "Nose",
    "mouth": "Mouth",
    "chin": "Chin",
    "jaw": "Jaw",
    "ears": "Ears",
    "face_shape": "Face shape",
    "marks": "Marks",
    "age": "Age",
}
"""What a reviewer can point at, from the top of the head downwards."""

VERDICTS: Final = {"same": "Same person", "different": "Different people", "cannot_tell": "Cannot tell"}

STATES: Final = {
    "waiting": "Waiting",
    "in_review": "In review",
    "second_review": "Second review",
    "confirmed": "Confirmed",
    "engaged": "Stop under way",
    "closed": "Closed",
    "expired": "Expired",
}

OUTCOMES: Final = {
    "true_alert": "True alert",
    "confirmed_true": "Confirmed true",
    "false": "False",
    "confirmed_false": "Confirmed false",
    "undetermined": "Undetermined",
    "not_engaged_lost": "Not engaged: lost",
    "not_engaged_discretion": "Not engaged: discretion",
    "not_engaged_stale_entry": "Not engaged: stale entry",
    "not_engaged_stood_down": "Not engaged: stood down",
}

OUTCOME_NOTES: Final = {
    "confirmed_true": "Identity established: it is the person of the entry.",
    "confirmed_false": "Identity established: it is somebody else.",
    "undetermined": "Identity could not be established.",
    "not_engaged_lost": "The person was not found again.",
    "not_engaged_discretion": "The officer judged that a stop was not right here.",
    "not_engaged_stale_entry": "The entry is out of date.",
    "not_engaged_stood_down": "The alert was called off.",
}

DECISIONS: Final = {
    "engage": "Spoke to the person",
    "not_them": "Saw the person: not them",
    "lost": "Lost sight",
    "discretion": "Left alone, by discretion",
    "stale_entry": "The entry is out of date",
    "stood_down": "Stood down",
}
"""What an officer decided in person."""

DECISION_NOTES: Final = {
    "not_them": "It is somebody else. Counts as a false alert.",
    "lost": "The person cannot be found any more.",
    "discretion": "To stop this person, here and now, is not right.",
    "stale_entry": "The person is not wanted any more, or the entry is wrong.",
    "stood_down": "The alert was called off.",
}

DISPOSALS: Final = {
    "arrested": "Arrested",
    "reported": "Reported for an offence",
    "safeguarded": "Brought to safety",
    "advised": "Advised",
    "no_further_action": "Let go, no further action",
}
"""What became of the person who was stopped."""

STOP_STEPS: Final = {
    "fingerprints": "Fingerprints asked for",
    "force": "Force used",
    "prolonged": "Went on",
    "identity_accepted": "Identity accepted",
}

STALE_NOTES: Final = {
    "withdrawn": "The entry was withdrawn.",
    "expired": "The entry has expired.",
    "quarantined": "The entry is in quarantine: it has raised false alerts.",
}

ROLES: Final = {
    "list_builder": "List builder",
    "authorising_officer": "Authorising officer",
    "operator": "Operator",
    "engagement_officer": "Engagement officer",
    "auditor": "Auditor",
    "administrator": "Administrator",
}

ROLE_NOTES: Final = {
    "list_builder": "Drafts deployments and builds their lists.",
    "authorising_officer": "Allows or refuses what others have drafted.",
    "operator": "Reviews alerts, and may stop a person.",
    "engagement_officer": "Acts on alerts that reviewers have confirmed.",
    "auditor": "Reads everything, changes nothing.",
    "administrator": "Manages accounts only: no alerts, no entries, no faces.",
}

AUTHORITY: Final = {1: "Urgent, until ratified", 2: "Standard", 3: "Higher, sensitive places too"}

DEPLOYMENT_STATES: Final = {
    "draft": "Draft",
    "submitted": "Waiting for authority",
    "authorised": "Authorised",
    "refused": "Refused",
    "running": "Searching",
    "paused": "Paused",
    "ended": "Ended",
    "erased": "Ended, list erased",
}

REASONS: Final = {
    "done": "The search is not needed any more",
    "window_over": "Its window is over",
    "ratification_overdue": "It was not ratified in time",
    "ratification_refused": "Its ratification was refused",
    "stop_rule": "Too many false alerts",
    "outside_place": "The rig left its place",
    "position_lost": "Where the rig is is not known",
}
"""Reasons that the software gives by itself, and the end that a person asks for; the policy has the others."""

EXPORT_REASONS: Final = {
    "audit": "Audit",
    "complaint": "A complaint",
    "court": "A court",
    "publication": "Publication",
    "research": "Research",
    "safekeeping": "Safekeeping elsewhere",
}
"""Why the ledger is handed out."""

RESPONSES: Final = {"act": "Act", "verify": "Verify", "inform": "Inform only"}
RESPONSE_NOTES: Final = {
    "act": "Act: speak to the person once you are sure yourself.",
    "verify": "Verify first: ask the source before you speak to the person.",
    "inform": "Information only: nobody is stopped because of it.",
}

ENTRY_STATES: Final = {
    "active": "Active",
    "quarantined": "Quarantined",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
}

PICTURE_AGES: Final = {
    "up_to_1_year": "up to 1 year",
    "up_to_2_years": "1 to 2 years",
    "up_to_5_years": "2 to 5 years",
    "up_to_10_years": "5 to 10 years",
    "over_10_years": "over 10 years",
}

SUPPRESSED: Final = {
    "withdrawn": "Entry withdrawn",
    "expired": "Entry expired",
    "quarantined": "Entry quarantined",
    "outside_window": "Outside the window",
    "deployment_paused": "Search paused",
    "deployment_ended": "Search ended",
    "deployment_erased": "Search ended",
}
"""Why a candidate became no alert."""

STALE: Final = ("withdrawn", "expired", "quarantined")

TRIAL_KINDS: Final = {"qualification": "Test", "refresher": "Refresher", "practice": "Practice"}
TRUTHS: Final = {"same": "One person", "different": "Two people"}
"""What a labelled pair shows."""

LIGHTS: Final = {"day": "Day", "dusk": "Dusk", "night": "Night", "indoor": "Indoors", "backlit": "Against the light"}
"""In which a volunteer walks past."""

EQUALITY: Final = {
    "differs": "Two groups differ: their intervals lie apart.",
    "not_established": "That they are found equally well is not established. It takes about {least} passes of each"
    " group to know a rate of 0.90 to 3 points either way, and there are fewer.",
    "no_difference_seen": "No difference was seen, with {least} passes of each group or more. That is no proof of"
    " none: one of a few points may be there.",
}
"""What may be said of the groups that volunteers told."""

BLUELIST_LIMITS: Final = (
    "Passes of one person resemble each other: with few volunteers the true uncertainty is wider than these intervals.",
    "Volunteers know of the camera, and their pictures are recent and good. Strangers on a list are found less often.",
    "A pass that nobody logged is not counted. One that was logged late, or while the search was paused, may be lost.",
    "They say nothing about false alerts: how often somebody else is taken for a person on the list.",
    "A group is what volunteers said of themselves. Nothing was inferred, and who said nothing is in no group.",
)
