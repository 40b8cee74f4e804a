"""Memory is guarded: asked in a process of its own, so that the tests' process stays as it is."""

import json
import subprocess
import sys

import pytest

from records.memory import Guarded, guard_buffer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the switches are Linux's")


def in_a_process(program: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_guarded_process_leaves_no_core_file_and_is_not_dumpable() -> None:
    told = in_a_process("""
import ctypes, json, resource
from records.memory import guard_memory
guarded = guard_memory()
print(json.dumps({
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "told": [guarded.no_core_dumps, guarded.unreadable],
}))
""")
    assert told == {"core": [0, 0], "dumpable": 0, "told": [True, True]}


def test_memory_is_said_to_be_locked_only_where_the_kernel_locked_it() -> None:
    told = in_a_process("""
import json
from records.memory import guard_memory
guarded = guard_memory()
held = bytearray(b"x" * 8_000_000)
lines = open("/proc/self/status").read().splitlines()
locked = next(int(line.split()[1]) for line in lines if line.startswith("VmLck"))
print(json.dumps({"locked": guarded.locked, "kib": locked}))
""")
    kib = told["kib"]
    assert isinstance(kib, int)
    assert told["locked"] == (kib > 8_000)


def test_a_process_without_the_right_to_lock_goes_on_and_says_so() -> None:
    told = in_a_process("""
import json
import records.memory as memory
memory._may_lock_all = lambda: False
guarded = memory.guard_memory()
print(json.dumps({"locked": guarded.locked, "works": len(bytearray(50_000_000))}))
""")
    assert told == {"locked": False, "works": 50_000_000}


def test_the_sentence_names_what_was_not_granted() -> None:
    granted = Guarded(True, True, True, False)
    assert granted.sentence == "core dumps off, memory unreadable to others of this user, memory is locked"
    assert "SWAP IS POSSIBLE" in Guarded(True, True, False, False).sentence
    assert "core dumps POSSIBLE" in Guarded(False, True, True, True).sentence


def test_a_guarded_buffer_can_still_be_used_and_overwritten() -> None:
    secret = bytearray(b"k" * 32)
    guard_buffer(secret)
    secret[:] = bytes(32)
    assert secret == bytes(32)
    secret.extend(b"more")
