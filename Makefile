# Type `make` for the list of targets.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench benchload docs lock clean
ARGS ?=
BIN := .venv/bin

help:     ## This list.
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1\t\2/p; s/^\([a-z]*\):  *## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup:    ## Everything for working on Heedful, into .venv; quick the second time.
	@scripts/environment dev

demo:     ## A simulated company, its scorecard in the terminal and as a page. ARGS=… are passed to `heedful demo`.
	@scripts/environment runtime
	@$(BIN)/heedful demo $(ARGS)

test: setup ## All checks and all tests. ARGS=… are passed to pytest.
	@scripts/system-packages
	@$(MAKE) --no-print-directory check docs
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

check: setup ## Lint, format and types, without tests.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## Put the code into its format and mend what the linter can mend.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## Time and memory of measures beside hand-written SQL, pandas and polars. ARGS=… are passed on.
	$(BIN)/python benchmarks/run.py $(ARGS)

benchload: setup ## Time and memory of loading a large CSV file beside DuckDB's own COPY. ARGS=… are passed on.
	$(BIN)/python benchmarks/load.py $(ARGS)

docs: setup ## The documentation, into site/; a broken link is an error.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -W error -m mkdocs build --quiet --strict

lock:     ## Renew requirements/*.txt after a change of dependencies. ARGS=--upgrade takes newer versions.
	@scripts/lock $(ARGS)

clean:    ## Remove all that the targets above made.
	rm -rf .venv site demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
