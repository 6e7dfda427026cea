# One command per task. `make run` and `make test` need nothing done before them.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin

# The first of these that really starts (a version switcher leaves names on PATH that do not). `make PYTHON=... setup` overrides.
PYTHON := $(shell for p in python3.11 python3.12 python3.13; do $$p -c '' 2>/dev/null && { echo $$p; break; }; done)

# durable-rules 2.0.28 calls a function that Python 3.13 dropped; its successor has the same meaning (docs/adr/0001).
export CPPFLAGS += -DPyEval_CallObject=PyObject_CallObject

# An interpreter asked for by name that is not the one in place means a fresh environment.
ifeq ($(origin PYTHON),command line)
  $(shell test "$$(cat $(VENV)/.python 2>/dev/null)" = "$(PYTHON)" || rm -f $(VENV)/.locked)
endif

ifneq ($(shell command -v uv),)
  INSTALLER = uv
  MAKE_VENV = uv venv --quiet --clear --python $(PYTHON) $(VENV)
  INSTALL = uv pip install --quiet --python $(BIN)/python
else
  INSTALLER = pip, about a minute
  MAKE_VENV = $(PYTHON) -m venv --clear $(VENV)
  INSTALL = $(BIN)/python -m pip -qq --disable-pip-version-check install
  PEP517 = --use-pep517
endif

.PHONY: help setup run test check format lint types fuzz client mutation bench lock clean

help:  ## list the tasks
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(VENV)/.installed  ## make .venv with everything of requirements.lock

run: setup  ## start the service, decide three sample applications, verify the log, keep serving
	$(BIN)/grounds demo --data var

test: setup  ## run the tests, a file at a time on every core
	$(BIN)/pytest --numprocesses=auto --dist=loadfile

check: lint types test  ## format, lint, types, import direction and tests: what CI runs

format: setup  ## put the source into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup  ## format, lint and import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo

types: setup  ## mypy, strict
	$(BIN)/mypy

# Random policies for the differential test, six sets of facts each: 200,000 are 1.2 million cases, about two hours of one core.
FUZZ_CASES ?= 200000

fuzz: setup  ## property tests with fresh cases, and the differential test by the million (FUZZ_CASES=...)
	$(BIN)/pytest -m hypothesis --hypothesis-profile=fuzz --timeout=0
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/pytest tests/engine/test_differential.py --timeout=0 --numprocesses=auto

client: setup  ## write api/client anew from the OpenAPI document
	$(BIN)/python -m tests.client

mutation: setup  ## change engine/ in 1,000 places, one at a time, and count how many changes the tests notice
	$(BIN)/python -m tests.mutation --sample 1000 --seed 1

bench: setup  ## measure, and print the machine beside the figures
	$(BIN)/python -m bench.decide
	$(BIN)/python -m bench.engines.compare
	$(BIN)/python -m bench.serve
	$(BIN)/python -m bench.log "$${TMPDIR:-/tmp}"

lock:  ## resolve pyproject.toml into requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra test --output-file requirements.lock pyproject.toml

clean:  ## remove what setup and the tools made; var/ stays
	rm -rf $(VENV) .*_cache .hypothesis build dist

# Two stamps: a changed lock means a fresh environment, a changed pyproject.toml only a fresh entry point.
$(VENV)/.locked: requirements.lock
	@$(PREFLIGHT)
	@echo "making $(VENV) with $(PYTHON) ($(INSTALLER))"
	@$(MAKE_VENV)
	@$(INSTALL) --require-hashes $(PEP517) --requirement requirements.lock
	@echo $(PYTHON) > $(VENV)/.python
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Says in one line what a compiler or pip would say in a page.
define PREFLIGHT
set -eu; missing=; \
test -n "$(PYTHON)" || { echo "no python3.11, python3.12 or python3.13 that starts; on Debian: apt-get install -y python3 python3-venv python3-dev gcc libc6-dev" >&2; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || { echo "$(PYTHON) does not start, or is not Python 3.11, 3.12 or 3.13" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
$(PYTHON) -c 'import os, sysconfig as s; os.stat(os.path.join(s.get_path("include"), "Python.h"))' 2>/dev/null || missing="$$missing python3-dev"; \
command -v cc >/dev/null || missing="$$missing gcc"; \
echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1 || missing="$$missing libc6-dev"; \
test -z "$$missing" || { echo "missing for $(PYTHON); on Debian: apt-get install -y$$missing" >&2; exit 1; }
endef
