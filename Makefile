# HAWK on one machine. `make` alone lists what can be done.
# Needed: Python 3.11 or newer and a package index. No Docker, no Java, no database.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SUFFIXES:
.PHONY: help setup lock demo test soak chaos up down lint format bench docs clean

# The system's own Python where it is new enough: distributions build it with a profile, pyenv and others often do not.
SYSTEM_PYTHON := /usr/bin/python3
NEW_ENOUGH := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell $(SYSTEM_PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(SYSTEM_PYTHON) || echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.hawk-ready

help: ## list what can be done
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv from the hash-pinned lock (done by the others when needed)

$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) .ci/setup_venv.py $(VENV)
	@$(PYTHON) .ci/setup_programs.py $(VENV)
	@touch $@

lock: $(READY) ## compute requirements/*.lock anew from requirements/*.in (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --output-file requirements/runtime.lock requirements/runtime.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --constraint requirements/runtime.lock \
		--output-file requirements/dev.lock requirements/dev.in

demo: $(READY) ## the plan's own example from prompt to booked hedge, then stop everything
	@$(BIN)/python -m demo

test: $(READY) ## every test and every check, one summary at the end
	@$(BIN)/python .ci/check.py

soak: $(READY) ## what proves more than `make test` and takes longer, each part with its time; more than an hour
	@$(BIN)/python -m tests.soak

chaos: $(READY) ## a storm of faults over 500 workflows, then a kill at every step; most of an hour
	@$(BIN)/python -m tests.chaos

lint: $(READY) ## the checks without the tests
	@$(BIN)/python .ci/check.py --only-checks

format: $(READY) ## put the code into the house's format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

up: $(READY) ## start everything and keep it running
	@$(BIN)/hawk up --detach

down: $(READY) ## stop everything
	@$(BIN)/hawk down

bench: $(READY) ## the benchmarks, one table
	@$(BIN)/python -m benchmarks

docs: $(READY) ## write the generated parts of docs/ anew
	@$(BIN)/python -m tools.docs
	@$(BIN)/python -m tests.corpus.page
	@$(BIN)/python -m tests.attacks.page

clean: ## remove .venv, caches and the data in .hawk (stop HAWK first: make down)
	rm -rf $(VENV) .hawk .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
