"""Who walks when, where and in what light: the play that the clip shows, as plain values.

A round lasts `ROUND` seconds and then begins anew, with other sway and light. In a round each listed person passes
twice and each of the others at least once; up to three are well in view at a time.
"""

from dataclasses import dataclass
from math import pi, sin

import numpy as np

from rig.walkby.figure import Pose
from rig.walkby.people import (
    UNKNOWN_1,
    UNKNOWN_2,
    UNKNOWN_3,
    UNKNOWN_4,
    UNKNOWN_5,
    VOLUNTEER_A,
    VOLUNTEER_B,
    Person,
)

ROUND = 29.0
STEPS_PER_SECOND = 1.85
APPEAR, NEAR, LEAVE, GONE = 0.7, 4.9, 6.5, 7.5
"""Seconds of a pass: comes round the corner, face at least 110 pixels wide (in 1280), turns aside, is out of view."""


@dataclass(frozen=True)
class Pass:
    """One person's walk: from the side street (side -1 left, 1 right) along `lane` (x at the end, metres) to `exit`."""

    person: Person
    start: float
    side: int
    lane: float
    exit: int
    phase: float
    yaw: float
    light: float
    side_light: float

    def is_on(self, time: float) -> bool:
        return self.start <= time < self.start + GONE

    def place(self, time: float) -> tuple[float, float]:
        """World x and z in metres at a time in seconds of the clip."""
        s, side, lane, out = time - self.start, self.side, self.lane, self.exit
        times = (0.0, APPEAR, 2.6, 3.9, NEAR, LEAVE, GONE)
        xs = (side * 3.1, side * 1.55, 0.35 * side + 0.9 * lane, 1.25 * lane, lane, lane, lane + out * 1.45)
        zs = (9.6, 8.9, 5.0, 2.9, 1.60, 1.40, 1.34)
        sway = 0.022 * sin(pi * STEPS_PER_SECOND * s + self.phase)
        return _smooth(s, times, xs) + sway, _smooth(s, times, zs)

    def bob(self, time: float) -> float:
        """How much higher than on average the head is, in metres."""
        return 0.018 * sin(2 * pi * STEPS_PER_SECOND * (time - self.start) + self.phase)

    def pose(self, time: float) -> Pose:
        s, p = time - self.start, self.phase
        _, z = self.place(time)
        sun = 0.90 + 0.12 * min(1.0, max(0.0, (6.5 - z) / 3))  # out of the shade of the houses
        turn = 4.0 * self.exit * min(1.0, max(0.0, (s - LEAVE) / 0.5))
        return Pose(
            gait=STEPS_PER_SECOND * s / 2,
            yaw=self.yaw + 5.0 * sin(1.3 * s + p) + 1.5 * sin(4.1 * s + 2 * p) + turn,
            pitch=3.0 * sin(0.9 * s + 1.7 * p) + 1.0 * sin(5.3 * s + p),
            roll=1.8 * sin(pi * STEPS_PER_SECOND * s + p) + 1.5 * sin(0.7 * s + 3 * p),
            light=self.light * sun,
            side_light=self.side_light,
        )


# start in the round, person, side street, lane, exit
_PLAY: tuple[tuple[float, Person, int, float, int], ...] = (
    (-3.2, UNKNOWN_1, 1, 0.40, 1),
    (0.2, VOLUNTEER_A, -1, -0.34, -1),
    (3.0, UNKNOWN_2, 1, 0.38, 1),
    (5.8, VOLUNTEER_B, -1, -0.36, -1),
    (8.5, UNKNOWN_3, 1, 0.34, 1),
    (11.1, UNKNOWN_4, -1, -0.40, -1),
    (13.6, VOLUNTEER_A, 1, 0.33, 1),
    (16.2, UNKNOWN_5, -1, -0.36, 1),
    (18.8, VOLUNTEER_B, 1, 0.30, 1),
    (21.2, UNKNOWN_3, -1, -0.38, -1),
)


def plan(seed: int, seconds: float) -> tuple[Pass, ...]:
    """All passes that begin before `seconds`; equal seeds give equal plans."""
    rng = np.random.default_rng([seed, 2])
    passes: list[Pass] = []
    for again in range(int(seconds // ROUND) + 1):
        for start, person, side, lane, out in _PLAY:
            draw = rng.uniform(-1, 1, 6)
            when = again * ROUND + start + 0.12 * float(draw[0])
            light, side_light = 1.0 + 0.06 * float(draw[4]), 0.5 + 0.4 * float(draw[5])
            walk = Pass(
                person=person,
                start=when,
                side=side,
                lane=lane + 0.03 * float(draw[1]),
                exit=out,
                phase=pi * float(draw[2]),
                yaw=4.0 * float(draw[3]),
                light=light,
                side_light=side_light,
            )
            if when < seconds:
                passes.append(walk)
    return tuple(passes)


def exposure(time: float, seed: int) -> tuple[float, float]:
    """Gain and warmth (gain of red over blue) of the picture: clouds pass, the camera follows late."""
    phase = float(np.random.default_rng([seed, 3]).uniform(0, 2 * pi))
    cloud = sin(2 * pi * time / 13.0 + phase)
    follow = sin(2 * pi * (time - 1.4) / 13.0 + phase)
    gain = 1.0 + 0.17 * cloud - 0.08 * follow + 0.02 * sin(2 * pi * time / 2.3 + 2 * phase)
    return gain, 1.0 + 0.035 * cloud


def _smooth(at: float, times: tuple[float, ...], values: tuple[float, ...]) -> float:
    """Cubic Hermite interpolation with harmonic-mean slopes (Fritsch and Butland 1984): no overshoot."""
    t, v = np.array(times), np.array(values)
    steps = np.diff(v) / np.diff(t)
    left, right = steps[:-1], steps[1:]
    same = left * right > 0
    inner = np.where(same, 2 * left * right / np.where(same, left + right, 1.0), 0.0)
    slopes = np.concatenate([steps[:1], inner, steps[-1:]])
    k = int(np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2))
    h = t[k + 1] - t[k]
    u = float(np.clip((at - t[k]) / h, 0, 1))
    start, end = v[k] * (1 + 2 * u) * (1 - u) ** 2, v[k + 1] * u * u * (3 - 2 * u)
    return float(start + end + h * slopes[k] * u * (1 - u) ** 2 - h * slopes[k + 1] * u * u * (1 - u))
