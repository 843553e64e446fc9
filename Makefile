# Every target does its own set-up: a fresh machine needs Python 3.11+, git and make, nothing else.
PYTHON ?= $(shell sh scripts/find_python.sh)
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
SAY    := scripts/say.sh
LOCK   := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url
RENDERER := web/renderer/node_modules/.package-lock.json
export UV_PYTHON_DOWNLOADS := never
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
# Compiled once: the sandbox sees packages read-only, where each run would do it anew.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: setup demo demo_azure_devops test quick prove check format lint types contracts house docs pictures lock clean help

help:
	@echo "make demo    the story in the browser, from a push to production"
	@echo "make demo_azure_devops   the same story told by itself, with code at an Azure DevOps on this machine"
	@echo "make test    all tests          make quick   core, bot and handlers, while one works"
	@echo "make prove   four eyes: every exclusion taken out in turn, and 10,000 orders of events"
	@echo "make check   format, lint, types, import contracts, tests: the same as CI"
	@echo "make setup   the set-up alone        make lock    lock the dependencies anew"
	@echo "make house   the numbers of the house: rooms, arrows, circles, drawers, names"
	@echo "make docs    write docs/reference/ anew from the tables of the code"
	@echo "make pictures   take the pictures of the documentation anew, in a browser"
	@echo "make clean   undo the set-up         make format, lint, types, contracts: one part of check"

setup: $(VENV)/.installed $(RENDERER)

$(UV):
	@$(SAY) 'Making $(VENV), a virtual environment' $(PYTHON) -m venv $(VENV)
	@$(SAY) 'Installing uv' $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

$(VENV)/.installed: $(UV) requirements.txt pyproject.toml
	@$(SAY) 'Installing the locked libraries, some 150, and compiling them' \
	  $(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt
	@$(SAY) 'Installing Sluss' \
	  $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(RENDERER): web/renderer/package.json web/renderer/package-lock.json web/renderer/.npmrc | $(VENV)/.installed
	@$(SAY) "Installing Microsoft's card renderer" scripts/install_card_renderer.sh $(VENV)
	@touch $@

# The same story with code at Azure DevOps, which a peer of the tests plays on this machine.
demo_azure_devops: setup
	@$(BIN)/python -m tests.demo_azure_devops

demo: setup
	@$(BIN)/sluss demo

# In three processes, as many tests wait for others; tests/conftest.py says what stays together.
test: setup
	$(BIN)/python -m pytest -n 3

# Without servers, browsers and runs: under a minute, for while one works.
quick: setup
	$(BIN)/python -m pytest -q -n 2 tests/core tests/bot tests/handlers tests/test_lists.py tests/test_shape.py tests/test_house.py

# Not in check, as it takes some ten minutes: four eyes, with each exclusion and each bound value taken
# out of a copy of the code in turn, and with 10,000 walks through every order of events.
prove: setup
	$(BIN)/python scripts/mutants.py
	EXAMPLES=10000 $(BIN)/python -m pytest -q --hypothesis-seed=1 tests/core/flow/test_four_eyes_properties.py

check: setup format lint types contracts test

format: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

house: setup
	$(BIN)/python scripts/house.py --all

docs: setup
	$(BIN)/python scripts/write_reference.py

# The demo tells its story first: two minutes. It needs a Chromium.
pictures: setup
	$(BIN)/python -m tests.browser.take_pictures

# requirements.txt is for people and CI, requirements_image.txt for the image: the same versions
# without the tools, and web/renderer/node_requirements.txt for where no Node is present.
lock: $(UV)
	$(LOCK) --extra dev pyproject.toml --output-file requirements.txt
	$(LOCK) --constraint requirements.txt --no-annotate pyproject.toml --output-file requirements_image.txt
	$(LOCK) web/renderer/node_requirements.in --output-file web/renderer/node_requirements.txt

clean:
	rm -rf $(VENV) web/renderer/node_modules
