"""The self-check of a rig: whose faces it is made with, and what it says of a rig's pack and threshold.

The faces are those of the demonstration (`rig.walkby.people`: pictures that installed packages carry), drawn at run
time; no picture is stored in the project, and no list of a deployment is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.reader import Models
from inference.self_check import SelfCheck, SelfCheckFailed, check_itself
from inference.settings import PipelineSettings
from rig.walkby.clip import lay_on
from rig.walkby.figure import Pose, draw_figure
from rig.walkby.people import UNKNOWN_1, VOLUNTEER_A, Image, Person

SIZE = (640, 480)
PIXELS_PER_METRE = 1100.0
"""Makes faces about 170 pixels wide: near enough for whatever least size a rig asks for."""
POSES = ((0.0, 0.0, 0.0), (5.0, -2.0, 1.0), (-4.0, 2.0, -1.5), (7.0, 1.0, 2.0))
"""Yaw, pitch and roll of the head in each frame, degrees."""
SEED = 11


@dataclass(frozen=True)
class DrawnFaces:
    portrait: Image
    known: Sequence[Image]
    stranger: Sequence[Image]


def drawn_faces() -> DrawnFaces:
    """Equal at each call. Raises SelfCheckFailed where the packages that carry the pictures differ."""
    try:
        return DrawnFaces(
            portrait=_frame(VOLUNTEER_A, Pose(yaw=-7.0, pitch=-3.0, roll=-2.5, side_light=-0.9), 0),
            known=_frames(VOLUNTEER_A),
            stranger=_frames(UNKNOWN_1),
        )
    except (FileNotFoundError, ValueError) as error:
        raise SelfCheckFailed(f"this rig cannot check itself: {error}") from error


def check(models: Models, settings: PipelineSettings, engine: str) -> SelfCheck:
    """Raises SelfCheckFailed."""
    return check_itself(models, models.pack.name, engine, drawn_faces(), settings)


def _frames(person: Person) -> tuple[Image, ...]:
    return tuple(
        _frame(person, Pose(yaw=yaw, pitch=pitch, roll=roll, side_light=0.4), number)
        for number, (yaw, pitch, roll) in enumerate(POSES, start=1)
    )


def _frame(person: Person, pose: Pose, number: int) -> Image:
    """One person before a wall, with the noise of a camera; some pixels further in each frame."""
    width, height = SIZE
    wall = np.empty((height, width, 3), np.int16)
    wall[:] = np.linspace(190, 120, height, dtype=np.int16)[:, None, None]
    noise = np.random.default_rng([SEED, number]).normal(0, 2.5, wall.shape)
    picture = np.clip(wall + noise, 0, 255).astype(np.uint8)
    eyes = (0.5 * width + 3.0 * number, 0.42 * height)
    lay_on(picture, draw_figure(person, PIXELS_PER_METRE, eyes, height, pose))
    return picture
