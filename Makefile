# Seawall. `make run` and `make test` work from a fresh clone on Debian with Python 3.11, git and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy $(BIN)/uv
ARGS   ?=

.PHONY: help install install-dev run test lint bench docs fuzz contract soak lock system clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

install: $(VENV)/.runtime  ## Set up .venv with what Seawall needs to run

install-dev: $(VENV)/.dev  ## Set up .venv with what its development needs too

$(VENV)/.base: requirements/build.txt
	@bash scripts/ensure-venv.sh "$(PYTHON)" "$(VENV)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.base requirements/runtime.txt pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/runtime.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@

system:  ## Install the servers and tools that the tests use, where missing
	@bash scripts/ensure-system.sh

run: install  ## Set everything up and run one turn of the loop, then serve the console
	$(BIN)/seawall demo --serve $(ARGS)

test: install-dev system  ## Run every test
	$(BIN)/python -m pytest -n auto --dist worksteal --durations=25 $(ARGS)

lint: install-dev  ## Style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev system  ## Measure speed against peers and limits; writes bench/results.json
	$(BIN)/python bench/run.py $(ARGS)

docs: install-dev  ## Build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: install-dev system  ## Fuzz the parsers and codecs for a while, then the API
	$(BIN)/python fuzz/run.py $(ARGS)
	$(BIN)/python -W ignore fuzz/rest_contract.py

contract: install-dev system  ## Hold a node to its OpenAPI document: CONTRACT_CASES generated requests (20000)
	$(BIN)/python -W ignore fuzz/rest_contract.py

soak: install-dev system  ## Load two nodes for SOAK_SECONDS (600) while parts die; writes bench/soak.json
	$(BIN)/python soak/run.py

lock: $(VENV)/.base  ## Renew the hash-locked requirements
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/build.in -o requirements/build.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements/runtime.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt

clean:  ## Remove what was made
	rm -rf $(VENV) site dist .mypy_cache .ruff_cache .pytest_cache
