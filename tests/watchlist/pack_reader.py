"""A FaceReader for these tests: OpenCV's own YuNet and ONNX Runtime's recogniser of a pack, nothing of inference/."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from watchlist.faces import DetectedFace, Face
from watchlist.pictures import Picture

# The five points in a 112 x 112 view; from InsightFace's ArcFace alignment.
ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)


class PackReader:
    """The pack `yunet-mbf`."""

    def __init__(self, pack: Path) -> None:
        self.detector = cv2.FaceDetectorYN.create(str(pack / "det_yunet_n.onnx"), "", (320, 320), 0.6)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.recogniser = onnxruntime.InferenceSession(
            str(pack / "rec_mbf_512.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def faces(self, picture: Picture) -> Sequence[DetectedFace]:
        self.detector.setInputSize((picture.shape[1], picture.shape[0]))
        found = self.detector.detect(picture)[1]
        rows = [] if found is None else np.asarray(found, np.float32)
        return [
            Face(
                (float(r[0]), float(r[1]), float(r[0] + r[2]), float(r[1] + r[3])), r[4:14].reshape(5, 2), float(r[14])
            )
            for r in rows
        ]

    def templates(self, picture: Picture, faces: Sequence[DetectedFace]) -> npt.NDArray[np.float32]:
        views = [self._view(picture, face) for face in faces]
        blob = (np.stack(views)[..., ::-1].astype(np.float32) - 127.5).transpose(0, 3, 1, 2) / 127.5
        made = np.asarray(self.recogniser.run(None, {"input": np.ascontiguousarray(blob)})[0], np.float32)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)

    def _view(self, picture: Picture, face: DetectedFace) -> Picture:
        matrix, _ = cv2.estimateAffinePartial2D(face.landmarks, ARCFACE, method=cv2.LMEDS)
        return np.asarray(cv2.warpAffine(picture, matrix, (112, 112)), np.uint8)
