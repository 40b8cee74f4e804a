"""What keeps a record from being made, or a bundle from being believed."""

from records.errors import RecordsError


class RecordRefused(RecordsError):
    """Figures that do not add up, or a bundle that cannot be written; the message says which and where."""
