#!/usr/bin/env bash
# Runs the tests with the thread sanitizer: Tests/Threads/run.sh [FILTER]. Ends with 1 when a test fails or a race was seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(uname -s)" = Linux ] || { echo "Tests/Threads/run.sh: runs on Linux only" >&2; exit 1; }
scratch=.build-threads
swift build --build-tests --sanitize=thread --scratch-path "$scratch"
"${CC:-clang}" -shared -fPIC -O1 -o "$scratch/mutexes.so" Tests/Threads/mutexes.c -ldl
export PATH="$PWD/.build/venv/bin:$PATH" LAB_PRODUCT="${LAB_PRODUCT:-$PWD/.build/release/finops-lab}"
export TSAN_OPTIONS="exitcode=66 history_size=4 ${TSAN_OPTIONS:-}"
found="$scratch/races.txt"
bundle=$(find "$scratch/debug/" -maxdepth 1 -name '*PackageTests.xctest' | head -n 1)
status=0
LD_PRELOAD="$PWD/$scratch/mutexes.so" "$bundle" --testing-library swift-testing ${1:+--filter "$1"} > "$found" 2>&1 || status=$?
races=$(grep -c 'WARNING: ThreadSanitizer' "$found" || true)
grep -E '^. (Test run|Test .* (failed|recorded an issue))' "$found" | tail -n 30 || true
echo "$races races; the whole output is in $found"
[ "$races" -eq 0 ] && [ "$status" -eq 0 ]
