# FlashSMS from a fresh clone: `make run`. Every target sets up what it needs.

PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime-installed
TOOLS := .venv/.tools-installed
PEERS := $(addsuffix /node_modules/.installed,tests/peers tests/browser)
# Two makes at once take turns with the virtual environment.
TURN := $(if $(shell command -v flock),flock Makefile)

# The node of the tools first: the tests speak SMPP with node-smpp.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run demo test soak fuzz check bench bench-peers client vendor screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
		while IFS='|' read -r name text; do printf '  make %-11s  %s\n' "$$name" "$$text"; done

run: $(RUNTIME) ## start everything; Ctrl-C stops it (another port: PORT=8001 make run)
	@exec $(BIN)/python -m flashsms.stack

demo: $(RUNTIME) ## send 1,000 messages through a temporary installation
	@exec $(BIN)/python -m flashsms.demo

test: $(TOOLS) $(PEERS) ## run every test, on SQLite and on PostgreSQL
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -n 3 --dist loadgroup -m "not alone"
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -m alone
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 3 --dist loadgroup -m "database and not alone"
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -m alone

soak: $(TOOLS) $(PEERS) ## run the fault tests in their long form, on both databases
	FAULTS_LONG=1 TEST_DATABASE=sqlite $(BIN)/python -m pytest -n 2 tests/faults
	FAULTS_LONG=1 TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 tests/faults

fuzz: $(TOOLS) ## try the API with thousands of generated requests, on both databases
	FUZZ_LONG=1 TEST_DATABASE=sqlite $(BIN)/python -m pytest -s tests/api/test_schemathesis.py
	FUZZ_LONG=1 TEST_DATABASE=postgresql $(BIN)/python -m pytest -s tests/api/test_schemathesis.py

check: $(TOOLS) ## lint: style, types, the direction of imports, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(wildcard templates),$(BIN)/djlint templates --lint)

bench: $(TOOLS) $(PEERS) ## measure
	@exec $(BIN)/python -m bench

bench-peers: $(TOOLS) $(PEERS) ## measure beside Kannel, which must be installed, and keep a TPS limit
	@exec $(BIN)/python -m bench.peers

client: $(TOOLS) ## build the Python client's wheel into dist/, and try it in a new environment
	rm -f dist/flashsms_client-*.whl
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist clients/python
	tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && $(PYTHON) -m venv "$$tmp" && \
		"$$tmp/bin/pip" install --quiet dist/flashsms_client-*.whl && \
		"$$tmp/bin/python" -I -c 'import flashsms_client as it; print(it.__name__, it.__version__)'

vendor: $(TOOLS) ## fetch the front end's packages again, as static/vendor/refresh.py lists them
	$(BIN)/python static/vendor/refresh.py

screenshots: $(TOOLS) ## picture every page, large and small, light and dark, in screenshots/
	@exec $(BIN)/python -m tests.browser.screenshots

clean: ## remove the virtual environment and every cache; instance/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt
	@$(TURN) sh -c '$(call install,requirements.txt)'

$(TOOLS): requirements-dev.txt $(RUNTIME)
	@$(TURN) sh -c '$(call install,requirements-dev.txt)'

$(PEERS): %/node_modules/.installed: %/package-lock.json $(TOOLS)
	@$(TURN) sh -c 'test $@ -nt $< || { npm ci --prefix $* --silent --no-audit --no-fund && touch $@; }'

# Another make may have installed it while this one waited for its turn.
define install
set -e; test $@ -nt $(1) && exit 0; \
command -v $(PYTHON) >/dev/null && $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
	echo "FlashSMS needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ..." >&2; exit 1; }; \
test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { \
	echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
echo "Installing $(1) into .venv ..."; \
$(BIN)/python -m pip install -qq --disable-pip-version-check -r $(1); \
touch $@
endef
