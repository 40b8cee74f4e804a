"""The people of the staged clip: heads cut out of two pictures that installed packages carry, under neutral names.

Sources, read where the packages lie and never copied into the project:

- scikit-image, `data/astronaut.png`: NASA portrait, public domain ("no known copyright restrictions" in its docstring).
- insightface, `data/images/t1.jpg`: the sample picture of the MIT-licensed package, which gives no separate licence for
  the photograph. It stays on the user's machine: used to draw frames there, for demonstration and tests only.

Everybody is a stand-in. That somebody is "listed" here is a role in a play and says nothing about a person. Clip and
enrolment pictures come from the same photograph, so figures measured on them show that a rig works, not how well.

Boxes, landmarks (right eye, left eye, nose, mouth corners as seen from left to right) and outlines are in pixels of the
source; landmarks were found once with a face detector, outlines were drawn by hand.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Points = tuple[tuple[float, float], ...]
Colour = tuple[int, int, int]  # blue, green, red

FACE_METRES = 0.155
"""Width of a detector's face box on an adult, in metres: turns pixels of a source into metres."""


@dataclass(frozen=True)
class Source:
    """A picture inside an installed package. `gains` (B, G, R) and `saturation` make its colours those of daylight."""

    package: str
    file: str
    sha256: str
    gains: tuple[float, float, float]
    saturation: float


@dataclass(frozen=True)
class Clothes:
    coat: Colour
    trousers: Colour
    scarf: Colour | None = None
    broad: float = 1.0


@dataclass(frozen=True)
class Person:
    """`neck` is the middle of the neck where a collar sits, in pixels of the source; `upright` the roll in degrees
    (anticlockwise on screen) that sets the head straight; `eye_height` is in metres."""

    identity: str
    name: str
    listed: bool
    source: Source
    face: tuple[int, int, int, int]  # x, y, width, height
    landmarks: Points
    outline: Points
    neck: tuple[float, float]
    upright: float
    eye_height: float
    clothes: Clothes


@dataclass(frozen=True)
class CutOut:
    """A head: premultiplied BGRA (height, width, 4), the point between its eyes, its neck, pixels per metre."""

    picture: Image
    eyes: tuple[float, float]
    neck: tuple[float, float]
    scale: float


PORTRAIT = Source(
    "skimage",
    "data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    (1.0, 1.0, 1.0),
    1.0,
)
GROUP = Source(
    "insightface",
    "data/images/t1.jpg",
    "47f682e945b659f93a9e490b9c9c4a2a864abe64dace9e1a2893845ddfd69489",
    (1.0, 0.88, 0.81),
    0.82,
)

