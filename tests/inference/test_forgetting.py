"""Nothing of a passer-by is left in the process that searched: looked for in every byte of its memory."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from inference.catalogue import SHIPPED
from rig.walkby import make_clip
from tests.inference.conftest import starter_is_complete
from tests.inference.forgetting_process import CHIP, END, FUSED, RAW, UNIT
from tests.inference.memory_of import found_in

ROOT = Path(__file__).parent.parent.parent
SECONDS = 10.0
TURNED = bytes(range(255, -1, -1))


def may_look() -> bool:
    try:
        with Path(f"/proc/{os.getpid()}/mem").open("rb"):
            return True
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not may_look(), reason="the memory of a process cannot be read on this system")


@dataclass(frozen=True)
class Watched:
    pid: int
    passages: int
    told: dict[bytes, list[bytes]]

    def left(self) -> Counter[bytes]:
        """How many of the told values of each kind stand in the process's memory."""
        kinds = [kind for kind, values in self.told.items() for _ in values]
        values = [value for values in self.told.values() for value in values]
        return Counter(kinds[at] for at in found_in(self.pid, values))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "street.mp4", seconds=SECONDS).video


@contextmanager
def watched(clip: Path, *more: str) -> Iterator[Watched]:
    if not starter_is_complete():
        pytest.skip("the starter pack is not complete: inference/packs/starter lacks pack.toml or an ONNX file")
    command = [sys.executable, "-m", "tests.inference.forgetting_process", str(SHIPPED / "starter"), str(clip), *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield Watched(process.pid, *_read(process.stdout))
        finally:
            process.kill()


def _read(stream: IO[bytes]) -> tuple[int, dict[bytes, list[bytes]]]:
    told: dict[bytes, list[bytes]] = defaultdict(list)
    while head := stream.read(8):
        kind, number = head[:4], int.from_bytes(head[4:], "big")
        if kind == END:
            return number, told
        told[kind].append(stream.read(number).translate(TURNED))
    pytest.fail("the process ended early")


def test_no_template_of_a_passer_by_is_left_in_memory_after_the_tracks_ended(clip: Path) -> None:
    with watched(clip) as process:
        assert process.passages >= 3
        assert all(len(process.told[kind]) > 10 for kind in (RAW, UNIT, FUSED, CHIP))
        assert process.left() == Counter()


def test_a_template_that_was_not_overwritten_is_found(clip: Path) -> None:
    with watched(clip, "keep") as process:
        left = process.left()
        assert left[UNIT] > 0
        assert left[CHIP] > 0
