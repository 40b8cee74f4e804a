"""Print the model card's figures of the starter recogniser, beside those of the packs it is compared with.

    python -m training.evaluate_recogniser --shared ../shared

All figures are on people who were never used in training. All recognisers get the views in `--crops`: found by
`lab-mbf`'s detector, so that the figures compare recognisers and nothing else, unless training.crops was told another.
`--time` compares the processor time for one face.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from inference.pack import load_pack
from inference.recogniser import Recogniser
from inference.sessions import SessionSettings
from training import figures
from training.crops import Crops, load_crops
from training.split import Pair, load_split
from training.teacher import TEACHER, embed

MFN = Path("models") / "yunet-mfn"
LIST_SIZE = 500
FPIR = 0.01
DRAWS = 20
BOOTSTRAPS = 400
SMALL_LISTS = (2, 10, 100, 500)


def balanced(pairs: tuple[Pair, ...]) -> list[Pair]:
    """As many same as different pairs; which are left out is decided by a hash of their paths."""

    def order(pair: Pair) -> str:
        return hashlib.sha256(f"{pair.path_a}|{pair.path_b}".encode()).hexdigest()

    same = sorted((p for p in pairs if p.same), key=order)
    different = sorted((p for p in pairs if not p.same), key=order)
    count = min(len(same), len(different))
    return same[:count] + different[:count]


def verification(templates: figures.Floats, crops: Crops, pairs: list[Pair]) -> dict[str, Any]:
    """Accuracy over the official folds and the area under the curve."""
    at = {name.removeprefix("lfw/"): number for number, name in enumerate(crops.names.tolist())}
    usable = [p for p in pairs if p.path_a in at and p.path_b in at]
    a = templates[[at[p.path_a] for p in usable]]
    b = templates[[at[p.path_b] for p in usable]]
    scores = np.asarray((a * b).sum(axis=1), np.float32)
    same = np.array([p.same for p in usable])
    accuracy = figures.fold_accuracy(scores, same, np.array([p.fold for p in usable]))
    return {
        "pairs": len(usable),
        "pairs_without_a_face": len(pairs) - len(usable),
        "accuracy": str(accuracy),
        "auc": round(figures.area_under_curve(scores, same), 5),
        "threshold": round(figures.best_threshold(scores, same), 3),
    }


def identification(templates: figures.Floats, crops: Crops) -> dict[str, Any]:
    """Open set with lists of 500: mean of seeded draws, and a bootstrap over draws and people."""
    random = np.random.default_rng(1)
    runs = [
        figures.open_set(templates, crops.identities, figures.draw_list(crops.identities, LIST_SIZE, random), FPIR)
        for _ in range(DRAWS)
    ]
    again = [
        figures.open_set(
            templates,
            crops.identities,
            figures.draw_list(crops.identities, LIST_SIZE, random),
            FPIR,
            figures.resample(crops.identities, random),
        ).tpir
        for _ in range(BOOTSTRAPS)
    ]
    low, high = np.quantile(again, [0.025, 0.975])
    return {
        "list": LIST_SIZE,
        "fpir": FPIR,
        "draws": DRAWS,
        "tpir": str(figures.Share(float(np.mean([r.tpir for r in runs])), float(low), float(high))),
        "tpir_of_draws": [round(min(r.tpir for r in runs), 4), round(max(r.tpir for r in runs), 4)],
        "threshold": round(float(np.mean([r.threshold for r in runs])), 3),
        "mated_probes": round(float(np.mean([r.mated for r in runs]))),
        "non_mated_probes": round(float(np.mean([r.non_mated for r in runs]))),
    }


def thresholds(templates: figures.Floats, crops: Crops) -> dict[str, Any]:
    """Score distributions, and thresholds for a FPIR of 0.1 % at several list sizes.

    A probe raises a false alarm on a list of N with probability 1 - (1 - FMR)^N, about N * FMR.
    """
    mated, others = figures.cross_scores(templates, crops.identities)
    found: dict[str, Any] = {
        "mated_pairs": len(mated),
        "mated": figures.quantiles(mated),
        "non_mated_pairs": len(others),
        "non_mated": figures.quantiles(others),
        "highest_non_mated": round(float(others.max()), 3),
    }
    for size in SMALL_LISTS:
        threshold = float(np.quantile(others, 1 - 0.001 / size))
        found[f"list_{size}"] = {
            "threshold": round(threshold, 3),
            "true_match_share_of_mated_pairs": round(float((mated >= threshold).mean()), 4),
        }
    return found


def by_group(templates: figures.Floats, crops: Crops, threshold: float) -> dict[str, Any]:
    """Pairs of different people of the same group and gender: how similar, and how many at or over `threshold`."""
    found: dict[str, Any] = {}
    for group in np.unique(crops.groups).tolist():
        mine = templates[crops.groups == group]
        scores = (mine @ mine.T)[np.triu_indices(len(mine), 1)]
        found[group] = {
            "mean": round(float(scores.mean()), 3),
            "0.99": round(float(np.quantile(scores, 0.99)), 3),
            "at_or_over": f"{int((scores >= threshold).sum())}/{len(scores)}",
        }
    return found


def processor_time(packs: dict[str, Path], rounds: int = 60) -> dict[str, float]:
    """Median processor milliseconds for one face on one thread, the recognisers taking turns (A B A B)."""
    recognisers = {name: Recogniser(load_pack(path), SessionSettings()) for name, path in packs.items()}
    face = np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8)
    spent: dict[str, list[float]] = {name: [] for name in recognisers}
    for _ in range(rounds):
        for name, recogniser in recognisers.items():
            began = time.process_time()
            recogniser.embed([face])
            spent[name].append(1e3 * (time.process_time() - began))
    return {name: round(float(np.median(values)), 2) for name, values in spent.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Print the model card's figures of the starter recogniser.")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--crops", type=Path, default=Path(".train/crops.npz"))
    parser.add_argument("--pack", type=Path, default=Path("inference/packs/starter"))
    parser.add_argument("--only", action="store_true", help="the starter alone, not the packs beside it")
    parser.add_argument("--time", action="store_true", help="compare processor time too")
    arguments = parser.parse_args()
    crops = load_crops(arguments.crops)
    held_back, aside = crops.of("held-back"), crops.of("aside")
    pairs = balanced(load_split(arguments.shared).pairs)
    packs = {"starter": arguments.pack}
    if not arguments.only:
        packs |= {"lab-mbf": arguments.shared / TEACHER, "yunet-mfn": arguments.shared / MFN}
    for name, path in packs.items():
        templates = embed(path, held_back.views())
        found = {
            "verification": verification(templates, held_back, pairs),
            "identification": identification(templates, held_back),
            "thresholds": thresholds(templates, held_back),
        }
        suggested = found["thresholds"][f"list_{LIST_SIZE}"]["threshold"]
        found["by_group"] = by_group(embed(path, aside.views()), aside, suggested)
        print(name, json.dumps(found, indent=1), flush=True)
    if arguments.time:
        print("processor ms a face", processor_time(packs))


if __name__ == "__main__":
    main()
