"""Understanding, alignment and token economics: where the money goes, who pays, and for what."""
import math
from fractions import Fraction

from .compare import Near, Rows, Unchecked, ratio, usd
from .data import CLASSES, DAY, MONTH_DAYS, allocated, half_even

DIMENSIONS = {
    "by_provider": "provider", "by_feature": "feature_id", "by_product": "product_id",
    "by_organization": "organization_id", "by_customer": "customer_id", "by_region": "region",
    "by_tier": "subscription_tier", "by_environment": "environment",
}
RESAMPLED = Unchecked("interval of resampled days or customers")
NANO = 1.5e-9
TIES = "halves of a nanodollar, which a product of doubles rounds either way"


def concentration(costs):
    """HHI, its inverse and the shares of the largest, of costs above zero."""
    costs = sorted((cost for cost in costs if cost > 0), reverse=True)
    whole = sum(costs)
    if not whole:
        return {"hhi": None, "effective_number": None, "top10_share": None, "largest_share": None, "holders": 0}
    hhi = float(sum(Fraction(cost * cost, whole * whole) for cost in costs)) if len(costs) < 5000 else math.fsum(
        (cost / whole) ** 2 for cost in costs)
    return {
        "hhi": hhi, "effective_number": 1 / hhi, "top10_share": sum(costs[:10]) / whole,
        "largest_share": costs[0] / whole, "holders": len(costs),
    }


# Understanding

