# Everything a newcomer needs, each in one command. Set-up runs by itself, and again only when what it was
# made from changes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
# What an environment is made from.
SETUP := pyproject.toml .ci/constraints.txt scripts/venv smtpsensor/__init__.py

# Tests of the tree and its pages, and of caps and order in very many sessions: one Python is as good as another.
ANY_PYTHON := $(addprefix --ignore=tests/,docs floods project redteam)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

.PHONY: demo
demo: .venv/.installed ## install into .venv and replay a recorded attack
	@$(BIN)/smtpsensor replay pcaps/attack-demo.pcap*

.PHONY: demo-stack
demo-stack: .venv/.installed-dev ## an attack in Prometheus and Alertmanager, until Ctrl-C; CHECK=1: by itself
	@$(BIN)/python scripts/demo_stack.py

.PHONY: test
test: system-packages quick pythons ## all set-up, then every check and every test
	$(BIN)/pytest -m "slow or system" -n auto --dist loadgroup

.PHONY: quick
quick: check ## format, lint, types and the quick tests: under two minutes
	$(BIN)/pytest -m "not slow and not system" -n auto

.PHONY: check
check: .venv/.installed-dev ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: pythons
pythons: .venv/.installed-dev ## the quick tests on the other Pythons at hand, without those that no Python changes
	@for python in $$(scripts/pythons $(BIN)/python); do \
	  env=.cache/venv-$$(basename $$python); \
	  echo "Quick tests with $$($$python --version)"; \
	  $(MAKE) $$env/.installed-dev PYTHON=$$python; \
	  $$env/bin/python -m pytest -m "not slow and not system" -n auto -q $(ANY_PYTHON); \
	done

.PHONY: bench
bench: system-packages .venv/.installed ## speed and memory beside tshark, nDPI and a dpkt loop: minutes, wants a quiet machine
	$(BIN)/python -m benchmarks

.PHONY: compiled
compiled: ## .cache/compiled: the same program with its packet path compiled (needs a C compiler); make bench measures it too
	@# From a copy: the build leaves its libraries beside the sources, where they would be taken instead of them.
	rm -rf .cache/compiled .cache/compiled-source && mkdir -p .cache/compiled-source
	git ls-files -z | xargs -0 cp --parents -t .cache/compiled-source
	$(PYTHON) -m venv .cache/compiled
	cd .cache/compiled-source && HATCH_BUILD_HOOK_ENABLE_MYPYC=true $(CURDIR)/.cache/compiled/bin/python -m pip --disable-pip-version-check install -q .
	rm -rf .cache/compiled-source

.PHONY: dist
dist: .venv/.installed-dev ## wheel and sdist in dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist

.PHONY: pin
pin: ## write the newest versions that fit to .ci/constraints.txt; commit them once `make test` passes
	scripts/pin $(PYTHON)

.PHONY: clean
clean: ## everything that was made, .venv too
	rm -rf .venv .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: system-packages
system-packages:
	@scripts/system-packages

%/.installed: $(SETUP)
	@scripts/venv $(PYTHON) $* .
	@touch $@

%/.installed-dev: $(SETUP)
	@scripts/venv $(PYTHON) $* '.[dev]'
	@touch $*/.installed $@
