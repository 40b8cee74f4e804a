"""The approximate engine: hnswlib's graph finds the neighbours, their similarities are then computed exactly.

It misses silently. On vectors like faces' templates, with M 16 and ef 64, it finds 94 % of the true mates at cosine
0.55 among 10,000 and 55 % among 100,000: it may serve only after the self-test in `watchlist.engine`.
"""

from types import ModuleType

import numpy as np
import numpy.typing as npt

from watchlist.index import DEFAULT_K, Gallery, Matches
from watchlist.templates import Templates

Positions = npt.NDArray[np.intp]

M = 16
EF_CONSTRUCTION = 200


class HnswUnavailable(RuntimeError):
    """hnswlib is not there; exact search serves."""


def load_library() -> ModuleType:
    """The hnswlib module, which is optional. Raises HnswUnavailable."""
    try:
        import hnswlib
    except ImportError as error:
        raise HnswUnavailable(
            "hnswlib is not installed; to have it, install the extra `hnsw` with HNSWLIB_NO_NATIVE=1 and a C++ compiler"
        ) from error
    library: ModuleType = hnswlib
    return library


class HnswIndex:
    """Searches a graph over all templates, and compares the query with every picture of each subject found there."""

    name = "hnsw"

    def __init__(
        self,
        gallery: Gallery,
        *,
        m: int = M,
        ef_construction: int = EF_CONSTRUCTION,
        ef: int = 64,
        seed: int = 0,
        build_threads: int = 1,
    ) -> None:
        """Builds the graph: seconds for 10,000 templates, minutes for 100,000.

        m: links of a template to others. More find more, and take more memory and time. ef_construction: templates
        looked at when one is inserted; more make a better graph and a longer build. ef: see `set_ef`. build_threads:
        with more than one the graph differs from build to build. Raises HnswUnavailable.
        """
        self._gallery = gallery
        count, dimension = gallery.matrix.shape
        # The inner product of unit vectors is their cosine; hnswlib's own "cosine" would scale them once more.
        self._graph = load_library().Index(space="ip", dim=dimension)
        self._graph.init_index(max_elements=count, M=m, ef_construction=ef_construction, random_seed=seed)
        self._graph.add_items(gallery.matrix, np.arange(count), num_threads=build_threads)
        self._most_pictures = int(np.diff(gallery.starts).max())
        self.set_ef(ef)

    @property
    def size(self) -> int:
        return len(self._gallery.matrix)

    @property
    def dimension(self) -> int:
        return int(self._gallery.matrix.shape[1])

    @property
    def ef(self) -> int:
        return self._ef

    def set_ef(self, ef: int) -> None:
        """Templates that a search keeps in view: more find more and cost more. Not while others search."""
        self._ef = min(max(1, ef), self.size)
        self._graph.set_ef(self._ef)

    def forget(self) -> None:
        # hnswlib keeps its own copies: they go with the graph, freed but not overwritten by us.
        self._graph = None
        self._gallery.forget()

    def search(self, templates: Templates, k: int = DEFAULT_K) -> Matches:
        queries = self._gallery.check_queries(templates, k)
        k = min(k, self._gallery.subjects)
        subjects = np.empty((len(queries), k), np.intp)
        rows = np.empty((len(queries), k), np.intp)
        similarities = np.empty((len(queries), k), np.float32)
        for at, query in enumerate(queries):
            subjects[at], rows[at], similarities[at] = self._search(query, k)
        return Matches(subjects, rows, similarities)

    def _search(self, query: npt.NDArray[np.float32], k: int) -> tuple[Positions, Positions, npt.NDArray[np.float32]]:
        """(subjects, rows, similarities), k of each."""
        gallery = self._gallery
        # The nearest of all could be pictures of the same few subjects.
        near = min(self.size, k * self._most_pictures)
        try:
            labels = self._graph.knn_query(query[None], k=near, num_threads=1)[0][0].astype(np.intp)
        except RuntimeError:
            # A graph falls apart where many templates are alike; hnswlib then finds fewer than it was asked for.
            labels = np.arange(self.size, dtype=np.intp)
        found = np.unique(gallery.owner[labels])
        lengths = gallery.starts[found + 1] - gallery.starts[found]
        firsts = np.cumsum(lengths) - lengths
        pictures = np.repeat(gallery.starts[found] - firsts, lengths) + np.arange(lengths.sum())
        each = gallery.matrix[pictures] @ query
        best = np.maximum.reduceat(each, firsts)
        top = np.lexsort((found, -best))[:k]
        at = [firsts[one] + int(np.argmax(each[firsts[one] : firsts[one] + lengths[one]])) for one in top]
        return found[top], gallery.rows[pictures[at]], best[top]
