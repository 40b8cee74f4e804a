"""The webhooks that a rig file names, and the process that serves them."""

import logging
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import zmq

from alerts.webhook_messages import WebhookError, read_key
from alerts.webhooks import TIMEOUT_S, Courier, Couriers, Webhook, tls_of, waiting
from records.database import Database
from records.secret_files import read_secret
from rig.config import ConfigError, RigConfig, WebhookSection
from rig.lifetime import Shutdown
from wire.clock import SystemClock
from wire.messages import ProcessStatus
from wire.sockets import Wire, send

log = logging.getLogger(__name__)

TELL_S = 1.0


def webhooks_of(config: RigConfig) -> list[Webhook]:
    """Raises ConfigError for a secret or an authority that cannot be used."""
    return [_webhook(section) for section in config.webhooks]


def _webhook(section: WebhookSection) -> Webhook:
    hint = "see docs/api.md for how to make a secret"
    try:
        secret = Path(section.secret_file)
        key = read_key(read_secret(secret, WebhookError, hint), str(secret))
    except WebhookError as error:
        raise ConfigError(f"webhooks.secret_file of {section.name!r}: {error}") from error
    ca_file = None if section.ca_file is None else Path(section.ca_file)
    webhook = Webhook(section.name, section.url, key, frozenset(section.events), ca_file)
    try:
        tls_of(webhook)
    except WebhookError as error:
        raise ConfigError(f"webhooks.ca_file of {section.name!r}: {error}") from error
    return webhook


def serve(config: RigConfig, database: Database, stop: Shutdown) -> None:
    """Deliver until `stop`. The tablets hear how each control room stands as they hear of the rig's processes."""
    couriers = Couriers(webhooks_of(config), database)
    couriers.start(stop, stop.wait)
    with Wire() as wire:
        alerts = wire.connect(zmq.DEALER, config.alerts_address)
        clock = SystemClock()
        while not stop.wait(TELL_S):
            if not couriers.alive:
                raise RuntimeError("a webhook's thread has ended")
            for courier in couriers.couriers:
                name = f"webhook {courier.webhook.name}"
                detail = told(courier, database)
                send(alerts, ProcessStatus(name=name, state="running", restarts=0, at=clock.now(), detail=detail))


def told(courier: Courier, database: Database) -> str:
    """One line for the tablets; empty where all is well."""
    standing = courier.standing
    if not standing.failures:
        return ""
    with database.read() as session:
        left = waiting(session, courier.webhook.name, courier.webhook.kinds)
    return f"{standing.detail}; {standing.failures} tries failed, {left} events wait"


def reach(webhook: Webhook) -> str:
    """Connects as a delivery would, and sends nothing; nothing or what went wrong."""
    parts = urlsplit(webhook.url)
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname, port), TIMEOUT_S) as line:
            if parts.scheme == "https":
                with tls_of(webhook).wrap_socket(line, server_hostname=parts.hostname):
                    pass
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not accepted: {error.verify_message}"
    except OSError as error:
        return f"cannot be reached: {error.strerror or type(error).__name__}"
    return ""