def understanding(data):
    weeks = data.weeks_compared
    split = data.asks_prices and data.has_cost
    before, after = ("false", "false") if weeks is None else (
        f"ts >= {weeks[1] * DAY} and ts < {weeks[2] * DAY}", f"ts >= {weeks[2] * DAY} and ts < {weeks[3] * DAY}")
    parts = f"""{data.SUMS}, coalesce(sum(cost) filter ({before}), 0)::hugeint as before, coalesce(sum(cost) filter ({after}), 0)::hugeint as after,
        count(*) filter (is_tie) as ties, coalesce(sum(input_cost), 0)::hugeint as input_cost,
        coalesce(sum(cost - input_cost) filter (slot is not null and cost > 0), 0)::hugeint as output_cost,
        coalesce(sum(input) filter (slot is not null and cost is not null), 0)::hugeint as priced_input,
        coalesce(sum(output) filter (slot is not null and cost is not null), 0)::hugeint as priced_output"""

    def prices(row):
        result = {}
        for kind in ["input", "output"]:
            value = ratio(row[f"{kind}_cost"], row[f"priced_{kind}"], 1e-3) if split else None
            if value is not None and row["ties"]:
                value = Near(value, row["ties"] * 1e-3 / float(row[f"priced_{kind}"]) + 1e-9 * value, TIES)
            result[f"{kind}_cost_per_million_usd"] = value
        return result

    def part(row, kind):
        value = usd(row[f"{kind}_cost"])
        return None if not split else Near(value, (row["ties"] + 0.5) * 1e-9, TIES) if row["ties"] else value

    def group(keys, table="calls"):
        rows = []
        found = data.all(f"select {', '.join(keys)}, {parts} from {table} group by {', '.join(keys)}")
        for row in found:
            # A column of very many texts is summed without the two spans of weeks.
            compared = weeks is not None and data.has_cost and len(found) <= 65_536
            rows.append({
                **data.base({key: row[key] for key in keys}, row),
                "cost_share": ratio(row["cost"], data.cost) if data.has_cost else None,
                "cost_per_call_usd": ratio(row["cost"], row["calls"], 1e-9) if data.has_cost else None,
                "cost_per_million_tokens_usd": ratio(row["cost"], row["input"] + row["output"], 1e-3)
                if data.has_cost and data.has_tokens else None,
                **prices(row), "previous_cost_usd": usd(row["before"]) if compared else None,
                "recent_cost_usd": usd(row["after"]) if compared else None,
                "change_pct": ratio(row["after"] - row["before"], row["before"], 100.0) if compared and row["before"] > 0 else None,
            })
        return Rows(keys, rows)

    groups = {name: group([column]) for name, column in DIMENSIONS.items() if data.has(column)}
    if data.has("provider", "model"):
        groups["by_model"] = group(["provider", "model"])
    if data.has("metadata"):
        data.sql.execute(
            """create or replace temp table tagged as
               with texts as (select distinct metadata from calls),
                    pairs as (select metadata, unnest(json_keys(metadata)) as tag from texts where metadata <> '' and json_valid(metadata)),
                    valued as (select metadata, tag, coalesce(json_extract_string(metadata, '$."' || tag || '"'), '') as value from pairs),
                    names as (select distinct tag from pairs)
               select c.*, n.tag, coalesce(v.value, '') as value
               from calls c cross join names n left join valued v on v.metadata = c.metadata and v.tag = n.tag""")
        groups["by_tag"] = group(["tag", "value"], "tagged")
    total = data.one(f"select {parts} from calls")

    def series(size, name, form, whole):
        rows = data.all(
            f"select ts // {size} as place, strftime(make_timestamp(ts // {size} * {size}), '{form}') as name, {data.SUMS} from calls where ts is not null group by 1, 2 order by 1")
        return [{**data.base({name: row["name"]}, row), "whole": whole[0] <= row["place"] < whole[1]} for row in rows]

    if data.has("timestamp"):
        groups["by_day"] = series(DAY, "day", "%Y-%m-%d", data.whole_days)
        groups["by_hour"] = series(DAY // 24, "hour", "%Y-%m-%dT%H:00:00Z", data.whole_hours)
    counts = data.one(
        """select count(*) filter (cost is null) as costless, count(*) filter (cost is null and slot is null) as unpriced,
                  coalesce(sum(coalesce(input, 0) + coalesce(output, 0)) filter (cost is null and slot is null), 0)::hugeint as unpriced_tokens,
                  count(*) filter (cost is not null and slot is null) as unsplit,
                  count(*) filter (input is null or output is null) as tokenless from calls""")

    def holders(name):
        if name not in groups or not data.has_cost:
            return None
        return concentration([int(row["cost_usd"].scaleb(9)) for row in groups[name].rows])

    number = {name: len(groups[name].rows) if name in groups else None for name in ["by_customer", "by_organization", "by_model", "by_provider"]}
    tokens = data.input + data.output if data.has_tokens else None
    hhi = holders("by_provider")
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "total_tokens": tokens,
        "input_tokens": data.input if data.has_input else None, "output_tokens": data.output if data.has_output else None,
        "customers": number["by_customer"], "organizations": number["by_organization"], "models": number["by_model"],
        "cost_per_call_usd": ratio(data.cost, data.calls, 1e-9),
        "cost_per_million_tokens_usd": ratio(data.cost, tokens, 1e-3) if tokens is not None else None,
        "provider_hhi": hhi and hhi["hhi"], "unpriced_calls": counts["unpriced"],
    }
    forecast = Unchecked("forecast with its rolling backtest")
    for name in ["forecast_30_days_usd", "forecast_30_days_low_usd", "forecast_30_days_high_usd"]:
        summary[name] = forecast
    budgets = [budget(data, entry) for entry in data.budgets] if data.has_cost and data.calls else []
    for entry, found in zip(data.budgets, budgets):
        summary[f"budget.{entry['id']}.burn_usd"] = found["burn_usd"]
        for name in ["landing_usd", "exceed_probability"]:
            summary[f"budget.{entry['id']}.{name}"] = forecast
    count = data.whole_days[1] - data.whole_days[0]
    whole_cost = data.one(
        "select coalesce(sum(cost), 0)::hugeint as cost from calls where day >= ? and day < ?", *data.whole_days)["cost"]
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost),
        "input_tokens": summary["input_tokens"], "output_tokens": summary["output_tokens"], "total_tokens": tokens,
        "monthly_cost_usd": Near(data.cost * 1e-9 * MONTH_DAYS / data.days, NANO, "one rounding")
        if data.has_cost and data.days >= 7 else None,
        "pricing": {
            "price_book": Unchecked("name of the price book"), "calls_without_cost": counts["costless"],
            "unpriced_calls": counts["unpriced"], "unpriced_tokens": int(counts["unpriced_tokens"]),
            "unsplit_calls": counts["unsplit"] if split else 0, "calls_without_tokens": counts["tokenless"],
            "input_cost_usd": part(total, "input"), "output_cost_usd": part(total, "output"), **prices(total),
        },
        "concentration": {"providers": hhi, "models": holders("by_model"), "customers": holders("by_customer")},
        "change": change(data, weeks), "distinct": {
            "customers": number["by_customer"], "organizations": number["by_organization"],
            "models": number["by_model"], "providers": number["by_provider"],
        },
        **groups,
        "daily_cost_usd": {
            "mean": ratio(whole_cost, count, 1e-9), "low": RESAMPLED, "high": RESAMPLED, "level": 0.95, "whole_days": count,
        } if data.has_cost and 7 <= count <= 100_000 else None,
        "forecast": forecast, "budgets": budgets,
    }
    return summary, findings


