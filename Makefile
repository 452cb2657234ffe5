# Two commands do all the set-up: 'make run' and 'make test'.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BUILD := .build
RELEASE := $(BUILD)/release/finops-lab
SCENARIO ?= scenarios/peak.json

.PHONY: help run reports build test check format docs bench fuzz torture random threads clean

help: ## Show the targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

run: build ## Install what is missing, build in release mode, and run scenarios/peak.json.
	@.ci/install-charts
	$(RELEASE) run $(SCENARIO)

reports: build ## Write the gallery of reports: five scenarios and two real traces.
	@.ci/install-charts
	.ci/gallery $(RELEASE)

build: ## Build the product in release mode.
	@.ci/need-swift
	@.ci/need-libedit
	@echo "Building finops-lab in release mode (some minutes the first time)"
	swift build -c release --product finops-lab

test: ## Install what the tests need, build, and run every test.
	@.ci/need-swift
	@.ci/need-libedit
	@.ci/install-test-tools
	@echo "Building the program in release mode, which the tests of whole commands run (some minutes the first time)"
	swift build -c release --product finops-lab
	@echo "Building the tests (some minutes the first time)"
	swift build --build-tests
	PATH="$(CURDIR)/$(BUILD)/venv/bin:$$PATH" LAB_PRODUCT="$(CURDIR)/$(RELEASE)" swift test --skip-build
	@$(MAKE) --no-print-directory check

check: ## Check the format of the sources.
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift

format: ## Format the sources in place.
	swift format format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

docs: build ## Write the generated pages of docs/ and the scenario schema.
	$(RELEASE) generate-docs .

bench: ## Measure the whole beside DuckDB and Polars on the same file.
	@.ci/need-swift
	@.ci/need-libedit
	@.ci/install-bench-tools
	Benchmarks/run

fuzz: ## Fuzz the readers of JSON, CSV, price maps, traces, scenarios, sessions and records, two minutes each (FUZZ_SECONDS=120).
	Tests/Fuzzing/run.sh json $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh csv $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh prices $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh mooncake $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh scenario $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh session $${FUZZ_SECONDS:-120}
	Tests/Fuzzing/run.sh records $${FUZZ_SECONDS:-120}

torture: build ## Kill, starve and cheat the program, and look at what it leaves (ROUNDS=200).
	Tests/Torture/torture --rounds $${ROUNDS:-200}

random: build ## Simulate and analyse random scenarios, and check what must hold (COUNT=10000).
	Tests/Random/scenarios --count $${COUNT:-10000}

threads: build ## Run every test with the thread sanitizer (half an hour on two cores).
	@.ci/install-test-tools
	Tests/Threads/run.sh

clean: ## Remove build products.
	rm -rf $(BUILD) Benchmarks/.build
