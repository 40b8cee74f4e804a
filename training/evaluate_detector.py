"""Print the detector's figures for the model card, beside YuNet's (and SCRFD-500M's).

Usage: python -m training.evaluate_detector inference/packs/starter/det_starter.onnx --shared ../shared --json FILE
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training import detector_tests as tests
from training.detector_teacher import Faces, Floats, Image, Teacher, overlap

WIDTHS = (94.0, 60.0, 40.0)
LEAST = 0.1
MATCH = 0.5
ALARM_RATES = (0.01, 0.03)


@dataclass
class Tally:
    """What one detector did on some tests: per face to find its score (0: missed), landmark errors, false scores."""

    found: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    false: list[float] = field(default_factory=list)
    pictures: int = 0

    def add(self, faces: Faces, truth: Floats, group: str) -> None:
        """Count one picture: truth as rows [n, 15]."""
        self.pictures += 1
        free = np.ones(len(faces.scores), dtype=bool)
        ious = overlap(faces.boxes, truth[:, :4]) if len(truth) else np.zeros((len(faces.scores), 0), np.float32)
        for column, row in enumerate(truth):
            near = (ious[:, column] >= MATCH) & free
            if row[14] == 0 or not near.any():
                if row[14] > 0:
                    self.found.append(0.0)
                    self.groups.append(group)
                continue
            best = int(np.argmax(np.where(near, faces.scores, -1)))
            self.found.append(float(faces.scores[best]))
            self.groups.append(group)
            points = row[4:14].reshape(5, 2)
            eyes = float(np.linalg.norm(points[0] - points[1]))
            # Nearer than a profile's projected eyes no distance makes sense as a unit.
            if eyes > 0.2 * float(row[2] - row[0]):
                self.errors.append(float(np.linalg.norm(faces.points[best] - points, axis=1).mean()) / eyes * 100)
            free[best] = False
        # Second finds of a face, and finds at places where the truth is unsure, are not false.
        touched = (ious > 0.25).any(axis=1) if len(truth) else np.zeros(len(faces.scores), dtype=bool)
        self.false += faces.scores[free & ~touched].tolist()

    def threshold_for(self, rate: float) -> float:
        """The lowest threshold with at most `rate` false detections a picture."""
        allowed = int(rate * self.pictures)
        ranked = sorted(self.false, reverse=True)
        return float(np.nextafter(ranked[allowed], 2)) if len(ranked) > allowed else LEAST

    def recall(self, threshold: float, group: str = "") -> float:
        chosen = [score for score, name in zip(self.found, self.groups, strict=True) if name.startswith(group)]
        return float(np.mean([score >= threshold for score in chosen])) if chosen else float("nan")

    def alarms(self, threshold: float) -> int:
        return sum(score >= threshold for score in self.false)


Detectors = dict[str, Teacher]


def tally(detectors: Detectors, cases: Iterable[tests.Test]) -> dict[str, Tally]:
    """Every detector on every test, at the picture's own size."""
    result = {name: Tally() for name in detectors}
    for case in cases:
        for name, detector in detectors.items():
            result[name].add(detector.detect(case.image, least=LEAST), case.faces, case.group)
    return result


def composites(subjects: Sequence[tests.Subject]) -> Iterable[tests.Test]:
    for seed, subject in enumerate(subjects):
        for width in WIDTHS:
            for ground in tests.GROUNDS:
                yield tests.composite(subject, width, ground, seed)


def held_back_people(
    shared: Path, detectors: Detectors, teachers: tuple[Teacher, Teacher], limit: int
) -> dict[str, Any]:
    """Recall by face width and ground at equal false detections a picture, and landmark errors."""
    subjects = tests.lfw_subjects(shared, teachers, limit)
    tallies = tally(detectors, composites(subjects))
    empty = tally(detectors, tests.face_free(shared, 300))
    report: dict[str, Any] = {"people": len(subjects), "face_free_pictures": empty[next(iter(empty))].pictures}
    for name, counted in tallies.items():
        counted.false += empty[name].false
        counted.pictures += empty[name].pictures
    for name, counted in tallies.items():
        row: dict[str, Any] = {"landmark_error_median": round(float(np.median(counted.errors)), 2)}
        row["landmark_error_mean"] = round(float(np.mean(counted.errors)), 2)
        for rate in ALARM_RATES:
            threshold = counted.threshold_for(rate)
            row[f"at_{rate}_false_a_picture"] = {"threshold": round(threshold, 3), **recalls(counted, threshold)}
        row["by_threshold"] = {
            str(t): {"false": counted.alarms(t), "of_pictures": counted.pictures, **recalls(counted, t)}
            for t in (0.3, 0.4, 0.5, 0.6, 0.7)
        }
        report[name] = row
    return report


def recalls(counted: Tally, threshold: float) -> dict[str, float]:
    groups = [f"{ground} {width:.0f}" for width in WIDTHS for ground in tests.GROUNDS]
    return {group: round(counted.recall(threshold, group), 4) for group in groups}