def budget(data, entry):
    """A budget of the calendar month in which the data end: what its calls cost so far."""
    clauses = ["date_trunc('month', make_timestamp(ts)) = date_trunc('month', make_timestamp(?))"]
    parameters = [data.last]
    for column, values in (entry.get("where") or entry.get("filter") or {}).items():
        values = values if isinstance(values, list) else [values]
        clauses.append(f"{column} in ({', '.join('?' * len(values))})")
        parameters += values
    burn = data.one(f"select coalesce(sum(cost), 0)::hugeint as cost from calls where {' and '.join(clauses)}", *parameters)["cost"]
    month = data.one(
        """select strftime(make_timestamp(?), '%Y-%m') as name, epoch_us(date_trunc('month', make_timestamp(?))) as start,
                  epoch_us(date_trunc('month', make_timestamp(?)) + interval 1 month) as end""", data.last, data.last, data.last)
    length = (month["end"] - month["start"]) // DAY
    uncovered = min(max(0, data.first // DAY - month["start"] // DAY), length - 1)
    monthly = round(Fraction(str(entry["monthly_usd"])) * 10**9)
    covered = half_even(monthly * (length - uncovered), length)
    outlook = Unchecked("landing and chance of a budget, from the forecast")
    return {
        "id": entry["id"], "month": month["name"], "monthly_usd": usd(monthly), "uncovered_days": uncovered, "covered_budget_usd": usd(covered),
        "burn_usd": usd(burn), "burn_pct": ratio(burn, covered, 100.0),
        **{name: outlook for name in ["landing_usd", "landing_low_usd", "landing_high_usd", "exceed_probability", "median_crossing", "early_crossing"]},
    }


def change(data, weeks):
    """Cost of the last k whole weeks less the k before: volume, mix and price over provider, model and token class."""
    if weeks is None or not data.has_cost or not data.has_tokens or not data.has("provider", "model"):
        return None
    split = data.asks_prices
    ties = data.one(f"select count(*) filter (is_tie) as ties from calls where ts >= {weeks[1] * DAY} and ts < {weeks[3] * DAY}")["ties"]
    classes = [f"coalesce(sum(t{place}) filter (slot is not null and cost > 0), 0)::hugeint as t{place}" for place in range(6)]
    # What each class costs at its price, call by call in whole nanodollars.
    weights = [
        f"coalesce(sum(round_even(t{place}::double * p{place}::double * 5e-7, 0)::bigint) filter (slot is not null and cost > 0), 0)::hugeint as w{place}"
        for place in range(6)
    ]
    rows = data.all(
        f"""select provider, model, ts >= {weeks[2] * DAY} as recent, {data.SUMS}, coalesce(sum(input_cost), 0)::hugeint as input_cost,
               coalesce(sum(cost - input_cost) filter (slot is not null and cost > 0), 0)::hugeint as output_cost,
               {', '.join(classes + weights)}
            from calls where ts >= {weeks[1] * DAY} and ts < {weeks[3] * DAY} group by 1, 2, 3""")
    cells = {}
    for row in rows:
        tokens = [int(row[f"t{place}"]) for place in range(6)]
        parts = []
        for span, cost in [(range(4), row["input_cost"]), (range(4, 6), row["output_cost"])]:
            shares = [int(row[f"w{place}"]) for place in span]
            parts += allocated(int(cost), shares if any(shares) else [tokens[place] for place in span])
        total, cost = int(row["input"] + row["output"]), int(row["cost"])
        cell = list(zip(tokens, parts)) + [(max(0, total - sum(tokens)), cost - int(row["input_cost"] + row["output_cost"]))]
        if not split:
            cell = [(total, cost)]
        cells.setdefault((row["provider"], row["model"]), {})[row["recent"]] = cell
    old_cost = new_cost = old_tokens = new_tokens = price = 0
    for pair in cells.values():
        nothing = [(0, 0)] * (7 if split else 1)
        for (q0, c0), (q1, c1) in zip(pair.get(False, nothing), pair.get(True, nothing)):
            old_cost, new_cost, old_tokens, new_tokens = old_cost + c0, new_cost + c1, old_tokens + q0, new_tokens + q1
            if q0 > 0 and q1 > 0:
                price += c1 - half_even(c0 * q1, q0)
    volume = half_even(old_cost * (new_tokens - old_tokens), old_tokens) if old_tokens > 0 else 0
    return {
        "weeks": weeks[0], "previous_start": data.instant(weeks[1] * DAY), "recent_start": data.instant(weeks[2] * DAY),
        "recent_end": data.instant(weeks[3] * DAY), "previous_cost_usd": usd(old_cost), "recent_cost_usd": usd(new_cost),
        "volume_usd": usd(volume),
        # A tie moves a nanodollar between classes, which a change of quantity can multiply.
        "mix_usd": Near(usd(new_cost - old_cost - volume - price), (20 * ties + 0.5) * 1e-9, TIES),
        "price_usd": Near(usd(price), (20 * ties + 0.5) * 1e-9, TIES),
        "change_pct": ratio(new_cost - old_cost, old_cost, 100.0) if old_cost > 0 else None,
        "token_classes": Unchecked("words on the classes of the change"),
    }


# Alignment

def cents(nanodollars):
    return half_even(nanodollars, 10_000_000)


def money(amount):
    return usd(amount * 10_000_000)


def alignment(data):
    settings = {name: data.setting(name, []) for name in ["shared_costs", "commitments_held", "invoice", "required_tags"]}
    tags = settings["required_tags"]
    tag_columns = [f"coalesce(json_extract_string(metadata, '$.\"{tag}\"'), '') <> ''" for tag in tags]
    tagged = " and ".join(f"(metadata <> '' and json_valid(metadata) and {column})" for column in tag_columns) or "false"
    covers = bool(tags) and data.has("metadata") and (data.cost or 0) > 0
    coverage, rows = None, []
    if covers:
        coverage = ratio(data.one(f"select coalesce(sum(cost), 0)::hugeint as cost from calls where {tagged}")["cost"], data.cost, 100.0)
        for tag, column in zip(tags, tag_columns):
            row = data.one(f"select {data.SUMS} from calls where metadata <> '' and json_valid(metadata) and {column}")
            rows.append({"tag": tag, "calls": row["calls"], "cost_usd": usd(row["cost"]), "coverage_pct": ratio(row["cost"], data.cost, 100.0)})
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost),
        "bill": None, "statements": [], "pools": [], "commitments_held": [], "reconciliation": [], "organization_products": [],
        "required_tags": tags, "tag_coverage": rows, "tag_coverage_pct": coverage,
    }
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "allocated_usd": None, "unallocated_usd": None,
        "organizations": None, "tag_coverage_pct": coverage,
    }
    if not data.has_cost or not data.has("organization_id"):
        return summary, findings
    charge(data, settings, tagged, covers, findings)
    summary["allocated_usd"] = findings["bill"]["allocated_usd"]
    summary["unallocated_usd"] = findings["bill"]["unallocated_usd"]
    summary["organizations"] = len(findings["by_organization"].rows) - sum(
        row["organization_id"] == "" for row in findings["by_organization"].rows)
    return summary, findings


