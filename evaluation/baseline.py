"""The same pictures through insightface's own detect, align and embed: what our path is compared with."""

import warnings

import numpy as np

from evaluation.insightface_app import open_insightface
from evaluation.reading import NO_FACE, NO_MEASURES, Reading, Seen, choose, measured, padded
from inference.faces import Face, Picture
from inference.looks import geometry, light
from inference.pack import Pack
from inference.sessions import SessionSettings


class InsightfaceReader:
    """`FaceAnalysis` with detection and recognition, at its own default detector sizes and threshold.

    Of several faces the rule of `reading` takes one; only that one is embedded, by insightface's own alignment.
    """

    def __init__(self, pack: Pack, reading: Reading) -> None:
        """Raises EvaluationError where insightface cannot load the pack."""
        import insightface

        self._app = open_insightface(pack, threads=SessionSettings().threads)
        self._reading = reading
        self.key = f"insightface {insightface.__version__}|{pack.contract}|{reading.which.value},{reading.pad:g}"
        self.dimension = pack.recogniser.embedding_size

    def read(self, picture: Picture) -> Seen:
        from insightface.app.common import Face as Theirs
        from insightface.utils.face_align import norm_crop

        framed = padded(picture, self._reading.pad)
        boxes, points = self._app.det_model.detect(framed)
        if not len(boxes):
            return Seen(None, NO_MEASURES, 0, NO_FACE)
        faces = [
            Face(np.asarray(box[:4], np.float32), np.asarray(five, np.float32), float(box[4]))
            for box, five in zip(boxes, points, strict=True)
        ]
        face = choose(faces, framed, self._reading.which)
        theirs = Theirs(bbox=face.box, kps=face.landmarks, det_score=face.score)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # insightface calls what scikit-image is about to rename
            self._app.models["recognition"].get(framed, theirs)
            crop = np.asarray(norm_crop(framed, landmark=face.landmarks), np.uint8)
        height, width = framed.shape[:2]
        measures = measured(geometry(face, height, width), light(crop))
        return Seen(np.asarray(theirs.normed_embedding, np.float32), measures, len(faces), "")
