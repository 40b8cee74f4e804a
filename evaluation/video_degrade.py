"""Videos made harder by a stated recipe, so that there is room to show a difference and anyone can make the same.

Each picture goes through the steps in this order: reduced in size, blurred, darkened, noise added, compressed. The
noise of a frame comes from the seed and the frame's number alone: every run gets the same pictures.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EvaluationError
from inference.faces import Picture


class RecipeError(EvaluationError):
    """A recipe that cannot be followed; the message names the step."""


@dataclass(frozen=True)
class Recipe:
    """What is done to each picture. The defaults do nothing."""

    scale: float = 1.0
    """Sides are multiplied by this, 0..1, area averaged: a camera of less resolution, or people farther away."""
    blur: float = 0.0
    """Sigma of a Gaussian blur, pixels of the reduced picture."""
    light: float = 1.0
    """Brightness is multiplied by this, 0..1."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise on each channel, of 255."""
    jpeg: int = 0
    """JPEG quality 1..100; 0: not compressed."""
    seed: int = 0
    """Of the noise."""

    def __post_init__(self) -> None:
        allowed = {
            "scale": 0.0 < self.scale <= 1.0,
            "blur": 0.0 <= self.blur <= 50.0,
            "light": 0.0 < self.light <= 1.0,
            "noise": 0.0 <= self.noise <= 255.0,
            "jpeg": 0 <= self.jpeg <= 100,
            "seed": self.seed >= 0,
        }
        for name, fits in allowed.items():
            if not fits:
                raise RecipeError(f"{name}={getattr(self, name)} is out of range")

    def __str__(self) -> str:
        changed = [
            f"{field.name}={getattr(self, field.name):g}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return ",".join(changed) or "as recorded"

    def apply(self, picture: Picture, frame: int) -> Picture:
        """The degraded picture; the given one is not changed."""
        made: NDArray[np.uint8] = picture
        if self.scale != 1.0:
            height, width = picture.shape[:2]
            size = (max(round(width * self.scale), 1), max(round(height * self.scale), 1))
            made = np.asarray(cv2.resize(made, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self.blur:
            made = np.asarray(cv2.GaussianBlur(made, (0, 0), self.blur), np.uint8)
        if self.light != 1.0 or self.noise:
            values = made.astype(np.float32) * self.light
            if self.noise:
                draw = np.random.default_rng([self.seed, frame])
                values += self.noise * draw.standard_normal(made.shape, np.float32)
            made = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        if self.jpeg:
            _, coded = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
            made = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        return made


def read_recipe(text: str) -> Recipe:
    """From `scale=0.5,blur=1.5`. Raises RecipeError."""
    kinds = {field.name: field.type for field in fields(Recipe)}
    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name not in kinds:
            raise RecipeError(f"no step {name!r}: a recipe has {', '.join(kinds)}, as in scale=0.5,blur=1.5")
        try:
            values[name] = int(value) if kinds[name] is int else float(value)
        except ValueError:
            raise RecipeError(f"{part}: {value!r} is not a number") from None
    return Recipe(**values)  # type: ignore[arg-type]