def charge(data, settings, tagged, covers, findings):
    """Statements in whole cents by largest remainder, with pools of shared costs, idle commitments and invoices beside them."""
    groups = {row["organization_id"]: row for row in data.all(
        f"select organization_id, {data.SUMS}, coalesce(sum(cost) filter ({tagged}), 0)::hugeint as tagged from calls group by 1")}
    names = sorted(groups, key=lambda name: name.encode())
    usage = cents(data.cost)
    costs = [int(groups[name]["cost"]) for name in names]
    shares = dict(zip(names, allocated(usage, costs) if any(costs) else [0] * len(names)))
    lines = {name: [] for name in names if name}
    columns = ["product_id", "feature_id", "provider", "model"]
    details = {}
    for row in data.all(f"select organization_id, {', '.join(columns)}, {data.SUMS} from calls group by all"):
        details.setdefault(row["organization_id"], []).append(row)
    for name in lines:
        own = sorted(details[name], key=lambda row: (-int(row["cost"]), [row[column].encode() for column in columns]))
        weights = [int(row["cost"]) for row in own]
        parts = allocated(shares[name], weights) if any(weights) else [0] * len(own)
        for row, part in zip(own, parts):
            lines[name].append({
                "kind": "usage", "item": None, **{column: row[column] if data.has(column) else None for column in columns},
                "calls": row["calls"], "tokens": int(row["input"] + row["output"]), "amount_usd": part,
            })
    unallocated = shares.get("", 0)

    def weigh(column, clause="true"):
        found = {row["organization_id"]: int(row["w"] or 0) for row in data.all(
            f"select organization_id, {column}::hugeint as w from calls where {clause} group by 1")}
        return {name: found.get(name, 0) for name in names}

    pools, sums = [], {"shared_cost": 0, "unused_commitment": 0, "invoice_difference": 0}

    def add(kind, item, key, amount, weights):
        nonlocal unallocated
        weights = {name: max(0, weights[name]) if name else 0 for name in names}
        shared = any(weights.values())
        for name, part in zip(names, allocated(amount, list(weights.values())) if shared else []):
            if weights[name] > 0:
                lines[name].append({
                    "kind": kind, "item": item, **{column: None for column in columns}, "calls": None, "tokens": None, "amount_usd": part})
        given = amount if shared else 0
        unallocated += amount - given
        sums[kind] += amount
        pools.append({
            "kind": kind, "item": item, "key": key, "amount_usd": money(amount), "allocated_usd": money(given),
            "unallocated_usd": money(amount - given)})

    keys = {"calls": "count(*)", "tokens": "coalesce(sum(input), 0) + coalesce(sum(output), 0)", "cost": "coalesce(sum(cost), 0)", "even": "1"}
    for cost in settings["shared_costs"]:
        amount = round(Fraction(str(cost["monthly_usd"])) * Fraction(data.span, DAY) / Fraction(str(MONTH_DAYS)) * 10**9)
        key = cost.get("key", "cost")
        add("shared_cost", cost["id"], "evenly" if key == "even" else f"by {key}", cents(amount), weigh(keys[key]))
    if settings["commitments_held"]:
        raise ValueError("commitments held are not computed here")
    reconcile(data, settings["invoice"], usage, weigh, add, findings)
    findings["pools"] = pools

    def total(name, kind=None):
        return sum(line["amount_usd"] for line in lines[name] if kind in (None, line["kind"]))

    findings["statements"] = Rows(["organization_id"], [
        {"organization_id": name, "total_usd": money(total(name)), "lines": Rows(
            ["kind", "item", *columns], [{**line, "amount_usd": money(line["amount_usd"])} for line in lines[name]])}
        for name in lines])
    findings["bill"] = {
        "usage_usd": money(usage), "shared_costs_usd": money(sums["shared_cost"]),
        "unused_commitments_usd": money(sums["unused_commitment"]), "invoice_differences_usd": money(sums["invoice_difference"]),
        "total_usd": money(usage + sum(sums.values())), "allocated_usd": money(sum(total(name) for name in lines)),
        "unallocated_usd": money(unallocated),
    }
    points = dict(zip(names, allocated(10_000, costs) if any(costs) else [0] * len(names)))
    index = mix_index(details) if data.has("product_id", "feature_id") else {}
    rows = []
    for name in names:
        row, own = groups[name], index.get(name, {})
        known = own.get("calls", 0) >= 30 and len(names) > 1
        rows.append({
            **data.base({"organization_id": name}, row),
            "showback_pct": points[name] / 100 if data.cost > 0 else None,
            "statement_usd": money(total(name)) if name else None,
            **{member: money(total(name, kind)) if name else usd(0) for member, kind in [
                ("usage_usd", "usage"), ("shared_costs_usd", "shared_cost"), ("unused_commitments_usd", "unused_commitment"),
                ("invoice_differences_usd", "invoice_difference")]},
            "mix_index": ratio(own["cost"], own["expected"]) if known else None, "mix_index_low": RESAMPLED, "mix_index_high": RESAMPLED,
            "model_factor": ratio(own["by_model"], own["expected"]) if known else None,
            "size_factor": ratio(own["cost"], own["by_model"]) if known else None,
            "expected_usd": Near(float(own["expected"]) * 1e-9, max(NANO, float(own["expected"]) * 1e-21), "one rounding") if known else None,
            "compared_pct": ratio(own["cost"], row["cost"], 100.0) if own else None,
            "tag_coverage_pct": ratio(row["tagged"], row["cost"], 100.0) if covers else None,
        })
    findings["by_organization"] = Rows(["organization_id"], rows)
    if data.has("product_id"):
        findings["organization_products"] = Rows(["organization_id", "product_id"], [
            {"organization_id": row["organization_id"], "product_id": row["product_id"], "calls": row["calls"], "cost_usd": usd(row["cost"])}
            for row in data.all(f"select organization_id, product_id, {data.SUMS} from calls group by 1, 2")])


