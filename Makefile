# `make help` lists what can be made. Everything runs in .venv/, which `make setup` fills.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup site check messages schemas golden test lint bench screenshots clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make the virtual environment with all that is needed

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

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

test: $(STAMP) lint  ## Run linters, type checks and all tests
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
