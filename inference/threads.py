"""Threads of a process are set, not left to chance: one-thread workers side by side beat one worker with many."""

import ctypes
import importlib
import os

_ENVIRONMENT = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


def limit_threads(count: int) -> None:
    """Give OpenCV and BLAS `count` threads in this process and in those it starts. Call it once, at process start.

    ONNX Runtime is not covered: each session is told its threads when it is opened (`inference.sessions`).
    """
    if count < 1:
        raise ValueError(f"a process needs at least 1 thread, not {count}")
    for name in _ENVIRONMENT:
        os.environ[name] = str(count)
    import cv2  # after the environment: a BLAS that is loaded from here on reads it

    cv2.setNumThreads(count)
    # NumPy may have been imported before; its wheels' OpenBLAS can still be told, other builds heed the environment.
    blas = ctypes.CDLL(importlib.import_module("numpy._core._multiarray_umath").__file__)
    for name in _SETTERS:
        setter = getattr(blas, name, None)
        if setter is not None:
            setter(ctypes.c_int(count))