VOLUNTEER_A = Person(
    "volunteer_a",
    "Volunteer A",
    True,
    PORTRAIT,
    (180, 63, 91, 115),
    ((203.5, 101.7), (246.2, 104.2), (222.4, 129.3), (200.9, 140.0), (243.8, 142.5)),
    (
        *((227, 16), (212, 22), (201, 23), (189, 35), (174, 43), (156, 58), (153, 68), (154, 93), (157, 104)),
        *((170, 116), (174, 128), (182, 132), (184, 146), (186, 160), (186, 178), (181, 188), (178, 206), (252, 206)),
        *((249, 188), (252, 184), (256, 163), (264, 149), (266, 137), (275, 134), (290, 117), (296, 107), (301, 85)),
        *((296, 58), (282, 36), (268, 26), (251, 19)),
    ),
    (215, 193),
    3.0,
    1.60,
    Clothes((92, 60, 34), (60, 56, 54), scarf=(58, 66, 168)),
)
VOLUNTEER_B = Person(
    "volunteer_b",
    "Volunteer B",
    True,
    GROUP,
    (466, 265, 106, 151),
    ((491.5, 319.7), (541.5, 333.1), (507.9, 361.3), (484.1, 367.3), (532.2, 379.2)),
    (
        *((499, 221), (492, 224), (481, 232), (473, 241), (468, 257), (468, 299), (469, 309), (466, 319), (464, 330)),
        *((466, 364), (473, 389), (480, 397), (488, 407), (500, 415), (506, 430), (520, 440), (530, 424), (537, 408)),
        *((549, 386), (566, 362), (579, 351), (585, 338), (591, 333), (592, 321), (604, 301), (606, 265), (601, 252)),
        *((592, 241), (575, 232), (555, 226), (530, 222), (511, 220)),
    ),
    (515, 426),
    13.0,
    1.70,
    Clothes((70, 84, 62), (70, 58, 48), broad=1.1),
)
UNKNOWN_1 = Person(
    "unknown_1",
    "Passer-by 1",
    False,
    GROUP,
    (745, 343, 101, 137),
    ((760.4, 397.9), (801.4, 402.8), (771.0, 431.0), (763.1, 437.2), (807.3, 441.0)),
    (
        *((834, 296), (818, 294), (797, 292), (785, 297), (771, 305), (762, 313), (752, 318), (751, 343), (748, 358)),
        *((749, 385), (748, 400), (747, 418), (753, 434), (762, 454), (768, 470), (777, 477), (788, 482), (796, 502)),
        *((842, 502), (846, 440), (850, 423), (862, 413), (869, 399), (869, 385), (871, 360), (873, 336), (866, 322)),
        *((854, 308),),
    ),
    (816, 490),
    6.0,
    1.68,
    Clothes((46, 52, 118), (78, 66, 58), broad=1.06),
)
UNKNOWN_2 = Person(
    "unknown_2",
    "Passer-by 2",
    False,
    GROUP,
    (1132, 267, 93, 133),
    ((1150.3, 325.9), (1194.1, 323.7), (1168.5, 350.0), (1154.1, 366.5), (1194.5, 364.7)),
    (
        *((1200, 236), (1180, 235), (1162, 243), (1147, 256), (1135, 276), (1128, 300), (1126, 340), (1127, 380)),
        *((1127, 418), (1136, 430), (1150, 430), (1162, 424), (1176, 452), (1206, 456), (1216, 426), (1228, 426)),
        *((1240, 430), (1258, 424), (1263, 400), (1260, 350), (1254, 310), (1247, 276), (1236, 257), (1220, 243)),
    ),
    (1190, 430),
    -2.0,
    1.58,
    Clothes((124, 96, 70), (52, 46, 44), scarf=(196, 190, 180)),
)
UNKNOWN_3 = Person(
    "unknown_3",
    "Passer-by 3",
    False,
    GROUP,
    (57, 260, 106, 137),
    ((85.3, 331.2), (127.4, 305.4), (120.5, 335.7), (114.9, 371.3), (151.8, 348.1)),
    (
        *((100, 236), (82, 237), (62, 249), (44, 270), (31, 300), (25, 340), (24, 400), (30, 446), (56, 452)),
        *((84, 446), (100, 452), (118, 436), (126, 418), (142, 407), (164, 396), (184, 384), (184, 366), (180, 338)),
        *((173, 305), (161, 276), (143, 251), (122, 239)),
    ),
    (106, 424),
    -20.0,
    1.57,
    Clothes((98, 70, 112), (66, 60, 70)),
)
UNKNOWN_4 = Person(
    "unknown_4",
    "Passer-by 4",
    False,
    GROUP,
    (906, 55, 112, 152),
    ((917.6, 118.9), (946.1, 114.5), (919.2, 151.2), (937.3, 172.4), (958.9, 167.9)),
    (
        *((999, 4), (976, 3), (951, 7), (931, 19), (920, 27), (907, 38), (894, 45), (892, 56), (899, 68)),
        *((904, 76), (905, 90), (909, 102), (909, 113), (917, 122), (919, 132), (919, 151), (929, 157), (931, 168)),
        *(
            (937, 174),
            (940, 184),
            (948, 192),
            (956, 205),
            (975, 209),
            (992, 207),
            (1008, 224),
            (1018, 242),
            (1060, 242),
        ),
        *((1060, 170), (1053, 136), (1057, 121), (1052, 66), (1047, 50), (1033, 26), (1016, 13)),
    ),
    (1026, 226),
    -4.0,
    1.74,
    Clothes((112, 108, 100), (64, 50, 40), broad=1.12),
)
UNKNOWN_5 = Person(
    "unknown_5",
    "Passer-by 5",
    False,
    GROUP,
    (269, 147, 100, 121),
    ((287.2, 212.4), (320.0, 197.2), (304.2, 230.6), (313.0, 249.9), (336.7, 236.5)),
    (
        *((313, 104), (300, 111), (288, 116), (273, 131), (267, 146), (267, 165), (271, 180), (279, 194), (280, 208)),
        *((285, 222), (294, 231), (301, 241), (313, 252), (326, 258), (332, 266), (342, 269), (347, 284), (350, 306)),
        *((402, 292), (403, 242), (395, 215), (390, 190), (395, 167), (394, 148), (403, 138), (397, 128), (382, 122)),
        *((375, 113), (362, 105), (335, 103)),
    ),
    (373, 283),
    -19.0,
    1.60,
    Clothes((60, 108, 132), (58, 54, 60), scarf=(108, 120, 66)),
)

