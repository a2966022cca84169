# Everything is set up on first use and not again: `make demo`, `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# What CI runs: the default suite of pyproject.toml and the long tests.
WHOLE := -n 2 -m "not slow and not spark"
# What `make test-fast` runs: no Dagster, no build of the dbt project, no synthetic city, no browser.
FAST := tests/contracts tests/delivery tests/report_check tests/warehouse tests/model tests/test_*.py
# These machines may forbid bytecode at run time; imports then take many seconds unless it is compiled now.
INSTALL := UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes


.PHONY: demo test coverage test-fast test-slow test-spark test-all bench check lint types lock wheel clean browser ssh-keygen java

demo: $(VENV)/.run ## a synthetic Stockholm, a nightly run, and the annual report of 2023
	$(BIN)/kaa demo

test: $(VENV)/.dev browser ssh-keygen lint types ## everything that CI runs
	$(BIN)/python -m pytest $(WHOLE)

coverage: $(VENV)/.dev browser ssh-keygen ## the same tests, and what of the program they do not run; fails below the floor in pyproject.toml
	$(BIN)/python -m pytest $(WHOLE) --cov --cov-report=term:skip-covered

test-fast: $(VENV)/.dev ## what answers in under a minute: see tests/README.md
	$(BIN)/python -m pytest -n 2 $(FAST)

test-slow: $(VENV)/.dev browser ssh-keygen
	$(BIN)/python -m pytest -n 2 -m slow

test-spark: $(VENV)/.spark java ## the figures by Spark, which must be DuckDB's to the last unit: an hour, and Spark's 450 MB
	$(BIN)/python -m pytest -m spark

test-all: test test-slow test-spark

bench: $(VENV)/.dev ## what a year, a night and a night with nothing new cost, and whether the aims are met; fails where a model grows faster than its rows
	$(BIN)/python -m tests.benchmarks --out docs/benchmarks.md

check: lint types

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

types: $(VENV)/.dev
	$(BIN)/mypy

$(VENV)/.uv: requirements-uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.txt
	touch $@

$(VENV)/.run: $(VENV)/.uv requirements.txt pyproject.toml
	$(INSTALL) -r requirements.txt
	UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	touch $@

$(VENV)/.spark: $(VENV)/.dev requirements-spark.txt
	$(INSTALL) -r requirements-spark.txt
	touch $@

# The browser tests need Debian's chromium; where it cannot be installed they say so and are skipped (not in CI).
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } \
		|| echo "chromium is missing: the browser tests are skipped. Install it with your package manager." >&2

# Spark runs on Java 17.
java:
	@command -v java >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null; } \
		|| { echo "java is missing: install Java 17 with your package manager." >&2; exit 1; }

# Editions are signed by OpenSSH's ssh-keygen; without it their tests fail.
ssh-keygen:
	@command -v ssh-keygen >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq --no-install-recommends openssh-client >/dev/null; } \
		|| { echo "ssh-keygen is missing: install OpenSSH's client with your package manager." >&2; exit 1; }

wheel: $(VENV)/.run ## dist/kaa_warehouse-*.whl, the program as it is installed elsewhere
	rm -rf build dist # what an earlier one has left would get into this one
	$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist

lock: $(VENV)/.uv ## pin what requirements*.in ask for, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements-dev.in -c requirements.txt -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements-spark.in -c requirements.txt -o requirements-spark.txt

clean:
	rm -rf $(VENV) var build dist dbt_project/target
