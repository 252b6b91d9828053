# Every command sets up what it needs; on a fresh machine Python 3.11-3.13 with venv, git and make are enough.
# `make help` lists them. PYTHON=python3.12 on the command line takes that one, in an environment of its own: .venv-3.12.

PYTHON :=
VERSION := $(if $(PYTHON),$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
$(if $(PYTHON),$(if $(VERSION),,$(error $(PYTHON) does not run)))
VENV := .venv$(addprefix -,$(VERSION))
BIN := $(VENV)/bin
# What it does is shown as it does it. Compiling all of every library takes as long as installing it; what is used is
# compiled when it is first imported.
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --no-compile --progress-bar on
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

# Stamps: a file is newer than what it was made from, or the work is done again.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE # tests start the program hundreds of times: it need not be compiled each time
.PHONY: help setup setup-dev demo test check check-all mutants bench shell-files wheel lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 14

setup: $(INSTALLED) ## an environment in .venv with sottovoce and what it needs, nothing more

setup-dev: $(INSTALLED_DEV) ## the same with the tools for working on it

demo: $(INSTALLED) ## a private network on this machine, a friendly contact, and the client
	@$(BIN)/sottovoce demo

test: $(INSTALLED_DEV) ## every check, then every test; PYTHON=python3.12 for another Python than the newest
	@$(MAKE) --no-print-directory -j 2 -O $(CHECKS) collect
	$(BIN)/python -m pytest -n 3 --dist worksteal # stories wait for timers and one another: three keep two cores busy
	@echo "Checked and tested with $$($(BIN)/python --version) in $(VENV)."

check: $(INSTALLED_DEV) ## format, lint, types, layers; changes nothing
	@$(MAKE) --no-print-directory -j 2 -O $(CHECKS)

check-all: ## the same under each of Python 3.11, 3.12 and 3.13 that is here, each in an environment of its own
	@set -e; for python in python3.11 python3.12 python3.13; do \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "Checking with $$python"; $(MAKE) --no-print-directory check PYTHON="$$python"; \
		else echo "No $$python here"; fi; \
	done

# The slowest first, so that two of them end about the same time.
CHECKS := check-pyright check-mypy check-style check-layers
.PHONY: $(CHECKS) collect

check-pyright:
	$(BIN)/basedpyright --pythonpath $(BIN)/python

check-mypy:
	$(BIN)/mypy

check-style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-layers:
	$(BIN)/lint-imports

# Writes the tests' bytecode, which four processes would otherwise each make for themselves.
collect:
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || $(BIN)/python -m pytest --collect-only -qq

mutants: $(INSTALLED_DEV) ## take out one security check at a time: does a test notice? half an hour; ONLY=PATTERN for some
	$(BIN)/python -m scripts.mutants --only "$(ONLY)"

bench: $(INSTALLED_DEV) ## the benchmarks, JSON on standard output
	@set -e; for bench in benchmarks/[a-z]*.py; do $(BIN)/python -m "benchmarks.$$(basename "$$bench" .py)"; done

shell-files: $(INSTALLED_DEV) ## completions and the manual page anew from the argument parser
	$(BIN)/python -m scripts.make_shell_files

wheel: $(INSTALLED_DEV) ## dist/sottovoce-VERSION-py3-none-any.whl
	rm -rf build dist # what an earlier build left would be shipped
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: $(INSTALLED_DEV) ## requirements/*.lock anew from requirements/*.in
	$(LOCK) --output-file requirements/run.lock requirements/run.in requirements/build.in
	$(LOCK) --output-file requirements/dev.lock --constraints requirements/run.lock requirements/dev.in
	@for version in 3.11 3.12 3.13; do echo "Trying dev.lock with Python $$version"; \
		$(BIN)/uv pip install --quiet --dry-run --require-hashes --only-binary :all: --python-version $$version \
			--target $(VENV)/try --requirement requirements/dev.lock || exit 1; done; rm -r $(VENV)/try

clean: ## away with the environment and all caches
	rm -rf .venv .venv-3.* build dist ./*.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A python3.13 on the PATH may be a shim for one that is not installed, and Debian's python3 comes without venv: try each.
$(BIN)/python:
	@echo "1 of 3  Making an environment for Python in $(VENV)"
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
			2>/dev/null; then exec "$$python" -m venv $(VENV); fi; \
	done; echo "sottovoce needs Python 3.11, 3.12 or 3.13 with its venv module$(if $(PYTHON),; $(PYTHON) is none, on the PATH)" >&2; exit 1

# The lock files name versions and hashes but no index: pip uses whatever it is configured for.
$(INSTALLED): requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "2 of 3  Fetching and installing $$(grep -c '==' $<) libraries, each checked against requirements/run.lock"
	@$(INSTALL) --require-hashes --requirement requirements/run.lock
	@echo "3 of 3  Installing sottovoce itself"
	@$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED_DEV): requirements/dev.lock $(INSTALLED)
	@echo "Fetching and installing the tools for working on it"
	@$(INSTALL) --require-hashes --requirement requirements/dev.lock
	@touch $@
