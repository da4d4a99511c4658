# The two commands of a newcomer: `make demo`, `make test`. Everything else serves those who work on the project.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/remotemedia
# Outside the clone, so that a second clone reuses what the first compiled.
export CARGO_TARGET_DIR ?= $(CACHE)/target
# Fixed, so that PyO3 is not compiled again for every virtual environment.
export PYO3_PYTHON ?= $(shell python3 -c "import os, sys; print(os.path.realpath(sys.executable))")
export PYO3_BUILD_EXTENSION_MODULE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Apart from the rest: it has a lock of its own.
RUSTPYTHON := $(CARGO_TARGET_DIR)/rustpython/release/remotemedia-rustpython-node

# Registries, and tools that read and sign packages.
INTEROP := docker-registry registry olareg skopeo oras regctl crane cosign npm-verify
# What packages are pushed, pulled and verified beside.
PEERS := registry oras regctl crane skopeo modctl cosign

VENV := .venv
PY := $(VENV)/bin/python
CARGO := cargo --locked
MANIFEST := --manifest-path rust_exec/Cargo.toml
RUST_SOURCES := $(shell find rust_exec schemas -type f -not -path '*/target/*' 2>/dev/null)
PY_SOURCES := $(shell find sdk cli compiler packager registry runtime trust schemas -name '*.py' 2>/dev/null)

.PHONY: help demo dev test test-python test-rust test-full interop lint lock bench bench-engine bench-registry rustpython soak dist clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.installed ## take real speech through build, sign, push, pull, verify and run
	@$(PY) examples/demo.py

dev: $(VENV)/.installed ## set up .venv with the project installed for editing

$(VENV)/.dependencies: requirements/dev.txt
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

# An edit of a Python file is seen at once; a new file, or a change in Rust, needs the installation again.
$(VENV)/.installed: $(VENV)/.dependencies pyproject.toml setup.py $(RUST_SOURCES) $(VENV)/.files
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PY) -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.files: FORCE | $(VENV)/.dependencies
	@echo '$(sort $(PY_SOURCES))' | cmp -s - $@ || echo '$(sort $(PY_SOURCES))' > $@

FORCE:

test: test-rust test-python ## all tests that need Python and Rust only

test-python: $(VENV)/.installed
	$(PY) -m pytest -n 2 -m 'not full'

test-rust: $(VENV)/.installed
	REMOTEMEDIA_RUNNER="$(CURDIR)/runtime/_runner" \
	REMOTEMEDIA_ONNXRUNTIME="$$($(PY) -m remotemedia.runtime.onnxruntime)" \
	$(CARGO) test --release $(MANIFEST) --workspace --exclude remotemedia-python --quiet

test-full: $(VENV)/.installed rustpython ## tests against real registries, foreign verifiers, RustPython and Chromium
	$(PY) scripts/foreign_tools.py chromium $(INTEROP)
	$(PY) -m pytest -n 2 -m full
	REMOTEMEDIA_RUSTPYTHON="$(RUSTPYTHON)" $(PY) -m pytest -n 2 -k rustpython tests/hostile tests/conformance

interop: $(VENV)/.installed ## registries and foreign tools that agree with us, as tables
	$(PY) scripts/foreign_tools.py $(INTEROP)
	$(PY) scripts/interop.py

rustpython: $(VENV)/.installed ## the program of the runtime `rustpython`, some ten minutes the first time
	$(CARGO) build --release --manifest-path rust_exec/rustpython-node/Cargo.toml --target-dir "$(CARGO_TARGET_DIR)/rustpython"

soak: $(VENV)/.installed ## long runs: flat memory over a million packets, hundreds of kills
	REMOTEMEDIA_RUNNER="$(CURDIR)/runtime/_runner" \
	$(CARGO) test --release $(MANIFEST) -p remotemedia-wasm --test sandbox -- --ignored soak
	KILLS=30 $(PY) -m pytest tests/runtime/test_checkpoint.py
	KILLS=50 MUTATIONS=all FUZZ=4000 $(PY) -m pytest -n 2 tests/hostile_packages tests/fuzz tests/registry/test_cache_processes.py

lint: $(VENV)/.installed ## formatting, linters, types, layers, generated files
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy -p remotemedia
	$(PY) -m mypy tests examples/demo.py benchmarks scripts
	$(VENV)/bin/lint-imports
	$(PY) -m remotemedia.schemas.generate --check
	$(PY) scripts/docs.py --check
	$(CARGO) fmt $(MANIFEST) --all --check
	$(CARGO) clippy --release $(MANIFEST) --workspace --all-targets --quiet -- -D warnings

lock: $(VENV)/.dependencies ## lock the Python dependencies anew
	$(PY) -m uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --upgrade --output-file requirements/dev.txt

bench: $(VENV)/.installed ## speed against peers, as ratios
	$(PY) benchmarks/compile.py
	$(PY) benchmarks/run.py
	$(PY) benchmarks/build.py
	$(PY) benchmarks/verify.py
	$(PY) benchmarks/optimize.py

bench-engine: $(VENV)/.installed ## the engine's figures beside GStreamer, sox and Python
	$(PY) benchmarks/engine.py

bench-registry: $(VENV)/.installed ## a 1 GiB package pushed, pulled and verified beside oras, regctl, crane, skopeo, modctl, cosign
	$(PY) scripts/foreign_tools.py $(PEERS)
	$(PY) benchmarks/registry.py

dist: $(VENV)/.dependencies ## sdist and wheel in dist/, the wheel tried in an environment without Rust
	$(PY) scripts/dist.py

clean: ## remove what was made in this clone (the caches outside it stay)
	rm -rf $(VENV) build dist *.egg-info runtime/_runner .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find sdk cli compiler packager registry runtime schemas trust tests -name '*.so' -delete -o -name __pycache__ -prune -exec rm -rf {} +
