"""What was found about a row of an import: to be stored, shown and written into a report, so without any name."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    """Small letters, digits and _: for counting."""
    where: str
    """The column, or `picture 2`, that it is about."""
    sentence: str
    """For the person who builds the list. Never repeats what stands in a cell."""
    refuses: Literal["row", "picture", "nothing"] = "row"
    """A row is taken while one of its pictures is; a finding that refuses nothing is a remark."""
