# make demo           the whole way on built-in photographs: render, enlarge with four models, judge: demo/report.html
# make demo TRAIN=1   the same with four small models of its own, trained on seven photographs
# make test           every test
# make test-fast      those of less than a second, for every commit
# make soak           what takes many minutes: twenty training runs killed and resumed beside other work
# make lint           ruff
# make clean          remove what these made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
JOBS := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
TASKS := sr color pixel deblur
# Small enough for a few minutes on two cores; `enhance train` alone trains longer.
DEMO_STEPS := --steps 800,100 --set generator.blocks=8 --set checkpoint_every=250

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-fast soak lint clean
.DELETE_ON_ERROR:

ifeq ($(filter-out 0,$(TRAIN)),)
MODELS := enhance/weights
else
MODELS := demo/models
TRAINED := $(TASKS:%=demo/models/%/run.json)
endif

demo: demo/test/manifest.json $(TRAINED)
	@echo "== judging the four models of $(MODELS) on photographs that none was trained on"
	@$(BIN)/scielab grid --models $(MODELS) --data demo/test -o demo --force

demo/test/manifest.json: | $(READY)
	@echo "== rendering the test photographs through the four cameras"
	@$(BIN)/camsim dataset builtin --split test -o demo/test --jobs $(JOBS) --force

demo/train/manifest.json: | $(READY)
	@echo "== rendering the training photographs through the four cameras"
	@$(BIN)/camsim dataset builtin --split train --vary -o demo/train --jobs $(JOBS) --force

demo/models/%/run.json: demo/train/manifest.json demo/test/manifest.json
	@echo "== training the model for $*"
	@if [ -e demo/models/$*/config.toml ]; then $(BIN)/enhance train --resume -o demo/models/$*; \
	else $(BIN)/enhance train --task $* --data demo/train -o demo/models/$* $(DEMO_STEPS); fi

PYTEST := $(BIN)/python -m pytest
PARALLEL := -n $(JOBS) --dist worksteal

test: $(READY)
	@$(PYTEST) $(PARALLEL)

test-fast: $(READY)
	@$(PYTEST) $(PARALLEL) -m "not slow and not soak"

soak: $(READY)
	@$(PYTEST) -m soak

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@echo "== installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q -e '.[enhance-cpu,test]'
	@touch $@

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .hypothesis .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
