"""Runs the real pipeline over a clip in which nobody is a candidate, tells all it knew of those who passed, and waits.

Told are templates and pictures with every bit turned over: in this process's memory the plain values stand nowhere but
where the pipeline has them. `python -m tests.inference.forgetting_process PACK CLIP [keep]`: `keep` forgets to forget.
"""

import gc
import sys
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.looks import Look
from inference.pack import load_pack
from inference.passages import OpenPassage
from inference.pipeline import Pipeline
from inference.reader import open_models
from inference.recogniser import Recogniser, unit
from inference.settings import PipelineSettings
from watchlist.entries import Subject
from watchlist.index import ExactIndex, Gallery

AHEAD = 13
"""Frames."""
RAW, UNIT, FUSED, CHIP, END = b"raw ", b"unit", b"fuse", b"chip", b"end "
PERSONS = 20


def main(pack: Path, clip: Path, keep: bool) -> None:
    out = sys.stdout.buffer
    models = open_models(load_pack(pack))
    _listen(out, models.recogniser)
    listed = np.random.default_rng(1).normal(size=(PERSONS, models.recogniser.embedding_size)).astype(np.float32)
    index = ExactIndex(Gallery(unit(listed), list(range(PERSONS))))
    subjects = [Subject(id=str(number), label=str(number), pictures=()) for number in range(PERSONS)]
    pipeline = Pipeline(models, index, subjects, PipelineSettings(threshold=0.99), "gate")
    kept: list[Look] = []
    if keep:
        # Held, not only left: memory that is freed is soon another's, and the test would find nothing by chance.
        Look.wipe = lambda look: kept.append(look)  # type: ignore[method-assign, assignment]
    passages = _play(pipeline, clip)
    gc.collect()
    out.write(END + passages.to_bytes(4, "big"))
    out.flush()
    sys.stdin.read()


def _play(pipeline: Pipeline, clip: Path) -> int:
    """Passages. The last second is read, not looked at: the decoder, which in a rig is another process, keeps its last
    picture, and nobody in it may stand as in a look."""
    video = cv2.VideoCapture(str(clip))
    passages = number = 0
    waiting: deque[NDArray[np.uint8]] = deque()
    while True:
        more, read = video.read()
        if not more:
            break
        waiting.append(np.asarray(read, np.uint8))
        if len(waiting) > AHEAD:
            picture = waiting.popleft()
            passages += len(pipeline.process(picture, number, number / 12.5).ended)
            # As the worker does.
            picture.fill(0)
            number += 1
    video.release()
    for picture in waiting:
        picture.fill(0)
    return passages + len(pipeline.finish())


def _listen(out: BinaryIO, recogniser: Recogniser) -> None:
    run, embed, add = recogniser._session.run, recogniser.embed, OpenPassage.add

    def heard_run(*given: Any) -> list[NDArray[np.float32]]:
        results = run(*given)
        _tell(out, RAW, results[0])
        return results

    def heard_embed(crops: Any) -> NDArray[np.float32]:
        templates = embed(crops)
        _tell(out, UNIT, templates)
        return templates

    def heard_add(passage: OpenPassage, look: Look, settings: PipelineSettings) -> None:
        _tell(out, CHIP, _face_of(look))
        add(passage, look, settings)
        if passage.fused is not None:
            _tell(out, FUSED, passage.fused[None])

    recogniser._session.run = heard_run  # type: ignore[method-assign, assignment]
    recogniser.embed = heard_embed  # type: ignore[method-assign]
    OpenPassage.add = heard_add  # type: ignore[method-assign, assignment]


def _face_of(look: Look) -> NDArray[np.uint8]:
    """Rows between eyes and mouth, from a multiple of 4 bytes on. The street beside the face stays where it is, and
    stands in the decoder's last picture too."""
    left, top = (int(edge) for edge in look.landmarks.min(axis=0))
    right, bottom = (int(edge) for edge in look.landmarks.max(axis=0))
    return look.chip[top:bottom:3, left // 4 * 4 : max(right, left + 28)]


def _tell(out: BinaryIO, kind: bytes, rows: NDArray[Any]) -> None:
    for row in rows:
        turned = np.bitwise_xor(row.reshape(-1).view(np.uint8), 0xFF)
        out.write(kind + len(turned).to_bytes(4, "big") + turned.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "keep" in sys.argv[3:])
