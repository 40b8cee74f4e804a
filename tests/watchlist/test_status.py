"""Asking a real status source: a server on this machine, with and without TLS, and a file."""

import datetime as dt
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from records.schema import Entry, LedgerEntry
from records.times import to_text
from tests.records.entries import NOW
from tests.watchlist.conftest import Office
from tests.watchlist.tables import cells, save_face, write_table
from watchlist.errors import StatusFault
from watchlist.standing import withheld
from watchlist.status import Answer, DropFile, StatusSource, apply_answers, ask
from watchlist.status_http import LARGEST_ANSWER, HttpSource, check_address

Reply = Callable[[list[str]], tuple[int, bytes]]


@dataclass
class Server:
    """What it was asked, and what it says."""

    reply: Reply
    url: str = ""
    asked: list[list[str]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


def say(**answers: Any) -> Reply:
    return lambda _: (200, json.dumps(answers).encode())


def wanted(at: dt.datetime = NOW) -> dict[str, str]:
    return {"status": "wanted", "checked_at": to_text(at)}


def serve(server: Server, tls: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.asked.append(body["references"])
            server.tokens.append(self.headers["Authorization"])
            code, content = server.reply(body["references"])
            self.send_response(code)
            if code in (301, 307):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        made.socket = tls.wrap_socket(made.socket, server_side=True)
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{made.server_port}/status"
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return made


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server(say())
    running = serve(told)
    yield told
    running.shutdown()
    running.server_close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed one for 127.0.0.1: (certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "status")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.now(dt.UTC) - timedelta(days=1))
        .not_valid_after(dt.datetime.now(dt.UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def entries(office: Office, tmp_path: Path) -> list[str]:
    """PNC-1, PNC-2 and PNC-3, last checked an hour ago."""
    folder = tmp_path / "brought"
    rows = [cells(f"PNC-{n + 1}", save_face(folder / f"{n}.jpg", n)) for n in range(3)]
    return [str(row.entry_id) for row in office.bring(write_table(folder / "list.csv", rows)).rows]


def apply(office: Office, source: StatusSource, entries: list[str] | None = None) -> dict[str, int]:
    with office.database.read() as session:
        asked = ask(office.vault, session, source, office.deployment, entries)
    with office.database.write() as session:
        return apply_answers(session, asked, office.now)


def test_who_is_no_longer_wanted_is_withdrawn_and_who_is_was_checked_now(
    office: Office, entries: list[str], server: Server
) -> None:
    server.reply = say(**{"PNC-1": wanted(), "PNC-2": {"status": "no_longer_wanted", "checked_at": to_text(NOW)}})
    assert apply(office, HttpSource(server.url)) == {"wanted": 1, "no_longer_wanted": 1, "unknown": 1}
    assert server.asked == [["PNC-1", "PNC-2", "PNC-3"]]
    with office.database.read() as session:
        one, two, three = (session.get_one(Entry, entry) for entry in entries)
        assert (one.state, one.status_checked_at) == ("active", NOW)
        assert (two.state, two.state_reason) == ("withdrawn", "no_longer_wanted")
        assert (three.state, three.status_checked_at) == ("active", NOW - timedelta(hours=1))
        assert withheld(session, office.deployment, NOW, timedelta(minutes=59)) == {entries[1], entries[2]}
        kinds = list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq.desc()).limit(2)))
        assert kinds == ["status_asked", "entry_withdrawn"]
    # Who is out is asked about no more.
    apply(office, HttpSource(server.url))
    assert server.asked[-1] == ["PNC-1", "PNC-3"]
    apply(office, HttpSource(server.url), [entries[2]])
    assert server.asked[-1] == ["PNC-3"]


def test_an_answer_never_moves_a_check_back_or_into_the_future(
    office: Office, entries: list[str], server: Server
) -> None:
    server.reply = say(
        **{
            "PNC-1": wanted(NOW - timedelta(hours=2)),
            "PNC-2": wanted(NOW + timedelta(hours=1)),
            "PNC-3": {"status": "wanted"},
        }
    )
    assert apply(office, HttpSource(server.url)) == {"wanted": 1, "no_longer_wanted": 0, "unknown": 2}
    with office.database.read() as session:
        checks = [session.get_one(Entry, entry).status_checked_at for entry in entries]
    assert checks == [NOW - timedelta(hours=1)] * 3


def test_many_references_are_asked_in_parts(server: Server) -> None:
    server.reply = lambda asked: (200, json.dumps({reference: wanted() for reference in asked}).encode())
    references = [f"PNC-{n}" for n in range(1201)]
    assert set(HttpSource(server.url).answers(references)) == set(references)
    assert [len(part) for part in server.asked] == [500, 500, 201]


def test_an_answer_about_somebody_else_is_passed_over(server: Server) -> None:
    server.reply = say(**{"PNC-1": wanted(), "PNC-9": wanted()})
    assert set(HttpSource(server.url).answers(["PNC-1"])) == {"PNC-1"}


