"""One rig's configuration: a TOML file, checked whole at the start. Errors name the key."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from alerts.position import PositionError, parse_source
from alerts.webhook_messages import Kind, WebhookError
from alerts.webhooks import check_url
from inference.settings import PipelineSettings


class ConfigError(ValueError):
    """The configuration cannot be used; the message says which key of which file and what to do."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class DeploymentSection(_Section, frozen=True):
    name: str
    """A test deployment begins by itself under this name; an operational one is drafted and authorised under it."""
    kind: Literal["test", "operational"] = "test"
    confirmations: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    """Of a test: different people who must answer "same" before a stop can be logged. Else the policy says it."""


class PolicySection(_Section, frozen=True):
    file: str
    """The policy that deployments of this rig are drafted under: see deploy/policy/."""


class RecordSection(_Section, frozen=True):
    database: str | None = None
    """`postgresql://USER@HOST/DATABASE`, or `postgresql://USER@/DATABASE?host=SOCKET_FOLDER`; else a file in `data`."""
    password_file: str | None = None
    """Holds the password of that user; mode 600."""


class WatchlistSection(_Section, frozen=True):
    folder: str | None = None
    """Of a test: a list of volunteers built by `openlfr enrol`. An operational list is imported and built."""
    engine: Literal["auto", "exact", "hnsw"] = "auto"


class VaultSection(_Section, frozen=True):
    key_file: str | None = None
    """Master key for a rig that starts unattended (mode 600). Without it an operational rig asks for a passphrase at
    its start, and a test rig keeps a key file of its own in its data folder."""


class StatusSection(_Section, frozen=True):
    """Where the status source answers (`watchlist.status`): an address or a file, not both."""

    url: str | None = None
    """`https://...`; `http://` for this machine only."""
    token_file: str | None = None
    """Holds the bearer token for `url`; mode 600."""
    ca_file: str | None = None
    """PEM of the authority behind `url`'s certificate; else the system's authorities count."""
    file: str | None = None
    """CSV that the source puts down: reference, status, at."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class PositionSection(_Section, frozen=True):
    source: str
    """Where the rig is: `gpsd:HOST:PORT`, or `fixed:LATITUDE,LONGITUDE` for one that was surveyed and stays. With it an
    operational rig searches only inside the place of its deployment."""


class InferenceSection(_Section, frozen=True):
    pack: str
    """Name or folder of a model pack; `openlfr models list` shows those at hand."""
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Threads of each model session. One is best on a busy machine: several workers beat several threads."""
    provider: str = "cpu"
    """ONNX Runtime execution provider: one that cannot be had refuses to start."""
    age_limit_ms: Annotated[int, msgspec.Meta(ge=50, le=10_000)] = 500
    """Live frames older than this on arrival are dropped and counted."""
    settings: dict[str, Any] = {}
    """Any of `PipelineSettings`' keys; a `threshold` not given is the pack's own for the list's size."""

    def pipeline_settings(self, threshold: float) -> PipelineSettings:
        """Raises ConfigError for an unknown key or a value out of range."""
        try:
            return msgspec.convert({"threshold": threshold, **self.settings}, PipelineSettings)
        except msgspec.ValidationError as error:
            raise ConfigError(f"inference.settings: {error}") from error


class AlertsSection(_Section, frozen=True):
    expire_seconds: Annotated[float, msgspec.Meta(ge=5)] = 300.0
    """An alert that nobody decided for this long expires: no engagement."""


class TabletSection(_Section, frozen=True):
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8600
    certificate: str | None = None
    """PEM file; with `key` the tablet page is served by HTTPS."""
    key: str | None = None


class WebhookSection(_Section, frozen=True):
    """A control room that is told what happens: ids, kinds, states and times, see docs/api.md."""

    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
    """How far it was told is kept under this name."""
    url: str
    """`https://...`; `http://` for this machine only."""
    secret_file: str
    """Holds the secret that events are signed with, `whsec_...`; mode 600."""
    events: Annotated[list[Kind], msgspec.Meta(min_length=1)]
    """The kinds that it is told."""
    ca_file: str | None = None
    """PEM of the authority behind `url`'s certificate; else the system's authorities count."""


