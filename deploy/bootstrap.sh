#!/bin/sh
# Make the virtual environment from the lock files: with uv where it is there, else with venv and pip.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"

fail() { echo "openlfr: $1" >&2; exit 2; }
"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null ||
    fail "Python 3.11 to 3.14 is needed and '$PYTHON' is not one: install it, or name it: make PYTHON=python3.12 ..."

if command -v uv >/dev/null 2>&1; then
    [ -x "$VENV/bin/python" ] || uv venv --quiet --python "$PYTHON" "$VENV"
    install() { uv pip install --quiet --python "$VENV/bin/python" "$@"; }
else
    [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV" ||
        fail "no virtual environment could be made: on Debian or Ubuntu install python3-venv"
    install() { "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"; }
fi

echo "openlfr: installing into $VENV (once; some 400 MB)"
# --no-deps: the lock is complete, and leaves out PyAV, which a dependency names and we never import (its wheels carry GPL codecs).
install --no-deps --require-hashes -r requirements.lock
install --no-deps --no-build-isolation -e .
# hnswlib is source only. -march=native is off: a binary built here must run on another processor.
if ! HNSWLIB_NO_NATIVE=1 install --no-deps --no-build-isolation --require-hashes -r requirements-hnsw.lock 2>"$VENV/hnswlib.log"; then
    echo "openlfr: hnswlib did not build (see $VENV/hnswlib.log); exact search serves instead"
fi
touch "$VENV/installed"
