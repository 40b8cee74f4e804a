"""One file over good and bad networks: against a real server on this machine."""

import hashlib
from pathlib import Path

import pytest

from inference.pulling.manifest import Download, PullError
from inference.pulling.transfer import fetch, part_file
from tests.inference.pulling.file_server import FileServer
from tests.inference.pulling.offers import Notes

DATA = bytes(range(256)) * 2048
"""Half a megabyte that is no model."""


def offer(server: FileServer, data: bytes = DATA) -> Download:
    server.files["/file.bin"] = data
    digest = hashlib.sha256(data).hexdigest()
    return Download(url=f"{server.url}/file.bin", size=len(data), sha256=digest, files=("file.bin",), proof="this test")


def begun(download: Download, cache: Path, data: bytes, etag: str = "") -> Path:
    """A part that an earlier call left."""
    cache.mkdir(parents=True, exist_ok=True)
    part = part_file(download, cache)
    part.write_bytes(data)
    if etag:
        part.with_name(f"{part.name}.etag").write_text(etag)
    return part


def test_a_file_is_fetched_whole_and_its_progress_is_told(server: FileServer, cache: Path) -> None:
    watch = Notes()
    assert fetch(offer(server), cache, watch).read_bytes() == DATA
    assert watch.seen[0] == ("file.bin", 0, len(DATA))
    assert watch.seen[-1] == ("file.bin", len(DATA), len(DATA))
    assert watch.notes == []


def test_a_lost_connection_is_gone_on_with_from_the_last_byte(server: FileServer, cache: Path) -> None:
    server.cut_after = [200_000, 150_000]
    watch = Notes()
    assert fetch(offer(server), cache, watch).read_bytes() == DATA
    first, *later = server.asked
    begins = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in later]
    assert first == ""
    assert len(begins) == 2
    assert 0 < begins[0] < begins[1]
    assert len(watch.notes) == 2


def test_a_server_that_sends_on_to_another_is_followed_also_when_going_on(cache: Path) -> None:
    with FileServer().running() as server, FileServer(cut_after=[200_000]).running() as storage:
        download = offer(server)
        storage.files["/stored"] = server.files.pop("/file.bin")
        server.moved["/file.bin"] = f"{storage.url}/stored"
        assert fetch(download, cache, Notes()).read_bytes() == DATA
        assert [asked[:6] for asked in storage.asked] == ["", "bytes="]


def test_a_connection_that_brings_nothing_more_is_an_error_and_the_part_stays(server: FileServer, cache: Path) -> None:
    download = offer(server)
    server.cut_after = [200_000, 0]
    with pytest.raises(PullError, match=r"connection was lost; \d+ of 524288 bytes are kept"):
        fetch(download, cache, Notes())
    held = part_file(download, cache).stat().st_size
    assert 0 < held <= 200_000
    assert fetch(download, cache, Notes()).read_bytes() == DATA
    assert server.asked[-1] == f"bytes={held}-"


def test_a_server_that_cannot_go_on_sends_all_of_it_again(server: FileServer, cache: Path) -> None:
    server.ranges = False
    download = offer(server)
    begun(download, cache, DATA[:1000])
    watch = Notes()
    assert fetch(download, cache, watch).read_bytes() == DATA
    assert "cannot go on" in watch.notes[0]


@pytest.mark.parametrize("fault", ["another etag", "another range"])
def test_a_rest_that_does_not_fit_is_not_appended(server: FileServer, cache: Path, fault: str) -> None:
    download = offer(server)
    begun(download, cache, DATA[:1000], etag='"older"' if fault == "another etag" else "")
    server.wrong_range = fault == "another range"
    watch = Notes()
    assert fetch(download, cache, watch).read_bytes() == DATA
    assert server.asked == ["bytes=1000-", ""]
    assert "has changed on the server" in watch.notes[0]


def test_a_part_that_was_damaged_is_found_out_and_fetched_again_once(server: FileServer, cache: Path) -> None:
    download = offer(server)
    begun(download, cache, b"\0" * 1000)
    watch = Notes()
    assert fetch(download, cache, watch).read_bytes() == DATA
    assert server.asked == ["bytes=1000-", ""]
    assert "was not right" in watch.notes[0]


def test_a_part_that_is_too_long_is_thrown_away(server: FileServer, cache: Path) -> None:
    download = offer(server)
    begun(download, cache, DATA + b"more")
    assert fetch(download, cache, Notes()).read_bytes() == DATA
    assert server.asked == [""]


def test_a_part_that_is_complete_needs_no_network(server: FileServer, cache: Path) -> None:
    download = offer(server)
    begun(download, cache, DATA)
    assert fetch(download, cache, Notes()).read_bytes() == DATA
    assert server.asked == []


def test_other_bytes_than_the_pinned_ones_are_refused_and_not_kept(server: FileServer, cache: Path) -> None:
    download = offer(server)
    server.files["/file.bin"] = DATA[::-1]
    with pytest.raises(PullError, match="was changed there or on the way"):
        fetch(download, cache, Notes())
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("sent", [b"<html>Sign in</html>", DATA + b"more"])
def test_a_file_of_another_length_is_refused_before_it_replaces_a_part(
    server: FileServer, cache: Path, sent: bytes
) -> None:
    server.ranges = False
    download = offer(server)
    part = begun(download, cache, DATA[:1000])
    server.files["/file.bin"] = sent
    with pytest.raises(PullError, match=f"offers {len(sent)} bytes, the pinned file has {len(DATA)}"):
        fetch(download, cache, Notes())
    assert part.read_bytes() == DATA[:1000]


def test_a_server_that_sends_without_end_is_stopped_at_the_pinned_length(server: FileServer, cache: Path) -> None:
    download = offer(server)
    server.length = False
    server.files["/file.bin"] = DATA * 3
    with pytest.raises(PullError, match="more than the 524288 bytes"):
        fetch(download, cache, Notes())
    assert list(cache.iterdir()) == []


def test_a_file_that_shrank_on_the_server_is_refused(server: FileServer, cache: Path) -> None:
    download = offer(server)
    begun(download, cache, DATA[:1000])
    server.files["/file.bin"] = DATA[:500]
    with pytest.raises(PullError, match="offers 500 bytes"):
        fetch(download, cache, Notes())


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_an_answer_without_the_file_says_so_and_leaves_the_part(server: FileServer, cache: Path, status: int) -> None:
    download = offer(server)
    part = begun(download, cache, DATA[:1000])
    server.status = status
    with pytest.raises(PullError, match=f"the server answers {status} [A-Z]"):
        fetch(download, cache, Notes())
    assert part.read_bytes() == DATA[:1000]


def test_a_server_that_is_not_there_is_an_error_that_says_so(cache: Path) -> None:
    with FileServer().running() as server:
        download = offer(server)
    with pytest.raises(PullError, match=r"file\.bin: no connection"):
        fetch(download, cache, Notes())
