"""A walking figure: the cut-out head on a drawn coat, as a picture that a street or a portrait can be laid under.

Places are metres, x to the right, y down, times `scale` (pixels per metre): of the head from the point between the
eyes, of the body from a point `NECK` above the middle of the neck.
Pictures are premultiplied BGRA, so that soft edges add up without fringes.
"""

from dataclasses import dataclass
from math import cos, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

from rig.walkby.people import Clothes, Colour, CutOut, Image, Person, cut_out

HALF_WIDTH = 0.42
ABOVE = 0.26
NECK = 0.180  # where the drawn body expects the neck
BODY = 0.90
SHIFT = 4  # fractional bits of the drawing functions: figures move by less than a pixel a frame


@dataclass(frozen=True)
class Pose:
    """How a figure stands in one frame: gait as a fraction of two steps, angles of the head in degrees."""

    gait: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    light: float = 1.0
    side_light: float = 0.0  # -1 from the left to 1 from the right


@dataclass(frozen=True)
class Figure:
    """A drawn figure: premultiplied BGRA and its top left corner on the frame."""

    picture: Image
    left: int
    top: int


class _Canvas:
    """Draws smooth shapes given in metres."""

    def __init__(self, width: int, height: int, scale: float, origin: tuple[float, float]) -> None:
        self.picture: Image = np.zeros((height, width, 4), np.uint8)
        self.scale, self.origin = scale, np.array(origin, np.float32)

    def pixels(self, points: list[tuple[float, float]]) -> npt.NDArray[np.int32]:
        place = np.array(points, np.float32) * self.scale + self.origin
        return np.round(place * (1 << SHIFT)).astype(np.int32)

    def shape(self, points: list[tuple[float, float]], colour: Colour, rounds: int = 2) -> None:
        cv2.fillPoly(self.picture, [self.pixels(_rounded(points, rounds))], (*colour, 255), cv2.LINE_AA, SHIFT)

    def line(self, points: list[tuple[float, float]], colour: Colour, metres: float) -> None:
        width = max(1, round(metres * self.scale))
        cv2.polylines(self.picture, [self.pixels(points)], False, (*colour, 255), width, cv2.LINE_AA, SHIFT)

    def disc(self, point: tuple[float, float], colour: Colour, metres: float) -> None:
        centre = self.pixels([point])[0]
        radius = max(1, round(metres * self.scale * (1 << SHIFT)))
        cv2.circle(self.picture, (int(centre[0]), int(centre[1])), radius, (*colour, 255), -1, cv2.LINE_AA, SHIFT)


def draw_figure(person: Person, scale: float, eyes: tuple[float, float], bottom: int, pose: Pose) -> Figure:
    """The figure with its eyes at `eyes` (x, y of the frame), down to the feet or to row `bottom`."""
    head = cut_out(person)
    hang = [(n - e) * scale / head.scale for n, e in zip(head.neck, head.eyes, strict=True)]
    left, top = int(eyes[0] + hang[0] - HALF_WIDTH * scale), int(eyes[1] - ABOVE * scale)
    width = int(2 * HALF_WIDTH * scale) + 2
    height = max(2, min(bottom, int(eyes[1] + (person.eye_height + 0.05) * scale) + 2) - top)
    origin = (eyes[0] - left, eyes[1] - top)
    canvas = _Canvas(width, height, scale * BODY, (origin[0] + hang[0], origin[1] + hang[1] - NECK * BODY * scale))
    if canvas.origin[1] + 0.8 * scale < height:
        _legs(canvas, person, pose.gait)
    _coat(canvas, person.clothes, _skin(person), pose.gait)
    _lay(canvas.picture, _turned_head(head, scale, origin, (width, height), pose))
    _collar(canvas, person.clothes)
    shade = _shade(width, height, scale, origin, pose)
    return Figure(np.asarray(cv2.multiply(canvas.picture, shade, scale=1 / 200), np.uint8), left, top)