def reconcile(data, invoices, usage, weigh, add, findings):
    """Invoices of a provider and month against the recorded cost there, in cents that sum to the invoices."""
    if not invoices:
        return
    amounts = {}
    for line in invoices:
        place = (line["provider"], line["month"][:7])
        amounts[place] = amounts.get(place, 0) + round(Fraction(str(line["amount_usd"])) * 10**9)
    months = sorted({month for _, month in amounts})
    recorded = {(row["provider"], row["month"]): int(row["cost"]) for row in data.all(
        "select provider, strftime(make_timestamp(ts), '%Y-%m') as month, coalesce(sum(cost), 0)::hugeint as cost from calls group by 1, 2")}
    cells = {}
    for (provider, month), cost in recorded.items():
        place = (provider.encode(), months.index(month) if month in months else len(months))
        cells[place] = cells.get(place, 0) + cost
    order = sorted(cells)
    parts = dict(zip(order, allocated(usage, [cells[place] for place in order])))
    for (provider, month), amount in sorted(amounts.items()):
        cost = recorded.get((provider, month), 0)
        span = data.one(
            """select epoch_us(cast(? || '-01' as timestamp)) as low, epoch_us(cast(? || '-01' as timestamp) + interval 1 month) as high""", month, month)
        low, high = max(span["low"], data.first), min(span["high"] - 1, data.last)
        findings["reconciliation"].append({
            "provider": provider, "month": month, "recorded_usd": usd(cost), "invoiced_usd": usd(amount), "difference_usd": usd(amount - cost),
            "difference_pct": ratio(amount - cost, amount, 100.0), "covered_days": high // DAY - low // DAY + 1 if low <= high else 0,
            "month_days": (span["high"] - span["low"]) // DAY,
        })
        clause = f"provider = '{provider}' and strftime(make_timestamp(ts), '%Y-%m') = '{month}'"
        billed = cents(amount) - parts.get((provider.encode(), months.index(month)), 0)
        add("invoice_difference", f"{provider} {month}", "by cost there", billed, weigh("coalesce(sum(cost), 0)", clause))


def mix_index(details):
    """What the calls of each organization would cost at the others' means per product and feature, and per model."""
    all_groups, all_models, own = {}, {}, {}
    for name, rows in details.items():
        for row in rows:
            group = (row["product_id"], row["feature_id"])
            model = (*group, row["provider"], row["model"])
            for table, key in [(all_groups, group), (all_models, model), (own.setdefault(name, ({}, {}))[0], group), (own[name][1], model)]:
                calls, cost = table.get(key, (0, 0))
                table[key] = (calls + row["calls"], cost + int(row["cost"]))
    result = {}
    for name, (groups, models) in own.items():
        sums = {"calls": 0, "cost": 0, "expected": Fraction(0), "by_model": Fraction(0)}
        compared = set()
        for group, (calls, cost) in groups.items():
            others = all_groups[group][0] - calls, all_groups[group][1] - cost
            if others[0] == 0 or others[1] <= 0:
                continue
            compared.add(group)
            sums["calls"] += calls
            sums["cost"] += cost
            sums["expected"] += Fraction(calls * others[1], others[0])
        for model, (calls, cost) in models.items():
            if model[:2] in compared:
                others = all_models[model][0] - calls, all_models[model][1] - cost
                sums["by_model"] += Fraction(calls * others[1], others[0]) if others[0] else cost
        result[name] = sums
    return result


