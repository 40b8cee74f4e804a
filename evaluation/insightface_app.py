"""insightface's `FaceAnalysis` with one of our packs: the peer that pictures, videos and speed are compared with."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from inference.pack import Pack


def cannot_load(pack: Pack) -> str | None:
    """Why insightface cannot run this pack, or None."""
    if pack.detector.kind != "scrfd":
        return (
            f"insightface cannot load pack {pack.name}: it takes the 12 outputs of a {pack.detector.kind} detector "
            f"for a damaged SCRFD"
        )
    return None


def open_insightface(pack: Pack, *, size: int | None = None, threads: int = 1) -> Any:
    """Detection and recognition only. `size`: side of the detector's square input; None: insightface's own choice.

    Raises EvaluationError where insightface cannot load the pack.
    """
    if fault := cannot_load(pack):
        raise EvaluationError(fault)
    import onnxruntime
    from insightface.app import FaceAnalysis

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory(prefix="openlfr-") as root:
        # insightface looks for packs in ROOT/models/NAME, and would download one that is not there.
        models = Path(root) / "models"
        models.mkdir()
        (models / pack.folder.name).symlink_to(pack.folder.resolve())
        try:
            with contextlib.redirect_stdout(None):  # it prints what it loads
                app = FaceAnalysis(
                    name=pack.folder.name,
                    root=root,
                    allowed_modules=["detection", "recognition"],
                    providers=["CPUExecutionProvider"],
                    sess_options=options,
                )
                app.prepare(ctx_id=-1, det_size=None if size is None else (size, size))
        except Exception as error:
            fault = str(error).splitlines()[0]
            raise EvaluationError(f"insightface cannot load pack {pack.name}: {fault}") from error
    return app
