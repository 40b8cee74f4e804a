from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from capture.sources import (
    Recording,
    SourceError,
    SourceLost,
    Stream,
    Usb,
    open_source,
    parse,
    redact,
    try_source,
)
from tests.capture.conftest import FPS, FRAMES, number_of, picture, write_video
from wire.mailbox import Pixels


def read_all(path: Path) -> list[Pixels]:
    source = open_source(Recording(path))
    pictures = []
    while (pixels := source.read()) is not None:
        pictures.append(pixels)
    source.close()
    return pictures


def test_the_three_forms_of_a_source_are_understood() -> None:
    assert parse("usb:1") == Usb(1)
    assert parse("rtsp://user:pass@10.0.0.7:554/live") == Stream("rtsp://user:pass@10.0.0.7:554/live")
    assert parse("rtsps://camera/live") == Stream("rtsps://camera/live")
    assert parse("file:clip with space.mp4") == Recording(Path("clip with space.mp4"))


@pytest.mark.parametrize(
    "source", ["", "clip.mp4", "usb:", "usb:front", "usb:-1", "file:", "http://camera/", "rtsp://", "rtsp://:554/x"]
)
def test_anything_else_is_one_clear_line(source: str) -> None:
    with pytest.raises(SourceError, match=r"^source ") as caught:
        parse(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://joe:hunter2@10.0.0.7:554/live", "rtsp://***@10.0.0.7:554/live"),
        ("rtsp://joe:hun@ter2@camera/live", "rtsp://***@camera/live"),
        ("rtsp://joe:hun/ter2@camera/live", "rtsp://***@camera/live"),
        ("RTSPS://hunter2@camera", "rtsps://***@camera"),
        ("rtsp://camera/live?user=joe&password=hunter2", "rtsp://camera/live?***"),
        ("rtsp://camera/user=joe&password=hunter2&channel=1", "rtsp://camera/..."),
        ("rtsp://camera/live", "rtsp://camera/live"),
        ("file:clip.mp4", "file:clip.mp4"),
        ("usb:0", "usb:0"),
    ],
)
def test_a_source_is_shown_without_its_credentials(source: str, shown: str) -> None:
    assert redact(source) == shown


def test_an_address_does_not_show_its_credentials_by_itself() -> None:
    address = parse("rtsp://joe:hunter2@camera/live")
    assert "hunter2" not in f"{address} {address!r}"


@pytest.mark.parametrize("url", ["rtsp://joe:hunter2@camera:99999/", "rtsp://joe:hunter2@/", "rtsp://joe:hunter2@a b/"])
def test_no_error_about_an_address_shows_its_credentials(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)
    assert "joe" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["mp4", "avi", "mkv", "mov"])
def test_every_picture_of_a_video_is_read_in_order(tmp_path: Path, suffix: str) -> None:
    file = write_video(tmp_path / f"clip.{suffix}")
    assert [number_of(pixels) for pixels in read_all(file)] == list(range(FRAMES))
    source = open_source(Recording(file))
    assert source.fps == pytest.approx(FPS)
    source.close()


def test_a_gif_plays_at_its_own_speed(tmp_path: Path) -> None:
    pictures = [Image.fromarray(picture(10 * number)) for number in range(6)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=200)
    source = open_source(Recording(tmp_path / "a.gif"))
    numbers, positions = [], []
    while (pixels := source.read()) is not None:
        assert pixels.shape == (96, 128, 3)
        numbers.append(number_of(pixels))
        positions.append(source.position)
    source.close()
    assert numbers == [0, 10, 20, 30, 40, 50]
    assert positions == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_a_folder_of_pictures_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number))
    cv2.imwrite(str(tmp_path / "4.png"), picture(4)[:, :, 0])
    (tmp_path / "notes.txt").write_text("not a picture")
    pictures = read_all(tmp_path)
    assert [number_of(pixels) for pixels in pictures[:3]] == [1, 2, 3]
    assert pictures[3].shape == (96, 128, 3)


def test_pictures_passed_over_are_not_read(clip: Path) -> None:
    source = open_source(Recording(clip))
    assert all(source.skip() for _ in range(10))
    pixels = source.read()
    assert pixels is not None
    assert number_of(pixels) == 10
    while source.read() is not None:
        continue
    assert not source.skip()
    source.close()


def test_pixels_are_contiguous_and_nobody_elses(clip: Path) -> None:
    source = open_source(Recording(clip))
    first = source.read()
    assert first is not None
    before = first.copy()
    source.read()
    source.close()
    assert first.flags.c_contiguous
    assert np.array_equal(first, before)


def broken_folder(folder: Path) -> Path:
    (folder / "pictures").mkdir()
    (folder / "pictures" / "1.jpg").write_bytes(b"no picture")
    return folder / "pictures"


def broken_file(folder: Path) -> Path:
    (folder / "clip.mp4").write_bytes(b"no video" * 100)
    return folder / "clip.mp4"


def empty_file(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def empty_folder(folder: Path) -> Path:
    (folder / "none").mkdir()
    return folder / "none"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "missing.mp4", "no such file or folder"),
        (broken_file, "not a video that can be read"),
        (empty_file, "not a video that can be read"),
        (empty_folder, "no pictures in this folder"),
        (broken_folder, "not a picture that can be read"),
        (lambda _: Path("/dev/null"), "neither a file nor a folder"),
    ],
)
def test_a_recording_that_cannot_be_read_is_one_clear_line(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    path = make(tmp_path)
    with pytest.raises(SourceError, match=reason) as caught:
        read_all(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, SourceLost)


def test_a_live_source_that_does_not_answer_may_come_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceLost, match=r"^rtsp://\*\*\*@127\.0\.0\.1:1/live: no stream"):
        open_source(parse("rtsp://joe:hunter2@127.0.0.1:1/live"))
    with pytest.raises(SourceLost, match=r"^usb:99: no camera answers"):
        open_source(parse("usb:99"))
    printed = capfd.readouterr()
    assert "hunter2" not in printed.out + printed.err


def test_a_stream_tried_before_takes_no_picture_from_a_recording(clip: Path) -> None:
    with pytest.raises(SourceLost):
        try_source("rtsp://127.0.0.1:1/live")
    assert len(read_all(clip)) == FRAMES


def test_a_source_can_be_tried(clip: Path) -> None:
    assert try_source(f"file:{clip}") == "128 x 96, 25 frames/s"
    with pytest.raises(SourceError, match="no such file"):
        try_source("file:missing.mp4")
