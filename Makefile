# Everything that people and CI run. `make` builds and publishes, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
# The steps share one working database.
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# sqlfluff reads macros and generic tests where they are called; by themselves they are no SQL.
SQL := $(wildcard models analyses tests/*.sql)
# Of the Python tests; one for each core is quickest.
PROCESSES ?= auto
PYTEST = $(BIN)/pytest --durations 25 --durations-min 20 --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder
PY := $(wildcard wavehouse wavehouse_exchange tests/python scripts docs/course)

.PHONY: build test test-slow docs pages lineage browser drills superset hyper lint format generate postgres engine benchmark mutants evaluate lock clean distclean help

build: $(INSTALLED) ## Build everything, test its data, and publish it if all of it passes (the default)
	@$(BIN)/wavehouse build

# sqlfluff, dbt's parse and the build of the checkout are among the tests, so that nothing waits for another.
test: checks ## Run what every contributor runs: lint, build and the quick tests
	@$(PYTEST) -m "not slow"

test-slow: browser drills superset hyper docs ## Run what needs a server or a browser, and drills that take minutes
	@$(PYTEST) -m slow

docs: build ## Write the docs site to warehouse/docs/index.html
	@$(BIN)/wavehouse docs

# In an environment of its own: it needs a parser of SQL in a version that nothing else here needs.
# With sqlglot 30.30 dbt-colibri fails at every column that comes after a union.
COLIBRI := target/colibri
lineage: docs $(COLIBRI)/.installed ## Draw which column comes from which, to warehouse/lineage/index.html
	@$(COLIBRI)/bin/colibri generate --light --disable-telemetry --output-dir warehouse/lineage > target/colibri.log
	@rm warehouse/lineage/colibri-manifest.json
	@echo "Wrote warehouse/lineage/index.html."

$(COLIBRI)/.installed:
	@$(PYTHON) -m wavehouse.environment $(COLIBRI) -- dbt-colibri==0.3.7 sqlglot==30.4.0

pages: build ## Write pages to browse to warehouse/pages/index.html
	@$(BIN)/wavehouse pages

browser: ## Install Chromium for the tests of the pages, where Debian's packages can be installed
	@if test -n "$${WAVEHOUSE_CHROMIUM:-}" || command -v chromium chromium-browser google-chrome chrome >/dev/null; then :; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "Installing chromium with apt-get."; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo "The tests of the pages need Chromium or Chrome. Install one (Debian and Ubuntu, as root: apt-get install chromium)," >&2; \
	  echo "or name one: make test WAVEHOUSE_CHROMIUM=/path/to/chrome" >&2; exit 1; \
	fi

# The server of S3 is in an environment of its own: it brings forty packages that nothing else needs.
S3 := target/s3
drills: $(S3)/.installed ## Install restic, a local S3 server, MariaDB, faketime, cron and systemd for drills, where Debian's packages can be installed
	@missing=""; \
	for each in restic:restic mariadbd:mariadb-server-core faketime:faketime crontab:cron systemd-analyze:systemd; do \
	  command -v "$${each%%:*}" >/dev/null || missing="$$missing $${each##*:}"; \
	done; \
	if test -z "$$missing"; then :; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "Installing$$missing with apt-get."; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	  echo "Drills need$$missing. Install it (Debian and Ubuntu, as root: apt-get install$$missing)." >&2; exit 1; \
	fi

$(S3)/.installed:
	@$(PYTHON) -m wavehouse.environment $(S3) -- 'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5

# So is Superset, which brings 150 and needs other versions of some.
SUPERSET := target/superset
superset: $(SUPERSET)/.installed ## Install Apache Superset, to try what is connected to it

$(SUPERSET)/.installed: tests/python/superset.lock
	@$(PYTHON) -m wavehouse.environment $(SUPERSET) -- --no-deps --requirement tests/python/superset.lock

# Tableau's engine for extracts takes 290 MB.
HYPER := target/hyper
hyper: $(HYPER)/.installed ## Install Tableau's engine Hyper, which writes its extracts

$(HYPER)/.installed:
	@$(PYTHON) -m wavehouse.environment $(HYPER) -- tableauhyperapi==0.0.26963

lint: checks sql ## Check SQL, Python, YAML and generated files

.PHONY: checks
checks: $(INSTALLED)
	@echo "== Lint"
	@$(BIN)/wavehouse generate --check
	@$(BIN)/wavehouse contracts --check
	@$(BIN)/ruff check --quiet $(PY)
	@$(BIN)/ruff format --check --quiet $(PY)
	@$(BIN)/yamllint --strict .

# With a database and a folder of its own, so that it meets no build.
.PHONY: sql
sql: $(INSTALLED)
	@echo "== SQL"
	@mkdir -p target/lint
	@WAVEHOUSE_DATABASE=target/lint/wavehouse.duckdb DBT_TARGET_PATH=target/lint \
	    $(BIN)/python scripts/lint_sql.py target/lint/clean.txt $(SQL)

.PHONY: parse
parse: $(INSTALLED) ## Read the project with every warning an error
	@echo "== Parse"
	@$(BIN)/dbt --quiet --warn-error-options '{"error": "all"}' parse --no-partial-parse --target-path target/parse

format: $(INSTALLED) ## Rewrite SQL and Python in the house style
	@$(BIN)/ruff check --fix --quiet $(PY) || true
	@$(BIN)/ruff format $(PY)
	@$(BIN)/sqlfluff fix --disable-progress-bar $(SQL)

generate: $(INSTALLED) ## Write the files that repeat the codebook
	@$(BIN)/wavehouse generate
	@$(BIN)/wavehouse contracts

postgres: $(INSTALLED) ## Build everything on a throwaway PostgreSQL server, and test its data
	@$(BIN)/wavehouse postgres -- $(BIN)/wavehouse build --target postgres

engine: $(INSTALLED) ## Start an engine, build everything there and on DuckDB, and compare; NAME=ducklake
	@$(BIN)/wavehouse engine $(NAME)

# BENCHMARK gives its options, such as --quick, --only build or --help.
BENCHMARK ?=
benchmark: $(INSTALLED) ## Measure what estimates cost, here and elsewhere; BENCHMARK=--quick takes minutes
	@PYTHONPATH=scripts $(BIN)/python -m benchmark $(BENCHMARK)

# The floor is what is reached, rounded down: raise it when more is.
mutants: build ## Break the models' SQL in small ways, and say what no unit test notices
	@$(BIN)/python scripts/make_mutants.py --processes 2 --at-least 87

# EVALUATE gives its options: --packages FOLDER for a machine that does not reach dbt's hub.
EVALUATE ?=
evaluate: $(INSTALLED) ## Let dbt-project-evaluator judge the project, in a copy of it
	@$(BIN)/python scripts/evaluate_project.py $(EVALUATE)

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --no-header \
    --no-annotate --no-emit-index-url
lock: $(INSTALLED) ## Choose new versions within the ranges of pyproject.toml
	@mkdir -p target/lock
	@$(COMPILE) --upgrade --generate-hashes --extra dev pyproject.toml > target/lock/all.txt
	@$(COMPILE) --constraints target/lock/all.txt pyproject.toml > target/lock/needed.txt
	@$(BIN)/python -m wavehouse.own.lock target/lock/all.txt target/lock/needed.txt > target/lock/new.lock
	@mv target/lock/new.lock requirements.lock
	@echo "Wrote requirements.lock; run \`make test\` before you commit it."

clean: ## Remove what a build leaves; the published warehouse and .venv stay
	@rm -rf target logs warehouse/releases/.*.partial .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## Remove also .venv
	@rm -rf .venv.removed
	@if test -e .venv; then mv .venv .venv.removed; fi
	@rm -rf .venv.removed .venv.lock wavehouse.egg-info

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# Runs again only if a version was changed.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -m wavehouse.environment .venv -- --require-hashes --requirement requirements.lock \
	    -- --no-deps --no-build-isolation --editable .
