"""Telling control rooms: in order, at least once, signed, and nothing but ids, kinds, states and times."""

import base64
import hashlib
import hmac
import json
import logging
import re
import ssl
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.webhook_messages import (
    KINDS,
    MEANINGS,
    Kind,
    WebhookError,
    read_key,
    signed_headers,
)
from alerts.webhooks import LONGEST_PAUSE_S, POLL_S, Courier, Webhook, check_url, pause_after, waiting
from records.database import Database
from records.events import add_event
from records.schema import Event, WebhookMark
from records.times import from_text
from tests.alerts.control_room import ControlRoom, open_room
from tests.operator_ui.stage import LABEL, OTHERS, SIMILARITY, SUBJECT, THRESHOLD, Stage, record_at

KEY = bytes(range(32))
ALL = frozenset(get_args(Kind))
SEEN = r"alert|deployment|entry|stop"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Stage]:
    database = record_at(tmp_path)
    yield Stage(database)
    database.close()


def courier(rig: Stage, room: ControlRoom, name: str = "control", **changes: Any) -> Courier:
    webhook = Webhook(name, room.url, KEY, changes.pop("kinds", ALL), **changes)
    return Courier(webhook, rig.database, rig.time, chance=lambda: 0.0)


def deliver(messenger: Courier) -> list[float]:
    """Works until nothing waits; the pauses between the tries."""
    pauses = []
    while (pause := messenger.work()) != POLL_S:
        if pause:
            pauses.append(pause)
        assert len(pauses) < 100
    return pauses


def data(room: ControlRoom) -> list[dict[str, Any]]:
    return [json.loads(told.body) for told in room.told]


def numbers(room: ControlRoom) -> list[int]:
    return [told["data"]["event"] for told in data(room)]


def check(told_headers: dict[str, str], body: bytes, key: bytes = KEY) -> bool:
    """As docs/api.md tells control rooms to verify."""
    signed = f"{told_headers['webhook-id']}.{told_headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected, told_headers["webhook-signature"])