def by_label(
    shared: Path, detectors: Detectors, teachers: tuple[Teacher, Teacher], thresholds: dict[str, float]
) -> dict[str, Any]:
    """Recall of held-back UTKFace pictures by their labels, faces 40 and 60 pixels wide, seen by a street camera."""
    tallies = {name: Tally() for name in detectors}
    for seed, subject in enumerate(tests.utkface_subjects(shared, teachers)):
        for width in (60.0, 40.0):
            case = tests.composite(subject, width, "street", 10_000 + seed)
            for name, detector in detectors.items():
                tallies[name].add(detector.detect(case.image, least=LEAST), case.faces, subject.label)
    report: dict[str, Any] = {}
    for name, counted in tallies.items():
        found: dict[str, list[bool]] = defaultdict(list)
        for score, group in zip(counted.found, counted.groups, strict=True):
            for part in (group, *group.split("_"), "all"):
                found[part].append(score >= thresholds[name])
        report[name] = {part: [sum(values), len(values)] for part, values in sorted(found.items())}
    return report


def annotated_photos(
    shared: Path, detectors: Detectors, judge: Teacher, thresholds: dict[str, float]
) -> dict[str, Any]:
    """Given boxes found (IoU 0.4: they are square and loose), and finds that neither a box nor SCRFD-2.5G has."""
    report: dict[str, Any] = {name: {"found": 0, "of": 0, "false": 0} for name in detectors}
    for _, image, boxes in tests.group_photos(shared, annotated=True):
        known = np.concatenate([boxes, judge.detect(image, 1024, least=0.2).boxes])
        for name, detector in detectors.items():
            faces = detector.detect(image, 640, least=thresholds[name])
            ious = overlap(boxes, faces.boxes)
            report[name]["found"] += int((ious >= 0.4).any(axis=1).sum()) if len(faces.scores) else 0
            report[name]["of"] += len(boxes)
            report[name]["false"] += (
                int((overlap(faces.boxes, known).max(axis=1) < 0.25).sum()) if len(faces.scores) else 0
            )
    for case in list(tests.face_free(shared, 0))[:1]:
        for name, detector in detectors.items():
            report[name]["false_on_dogs"] = len(detector.detect(case.image, 640, least=thresholds[name]).scores)
    return report


def agreement(
    detectors: Detectors, judge: Teacher, images: Iterable[Image], longest: int, thresholds: dict[str, float]
) -> dict[str, Any]:
    """How many faces of a judge (score 0.5) each detector finds, and how many finds the judge (0.15) has not."""
    report: dict[str, Any] = {name: {"found": 0, "of": 0, "extra": 0} for name in detectors}
    for image in images:
        judged = judge.detect(image, longest, least=0.15)
        sure = judged.pick(judged.scores >= 0.5)
        for name, detector in detectors.items():
            faces = detector.detect(image, longest, least=thresholds[name])
            ious = overlap(faces.boxes, judged.boxes)
            report[name]["of"] += len(sure.scores)
            if len(faces.scores) and len(judged.scores):
                report[name]["found"] += int((overlap(sure.boxes, faces.boxes) >= 0.4).any(axis=1).sum())
                report[name]["extra"] += int((ious.max(axis=1) < 0.25).sum())
            else:
                report[name]["extra"] += len(faces.scores)
    return report


def evaluate(shared: Path, model: Path, limit: int, threshold: float) -> dict[str, Any]:
    """All figures of the card."""
    detectors = {
        "starter": Teacher(model, "yunet"),
        "yunet-n": Teacher.named(shared, "yunet-n"),
        "scrfd-500m": Teacher.named(shared, "scrfd-500m"),
    }
    judge = Teacher.named(shared, "scrfd-2.5g")
    small_judge = detectors["scrfd-500m"]
    thresholds = {"starter": threshold, "yunet-n": 0.6, "scrfd-500m": 0.5}
    videos = shared / "data/videos"
    two = {name: detectors[name] for name in ("starter", "yunet-n")}
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "held_back_people": lambda: held_back_people(shared, two, (judge, detectors["yunet-n"]), limit),
        "utkface_by_label": lambda: by_label(shared, two, (judge, detectors["yunet-n"]), thresholds),
        "annotated_group_photos": lambda: annotated_photos(shared, detectors, judge, thresholds),
        "other_group_photos": lambda: agreement(
            detectors, judge, (image for _, image, _ in tests.group_photos(shared, annotated=False)), 1024, thresholds
        ),
        "sitcom_table": lambda: agreement(
            two, small_judge, tests.video_frames(videos / "sitcom-table/sitcom_table.mp4", 24), 640, thresholds
        ),
        "street_arcade_last_quarter": lambda: agreement(
            two, small_judge, tests.video_frames(videos / "street-arcade/street_arcade.mp4", 4, 0.75), 1280, thresholds
        ),
        "frmdb_mugshots": lambda: agreement(
            two, judge, (image for role, image in tests.frmdb_frames(shared) if role == "enrol"), 640, thresholds
        ),
        "frmdb_cameras": lambda: agreement(
            two, judge, (image for role, image in tests.frmdb_frames(shared) if role == "probe"), 640, thresholds
        ),
    }
    report: dict[str, Any] = {"thresholds": thresholds}
    for name, step in steps.items():
        report[name] = step()
        print(f"{name}:", json.dumps(report[name], indent=1), flush=True)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--people", type=int, default=600, help="held-back LFW people, one picture each")
    parser.add_argument("--threshold", type=float, default=0.5, help="the pack's score_threshold")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    report = evaluate(arguments.shared, arguments.model, arguments.people, arguments.threshold)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