def _legs(canvas: _Canvas, person: Person, gait: float) -> None:
    trousers, shoes, floor = person.clothes.trousers, (38, 40, 44), person.eye_height / BODY
    for side in (-1, 1):
        swing = sin(2 * pi * gait + (0 if side > 0 else pi))
        lift = max(0.0, cos(2 * pi * gait + (0 if side > 0 else pi))) * 0.07
        foot = floor - 0.05 - lift + 0.02 * swing
        x = side * 0.085
        tone = _tone(trousers, 1.0 + 0.12 * swing)
        canvas.shape([(x - 0.085, 0.80), (x + 0.085, 0.80), (x + 0.055, foot), (x - 0.055, foot)], tone, 0)
        toe = [(x - 0.05, foot - 0.03), (x + 0.05, foot - 0.03), (x + 0.055, foot + 0.05), (x - 0.055, foot + 0.05)]
        canvas.shape(toe, shoes, 1)


def _coat(canvas: _Canvas, clothes: Clothes, skin: Colour, gait: float) -> None:
    broad, coat = clothes.broad, clothes.coat
    for side in (-1, 1):
        swing = sin(2 * pi * gait + (pi if side > 0 else 0))
        wrist = 0.80 - 0.05 * swing
        sleeve = [(0.15, 0.25), (0.205, 0.26), (0.245, 0.34), (0.275, 0.55), (0.262, wrist), (0.195, wrist)]
        sleeve += [(0.19, 0.55), (0.16, 0.40)]
        canvas.disc((side * broad * 0.228, wrist + 0.03), skin, 0.04)
        canvas.shape([(side * broad * x, y) for x, y in sleeve], _tone(coat, 0.86 + 0.05 * swing))
    half = [(0.05, 0.155), (0.085, 0.185), (0.14, 0.215), (0.195, 0.25), (0.215, 0.30), (0.20, 0.42), (0.185, 0.60)]
    half += [(0.205, 0.78), (0.225, 0.97)]
    outline = [(broad * x, y) for x, y in half] + [(-broad * x, y) for x, y in reversed(half)]
    canvas.shape(outline, coat)
    canvas.line([(0.012, 0.30), (0.014, 0.95)], _tone(coat, 0.66), 0.006)
    for y in (0.42, 0.54, 0.66, 0.78):
        canvas.disc((-0.012, y), _tone(coat, 0.5), 0.010)
    for side in (-1, 1):
        canvas.line([(side * 0.10 * broad, 0.70), (side * 0.155 * broad, 0.67)], _tone(coat, 0.68), 0.007)


def _collar(canvas: _Canvas, clothes: Clothes) -> None:
    """The front of the collar, and the scarf, over the lower edge of the cut-out neck."""
    coat = clothes.coat
    if clothes.scarf is not None:
        scarf = [(-0.105, 0.165), (-0.05, 0.195), (0.0, 0.20), (0.05, 0.195), (0.105, 0.165), (0.115, 0.215)]
        scarf += [(0.06, 0.27), (0.0, 0.285), (-0.06, 0.27), (-0.115, 0.215)]
        tail = [(-0.055, 0.25), (0.02, 0.26), (0.035, 0.50), (-0.045, 0.50)]
        canvas.shape(tail, _tone(clothes.scarf, 0.88), 1)
        canvas.shape(scarf, clothes.scarf)
        canvas.line([(-0.085, 0.21), (-0.04, 0.235), (0.0, 0.243), (0.05, 0.238)], _tone(clothes.scarf, 0.85), 0.004)
        canvas.line([(-0.005, 0.27), (-0.01, 0.49)], _tone(clothes.scarf, 0.8), 0.004)
        return
    inside = [(-0.06, 0.185), (0.06, 0.185), (0.045, 0.25), (0.0, 0.31), (-0.045, 0.25)]
    canvas.shape(inside, _tone((214, 212, 206), 0.9), 1)
    for side in (-1, 1):
        flap = [(0.058, 0.160), (0.098, 0.178), (0.13, 0.26), (0.07, 0.32), (0.0, 0.35), (0.028, 0.26)]
        canvas.shape([(side * x, y) for x, y in flap], _tone(coat, 1.16), 1)
        canvas.line([(side * 0.13, 0.26), (side * 0.07, 0.32), (0.0, 0.35)], _tone(coat, 0.7), 0.005)


