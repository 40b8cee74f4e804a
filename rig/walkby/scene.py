"""The street of the staged clip: a pedestrian lane between two shops, drawn from nothing but shapes and seeded noise.

The camera looks along the lane. World places are metres: x to the right, y up from the pavement, z away from the
camera. The street stands still; what stands in front of people (shops, lamp post) also comes as a mask with its z.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from rig.walkby.people import Colour, Image

OVERSAMPLING = 2
SHOP_Z, LEFT_X, RIGHT_X = 8.0, -1.9, 2.1
LAMP_Z, LAMP_X, LAMP_RADIUS = 2.6, 0.50, 0.032
CAPTION = ("staged demonstration,", "volunteers' stand-ins")


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: focal length 0.9 image widths, horizon at 40 % of the height, 1.7 m above the pavement."""

    width: int
    height: int
    eye: float = 1.7

    @property
    def focal(self) -> float:
        return 0.9 * self.width

    def place(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Column and row of a world place, in pixels."""
        return self.width / 2 + self.focal * x / z, 0.4 * self.height + self.focal * (self.eye - y) / z

    def scale(self, z: float) -> float:
        """Pixels per metre at the distance z."""
        return self.focal / z


@dataclass(frozen=True)
class Street:
    """The drawn street (BGR) and what hides people farther away than its z: (z, mask 0 or 255)."""

    camera: Camera
    picture: Image
    fronts: tuple[tuple[float, Image], ...]


class _Brush:
    """Draws flat shapes given in world places."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.picture: Image = np.zeros((camera.height, camera.width, 3), np.uint8)
        self.masks: list[Image] = []

    def shape(self, places: list[tuple[float, float, float]], colour: Colour) -> None:
        points = np.array([self.camera.place(*p) for p in places])
        points = np.clip(np.round(points * 16), -(10**6), 10**6).astype(np.int32)
        cv2.fillPoly(self.picture, [points], colour, cv2.LINE_AA, 4)
        for mask in self.masks:
            cv2.fillPoly(mask, [points], (255,), cv2.LINE_AA, 4)

    def front(self, x: tuple[float, float], y: tuple[float, float], z: float, colour: Colour) -> None:
        """A rectangle that faces the camera."""
        self.shape([(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)], colour)

    def side(self, x: float, y: tuple[float, float], z: tuple[float, float], colour: Colour) -> None:
        """A rectangle along the lane."""
        self.shape([(x, y[0], z[0]), (x, y[0], z[1]), (x, y[1], z[1]), (x, y[1], z[0])], colour)

    def ground(self, x: tuple[float, float], z: tuple[float, float], colour: Colour) -> None:
        self.shape([(x[0], 0, z[0]), (x[1], 0, z[0]), (x[1], 0, z[1]), (x[0], 0, z[1])], colour)

    def text(self, words: str, x: float, y: float, z: float, tall: float, colour: Colour) -> None:
        """Words centred at a world place, `tall` metres high."""
        size = tall * self.camera.scale(z) / 22
        thick = max(1, round(size * 1.6))
        (wide, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, size, thick)
        column, row = self.camera.place(x, y, z)
        place = (round(column - wide / 2), round(row))
        cv2.putText(self.picture, words, place, cv2.FONT_HERSHEY_DUPLEX, size, colour, thick, cv2.LINE_AA)


def draw_street(camera: Camera, seed: int) -> Street:
    """The street for a camera; the seed moves clouds and the grain of the walls. Takes about a second."""
    rng = np.random.default_rng([seed, 1])
    brush = _Brush(Camera(camera.width * OVERSAMPLING, camera.height * OVERSAMPLING, camera.eye))
    _sky(brush, rng)
    _pavement(brush, rng)
    _lane(brush)
    _grain(brush, rng)
    shops = np.zeros(brush.picture.shape[:2], np.uint8)
    brush.masks = [shops]
    _cafe(brush)
    _bookshop(brush)
    lamp = np.zeros_like(shops)
    brush.masks = [lamp]
    _lamp(brush)
    size = (camera.width, camera.height)
    small = [cv2.resize(layer, size, interpolation=cv2.INTER_AREA) for layer in (brush.picture, shops, lamp)]
    picture, shop_mask, lamp_mask = (np.asarray(layer, np.uint8) for layer in small)
    # A little out of focus, as a camera set to faces at two metres sees it; the lamp post stays as drawn.
    soft = cv2.GaussianBlur(picture, (0, 0), 0.9 * camera.width / 1280)
    picture = np.where(lamp_mask[:, :, None] > 0, picture, soft)
    fronts = [
        (z, np.where(mask > 127, 255, 0).astype(np.uint8)) for z, mask in ((SHOP_Z, shop_mask), (LAMP_Z, lamp_mask))
    ]
    return Street(camera, picture, tuple(fronts))


def _clouds(rng: np.random.Generator, height: int, width: int) -> npt.NDArray[np.float32]:
    """Smooth noise of several sizes, about -1 to 1."""
    total = np.zeros((height, width), np.float32)
    for cells, weight in ((4, 0.6), (9, 0.3), (20, 0.15)):
        small = rng.uniform(-1, 1, (cells, cells * 2)).astype(np.float32)
        total += weight * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def _sky(brush: _Brush, rng: np.random.Generator) -> None:
    full = (brush.picture.shape[1], brush.picture.shape[0])
    width, height = full[0] // 4, full[1] // 4  # clouds are soft
    deep, pale = np.array([226, 178, 128], np.float32), np.array([240, 226, 208], np.float32)
    down = np.clip(np.linspace(0, 2.4, height, dtype=np.float32), 0, 1)[:, None, None]
    sky = deep * (1 - down) + pale * down
    white = np.clip(_clouds(rng, height, width) * 1.4, 0, 0.75)[:, :, None]
    brush.picture[:] = cv2.resize(
        (sky * (1 - white) + 250 * white).astype(np.uint8), full, interpolation=cv2.INTER_CUBIC
    )


def _pavement(brush: _Brush, rng: np.random.Generator) -> None:
    brush.ground((-60, 60), (60, 0.9), (150, 158, 164))
    for row in range(60):
        z = 2.0 + row * 0.6
        for column in range(-12, 12):
            x = column * 0.9 + (0.45 if row % 2 else 0)
            tone = float(rng.uniform(0.94, 1.04))
            brush.ground((x + 0.012, x + 0.888), (z + 0.012, z + 0.588), _faded((158, 166, 172), tone, z))
    # Sun falls into the lane from the right, over the roof of the bookshop.
    veil = brush.picture.copy()
    points = [brush.camera.place(x, 0, z) for x, z in ((-1.9, 11.5), (0.4, 11.5), (2.4, 1.2), (-3.2, 1.2))]
    cv2.fillPoly(veil, [np.round(points).astype(np.int32)], (196, 212, 222))
    veil = np.asarray(cv2.GaussianBlur(veil, (0, 0), 0.008 * brush.picture.shape[1]), np.uint8)
    brush.picture[:] = cv2.addWeighted(brush.picture, 0.55, veil, 0.45, 0)


def _faded(colour: Colour, tone: float, z: float) -> Colour:
    """Distance turns colours pale: half of the way to the haze at 30 m."""
    haze = min(0.75, max(0.0, z - 4) / 52)
    blue, green, red = (
        min(255, int(c * tone * (1 - haze) + h * haze)) for c, h in zip(colour, (232, 222, 210), strict=True)
    )
    return blue, green, red


def _lane(brush: _Brush) -> None:
    """Houses behind the shops, down to the end of the lane."""
    brush.front((-9, 9), (0, 9.5), 46, _faded((150, 168, 190), 1, 46))
    for storey in range(3):
        for x in (-2.6, -0.9, 0.8, 2.5):
            brush.front((x, x + 0.9), (1.6 + 2.7 * storey, 3.2 + 2.7 * storey), 46, _faded((120, 110, 100), 1, 46))
    walls: tuple[tuple[float, Colour, Colour], ...] = (
        (LEFT_X, (126, 158, 196), (98, 132, 178)),
        (RIGHT_X, (168, 178, 178), (120, 126, 156)),
    )
    for x, first, second in walls:
        outward = -1 if x < 0 else 1
        for number, (near, far) in enumerate(((31.0, 46.0), (20.5, 31.0), (11.5, 20.5))):
            wall = first if number % 2 == 0 else second
            light = 0.98 if x < 0 else 0.78
            brush.side(x, (0, 10.5 - number), (near, far), _faded(wall, light, near))
            brush.side(x, (0, 0.5), (near, far), _faded(wall, light * 0.75, near))
            brush.side(x, (3.3, 3.42), (near, far), _faded(wall, light * 1.15, near))
            for storey in range(3):
                for z in np.arange(near + 1.0, far - 1.2, 2.6):
                    low = 1.0 + 3.1 * storey
                    brush.side(x, (low - 0.1, low + 1.75), (z - 0.1, z + 1.2), _faded(wall, light * 1.18, near))
                    brush.side(x, (low, low + 1.65), (z, z + 1.1), _faded((128, 112, 96), light * 0.9, near))
                    brush.side(x, (low + 0.8, low + 0.87), (z, z + 1.1), _faded(wall, light * 1.1, near))
        # The wall across the side street, which people come out of.
        brush.front((x, x + outward * 9), (0, 9), 11.5, _faded(second, 0.92, 11.5))
        brush.front((x, x + outward * 9), (0, 0.5), 11.5, _faded(second, 0.72, 11.5))


def _grain(brush: _Brush, rng: np.random.Generator) -> None:
    height, width = brush.picture.shape[:2]
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height // 2, width // 2)).astype(np.float32), (0, 0), 0.8)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None] * 5
    brush.picture[:] = np.clip(brush.picture + grain, 0, 255).astype(np.uint8)


def _cafe(brush: _Brush) -> None:
    z, wood = SHOP_Z, (74, 88, 46)
    brush.side(LEFT_X, (0, 8), (z, z + 0.9), (112, 146, 186))
    brush.front((-9, LEFT_X), (0, 8), z, (140, 172, 208))
    brush.front((-9, LEFT_X), (0, 0.45), z, (100, 122, 150))
    brush.front((-4.6, -2.12), (0.45, 2.95), z, wood)
    _window(brush, (-4.45, -3.35), (0.62, 2.42))
    _window(brush, (-3.22, -2.27), (0.62, 2.42))
    brush.front((-4.6, -2.12), (2.98, 3.4), z - 0.05, (58, 70, 36))
    brush.text("CAFE DEMO", -3.36, 3.08, z - 0.06, 0.22, (206, 226, 236))
    for stripe in range(10):
        x = -4.62 + stripe * 0.252
        colour = (70, 78, 190) if stripe % 2 == 0 else (226, 232, 236)
        top, low = [(x, 2.9, z - 0.05), (x + 0.252, 2.9, z - 0.05)], [(x + 0.252, 2.42, z - 0.75), (x, 2.42, z - 0.75)]
        brush.shape(top + low, colour)
        brush.front((x, x + 0.252), (2.30, 2.42), z - 0.75, _faded(colour, 0.85, 0))
    _plant(brush, -2.25, z - 0.5)


def _bookshop(brush: _Brush) -> None:
    z, paint = SHOP_Z, (116, 74, 40)
    brush.side(RIGHT_X, (0, 8), (z, z + 0.9), (120, 128, 132))
    brush.front((RIGHT_X, 9), (0, 8), z, (170, 178, 182))
    for row in range(14):
        brush.front((RIGHT_X, 9), (0.26 * row, 0.26 * row + 0.015), z, (152, 160, 164))
    brush.front((2.35, 4.9), (0, 2.75), z, paint)
    _window(brush, (2.5, 3.85), (0.55, 2.15))
    for shelf in range(3):
        colours = ((60, 70, 168), (70, 120, 60), (150, 90, 50), (60, 150, 190), (110, 70, 120), (90, 150, 160))
        for book in range(11):
            x, tall = 2.56 + 0.115 * book, 0.26 + 0.05 * ((book * 7 + shelf) % 3)
            low = 0.62 + 0.5 * shelf
            brush.front((x, x + 0.09), (low, low + tall), z - 0.01, colours[(book * 5 + shelf * 2) % 6])
    brush.front((4.0, 4.75), (0.05, 2.2), z, (86, 52, 26))
    _window(brush, (4.1, 4.65), (0.9, 2.1))
    brush.text("BOOKS", 3.2, 2.36, z - 0.02, 0.24, (190, 222, 232))
    plate, ink = (238, 240, 240), (60, 44, 30)
    brush.front((2.28, 4.42), (2.92, 3.55), z - 0.04, (96, 62, 34))
    brush.front((2.31, 4.39), (2.95, 3.52), z - 0.05, plate)
    brush.text("REPLAY LANE", 3.35, 3.33, z - 0.06, 0.13, ink)
    for number, words in enumerate(CAPTION):
        brush.text(words, 3.35, 3.17 - 0.16 * number, z - 0.06, 0.095, ink)
    _plant(brush, 2.2, z - 0.5)


def _window(brush: _Brush, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Glass with a warm room behind it and the sky in its upper part."""
    z, (left, right), (low, high) = SHOP_Z - 0.005, x, y
    for step in range(16):
        share = step / 16
        colour = (int(70 + 90 * share), int(84 + 72 * share), int(96 + 50 * share))
        brush.front(x, (low + (high - low) * share, high), z, colour)
    wide = right - left
    glint = [(left + 0.15 * wide, low, z), (left + 0.35 * wide, low, z), (left + 0.65 * wide, high, z)]
    brush.shape([*glint, (left + 0.45 * wide, high, z)], (176, 170, 158))


def _plant(brush: _Brush, x: float, z: float) -> None:
    brush.shape([(x - 0.2, 0.5, z), (x + 0.2, 0.5, z), (x + 0.15, 0, z), (x - 0.15, 0, z)], (64, 92, 150))
    for number in range(42):
        angle, reach = number * 2.4, 0.05 + 0.0072 * number
        mx, my = x + reach * 0.95 * np.cos(angle), 0.86 + reach * 1.15 * np.sin(angle)
        ring = [(mx + 0.085 * np.cos(a), my + 0.06 * np.sin(a), z) for a in np.linspace(0, 6.28, 9)[:-1]]
        brush.shape(ring, (44 + number % 5 * 8, 104 + number * 11 % 60, 62 + number * 7 % 40))


def _lamp(brush: _Brush) -> None:
    for share, tone in ((1.0, 40), (0.72, 52), (0.35, 70), (0.12, 96)):
        x, half = LAMP_X - 0.012 * (1 - share), LAMP_RADIUS * share
        brush.front((x - half, x + half), (0, 6), LAMP_Z, (tone, tone + 4, tone - 4))
    for y in (0.95, 2.05):
        brush.front((LAMP_X - 0.045, LAMP_X + 0.045), (y, y + 0.05), LAMP_Z, (50, 54, 44))
