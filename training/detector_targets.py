"""What every cell of the student shall answer: YuNet's own answer, put right by the scene's known faces.

The student has the teacher's tensor interface, so that the teacher's maps are targets for all cells at once, with soft
scores. The teacher sees the scene before the camera spoils it; the student sees it after. Cells are those of all
levels, finest first, row by row: A = S^2 (1/64 + 1/256 + 1/1024) for a scene of S x S.
"""

from __future__ import annotations

import numpy as np

from training.detector_teacher import STRIDES, Floats, Image, Teacher, overlap

SAME_FACE = 0.2
LEAST_SCORE = 0.1
SURE_SCORE = 0.7
SURE_SIZE = 10.0
LEAST_POINTS_SIZE = 12.0
CHANNELS = 18


def cells(size: int) -> tuple[Floats, Floats]:
    """Column and row of every cell [A, 2], and its stride [A]."""
    places, strides = [], []
    for stride in STRIDES:
        count = size // stride
        row, column = np.divmod(np.arange(count * count), count)
        places.append(np.stack([column, row], axis=1).astype(np.float32))
        strides.append(np.full(count * count, stride, np.float32))
    return np.concatenate(places), np.concatenate(strides)


def correct(answers: Floats, faces: Floats, size: int) -> Floats:
    """The teacher's answers [A, 15] (score, box, points; raw) as targets [A, 18]; `faces` [n, 15] are the known ones.

    Channels: score, its weight, box (4, raw), points (10, raw), weight of the box, weight of the points. A find where
    no face is known is an error: score 0. A sure face has the known box and points; if the teacher hardly sees it, its
    best cell is lifted to SURE_SCORE, and if the teacher does not see it at all, its cells do not count.
    """
    cell, stride = cells(size)
    score, raw = answers[:, 0].copy(), answers[:, 1:].copy()
    weight = np.ones_like(score)
    box_weight, points_weight = np.zeros_like(score), np.zeros_like(score)
    seen = np.flatnonzero(score >= LEAST_SCORE)
    centre = (cell[seen] + raw[seen, :2]) * stride[seen, None]
    half = np.exp(raw[seen, 2:4]) * stride[seen, None] / 2
    ious = overlap(np.concatenate([centre - half, centre + half], axis=1), faces[:, :4])
    own = ious.argmax(axis=1) if len(faces) else np.zeros(len(seen), np.intp)
    known = ious.max(axis=1, initial=0.0) >= SAME_FACE
    score[seen[~known]] = 0.0
    seen, own = seen[known], own[known]
    for index, face in enumerate(faces):
        extent = face[2:4] - face[:2]
        mine = seen[own == index]
        if len(mine):
            box_weight[mine] = score[mine]
            points_weight[mine] = score[mine] * (extent.max() >= LEAST_POINTS_SIZE)
        if face[14] == 0:
            continue
        if len(mine):
            step, place = stride[mine, None], cell[mine]
            raw[mine, :2] = (face[:2] + face[2:4]) / 2 / step - place
            raw[mine, 2:4] = np.log(extent / step)
            raw[mine, 4:] = (face[4:14] / step).astype(np.float32) - np.tile(place, 5)
            if extent.max() >= SURE_SIZE:
                score[mine] *= max(1.0, SURE_SCORE / score[mine].max())
        else:
            middle = (cell + 0.5) * stride[:, None]
            weight[((middle > face[:2]) & (middle < face[2:4])).all(axis=1)] = 0.0
    columns = [score[:, None], weight[:, None], raw, box_weight[:, None], points_weight[:, None]]
    return np.concatenate(columns, axis=1).astype(np.float32)


def targets(teacher: Teacher, clean: Image, faces: Floats) -> Floats:
    """Targets [A, 18] of a scene, from its undisturbed picture [S, S, 3]."""
    return correct(teacher.answers(clean), faces, clean.shape[0])
