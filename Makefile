# `make` lists what can be done. Each target makes what it needs and is quick when there is nothing left to make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STEP := tools/step
WORKERS ?= 2
OURS := fedivoisin tests tools bench torture
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
	--no-annotate --no-header --extra postgres pyproject.toml requirements/build.in

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- to see it -------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: ready-to-run ## Three neighbourhoods on this machine, full of people and listings
	@$(BIN)/fedivoisin demo

.PHONY: demo-reset
demo-reset: ready-to-run ## The same, from the beginning
	@rm -rf var/demo && echo '  The former demo is gone.'
	@$(BIN)/fedivoisin demo

.PHONY: run
run: ready-to-run ## Your own neighbourhood, empty, on http://localhost:8000
	@mkdir -p var
	@$(BIN)/fedivoisin serve

# --- to change it ----------------------------------------------------------------------------------------------------

.PHONY: test
test: ## Every check and every test, from nothing
	@began=$$(date +%s)
	tools/chromium
	tools/environment dev
	tools/node-parts tests/peers
	$(MAKE) lint
	echo '  Running the tests (screenshots go to var/screenshots) …'
	rm -rf var/coverage && mkdir -p var/coverage
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=5 \
		--cov --cov-report= --cov-report=json:var/coverage/report.json --gates --began=$$began

.PHONY: quick
quick: ready-to-test ## The inner loop: style, types, the rules, and the tests of what changed
	@$(STEP) 'Style' $(BIN)/ruff check -q $(OURS)
	$(STEP) 'Types' $(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m 'not browser and not peer and not slow and not postgres' \
		$$($(BIN)/python -m tools.quick)
	echo '  Next: make test, before you push'

.PHONY: lint
lint: ready-to-test ## Every check that runs no test
	@$(STEP) 'Style' $(BIN)/ruff check $(OURS)
	$(STEP) 'Format' $(BIN)/ruff format --check $(OURS)
	$(STEP) 'Types (mypy)' $(BIN)/mypy
	$(STEP) 'Types (pyright)' tools/node tests/peers/node_modules/pyright/index.js
	$(STEP) 'Who imports whom' $(BIN)/lint-imports
	$(STEP) 'Templates' $(BIN)/djlint --lint --quiet fedivoisin/web/templates
	$(STEP) 'French and English' $(BIN)/python -m tools.catalogues check

.PHONY: format
format: ready-to-test ## Let ruff lay the code out
	@$(BIN)/ruff check --fix -q $(OURS) || true
	$(BIN)/ruff format $(OURS)

.PHONY: locales
locales: ready-to-test ## Bring the French and English catalogues up to the code
	@$(STEP) 'Collecting the texts' $(BIN)/python -m tools.catalogues update
	$(BIN)/python -m tools.catalogues compile
	$(BIN)/python -m tools.catalogues check || echo '  Next: translate them in fedivoisin/locale/en/LC_MESSAGES/messages.po'

.PHONY: locks
locks: ready-to-test ## Renew the locked versions of every dependency
	@$(STEP) 'What the program needs' $(LOCK) --upgrade -o requirements/run.txt
	$(STEP) 'What the tests need' $(LOCK) --upgrade requirements/dev.in -c requirements/run.txt -o requirements/dev.txt
	$(STEP) 'What the torture needs' $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-annotate --no-header --upgrade requirements/torture.in -o requirements/torture.txt
	for folder in tests/peers tools/lighthouse; do (cd $$folder && ../../tools/node npm install --package-lock-only); done
	echo '  Next: make test'

# --- to measure it ---------------------------------------------------------------------------------------------------

.PHONY: bench-start
bench-start: ready-to-test ## Memory at rest and time to the first page
	@$(BIN)/python -m bench.start

.PHONY: bench-delay
bench-delay: ready-to-test ## Time from publishing in one town to being seen in another
	@$(BIN)/python -m bench.delay

.PHONY: bench-inbox
bench-inbox: ready-to-test ## Activities received a second, beside a bare handler and Fedify
	@$(BIN)/python -m bench.inbox

.PHONY: bench-delivery
bench-delivery: ready-to-test ## Deliveries a second, beside a bare loop of sign + POST and Fedify's queue
	@$(BIN)/python -m bench.delivery

.PHONY: bench-scale
bench-scale: ready-to-test ## Several processes on one PostgreSQL, and a long queue with hosts that are down
	@$(BIN)/python -m bench.scale

.PHONY: lighthouse
lighthouse: ready-to-test ## Lighthouse's opinion of the main pages of the running demo
	@tools/chromium
	tools/node-parts tools/lighthouse
	echo '  Measuring the demo, which must be running (make demo in another window) …'
	cd tools/lighthouse && ../node judge.mjs --write ../../docs/lighthouse.md $(ARGS)

# --- to try to break it ----------------------------------------------------------------------------------------------

MINUTES ?= 30

.PHONY: torture
torture: ready-to-test ## Fuzzers, then a soak with failing hosts and kill -9 (MINUTES=30)
	@tools/environment torture
	$(BIN)/python -m torture --minutes $(MINUTES)

# --- what the others need --------------------------------------------------------------------------------------------

.PHONY: ready-to-run
ready-to-run:
	@tools/environment run
	$(BIN)/python -m tools.catalogues compile

.PHONY: ready-to-test
ready-to-test:
	@tools/environment dev
	tools/node-parts tests/peers
	$(BIN)/python -m tools.catalogues compile

.PHONY: clean
clean: ## Take away everything that was made here, except the data in var/
	@rm -rf .venv .cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist tests/peers/node_modules tools/lighthouse/node_modules var/coverage var/screenshots
	find . -name __pycache__ -prune -exec rm -rf {} +
	find fedivoisin/locale -name '*.mo' -delete
	echo '  Next: make demo, or make test'
