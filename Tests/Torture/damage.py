"""A large file with every kind of damage: what is good must get in, what isn't must be counted by its reason."""
import csv, json, os

from common import Broken, Folder, run


def cell(fields, header, name, value):
    fields[header.index(name)] = value
    return fields


# By reason as findings name it: a change of one row's fields.
DAMAGES = [
    ("field_count", lambda f, h: f[:-2]),
    ("field_count", lambda f, h: f + ["more"]),
    ("bad_timestamp", lambda f, h: cell(f, h, "timestamp", "yesterday")),
    ("bad_number", lambda f, h: cell(f, h, "input_tokens", "many")),
    ("bad_number", lambda f, h: cell(f, h, "cost_usd", "1.2.3")),
    ("bad_number", lambda f, h: cell(f, h, "latency_ms", "NaN")),
    ("negative_number", lambda f, h: cell(f, h, "output_tokens", "-5")),
    ("number_too_large", lambda f, h: cell(f, h, "input_tokens", "99999999999999999999")),
    ("total_mismatch", lambda f, h: cell(f, h, "total_tokens", "1")),
    ("bad_status", lambda f, h: cell(f, h, "status", "perhaps")),
    ("status_error_mismatch", lambda f, h: cell(cell(f, h, "status", "success"), h, "error_type", "timeout")),
    ("cache_above_input", lambda f, h: cell(f, h, "cached_input_tokens", "999999999")),
    ("tier_without_price", lambda f, h: cell(f, h, "tier_price_usd", "")),
    ("invalid_utf8", lambda f, h: cell(f, h, "feature_id", b"\xff\xfe".decode("latin-1"))),
    ("nul_byte", lambda f, h: cell(f, h, "feature_id", "a\0b")),
    ("stray_quote", lambda f, h: cell(f, h, "feature_id", '"a"b')),
]


def damaged(source, target, every):
    """Writes a file in which every so many rows one is damaged; rows and costs of the others by an own count."""
    good = {"rows": 0, "nanodollars": 0, "input": 0}
    bad = {}
    with open(source, encoding="latin-1", newline="\n") as lines, open(target, "w", encoding="latin-1", newline="\n") as output:
        head = next(lines)
        header = head.strip().split(",")
        output.write(head)
        cost, tokens = header.index("cost_usd"), header.index("input_tokens")
        for number, line in enumerate(lines):
            if number % every == every - 1:
                reason, change = DAMAGES[sum(bad.values()) % len(DAMAGES)]
                output.write(",".join(change(line.rstrip("\n").split(","), header)) + "\n")
                bad[reason] = bad.get(reason, 0) + 1
                continue
            output.write(line)
            fields = line.split(",")
            good["rows"] += 1
            whole, _, part = fields[cost].partition(".")
            good["nanodollars"] += int(whole) * 10**9 + int((part + "0" * 9)[:9])
            good["input"] += int(fields[tokens])
    return good, bad


def round_of(rows, every):
    with Folder() as folder:
        # Fields without commas and quotes, so that the counting here stays simple.
        code, _, error = run(["simulate", "peak", "--rows", str(rows), "-o", "x.csv", "--quiet"], folder, timeout=300)
        if code != 0:
            raise Broken(error)
        plain = os.path.join(folder, "plain.csv")
        with open(os.path.join(folder, "x.csv"), newline="\n") as source, open(plain, "w", newline="\n") as target:
            header = next(source).strip().split(",")
            at = header.index("metadata")
            target.write(",".join(header[:at] + header[at + 1:]) + "\n")
            for fields in csv.reader(source):
                target.write(",".join(fields[:at] + fields[at + 1:]) + "\n")
        good, bad = damaged(plain, os.path.join(folder, "damaged.csv"), every)
        code, output, error = run(
            ["analyze", "damaged.csv", "understanding", "dataset_overview", "--format", "json", "--quiet", "--rejects", "rejects.csv"],
            folder, timeout=300)
        if code != 0:
            raise Broken(f"exit code {code}: {error.strip()[:300]}")
        findings = json.loads(output)["analyzers"]
        overview, totals = findings["dataset_overview"]["findings"], findings["understanding"]["findings"]
        counted = {entry["reason"]: entry["rows"] for entry in overview["file"]["rejects"]}
        if counted != bad or overview["file"]["rejected_rows"] != sum(bad.values()):
            raise Broken(f"damaged {bad}, rejected {counted}")
        if (totals["total_calls"], totals["input_tokens"]) != (good["rows"], good["input"]):
            raise Broken(f"good rows {good}, found {totals['total_calls']} calls and {totals['input_tokens']} input tokens")
        if round(totals["total_cost_usd"] * 10**9) != good["nanodollars"]:
            raise Broken(f"good rows cost {good['nanodollars']} nanodollars, found {totals['total_cost_usd']}")
        with open(os.path.join(folder, "rejects.csv"), encoding="latin-1") as file:
            kept = sum(1 for _ in file) - 1
        if kept != sum(bad.values()):
            raise Broken(f"{sum(bad.values())} rows are damaged, {kept} are in the rejects file")
        return f"{sum(counted.values()):,} rejects, each under one of {len(counted)} reasons"


def rounds(score, rows):
    score.attempt(f"{rows:,} rows, every thousandth damaged", "damage", lambda: round_of(rows, 1000))
