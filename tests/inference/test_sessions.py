import subprocess
import sys

import onnxruntime
import pytest

from inference.sessions import PROVIDERS, Session, SessionError, SessionSettings
from tests.inference.hand_made import mean_colour_model

MODEL = mean_colour_model().SerializeToString()


def run_alone(program: str) -> str:
    """What a fresh interpreter prints, without this one's environment variables."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, env={"PYTHONPATH": "."}
    )
    return done.stdout.strip()


def test_telemetry_is_off_before_onnx_runtime_is_imported() -> None:
    program = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            print(os.environ.get("ORT_DISABLE_TELEMETRY"))
sys.meta_path.insert(0, Watch())
import inference.pipeline
"""
    assert run_alone(program).splitlines()[0] == "1"


def test_a_process_can_be_held_to_one_thread_before_and_after_numpy_is_imported() -> None:
    program = """
{first}
from inference.threads import limit_threads
limit_threads(1)
import ctypes, importlib, os
import cv2
import numpy as np
blas = ctypes.CDLL(importlib.import_module("numpy._core._multiarray_umath").__file__)
names = ["scipy_openblas_get_num_threads64_", "openblas_get_num_threads"]
found = [getattr(blas, name)() for name in names if hasattr(blas, name)]
print(cv2.getNumThreads(), set(found) <= {{1}}, os.environ["OMP_NUM_THREADS"])
"""
    for first in ("", "import numpy"):
        assert run_alone(program.format(first=first)) == "1 True 1"


def test_a_provider_that_is_not_there_is_an_error_and_no_fallback() -> None:
    missing = [name for name, full in PROVIDERS.items() if full not in onnxruntime.get_available_providers()]
    for name in [*missing, "gpu"]:
        with pytest.raises(SessionError, match=name):
            Session(MODEL, SessionSettings(provider=name), "input", "tiny")


def test_a_model_that_does_not_load_or_has_another_input_is_named() -> None:
    with pytest.raises(SessionError, match="tiny: ONNX Runtime cannot load it"):
        Session(b"nonsense", SessionSettings(), "input", "tiny")
    with pytest.raises(SessionError, match="no input named 'picture'; it has: input"):
        Session(MODEL, SessionSettings(), "picture", "tiny")
    with pytest.raises(SessionError, match="at least 1 thread"):
        Session(MODEL, SessionSettings(threads=0), "input", "tiny")
