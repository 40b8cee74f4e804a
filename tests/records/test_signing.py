import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from records.errors import SigningError
from records.signing import PUBLIC, SECRET, key_id, open_signer, read_public_key, signed_by


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    first, second = open_signer(tmp_path / "keys"), open_signer(tmp_path / "keys")
    assert first.public == second.public
    assert first.sign(b"text") == second.sign(b"text")
    assert sorted(file.name for file in (tmp_path / "keys").iterdir()) == [PUBLIC, SECRET]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, records.signing as s; sys.stdin.readline(); print(s.open_signer(pathlib.Path('keys')).id)"
    )
    root = Path(__file__).parents[2]
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ids = {process.communicate()[0].strip() for process in starting}
    assert ids == {open_signer(tmp_path / "keys").id}


def test_a_signature_is_of_one_key_and_one_text(tmp_path: Path) -> None:
    ours, theirs = open_signer(tmp_path / "ours"), open_signer(tmp_path / "theirs")
    signature = ours.sign(b"text")
    assert signed_by(ours.public, signature, b"text")
    assert not signed_by(ours.public, signature, b"text ")
    assert not signed_by(theirs.public, signature, b"text")
    assert not signed_by(ours.public, signature[:-1], b"text")
    assert not signed_by(b"short", signature, b"text")


def test_the_public_file_is_all_that_a_verifier_needs(tmp_path: Path) -> None:
    signer = open_signer(tmp_path)
    public = read_public_key(tmp_path / PUBLIC)
    assert signed_by(public, signer.sign(b"text"), b"text")
    assert key_id(public) == signer.id
    assert len(signer.id) == 16
    assert b"PRIVATE" not in (tmp_path / PUBLIC).read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    open_signer(tmp_path)
    assert stat.S_IMODE((tmp_path / SECRET).stat().st_mode) == 0o600
    (tmp_path / SECRET).chmod(0o640)
    with pytest.raises(SigningError, match="chmod 600"):
        open_signer(tmp_path)


def test_a_lost_public_file_is_made_again(tmp_path: Path) -> None:
    signer = open_signer(tmp_path)
    (tmp_path / PUBLIC).unlink()
    open_signer(tmp_path)
    assert read_public_key(tmp_path / PUBLIC) == signer.public


def test_a_public_file_of_another_key_is_refused(tmp_path: Path) -> None:
    open_signer(tmp_path / "ours")
    open_signer(tmp_path / "theirs")
    (tmp_path / "ours" / PUBLIC).write_bytes((tmp_path / "theirs" / PUBLIC).read_bytes())
    with pytest.raises(SigningError, match="does not belong to"):
        open_signer(tmp_path / "ours")


def test_files_that_hold_no_such_key_are_named(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    (tmp_path / "other").write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text").write_text("no key")
    for name, message in (("other", "another kind"), ("text", "no public key"), ("absent", "cannot be read")):
        with pytest.raises(SigningError, match=f"{name} .*{message}"):
            read_public_key(tmp_path / name)
    secret = tmp_path / SECRET
    for content, message in (
        (b"", "no signing key"),
        (other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "another kind"),
    ):
        secret.write_bytes(content)
        secret.chmod(0o600)
        with pytest.raises(SigningError, match=message):
            open_signer(tmp_path)