def test_a_source_that_is_busy_is_asked_again(server: Server) -> None:
    replies = [(503, b""), (429, b""), (200, json.dumps({"PNC-1": wanted()}).encode())]
    server.reply = lambda _: replies.pop(0)
    assert HttpSource(server.url).answers(["PNC-1"])["PNC-1"].status == "wanted"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ((503, b""), "does not answer"),
        ((401, b""), "answers with 401"),
        ((307, b""), "answers with 307"),
        ((200, b"<html>"), "not understood"),
        ((200, b'{"PNC-1": {"status": "maybe"}}'), "not understood"),
        ((200, b'{"PNC-1": {"status": "wanted", "checked_at": "noon"}}'), "not understood"),
        ((200, b" " * (LARGEST_ANSWER + 1)), "longer than 4 MiB"),
    ],
)
def test_an_answer_that_is_none_is_a_fault_and_changes_nothing(
    office: Office, entries: list[str], server: Server, reply: tuple[int, bytes], says: str
) -> None:
    server.reply = lambda _: reply
    with pytest.raises(StatusFault, match=says) as fault:
        apply(office, HttpSource(server.url, retries=1))
    assert "PNC" not in str(fault.value)
    with office.database.read() as session:
        assert {session.get_one(Entry, entry).state for entry in entries} == {"active"}


def test_a_source_that_is_not_there_or_hangs_is_a_fault(server: Server) -> None:
    released = threading.Event()

    def silent(_: list[str]) -> tuple[int, bytes]:
        released.wait(20)
        return 200, b"{}"

    server.reply = silent
    with pytest.raises(StatusFault, match="does not answer"):
        HttpSource(server.url, timeout_s=0.2, retries=0).answers(["PNC-1"])
    released.set()
    with pytest.raises(StatusFault, match="does not answer"):
        HttpSource("http://127.0.0.1:9/", timeout_s=0.2, retries=0).answers(["PNC-1"])


def test_the_token_comes_from_a_file_that_nobody_else_reads(server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("open-sesame\n")
    token.chmod(0o600)
    HttpSource(server.url, token_file=token).answers(["PNC-1"])
    assert server.tokens == ["Bearer open-sesame"]
    token.chmod(0o644)
    with pytest.raises(StatusFault, match="chmod 600"):
        HttpSource(server.url, token_file=token).answers(["PNC-1"])
    token.chmod(0o600)
    token.write_bytes(b"\xff\n")
    with pytest.raises(StatusFault, match="holds no bearer token"):
        HttpSource(server.url, token_file=token).answers(["PNC-1"])
    with pytest.raises(StatusFault, match="there is no"):
        HttpSource(server.url, token_file=tmp_path / "none").answers(["PNC-1"])
    assert len(server.asked) == 1


def test_the_certificate_is_checked(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    told = Server(say(**{"PNC-1": wanted()}))
    running = serve(told, tls)
    try:
        assert HttpSource(told.url, ca_file=cert).answers(["PNC-1"])["PNC-1"].status == "wanted"
        with pytest.raises(StatusFault, match="does not answer"):
            HttpSource(told.url, retries=0).answers(["PNC-1"])
        with pytest.raises(StatusFault, match="no certificates"):
            HttpSource(told.url, ca_file=key, retries=0).answers(["PNC-1"])
    finally:
        running.shutdown()
        running.server_close()
    assert len(told.asked) == 1


@pytest.mark.parametrize("url", ["http://status.example/", "ftp://127.0.0.1/", "https://", "https://me:pw@a.example/"])
def test_references_are_not_sent_in_the_clear(url: str) -> None:
    with pytest.raises(StatusFault):
        check_address(url)


def test_a_file_that_is_put_down_answers_too(office: Office, entries: list[str], tmp_path: Path) -> None:
    drop = tmp_path / "status.csv"
    drop.write_text(
        "reference,status,at\n"
        f"PNC-1,no_longer_wanted,{to_text(NOW - timedelta(hours=3))}\n"
        f"PNC-1,wanted,{to_text(NOW)}\n"
        f"PNC-2,wanted,{to_text(NOW - timedelta(hours=3))}\n"
        f"PNC-2,wanted,{to_text(NOW)}\n"
        "PNC-7,anything,whenever\n"
    )
    assert apply(office, DropFile(drop)) == {"wanted": 1, "no_longer_wanted": 1, "unknown": 1}
    with office.database.read() as session:
        assert session.get_one(Entry, entries[0]).state == "withdrawn"
        assert session.get_one(Entry, entries[1]).status_checked_at == NOW


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"reference,status\nPNC-1,wanted", "names the columns"),
        (b"", "names the columns"),
        (b"reference,status,at\nPNC-1,gone,2026-11-23T10:00:00Z", "line 2"),
        (b"reference,status,at\nPNC-1,wanted,2026-11-23T10:00:00", "line 2"),
        (b"reference,status,at\nPNC-1,wanted", "line 2"),
        (b"\xff\xfe", "no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_a_fault(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "status.csv").write_bytes(content)
    with pytest.raises(StatusFault, match=says):
        DropFile(tmp_path / "status.csv").answers(["PNC-1"])


def test_no_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StatusFault, match="cannot be read"):
        DropFile(tmp_path / "status.csv").answers(["PNC-1"])


def test_nobody_listed_asks_nobody(office: Office, entries: list[str], server: Server) -> None:
    server.reply = lambda asked: (200, json.dumps({one: {"status": "no_longer_wanted"} for one in asked}).encode())
    assert apply(office, HttpSource(server.url))["no_longer_wanted"] == 3
    assert apply(office, HttpSource(server.url)) == {"wanted": 0, "no_longer_wanted": 0, "unknown": 0}
    assert len(server.asked) == 1
    assert Answer(status="unknown").checked_at is None
