# Every target makes .venv first: `make demo` or `make test` is enough after a clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export ORT_DISABLE_TELEMETRY := 1
export PYTHONUTF8 := 1

.PHONY: help demo test lint format run bench clean

help:
	@echo "make demo   the whole rig on recorded video, with the tablet page (HEADLESS=1, JSON=FILE)"
	@echo "make test   all tests; says what it skipped and why"
	@echo "make lint   ruff, format check, mypy --strict"
	@echo "make run    a rig of your own: make run RIG=rig.toml"
	@echo "make bench  all benchmarks at small sizes, side by side with peers (JSON=FOLDER)"

$(VENV)/installed: requirements.lock requirements-hnsw.lock pyproject.toml deploy/bootstrap.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh deploy/bootstrap.sh

demo: $(VENV)/installed
	@$(BIN)/openlfr demo $(if $(HEADLESS),--headless) $(if $(JSON),--json $(JSON))

# Whole rigs run one after the other: two at once on two cores would wait for each other.
test: $(VENV)/installed
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-q -n 2 --dist loadfile -m "not rig")
	@$(if $(ARGS),:,$(BIN)/python -m pytest -q -m rig)

lint: $(VENV)/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

run: $(VENV)/installed
	@$(BIN)/openlfr run $(or $(RIG),rig.toml)

bench: $(VENV)/installed
	@$(BIN)/openlfr bench all --quick $(if $(JSON),--json $(JSON))

clean:
	rm -rf $(VENV) .openlfr
