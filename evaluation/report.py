"""An evaluation as JSON: the same data, pack, settings and machine give the same bytes."""

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from evaluation.errors import EvaluationError
from evaluation.evaluate import Figures, Settings
from evaluation.identification import Gain
from evaluation.reading import Reading

FORMAT = 1
DIGITS = 6
LIBRARIES = ("numpy", "onnxruntime", "opencv-python")


@dataclass(frozen=True)
class Source:
    """A CSV of labels."""

    file: str
    """Its name, without folders."""
    sha256: str
    pictures: int
    people: int
    noted: int
    """Pictures left out because their label is in doubt."""


@dataclass(frozen=True)
class Report:
    """Everything that is stated, and everything needed to state it again."""

    pack: str
    pack_version: str
    contract: str
    data: Source
    fill: Source | None
    notes_sha256: str | None
    """Of the file with more doubts about labels."""
    reading: Reading
    fill_reading: Reading | None
    floor: Mapping[str, float]
    """What the camera's pipeline asks of a look, by setting: pictures that have less were refused; empty: none were."""
    settings: Settings
    threshold_origins: Mapping[str, str]
    """Where each fixed threshold comes from."""
    ours: Figures
    baseline: Figures | None
    tpir_gain: Mapping[str, Gain]
    """TPIR of ours less that of the baseline, by what the threshold is called."""
    baseline_missing: str
    """Why there is no baseline; empty where there is one."""


def source(file: Path, pictures: int, people: int, noted: int) -> Source:
    return Source(file.name, sha256_of(file), pictures, people, noted)


def sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def as_builtins(report: Report) -> dict[str, Any]:
    """Plain values: numbers rounded to 6 digits, None where there is none."""
    written = {"format": FORMAT, "made_by": f"openlfr {version('openlfr')}", "versions": versions(report)}
    facts: dict[str, Any] = _plain(msgspec.to_builtins(report, enc_hook=_number))
    return written | facts


def to_json(report: Report) -> bytes:
    text = json.dumps(as_builtins(report), indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def versions(report: Report) -> dict[str, str]:
    """Of the libraries that figures depend on."""
    names = [*LIBRARIES, *(["insightface"] if report.baseline else [])]
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def write(path: Path, content: bytes) -> None:
    """Raises EvaluationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written ({error.strerror}); give another place") from error


def _number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written")


def _plain(value: object) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else round(value, DIGITS)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
