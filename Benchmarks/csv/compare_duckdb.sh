#!/bin/sh
# Times loading one usage CSV into memory: DuckDB (`create table as select * from read_csv`) and lab-bench, one after the
# other on the same file, each with 2 threads, the better of 2 runs.
#
#   Benchmarks/csv/compare_duckdb.sh [FILE.csv]
#
# Without a file, one of LAB_MEGABYTES (default 2000) megabytes is generated and removed again. DuckDB comes from the Python
# package index into .venv-duckdb beside this script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bench=${LAB_BENCH:-}
if [ -z "$bench" ]; then
  swift build -c release --package-path "$here/.." >&2
  bench=$(swift build -c release --package-path "$here/.." --show-bin-path)/lab-bench
fi
[ -x "$here/.venv-duckdb/bin/python" ] || python3 -m venv "$here/.venv-duckdb"
"$here/.venv-duckdb/bin/python" -c 'import duckdb' 2>/dev/null || "$here/.venv-duckdb/bin/pip" install --quiet duckdb==2.0.1
file=${1:-}
if [ -z "$file" ]; then
  file=$(mktemp /tmp/lab-compare-XXXXXX.csv)
  trap 'rm -f "$file"' EXIT INT TERM
  "$bench" generate "$file" "${LAB_MEGABYTES:-2000}"
fi
cat "$file" >/dev/null # both read from the page cache
echo "lab-bench:"
"$bench" load "$file" 2 2
echo "DuckDB:"
"$here/.venv-duckdb/bin/python" - "$file" <<'PYTHON'
import sys, time, duckdb
times = []
for _ in range(2):
    connection = duckdb.connect(config={"threads": 2})
    start = time.monotonic()
    connection.execute("create table usage as select * from read_csv(?)", [sys.argv[1]])
    times.append(time.monotonic() - start)
    rows = connection.execute("select count(*) from usage").fetchone()[0]
    connection.close()
print(f"load: {min(times):.3f} s, {rows} rows, DuckDB {duckdb.__version__}, 2 threads")
PYTHON
