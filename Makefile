# Convolution in Practice. `make` alone starts the app; `make help` says what else there is.

PYTHON ?= python3
PORT ?= 8501

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
# Once a file under .venv is newer than the requirements, nothing is left to install.
APP := $(VENV)/app.stamp
TOOLS := $(VENV)/tools.stamp
LOAD := $(VENV)/load.stamp
AUDIT := $(VENV)/audit.stamp
WITH_LOAD := PYTHONPATH=$(VENV)/load OMP_NUM_THREADS=1 $(BIN)/python

# Where the class finds the app; asked of this machine, not of the network.
SAY_WHERE = set -- $$(hostname -I 2> /dev/null || ipconfig getifaddr en0 2> /dev/null); \
	test -z "$$1" || echo "  On this network, most likely: http://$$1:$(PORT)"

.PHONY: app serve test lint train bench load soak profile audit fresh screenshots fuzz chromium clean help

app: $(APP)  ## start the app (PORT=8501, ADDRESS=the only one to listen on, OPTIONS=for streamlit, DATA=folder of test files)
	@$(if $(ADDRESS),,$(SAY_WHERE))
	@$(BIN)/streamlit run app.py --server.port=$(PORT) \
		$(if $(ADDRESS),--server.address=$(ADDRESS) --browser.serverAddress=$(ADDRESS)) $(OPTIONS) $(if $(DATA),-- --data "$(DATA)")

serve: $(APP)  ## start several processes behind nginx (PROCESSES=4, PORT=8501, ADDRESS=the only one to listen on)
	@$(SAY_WHERE)
	@$(BIN)/python deploy/serve.py --port=$(PORT) $(if $(PROCESSES),--processes=$(PROCESSES)) \
		$(if $(ADDRESS),--address=$(ADDRESS))

test: $(TOOLS) chromium  ## run all tests (ARGS=for pytest, as in ARGS="tests/core -x")
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile $(ARGS)

lint: $(TOOLS)  ## check style and layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

train: $(APP)  ## train the shipped networks (DATA=folder of Parquet files, NETWORK=only mnist, cifar10 or twins)
	@test -n "$(DATA)" || { echo "Say where the Parquet files are: make train DATA=folder" >&2; exit 1; }
	$(BIN)/python -m cnnviz.core.training --data "$(DATA)" $(if $(NETWORK),--network $(NETWORK)) $(OPTIONS)

bench: $(TOOLS) chromium  ## measure speed against its budgets, into build/benchmarks.json
	$(BIN)/python -m tests.benchmarks

load: $(LOAD)  ## a class without browsers, into build/load.json (STUDENTS="30 200", SECONDS=40, PROCESSES=behind nginx)
	$(WITH_LOAD) -m tests.load $(if $(STUDENTS),--students $(STUDENTS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(PROCESSES),--processes $(PROCESSES)) $(ARGS)

soak: $(LOAD)  ## 30 students for an hour: memory and threads stay (MINUTES=60)
	$(WITH_LOAD) -m tests.load.soak $(if $(MINUTES),--minutes $(MINUTES))

profile: $(LOAD)  ## what a server under a class spends its time on (STUDENTS=60)
	$(WITH_LOAD) -m tests.load.profile $(if $(STUDENTS),--students $(STUDENTS))

audit: $(AUDIT)  ## look up known weaknesses of what is installed; needs the internet
	PYTHONPATH=$(VENV)/audit $(BIN)/python -m pip_audit --strict --no-deps --disable-pip -r $(VENV)/audit.txt

fresh: $(TOOLS)  ## clone the last commit elsewhere, install it, run app, tests and the wheel (PYTHON=, ARGS=for pytest)
	$(BIN)/python -m tests.fresh --python $$(command -v $(PYTHON)) --tests="$(ARGS)"

screenshots: $(TOOLS) chromium  ## take the pictures of the README
	$(BIN)/python -m tests.browser.screenshots

fuzz: $(TOOLS)  ## feed damaged pictures to the decoder (N=100000, how many)
	FUZZ=$(or $(N),100000) $(BIN)/python -m pytest --timeout=0 -rP --show-capture=stdout \
		tests/core/test_hostile_files.py -k mutated

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

# in folders of their own: Locust would hook itself into pytest, and an auditor does not audit itself
$(LOAD): tests/load/requirements.txt $(TOOLS)
	$(PIP) --quiet --upgrade --target $(VENV)/load -r tests/load/requirements.txt
	@touch $@

$(AUDIT): $(TOOLS)
	$(PIP) --quiet --upgrade --target $(VENV)/audit pip-audit==2.10.1
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > $(VENV)/audit.txt
	@touch $@
