"""What the tablet needs of a watchlist: an entry's label and its reference pictures."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]
"""5 x 2, pixels: left eye, right eye (as seen in the picture), nose tip, left and right corner of the mouth."""


class Reference(Protocol):
    """One reference picture of an entry."""

    @property
    def jpeg(self) -> bytes: ...
    @property
    def landmarks(self) -> Points: ...
    @property
    def taken(self) -> str | None:
        """The day the picture was taken, ISO 8601, where the list knows it."""
        ...


class EntryBook(Protocol):
    """The entries of the deployment's list, by subject id. A subject that is not on it has no label and no pictures."""

    def label(self, subject_id: str) -> str | None: ...
    def references(self, subject_id: str) -> Sequence[Reference]: ...
