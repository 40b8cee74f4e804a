"""Codes of reasons that the software gives by itself; those of people stand in the policy."""

DONE = "done"
"""Of an end: the search is not needed any more."""

WINDOW_OVER = "window_over"
RATIFICATION_OVERDUE = "ratification_overdue"
RATIFICATION_REFUSED = "ratification_refused"

PURGED_FOR = (RATIFICATION_OVERDUE, RATIFICATION_REFUSED)
"""Ends after which inputs and outputs go at once: it was never allowed in the end (EU AI Act, article 5(3))."""

STOP_RULE = "stop_rule"
OUTSIDE = "outside_place"
POSITION_LOST = "position_lost"
