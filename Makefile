# `make demo` and `make test` do everything on a machine that has python3 (with venv), make and git.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo run test lint format readme lock clean

demo: .venv/installed
	$(BIN)/python bot.py demo

run: .venv/installed
	$(BIN)/python bot.py run

test: lint
	$(BIN)/pytest

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The stamps make a second run cost nothing and need no network.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch .venv/installed $@

readme: .venv/installed-dev
	$(BIN)/python -m bot.readme

# The newest versions that pyproject.toml allows, with the hashes of their files; names no host.
lock: .venv/installed-dev
	$(BIN)/uv pip compile pyproject.toml --extra build --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.txt >/dev/null

clean:
	rm -rf .venv
