"""Searching a watchlist: the interface of an index, and the exact engine.

A subject is one candidate, however many reference pictures there are: its similarity is that of its best picture.
An index never changes. Subjects are added or removed by building another one: hnswlib only marks what it deletes, and
keeps it in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from watchlist.entries import WatchList
from watchlist.errors import BadTemplates
from watchlist.templates import Templates, check_templates

DEFAULT_K = 5
_BLOCK = 1 << 24
"""Most similarities held at once: 64 MiB."""


@dataclass(frozen=True)
class Matches:
    """For each of m queries its k most similar subjects, best first; k is less where the list has fewer subjects."""

    subjects: npt.NDArray[np.intp]
    """m x k, positions in the list's `subjects`."""
    rows: npt.NDArray[np.intp]
    """m x k, the template row of that subject's best reference picture."""
    similarities: npt.NDArray[np.float32]
    """m x k, exact cosine similarities, falling."""


class Index(Protocol):
    """Finds the most similar subjects. Any number of threads may search at the same time."""

    @property
    def name(self) -> str:
        """`exact` or `hnsw`."""
        ...

    @property
    def size(self) -> int:
        """Reference pictures (template rows)."""
        ...

    @property
    def dimension(self) -> int: ...

    def search(self, templates: Templates, k: int = DEFAULT_K) -> Matches:
        """`templates` is m x d, unit rows. Raises BadTemplates."""
        ...

    def forget(self) -> None:
        """Overwrite the templates: the list is not to be searched any more."""
        ...


class Gallery:
    """The templates of a list, by subject: those of subject s are `matrix[starts[s] : starts[s + 1]]`."""

    def __init__(self, templates: Templates, owners: Sequence[int] | npt.NDArray[np.intp]) -> None:
        """`owners[r]` is the subject of row r; subjects are numbered from 0 without a gap. Raises BadTemplates."""
        matrix = check_templates(templates, what="the watchlist")
        owner = np.asarray(owners, np.intp)
        if owner.shape != (len(matrix),) or len(matrix) == 0:
            raise BadTemplates(f"the watchlist: {len(matrix)} templates for {owner.size} pictures")
        counts = np.bincount(owner)
        if not counts.all():
            raise BadTemplates(f"the watchlist: subject {int(np.argmin(counts))} has no template")
        self.rows = np.argsort(owner, kind="stable")
        """For each row of `matrix` the row of the list that it comes from."""
        self.matrix = np.ascontiguousarray(matrix[self.rows])
        self.owner = owner[self.rows]
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
        self.one_each = bool((counts == 1).all())

    @classmethod
    def of(cls, watchlist: WatchList) -> "Gallery":
        owners = np.empty(len(watchlist.templates), np.intp)
        for position, subject in enumerate(watchlist.subjects):
            owners[[reference.row for reference in subject.pictures]] = position
        return cls(watchlist.templates, owners)

    @property
    def subjects(self) -> int:
        return len(self.starts) - 1

    def forget(self) -> None:
        self.matrix.fill(0.0)

    def check_queries(self, templates: Templates, k: int) -> Templates:
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 subject")
        return check_templates(templates, what="a search", dimension=self.matrix.shape[1])


class ExactIndex:
    """Compares each query with every template: one matrix product."""

    name = "exact"

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    @property
    def size(self) -> int:
        return len(self._gallery.matrix)

    @property
    def dimension(self) -> int:
        return int(self._gallery.matrix.shape[1])

    def search(self, templates: Templates, k: int = DEFAULT_K) -> Matches:
        queries = self._gallery.check_queries(templates, k)
        step = max(1, _BLOCK // self.size)
        blocks = [self._search(queries[at : at + step], k) for at in range(0, max(1, len(queries)), step)]
        return Matches(
            np.concatenate([block.subjects for block in blocks]),
            np.concatenate([block.rows for block in blocks]),
            np.concatenate([block.similarities for block in blocks]),
        )

    def forget(self) -> None:
        self._gallery.forget()

    def _search(self, queries: Templates, k: int) -> Matches:
        gallery = self._gallery
        similarities = queries @ gallery.matrix.T
        best = similarities if gallery.one_each else np.maximum.reduceat(similarities, gallery.starts[:-1], axis=1)
        k = min(k, gallery.subjects)
        top = np.argpartition(-best, k - 1, axis=1)[:, :k] if k < gallery.subjects else _everyone(len(queries), k)
        values = np.take_along_axis(best, top, axis=1)
        # Equal similarities stand in the order of the list, so that an answer can be repeated.
        order = np.lexsort((top, -values), axis=1)
        subjects = np.take_along_axis(top, order, axis=1)
        positions = gallery.starts[subjects]
        if not gallery.one_each:
            for query, place in np.ndindex(*subjects.shape):
                start, end = gallery.starts[subjects[query, place] :][:2]
                positions[query, place] += np.argmax(similarities[query, start:end])
        return Matches(subjects, gallery.rows[positions], np.take_along_axis(values, order, axis=1))


def _everyone(queries: int, subjects: int) -> npt.NDArray[np.intp]:
    return np.tile(np.arange(subjects, dtype=np.intp), (queries, 1))
