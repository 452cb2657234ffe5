#!/bin/bash
# Fuzzes a reader with libFuzzer and the address sanitizer. (On Linux swiftc has no sanitizer of undefined behaviour; that of
# arithmetic, casts and indices traps in Swift itself.)
#
#   Tests/Fuzzing/run.sh json|csv|prices|mooncake|scenario|session|records [SECONDS]     default 300 seconds
#
# Inputs start from Tests/Fuzzing/corpus/TARGET, which a normal test replays too. New inputs go to a folder of the build;
# an input that crashes is kept in Tests/Fuzzing/findings/TARGET and belongs into the corpus once it is mended.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:?name a target: json, csv, prices, mooncake, scenario, session, records}
seconds=${2:-300}
files=() # of modules that are too large to be taken as a whole
checks=() # what a harness shares with the tests
left=() # FILE: what a harness does without
limits=() # FILE NAME VALUE: a limit that is made small, so that a short input passes it
longest=65536
case "$target" in
  json) modules=(LabCore LabJSON) ;;
  csv)
    modules=(LabCore LabFiles LabJSON LabTable)
    longest=4096
    checks=(LabTableTests/{ReaderCheck,ReferenceReader,PlainNumber,TemporaryFile}.swift)
    limits=(
      "LabTable-Table-CallSegment.swift capacity 32"
      "LabTable-Reading-TableLoader.swift overlap 48"
      "LabTable-Reading-Unsafe-BlockParser.swift rowCapacity 4"
      "LabTable-Reading-Unsafe-BlockParser.swift keptTexts 12"
      "LabTable-Reading-Unsafe-SeparatorIndex.swift window 256"
      "LabTable-Reading-Unsafe-BlockParser+Rows.swift mostCarefulWindows 1"
      "LabTable-Reading-Unsafe-TextCache.swift shortBits 2"
      "LabTable-Reading-Unsafe-TextCache.swift longBits 2"
      "LabTable-Reading-Unsafe-BlockDictionary.swift mask 7"
      "LabTable-Reading-Unsafe-BlockDictionary.swift entryCapacity 2"
      "LabTable-Reading-Unsafe-BlockDictionary.swift arenaCapacity 16"
    ) ;;
  prices)
    modules=(LabCore LabFiles LabJSON LabPrices)
    checks=(LabPricesTests/PriceMapCheck.swift) ;;
  mooncake)
    modules=(LabCore LabJSON)
    files=(Sources/LabPipeline/Importing/MooncakeTrace.swift)
    checks=(LabPipelineTests/MooncakeCheck.swift) ;;
  scenario)
    modules=(LabCore LabFiles LabJSON LabPrices LabScenario)
    # Not needed, and a name of theirs is a scenario's too.
    left=(LabJSON-Writing-{FindingsEncoder,JSONMembers}.swift)
    checks=(LabScenarioTests/ScenarioCheck.swift) ;;
  session)
    modules=(LabCore)
    longest=4096
    files=(Sources/LabSession/{SessionWords,String+Trimmed}.swift Sources/LabSession/Transcripts/{Transcript,LinePattern,OutputAlignment}.swift)
    checks=(LabSessionTests/SessionTextCheck.swift) ;;
  records)
    modules=(LabCore LabFiles LabJSON LabPrices LabTable)
    longest=8192
    files=(
      Sources/LabAnalysis/{SubscriptionPeriod,Detection/Detection}.swift
      Sources/LabPipeline/Keeping/RunCube{,+File}.swift
      Sources/LabPipeline/Loading/{SmallCSV,SubscriptionFile}.swift
      Sources/LabPipeline/Running/{RunRecord,UsageFilePaths}.swift
      Sources/LabPipeline/Judging/Truth.swift
    )
    checks=(LabPipelineTests/RecordCheck.swift) ;;
  *) echo "run.sh: no target '$target'; there are json, csv, prices, mooncake, scenario, session and records" >&2; exit 64 ;;
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
for file in "${files[@]}" "${checks[@]/#/Tests/}"; do
  grep -vE '^(@testable |package )?import Lab[A-Za-z]+$' "$file" > "$work/sources/Other-$(basename "$file")"
done
for file in "${left[@]}"; do rm "$work/sources/$file"; done
for limit in "${limits[@]}"; do
  read -r file name value <<< "$limit"
  place="(^|[^A-Za-z])$name(: [A-Za-z0-9]+ \\{| =) "
  sed -i -E "s/$place[0-9][0-9_< ]*/\\1$name\\2 $value /; s/ +$//" "$work/sources/$file"
  grep -qE "$place$value( \\}|\$)" "$work/sources/$file" || {
    echo "run.sh: no limit '$name' in $file any more" >&2
    exit 70
  }
done
cp "Tests/Fuzzing/$target/main.swift" "$work/sources/harness.swift"

swiftc -swift-version 6 -O -wmo -enable-experimental-feature Lifetimes -enable-upcoming-feature ExistentialAny \
  -parse-as-library -module-name FuzzTarget -package-name finops_lab \
  -sanitize=fuzzer,address "$work"/sources/*.swift -o "$work/fuzz"

options=()
[[ -f "Tests/Fuzzing/$target/tokens.dict" ]] && options+=("-dict=Tests/Fuzzing/$target/tokens.dict")
# Swift's runtime reads ahead in strings on purpose and never frees some metadata: leaks are not what is sought here.
# A failed check says what failed; walking through the stack of a program of this size takes a minute.
SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:malloc_context_size=4:quarantine_size_mb=32 "$work/fuzz" "$work/corpus" "Tests/Fuzzing/corpus/$target" \
  "${options[@]}" -max_total_time="$seconds" -max_len=$longest -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix="Tests/Fuzzing/findings/$target/"
