#!/usr/bin/env python3
"""Loads a usage CSV with one engine and makes the queries of figures.py; prints seconds, memory and what disagrees, as JSON.

    measure.py duckdb|polars DATA.csv [FINDINGS.json]
"""
import json, os, resource, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import QUERIES, compare  # noqa: E402


class DuckDB:
    def __init__(self):
        import duckdb
        self.version = duckdb.__version__
        self.connection = duckdb.connect(config={"threads": 2})

    def load(self, path):
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("create table raw as select * from read_csv(?)", [path])

    def prepare(self):
        self.connection.execute(
            "create view usage as select *, date_trunc('hour', timestamp) as hour, date_trunc('day', timestamp) as day, "
            "date_trunc('week', timestamp) as week from raw")

    def rows(self, query):
        result = self.connection.execute(query)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row)) for row in result.fetchall()]


class Polars:
    def __init__(self):
        import polars
        self.version, self.polars = polars.__version__, polars

    def load(self, path):
        self.frame = self.polars.read_csv(path, try_parse_dates=True, infer_schema_length=10_000)

    def prepare(self):
        time_of = self.polars.col("timestamp").dt
        self.frame = self.frame.with_columns(
            time_of.truncate("1h").alias("hour"), time_of.truncate("1d").alias("day"), time_of.truncate("1w").alias("week"))
        self.context = self.polars.SQLContext(usage=self.frame)

    def rows(self, query):
        return self.context.execute(query, eager=True).to_dicts()


def resources():
    """CPU seconds and the largest memory in megabytes up to now, this interpreter's start included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": usage.ru_utime + usage.ru_stime, "megabytes": usage.ru_maxrss / 1000}


def main():
    engine = {"duckdb": DuckDB, "polars": Polars}[sys.argv[1]]()
    start = time.monotonic()
    engine.load(sys.argv[2])
    loaded = time.monotonic()
    load = resources()
    engine.prepare()
    kept, times = [], {}
    for name, query, places in QUERIES:
        begun = time.monotonic()
        rows = engine.rows(query)
        times[name] = time.monotonic() - begun
        kept.append((name, places, rows))
    done = time.monotonic()
    whole = resources()
    compared, figures, found, findings = {}, 0, [], {"analyzers": {}}
    if len(sys.argv) > 3:
        with open(sys.argv[3]) as file:
            findings = json.load(file)
        for name, places, rows in kept:
            for place in places:
                count, unequal = compare(findings, name, place, rows)
                compared[place.analyzer] = compared.get(place.analyzer, 0) + count
                figures += count
                found += unequal
    print(json.dumps({
        "version": engine.version, "load": {"wall": loaded - start, **load}, "all": {"wall": done - start, **whole},
        "analyzers": sorted(name for name, count in compared.items() if count), "all_analyzers": len(findings["analyzers"]),
        "figures": figures, "differences": found,
        "times": times}))


main()
