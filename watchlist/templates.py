"""What every array of templates must be."""

import numpy as np
import numpy.typing as npt

from watchlist.errors import BadTemplates

Templates = npt.NDArray[np.float32]
"""n x d, each row of unit length: the cosine similarity of two rows is their dot product."""

LENGTH_TOLERANCE = 1e-3


def check_templates(values: npt.NDArray[np.floating], *, what: str, dimension: int | None = None) -> Templates:
    """The same values as contiguous float32. Raises BadTemplates, beginning with `what`."""
    if values.ndim != 2 or values.shape[1] == 0 or (dimension is not None and values.shape[1] != dimension):
        shape = " x ".join(str(n) for n in values.shape)
        wanted = "n x d" if dimension is None else f"n x {dimension}"
        raise BadTemplates(f"{what}: templates are {shape}, not {wanted}; they come from another recogniser")
    templates = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(templates).all():
        raise BadTemplates(f"{what}: a template holds values that are not finite; check the recogniser")
    if (np.abs(np.linalg.norm(templates, axis=1) - 1.0) > LENGTH_TOLERANCE).any():
        raise BadTemplates(f"{what}: a template is not of unit length; divide each by its length")
    return templates
