# `make test` is the one test command: people and .ci/run use the same.

.DEFAULT_GOAL := help
.NOTPARALLEL: # one step after the other: each uses all cores by itself, and its output stays whole
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

GOLANGCI_VERSION := 2.15.0
GOLANGCI := bin/golangci-lint
VERSITYGW_VERSION := 1.8.0
VERSITYGW := bin/versitygw
# The last one that this module's Go version builds. It is no part of the module.
POCKETBASE_VERSION := 0.36.8
POCKETBASE := bin/peers/base
SDK := test/sdk

# $(call need,COMMAND,DEBIAN PACKAGES,FIRST) installs the packages if the command is missing
# and apt-get can be used without asking for a password, after it has done what comes FIRST.
define need
	@if ! command -v $(1) >/dev/null; then \
		if ! command -v apt-get >/dev/null; then \
			echo "$(1) is missing: install it (on Debian: $(2)) and try again" >&2; exit 1; \
		fi; \
		if [ "$$(id -u)" = 0 ]; then as_root=; \
		elif sudo -n true 2>/dev/null; then as_root="sudo -n"; \
		else echo "$(1) is missing: as root, run apt-get install $(2), and try again" >&2; exit 1; fi; \
		echo "$(1) is missing: installing $(2) with apt-get"; \
		$$as_root apt-get update -qq; \
		$(3) \
		$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2); \
	fi
endef

# Debian keeps PostgreSQL's server programs out of the path. It would make a database with
# them and serve it; the tests make their own.
INITDB := $(firstword $(wildcard /usr/lib/postgresql/*/bin/initdb) initdb)
CREATECLUSTER := /etc/postgresql-common/createcluster.d
NO_CLUSTER := $$as_root mkdir -p $(CREATECLUSTER); \
	echo "create_main_cluster = false" | $$as_root tee $(CREATECLUSTER)/tenantry.conf >/dev/null;

# So does HAProxy, which Debian keeps there too and starts.
HAPROXY := $(firstword $(wildcard /usr/sbin/haproxy) haproxy)
NO_PROXY := trap '$$as_root service haproxy stop >/dev/null 2>&1 || true' EXIT;

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: lint vet go-test sdk-test ## Run every check; installs the tools that are missing, where it can

.PHONY: lint
lint: linter ## Run golangci-lint over the code and its tests
	$(GOLANGCI) run ./...

.PHONY: vet
vet: ## Run go vet
	go vet ./...

.PHONY: go-test
go-test: s3-server ## Run the Go tests with the race detector, in random order
	$(call need,$(firstword $(or $(shell go env CC),gcc)),gcc libc6-dev)
	$(call need,chromium,chromium)
	$(call need,$(INITDB),postgresql,$(NO_CLUSTER))
	$(call need,$(HAPROXY),haproxy,$(NO_PROXY))
	$(call need,redis-server,redis-server)
	CGO_ENABLED=1 go test -race -shuffle=on -timeout 30m ./...

.PHONY: sdk-test
sdk-test: build $(SDK)/node_modules/.package-lock.json ## Run the official TypeScript SDK against a freshly built server
	cd $(SDK) && TENANTRY_BIN="$(CURDIR)/bin/tenantry" npm test

.PHONY: build
build: ## Build bin/tenantry, a static binary
	CGO_ENABLED=0 go build -trimpath -o bin/tenantry ./cmd/tenantry

.PHONY: golden
golden: ## Write the golden files anew; read their diff before you commit it
	UPDATE_GOLDEN=1 go test ./...

# What the load generator runs: the engines, and more flags of it, such as -rounds 1.
BENCH_DB ?= sqlite postgres
BENCH_FLAGS ?=

# $(call on-engines,FLAGS) runs it on each engine, and writes the tables.
define on-engines
	$(if $(filter postgres,$(BENCH_DB)),$(call need,$(INITDB),postgresql,$(NO_CLUSTER)))
	for db in $(BENCH_DB); do go run ./test/bench -report docs/performance.md -db $$db $(1) $(BENCH_FLAGS); done
endef

.PHONY: bench
bench: build ## Compare the server under load with bare references on BENCH_DB (sqlite postgres), and write docs/performance.md
	$(call on-engines,)

SCALE ?= 1000,10000,100000,1000000

.PHONY: bench-scale
bench-scale: build ## Compare the same work on databases of SCALE sub-accounts (a thousand to a million: half an hour)
	$(call on-engines,-scale $(SCALE))

.PHONY: bench-peers
bench-peers: build ## Compare the server under load with PocketBase, where it can be had, and write docs/performance.md
	@if ! go version -m $(POCKETBASE) 2>/dev/null | grep -qP '\tmod\tgithub.com/pocketbase/pocketbase\tv$(POCKETBASE_VERSION)\t'; then \
		echo "building PocketBase $(POCKETBASE_VERSION) into bin/ (minutes the first time, seconds with a warm cache)"; \
		GOBIN="$(CURDIR)/bin/peers" GOOS= GOARCH= GOFLAGS= go install github.com/pocketbase/pocketbase/examples/base@v$(POCKETBASE_VERSION) \
			|| echo "bench-peers: skipped, PocketBase $(POCKETBASE_VERSION) can't be had here"; \
	fi
	@if [ -x $(POCKETBASE) ]; then go run ./test/bench -report docs/performance.md -peer $(POCKETBASE) $(BENCH_FLAGS); fi

.PHONY: bench-go
bench-go: ## Run the benchmarks of the packages
	go test -run '^$$' -bench . -benchmem ./...

CRASH_ROUNDS ?= 200
CRASH_SEED ?= 0

.PHONY: crash
crash: ## Kill a server under load CRASH_ROUNDS times and look for what it lost
	rm -rf bin/crash && mkdir -p bin/crash
	go test ./test/crash -run '^TestKill$$' -v -count 1 -timeout 12h -rounds $(CRASH_ROUNDS) -seed $(CRASH_SEED) -artifacts -outputdir "$(CURDIR)/bin/crash"
	rm -rf bin/crash

SOAK_MINUTES ?= 10
SOAK_SEED ?= 0

.PHONY: soak
soak: ## Restart servers and their PostgreSQL under load for SOAK_MINUTES (10) and look for what they lost
	$(call need,$(INITDB),postgresql,$(NO_CLUSTER))
	$(call need,$(HAPROXY),haproxy,$(NO_PROXY))
	rm -rf bin/soak && mkdir -p bin/soak
	CI=1 go test ./test/crash -run '^TestSoak$$' -v -count 1 -timeout 12h -soak $(SOAK_MINUTES)m -seed $(SOAK_SEED) -artifacts -outputdir "$(CURDIR)/bin/soak"
	rm -rf bin/soak

.PHONY: supply
supply: ## Verify the modules and their licences, and that two builds in different places are equal
	go mod verify
	go test -count=1 -run '^TestLicences$$' .
	@other=$$(mktemp -d); trap 'rm -rf "$$other"' EXIT; \
	git archive HEAD | tar -x -C "$$other"; \
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$$other/here" ./cmd/tenantry; \
	(cd "$$other" && CGO_ENABLED=0 GOCACHE="$$other/cache" go build -trimpath -buildvcs=false -o there ./cmd/tenantry); \
	sha256sum "$$other/here" "$$other/there" | sed "s|$$other/||"; \
	cmp "$$other/here" "$$other/there"

VULNDB := https://vuln.go.dev

.PHONY: vuln
vuln: ## Look for known holes in the modules that are in use; VULNDB may be a copy of the database
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -db $(VULNDB) ./...

FUZZTIME := 30s

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (30s); what is found stays in testdata/fuzz and runs with the tests
	@grep -roE '^func Fuzz\w+' --include='*_test.go' . | while IFS=: read -r file target; do \
		echo "$$(dirname "$$file") $${target#func }"; \
		go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s "./$$(dirname "$$file")"; \
	done

.PHONY: fmt
fmt: linter ## Format the code
	$(GOLANGCI) fmt ./...

.PHONY: clean
clean: ## Remove what was built and installed here
	rm -rf bin $(SDK)/node_modules

# The S3-compatible server that the tests start; it is no part of the module.
.PHONY: s3-server
s3-server:
	@if ! go version -m $(VERSITYGW) 2>/dev/null | grep -qP '\tmod\tgithub.com/versity/versitygw\tv$(VERSITYGW_VERSION)\t'; then \
		echo "building versitygw $(VERSITYGW_VERSION), an S3 server, into bin/ (minutes the first time, seconds with a warm cache)"; \
		GOBIN="$(CURDIR)/bin" GOOS= GOARCH= GOFLAGS= go install github.com/versity/versitygw/cmd/versitygw@v$(VERSITYGW_VERSION); \
	fi

.PHONY: linter
linter:
	@if ! $(GOLANGCI) version 2>/dev/null | grep -qF 'version $(GOLANGCI_VERSION) '; then \
		echo "building golangci-lint $(GOLANGCI_VERSION) into bin/ (minutes the first time, seconds with a warm cache)"; \
		GOBIN="$(CURDIR)/bin" GOOS= GOARCH= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION); \
	fi

# npm writes this file last, so it is as new as what is installed.
$(SDK)/node_modules/.package-lock.json: $(SDK)/package.json $(SDK)/package-lock.json $(SDK)/.npmrc
	$(call need,node,nodejs npm)
	$(call need,npm,npm)
	cd $(SDK) && npm ci
	@touch $@