class WireSection(_Section, frozen=True):
    frames: str | None = None
    """Address for frames; default: an ipc socket of this rig. `tcp://host:port` needs `keys`."""
    keys: str | None = None
    """Folder made by `openlfr keys`: CURVE keys of this rig's processes."""


class CameraSection(_Section, frozen=True):
    name: str
    source: str
    """`usb:0`, `rtsp://...` or `file:clip.mp4` (also a GIF or a folder of pictures)."""
    pace: Literal["true", "fast", "live"] = "true"
    """Recorded sources: lossless at true speed, lossless as fast as the worker takes the frames, or as if live: at true
    speed, and what comes too fast is dropped and counted. With `live` a rig can be rehearsed without its cameras."""
    loop: bool = False


class PublicSection(_Section, frozen=True):
    """What the card for a person who was stopped says of those who are responsible for the rig."""

    controller: Annotated[str, msgspec.Meta(min_length=1)]
    """The force or body that is responsible."""
    contact: Annotated[str, msgspec.Meta(min_length=1)]
    """Telephone, e-mail or address: where to ask what is held about one."""
    complaints: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    """Where to complain: an address, or an `https://` page, which the card's code then opens; default: `contact`."""
    privacy_notice: Annotated[str, msgspec.Meta(pattern="^https://")] | None = None
    """Page of the privacy notice."""


class RigConfig(_Section, frozen=True):
    name: str
    data: str
    """Folder of this rig's record."""
    deployment: DeploymentSection
    inference: InferenceSection
    camera: Annotated[list[CameraSection], msgspec.Meta(min_length=1)]
    run: str | None = None
    """Folder of this rig's sockets; default: one of the system's temporary folders, by user and rig."""
    watchlist: WatchlistSection = WatchlistSection()
    policy: PolicySection | None = None
    vault: VaultSection = VaultSection()
    database: RecordSection = msgspec.field(default=RecordSection(), name="record")
    status: StatusSection | None = None
    position: PositionSection | None = None
    alerts: AlertsSection = AlertsSection()
    tablet: TabletSection = TabletSection()
    public: PublicSection | None = None
    wire: WireSection = WireSection()
    webhooks: list[WebhookSection] = []

    @property
    def record(self) -> str | Path:
        """Where the record is, for `records.database.open_database`."""
        return self.database.database or Path(self.data) / "record.db"

    @property
    def record_password(self) -> Path | None:
        return Path(self.database.password_file) if self.database.password_file else None

    @property
    def is_test(self) -> bool:
        return self.deployment.kind == "test"

    @property
    def vault_folder(self) -> Path:
        """Sealed portraits and lists; without their keys nothing but noise."""
        return Path(self.data) / "vault"

    @property
    def keys_folder(self) -> Path:
        """The rig's signing key, and the master key where it is a file of the rig's own."""
        return Path(self.data) / "keys"

    @property
    def run_folder(self) -> Path:
        if self.run is not None:
            return Path(self.run)
        # Short: a socket's path has room for about 100 bytes.
        digest = hashlib.sha256(f"{Path(self.data).absolute()}".encode()).hexdigest()[:12]
        return Path(os.environ.get("XDG_RUNTIME_DIR", tempfile.gettempdir())) / f"openlfr-{os.getuid()}-{digest}"

    @property
    def frames_address(self) -> str:
        return self.wire.frames or f"ipc://{self.run_folder}/frames"

    @property
    def alerts_address(self) -> str:
        return f"ipc://{self.run_folder}/alerts"

    @property
    def changes_address(self) -> str:
        return f"ipc://{self.run_folder}/changes"

    @property
    def tiles_address(self) -> str:
        """Where the worker publishes the tablets' small pictures: this machine only."""
        return f"ipc://{self.run_folder}/tiles"


