#!/usr/bin/env bash
# Prepares what the tests need and runs all of them; goes on after a failure, and ends with the numbers of tests.
# `--fast`: only what needs nothing but Rust.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# The closing lines of the runners are read below.
export CARGO_TERM_COLOR=never

fast=false
case "${1-}" in
  --fast) fast=true ;;
  '') ;;
  *) echo "usage: $0 [--fast]" >&2; exit 2 ;;
esac

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
summary=
total_passed=0
total_failed=0

# The numbers of tests passed and failed in the closing lines of nextest, cargo test and our own runners.
count_tests() {
  sed -nE \
    -e 's/^ *Summary \[.*tests? run: (.*)/\1/p' \
    -e 's/^test result: [A-Za-z]+\. (.*)/\1/p' \
    -e '/^[0-9]+ passed, [0-9]+ failed$/p' "$log" |
    awk '{
      for (i = 2; i <= NF; i++) {
        number = $(i - 1) + 0
        if ($i ~ /^passed/) passed += number
        if ($i ~ /^failed/) failed += $(i - 1) == "exec" ? $(i - 2) : number
        if ($i ~ /^timed/) failed += number
      }
    } END { print passed + 0, failed + 0 }'
}

note() { # STATE SECONDS NAME: a line of the summary
  summary+=$(printf '%-8s %4d s  %s' "$1" "$2" "$3")$'\n'
}

step() { # NAME COMMAND…: runs it, counts its tests, and fails if it fails
  local name=$1 start=$SECONDS status passed failed
  shift
  printf '\n=== %s: %s\n' "$name" "$*"
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  read -r passed failed < <(count_tests)
  # A step that fails without a failed test counts as one.
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  if [ "$failed" -ne 0 ]; then note FAILED $((SECONDS - start)) "$name"; else note ok $((SECONDS - start)) "$name"; fi
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  [ "$failed" -eq 0 ]
}

prepare() { # what no later step can install by itself
  local tool
  for tool in cargo rustfmt cargo-clippy cc; do
    command -v "$tool" || { echo "$tool is missing: a Rust toolchain with rustfmt and clippy, and a C linker, are needed"; return 1; }
  done
  cargo --version
  cargo nextest --version 2>/dev/null || echo "no cargo-nextest: cargo test runs the tests instead"
  "$fast" && return
  if ! python3 -c 'import ensurepip, venv'; then
    apt-get update -q && apt-get install -q -y python3-venv || return 1
  fi
  python3 --version
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed"; return 1; }
}

step prepare prepare
step format cargo fmt --check
step clippy cargo clippy --locked --all-targets -- -D warnings
step 'clippy, synthesis only' cargo clippy --locked --no-default-features -- -D warnings
step documentation env 'RUSTDOCFLAGS=-D warnings' cargo doc --locked --no-deps

if cargo nextest --version >/dev/null 2>&1; then
  runner=(cargo nextest run --locked)
  runner_of_one=(cargo nextest run --locked)
else
  runner=(cargo test --locked --lib --bins --tests --examples --no-fail-fast)
  runner_of_one=(cargo test --locked)
fi
if step build "${runner[@]}" --no-run; then
  step tests "${runner[@]}"
  step 'a program without deploy' "${runner_of_one[@]}" --no-default-features --test without_deploy
  step 'documentation tests' cargo test --locked --doc
  "$fast" || step oracles python3 tests/oracles/run.py
  "$fast" || step 'deploys to an emulator' python3 tests/e2e/run.py
  "$fast" || step differences python3 tests/oracles/differences.py
else
  note 'not run' 0 'tests, which need the build'
fi

printf '\n=== summary\n%s%d s in all\n' "$summary" "$SECONDS"
printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
