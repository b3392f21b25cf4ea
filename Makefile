# make demo           the whole way on built-in photographs: render, enlarge with four models, judge: demo/report.html
# make demo TRAIN=1   the same with four small models of its own, trained on seven photographs
# make test           every test
# make test-fast      those of less than a second, for every commit
# make coverage       every test, and which lines none of them ran; fails below 95 %
# make fuzz MINUTES=30   damaged inputs of every kind, new ones each time, for so long
# make soak           what takes many minutes: commands killed, stopped, out of room and two at once; twenty killed runs
# make test-lowest    the wheel, in a fresh environment with the oldest versions promised
# make test-newest    the wheel with the newest versions, on every Python promised that is here
# make test-loaders   the examples of docs/augment.md in PyTorch, Albumentations and grain, installed for it
# make dist           wheel and source distribution, checked, in dist/
# make ship RUN=…     a finished run becomes one of the models that ship, enhance/weights/STYLE/TASK
# make classical DATA="FOLDER…"   the answers of the grid's row `classical`, fitted to the photographs in folders
# make weights TASK=deblur   trains a model that ships again, in build/weights (an hour); PHOTOS="FOLDER…" if you have them
# make results        the table of README, on 100 photographs that it fetches, in build/results; TEST100=FOLDER if you have them
# make lead           the picture at the top of README
# make sheets DATA=SET   the pictures of docs/results.md, of a data set that holds Kodak's photographs
# make speed          what docs/speed.md quotes, timed again on this machine, which had better be idle
# make lint           ruff, mypy and bandit
# make clean          remove what these made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
JOBS := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
# The Pythons promised, the oldest first.
PYTHONS := 3.11 3.12 3.13
UVX := $(BIN)/uv tool run --quiet
TASKS := sr color pixel deblur
# Small enough for a few minutes on two cores; `enhance train` alone trains longer.
DEMO_STEPS := --steps 800,100 --set generator.blocks=8 --set checkpoint_every=250

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo results test test-fast test-lowest test-newest test-loaders coverage fuzz soak dist ship classical weights lead sheets speed lint clean
.DELETE_ON_ERROR:

ifeq ($(filter-out 0,$(TRAIN)),)
MODELS := enhance/weights/faithful
else
MODELS := demo/models
TRAINED := $(TASKS:%=demo/models/%/run.json)
endif

demo: demo/test/manifest.json $(TRAINED)
	@echo "== judging the four models of $(MODELS) on photographs that none was trained on"
	@$(BIN)/scielab grid --model $(MODELS) --data demo/test -o demo --force

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

coverage: $(READY)
	@$(PYTEST) $(PARALLEL) --cov

fuzz: $(READY)
	@$(PYTEST) $(PARALLEL) tests/fuzz --fuzz-minutes $(or $(MINUTES),30)

soak: $(READY)
	@$(PYTEST) -m soak

# Each `test-` of the wheel: not the checkout but what is installed from it, from another folder.
test-lowest: $(READY)
	@$(BIN)/python .ci/wheel.py lowest $(firstword $(PYTHONS))

test-newest: $(READY)
	@$(BIN)/python .ci/wheel.py highest $(PYTHONS)

test-loaders: $(READY)
	@$(BIN)/python -m pip install -q -r .ci/loaders.txt
	@LOADERS="keras torch albumentations grain" $(PYTEST) tests/camsim/test_loaders.py

# W002, W009: the weights' licence beside them and among the wheel's, and three packages side by side, are meant. AuthorEmail: the authors have given no address.
dist: $(READY)
	@rm -rf dist
	@$(BIN)/uv build --quiet --out-dir dist
	@$(UVX) --from 'twine>=6' twine check --strict dist/*
	@$(UVX) --from 'check-wheel-contents>=0.6' check-wheel-contents --ignore W002,W009 dist/*.whl
	@$(UVX) --from 'pyroma>=4.2' pyroma --min 9 --skip-tests AuthorEmail dist/*.tar.gz
	@$(BIN)/python .ci/sdist.py dist/*.tar.gz

ship: $(READY)
	@$(BIN)/python .ci/ship.py $(RUN) $(if $(LICENCE),--licence "$(LICENCE)")

# Pictures and run lie in build/; datasets/weights.py says which photographs and cameras.
weights: build/weights/$(TASK)-pictures
	@$(BIN)/enhance train --task $(TASK) --config faithful --data $< -o build/weights/$(TASK)

build/weights/%-pictures: $(if $(PHOTOS),,build/photographs/training/fetched.json) | $(READY)
	@mkdir -p $(@D)
	@$(BIN)/python datasets/weights.py $* $(or $(PHOTOS),build/photographs/training) -o $@ --jobs $(JOBS)

build/photographs/%/fetched.json: | $(READY)
	@$(BIN)/camsim fetch $* -o $(@D) $(patsubst %,--have "%",$(HAVE))

results: build/photographs/test100/fetched.json | $(READY)
	@$(BIN)/camsim dataset build/photographs/test100 -o build/results/set --jobs $(JOBS) --force
	@$(BIN)/scielab grid --data build/results/set -o build/results/grid --force

build/photographs/test100/fetched.json: HAVE := $(TEST100)

classical: $(READY)
	@test -n "$(DATA)" || { echo 'Photographs are needed: make classical DATA="FOLDER…"'; exit 1; }
	@$(BIN)/python benchmarks/classical.py $(DATA) --jobs $(JOBS)

lead: $(READY)
	@$(BIN)/python docs/lead.py

sheets: $(READY)
	@$(BIN)/python docs/sheets.py $(DATA)

speed: $(READY)
	@for what in "train light-8x32 light-8x64 srresnet-bn" apply data; do set -- $$what; echo "== $$1"; mkdir -p build; name=$$1; shift; \
		$(BIN)/python benchmarks/$$name.py "$$@" --json > build/speed.json && \
		mv build/speed.json benchmarks/results/$$name.json || exit 1; done

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive camsim scielab enhance

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@echo "== installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q -e '.[enhance-cpu,test,dev]'
	@touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