# Token economics

LEDGER = ["uncached_input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning"]
OUTCOME = "case when slot is null then 'none' else rule end"


def cells(data):
    """Sums of calls by all that decides on their price, as lists of dictionaries; made once."""
    if hasattr(data, "cells"):
        return data.cells
    classes = [
        f"coalesce(sum(case when input is not null and output is not null then t{place} else {0 if place not in (0, 4) else 'coalesce(input, 0)' if place == 0 else 'coalesce(output, 0)'} end), 0)::hugeint as t{place}"
        for place in range(6)
    ]
    data.cells = data.all(
        f"""select feature_id, provider, model, case when service_tier = '' then 'standard' when service_tier in ('standard', 'batch', 'flex', 'priority') then service_tier else 'unknown' end as tier,
               outcome, rule, failed, finish_reason = 'length' as truncated, coalesce(input + output < 200, false) as small,
               cost is not null as costed, slot, latest, latest_number, latest_class, count(*) as calls, coalesce(sum(cost), 0)::hugeint as cost,
               {', '.join(classes)}, any_value(p0) as p0, any_value(p1) as p1, any_value(p2) as p2, any_value(p3) as p3, any_value(p4) as p4, any_value(p5) as p5,
               any_value(paid) as paid, any_value(q0) as q0, any_value(q1) as q1, any_value(q2) as q2, any_value(q3) as q3, any_value(q4) as q4, any_value(q5) as q5,
               any_value(latest_paid) as latest_paid, coalesce(sum(latest_cost), 0)::hugeint as latest_cost,
               coalesce(sum(case when cacheable is null then 0 else least(greatest(cacheable - t1, 0), t0) end) filter (input is not null and output is not null), 0)::hugeint as cacheable,
               coalesce(max(input + output), 0) as largest, coalesce(max(output) filter (input is not null), 0) as longest,
               count(*) filter (input is null or output is null) as tokenless
            from calls group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14""")
    for cell in data.cells:
        cell["tokens"] = [int(cell[f"t{place}"]) for place in range(6)]
        cell["cost"] = int(cell["cost"])
    return data.cells


def billed(cell, rule):
    return [tokens if rule == "full" or (rule == "input" and place < 4) else 0 for place, tokens in enumerate(cell["tokens"])]


def split(cell):
    """The recorded cost of a cell over its token classes by their list prices, by largest remainder; nothing where it can't be told."""
    if cell["slot"] is None:
        return None
    tokens = billed(cell, "full" if cell["rule"] == "free" else cell["rule"])
    weights = [count * (cell[f"p{place}"] or 0) for place, count in enumerate(tokens)]
    if not any(weights):
        weights = tokens
    if not any(weights):
        return [0] * 6 if cell["cost"] == 0 else None
    return allocated(cell["cost"], weights)


def token_economics(data):
    all_cells = cells(data)
    for cell in all_cells:
        cell["split"] = split(cell) if cell["costed"] else None
    known = data.has_cost and data.has_prices

    def lines(own, tier=None):
        if not data.has_tokens:
            return []
        result = []
        for place, name in enumerate(LEDGER):
            tokens = sum(cell["tokens"][place] for cell in own)
            cost = sum(cell["split"][place] for cell in own if cell["split"])
            costed = sum(cell["tokens"][place] for cell in own if cell["split"])
            result.append(line(tier, name, tokens, costed, cost if known else None))
        rest = [cell for cell in own if cell["costed"] and not cell["split"]]
        left = sum(cell["cost"] for cell in rest)
        if data.has_cost and (left or not data.has_prices):
            tokens = sum(sum(cell["tokens"]) for cell in rest)
            result.append(line(tier, "unsplit", tokens, tokens, left))
        return result

    def line(tier, name, tokens, costed, cost):
        return {
            **({"service_tier": tier} if tier else {"service_tier": None}), "token_class": name, "tokens": tokens, "cost_usd": usd(cost),
            "cost_per_million_tokens_usd": ratio(cost, costed, 1e-3), "cost_share": ratio(cost, data.cost)}

    reads, writes = data.has("cached_input_tokens"), data.has("cache_write_tokens") or data.has("cache_write_1h_tokens")

    def cache(own):
        read, input = sum(cell["tokens"][1] for cell in own), sum(sum(cell["tokens"][:4]) for cell in own)
        saved = paid = 0
        for cell in own:
            if cell["slot"] is None or cell["rule"] == "free":
                continue
            difference = [cell["tokens"][place] * (cell[f"p{place}"] - cell["p0"]) * cell["paid"] for place in (1, 2, 3)]
            saved -= difference[0]
            paid += difference[1] + difference[2]
        saved = half_even(saved, 2_000_000 * 10**6) if reads and data.has_prices else None
        paid = half_even(paid, 2_000_000 * 10**6) if writes and data.has_prices else None
        return {
            "hit_pct": ratio(read, input, 100.0) if reads else None, "saved_by_reads_usd": usd(saved), "paid_for_writes_usd": usd(paid),
            "net_usd": None if saved is None else usd(saved - (paid or 0))}

    def tokens(place):
        return sum(cell["tokens"][place] for cell in all_cells)

    output, reasoning = tokens(4) + tokens(5), data.has("reasoning_tokens") and data.has_output
    sums = {
        "uncached_input": tokens(0) if data.has_input and reads else None, "cached_input": tokens(1) if reads else None,
        "cache_write": tokens(2) + tokens(3) if writes else None, "output": output if data.has_output else None,
        "reasoning": tokens(5) if reasoning else None, "reasoning_share": ratio(tokens(5), output) if reasoning else None,
    }
    tiers = [name for name in ["standard", "batch", "flex", "priority", "unknown"] if any(cell["tier"] == name for cell in all_cells)]
    total_cache = cache(all_cells)
    wasted = waste(data, all_cells)
    groups = {}
    if data.has("provider", "model"):
        groups["by_model"] = Rows(["provider", "model"], [
            model_row(data, key, own, cache) for key, own in grouped(all_cells, "provider", "model").items()])
    ranked, dearest, medians = classes_of(data, all_cells)
    if data.has("feature_id"):
        groups["by_feature"] = features(data, all_cells, medians)
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "tokens": sums,
        "ledger": lines(all_cells),
        "ledger_by_tier": [row for tier in tiers for row in lines([cell for cell in all_cells if cell["tier"] == tier], tier)]
        if data.has("service_tier") else [],
        "cache": total_cache, **groups, "simple_work": simple_work(data, all_cells, dearest, medians), "waste": wasted,
        "calls_without_cost": sum(cell["calls"] for cell in all_cells if not cell["costed"]),
        "calls_without_tokens": sum(cell["tokenless"] for cell in all_cells),
    }
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "uncached_input_tokens": sums["uncached_input"],
        "cached_input_tokens": sums["cached_input"], "cache_write_tokens": sums["cache_write"], "output_tokens": sums["output"],
        "reasoning_tokens": sums["reasoning"], "cache_hit_pct": total_cache["hit_pct"],
        "cache_saved_usd": total_cache["saved_by_reads_usd"], "waste_usd": wasted["total_usd"],
    }
    return summary, findings


