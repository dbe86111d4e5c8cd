# The commands of the project. Each sets up what it needs, and does nothing twice.
PYTHON ?= python3
BIN := .venv/bin
SUITE := $(BIN)/python -m pytest -q -m "not deep and not browser"
CROWDS := tests/deep/test_crowds.py
DEEP := $(BIN)/python -m pytest -q -m "(deep or machine) and not browser" --ignore=$(CROWDS)
BROWSER := $(BIN)/python -m pytest -q -m "browser and not deep"

.PHONY: set-up run test test-deep check lock translations screenshots conformance bench fuzz scan

SPANISH := translations/es/LC_MESSAGES/messages

set-up: .venv/run.stamp $(SPANISH).mo

run: set-up
	@exec $(BIN)/python -m seminar.ground.serve

.venv/run.stamp: requirements.txt
	@echo "Setting up: the libraries of requirements.txt, about a minute the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements.txt
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Setting up: the libraries that the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements-dev.txt
	@touch $@

$(SPANISH).mo: $(SPANISH).po | .venv/run.stamp
	@$(BIN)/pybabel -q compile -d translations

check: .venv/test.stamp $(SPANISH).mo
	@echo "== style and types =="
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.advisories

test: .venv/test.stamp $(SPANISH).mo
	@$(BIN)/python -m tests.chromium & chromium=$$!; $(MAKE) --no-print-directory check && wait $$chromium
	@echo "== the suite on SQLite; beside it on PostgreSQL, and in the browser, Chromium, both told after it =="
	@(TEST_DATABASE=postgresql $(SUITE) > .venv/postgresql.log 2>&1; echo $$? > .venv/postgresql.status) & \
	($(BROWSER) > .venv/browser.log 2>&1; echo $$? > .venv/browser.status) & \
	TEST_DATABASE=sqlite $(SUITE); sqlite=$$?; wait; cat .venv/postgresql.log .venv/browser.log; \
	exit $$(( sqlite + $$(cat .venv/postgresql.status) + $$(cat .venv/browser.status) ))

test-deep: .venv/test.stamp $(SPANISH).mo
	@for kind in sqlite postgresql; do echo "== crowds on $$kind, with the machine to themselves =="; \
	  TEST_DATABASE=$$kind $(BIN)/python -m pytest -q $(CROWDS) || exit 1; done
	@$(BIN)/python -m tests.chromium
	@echo "== races, kills and long plays: on SQLite, then every page in Chromium; beside both on PostgreSQL, told after them =="
	@(TEST_DATABASE=postgresql LONG_MACHINES=1 $(DEEP) > .venv/deep.log 2>&1; echo $$? > .venv/deep.status) & \
	TEST_DATABASE=sqlite LONG_MACHINES=1 $(DEEP); sqlite=$$?; \
	$(BIN)/python -m pytest -q -m "browser and deep"; browser=$$?; \
	wait; cat .venv/deep.log; exit $$(( sqlite + browser + $$(cat .venv/deep.status) ))

# FUZZ_INPUTS and FUZZ_SEED say how many, and which.
fuzz: .venv/test.stamp $(SPANISH).mo
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-100000} $(BIN)/python -m pytest -q -s -m deep tests/attacks/test_fuzz.py

.venv-scan/scan.stamp: requirements-scan.txt
	@echo "Setting up: the scanner, in an environment of its own"
	@test -x .venv-scan/bin/python || $(PYTHON) -m venv .venv-scan
	@.venv-scan/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-scan.txt
	@touch $@

scan: .venv/test.stamp .venv-scan/scan.stamp $(SPANISH).mo
	@$(BIN)/python -m tests.attacks.scan

translations: .venv/test.stamp
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k lazy_gettext --no-location --sort-output -o .venv/messages.pot .
	@$(BIN)/pybabel -q update -i .venv/messages.pot -d translations -w 120 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@echo "Now fill the empty msgstr of $(SPANISH).po"

screenshots: .venv/test.stamp $(SPANISH).mo
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.journeys.screenshots

conformance: .venv/test.stamp $(SPANISH).mo
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.conformance

bench: .venv/test.stamp $(SPANISH).mo
	@exec $(BIN)/python -m bench

lock: .venv/test.stamp
	@for name in requirements requirements-dev requirements-scan; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $$name.in -o $$name.txt; done
