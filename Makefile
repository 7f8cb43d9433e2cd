# The commands of this project; `make` lists them. They need Python 3.10 to 3.13 and make, nothing else.

PYTHON ?= python3
VENV := .venv
VENV_DEMO := .venv-demo
READY := $(VENV)/ready
READY_DEMO := $(VENV_DEMO)/ready
# The first that answers: the program `docker` may be there without its daemon.
ENGINE = $(firstword $(foreach each,docker podman,$(shell $(each) info >/dev/null 2>&1 && echo $(each))))
REVISION = $(shell git describe --always --dirty --abbrev=40 2>/dev/null)
# More processes than a small machine has cores, because tests of faults wait longer than they compute.
PYTEST := $(VENV)/bin/python -m pytest --numprocesses 8 --dist loadgroup
IMAGE ?= source-opsgenie
# For the sandbox. Not `?=`, because a PORT in the environment belongs to another program.
PROFILE := small
PORT := 8642
# Python compiles a module when it is first imported. Most modules that are installed never are.
PIP := -m pip --disable-pip-version-check --quiet install --no-compile --no-deps
LOCKED := $(PIP) --require-hashes --requirement requirements
SUITABLE := $(PYTHON) -c "import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))" 2>/dev/null || { \
	echo "$(PYTHON) is not Python 3.10 to 3.13 with venv (on Debian: apt-get install python3-venv)." \
	"Name another one: make PYTHON=python3.12 ..."; exit 1; }
LOCK := uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.DEFAULT_GOAL := help

# Many images set this. After `--no-compile`, each process would then compile everything that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help:  ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

# The folder is made anew when the locked versions change; a change of the code itself needs no set-up. The pip of the
# lock file does the rest in half of the time that the one of Python 3.11 takes.
$(READY): requirements/pip.lock requirements/dev.lock pyproject.toml
	@$(SUITABLE)
	@echo "Setting up .venv, the connector and its tools: 350 MB, one to three minutes. The next commands find it ready."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(LOCKED)/pip.lock
	@$(VENV)/bin/python $(LOCKED)/dev.lock
	@$(VENV)/bin/python $(PIP) --quiet --no-build-isolation --editable .
	@touch $@

# PyAirbyte says that it needs Python 3.12 or older, because of a package for BigQuery. What is used here works on 3.13.
$(READY_DEMO): requirements/pip.lock requirements/demo.lock
	@$(SUITABLE)
	@echo "Setting up .venv-demo, PyAirbyte and DuckDB: 720 MB, one to three minutes. The next commands find it ready."
	@rm -rf $(VENV_DEMO)
	@$(PYTHON) -m venv $(VENV_DEMO)
	@$(VENV_DEMO)/bin/python $(LOCKED)/pip.lock
	@$(VENV_DEMO)/bin/python $(LOCKED)/demo.lock --ignore-requires-python
	@touch $@

.PHONY: test
test: lint $(READY_DEMO)  ## Set everything up and run every check and test
	$(PYTEST)

.PHONY: quick
quick: lint  ## Run the checks, and the unit tests but the slow ones
	HYPOTHESIS_PROFILE=quick $(PYTEST) --numprocesses 2 unit_tests -m "not slow"

.PHONY: format
format: $(READY)  ## Put the code into its form
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: lint
lint: $(READY)  ## Check style, security rules and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

.PHONY: image
image:  ## Build the container image with docker or podman, or the one that ENGINE names; BASE_IMAGE names another base
	@engine="$(ENGINE)"; test -n "$$engine" || { \
		echo "An image is built by docker or podman, and neither answers. Start one, or name a program: make image ENGINE=..."; \
		exit 1; }; set -x; $$engine build --tag $(IMAGE) \
		$(if $(REVISION),--label org.opencontainers.image.revision=$(REVISION)) $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) .

.PHONY: demo
demo: $(READY) $(READY_DEMO)  ## Set everything up and copy a made-up account into DuckDB; a second run copies only what changed
	@$(VENV_DEMO)/bin/python examples/demo/demo.py

# Before anything is set up, check that CONFIG is given and that every variable is known.
ifneq ($(filter archive archive-demo,$(MAKECMDGOALS)),)
UNKNOWN := $(filter-out CONFIG OUTPUT CSV PYTHON ENGINE,$(foreach each,$(MAKEOVERRIDES),\
	$(if $(findstring =,$(each)),$(firstword $(subst =, ,$(each))))))
ifneq ($(UNKNOWN),)
$(error make archive has no variable $(UNKNOWN); it takes CONFIG, OUTPUT and CSV, in capitals: make archive CONFIG=config.json OUTPUT=../opsgenie-archive)
endif
endif
ifneq ($(filter archive,$(MAKECMDGOALS)),)
ifeq ($(CONFIG),)
$(error Which account? Type: make archive CONFIG=config.json OUTPUT=../opsgenie-archive, or, to see it with a made-up account: make archive-demo)
endif
endif

.PHONY: archive
archive: $(READY) $(READY_DEMO)  ## Copy a whole account into a folder: CONFIG=config.json OUTPUT=folder CSV=yes
	@$(VENV_DEMO)/bin/python -m archive --config "$(CONFIG)" --output "$(OUTPUT)" $(if $(filter-out no,$(CSV)),--csv)

.PHONY: archive-demo
archive-demo: $(READY) $(READY_DEMO)  ## Copy a made-up account into archive/output, to see what an archive is
	@$(VENV_DEMO)/bin/python -m archive --config sandbox --output "$(OUTPUT)" $(if $(filter-out no,$(CSV)),--csv)

.PHONY: sandbox
sandbox: $(READY)  ## Start a made-up account that listens until Ctrl-C; PROFILE=medium PORT=8643: a larger one elsewhere
	@$(VENV)/bin/python -m integration_tests.sandbox --profile $(PROFILE) --port $(PORT)

.PHONY: bench
bench: $(READY)  ## Measure calls, time, CPU and memory against the sandbox; takes about 25 minutes
	$(VENV)/bin/python -m bench

.PHONY: docs
docs: $(READY)  ## Write the parts of the documentation that follow from the code
	$(VENV)/bin/python docs/generate.py

.PHONY: lock
lock:  ## Renew the locked versions (needs uv)
	$(LOCK) --output-file requirements/runtime.lock pyproject.toml
	$(LOCK) --extra dev --output-file requirements/dev.lock pyproject.toml
	$(LOCK) --output-file requirements/demo.lock requirements/demo.in
	echo pip | $(LOCK) --output-file requirements/pip.lock -

.PHONY: clean
clean:  ## Remove everything that was set up, and the folders output/ of the demo and the archive
	rm -rf $(VENV) $(VENV_DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	rm -rf examples/demo/output archive/output