def _turned_head(head: CutOut, scale: float, origin: tuple[float, float], size: tuple[int, int], pose: Pose) -> Image:
    """The head seen after a small turn: the cut-out is a plane that is rotated and projected from 1.2 m."""
    picture, eyes, ratio = head.picture, head.eyes, scale / head.scale
    while ratio < 0.55:  # halving first keeps small faces free of aliasing
        picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        eyes, ratio = (eyes[0] / 2, eyes[1] / 2), ratio * 2
    per_metre = scale / ratio
    yaw, pitch, roll = (np.radians(a) for a in (pose.yaw, pose.pitch, pose.roll))
    turn_y = np.array([[cos(yaw), 0, sin(yaw)], [0, 1, 0], [-sin(yaw), 0, cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]])
    turn_z = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    rotation = turn_z @ turn_y @ turn_x
    neck, far = 0.10, 1.2  # the head turns about a point 10 cm below the eyes
    to_plane = np.array(
        [[1 / per_metre, 0, -eyes[0] / per_metre], [0, 1 / per_metre, -eyes[1] / per_metre - neck], [0, 0, 1.0]]
    )
    spread = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, far]])
    to_frame = np.array([[far * scale, 0, origin[0]], [0, far * scale, origin[1] + neck * scale], [0, 0, 1.0]])
    homography = to_frame @ spread @ to_plane
    return np.asarray(cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_LINEAR), np.uint8)


def _lay(below: Image, above: Image) -> None:
    rows = np.flatnonzero(above[:, :, 3].any(axis=1))
    if rows.size == 0:
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    lay_over(below[part], above[part])


def lay_over(below: Image, above: Image) -> None:
    """Lays premultiplied BGRA `above` on `below` (BGR or premultiplied BGRA of the same size), in place."""
    channels = below.shape[2]
    rest = cv2.merge([cv2.bitwise_not(above[:, :, 3])] * channels)
    cv2.add(cv2.multiply(below, rest, scale=1 / 255), above[:, :, :channels], dst=below)


def _shade(width: int, height: int, scale: float, origin: tuple[float, float], pose: Pose) -> Image:
    """Light on the figure, 200 = unchanged; the last channel leaves the outline as it is."""
    small = (48, 64)
    xs = (np.linspace(0, width, small[0], dtype=np.float32) - origin[0]) / scale
    ys = (np.linspace(0, height, small[1], dtype=np.float32) - origin[1]) / scale
    across = 1 + 0.9 * pose.side_light * np.clip(xs, -0.12, 0.12) - 3.2 * np.clip(np.abs(xs) - 0.10, 0, 1) ** 2
    folds = 0.05 * np.sin(xs * 41 + 1.3 * np.sin(ys[:, None] * 9)) * np.clip((ys[:, None] - 0.32) * 6, 0, 1)
    down = 1 - 0.16 * np.clip(ys - 0.25, 0, 1)
    # The chin shades the neck: without it the head looks pasted on.
    chin = 0.20 * np.exp(-(((ys - 0.20) / 0.035) ** 2))[:, None] * np.exp(-((xs / 0.09) ** 2))
    values = 200 * pose.light * ((across + folds) * down[:, None] - chin)
    light = cv2.resize(np.clip(values, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.merge([light, light, light, np.full_like(light, 200)]), np.uint8)


def _skin(person: Person) -> Colour:
    picture, (x, y) = cut_out(person).picture, cut_out(person).eyes
    step = int(0.05 * cut_out(person).scale)
    patch = picture[int(y) + step // 2 : int(y) + step, int(x) - step // 2 : int(x) + step // 2, :3]
    blue, green, red = (int(v) for v in patch.reshape(-1, 3).mean(axis=0))
    return blue, green, red


def _tone(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, int(c * factor)) for c in colour)
    return blue, green, red


def _rounded(points: list[tuple[float, float]], rounds: int) -> list[tuple[float, float]]:
    """Chaikin's corner cutting: each round replaces a corner by two points, at a quarter and three quarters."""
    for _ in range(rounds):
        cut: list[tuple[float, float]] = []
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        points = cut
    return points
