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
ROOMS := config safety people courses learning forum home

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

# --- the environment ------------------------------------------------------------------------------------
# `ready-<version>` is written last. Without it an install was interrupted, or another Python made the folder:
# then the folder is made anew.

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "Flett needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -1). Name another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@test -f $@ || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); }
	@rm -f $@
	@echo "Installing what requirements.lock names (a minute or two the first time)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes --no-deps -r requirements.lock
	@touch $@

.PHONY: install
install: $(READY) ## Make .venv and install the locked dependencies

.PHONY: lock
lock: ## Resolve pyproject.toml into requirements.lock (ARGS=--upgrade for newer versions)
	@test -x var/lock-tools/bin/uv || { $(PYTHON) -m venv var/lock-tools && var/lock-tools/bin/pip install --quiet uv; }
	@var/lock-tools/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.lock $(ARGS)

.PHONY: vendor
vendor: $(READY) ## Fetch the vendored front-end assets anew (needs npm)
	@$(BIN)/python static/vendor/update.py

# --- every day ------------------------------------------------------------------------------------------

.PHONY: run
run: $(READY) ## Serve on this machine, with the starter content (PORT=8000)
	@FLETT_ENV=development FLETT_BASE_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py develop 127.0.0.1:$(PORT)

.PHONY: test
test: $(READY) words ## Run the whole suite (ARGS='-k lesson' for a part; FLETT_REQUIRE_ALL=1 allows no skip)
	@$(BIN)/python -m pytest -n auto $(ARGS)

.PHONY: format
format: $(READY) ## Format code and templates, mend what linting can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djlint templates --reformat --quiet || true

.PHONY: words
words: $(READY) ## Compile the translations
	@FLETT_ENV=development $(BIN)/python manage.py compile_translations

.PHONY: messages
messages: $(READY) ## Collect new texts into locale/ for the translators (needs gettext)
	@$(BIN)/python -m django makemessages --locale da --locale en --no-location --no-wrap --no-obsolete \
		--ignore .venv --ignore var --ignore staticfiles --ignore tests --verbosity 0

# --- before a commit ------------------------------------------------------------------------------------

# Production as the checks see it; the key lives as long as the command.
PRODUCTION = FLETT_ENV=production FLETT_BASE_URL=https://flett.example.org FLETT_EMAIL_URL=smtp+tls://mail.example.org:587 \
	FLETT_FROM_EMAIL=flett@example.org FLETT_SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))')

.PHONY: check
check: $(READY) ## Lint, format, types, import directions, migrations, translations, deployment, content
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --check --lint --quiet
	FLETT_ENV=development $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	FLETT_ENV=development DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py makemigrations --check --dry-run
	FLETT_ENV=development $(BIN)/python manage.py check_translations
	@echo "manage.py check --deploy --fail-level WARNING (production settings)"
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	FLETT_ENV=development DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py lint_content

.PHONY: lint-content
lint-content: $(READY) ## Lint the starter content (ARGS='--figures home/starter/courses/fidelity' for a part)
	@FLETT_ENV=development DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py lint_content $(ARGS)

.PHONY: bench
bench: $(READY) words ## Measure the cost of each page against a bare Django page (needs PostgreSQL and wrk)
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: screenshots
screenshots: $(READY) words ## Take the pictures of docs/screenshots/ (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots
