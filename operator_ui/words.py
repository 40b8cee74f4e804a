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
    "operator": "Operator",
    "engagement_officer": "Engagement officer",
    "auditor": "Auditor",
    "administrator": "Administrator",
}
