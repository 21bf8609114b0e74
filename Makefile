# Madang. `make help` lists what there is to make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --no-compile --prefer-binary --constraint constraints.txt --editable
# What pip would do file by file takes half as long on two cores; some libraries bring files that do not compile.
COMPILE := $(VENV)/bin/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
PINS := pyproject.toml constraints.txt

# Which tests `make test` runs: `make test TESTS="tests/rooms -k fold"`.
TESTS ?=
# Two at a time, and always the same: in the order of their files, with the same numbers by chance, so that a
# run says what the last one said. `.venv/bin/pytest` alone runs them one by one in an order of its own.
PYTEST := $(VENV)/bin/pytest --numprocesses=2 --randomly-dont-reorganize --randomly-seed=1 \
	--hypothesis-profile=ci --durations=20 --durations-min=5
# What `make bench` measures: `make bench BENCH="--help"`.
BENCH ?=

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: run
run: $(VENV)/.run ## Install what is missing, start the hub with a sample office, print its address and logins
	@exec $(VENV)/bin/madang serve --demo

.PHONY: test
test: $(VENV)/.test ## Check style, types and import contracts, then run every test
	@missing=""
	command -v redis-server >/dev/null || missing="$$missing redis-server"
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="$$missing chromium"
	command -v node >/dev/null || missing="$$missing nodejs"
	command -v npm >/dev/null || missing="$$missing npm"
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"
	if [ -n "$$missing" ]; then
		echo "The tests need programs that are missing here: apt-get install$$missing" >&2
		exit 1
	fi
	step() {
		local begun=$$SECONDS
		echo "== $$1: $${*:2}"
		"$${@:2}"
		echo "== $$1: $$((SECONDS - begun)) s"
	}
	step lint $(VENV)/bin/ruff check .
	step format $(VENV)/bin/ruff format --check .
	step types $(VENV)/bin/mypy
	step imports $(VENV)/bin/lint-imports
	step tests $(PYTEST) $(TESTS)

.PHONY: bench
bench: $(VENV)/.run ## Measure: time to deliver, messages a second, memory per connection
	@if ! $(VENV)/bin/madang bench --help >/dev/null 2>&1; then
		echo "This version of Madang has no benchmarks yet: there is no command \`madang bench\`." >&2
		exit 1
	fi
	exec $(VENV)/bin/madang bench $(BENCH)

.PHONY: lint
lint: $(VENV)/.test ## Check style, types and import contracts
	@$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: format
format: $(VENV)/.test ## Put the code into its standard form
	@$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: clean
clean: ## Remove what was installed and cached; the data in ./var stay
	rm -rf $(VENV) build *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# Each stamp is newer than what it was made from, so that the second `make run` installs nothing.
$(VENV)/.run: $(PINS) | $(VENV)/.made
	$(INSTALL) '.[embedded]'
	$(COMPILE)
	$(VENV)/bin/python -m storage.embedded.openssl
	@touch $@

# Brings what runs with it, in one installation instead of two.
$(VENV)/.test: $(PINS) | $(VENV)/.made
	$(INSTALL) '.[embedded,test]'
	$(COMPILE)
	$(VENV)/bin/python -m storage.embedded.openssl
	@touch $(VENV)/.run $@

$(VENV)/.made:
	@python=""
	for candidate in python3.13 python3.12 python3.11 python3; do
		# Asked to run, not only looked for: version managers put names on the PATH that do not.
		if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
			python=$$candidate
			break
		fi
	done
	if [ -z "$$python" ]; then
		echo "Madang needs Python 3.11, 3.12 or 3.13, and none is on the PATH. On Debian 12: apt-get install python3 python3-venv" >&2
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
		version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
		echo "$$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python$$version-venv" >&2
		exit 1
	fi
	echo "$$python -m venv $(VENV)"
	"$$python" -m venv $(VENV)
	touch $@

# Two pips in one environment would trip over each other.
.NOTPARALLEL:
.ONESHELL:
.DELETE_ON_ERROR:
