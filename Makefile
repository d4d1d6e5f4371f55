# E-Kamling. Needs git, make and Python 3.11 or newer; everything else is installed into .venv.
#
#   make demo       the whole pipeline on bundled footage, console on http://127.0.0.1:8080
#   make test       all tests (installs Chromium and a C compiler through apt where it may)
#   make test-faults  the long form of the tests that break things, and the times after a fault; half an hour
#   make check      floors, types, style, sizes, pages
#   make setup      only install

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := core detectors edge ingest alerts ekamling tests tools hatch_build.py
WEB_SOURCES := $(shell find alerts/web -path alerts/web/node_modules -prune -o -path alerts/web/dist -prune -o -type f -print 2>/dev/null) core/terms.json

.PHONY: setup demo test test-faults check format lock screenshots clean

setup: $(VENV)/.installed

$(VENV)/.uv: locks/bootstrap.lock
	@$(PYTHON) tools/bootstrap.py $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.uv locks/requirements.lock pyproject.toml hatch_build.py $(WEB_SOURCES)
	@echo "Installing the locked packages ..."
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes locks/requirements.lock
	@echo "Building the pages and installing E-Kamling ..."
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/ekamling demo $(DEMO)

test: setup
	@$(BIN)/python tools/system_tools.py chromium cc
	@$(BIN)/python -m pytest -q -n auto --dist loadfile $(TESTS)

# One after another: they measure times, and need the machine for themselves.
test-faults: setup
	@$(BIN)/python tools/system_tools.py chromium cc
	@EKAMLING_FAULTS=full $(BIN)/python -m pytest -q tests/faults tests/edge/test_misbehaving_cameras.py tests/ekamling/test_cluster.py

check: setup
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>&1 | tail -n +1
	@$(BIN)/python tools/sizes.py
	@$(BIN)/python tools/documents.py
	@$(BIN)/python hatch_build.py check

format: setup
	@$(BIN)/ruff check --fix --quiet $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)

screenshots: setup
	@$(BIN)/python tools/system_tools.py chromium
	@$(BIN)/python tools/screenshots.py

# The locks hold hashes and no addresses; `make lock` renews them from pyproject.toml.
lock: $(VENV)/.uv
	@$(BIN)/uv pip compile pyproject.toml --extra demo --extra evaluate --extra build --extra dev --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --universal --quiet --output-file locks/requirements.lock

clean:
	@rm -rf $(VENV) alerts/web/node_modules alerts/web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
