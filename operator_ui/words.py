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

CAMERA_STATES: Final = {
    "waiting": "Waiting for frames",
    "live": "Live",
    "stale": "No frames",
    "ended": "Recording ended",
    "silent": "No word",
}

PROCESS_STATES: Final = {
    "starting": "Starting",
    "running": "Running",
    "restarting": "Restarting",
    "stopped": "Stopped",
    "failed": "Failed",
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