def load(path: Path) -> RigConfig:
    """Read and check a rig file; relative paths in it are meant from its own folder. Raises ConfigError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a rig file, see deploy/rigs/") from error
    try:
        config = msgspec.toml.decode(text, type=RigConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    names = [camera.name for camera in config.camera]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}: two cameras are named {name!r}: give each its own name")
        if not name or not name.isprintable() or "/" in name:
            raise ConfigError(f"{path}: camera name {name!r}: use letters, digits and spaces")
    config.inference.pipeline_settings(threshold=0.0)
    _check_kind(config, path)
    if config.status is not None and (config.status.url is None) == (config.status.file is None):
        raise ConfigError(f"{path}: status: give the status source's url or its file, not both and not none")
    if config.position is not None:
        try:
            parse_source(config.position.source)
        except PositionError as error:
            raise ConfigError(f"{path}: position.source: {error}") from error
    _check_webhooks(config, path)
    if (config.tablet.certificate is None) != (config.tablet.key is None):
        raise ConfigError(f"{path}: tablet.certificate and tablet.key belong together: give both or none")
    return _from_folder(config, path.absolute().parent)


def _check_kind(config: RigConfig, path: Path) -> None:
    """An operational rig has no second way to a list, a policy or a threshold."""
    if config.is_test:
        if config.watchlist.folder is None:
            raise ConfigError(f"{path}: watchlist.folder: name a list of volunteers, built by `openlfr enrol`")
        return
    if config.watchlist.folder is not None:
        raise ConfigError(
            f"{path}: watchlist.folder is for tests: an operational list is imported and built (`openlfr watchlist`)"
        )
    if config.deployment.confirmations is not None:
        raise ConfigError(f"{path}: deployment.confirmations is for tests: the policy says it")
    if "threshold" in config.inference.settings:
        raise ConfigError(f"{path}: inference.settings.threshold is for tests: the authorisation fixes it")
    if config.policy is None:
        raise ConfigError(
            f"{path}: policy.file: name the policy that deployments are drafted under, see deploy/policy/"
        )


def _check_webhooks(config: RigConfig, path: Path) -> None:
    names = [webhook.name for webhook in config.webhooks]
    for webhook in config.webhooks:
        if names.count(webhook.name) > 1:
            raise ConfigError(f"{path}: two webhooks are named {webhook.name!r}: give each its own name")
        try:
            check_url(webhook.url)
        except WebhookError as error:
            raise ConfigError(f"{path}: webhooks.url of {webhook.name!r}: {error}") from error


def _from_folder(config: RigConfig, folder: Path) -> RigConfig:
    def absolute(text: str) -> str:
        return str(folder / text)

    def source(text: str) -> str:
        return f"file:{absolute(text.removeprefix('file:'))}" if text.startswith("file:") else text

    pack = config.inference.pack
    changed = msgspec.structs.replace
    return changed(
        config,
        data=absolute(config.data),
        run=config.run and absolute(config.run),
        watchlist=changed(config.watchlist, folder=config.watchlist.folder and absolute(config.watchlist.folder)),
        policy=config.policy and changed(config.policy, file=absolute(config.policy.file)),
        database=changed(
            config.database, password_file=config.database.password_file and absolute(config.database.password_file)
        ),
        vault=changed(config.vault, key_file=config.vault.key_file and absolute(config.vault.key_file)),
        inference=changed(config.inference, pack=absolute(pack) if "/" in pack else pack),
        status=config.status
        and changed(
            config.status,
            token_file=config.status.token_file and absolute(config.status.token_file),
            ca_file=config.status.ca_file and absolute(config.status.ca_file),
            file=config.status.file and absolute(config.status.file),
        ),
        tablet=changed(
            config.tablet,
            certificate=config.tablet.certificate and absolute(config.tablet.certificate),
            key=config.tablet.key and absolute(config.tablet.key),
        ),
        wire=changed(config.wire, keys=config.wire.keys and absolute(config.wire.keys)),
        webhooks=[
            changed(
                webhook,
                secret_file=absolute(webhook.secret_file),
                ca_file=webhook.ca_file and absolute(webhook.ca_file),
            )
            for webhook in config.webhooks
        ],
        camera=[changed(camera, source=source(camera.source)) for camera in config.camera],
    )
