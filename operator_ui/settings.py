"""What the tablet's server must be told at start."""

import msgspec

from operator_ui.entrance import Entrance


class Public(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is responsible for the rig, for the card of a person who was stopped."""

    controller: str
    contact: str
    complaints: str | None = None
    """An address, or an `https://` page."""
    privacy_notice: str | None = None


class UiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Raises ValueError for a port out of range, or a certificate without its key."""

    vault: str
    """Folder of the sealed portraits."""
    changes: str
    """Address where the alerts service tells of changes; what is lost there costs one second at most."""
    tiles: str | None = None
    """Address where the worker publishes the cameras' small pictures."""
    keys: str | None = None
    """Folder of the rig's signing key; without it the ledger is not handed out here."""
    policy: str | None = None
    """The policy file that deployments are drafted under; without one they are not drafted here."""
    cameras: tuple[str, ...] | None = None
    """Those of the rig file."""
    contract: str | None = None
    """Embedding contract of the rig's model pack."""
    status_source: bool = False
    """Whether the rig has a status source."""
    public: Public | None = None
    """None where the rig file does not say it."""
    host: str = "127.0.0.1"
    port: int = 8088
    certificate: str | None = None
    """PEM file of the certificate chain; with `key` the server speaks TLS and its cookie is Secure."""
    key: str | None = None
    entrance: Entrance | None = None
    """A one-time link that signs one person in; made by `openlfr demo` for its own person, never for operations."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: give both or neither")
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is not between 0 and 65535")

    @property
    def tls(self) -> bool:
        return self.certificate is not None
