# Thin names for the commands that matter. What they need is installed by scripts/setup.

# In CI all failures are shown, not the first.
PROFILE := $(if $(CI),ci,default)
MYSQL_TESTS := package(sluicegate-mysql) | package(sluicegate-test-servers) & binary(mysql) | test(mysql_follows) | test(mirror::) | test(row_images::) | test(binlog_positions::) | test(large_transactions::)
CARGO := $(if $(shell command -v cargo),cargo,$(HOME)/.cargo/bin/cargo)

.PHONY: demo test test-kill test-matrix fuzz bench lint fmt

# Shows the whole thing at work, on an embedded broker. Ends by itself.
demo:
	@scripts/setup
	$(CARGO) run --release -p sluicegate -- demo

# All tests, on real servers.
test:
	@scripts/setup test
	$(MAKE) lint
	$(CARGO) test --workspace --doc
	$(CARGO) nextest run --workspace --profile $(PROFILE)

# The kill test with 200 faults, in place of the 20 that `make test` makes.
test-kill:
	@scripts/setup test
	SLUICEGATE_FAULTS=200 $(CARGO) nextest run -p sluicegate-tests --profile kill --run-ignored all --no-capture

# The tests of MySQL and MariaDB on each version that we say they are tried with; `make test` has MariaDB and MySQL 8.4.
# Large transactions are of 2 GB, in place of 100 MB, and one of 10 GB, in place of 1 GB.
test-matrix:
	@scripts/setup test
	failed=; for version in 8.0 8.4 9; do \
	  SLUICEGATE_MATRIX=1 SLUICEGATE_TRANSACTION_MIB=2048 SLUICEGATE_AMPLIFIED_MIB=10240 SLUICEGATE_MYSQL=$$version $(CARGO) nextest run --workspace --profile $(PROFILE) -E '$(MYSQL_TESTS)' || failed="$$failed $$version"; \
	done; test -z "$$failed" || { echo "tests failed on MySQL$$failed"; exit 1; }

# Every decoder under a fuzzer, ten minutes each; `make test` makes some thousand changed messages of its own.
fuzz:
	@scripts/setup
	scripts/fuzz

# The benchmark table of docs/performance.md.
bench:
	@scripts/setup test
	$(CARGO) run --release -p sluicegate-bench

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

fmt:
	$(CARGO) fmt --all
