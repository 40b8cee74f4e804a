import cv2
import numpy as np
from numpy.typing import NDArray

from inference.context import ENLARGED_BY, MOSAIC_CELLS, context_picture
from inference.pipeline import FaceInFrame, FrameResult

ALERTED = (100, 100, 220, 260)
BYSTANDER = (400, 120, 520, 280)
UNTRACKED = (700, 60, 760, 140)
HIDDEN = (800, 300, 900, 430)


def noisy(height: int, width: int) -> NDArray[np.uint8]:
    """Blocks that survive JPEG and are gone once they are averaged."""
    drawn = np.random.default_rng(2).integers(0, 255, (height // 4 + 1, width // 4 + 1, 3)).astype(np.uint8)
    return np.kron(drawn, np.ones((4, 4, 1), np.uint8)).astype(np.uint8)[:height, :width]


def box(edges: tuple[int, int, int, int]) -> NDArray[np.float32]:
    return np.array(edges, np.float32)


RESULT = FrameResult(
    faces=(
        FaceInFrame(box(ALERTED), 0.9, 7),
        FaceInFrame(box(BYSTANDER), 0.9, 8),
        FaceInFrame(box(UNTRACKED), 0.5, None),
    ),
    looks_rejected=0,
    decisions=(),
    ended=(),
    unseen=(box(HIDDEN),),
)


def shown(picture: NDArray[np.uint8], result: FrameResult = RESULT, track: int = 7) -> NDArray[np.uint8]:
    data = np.frombuffer(context_picture(picture, result, track), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def detail(picture: NDArray[np.uint8], edges: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = edges
    return float(cv2.Laplacian(picture[top:bottom, left:right], cv2.CV_32F).std())


def test_everybody_but_the_alerted_person_is_covered() -> None:
    picture = noisy(540, 960)
    result = shown(picture)
    assert result.shape == picture.shape
    assert detail(result, ALERTED) > 0.6 * detail(picture, ALERTED)
    for edges in (BYSTANDER, UNTRACKED, HIDDEN):
        assert detail(result, edges) < 0.3 * detail(picture, edges)


def test_a_covered_face_keeps_no_more_than_its_cells() -> None:
    result = shown(noisy(540, 960))
    left, top, right, bottom = BYSTANDER
    grow = [round(ENLARGED_BY * (right - left)), round(ENLARGED_BY * (bottom - top))]
    part = result[top - grow[1] : bottom + grow[1], left - grow[0] : right + grow[0]].astype(np.float32)
    cells = cv2.resize(part, (MOSAIC_CELLS, MOSAIC_CELLS), interpolation=cv2.INTER_AREA)
    rebuilt = cv2.resize(cells, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_NEAREST)
    # What differs is JPEG's doing, at the cells' edges.
    assert np.abs(part - rebuilt).mean() < 4


def test_where_faces_overlap_the_alerted_one_stays_whole() -> None:
    picture = noisy(540, 960)
    faces = (FaceInFrame(box(ALERTED), 0.9, 7), FaceInFrame(box((180, 100, 300, 260)), 0.9, 8))
    result = shown(picture, FrameResult(faces, 0, (), (), ()))
    assert detail(result, ALERTED) > 0.6 * detail(picture, ALERTED)
    assert detail(result, (232, 110, 300, 250)) < 0.3 * detail(picture, (232, 110, 300, 250))


def test_a_large_frame_is_reduced_and_a_small_one_is_not() -> None:
    assert shown(noisy(1080, 1920)).shape == (540, 960, 3)
    assert shown(noisy(200, 300), FrameResult((), 0, (), (), ())).shape == (200, 300, 3)


def test_boxes_beyond_the_frame_do_no_harm() -> None:
    edges = [
        (-50, -50, 30, 30),
        (900, 500, 1200, 900),
        (2000, 2000, 2100, 2100),
        (50, 50, 50, 50),
        (-90, -90, -10, -10),
    ]
    faces = tuple(FaceInFrame(box(one), 0.9, None) for one in edges)
    picture = noisy(540, 960)
    result = shown(picture, FrameResult(faces, 0, (), (), ()))
    assert detail(result, (0, 0, 30, 30)) < 0.3 * detail(picture, (0, 0, 30, 30))


def test_the_frame_itself_is_left_as_it_is() -> None:
    for size in ((540, 960), (1080, 1920)):
        picture = noisy(*size)
        before = picture.copy()
        context_picture(picture, RESULT, 7)
        assert (picture == before).all()
