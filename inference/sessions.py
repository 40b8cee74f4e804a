"""ONNX Runtime sessions: no telemetry, providers as asked or not at all, threads stated."""

import os
import time
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from inference import model_calls

# ONNX Runtime 1.29 and later reports usage unless told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}


class SessionError(RuntimeError):
    """A model cannot be run as asked."""


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How models are run."""

    provider: str = "cpu"
    """A name of `PROVIDERS`. One that is not there is an error: a worker that fell back silently would be too slow."""
    threads: int = 1
    """Threads inside one model call. More shorten a call on idle cores and lengthen it on busy ones."""


class Session:
    """One loaded model: arrays in, arrays out, in the order the graph declares."""

    def __init__(self, model: bytes, settings: SessionSettings, input_name: str, label: str) -> None:
        """`label` names the model in errors. Raises SessionError."""
        provider = PROVIDERS.get(settings.provider)
        available = onnxruntime.get_available_providers()
        if provider not in available:
            names = ", ".join(name for name, full in PROVIDERS.items() if full in available)
            raise SessionError(f"{label}: ONNX Runtime has no provider {settings.provider!r} here; it has: {names}")
        if settings.threads < 1:
            raise SessionError(f"{label}: a session needs at least 1 thread, not {settings.threads}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=[provider])
        except Exception as error:
            raise SessionError(f"{label}: ONNX Runtime cannot load it: {str(error).splitlines()[0]}") from error
        self._session.disable_fallback()
        running = self._session.get_providers()
        if running[0] != provider:
            raise SessionError(f"{label}: asked for {settings.provider}, ONNX Runtime fell back to {running[0]}")
        self.inputs: tuple[str, ...] = tuple(value.name for value in self._session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(value.name for value in self._session.get_outputs())
        if input_name not in self.inputs:
            raise SessionError(f"{label}: no input named {input_name!r}; it has: {', '.join(self.inputs)}")
        self._input = input_name
        self._label = label
        self.provider = settings.provider

    def run(self, batch: NDArray[np.float32], outputs: tuple[str, ...] | None = None) -> list[NDArray[np.float32]]:
        """`batch`: (n, 3, h, w). The named outputs, or all in the graph's order."""
        began = time.perf_counter_ns()
        try:
            results: list[Any] = self._session.run(None if outputs is None else list(outputs), {self._input: batch})
        except Exception as error:
            raise SessionError(f"{self._label}: {str(error).splitlines()[0]}") from error
        if model_calls.listener is not None:
            model_calls.listener(self._label, batch.shape, time.perf_counter_ns() - began)
        return results
