# Two commands do all: `make demo` runs the main job locally, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin
export SAM_CLI_TELEMETRY := 0
.PHONY: demo test torture check setup format lint types layering unit validate build cases bench docs pins clean
.DEFAULT_GOAL := test

demo: setup ; @$(BIN)/python -m local.demo
test: setup lint types layering validate ; $(BIN)/pytest -n auto --dist loadfile tests --ignore tests/stack && $(BIN)/pytest tests/stack
torture: setup ; TORTURE=1 $(BIN)/pytest -q -rP tests/functions/test_repair_*.py tests/functions/test_floor_*.py tests/functions/test_hostile.py tests/functions/test_one_alert.py tests/functions/test_soak.py tests/properties/test_*histories.py tests/properties/test_floor_weeks.py
check: lint types layering unit
setup: .venv/ready .emulator/ready
format: .venv/ready ; $(BIN)/ruff format . && $(BIN)/ruff check --fix .
lint: .venv/ready ; $(BIN)/ruff format --check . && $(BIN)/ruff check .
types: .venv/ready ; $(BIN)/mypy
layering: .venv/ready ; $(BIN)/lint-imports
unit: .venv/ready ; $(BIN)/pytest -q tests/unit
validate: .venv/ready ; $(BIN)/sam validate --region eu-west-1 && $(BIN)/sam validate --lint --region eu-west-1
build: .venv/ready ; $(BIN)/sam build
cases: .venv/ready ; $(BIN)/python -m tests.cases.record
bench: .venv/ready ; @$(BIN)/python -m bench && $(BIN)/python -m bench.startup
docs: .venv/ready ; $(BIN)/python -m local.docs
clean: ; rm -rf .venv .emulator .aws-sam .local

# The pins: names, versions and hashes of everything, for every Python from 3.11 up (needs `uv`).
pins: ; for f in dev emulator; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/$$f.in -o requirements/$$f.txt; done

.venv/ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "batchmedic needs Python 3.11 or newer; set PYTHON=python3.x")'
	@echo 'Setting up, once: about a minute.'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.emulator/ready: requirements/emulator.txt
	@echo 'Setting up the emulator, once.'
	@$(PYTHON) -m venv .emulator
	@.emulator/bin/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/emulator.txt
	@touch $@