def test_everything_that_happens_is_told_in_order_and_once(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        messenger = courier(rig, room)
        alerts = [rig.alert(subject) for subject in OTHERS[:3]]
        with rig.client("ann") as ann:
            ann.judge(alerts[1], "different")
        assert deliver(messenger) == []
        assert numbers(room) == sorted(numbers(room))
        told = [(one["type"], one["data"]["alert"], one["data"]["state"]) for one in data(room)]
        assert told[:3] == [("alert.raised", alert, "waiting") for alert in alerts]
        assert told[3:] == [("alert.in_review", alerts[1], "in_review"), ("alert.closed", alerts[1], "closed")]
        assert deliver(messenger) == []
        assert len(room.told) == 5


def test_a_new_webhook_begins_with_the_present(rig: Stage) -> None:
    rig.alert(OTHERS[0])
    with open_room(ControlRoom()) as room:
        messenger = courier(rig, room)
        deliver(messenger)
        assert room.told == []
        later = rig.alert(OTHERS[1])
        deliver(messenger)
        assert [one["data"]["alert"] for one in data(room)] == [later]


def test_only_the_kinds_that_were_asked_for_are_told(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        messenger = courier(rig, room, kinds=frozenset({"alert.closed", "deployment.changed"}))
        alert = rig.alert()
        with rig.client("ann") as ann:
            ann.judge(alert, "different")
        with rig.database.write() as session:
            add_event(session, "deployment", None, rig.time())
        deliver(messenger)
        closed, changed = data(room)
        assert closed["type"] == "alert.closed"
        assert changed["data"] == {
            "event": changed["data"]["event"],
            "deployment": rig.deployment,
            "alert": None,
            "state": "running",
        }


def test_a_control_room_that_fails_is_told_again_later_and_later_and_nothing_is_skipped(rig: Stage) -> None:
    answers = iter([500, 503, 429, 404, 410, 200, 200])
    with open_room(ControlRoom(lambda _: next(answers))) as room:
        messenger = courier(rig, room)
        first, second = rig.alert(OTHERS[0]), rig.alert(OTHERS[1])
        assert deliver(messenger) == [1.0, 2.0, 4.0, 8.0, 16.0]
        assert [one["data"]["alert"] for one in data(room)] == [first] * 6 + [second]
        identities = [told.headers["webhook-id"] for told in room.told]
        assert len(set(identities[:6])) == 1
        assert identities[6] != identities[0]


def test_how_it_stands_is_kept_and_forgotten_once_it_is_well(rig: Stage) -> None:
    answers = iter([500, 500, 200, 200])
    with open_room(ControlRoom(lambda _: next(answers))) as room:
        messenger = courier(rig, room)
        rig.alert(OTHERS[0])
        rig.alert(OTHERS[1])
        messenger.work()
        messenger.work()
        assert (messenger.standing.failures, messenger.standing.detail) == (2, "answers with 500")
        with rig.database.read() as session:
            mark = session.get_one(WebhookMark, "control")
            assert (mark.failures, mark.detail, mark.event_id) == (2, "answers with 500", 0)
            assert waiting(session, "control", ALL) == 2
        again = courier(rig, room)
        assert again.standing == messenger.standing
        deliver(again)
        with rig.database.read() as session:
            mark = session.get_one(WebhookMark, "control")
            assert (mark.failures, mark.detail) == (0, "")
            assert waiting(session, "control", ALL) == 0


def test_nobody_there_then_somebody(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        port = int(room.url.rsplit(":", 1)[1].split("/")[0])
        messenger = courier(rig, room)
    alert = rig.alert()
    assert messenger.work() == 1.0
    assert messenger.standing.detail.startswith("cannot be reached")
    with open_room(ControlRoom(), port=port) as back:
        deliver(messenger)
        assert [one["data"]["alert"] for one in data(back)] == [alert]


def test_pauses_grow_to_a_limit_and_differ_from_rig_to_rig() -> None:
    assert [pause_after(failures, 0.0) for failures in (1, 2, 3, 9, 10, 10_000)] == [1, 2, 4, 256, 300, 300]
    assert pause_after(50, 1.0) == LONGEST_PAUSE_S / 2
    assert pause_after(1, 0.5) == 0.75


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(rig: Stage, code: int) -> None:
    with open_room(ControlRoom(lambda _: code)) as room:
        messenger = courier(rig, room)
        rig.alert()
        assert messenger.work() > 0
        assert len(room.told) == 1
        assert messenger.standing.detail == f"answers with {code}, a redirect: not followed"


def test_what_a_control_room_answers_is_never_kept_or_logged(rig: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with open_room(ControlRoom(lambda _: 500)) as room:
        messenger = courier(rig, room)
        rig.alert()
        messenger.work()
    assert "secret" not in caplog.text + messenger.standing.detail
    assert base64.b64encode(KEY).decode() not in caplog.text


def test_a_restart_goes_on_where_the_mark_stands(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        deliver(courier(rig, room))
        first = rig.alert(OTHERS[0])
        deliver(courier(rig, room))
        second = rig.alert(OTHERS[1])
        deliver(courier(rig, room))
        assert [one["data"]["alert"] for one in data(room)] == [first, second]


def test_a_dead_control_room_keeps_no_other_waiting(rig: Stage) -> None:
    with open_room(ControlRoom(lambda _: 500)) as dead, open_room(ControlRoom()) as well:
        one, other = courier(rig, dead, "dead"), courier(rig, well, "well")
        for subject in OTHERS[:5]:
            rig.alert(subject)
        one.work()
        assert deliver(other) == []
        assert len(well.told) == 5


def test_each_message_is_signed_and_a_changed_byte_or_another_key_does_not_verify(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        messenger = courier(rig, room)
        rig.alert()
        deliver(messenger)
    (told,) = room.told
    assert check(told.headers, told.body)
    assert told.headers["webhook-timestamp"] == str(int(rig.time().timestamp()))
    assert re.fullmatch(r"msg_[0-9a-f]{32}", told.headers["webhook-id"])
    for at in range(len(told.body)):
        assert not check(told.headers, told.body[:at] + bytes([told.body[at] ^ 1]) + told.body[at + 1 :])
    assert not check(told.headers, told.body, bytes(32))
    for name in ("webhook-id", "webhook-timestamp"):
        assert not check(told.headers | {name: told.headers[name] + "0"}, told.body)


def test_a_signature_is_that_of_the_scheme() -> None:
    # Example of the Standard Webhooks libraries.
    key = read_key(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "here")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        b"whsec_",
        b"whsec_AAAA",
        b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b"whsec_M!KQ",
        b"\xff",
        b"whsec_" + b"A" * 120,
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret: bytes) -> None:
    with pytest.raises(WebhookError, match="the file") as refused:
        read_key(secret, "the file")
    assert "KQ" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://control.example/events",
        "ftp://control.example",
        "https://",
        "https://user:password@control.example/",
        "control.example",
        "https://control.example:port/",
        "http://localhost.example/",
        "https://[",
    ],
)
def test_events_are_sent_by_tls_or_to_this_machine_only(url: str) -> None:
    with pytest.raises(WebhookError):
        check_url(url)
    check_url("https://control.example/events?a=b")
    check_url("http://localhost:8000/events")


def test_nothing_is_told_but_ids_kinds_states_and_times(rig: Stage) -> None:
    """A whole run: alerts judged, stopped, closed, seen again, expired; each value of each message is looked at."""
    with open_room(ControlRoom()) as room:
        messenger = courier(rig, room)
        everything_that_can_happen(rig)
        deliver(messenger)
    states = {"waiting", "in_review", "confirmed", "engaged", "closed", "expired", "running", None}
    for told in data(room):
        assert told.keys() == {"type", "timestamp", "data"}
        assert told["data"].keys() == {"event", "deployment", "alert", "state"}
        assert told["type"] in ALL
        assert from_text(told["timestamp"]).tzinfo is not None
        assert isinstance(told["data"]["event"], int)
        assert told["data"]["state"] in states
        for name in ("deployment", "alert"):
            assert told["data"][name] is None or str(uuid.UUID(told["data"][name])) == told["data"][name]
    sent = b"".join(told.body for told in room.told).decode()
    for secret in (LABEL, SUBJECT, str(SIMILARITY), str(THRESHOLD), "north gate", "ann", "second_review", *OTHERS):
        assert secret not in sent
    assert {"alert.raised", "alert.sighted", "alert.confirmed", "alert.engaged", "alert.closed"} <= {
        told["type"] for told in data(room)
    }


def everything_that_can_happen(rig: Stage) -> None:
    alerts = [rig.alert(subject) for subject in (SUBJECT, *OTHERS[:3])]
    with rig.client("ann") as ann:
        ann.judge(alerts[0])
        ann.judge(alerts[1], "different")
        ann.judge(alerts[2], "cannot_tell")
    # Each kind that the record knows, whatever wrote it.
    with rig.database.write() as session:
        for kind in (*KINDS, "second_review", "something_new"):
            of_an_alert = KINDS.get(kind, "alert").startswith(("alert", "stop"))
            add_event(session, kind, alerts[3] if of_an_alert else None, rig.time())


def test_that_a_second_review_began_is_told_to_nobody(database: Database) -> None:
    stage = Stage(database, confirmations=2)
    with open_room(ControlRoom()) as room:
        messenger = courier(stage, room)
        alert = stage.alert()
        with stage.client("ann") as ann:
            ann.judge(alert)
        with database.read() as session:
            assert [event.kind for event in session.query(Event).order_by(Event.id)][-1] == "second_review"
        deliver(messenger)
        assert [one["type"] for one in data(room)] == ["alert.raised", "alert.in_review"]


def test_the_identity_of_an_event_is_its_own(rig: Stage) -> None:
    with open_room(ControlRoom()) as room:
        one, other = courier(rig, room, "one"), courier(rig, room, "other")
        rig.alert(OTHERS[0])
        rig.clock.forward(timedelta(seconds=1))
        rig.alert(OTHERS[1])
        deliver(one)
        deliver(other)
        assert len({told.headers["webhook-id"] for told in room.told}) == 4


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    import datetime as dt
    from ipaddress import IPv4Address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "control")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "control.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    rig: Stage, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    file, tls = certificate
    with open_room(ControlRoom(), tls) as room:
        trusting, doubting = courier(rig, room, "trusting", ca_file=file), courier(rig, room, "doubting")
        rig.alert()
        assert doubting.work() > 0
        assert room.told == []
        assert doubting.standing.detail == "cannot be reached (SSLError)"
        deliver(trusting)
        assert len(room.told) == 1


def test_an_authority_that_is_none_is_refused(rig: Stage, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for file in ("empty.pem", "none.pem"):
        with pytest.raises(WebhookError, match=file):
            courier(rig, ControlRoom(url="https://127.0.0.1:1/"), ca_file=tmp_path / file)


def test_the_documentation_names_every_kind_with_its_meaning() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    rows = dict(re.findall(rf"^\| `((?:{SEEN})\.\w+)` \| (.+?) \|", text, re.M))
    assert rows == dict(MEANINGS)
    assert set(MEANINGS) == set(KINDS.values()) == ALL


def test_the_documentations_program_verifies_a_message(rig: Stage) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    program = re.search(r"```python\n(.+?)```", text, re.S)
    assert program is not None
    found: dict[str, Callable[..., bool]] = {}
    exec(program[1], found)
    body, sent = b'{"type":"alert.raised"}', int(rig.time().timestamp())
    headers = signed_headers(KEY, "msg_1", sent, body)
    secret = "whsec_" + base64.b64encode(KEY).decode()
    verified = found["verified"]
    assert verified(secret, headers, body, now=sent)
    assert verified(secret, headers | {"webhook-signature": "v1,x " + headers["webhook-signature"]}, body, now=sent)
    assert not verified(secret, headers, body + b" ", now=sent)
    assert not verified(secret, headers, body, now=sent + 600)
    assert not verified("whsec_" + base64.b64encode(bytes(32)).decode(), headers, body, now=sent)
