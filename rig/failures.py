"""What counts as bad input: each of these errors is one line for the person at the keyboard, and exit code 2."""

from alerts.decisions import Refused
from capture.sources import SourceError
from evaluation.errors import EvaluationError
from inference.calibration import CalibrationError
from inference.pack import PackError
from inference.sessions import SessionError
from operator_ui.process import CannotServe
from records.errors import RecordsError
from rig.config import ConfigError
from watchlist.errors import WatchlistError
from wire.keys import KeysError
from wire.sockets import WireError


class UsageError(ValueError):
    """An argument that cannot be used; the message says which and what to do."""


BAD_INPUTS = (
    CalibrationError,
    CannotServe,
    ConfigError,
    EvaluationError,
    KeysError,
    PackError,
    RecordsError,
    Refused,
    SessionError,
    SourceError,
    UsageError,
    WatchlistError,
    WireError,
)
