# `make` alone lists what there is. Works with GNU make 3.81 (macOS) and later.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check bench prove audit lock fmt messages embed clean env-run env-dev

BIN := .venv/bin
PYTHON ?=
ARGS ?=
LANGUAGES := uk
# A language more for the banner: make messages BANNER=eo
BANNER ?=

# The first Python that is new enough: the given one, the one in use here, then the newest on PATH.
find_python = \
	found=; older=; \
	for name in $(or $(PYTHON),$(BIN)/python python3.14 python3.13 python3.12 python3.11 python3 python); do \
		version=$$($$name -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
		if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found=$$name; break; fi; \
		older="$$older $$name ($$version)"; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11 or later is needed; found:$${older:- none}. Install one (Debian: apt install python3 python3-venv; macOS: brew install python) or set PYTHON=/path/to/python3" >&2; \
		exit 2; \
	fi

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: env-run ## Set everything up and start it with the demo campaign (PORT=8000, VAR_DIR=var)
	@exec $(BIN)/tracker run $(ARGS)

test: env-dev ## Run the whole test suite (ARGS=... goes to pytest)
	@exec $(BIN)/pytest $(ARGS)

check: env-dev ## Format, lint, types and import contract
	@$(BIN)/ruff format --check --quiet . || { echo "the files above are not formatted: make fmt" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/contracts.txt || { cat .venv/contracts.txt; exit 1; }
	@echo "format, lint, types and import contract hold"

bench: env-dev ## Run the benchmarks (ARGS="rebuild sweep" for the long ones)
	@exec $(BIN)/python -m bench $(ARGS)

prove: env-dev ## Run the long proofs
	@exec $(BIN)/python -m bench.prove $(ARGS)

audit: env-dev ## Look up known vulnerabilities of what is locked
	@exec $(BIN)/pip-audit --disable-pip --require-hashes -r requirements/dev.txt

lock: env-dev ## Lock the newest allowed versions of all dependencies, with hashes
	@$(BIN)/python -I tracker/local/install.py lock

fmt: env-dev ## Format the code and mend what the linter can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

messages: env-dev ## Extract the texts, update the catalogues, compile them
	@mkdir -p tracker/translations
	@$(BIN)/pybabel -q extract -F babel.cfg --sort-by-file --no-wrap --omit-header -o tracker/translations/messages.pot .
	@$(BIN)/pybabel -q extract -F banner.cfg --sort-by-file --no-wrap --omit-header --no-location -o tracker/translations/banner.pot .
	@for lang in $(LANGUAGES); do [ -e tracker/translations/$$lang/LC_MESSAGES/messages.po ] || \
		$(BIN)/pybabel -q init -i tracker/translations/messages.pot -d tracker/translations -l $$lang; done
	@for lang in $(BANNER); do [ -e tracker/translations/$$lang/LC_MESSAGES/banner.po ] || \
		$(BIN)/pybabel -q init -D banner -i tracker/translations/banner.pot -d tracker/translations -l $$lang; done
	@for domain in messages banner; do \
		$(BIN)/pybabel -q update -D $$domain -i tracker/translations/$$domain.pot -d tracker/translations \
			--no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date && \
		$(BIN)/pybabel -q compile -D $$domain -d tracker/translations || exit; done

embed: env-dev ## Pack the banner's script anew after a change of v1.js or goal.css (Linux)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/embed.txt
	@$(BIN)/python -c "from tracker.projections import embed_files; embed_files.pack()"

clean: ## Remove the environment, the caches and the demo's data (var/)
	@if [ -e var/run.json ] && kill -0 $$(sed -n 's/.*"supervisor": \([0-9]*\).*/\1/p' var/run.json) 2>/dev/null; then \
		echo "still running: stop it with Ctrl-C first" >&2; exit 2; fi
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find tracker tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

env-run:
	@$(find_python); exec "$$found" -I tracker/local/install.py run

env-dev:
	@$(find_python); exec "$$found" -I tracker/local/install.py dev
