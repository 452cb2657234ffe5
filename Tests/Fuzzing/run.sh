#!/bin/bash
# Fuzzes a reader with libFuzzer and the address sanitizer.
#
#   Tests/Fuzzing/run.sh json [SECONDS]     default 300 seconds
#
# Inputs start from Tests/Fuzzing/corpus/TARGET, which a normal test replays too. New inputs go to a folder of the build;
# an input that crashes is kept in Tests/Fuzzing/findings/TARGET and belongs into the corpus once it is mended.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:?name a target: json, csv}
seconds=${2:-300}
case "$target" in
  json) modules=(LabCore LabJSON) ;;
  csv) modules=(LabCore LabFiles LabJSON LabTable) ;;
  *) echo "run.sh: no target '$target'; there are json and csv" >&2; exit 64 ;;
esac

work=.build/fuzzing/$target
mkdir -p "$work/corpus" "$work/sources" "Tests/Fuzzing/findings/$target"
# The modules are compiled as one, so that coverage reaches all of their code: their imports of each other go.
rm -rf "$work/sources"/*
for module in "${modules[@]}"; do
  while IFS= read -r file; do
    copy="$work/sources/$module-$(echo "${file#Sources/"$module"/}" | tr / -)"
    grep -vE '^import Lab[A-Za-z]+$' "$file" > "$copy"
  done < <(find "Sources/$module" -name '*.swift' | sort)
done
cp "Tests/Fuzzing/$target/main.swift" "$work/sources/harness.swift"

swiftc -swift-version 6 -O -enable-experimental-feature Lifetimes -enable-upcoming-feature ExistentialAny \
  -parse-as-library -module-name FuzzTarget -package-name finops_lab \
  -sanitize=fuzzer,address "$work"/sources/*.swift -o "$work/fuzz"

# Swift's runtime reads ahead in strings on purpose and never frees some metadata: leaks are not what is sought here.
ASAN_OPTIONS=detect_leaks=0 "$work/fuzz" "$work/corpus" "Tests/Fuzzing/corpus/$target" \
  -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix="Tests/Fuzzing/findings/$target/"
