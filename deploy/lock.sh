#!/bin/sh
# Make the lock files anew (needs uv). No index address and no download host is written into them.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 "$@"; }
lock pyproject.toml --group dev --group build --output-file requirements.lock
lock pyproject.toml --extra hnsw --no-deps --output-file requirements-hnsw.lock.all
# The optional engine alone: it is installed last, and may fail where there is no compiler.
awk '/^hnswlib==/ {on=1} on {print} on && !/\\$/ {exit}' requirements-hnsw.lock.all >requirements-hnsw.lock
rm requirements-hnsw.lock.all
