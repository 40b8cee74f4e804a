"""One reference picture's template, sealed in its row until the list is built, and until it is erased."""

import numpy as np

from records.sealing import wipe
from records.vault import OpenKey
from watchlist.templates import Templates

_KIND = "template"


def seal_template(key: OpenKey, picture: str, template: Templates) -> bytes:
    return key.seal(_KIND, picture, np.ascontiguousarray(template, "<f4").reshape(-1).data.cast("B"))


def open_template(key: OpenKey, picture: str, sealed: bytes) -> Templates:
    """1 x d. Raises SealBroken."""
    plain = key.open(_KIND, picture, sealed)
    try:
        return np.frombuffer(plain, "<f4").reshape(1, -1).astype(np.float32)
    finally:
        wipe(plain)
