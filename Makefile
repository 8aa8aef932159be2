# `make serve` answers questions on http://127.0.0.1:8000, `make test` runs every check.
# Both make the environment in .venv first, from the locked versions.

PYTHON ?= python3
# Empty leaves it to ZHAIWEN_PORT, else 8000.
PORT ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# On Linux, TORCH_INDEX=https://download.pytorch.org/whl/cpu avoids the CUDA build of several GB.
TORCH_INDEX ?=
# For how long `make soak` asks a service.
SOAK_MINUTES ?= 30

FROM_LOCK := --universal --python-version 3.11 --generate-hashes --constraint requirements/lock.txt \
	--no-annotate --no-header --no-emit-index-url

.PHONY: serve test screenshots soak format lock clean

serve: $(INSTALLED)
	$(BIN)/zhaiwen rebuild
	$(BIN)/zhaiwen serve $(if $(PORT),--port $(PORT))

test: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

# Write the pictures of the page anew that README.md shows.
screenshots: $(INSTALLED)
	ZHAIWEN_SCREENSHOTS=docs/screenshots $(BIN)/pytest tests/service/web/test_screenshots.py

# Ask a service for half an hour, with a reload each minute; then kill 200 rebuilds, another half hour.
soak: $(INSTALLED)
	$(BIN)/python benchmarks/soak.py --minutes $(SOAK_MINUTES)
	ZHAIWEN_KILLS=200 $(BIN)/pytest tests/embeddings/store/test_crashes.py

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(INSTALLED): pyproject.toml requirements/lock.txt requirements/torch.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11, which is needed; name another: make PYTHON=python3.12"; exit 1; }
	@echo "zhaiwen: making the environment in $(VENV), once; this takes a few minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --no-deps --require-hashes -r requirements/lock.txt
	$(BIN)/pip install --disable-pip-version-check -r requirements/torch.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Write requirements/lock.txt anew from pyproject.toml, for all platforms, and what of it serving and building a wheel need.
lock: $(INSTALLED)
	$(BIN)/pip install --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml requirements/torch-needs.in --override requirements/override.txt \
		--all-extras --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-package torch --no-annotate --no-header --no-emit-index-url --output-file requirements/lock.txt
	$(BIN)/uv pip compile pyproject.toml $(FROM_LOCK) --output-file requirements/serve.txt
	echo hatchling | $(BIN)/uv pip compile - $(FROM_LOCK) --output-file requirements/wheel.txt

clean:
	rm -rf $(VENV) index
