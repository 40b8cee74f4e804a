"""The words of a record for coded values, in English: a record is published once, in one language."""

from typing import Final

OUTCOMES: Final = {
    "true_alert": "True alert, judged so without a stop",
    "confirmed_true": "Confirmed true: the person of the entry, after a stop",
    "false": "False: another person, judged so without a stop",
    "confirmed_false": "Confirmed false: another person, found in a stop",
    "undetermined": "Undetermined: nobody could tell, or nobody answered",
    "not_engaged_lost": "Not engaged: not found again",
    "not_engaged_discretion": "Not engaged: by discretion",
    "not_engaged_stale_entry": "Not engaged: right person, stale entry",
    "not_engaged_stood_down": "Not engaged: stood down",
}
VERDICTS: Final = {"same": "Same person", "different": "Different people", "cannot_tell": "Cannot tell"}
EQUALITY: Final = {
    "no_groups": "Not established: fewer than two groups were declared.",
    "differs": "The groups differ: two of their intervals lie apart.",
    "not_established": "Not established: there are too few passes to say.",
    "no_difference_seen": "No difference was seen, with enough passes of each group.",
}


def words(code: str) -> str:
    """wanted_by_court as Wanted by court."""
    return code.replace("_", " ").capitalize()
