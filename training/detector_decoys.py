"""Mine decoys: places in the bank's pictures that a trained detector takes for faces and no teacher does.

Usage: python -m training.detector_decoys inference/packs/starter/det_starter.onnx --bank .train/det/bank.npz

Decoys that the output holds already, of an earlier detector, stay.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from training.detector_bank import Decoy, Entry, load
from training.detector_teacher import Teacher, overlap
from training.scenes import prepare

LONGEST = (224, 448, 640)
SCORE = 0.5
APART = 0.1
FEWEST_PIXELS = 8.0


def mine(detector: Teacher, entries: list[Entry], known: list[Decoy]) -> list[Decoy]:
    """The known decoys and the false finds in all pictures at several sizes, each place once for each picture."""
    found = list(known)
    for index, entry in enumerate(entries):
        source = prepare(entry)
        taken = np.concatenate([source.faces[:, :4], *(decoy.box[None] for decoy in known if decoy.entry == index)])
        for longest in LONGEST:
            faces = detector.detect(source.image, longest, least=SCORE)
            for box in faces.boxes[(faces.boxes[:, 2] - faces.boxes[:, 0]) >= FEWEST_PIXELS]:
                if overlap(box[None], taken).max(initial=0.0) < APART:
                    taken = np.concatenate([taken, box[None]])
                    found.append(Decoy(index, box))
        if index % 500 == 0:
            print(f"{index} of {len(entries)} pictures, {len(found)} decoys", flush=True)
    return found


def save_decoys(decoys: list[Decoy], path: Path) -> None:
    """Write decoys beside their bank."""
    boxes = np.array([decoy.box for decoy in decoys], np.float32).reshape(-1, 4)
    np.savez(path, entries=np.array([decoy.entry for decoy in decoys], np.int64), boxes=boxes)


def load_decoys(path: Path) -> list[Decoy]:
    """Decoys written by `save_decoys`."""
    with np.load(path) as stored:
        return [Decoy(int(entry), box) for entry, box in zip(stored["entries"], stored["boxes"], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--bank", type=Path, default=Path(".train/det/bank.npz"))
    parser.add_argument("--output", type=Path, default=Path(".train/det/decoys.npz"))
    arguments = parser.parse_args()
    known = load_decoys(arguments.output) if arguments.output.is_file() else []
    decoys = mine(Teacher(arguments.model, "yunet"), load(arguments.bank), known)
    save_decoys(decoys, arguments.output)
    print(f"{arguments.output}: {len(decoys)} decoys")


if __name__ == "__main__":
    main()
