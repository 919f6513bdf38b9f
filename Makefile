# `make help` lists what can be made. Everything runs in .venv/, which `make setup` fills.

PYTHON ?= python3
VENV ?= .venv
LOCK ?= requirements.lock
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := .cache/uv/bin/uv
# Valid for every Python and system that we run on; without the address of an index, as everybody has their own
COMPILE := $(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	--quiet --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help setup lock site check messages schemas golden quick test lint bench screenshots clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make the virtual environment with all that is needed, in the versions of the lock

# Wheels only: building from source would fetch build tools that no lock names
$(STAMP): pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --only-binary :all: --requirement $(LOCK)
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(PIP) check
	@touch $@

lock: $(UV)  ## Lock the newest versions that pyproject.toml allows, and the lowest ones for CI
	$(COMPILE) --upgrade --output-file requirements.lock
	$(COMPILE) --upgrade --resolution lowest-direct --output-file requirements-lowest.lock

$(UV):
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/python -m pip --disable-pip-version-check --quiet install 'uv>=0.9'

site: $(STAMP)  ## Build the whole site into site/
	$(BIN)/python build.py

check: $(STAMP)  ## Check all sources; build nothing
	$(BIN)/python build.py check

messages: $(STAMP)  ## Extract messages and bring every catalog up to date
	$(BIN)/python build.py messages

schemas: $(STAMP)  ## Write the JSON Schemas that editors read
	$(BIN)/python build.py schemas

golden: $(STAMP)  ## Write the golden pages anew; review the difference like code
	$(BIN)/python -m pytest --quiet tests/test_golden.py --regenerate

quick: $(STAMP) lint  ## Run linters, type checks and the tests that prove the code, in under a minute
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --quiet -m 'not slow'

test: $(STAMP) lint  ## Run linters, type checks and all tests
	$(BIN)/python build.py check --strict
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

lint: $(STAMP)  ## Run linters and type checks only
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP)  ## Measure builds against other generators and against the disk
	$(BIN)/python -m benchmarks.run
	$(BIN)/python benchmarks/loading.py | tee benchmarks/results/loading.txt
	$(BIN)/python benchmarks/pages.py | tee benchmarks/results/pages.txt

screenshots: $(STAMP)  ## Take pictures of the main kinds of page into screenshots/
	$(BIN)/python -m tests.screenshots

clean:  ## Remove what was built: the site's content, caches, the virtual environment
	find site -mindepth 1 -not -name .gitignore -delete
	rm -rf $(VENV) .cache screenshots .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
