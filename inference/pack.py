"""Model packs: a folder with `pack.toml` and its ONNX files, known by their hashes: what does not match is refused."""

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx.external_data_helper import uses_external_data

from inference.calibration import (
    DEFAULT_FPIR,
    FILE,
    Calibration,
    CalibrationError,
    Threshold,
    basis_text,
    read_calibration,
)

FORMAT = 1


class PackError(ValueError):
    """A pack that must not be used; the message names the pack, the fault and, where it can, what to do."""


_LEAST_SCORES = {"scrfd": 0.5, "yunet": 0.65}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    sha256: str
    licence: str
    input: str
    channel_order: Literal["RGB", "BGR"]
    mean: float
    std: float
    name: str = ""


class DetectorFile(_File, frozen=True, kw_only=True):
    """The table [detector]. Keys that say where a file comes from are allowed and not read."""

    kind: Literal["scrfd", "yunet"]
    strides: tuple[int, ...] = (8, 16, 32)
    anchors_per_cell: int = 1
    keypoints: Literal[5] = 5
    size_multiple: int = 32
    score_threshold: float | None = None
    """Detections below are not faces, 0..1. Raising it loses small and turned faces, and false detections."""

    @property
    def least_score(self) -> float:
        """The pack's score threshold, or what suits its kind: YuNet scores things that are no faces higher."""
        return _LEAST_SCORES[self.kind] if self.score_threshold is None else self.score_threshold


class RecogniserFile(_File, frozen=True, kw_only=True):
    """The table [recogniser]."""

    kind: Literal["arcface"]
    output: str
    input_size: tuple[Literal[112], Literal[112]] = (112, 112)
    alignment: Literal["arcface-112-5pt"] = "arcface-112-5pt"
    batch: Literal[1, "dynamic"] = "dynamic"
    """1: the graph takes one crop a call, no more."""
    embedding_size: int


class OpenSet(msgspec.Struct, frozen=True, kw_only=True):
    """The table [measured.open_set]: thresholds of a list of `list_size` people."""

    threshold_fpir_1e2: float
    threshold_fpir_1e3: float
    list_size: int = 500


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    open_set: OpenSet | None = None


