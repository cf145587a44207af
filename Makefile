# What a person types. CONTRIBUTING.md says how long each takes and why.

SHELL := /bin/sh
CARGO ?= cargo
# Where rustup puts cargo: a shell that was open before does not know it yet.
export PATH := $(PATH):$(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin

.PHONY: help demo demo-zh test walk laws bench bench-small bench-page generate format tools python web

help:
	@echo "make demo         build gradus, grade the retail example (./workspaces/retail), open it in a browser"
	@echo "make demo-zh      the same with the Chinese example (./workspaces/retail-zh)"
	@echo "make test         every test, from a clean clone"
	@echo "make walk         walk the page in a real browser, both languages; pictures in target/walk/shots"
	@echo "make laws         only the laws of the house: seconds, no engine is compiled"
	@echo "make bench        speed at 0.5, 5 and 50 million events"
	@echo "make bench-small  the same in two minutes"
	@echo "make bench-page   how long an operator waits for the page with a million customers"
	@echo "make web          build the page into web/dist (Node 20 or newer)"
	@echo "make generate     renew generated files: schema/, docs/findings.md, snapshots of findings"
	@echo "make format       format the code"

# Without Node the demo goes on, and says that the page is missing.
demo: tools
	@scripts/web.sh || [ $$? = 3 ]
	@scripts/build.sh
	@scripts/demo.sh retail

demo-zh: tools
	@scripts/web.sh || [ $$? = 3 ]
	@scripts/build.sh
	@scripts/demo.sh retail-zh

test: tools
	@scripts/test.sh

walk: tools
	@scripts/walk.sh

laws: tools
	@$(CARGO) test --locked -p gradus-laws

bench: tools
	@scripts/bench.sh full

bench-small: tools
	@scripts/bench.sh small

bench-page: tools
	@scripts/bench.sh page

# Every generated file is held by a test that names this command when the file is stale.
generate: tools
	@for generate in examples/*/generate.py; do python3 "$$generate" || exit 1; done
	@GRADUS_GENERATE=1 INSTA_UPDATE=always $(CARGO) test --locked -q -p gradus-model -p gradus-laws -p gradus-server --tests -- up_to_date full_of_slips code_is_listed

format:
	@$(CARGO) fmt --all

tools:
	@scripts/tools.sh

web:
	@scripts/web.sh
