# Two commands are all you need: `make lab` to study, `make test` to change something.
# The other targets are their parts. Needed: Python 3.11 or newer, make, a package index.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEBIAN := chromium postgresql softhsm2 wrk
# No other plugins: to load nbval takes each process seconds, and ours would have all of kmslab rewritten.
PYTEST := $(BIN)/pytest --disable-plugin-autoload -p xdist -p pytest_cov -p randomly -p hypothesispytest
# Three parts at a time: clients wait for networks, browsers for pages. A part speaks when it ends.
TOGETHER := --jobs=3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

unexport PYTHONDONTWRITEBYTECODE  # hundreds of interpreters start, and each would compile kmslab anew

.DEFAULT_GOAL := help
.PHONY: help lab test install debian fmt lint types imports audit unit labs browser clients gen bench soak mutants lock holes clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(STAMP) ## open the course in JupyterLab
	@$(BIN)/kmslab lab

test: $(STAMP) debian lint ## everything that has to hold
	@$(MAKE) --no-print-directory $(TOGETHER) clients browser types imports audit labs
	@$(MAKE) --no-print-directory unit

install: $(STAMP) ## the locked packages, into .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'kmslab needs Python 3.11 or newer: make PYTHON=/path/to/python3.11'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

debian: ## Chromium and its like, where this account may install them
	@dpkg --status $(DEBIAN) >/dev/null 2>&1 || \
		{ test "$$(id -u)" = 0 && apt-get -qq update && apt-get -qq install -y $(DEBIAN) >/dev/null; } || \
		echo 'Some tests will skip. The remedy on Debian: sudo apt-get install $(DEBIAN)'

fmt: $(STAMP) ## let ruff format and repair
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

lint: $(STAMP) ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

imports: $(STAMP) ## the layers, as contracts
	$(BIN)/lint-imports --no-logo

audit: $(STAMP) ## bandit; and whether what is installed fits together
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml kmslab
	$(BIN)/python -m pip check

holes: $(STAMP) ## what is known against locked packages, where the database answers
	@mkdir -p .cache && rm -f .cache/holes
	@if $(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off \
		--timeout 5 --output .cache/holes 2>/dev/null; then echo 'nothing is known against what is locked'; \
	elif test -s .cache/holes; then cat .cache/holes; exit 1; \
	else echo 'skipped: the database of known holes does not answer from here'; fi

unit: $(STAMP) ## unit tests and vectors; branch coverage of at least 95 %
	$(PYTEST) -n auto -m 'not browser and not clients and not soak' --cov --cov-report=term:skip-covered --cov-fail-under=95

labs: $(STAMP) ## run every notebook; compare its outputs strictly
	$(BIN)/pytest -n auto --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=120 -p no:randomly labs

browser: $(STAMP) ## the widgets in a real Chromium
	$(PYTEST) -n auto --dist loadgroup -m 'browser and not soak' tests/browser

clients: $(STAMP) ## AWS CLI, SDKs of other languages, sops; fetched once into .cache
	$(PYTEST) -n auto --dist loadfile -m 'clients and not soak' tests/clients

gen: $(STAMP) ## write what is generated from the service model
	$(BIN)/python -m kmslab.spec.generate
	$(BIN)/python -m kmslab.quiz.schema
	$(BIN)/python -m kmslab.world.schema

bench: $(STAMP) ## measure, and print the table of the README
	$(BIN)/python -m bench

soak: $(STAMP) ## the long runs that `make test` has a slice of
	$(BIN)/pytest -m soak

mutants: $(STAMP) ## small faults in kmslab/authz, each of which a test must notice (minutes)
	$(BIN)/python -m tests.mutation.run

lock: $(STAMP) ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --quiet --all-extras --group dev --universal --upgrade \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras -o requirements.lock

clean: ## remove everything that can be made again
	rm -rf $(VENV) .cache build dist htmlcov .coverage .*_cache .hypothesis
