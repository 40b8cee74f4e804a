import stat
from pathlib import Path

import pytest

from wire.keys import KeysError, load_keys, make_keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    make_keys(folder, ["worker", "capture"])
    assert mode(folder) == 0o700
    assert mode(folder / "worker.secret") == 0o600


def test_a_process_loads_its_own_pair_and_all_public_keys(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["worker", "capture"])
    keys = load_keys(tmp_path / "keys", "worker")
    assert sorted(keys.known) == ["capture", "worker"]
    assert keys.public_of("worker") == keys.public
    assert keys.secret.decode() not in repr(keys)


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["worker"])
    before = (tmp_path / "keys" / "worker.secret").read_bytes()
    with pytest.raises(KeysError, match=r"worker\.public exists"):
        make_keys(tmp_path / "keys", ["capture", "worker"])
    assert (tmp_path / "keys" / "worker.secret").read_bytes() == before
    assert not (tmp_path / "keys" / "capture.secret").exists()


@pytest.mark.parametrize("opened", ["worker.secret", ""])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, opened: str) -> None:
    make_keys(tmp_path / "keys", ["worker"])
    (tmp_path / "keys" / opened).chmod(0o755 if not opened else 0o640)
    with pytest.raises(KeysError, match="open to other users: run `chmod"):
        load_keys(tmp_path / "keys", "worker")


@pytest.mark.parametrize("content", [b"", b"short\n", b"~" * 40, b"\xff" * 40])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    make_keys(tmp_path / "keys", ["worker", "capture"])
    (tmp_path / "keys" / "capture.public").write_bytes(content)
    with pytest.raises(KeysError, match=r"capture\.public holds no key"):
        load_keys(tmp_path / "keys", "worker")


def test_a_public_key_of_another_pair_is_noticed(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["worker", "capture"])
    (tmp_path / "keys" / "capture.public").rename(tmp_path / "keys" / "worker.public")
    with pytest.raises(KeysError, match="does not belong to"):
        load_keys(tmp_path / "keys", "worker")


@pytest.mark.parametrize("name", ["", "../worker", "Worker", "a b"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeysError, match="use small letters"):
        make_keys(tmp_path, [name])


def test_a_missing_folder_or_pair_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="make it with `openlfr keys`"):
        load_keys(tmp_path / "none", "worker")
    make_keys(tmp_path / "keys", ["worker"])
    with pytest.raises(KeysError, match=r"capture\.secret cannot be read"):
        load_keys(tmp_path / "keys", "capture")
    with pytest.raises(KeysError, match="no public key named 'alerts'"):
        load_keys(tmp_path / "keys", "worker").public_of("alerts")
