# Two commands matter: `make demo` shows the main job end to end, `make test` proves it.
# Everything sets itself up; Python 3.13 on PATH and make are all that is needed.

SHELL := /bin/sh
PYTHON ?= python3.13
VENV := .venv
BIN := $(VENV)/bin
LOCKS := infra/locks
TOOLS := .local/tools
SAM := $(TOOLS)/sam/bin
# Its own libraries, and behind the project's.
MUTANTS = PYTHONPATH=$(CURDIR)/$(VENV)/lib/python3.13/site-packages $(TOOLS)/mutants/bin/python -m infra.mutants
QUICK := tests/domain tests/wording tests/template tests/infra
COVERAGE := -p tests.coverage --floor 97.5 -p tests.used_rights
export SAM_CLI_TELEMETRY := 0
# Byte code is kept, whatever the shell says: compiling its libraries costs a process seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo up down connect doctor admin location status redrive replay restore rebuild move-secrets quick test proof test-stripe fuzz mutants check audit sbom simulate bench load capacity build deploy lock hashes licences errors schemas faults

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

demo: tools ## Show a booking being paid, from nothing, on this machine
	@$(BIN)/python -m infra.local demo

up: tools ## Start the whole system on this machine; safe to repeat
	@$(BIN)/python -m infra.local up

down: $(VENV)/ready ## End what `make up` started
	@$(BIN)/python -m infra.local down

connect: $(VENV)/ready ## Connect a location to Stripe: asks for its keys
	@$(BIN)/python -m infra.console connect

doctor: $(VENV)/ready ## Look a location's connection over, and say what to do
	@$(BIN)/python -m infra.console doctor

admin: $(VENV)/ready ## Make EMAIL=... a platform admin, with a user of the pool
	@EMAIL="$(EMAIL)" $(BIN)/python -m infra.first_day admin

location: $(VENV)/ready ## Make a location, and invite its owner
	@$(BIN)/python -m infra.first_day location

status: $(VENV)/ready ## Show what waits, what was given up, and which alarms ring
	@$(BIN)/python -m infra.operate status

redrive: $(VENV)/ready ## Move the dead letters of QUEUE=... back to it
	@QUEUE="$(QUEUE)" $(BIN)/python -m infra.operate redrive

replay: $(VENV)/ready ## Give the bus an archive's events again, FROM=... TO=... [ARCHIVE=...]
	@FROM="$(FROM)" TO="$(TO)" ARCHIVE="$(ARCHIVE)" $(BIN)/python -m infra.operate replay

restore: $(VENV)/ready ## Make a table as the stack's was at TO=..., to be deployed with
	@TO="$(TO)" $(BIN)/python -m infra.operate restore

rebuild: $(VENV)/ready ## Make what is derived from bookings anew: lists, search, agendas; LOCATION=...
	@LOCATION="$(LOCATION)" $(BIN)/python -m infra.rebuild

quick: tools ## What is worth a minute after each change: lint, types, the domain's tests
	@base=$$(git merge-base main HEAD 2>/dev/null || echo HEAD); \
	changed=$$(git diff --name-only --diff-filter=d $$base -- '*.py'; \
	  git ls-files --others --exclude-standard -- '*.py'); \
	[ -z "$$changed" ] || { $(BIN)/ruff check $$changed && $(BIN)/ruff format --check $$changed; }
	@$(BIN)/mypy shared functions infra
	@$(BIN)/python -m pytest $(QUICK) --numprocesses auto --hypothesis-profile repeatable

test: tools ## Run all tests, the ones on the running system too
	@$(BIN)/python -m pytest --numprocesses auto --hypothesis-profile repeatable $(COVERAGE)

proof: tools $(TOOLS)/mutants/ready ## Run the long proofs, for whoever changes what they prove: an hour, and mutants
	@$(BIN)/python -m pytest -m proof --numprocesses auto
	@$(MUTANTS) --sample 240

test-stripe: $(VENV)/ready ## Hold the real Stripe to the simulator's proofs, with STRIPE_TEST_KEY
	@$(BIN)/python -m pytest tests/conformance --real-stripe

fuzz: tools $(TOOLS)/fuzz/ready ## Ask a running API whatever the contract allows, for five minutes
	@$(BIN)/python -m pytest tests/stack/fuzzing.py --capture no

mutants: $(TOOLS)/mutants/ready ## Break rules, SAMPLE=120 of them, and show each that no test notices
	@$(MUTANTS) --sample "$(or $(SAMPLE),120)" --seed "$(or $(SEED),1)" --only "$(or $(ONLY),*)"

