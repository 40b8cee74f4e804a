"""Runs the real pipeline over a clip in which nobody is a candidate, tells all it knew of those who passed, and waits.

Told are templates and pictures with every bit turned over: in this process's memory the plain values stand nowhere but
where the pipeline has them. `python -m tests.inference.forgetting_process PACK CLIP [keep]`: `keep` forgets to forget.
"""

import gc
import sys
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
    """Passages."""
    video = cv2.VideoCapture(str(clip))
    passages = number = 0
    while True:
        more, picture = video.read()
        if not more:
            break
        passages += len(pipeline.process(np.asarray(picture, np.uint8), number, number / 12.5).ended)
        # As the worker does.
        picture.fill(0)
        number += 1
    video.release()
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
        _tell(out, CHIP, look.chip[None])
        add(passage, look, settings)
        if passage.fused is not None:
            _tell(out, FUSED, passage.fused[None])

    recogniser._session.run = heard_run  # type: ignore[method-assign, assignment]
    recogniser.embed = heard_embed  # type: ignore[method-assign]
    OpenPassage.add = heard_add  # type: ignore[method-assign, assignment]


def _tell(out: BinaryIO, kind: bytes, rows: NDArray[Any]) -> None:
    for row in rows:
        turned = np.bitwise_xor(row.reshape(-1).view(np.uint8), 0xFF)
        out.write(kind + len(turned).to_bytes(4, "big") + turned.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "keep" in sys.argv[3:])
