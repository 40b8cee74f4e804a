"""What the tablet needs of a watchlist: an entry's label and its reference pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True)
class Known:
    """What the list says of an entry, for those who may know it."""

    label: str
    """The name."""
    category: str
    """In the policy's words."""
    reason: str
    response: str
    """act, verify or inform: what an alert asks of an officer."""
    caution: str
    """Who is easily mistaken for this person; empty where nobody is known."""
    status_checked_at: datetime | None = None
    """When the source last said that the person is still wanted."""


class EntryBook(Protocol):
    """The entries of the deployments' lists, by subject id. One that is not there, or erased, is not known."""

    def known(self, subject_id: str) -> Known | None: ...
    def references(self, subject_id: str) -> Sequence[Reference]: ...