PEOPLE = (VOLUNTEER_A, VOLUNTEER_B, UNKNOWN_1, UNKNOWN_2, UNKNOWN_3, UNKNOWN_4, UNKNOWN_5)


@cache
def read_source(source: Source) -> Image:
    """The source picture, BGR, cast removed. Raises FileNotFoundError or ValueError where the package differs."""
    spec = find_spec(source.package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{source.package} is not installed, which carries {source.file}: install the project")
    path = Path(spec.origin).parent / source.file
    if not path.is_file():
        raise FileNotFoundError(f"{source.package} here has no {source.file}: install the version of requirements.lock")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise ValueError(
            f"{source.file} of {source.package} is another picture than expected (SHA-256 differs): "
            "install the version of requirements.lock"
        )
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{source.file} of {source.package} cannot be decoded")
    balanced = picture.astype(np.float32) * np.array(source.gains, np.float32)
    grey = balanced.mean(axis=2, keepdims=True)
    return np.asarray(np.clip(grey + source.saturation * (balanced - grey), 0, 255), np.uint8)


@cache
def cut_out(person: Person) -> CutOut:
    """The person's head and neck, set upright, with a soft edge that fades out at the neck."""
    picture = read_source(person.source)
    outline = np.array(person.outline, np.float32)
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    # The edge moves inwards: half a pixel of the old background round the hair would give the trick away.
    soft = cv2.GaussianBlur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.4)

    eyes = np.array(person.landmarks[:2], np.float32).mean(axis=0)
    reach = float(np.abs(outline - eyes).max()) * 1.2 + 8
    side = int(2 * reach)
    turn = cv2.getRotationMatrix2D((float(eyes[0]), float(eyes[1])), person.upright, 1.0)
    turn[:, 2] += reach - eyes
    head = cv2.warpAffine(picture, turn, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(soft, turn, (side, side), flags=cv2.INTER_LINEAR).astype(np.float32)

    rows = np.flatnonzero(alpha.max(axis=1) > 128)
    fade = np.clip((rows[-1] - np.arange(side, dtype=np.float32)) / (0.06 * side), 0, 1)
    alpha *= fade[:, None]
    pixels = np.dstack([head.astype(np.float32) * (alpha / 255)[:, :, None], alpha])
    neck = turn @ np.array([*person.neck, 1.0])
    scale = person.face[2] / FACE_METRES
    return CutOut(np.round(pixels).astype(np.uint8), (reach, reach), (float(neck[0]), float(neck[1])), scale)
