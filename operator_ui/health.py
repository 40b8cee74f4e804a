"""What a camera's measures mean: its condition, and whether the whole system is blind. Pure: values in, values out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Condition = Literal[
    "fine", "dark", "bright", "blurred", "frozen", "no_frames", "no_word", "not_searching", "resting", "ended"
]
"""resting: no deployment runs, so nothing is searched, as it should be. not_searching: one runs, and yet nothing is.
no_word: the camera's worker says nothing. The words for each, and what to do, are in `operator_ui.script_texts`."""

SILENT_S = 3.0
"""A camera's counters come twice a second: after this long without, nobody watches it, whatever it said last."""
DARK = 20.0
"""Mean brightness, 0..255. On the development videos, darkened: at 28 and more every face was still found, at 15 half
of them, at 8 almost none."""
BRIGHT = 245.0
"""Mean brightness, 0..255. The same videos, overexposed: up to 245 every face but those of one crowd was found, from
248 on faces were lost, at 252 almost all."""
SOFT = 0.0008
"""Sharpness (`inference.sight`). The same videos have 0.0015 to 0.037; blurred by 1 % of the picture's width, when a
face may still be found and none can be told from another, 0.0001 to 0.001; a covered lens 0.0001 to 0.0008."""
FROZEN_S = 5.0
"""A sensor's noise alone changes each picture. Five seconds without are a hundred pictures."""

BLIND: tuple[Condition, ...] = (
    "dark",
    "bright",
    "blurred",
    "frozen",
    "no_frames",
    "no_word",
    "not_searching",
)
"""In these nobody who passes is found."""


def condition_of(
    state: str,
    silent_s: float | None,
    searching: bool,
    brightness: float | None,
    sharpness: float | None,
    still_s: float | None,
) -> Condition:
    """`state` as the worker told it, `silent_s` ago (None: never). `searching`: whether a deployment runs.

    What is worst comes first: a dark picture is soft too, and a frozen one says nothing of the light of now.
    """
    if state == "ended":
        return "ended"
    if not searching:
        return "resting"
    if silent_s is None:
        return "no_frames"
    if silent_s > SILENT_S:
        return "no_word"
    if state == "stale":
        return "no_frames"
    if state == "unsearched":
        return "not_searching"
    if still_s is not None and still_s >= FROZEN_S:
        return "frozen"
    if brightness is not None and brightness < DARK:
        return "dark"
    if brightness is not None and brightness > BRIGHT:
        return "bright"
    if sharpness is not None and sharpness < SOFT:
        return "blurred"
    return "fine"


def is_blind(conditions: Iterable[Condition]) -> bool:
    """Whether a deployment runs and no camera of it sees. Recordings that are over do not count."""
    present = [condition for condition in conditions if condition != "ended"]
    return bool(present) and all(condition in BLIND for condition in present)


@dataclass
class BlindTime:
    """For how long the system has been blind, as one server's process saw it: from its own start on."""

    deployment: str = ""
    since: datetime | None = None
    earlier_s: float = field(default=0.0)

    def note(self, deployment: str, blind: bool, now: datetime) -> None:
        """Once a second or so; another deployment begins anew."""
        if deployment != self.deployment:
            self.deployment, self.since, self.earlier_s = deployment, None, 0.0
        if blind and self.since is None:
            self.since = now
        elif not blind and self.since is not None:
            self.earlier_s += (now - self.since).total_seconds()
            self.since = None

    def total_s(self, now: datetime) -> float:
        return self.earlier_s + (0.0 if self.since is None else (now - self.since).total_seconds())
