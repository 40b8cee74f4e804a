"""The status source that a rig file names."""

from pathlib import Path

from rig.config import ConfigError, RigConfig
from watchlist.errors import StatusFault
from watchlist.status import DropFile, StatusSource
from watchlist.status_http import HttpSource, check_address


def status_source(config: RigConfig) -> StatusSource | None:
    """None where none is configured. Raises ConfigError for an address that references must not be sent to."""
    section = config.status
    if section is None:
        return None
    if section.file is not None:
        return DropFile(Path(section.file))
    assert section.url is not None
    try:
        check_address(section.url)
    except StatusFault as error:
        raise ConfigError(f"status.url: {error}") from error
    return HttpSource(
        section.url,
        token_file=None if section.token_file is None else Path(section.token_file),
        ca_file=None if section.ca_file is None else Path(section.ca_file),
        timeout_s=section.timeout_s,
    )