class _PackFile(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    name: str
    version: str
    detector: DetectorFile | None = None
    recogniser: RecogniserFile | None = None
    embedding_size: int | None = None
    notes: str = ""
    measured: Measured = Measured()


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack whose files were read and matched their hashes. Make it with `load_pack`."""

    folder: Path
    name: str
    version: str
    notes: str
    detector: DetectorFile
    recogniser: RecogniserFile
    calibration: Calibration | None
    measured: Measured

    @property
    def contract(self) -> str:
        """The embedding contract: templates are comparable only if this is equal. 64 hexadecimal digits.

        The detector belongs to it because its landmarks decide how a face is cut out.
        """
        preprocessing = [
            [part.channel_order, part.mean, part.std, part.kind] for part in (self.detector, self.recogniser)
        ]
        facts = {
            "detector": self.detector.sha256,
            "recogniser": self.recogniser.sha256,
            "preprocessing": preprocessing,
            "alignment": [self.recogniser.alignment, list(self.recogniser.input_size)],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def model_bytes(self, part: DetectorFile | RecogniserFile) -> bytes:
        """The ONNX file of `part`, checked again: what is run is what was hashed."""
        return _read_checked(self.name, self.folder, part)

    @property
    def odds_text(self) -> str | None:
        """What is kept with a built list, for the odds that reviewers are told; None without a calibration."""
        return None if self.calibration is None else basis_text(self.calibration.odds_basis)

    def threshold(self, list_size: int, fpir: float = DEFAULT_FPIR) -> Threshold:
        """The threshold for a list of `list_size` reference pictures; raises PackError where nothing was measured.

        From the calibration, if there is one. Else from [measured.open_set], raised for longer lists: the threshold
        grows about linearly with the logarithm of (list size / FPIR), and the slope is that between the two measured
        targets. Short lists keep the measured value: their own would rest on too few false alarms.
        """
        if self.calibration is not None:
            return self.calibration.threshold_for(list_size, fpir)
        measured = self.measured.open_set
        if measured is None:
            raise PackError(
                f"pack {self.name} has no threshold for a list of {list_size} at FPIR {fpir:g}: measure one"
                " (`openlfr calibrate`), or give --threshold"
            )
        decades = math.log10(max(list_size / measured.list_size, 1.0)) + math.log10(1e-3 / fpir)
        slope = measured.threshold_fpir_1e3 - measured.threshold_fpir_1e2
        origin = f"measured with pack {self.name}: FPIR 0.001 for a list of {measured.list_size}"
        if decades > 0:
            origin += f", extrapolated to FPIR {fpir:g} for {list_size}"
        return Threshold(round(measured.threshold_fpir_1e3 + slope * max(decades, 0.0), 3), origin)


def load_pack(folder: Path, calibrations: Path | None = None) -> Pack:
    """Read and check the pack in `folder`: keys, licences, SHA-256 of each file, no external data. Raises PackError.

    Its calibration is the user's own, from the folder `calibrations` where each is named by its contract, else the file
    calibration.toml beside pack.toml.
    """
    path = folder / "pack.toml"
    try:
        parsed = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _PackFile)
    except OSError as error:
        raise PackError(f"no model pack in {folder}: cannot read pack.toml ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise PackError(f"{path}: {error}") from error
    if parsed.format != FORMAT:
        raise PackError(f"{path}: format {parsed.format}, this version reads format {FORMAT}")
    if parsed.detector is None or parsed.recogniser is None:
        missing = "detector" if parsed.detector is None else "recogniser"
        raise PackError(f"pack {parsed.name} has no [{missing}]: it is an extra, not a pack to run")
    if parsed.embedding_size not in (None, parsed.recogniser.embedding_size):
        raise PackError(
            f"pack {parsed.name}: embedding_size {parsed.embedding_size} at the top, "
            f"{parsed.recogniser.embedding_size} in [recogniser]"
        )
    for part in (parsed.detector, parsed.recogniser):
        if not part.licence.strip():
            raise PackError(f"pack {parsed.name}: {part.file} has no licence: state it in pack.toml")
        _refuse_external_data(parsed.name, part.file, _read_checked(parsed.name, folder, part))
    pack = Pack(
        folder=folder,
        name=parsed.name,
        version=parsed.version,
        notes=parsed.notes,
        detector=parsed.detector,
        recogniser=parsed.recogniser,
        calibration=None,
        measured=parsed.measured,
    )
    return msgspec.structs.replace(pack, calibration=_calibration(pack, calibrations))


def _calibration(pack: Pack, calibrations: Path | None) -> Calibration | None:
    own = [] if calibrations is None else [calibrations / f"{pack.contract}.toml"]
    for path in (*own, pack.folder / FILE):
        if path.exists():
            try:
                return read_calibration(path, pack.contract)
            except CalibrationError as error:
                raise PackError(f"pack {pack.name}: {error}") from error
    return None


def _read_checked(pack: str, folder: Path, part: _File) -> bytes:
    if Path(part.file).name != part.file:
        raise PackError(f"pack {pack}: {part.file} is not a plain file name: files stay in the pack's folder")
    try:
        data = (folder / part.file).read_bytes()
    except OSError as error:
        raise PackError(f"pack {pack}: cannot read {folder / part.file} ({error.strerror})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != part.sha256:
        raise PackError(
            f"pack {pack}: {part.file} has SHA-256 {found}, pack.toml says {part.sha256}: get the file again"
        )
    return data


def _refuse_external_data(pack: str, file: str, data: bytes) -> None:
    """Weights outside the hashed file could be swapped unseen."""
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise PackError(f"pack {pack}: {file} is not an ONNX file") from error
    if any(uses_external_data(tensor) for tensor in _tensors(model)):
        raise PackError(f"pack {pack}: {file} keeps weights in another file: store them inside the ONNX file")


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor of the model, those in sub-graphs and attributes included."""
    graphs = [model.graph]
    nodes = [node for function in model.functions for node in function.node]
    while graphs or nodes:
        if graphs:
            graph = graphs.pop()
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
            nodes.extend(graph.node)
        for attribute in (attribute for node in nodes for attribute in node.attribute):
            yield from (attribute.t, *attribute.tensors)
            if attribute.HasField("g"):
                graphs.append(attribute.g)
            graphs.extend(attribute.graphs)
        nodes = []
