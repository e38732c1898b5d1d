# Every target installs what it needs and never twice. `make help` lists them.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

DEMO := .demo
PLUMBLINE := .build/release/plumbline
SWIFT := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
  Examples/FraudDetector/Package.swift Examples/FraudDetector/Sources

.PHONY: help demo demo-performance demo-diagnosis build test lint format docs bench drivers install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build, fetch the flights of New York 2013, and report how they drifted
	@Scripts/demo $(DEMO)

demo-performance: demo ## Watch a model of late flights month by month, labels coming late
	@Scripts/demo-performance $(DEMO)

demo-diagnosis: demo-performance ## Say why the model of late flights was worse in July
	@Scripts/demo-diagnosis $(DEMO)

build: drivers ## Build the release binary, $(PLUMBLINE)
	swift build -c release --product plumbline

test: drivers ## Run every test
	@Scripts/bootstrap test-tools
	@Scripts/test-examples
	@Scripts/test

lint: ## Check the formatting of all Swift
	swift format lint --strict --parallel --recursive $(SWIFT)

format: ## Format all Swift
	swift format --in-place --parallel --recursive $(SWIFT)

docs: drivers ## Build the documentation of the library, warnings being errors
	@Scripts/docs

bench: build ## Measure Plumbline beside its floor and its peers; writes Benchmarks/RESULTS.md
	@Scripts/bench

drivers: ## Install system packages and the database drivers
	@Scripts/bootstrap drivers

PREFIX ?= /usr/local
install: build ## Install the binary and its drivers under PREFIX
	install -D -m 755 $(PLUMBLINE) $(DESTDIR)$(PREFIX)/bin/plumbline
	install -d $(DESTDIR)$(PREFIX)/lib/plumbline/drivers
	cp -R .drivers/*.toml .drivers/duckdb .drivers/postgresql .drivers/sqlite \
	  $(DESTDIR)$(PREFIX)/lib/plumbline/drivers/

clean: ## Remove what was built and fetched
	rm -rf .build .drivers .test-tools $(DEMO)
