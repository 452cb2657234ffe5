#!/usr/bin/env python3
"""Checks every figure of `finops-lab analyze DATA.csv --format json` against SQL over the same CSV.

Usage: check_findings.py DATA.csv FINDINGS.json [--prices BOOK.json] [--only ANALYZER] [--verbose]

Prices, settings and subscriptions are those that lie beside the data (DATA.run.json, DATA.customers.csv); without a run.json the
book of `--prices`. Prints how many figures were compared per analyzer and what could not be, with the reason. Exits with 1
when a figure differs, or when the findings hold one that no rule here computes.
"""
import argparse
import json
import os
import sys
import time
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import buying, revenue, service, spend  # noqa: E402
from figures.compare import Comparison, Unchecked  # noqa: E402
from figures.data import Data  # noqa: E402

RULES = {
    "understanding": spend.understanding, "alignment": spend.alignment, "token_economics": spend.token_economics,
    "performance": service.performance, "geographic_latency": service.geographic_latency, "dataset_overview": service.dataset_overview,
    "realtime": service.realtime, "abuse_detection": service.abuse_detection,
    "profitability": revenue.profitability, "pricing": revenue.pricing, "features": revenue.features, "churn_growth": revenue.churn_growth, "optimization": buying.optimization,
}
SENTENCES = Unchecked("sentences")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("data")
    parser.add_argument("findings")
    parser.add_argument("--prices", default=os.path.join(root, "scenarios/prices/2026-11.json"))
    parser.add_argument("--only", action="append")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    with open(options.findings) as file:
        document = json.load(file, parse_float=Decimal)
    data = Data(options.data, options.prices)
    print(f"loaded and priced {data.calls:,} calls in {time.monotonic() - started:.1f} s")
    differences = []
    analyzers = document["analyzers"]
    for name in analyzers.keys() - RULES.keys():
        differences.append(f"{name}: no rule computes this analyzer")
    head = Comparison()
    head.walk("", {name: value for name, value in document.items() if name != "analyzers"}, {
        "format": "finops-lab/findings/1", "data": {
            "file": Unchecked("path"), "rows": data.calls, "bytes": os.path.getsize(options.data), "fingerprint": Unchecked("fingerprint"),
            "start": data.start, "end": data.end, "rejects": {}},
        "scenario": Unchecked("name of the scenario"), "thresholds": Unchecked("verdicts"), "truth": Unchecked("score against the truth")})
    differences += head.differences
    for name, rule in RULES.items():
        if options.only and name not in options.only:
            continue
        started = time.monotonic()
        comparison = Comparison()
        data.found = analyzers.get(name) or {}
        summary, findings = rule(data)
        comparison.walk(name, analyzers.get(name), {
            "summary": summary, "findings": findings, "recommendations": SENTENCES, "abstained": SENTENCES, "error": None})
        differences += comparison.differences
        unchecked = sum(comparison.unchecked.values())
        print(
            f"{name}: {comparison.compared:,} figures compared, {len(comparison.differences):,} differ, "
            f"{unchecked:,} are not computed, {time.monotonic() - started:.1f} s")
        for reason, count in sorted(comparison.unchecked.items()):
            print(f"    not computed: {count:,} of {reason}")
    for difference in differences[: None if options.verbose else 40]:
        print(difference)
    if differences:
        print(f"{len(differences):,} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