def grouped(cells, *keys):
    groups = {}
    for cell in cells:
        groups.setdefault(tuple(cell[key] for key in keys), []).append(cell)
    return groups


def cell_sums(own):
    return {
        "calls": sum(cell["calls"] for cell in own), "cost": sum(cell["cost"] for cell in own),
        "input": sum(sum(cell["tokens"][:4]) for cell in own), "output": sum(sum(cell["tokens"][4:]) for cell in own)}


def model_row(data, key, own, cache):
    sums = cell_sums(own)
    listed = recorded = listed_tokens = 0
    for cell in own:
        if cell["slot"] is not None and cell["costed"]:
            tokens = billed(cell, cell["rule"])
            listed += half_even(sum(count * (cell[f"p{place}"] or 0) for place, count in enumerate(tokens)), 2_000_000)
            listed_tokens += sum(cell["tokens"])
            recorded += cell["cost"]
    tokens = sums["input"] + sums["output"]
    known = data.all("select class from slots where provider = ? and model = ? limit 1", *key)
    return {
        **data.base({"provider": key[0], "model": key[1]}, sums),
        "tokens_per_usd": ratio(tokens, sums["cost"], 1e9) if data.has_cost else None,
        "effective_per_million_usd": ratio(sums["cost"], tokens, 1e-3) if data.has_cost else None,
        "list_per_million_usd": ratio(listed, listed_tokens, 1e-3), "effective_of_list_pct": ratio(recorded, listed, 100.0),
        "model_class": known[0]["class"] if known else None, "cache": cache(own),
    }


def quartiles(row, kind, factor=1):
    """Calls, least, quartiles and most of a feature's values, from 30 on."""
    if not row or not row[f"{kind}_calls"] or row[f"{kind}_calls"] < 30:
        return None
    marks = [float(mark) / factor for mark in row[kind]]
    return {"calls": row[f"{kind}_calls"], **dict(zip(["low", "p25", "p50", "p75", "high"], marks))}


