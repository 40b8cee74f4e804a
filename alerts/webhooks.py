"""Telling control rooms what happened: each event at least once and in order, for as long as it takes.

A process of its own reads the record after the mark of each webhook, one thread for each: a control room that is slow
or gone keeps nobody waiting but itself. The mark moves only after a control room took an event.
"""

import logging
import random
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.present import present_deployment
from alerts.webhook_messages import KINDS, Happened, Kind, WebhookError, message_id, message_of, signed_headers
from records.database import Database
from records.schema import Alert, Event, WebhookMark
from records.times import Now, utc_now

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
POLL_S = 0.5
"""How often the record is looked at while nothing happens."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Webhook:
    """A control room that is told."""

    name: str
    url: str
    key: bytes
    kinds: frozenset[Kind]
    ca_file: Path | None = None
    """PEM of the authority behind its certificate; else the system's authorities count."""


@dataclass(frozen=True)
class Standing:
    """How a webhook stands, for the tablets: `failures` in a row, and what the last one was."""

    failures: int
    detail: str


def check_url(url: str) -> None:
    """Raises WebhookError for an address that events must not be sent to."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise WebhookError("this is no address") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise WebhookError("begin with https://; http:// is for this machine only")
    if not parts.hostname or parts.username or parts.password:
        raise WebhookError("name a host, and no password: events are signed with the secret")


def pause_after(failures: int, chance: float) -> float:
    """Seconds until the next try: doubled with each failure, shortened by up to half (`chance`: 0 to 1), so that many
    rigs do not knock at once where a control room comes back."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20))
    return longest * (1.0 - 0.5 * chance)


class Courier:
    """One webhook's deliveries; `standing` may be read from another thread."""

    def __init__(
        self, webhook: Webhook, database: Database, now: Now = utc_now, chance: Callable[[], float] = random.random
    ) -> None:
        """A webhook that this record does not know begins with what happens from now on. Raises WebhookError."""
        self.webhook = webhook
        self._database = database
        self._now = now
        self._chance = chance
        self._http = urllib3.PoolManager(
            ssl_context=tls_of(webhook),
            retries=False,
            timeout=urllib3.Timeout(total=TIMEOUT_S),
        )
        with database.write() as session:
            mark = session.get(WebhookMark, webhook.name)
            if mark is None:
                newest = session.scalar(select(func.max(Event.id))) or 0
                mark = WebhookMark(name=webhook.name, event_id=newest, at=now(), failures=0, detail="")
                session.add(mark)
            self._after = mark.event_id
            self.standing = Standing(mark.failures, mark.detail)

    def run(self, stopped: Callable[[], bool], wait: Callable[[float], object]) -> None:
        while not stopped():
            try:
                pause = self.work()
            except SQLAlchemyError as error:
                log.error("%s: the record cannot be used: %s", self.webhook.name, type(error).__name__)
                pause = FIRST_PAUSE_S
            if pause:
                wait(pause)

    def work(self) -> float:
        """Deliver the next event, if there is one; seconds to wait until it should be called again."""
        with self._database.read() as session:
            happened = next_event(session, self._after, self.webhook.kinds)
        if happened is None:
            return POLL_S
        fault = self._send(happened)
        failures = self.standing.failures + 1 if fault else 0
        with self._database.write() as session:
            mark = session.get_one(WebhookMark, self.webhook.name)
            mark.failures, mark.detail, mark.at = failures, fault, self._now()
            if not fault:
                mark.event_id = happened.number
        if fault and fault != self.standing.detail:
            log.warning("webhook %s: %s; it is tried again until it is taken", self.webhook.name, fault)
        elif not fault and self.standing.failures:
            log.info("webhook %s takes events again", self.webhook.name)
        self.standing = Standing(failures, fault)
        if fault:
            return pause_after(failures, self._chance())
        self._after = happened.number
        return 0.0

    def _send(self, happened: Happened) -> str:
        """Nothing, or what went wrong in a few words: never what the control room answered."""
        body = message_of(happened)
        identity = message_id(self.webhook.name, happened)
        headers = signed_headers(self.webhook.key, identity, int(self._now().timestamp()), body)
        try:
            answer = self._http.request(
                "POST", self.webhook.url, body=body, headers=headers, preload_content=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            return f"cannot be reached ({type(error).__name__})"
        answer.close()
        if 200 <= answer.status < 300:
            return ""
        return f"answers with {answer.status}" + (", a redirect: not followed" if 300 <= answer.status < 400 else "")


class Couriers:
    """All webhooks of a rig, each in a thread of its own."""

    def __init__(self, webhooks: list[Webhook], database: Database) -> None:
        self.couriers = [Courier(webhook, database) for webhook in webhooks]
        self._threads: list[threading.Thread] = []

    def start(self, stopped: Callable[[], bool], wait: Callable[[float], object]) -> None:
        for courier in self.couriers:
            # Daemons: a control room that answers a byte at a time does not keep the rig from stopping.
            thread = threading.Thread(target=courier.run, args=(stopped, wait), name=courier.webhook.name, daemon=True)
            thread.start()
            self._threads.append(thread)

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)


def next_event(session: Session, after: int, kinds: frozenset[Kind]) -> Happened | None:
    """The first event of these kinds after this number."""
    wanted = [kind for kind, told in KINDS.items() if told in kinds]
    event = session.scalars(
        select(Event).where(Event.id > after, Event.kind.in_(wanted)).order_by(Event.id).limit(1)
    ).first()
    if event is None:
        return None
    if event.alert_id is not None:
        deployment = session.scalar(select(Alert.deployment_id).where(Alert.id == event.alert_id))
        return Happened(event.id, event.at, KINDS[event.kind], deployment, None, event.alert_id)
    present = present_deployment(session)
    deployment, state = (present.id, present.state) if present else (None, None)
    return Happened(event.id, event.at, KINDS[event.kind], deployment, state, None)


def tls_of(webhook: Webhook) -> ssl.SSLContext:
    """Raises WebhookError."""
    try:
        return ssl.create_default_context(cafile=None if webhook.ca_file is None else str(webhook.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise WebhookError(f"{webhook.ca_file}: holds no certificates (PEM)") from error


def waiting(session: Session, webhook: str, kinds: frozenset[Kind]) -> int:
    """How many events this webhook has yet to take."""
    mark = session.get(WebhookMark, webhook)
    wanted = [kind for kind, told in KINDS.items() if told in kinds]
    if mark is None:
        return 0
    return session.scalar(select(func.count()).where(Event.id > mark.event_id, Event.kind.in_(wanted))) or 0
