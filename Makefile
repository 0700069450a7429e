# Convolution in Practice. `make` alone starts the app; `make help` says what else there is.

PYTHON ?= python3
PORT ?= 8501

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
# Once a file under .venv is newer than the requirements, nothing is left to install.
APP := $(VENV)/app.stamp
TOOLS := $(VENV)/tools.stamp

# Where the class finds the app; asked of this machine, not of the network.
SAY_WHERE = set -- $$(hostname -I 2> /dev/null || ipconfig getifaddr en0 2> /dev/null); \
	test -z "$$1" || echo "  On this network, most likely: http://$$1:$(PORT)"

.PHONY: app test lint train bench screenshots fuzz chromium clean help

app: $(APP)  ## start the app (PORT=8501, ADDRESS=the only one to listen on, OPTIONS=for streamlit, DATA=folder of test files)
	@$(if $(ADDRESS),,$(SAY_WHERE))
	@$(BIN)/streamlit run app.py --server.port=$(PORT) \
		$(if $(ADDRESS),--server.address=$(ADDRESS) --browser.serverAddress=$(ADDRESS)) $(OPTIONS) $(if $(DATA),-- --data "$(DATA)")

test: $(TOOLS) chromium  ## run all tests (ARGS=for pytest, as in ARGS="tests/core -x")
	$(BIN)/python -m pytest $(ARGS)

lint: $(TOOLS)  ## check style and layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

train: $(APP)  ## train the shipped networks (DATA=folder of Parquet files, NETWORK=only mnist, cifar10 or twins)
	@test -n "$(DATA)" || { echo "Say where the Parquet files are: make train DATA=folder" >&2; exit 1; }
	$(BIN)/python -m cnnviz.core.training --data "$(DATA)" $(if $(NETWORK),--network $(NETWORK)) $(OPTIONS)

bench: $(TOOLS) chromium  ## measure speed against its budgets, into build/benchmarks.json
	$(BIN)/python -m tests.benchmarks

screenshots: $(TOOLS) chromium  ## take the pictures of the README
	$(BIN)/python -m tests.browser.screenshots

fuzz: $(TOOLS)  ## feed damaged pictures to the decoder (N=100000, how many)
	FUZZ=$(or $(N),100000) $(BIN)/python -m pytest --timeout=0 tests/core/test_decoding.py -k mutated

chromium: $(TOOLS)  ## see to a Chromium for the tests
	@$(BIN)/python tests/browser/find_chromium.py

clean:  ## remove all that make has made, .venv included
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## say what there is to make
	@awk -F ':.*##' '/^[a-z]+:.*##/ { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "With PYTHON=python3.12 another Python makes .venv; with TORCH_INDEX=address torch comes from there (see README)."

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON). Install Python 3.11 or newer, or name one: \
	make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "cnnviz needs Python 3.11 or newer, and \
	$(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2> /dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian \
	and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(APP): requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements.txt
	@touch $@

$(TOOLS): tests/requirements.txt $(APP)
	$(PIP) -r tests/requirements.txt
	@touch $@