def features(data, all_cells, medians):
    lists = {}
    groups = grouped(all_cells, "feature_id")
    counted = data.has_tokens and len(groups) <= 32
    if counted:
        lists = {row["feature_id"]: row for row in data.all(
            """with sorted as (
                   select feature_id, list_sort(list(input) filter (input is not null)) as i, list_sort(list(output) filter (output is not null)) as o,
                          list_sort(list(input * 100 // output) filter (input is not null and output > 0)) as r from calls group by 1)
               select feature_id, len(i) as input_calls, len(o) as output_calls, len(r) as ratio_calls, rank(i, 9900) as tail,
                      [rank(i, 0), rank(i, 2500), rank(i, 5000), rank(i, 7500), rank(i, 10000)] as input,
                      [rank(o, 0), rank(o, 2500), rank(o, 5000), rank(o, 7500), rank(o, 10000)] as output,
                      [rank(r, 0), rank(r, 2500), rank(r, 5000), rank(r, 7500), rank(r, 10000)] as ratio from sorted""")}
    rows = []
    for (name,), own in groups.items():
        sizes = lists.get(name)
        tail = sizes["tail"] if sizes and (sizes["input_calls"] or 0) >= 200 else None
        long = None
        if tail is not None:
            found = data.one(
                f"""select count(*) as calls, coalesce(sum(c.input - {tail}), 0)::hugeint as beyond, count(*) filter (s.p0 is null) as unpriced,
                           coalesce(sum((c.input - {tail})::hugeint * s.p0 * s.paid), 0)::hugeint as cost
                    from calls c left join slots s on s.provider = c.provider and s.model = c.model and s.tier = c.priced_tier
                         and (s.valid_from is null or c.ts >= s.valid_from) and (s.valid_to is null or c.ts < s.valid_to)
                         and c.input > s.low and (s.high is null or c.input <= s.high)
                    where c.feature_id = ? and c.input > {tail}""", name)
            long = {
                "calls": found["calls"], "tokens_beyond": int(found["beyond"]), "unpriced_calls": found["unpriced"],
                "cost_beyond_usd": usd(half_even(found["cost"], 2_000_000 * 10**6))
                if found["unpriced"] < found["calls"] or found["calls"] == 0 else None}
        rows.append({
            **data.base({"feature_id": name}, cell_sums(own)), "input": quartiles(sizes, "input"), "output": quartiles(sizes, "output"),
            "ratio": quartiles(sizes, "ratio", 100), "p99_input_tokens": tail, "long_prompts": long, "median_class": medians.get(name),
        })
    return Rows(["feature_id"], rows)


def classes_of(data, all_cells):
    """Classes of the models called by their mean list price, the dearest of them, and each feature's median class."""
    models = {}
    for cell in all_cells:
        if cell["latest"] is not None and cell["latest_class"]:
            # A model is named by the first cell that calls it; its price is that of one input and one output token there.
            models.setdefault(cell["latest_class"], {}).setdefault(cell["latest_number"], set()).add((cell["q0"] or 0) + (cell["q4"] or 0))
    mean = {name: sum(min(prices) for prices in own.values()) / len(own) for name, own in models.items()}
    ranked = sorted(mean, key=lambda name: (mean[name], name))
    if len(ranked) < 2 or mean[ranked[-1]] <= mean[ranked[-2]]:
        return ranked, None, {}
    medians = {}
    for (name,), own in grouped(all_cells, "feature_id").items():
        counts = {}
        for cell in own:
            if cell["latest"] is not None and cell["latest_class"]:
                counts[cell["latest_class"]] = counts.get(cell["latest_class"], 0) + cell["calls"]
        total, before = sum(counts.values()), 0
        if total < 30:
            continue
        for entry in ranked:
            before += counts.get(entry, 0)
            if before >= (total + 1) // 2:
                medians[name] = entry
                break
    return ranked, ranked[-1], medians


def simple_work(data, all_cells, dearest, medians):
    """Calls of under 200 tokens on the dearest class where the feature's median call runs on a cheaper one."""
    if dearest is None or not data.has("feature_id"):
        return []
    chosen = [
        cell for cell in all_cells
        if cell["small"] and not cell["failed"] and cell["costed"] and cell["latest"] is not None
        and cell["latest_class"] == dearest and medians.get(cell["feature_id"], dearest) != dearest]
    instead = Unchecked("which model would do simple work instead, and its estimate")
    return Rows(["feature_id", "provider", "model"], [
        {
            "feature_id": feature, "provider": provider, "model": model, "dearest_class": dearest, "median_class": medians[feature],
            "calls": sum(cell["calls"] for cell in own), "cost_usd": usd(sum(cell["cost"] for cell in own)),
            **{name: instead for name in ["instead_provider", "instead_model", "instead_usd", "instead_low_usd", "instead_high_usd"]},
        } for (feature, provider, model), own in grouped(chosen, "feature_id", "provider", "model").items()])


def waste(data, all_cells):
    """The recorded cost of the output of failed calls and of answers that ended at their length limit."""
    failed = truncated = billed_calls = cut = unsplit = unsplit_cost = 0
    for cell in all_cells:
        if not cell["failed"] and not cell["truncated"]:
            continue
        if not cell["failed"]:
            cut += cell["calls"]
        if cell["cost"] <= 0:
            continue
        if cell["failed"]:
            billed_calls += cell["calls"]
        if cell["split"] is None:
            unsplit, unsplit_cost = unsplit + cell["calls"], unsplit_cost + cell["cost"]
            continue
        output = cell["split"][4] + cell["split"][5]
        if cell["failed"]:
            failed += output
        else:
            truncated += output
    known = data.has_cost and data.has_prices and data.has_tokens
    finish = data.has("finish_reason")
    return {
        "total_usd": usd(failed + truncated) if known and data.failures and finish else None,
        "failed_output_usd": usd(failed) if known and data.failures else None,
        "truncated_output_usd": usd(truncated) if known and finish else None,
        "failed_calls_billed": billed_calls if data.failures else None, "truncated_calls": cut if finish else None, "unsplit_calls": unsplit, "unsplit_usd": usd(unsplit_cost),
    }
