"""The context of an alert: the frame, reduced, with everybody but the alerted person made unrecognisable."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.faces import Picture
from inference.pipeline import FrameResult

LONGEST_SIDE = 960
JPEG_QUALITY = 85
ENLARGED_BY = 0.25
"""A face's box grows by this share of its size on each side before it is covered: hair and ears identify too."""
MOSAIC_CELLS = 6
"""A covered face keeps at most 6 x 6 mean colours. They are all that is left: nothing is blurred that could be
sharpened again."""


def context_picture(picture: Picture, result: FrameResult, track: int) -> bytes:
    """JPEG of the frame in which only the face of `track` is left as it is.

    Faces without a track, doubtful ones, and places where unseen tracks are thought to be, are covered too. Where
    another person's face overlaps that of `track`, the overlap belongs to the alerted person.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    shown = small.copy()
    boxes = [*(face.box for face in result.faces if face.track != track), *result.unseen, *result.doubtful]
    for box in boxes:
        mosaic(small, box * np.float32(scale), ENLARGED_BY, MOSAIC_CELLS)
    for face in result.faces:
        if face.track == track:
            left, top, right, bottom = inside(small, face.box * np.float32(scale))
            small[top:bottom, left:right] = shown[top:bottom, left:right]
    # Bystanders stand in it as they are.
    shown.fill(0)
    done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"a {height} x {width} frame cannot be written as JPEG")
    return data.tobytes()


def mosaic(picture: Picture, box: NDArray[np.float32], enlarged_by: float, most: int) -> None:
    """Replace the box, enlarged on each side by this share of its size, by at most `most` x `most` cells, in place."""
    grow = enlarged_by * np.array([box[0] - box[2], box[1] - box[3], box[2] - box[0], box[3] - box[1]])
    left, top, right, bottom = inside(picture, box + grow)
    part = picture[top:bottom, left:right]
    if part.size:
        cells = (min(most, right - left), min(most, bottom - top))
        coarse = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        picture[top:bottom, left:right] = cv2.resize(
            coarse, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST
        )


def inside(picture: Picture, box: NDArray[np.floating]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels, clipped to the picture; never reversed."""
    height, width = picture.shape[:2]
    left, top = int(np.clip(np.floor(box[0]), 0, width)), int(np.clip(np.floor(box[1]), 0, height))
    right, bottom = int(np.clip(np.ceil(box[2]), left, width)), int(np.clip(np.ceil(box[3]), top, height))
    return left, top, right, bottom