check: tools $(TOOLS)/audit/ready ## Lint, types, import rules, schemas, templates, known weaknesses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy shared functions infra tests
	$(BIN)/lint-imports
	@$(BIN)/python -m infra.rooms
	@$(BIN)/python -m infra.event_schemas --check
	$(SAM)/sam validate --lint
	$(SAM)/cfn-lint template.yaml infra/*.yaml
	@$(BIN)/python -m infra.audit

audit: tools $(TOOLS)/audit/ready $(TOOLS)/checkov/ready ## Known weaknesses of all libraries, and checkov on the templates
	@$(BIN)/python -m infra.audit --all

sbom: $(TOOLS)/audit/ready ## Write .local/sbom.json: every library that ships, with its hashes (CycloneDX)
	@$(TOOLS)/audit/bin/cyclonedx-py requirements $(LOCKS)/runtime.txt --pyproject pyproject.toml \
	  --output-reproducible --validate --output-format JSON --output-file .local/sbom.json

move-secrets: $(VENV)/ready ## Move an earlier release's keys and secrets to their table: once; then DELETE=yes
	@DELETE="$(DELETE)" BACK="$(BACK)" $(BIN)/python -m infra.move_secrets

simulate: tools ## Let seeded worlds of the whole system live, SEEDS=a-b, and judge them
	@$(BIN)/python -m tests.simulation "$(or $(SEEDS),1-40)"

bench: tools $(TOOLS)/bench/ready ## Measure speed and memory beside others, in six minutes; writes docs/benchmarks.md
	@$(BIN)/python -m tests.benchmarks --write

load: tools ## Send webhooks and bookings through a stack of its own, beside a stub; writes docs/benchmarks.md
	@$(BIN)/python -m tests.benchmarks.load --write

capacity: $(VENV)/ready ## Reckon backlogs, dollars and limits at 10 to 100,000 locations
	@$(BIN)/python -m infra.capacity

build: tools ## Put the functions' packages together in .aws-sam/build
	@rm -f .aws-sam/digest
	@$(SAM)/sam build --parallel

deploy: build ## Deploy to the AWS account of your credentials; asks what it needs
	@$(SAM)/sam deploy --guided

lock: UPGRADE := --upgrade
lock: hashes ## Write the locks anew, with the newest versions that fit

hashes: $(BIN)/uv ## Write hashes and what is new into the locks, and keep their versions
	@for lock in uv:$(LOCKS)/uv.in runtime:pyproject.toml dev:pyproject.toml emulator:$(LOCKS)/emulator.in sam:$(LOCKS)/sam.in fuzz:$(LOCKS)/fuzz.in audit:$(LOCKS)/audit.in checkov:$(LOCKS)/checkov.in bench:$(LOCKS)/bench.in mutants:$(LOCKS)/mutants.in; do \
	  name=$${lock%%:*}; group=; [ $$name = dev ] && group="--group dev --constraints $(LOCKS)/runtime.txt"; \
	  $(BIN)/uv pip compile --quiet $(UPGRADE) --generate-hashes --python-version 3.13 --no-header --no-annotate --no-emit-index-url \
	    $${lock#*:} $$group -o $(LOCKS)/$$name.txt || exit 1; done

licences: $(VENV)/ready ## Write docs/licences.md, after the locks have changed
	@$(BIN)/python -m infra.licences

schemas: $(VENV)/ready ## Write docs/events, after a message has changed
	@$(BIN)/python -m infra.event_schemas

errors: $(VENV)/ready ## Write docs/errors.md, after the contract's problem codes have changed
	@$(BIN)/python -m infra.problem_codes

faults: $(VENV)/ready ## Write docs/faults.md, after tests/faults.yaml has changed
	@$(BIN)/python -m tests.fault_list

# --------------------------------------------------------------------- what the targets stand on

tools: $(VENV)/ready $(TOOLS)/emulator/ready $(TOOLS)/sam/ready
.PHONY: tools

# Nothing is installed but the very files whose hashes a lock names.
$(BIN)/uv: $(LOCKS)/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.13 is needed on PATH as $(PYTHON)."; exit 1; }
	@echo "Setting up: the project's own environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/uv.txt
	@touch $@

$(VENV)/ready: $(LOCKS)/dev.txt $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCKS)/dev.txt
	@touch $@

# The emulator runs our functions with its own Python, and sam brings libraries of its own: each gets
# an environment for itself, so that a library that a package of ours lacks is missed here too.
$(TOOLS)/%/ready: $(LOCKS)/%.txt $(VENV)/ready
	@echo "Setting up: $* in $(TOOLS)/$*"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(TOOLS)/$*
	@$(BIN)/uv pip install --quiet --python $(TOOLS)/$*/bin/python --require-hashes -r $(LOCKS)/$*.txt
	@touch $@

# `sam build` calls these, one for each function and the layer, with ARTIFACTS_DIR set.
build-%:
	@$(BIN)/python -m infra.package $* "$(ARTIFACTS_DIR)"
