# Flett. `make help` lists the commands. Needs make and python3 (3.11, 3.12 or 3.13), nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
ARGS ?=

# Our rooms, for the tools that want them named.
ROOMS := config safety people courses learning home

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

# --- the environment ------------------------------------------------------------------------------------
# `ready-<version>` is written last: an install that was interrupted, or that another Python made, starts anew.

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "Flett needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@rm -f $(VENV)/ready-*
	@test -x $(BIN)/python && $(BIN)/python -c 'import sys, pip; sys.exit("ready-%d.%d" % sys.version_info[:2] != "$(notdir $@)")' 2>/dev/null \
		|| { echo "Making $(VENV)"; rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	@echo "Installing what requirements.lock names"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps -r requirements.lock
	@touch $@

.PHONY: install
install: $(READY) ## Make .venv and install the locked dependencies

.PHONY: lock
lock: ## Resolve pyproject.toml anew into requirements.lock (every platform, Python 3.11 to 3.13, hashed)
	@test -x var/lock-tools/bin/uv || { $(PYTHON) -m venv var/lock-tools && var/lock-tools/bin/pip install --quiet uv; }
	@var/lock-tools/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.lock $(ARGS)
