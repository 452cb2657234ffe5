"""Performance, geographic latency, dataset overview, realtime and abuse: how the service runs, hour by hour."""
import math
from decimal import Decimal

from .compare import Among, Each, Near, Rows, Unchecked, ratio, usd
from .data import DAY, HOUR, MONTH, MONTH_DAYS, nearest_rank
from .spend import NANO, RESAMPLED, concentration

MODELLED = Unchecked("choice and chance of a detector")
STRATA = ["under 16", "16 to 63", "64 to 255", "256 to 1023", "1,024 and more"]
STRATUM = """case when failed then 0 when latency is null or output is null then 6 when output < 16 then 1 when output < 64 then 2
             when output < 256 then 3 when output < 1024 then 4 else 5 end"""


# Performance and geographic latency

def latency(data):
    """Adds what the figures on durations need to the calls, once."""
    if hasattr(data, "sla"):
        return
    data.sla = int(data.setting("sla_ms", 2000) * 1000)
    # Where error types are known they alone say which calls failed; else the status does.
    fails = "error_type <> ''" if data.has("error_type") else "status = 'error'"
    data.sql.execute(
        f"""create view timed as select * replace ({fails} as failed), {STRATUM.replace('failed', fails)} as stratum,
                (({fails}) or coalesce(latency > {data.sla}, false)) as violates from calls""")


FIGURES = """count(latency) as known, coalesce(sum(latency), 0)::hugeint as time, list_sort(list(latency) filter (latency is not null)) as sorted,
    count(*) filter (stratum between 1 and 5) as spoken, coalesce(sum(output) filter (stratum between 1 and 5), 0)::hugeint as words,
    coalesce(sum(latency) filter (stratum between 1 and 5), 0)::hugeint as speaking, count(*) filter (failed) as errors,
    count(*) filter (violates) as violations, coalesce(sum(cost) filter (failed), 0)::hugeint as failed_cost"""


def figures(data, row, spoken=True):
    """The figures on durations, errors and the promise that all groups have; `row` has `p50`, `p95` and `p99`."""
    known, timed = row["known"], data.has("latency_ms")
    result = {
        "timed_calls": known, "mean_latency_ms": ratio(row["time"], known, 1e-3) if known >= 30 else None,
        "p50_latency_ms": row["p50"] / 1000 if known >= 30 else None, "p95_latency_ms": row["p95"] / 1000 if known >= 30 else None,
        "p99_latency_ms": row["p99"] / 1000 if known >= 200 else None, "errors": row["errors"] if data.failures else None,
        "error_rate_pct": ratio(row["errors"], row["calls"], 100.0) if data.failures else None,
        "sla_violations": row["violations"] if timed else None,
        "sla_compliance_pct": ratio(row["calls"] - row["violations"], row["calls"], 100.0) if timed else None,
    }
    if spoken:
        result["output_tokens_per_second"] = ratio(row["words"], row["speaking"], 1e6) if row["spoken"] >= 30 else None
        result["retry_cost_usd"] = usd(row["failed_cost"]) if data.has_cost and data.failures else None
    return result


def figure_rows(data, keys):
    latency(data)
    names = "".join(key + ", " for key in keys)
    group = f" group by {', '.join(keys)}" if keys else ""
    return data.all(
        f"""with sums as (select {names}{data.SUMS}, {FIGURES} from timed{group})
            select * exclude (sorted), rank(sorted, 5000) as p50, rank(sorted, 9500) as p95, rank(sorted, 9900) as p99 from sums""")


def performance(data):
    total = figure_rows(data, [])[0]
    overall = figures(data, total)
    timed = data.has("latency_ms")
    target = data.setting("sla_target_pct", 95)
    allowed = max(0, 100 - target) / 100
    days = 0 if data.first is None else data.last // DAY - data.first // DAY + 1
    hours = 0 if data.first is None else data.last // HOUR - data.first // HOUR + 1
    has_time = data.first is not None and hours <= 4096 * 24
    unit = -(-days // 64) if has_time else 0
    recent = {"calls": 0, "violations": 0}
    units = -(-days // unit) if unit else 1
    if units > 1:
        recent = data.one(
            f"select count(*) as calls, count(*) filter (violates) as violations from timed where (day - {data.first // DAY}) // {unit} = {units - 1}")

    def burn(violations, calls):
        share = ratio(violations, calls)
        return ratio(share, allowed) if timed and share is not None else None

    sla = {
        "limit_ms": float(data.setting("sla_ms", 2000)), "target_pct": float(target),
        "violations": total["violations"] if timed else None,
        "compliance_pct": overall["sla_compliance_pct"], "budget_calls": data.calls * allowed,
        "budget_used_pct": ratio(total["violations"] * 100, data.calls * allowed) if timed else None,
        "burn_rate": burn(total["violations"], total["calls"]), "recent_burn_rate": burn(recent["violations"], recent["calls"]),
        "recent_days": unit,
    }
    limits = [
        {"name": f"{name}_latency_ms", "limit_ms": float(data.setting(f"{name}_limit_ms", default)), "value_ms": overall[f"{name}_latency_ms"],
         "kept_pct": None, "kept": None if overall[f"{name}_latency_ms"] is None else overall[f"{name}_latency_ms"] <= data.setting(f"{name}_limit_ms", default)}
        for name, default in [("p95", 1500), ("p99", 2500)]]
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost),
        "overall": overall, "sla": sla, "limits": limits, "goals": goals(data, target), "histogram": histogram(data), "best": MODELLED,
        "incidents": Each(lambda row: incident(data, row)), "monthly_retry_cost": {
            "usd": Near(int(total["failed_cost"]) * 1e-9 * MONTH_DAYS / data.days, NANO, "one rounding"), "low_usd": RESAMPLED, "high_usd": RESAMPLED,
        } if data.has_cost and data.failures and data.days >= 7 else None,
    }
    # Incidents need two weeks before them; an absent list is as good as an empty one.
    if hours <= 14 * 24 or not has_time:
        findings["incidents"] = None
    for name, column in [("by_provider", "provider"), ("by_feature", "feature_id")]:
        if data.has(column):
            findings[name] = Rows([column], [
                {**data.base({column: row[column]}, row), **figures(data, row)} for row in figure_rows(data, [column])])
    if data.has("provider", "model"):
        findings["by_model"] = models(data)
    if data.has("provider", "model", "output_tokens"):
        findings["by_length"] = [
            {"provider": row["provider"], "model": row["model"], "output_tokens": STRATA[row["stratum"] - 1], "stratum": row["stratum"],
             "calls": row["calls"], "mean_latency_ms": ratio(row["time"], row["known"], 1e-3) if row["known"] >= 30 else None,
             "p50_latency_ms": row["p50"] / 1000 if row["known"] >= 30 else None, "p95_latency_ms": row["p95"] / 1000 if row["known"] >= 30 else None}
            for row in sorted(figure_rows(data, ["provider", "model", "stratum"]), key=lambda row: (row["provider"], row["model"], row["stratum"]))
            if 1 <= row["stratum"] <= 5]
    if has_time:
        step = 1 if hours <= 4096 else 24
        rows = data.all(
            f"""with sums as (select ts // {HOUR * step} as place, count(*) as calls, count(*) filter (failed) as failed, count(latency) as known,
                    list_sort(list(latency) filter (latency is not null)) as sorted from timed group by 1)
                select place, calls, failed, known, rank(sorted, 9500) as p95 from sums order by 1""")
        if len(rows) > 1 or hours > 1:
            findings["by_hour" if step == 1 else "by_day"] = [
                {"start": data.instant(row["place"] * HOUR * step), "calls": row["calls"], "p95_latency_ms": row["p95"] / 1000 if row["known"] >= 30 else None,
                 "error_rate_pct": ratio(row["failed"], row["calls"], 100.0) if data.failures else None} for row in rows]
    summary = {name: overall[name] for name in [
        "mean_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "sla_compliance_pct", "sla_violations", "error_rate_pct",
        "retry_cost_usd", "output_tokens_per_second"]}
    return {"total_calls": data.calls, "total_cost_usd": usd(data.cost), **summary}, findings


def goals(data, target):
    """Goals on the first token and on each after it, over successful calls."""
    if not data.has("ttft_ms"):
        return []
    first, token = first_tokens(data)
    row = data.one(f"select count(*) filter (not failed) as succeeded, {first} as kept, {token} from timed")
    kept, timely = ratio(row["kept"], row["succeeded"], 100.0), ratio(row["kept_per_token"], row["spoken_first"], 100.0)
    return [
        {"name": name, "limit_ms": float(data.setting(setting, default)), "value_ms": None, "kept_pct": pct, "kept": None if pct is None else pct >= target}
        for name, setting, default, pct in [
            ("time_to_first_token", "first_token_goal_ms", 2000, kept), ("time_per_output_token", "token_goal_ms", 200, timely)]]


def first_tokens(data):
    first = int(data.setting("first_token_goal_ms", 2000) * 1000)
    token = int(data.setting("token_goal_ms", 200) * 1000)
    spoken = "not failed and first_token is not null and output > 1 and latency >= first_token"
    return (
        f"count(*) filter (not failed and first_token <= {first})",
        f"count(*) filter ({spoken}) as spoken_first, count(*) filter ({spoken} and latency - first_token <= {token} * (output - 1)) as kept_per_token")


def models(data):
    first, token = first_tokens(data)
    latency(data)
    firsts = {(row["provider"], row["model"]): row for row in data.all(
        f"""with sums as (select provider, model, count(first_token) as known, coalesce(sum(first_token), 0)::hugeint as time,
                list_sort(list(first_token) filter (first_token is not null)) as sorted, {first} as kept, {token}, count(*) filter (not failed) as succeeded,
                count(*) filter (retry_of <> '') as retries from timed group by 1, 2)
            select * exclude (sorted), rank(sorted, 5000) as p50, rank(sorted, 9500) as p95 from sums""")}
    kinds = {}
    if data.has("error_type"):
        for row in data.all("select provider, model, error_type, count(*) as calls from timed where error_type <> '' group by 1, 2, 3"):
            kinds.setdefault((row["provider"], row["model"]), {})[row["error_type"]] = row["calls"]
    times = at_equal_length(data)
    rows = []
    for row in figure_rows(data, ["provider", "model"]):
        key = (row["provider"], row["model"])
        own = firsts[key]
        enough = own["known"] >= 30 and data.has("ttft_ms")
        tokens = int(row["input"] + row["output"])
        rows.append({
            **data.base({"provider": key[0], "model": key[1]}, row), **figures(data, row),
            "mean_first_token_ms": ratio(own["time"], own["known"], 1e-3) if enough else None,
            "p50_first_token_ms": own["p50"] / 1000 if enough else None, "p95_first_token_ms": own["p95"] / 1000 if enough else None,
            "first_token_goal_pct": ratio(own["kept"], own["succeeded"], 100.0) if enough else None,
            "token_goal_pct": ratio(own["kept_per_token"], own["spoken_first"], 100.0) if own["spoken_first"] >= 30 and data.has("ttft_ms") else None,
            "retries": own["retries"] if data.has("retry_of") else None, "errors_by_type": kinds.get(key, {}),
            "cost_per_million_tokens_usd": ratio(row["cost"], tokens, 1e-3) if data.has_cost and data.has_tokens else None,
            "time_at_equal_length": times.get(key), "time_interval": RESAMPLED, "price_interval": RESAMPLED,
        })
    rate(rows)
    return Rows(["provider", "model"], rows)


def at_equal_length(data):
    """A model's time over the time of all models for answers of the same lengths in the same regions, from 1,000 calls on."""
    if not data.has("latency_ms", "output_tokens"):
        return {}
    rows = data.all(
        """with means as (select stratum, region, sum(latency)::double / count(*) as mean from timed where stratum between 1 and 5 group by 1, 2),
                sizes as (select provider, model, count(*) as calls from timed group by 1, 2)
           select t.provider, t.model, any_value(s.calls) as calls, sum(t.latency)::double as time, sum(m.mean) as expected
           from timed t join means m using (stratum, region) join sizes s on s.provider = t.provider and s.model = t.model group by 1, 2""")
    chosen = sorted((row for row in rows if row["calls"] >= 1000), key=lambda row: -row["calls"])[:40]
    return {(row["provider"], row["model"]): ratio(row["time"], row["expected"]) for row in chosen if row["time"] > 0}


def rate(rows):
    """Efficiency: the most over the frontier of p95 and price of min(p95_f/p95, price_f/price)."""
    points = [(row["p95_latency_ms"], row["cost_per_million_tokens_usd"]) for row in rows if row["p95_latency_ms"] and row["cost_per_million_tokens_usd"]]
    frontier = [point for point in points if not any(other[0] <= point[0] and other[1] <= point[1] and other != point for other in points)]
    for row in rows:
        row["efficiency"] = row["efficiency_band"] = None
        if row["p95_latency_ms"] and row["cost_per_million_tokens_usd"]:
            score = max(min(time / row["p95_latency_ms"], price / row["cost_per_million_tokens_usd"]) for time, price in frontier)
            row["efficiency"] = min(score, 1.0)
            row["efficiency_band"] = "high" if score >= 0.8 else "medium" if score >= 0.6 else "low"


def histogram(data):
    """Durations by half powers of two of a microsecond."""
    latency(data)
    rows = {row["bin"]: row["calls"] for row in data.all(
        """with powers as (select latency, case when latency < 16 then 3 else floor(log2(latency::double))::integer end as guess from timed where latency is not null),
                exact as (select latency, case when latency < 16 then 3 when (1::bigint << guess) > latency then guess - 1 when (2::bigint << guess) <= latency then guess + 1 else guess end as power from powers)
           select case when latency < 8 then -2 when latency < 16 then -1 when power > 35 then 63
                       else (power - 4) * 2 + case when latency * 2 >= 3 * (1::bigint << power) then 1 else 0 end end as bin, count(*) as calls from exact group by 1""")}
    if not rows:
        return []

    def start(bin):
        if bin < 0:
            return (bin + 2) * 8
        return (2 if bin % 2 == 0 else 3) << (3 + bin // 2)

    return [
        {"from_ms": start(bin) / 1000, "to_ms": start(bin + 1) / 1000 if bin < 63 else None, "calls": rows.get(bin, 0)}
        for bin in range(min(rows), max(rows) + 1)]


def incident(data, row):
    """An incident's own shares, and its calls where all calls of its time and place are meant."""
    wanted = {name: MODELLED for name in ["kind", "provider", "region", "customer_id", "start", "end", "detected_at", "p_value", "usual_share_pct", "calls", "marked_calls"]}
    wanted["share_pct"] = ratio(row["marked_calls"], row["calls"], 100.0)
    if row["kind"] in ("outage", "retry_storm"):
        clauses, parameters = ["ts >= epoch_us(cast(? as timestamp))", "ts < epoch_us(cast(? as timestamp))"], [row["start"], row["end"]]
        for column in ["provider", "region", "customer_id"]:
            if row.get(column) is not None:
                clauses.append(f"{column} = ?")
                parameters.append(row[column])
        marked = "error_type = 'rate_limit'" if row["kind"] == "retry_storm" else "failed and error_type <> 'rate_limit'"
        found = data.one(f"select count(*) as calls, count(*) filter ({marked}) as marked from timed where {' and '.join(clauses)}", *parameters)
        wanted["calls"], wanted["marked_calls"] = found["calls"], found["marked"]
    return wanted


def geographic_latency(data):
    latency(data)
    total = figure_rows(data, [])[0]
    days = 0 if data.first is None else data.last // DAY - data.first // DAY + 1
    # Days are told apart within eleven years.
    standardised = data.has("timestamp") and days >= 7 and data.last // HOUR - data.first // HOUR < 4096 * 24

    def group(keys):
        rows = []
        standings = standing(data, keys) if standardised else {}
        for row in figure_rows(data, keys):
            key = tuple(row[name] for name in keys)
            value = standings.get(key)
            rows.append({
                **data.base(dict(zip(keys, key)), row), **figures(data, row, spoken=False),
                "time_at_equal_length": value, "time_interval": RESAMPLED})
        return Rows(keys, rows)

    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost),
        "regions": None, "sla_violations": total["violations"] if data.has("latency_ms") else None,
        "sla_ms": float(data.setting("sla_ms", 2000)), "comparisons_made": MODELLED,
        "comparisons": Each(lambda row: comparison(data, row)), "reroutes": Each(lambda row: comparison(data, row)),
    }
    if data.has("region"):
        findings["by_region"] = group(["region"])
        findings["regions"] = len(findings["by_region"].rows)
    if data.has("region", "provider"):
        findings["by_region_and_provider"] = group(["region", "provider"])
    # Without prices, seven days and all columns nothing is compared, and the lists are absent.
    if data.days < 7 or not data.has("timestamp", "provider", "model", "region", "latency_ms", "output_tokens"):
        findings["comparisons"] = findings["reroutes"] = None
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "regions": findings["regions"], "sla_violations": findings["sla_violations"],
        "reroutes": Unchecked("number of reroutes, of the tests behind them")}
    return summary, findings


def standing(data, keys):
    """A group's mean time over that of all calls at the group's own lengths, over lengths with 200 calls on both sides."""
    if not data.has("latency_ms", "output_tokens"):
        return {}
    names = ", ".join(keys)
    everybody = {row["stratum"]: row for row in data.all(
        "select stratum, count(*) as calls, sum(latency)::hugeint as time from timed where stratum between 1 and 5 group by 1")}
    sums = {}
    for row in data.all(f"select {names}, stratum, count(*) as calls, sum(latency)::hugeint as time from timed where stratum between 1 and 5 group by all"):
        mean = everybody[row["stratum"]]
        if row["calls"] >= 200 and mean["calls"] >= 200:
            own, other = sums.get(tuple(row[key] for key in keys), (0.0, 0.0))
            sums[tuple(row[key] for key in keys)] = own + int(row["time"]), other + row["calls"] * int(mean["time"]) / mean["calls"]
    return {key: ratio(own, other) for key, (own, other) in sums.items()}


def comparison(data, row):
    """Two models of one class in one region: the means at the first one's lengths, and what its tokens would cost at the other's prices."""
    places = [(row["provider"], row["model"]), (row["other_provider"], row["other_model"])]
    key = "comparison_cells"
    if not hasattr(data, key):
        data.comparison_cells = {(r["region"], r["provider"], r["model"], r["stratum"]): r for r in data.all(
            f"select region, provider, model, stratum, {data.SUMS}, coalesce(sum(latency), 0)::hugeint as time from timed group by 1, 2, 3, 4")}
        data.end_prices = {(r["provider"], r["model"]): r for r in data.all(
            f"""select provider, model, class, p0, p4, paid from slots where tier = 'standard' and low = -1
                and (valid_from is null or valid_from <= {data.last}) and (valid_to is null or valid_to > {data.last})""")}
    own, other, count = 0.0, 0.0, 0
    for stratum in range(1, 6):
        first, second = (data.comparison_cells.get((row["region"], *place, stratum)) for place in places)
        if first and second and first["calls"] >= 200 and second["calls"] >= 200:
            own += int(first["time"])
            other += first["calls"] * int(second["time"]) / second["calls"]
            count += first["calls"]
    calls = sum(cell["calls"] for place, cell in data.comparison_cells.items() if place[:3] == (row["region"], *places[0]))
    tokens = [sum(int(cell[kind]) for place, cell in data.comparison_cells.items() if place[:3] == (row["region"], *places[0])) for kind in ("input", "output")]
    costs = []
    for place in places:
        price = data.end_prices.get(place)
        costs.append(None if price is None else sum(
            count * rate * price["paid"] / 2e6 / 1e6 for count, rate in zip(tokens, (price["p0"], price["p4"]))) / 1e9)
    if data.has_cost:
        costs[0] = sum(int(cell["cost"]) for place, cell in data.comparison_cells.items() if place[:3] == (row["region"], *places[0])) / 1e9
    change = None if None in costs else (costs[1] - costs[0]) * MONTH_DAYS / data.days
    mean = ratio(own, count, 1e-3)
    quotient = ratio(other, own)
    return {
        "region": row["region"], "provider": places[0][0], "model": places[0][1], "other_provider": places[1][0], "other_model": places[1][1],
        "model_class": data.end_prices[places[0]]["class"], "calls": calls, "mean_latency_ms": mean, "other_mean_latency_ms": mean * quotient,
        "ratio": quotient, "change_ms": mean * (quotient - 1), "interval": Unchecked("interval of a jackknife over days"), "p_value": MODELLED,
        "monthly_cost_change_usd": Near(change, max(NANO, abs(change) * 1e-9), "sums in floating point") if change is not None else None,
        "reroute": Unchecked("choice by an interval"),
    }


# Dataset overview

GROUPS = {
    "by_provider": ["provider"], "by_model": ["provider", "model"], "by_feature": ["feature_id"], "by_product": ["product_id"],
    "by_organization": ["organization_id"], "by_customer": ["customer_id"], "by_region": ["region"], "by_tier": ["subscription_tier"],
    "by_archetype": ["customer_archetype"], "by_environment": ["environment"], "by_service_tier": ["service_tier"], "by_status": ["status"],
    "by_error_type": ["error_type"], "by_finish_reason": ["finish_reason"],
}
ALL_COLUMNS = [
    "timestamp", "organization_id", "product_id", "feature_id", "customer_id", "customer_archetype", "subscription_tier", "tier_price_usd",
    "provider", "model", "region", "input_tokens", "output_tokens", "total_tokens", "latency_ms", "cost_usd", "status", "error_type",
    "metadata", "call_id", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens", "service_tier",
    "environment", "ttft_ms", "retry_of", "finish_reason", "cacheable_input_tokens",
]


def gini(values):
    """The Gini coefficient of amounts, those below zero at zero; nothing below two holders or for a sum of zero."""
    values = sorted(max(0, value) for value in values)
    total = sum(values)
    if len(values) < 2 or total == 0:
        return None
    return 2 * sum(place * value for place, value in enumerate(values, 1)) / (len(values) * total) - (len(values) + 1) / len(values)


def dataset_overview(data):
    groups = {}
    status = data.has("status")
    for name, keys in GROUPS.items():
        if data.has(*keys):
            counted = "count(distinct customer_id)" if data.has("customer_id") and name != "by_customer" else "null"
            groups[name] = Rows(keys, [
                {**data.base({key: row[key] for key in keys}, row), "customers": row["customers"], "call_share": ratio(row["calls"], data.calls),
                 "failed_calls": row["failed"] if status else None, "error_rate_pct": ratio(row["failed"], row["calls"], 100.0) if status else None}
                for row in data.all(
                    f"select {', '.join(keys)}, {data.SUMS}, {counted} as customers, count(*) filter (status = 'error') as failed from calls group by {', '.join(keys)}")])
    failed = data.one("select count(*) filter (status = 'error') as failed from calls")["failed"]
    hours = data.all("select hour, count(*) as calls from calls where ts is not null group by 1 order by 1")
    gaps = []
    if hours:
        # The mean rate of the data over all hours from the first to the last.
        mean = data.calls / (hours[-1]["hour"] - hours[0]["hour"] + 1)
        for before, after in zip(hours, hours[1:]):
            length = after["hour"] - before["hour"] - 1
            if length > 0:
                gaps.append({
                    "start": data.instant((before["hour"] + 1) * HOUR), "hours": length, "expected_calls": mean * length, "suspicious": mean * length >= 20})
    timed = data.has("timestamp")
    success = ratio(data.calls - failed, data.calls, 100.0) if status else None
    silent = None
    if data.subscriptions is not None:
        callers = {row["customer_id"] for row in groups["by_customer"].rows} if "by_customer" in groups else set()
        silent = len({period["customer"] for period in data.subscriptions} - callers) if "by_customer" in groups else 0
    customer_gini = None
    if data.has_cost and "by_customer" in groups:
        customer_gini = gini([int(row["cost_usd"].scaleb(9)) for row in groups["by_customer"].rows] + [0] * (silent or 0))
    quality = audit(data, groups, gaps)
    findings = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "file": {
            "path": Unchecked("path of the file"), "bytes": Unchecked("size of the file, compared in its test"),
            "fingerprint": Unchecked("fingerprint of the file"), "rows": data.calls, "rejected_rows": 0, "rejects": [], "blank_lines": 0,
            "columns": [column for column in data.columns], 
            # The total of known parts is known.
            "missing_columns": [name for name in ALL_COLUMNS if name not in data.columns and not (name == "total_tokens" and data.has_tokens)],
            "unknown_columns": data.unknown, "torn_line": None,
        },
        "start": data.start, "end": data.end, "hours": len(hours) if timed else None,
        "days": len({row["hour"] // 24 for row in hours}) if timed else None, "gaps": gaps,
        "distinct": Rows(["column"], [
            {"column": name[3:], "title": Unchecked("title"), "count": len(rows.rows)} for name, rows in groups.items() if name not in ("by_status", "by_error_type")]),
        "success_rate_pct": success,
        "errors": Rows(["error_type"], [
            {"error_type": row["error_type"], "calls": row["calls"], "share_pct": ratio(row["calls"], failed, 100.0)}
            for row in groups["by_error_type"].rows if row["error_type"]] if "by_error_type" in groups else []),
        "quality": quality, "tokens": sizes(data), "realism": realism(data, groups, hours, silent, failed), "gini_customers": customer_gini,
        "customers_without_calls": silent, **groups,
    }
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "rows": data.calls, "rejected_rows": 0,
        **{name: quality[name] for name in ["duplicate_call_ids", "out_of_order_rows", "cost_mismatch_calls", "cost_mismatch_usd"]},
        "success_rate_pct": success, "hours": findings["hours"], "days": findings["days"], "gini_customers": customer_gini,
    }
    return summary, findings


def audit(data, groups, gaps):
    comparable = "cost is not null and input is not null and output is not null"
    can = data.has("cost_usd", "input_tokens", "output_tokens", "timestamp", "provider", "model")
    six = data.one(f"select coalesce(bool_and(cost % 1000 = 0), true) as six from calls where {comparable}")["six"]
    beyond = 500 if six else 0
    row = data.one(
        f"""select count(*) filter (slot is not null) as compared, count(*) filter (slot is null) as unpriced,
                   count(*) filter (abs(cost - priced_cost) > {beyond}) as calls,
                   coalesce(sum(cost - priced_cost) filter (abs(cost - priced_cost) > {beyond}), 0)::hugeint as difference,
                   coalesce(sum(abs(cost - priced_cost)) filter (abs(cost - priced_cost) > {beyond}), 0)::hugeint as absolute
            from calls where {comparable}""")
    order = data.one("select count(*) as count from (select ts, max(ts) over (order by n rows between 1 preceding and 1 preceding) as before from calls) where ts < before")
    repeated = data.one("select coalesce(sum(count - 1), 0)::bigint as count from (select count(*) as count from calls where call_id <> '' group by call_id)")
    known = {(model["provider"], name): model for model in data.book["models"] for name in [model["model"]] + model.get("aliases", [])}
    unpriced = []
    if "by_model" in groups:
        unpriced = [
            {"provider": found["provider"], "model": found["model"], "calls": found["calls"], "cost_usd": found["cost_usd"] or Decimal(0)}
            for found in groups["by_model"].rows if (found["provider"], found["model"]) not in known]
    data.sql.execute("create or replace temp table limits (provider text, model text, context bigint, most bigint)")
    data.sql.executemany("insert into limits values (?, ?, ?, ?)", [
        [provider, name, model.get("context_tokens"), model.get("max_output_tokens")] for (provider, name), model in known.items()])
    kinds = {
        "reasoning_above_output": "thought > output", "cacheable_above_input": "cacheable > input", "cached_above_cacheable": "cached > cacheable",
        "success_without_tokens": "input = 0 and output = 0 and status = 'success'", "input_above_context": "input > context", "output_above_limit": "output > most",
    }
    counts = data.one(
        "select " + ", ".join(f"count(*) filter ({clause}) as {name}" for name, clause in kinds.items())
        + " from calls left join limits using (provider, model)")
    conflicts = tier_conflicts(data)
    return {
        "duplicate_call_ids": int(repeated["count"]) if data.has("call_id") else None, "out_of_order_rows": order["count"],
        "cost_mismatch_calls": row["calls"] if can else None, "cost_mismatch_usd": usd(row["difference"]) if can else None,
        "cost_mismatch_absolute_usd": usd(row["absolute"]) if can else None, "cost_compared_calls": row["compared"] if can else None,
        "unpriced_calls": row["unpriced"] if can else None, "unpriced_models": Rows(["provider", "model"], unpriced),
        "impossible_tokens": [{"kind": name, "meaning": Unchecked("words"), "calls": counts[name]} for name in kinds if counts[name]],
        "tier_price_conflicts": None if conflicts is None else len(conflicts),
        "tier_price_conflict_list": Rows(["customer_id", "subscription_tier", "month"], conflicts or []),
        "clock_gaps": sum(gap["suspicious"] for gap in gaps),
    }


def tier_conflicts(data):
    """A customer's month with more than one price for the same tier, unless dated subscriptions explain all of them."""
    if not data.has("timestamp", "customer_id", "subscription_tier", "tier_price_usd"):
        return None
    rows = data.all(
        """select customer_id, subscription_tier, strftime(make_timestamp(ts), '%Y-%m') as month, list_sort(list(distinct tier_price)) as prices,
                  epoch_us(date_trunc('month', make_timestamp(any_value(ts)))) as start
           from calls where tier_price is not null and ts is not null group by 1, 2, 3 having count(distinct tier_price) > 1""")
    conflicts = []
    for row in rows:
        dated = {
            period["price"] for period in data.subscriptions or []
            if period["customer"] == row["customer_id"] and period["tier"] == row["subscription_tier"]
            and period["valid_from"] < row["start"] + 31 * DAY and period["valid_to"] > row["start"]}
        if not set(row["prices"]) <= dated:
            conflicts.append({
                "customer_id": row["customer_id"], "subscription_tier": row["subscription_tier"], "month": row["month"],
                "tier_prices_usd": [usd(price) for price in row["prices"]]})
    return conflicts


def sizes(data):
    rows = []
    for column, name in [("input_tokens", "input"), ("output_tokens", "output")]:
        row = data.one(
            f"""with sorted as (select list_sort(list({name})) as l, avg({name}) as mean from calls where {name} is not null)
                select len(l) as n, mean, rank(l, 1000) as p10, rank(l, 5000) as p50, rank(l, 9000) as p90, rank(l, 9900) as p99, rank(l, 10000) as max,
                       rank(l, 8413) as high from sorted""")
        if row["n"]:
            rows.append({"column": column, "mean": float(row["mean"]), **{mark: row[mark] for mark in ["p10", "p50", "p90", "p99", "max"]}})
    return rows


def realism(data, groups, hours, silent, failed):
    if data.calls == 0:
        return []
    marks = {}
    for name in ["input", "output"]:
        row = data.one(
            f"""with sorted as (select list_sort(list({name})) as l from calls where {name} is not null)
                select rank(l, 5000) as p50, rank(l, 8413) as high from sorted""")
        known = row["p50"] is not None
        marks[f"{name}_p50"] = float(row["p50"]) if known else None
        marks[f"{name}_sigma"] = math.log(row["high"] / row["p50"]) if known and row["p50"] > 0 else None
    ordered = data.one("select count(*) as count from (select ts, max(ts) over (order by n rows between 1 preceding and 1 preceding) as before from calls) where ts < before")["count"]
    variations = []
    if data.has("customer_id", "timestamp") and ordered <= 0.01 * max(1, data.calls):
        # The population's deviation of the gaps between neighbouring calls over their mean.
        variations = [row["v"] for row in data.all(
            """with gaps as (select customer_id, ts - lag(ts) over (partition by customer_id order by n) as gap from calls where ts is not null),
                    sums as (select customer_id, count(*)::double as n, sum(gap)::double as s, sum(gap::hugeint * gap::hugeint)::double as q from gaps where gap >= 0 group by 1)
               select sqrt(greatest(0, q / n - (s / n) * (s / n))) / (s / n) as v from sums where n >= 30 and s > 0 order by 1""")]
    customers = sorted((row["calls"] for row in groups["by_customer"].rows), reverse=True) if "by_customer" in groups else []
    customers += [0] * (silent or 0)
    cached = data.one("select coalesce(sum(greatest(cached, 0)), 0)::hugeint as cached from calls")["cached"]
    peak = None
    if data.first is not None and data.whole_days[0] < data.whole_days[1]:
        by_hour = [0] * 24
        for row in hours:
            if data.whole_days[0] <= row["hour"] // 24 < data.whole_days[1]:
                by_hour[row["hour"] % 24] += row["calls"]
        peak = ratio(max(by_hour), min(by_hour))
    values = [
        marks["input_p50"], marks["input_sigma"], marks["output_p50"], marks["output_sigma"], nearest_rank(variations, 0.5), nearest_rank(variations, 0.9),
        gini(customers), ratio(sum(customers[: (len(customers) + 9) // 10]), data.calls, 100.0) if len(customers) >= 10 else None,
        ratio(cached, data.input, 100.0) if data.has("cached_input_tokens", "input_tokens") else None,
        ratio(failed, data.calls, 100.0) if data.has("status") else None, peak,
    ]
    words = Unchecked("words on published figures")
    return [{
        "figure": words, "label": words, "published": words, "source": words,
        # Variances of microseconds lose digits in any order of summing.
        "value": Near(value, 1e-6 * abs(value), "differences of large squares") if index in (4, 5) and value is not None else value,
    } for index, value in enumerate(values)]


# Realtime

def realtime(data):
    providers = data.all(f"select provider, {data.SUMS} from calls group by 1") if data.has("provider") else []
    risk = None
    if providers and data.has_cost and (data.cost or 0) > 0:
        found = concentration([int(row["cost"]) for row in providers])
        largest = max(providers, key=lambda row: row["cost"])
        risk = {
            "max_provider_share": found["largest_share"], "provider": largest["provider"], "diversity": 1 - found["hhi"],
            "risk": "high" if found["largest_share"] > 0.6 else "medium" if found["largest_share"] > 0.4 else "low"}
    costly, over, source = costly_customers(data)
    findings = {
        "start": data.start, "end": data.end, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "tested_hours": MODELLED, "level": 0.0025,
        "anomaly_sigma": float(data.setting("anomaly_sigma", 3)), "cost_events": Each(lambda row: event(data, row)), "drift": MODELLED, "drift_series": MODELLED,
        "price_changes": MODELLED, "alerts": Each(lambda row: alert(data, row)), "costly_customers": costly, "customers_over_price": over,
        "price_source": source, "provider_risk": risk,
    }
    if data.has("provider"):
        findings["by_provider"] = Rows(["provider"], [
            {**data.base({"provider": row["provider"]}, row), "cost_share": ratio(row["cost"], data.cost) if data.has_cost else None} for row in providers])
    rows = constant_hours(data)
    if rows and (data.has_cost or data.has_prices) and rows[-1]["hour"] - rows[0]["hour"] < 20_000:
        findings["by_hour"] = Rows(["hour"], [{
            "hour": data.instant(row["hour"] * HOUR), "calls": row["calls"], "cost_usd": at_constant_prices([row]), "expected_usd": MODELLED,
            "deviation_usd": MODELLED, "p_value": MODELLED, "flagged": MODELLED} for row in rows])
    expected = rule_alerts(data)
    data.alerts = expected
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "anomaly_events": MODELLED, "anomaly_excess_usd": MODELLED,
        "alerts_critical": MODELLED, "alerts_warning": MODELLED, "customers_over_price": over,
        "max_provider_share": risk and risk["max_provider_share"], "provider_diversity": risk and risk["diversity"],
    }
    findings["alerts"] = Alerts(expected)
    return summary, findings


def constant_hours(data):
    """Hourly cost at the price rows in force at the window's end; calls without such a price count as recorded."""
    if not hasattr(data, "hourly"):
        data.hourly = data.all(
            """select hour, count(*) as calls, count(*) filter (is_rounded) as rounded, coalesce(sum(case when latest is not null then latest_cost else cost end), 0)::hugeint as cost,
                 coalesce(sum(cost), 0)::hugeint as recorded
               from calls where ts is not null group by 1 order by 1""")
    return data.hourly


def at_constant_prices(hours):
    """The cost of hours; where prices are no whole nanodollars a token, calls of one price are rounded together or one by one."""
    cost, rounded = sum(int(hour["cost"]) for hour in hours), sum(hour["rounded"] for hour in hours)
    return Near(cost * 1e-9, (0.5 * rounded + 0.1) * 1e-9, "rounding of repriced calls") if rounded else usd(cost)


class Alerts(Each):
    """Alerts by rule: those of days, errors and customers are computed, those of detections are looked at for their members."""

    def __init__(self, expected):
        self.expected = expected
        super().__init__(self.one)

    def one(self, row):
        words = {"text": Unchecked("sentences")}
        key = (row["rule"], row["subject"])
        if row["rule"] in ("cost_event", "drift", "budget"):
            return {**words, **{name: MODELLED for name in ["rule", "level", "at", "subject", "value", "limit"]}}
        return {**words, **self.expected.pop(key, {"rule": "no such alert was computed"})}


def rule_alerts(data):
    alerts = {}
    limit = float(data.setting("high_daily_cost_usd", 100))
    failed = "count(*) filter (status = 'error')" if data.has("status") else "0"
    if data.has("timestamp"):
        for row in data.all(f"select day, count(*) as calls, coalesce(sum(cost), 0)::hugeint as cost, {failed} as failed from calls where ts is not null group by 1"):
            subject, at, cost = data.date(row["day"]), data.instant(row["day"] * DAY), int(row["cost"])
            if data.has_cost and cost > limit * 1e9:
                alerts["high_daily_cost", subject] = {
                    "rule": "high_daily_cost", "level": "critical" if cost // 2 > limit * 1e9 else "warning", "at": at, "subject": subject,
                    "value": cost / 1e9, "limit": limit}
            pct = ratio(row["failed"], row["calls"], 100.0)
            if data.has("status") and row["calls"] >= 30 and pct > 10:
                alerts["error_rate", subject] = {
                    "rule": "error_rate", "level": "critical" if pct > 20 else "warning", "at": at, "subject": subject, "value": pct, "limit": 10.0}
    rows, _, _ = costly_customers(data)
    for row in rows.rows:
        level = "critical" if row["passed"] >= 100 else "warning" if row["passed"] >= 80 else "info"
        alerts["customer_over_price", row["customer_id"]] = {
            "rule": "customer_over_price", "level": level, "at": data.end, "subject": row["customer_id"], "value": row["pct"], "limit": float(row["passed"])}
    return alerts


def alert(data, row):
    return {}


def costly_customers(data):
    """Customers whose cost passes 50, 80 or 100 % of their price, prorated to the days subscribed within the window."""
    if hasattr(data, "costly"):
        return data.costly
    data.costly = (Rows(["customer_id"], []), None, None)
    if not data.has("customer_id", "timestamp") or not data.has_cost or data.first is None or data.days < 7:
        return data.costly
    prices, days, source = {}, {}, None
    if data.subscriptions is not None:
        source = "subscriptions"
        for period in data.subscriptions:
            length = (min(period["valid_to"], data.last) - max(period["valid_from"], data.first)) / DAY
            if length > 0:
                days[period["customer"]] = days.get(period["customer"], 0) + length
                prices[period["customer"]] = prices.get(period["customer"], 0) + period["price"] * length / MONTH_DAYS
    elif data.has("tier_price_usd"):
        source = "tier_price_usd"
        for row in data.all("select customer_id, arg_max(tier_price, n) as price, min(hour) as first from calls where tier_price is not null group by 1"):
            days[row["customer_id"]] = (data.last - max(row["first"] * HOUR, data.first)) / DAY
            prices[row["customer_id"]] = row["price"] * days[row["customer_id"]] / MONTH_DAYS
    else:
        return data.costly
    rows = []
    for row in data.all("select customer_id, coalesce(sum(cost), 0)::hugeint as cost from calls group by 1"):
        name, cost = row["customer_id"], int(row["cost"])
        if cost > 0 and prices.get(name, 0) > 0 and days[name] >= 7:
            pct = cost * 100 / prices[name]
            mark = next((mark for mark in (100, 80, 50) if pct >= mark), None)
            if mark:
                rows.append({
                    "customer_id": name, "cost_usd": usd(cost), "prorated_price_usd": Near(prices[name] / 1e9, NANO, "one rounding"), "pct": pct, "passed": mark})
    data.costly = (Rows(["customer_id"], rows), sum(row["passed"] == 100 for row in rows), source)
    return data.costly


def event(data, row):
    """A cost event's cost at constant prices within its hours: of one customer, or of all without what customers' own events make."""
    wanted = {name: MODELLED for name in ["start", "end", "detected_at", "expected_usd", "p_value", "parts"]}
    low, high = bounds(data, row)
    span = (high - low) // HOUR
    hours = [hour for hour in constant_hours(data) if low <= hour["hour"] * HOUR < high]
    name = row["customer_id"]
    if name is None:
        wanted["customer_id"] = None
        wanted["hours"] = span
        own = [other for other in data.found["findings"]["cost_events"] if other["customer_id"] is not None and overlap(data, other, low, high)]
        wanted["cost_usd"] = at_constant_prices(hours)
        if own:
            # Which of a customer's hours were flagged is the detector's choice, so that this is an interval.
            total = sum(int(hour["cost"]) for hour in hours) * 1e-9
            most = sum(float(other["excess_usd"]) for other in own)
            wanted["cost_usd"] = Near(total - most / 2, most / 2 + 1e-6, "hours that customers' own events take out")
    else:
        scales = {hour["hour"]: hour["cost"] / hour["recorded"] if hour["recorded"] else 1.0 for hour in hours}
        spent = data.all(
            """select customer_id, hour, sum(cost)::hugeint as cost from calls
               where customer_id = ? and ts >= ? and ts < ? group by 1, 2""", name, low, high)
        wanted["customer_id"] = spent[0]["customer_id"] if spent else None
        total = sum(int(hour["cost"]) * scales[hour["hour"]] for hour in spent) * 1e-9
        flagged = int(row["hours"])
        if flagged == span:
            wanted["hours"] = span
            wanted["cost_usd"] = Near(total, 1e-6 * total, "hours brought to constant prices by their whole")
        else:
            wanted["hours"] = Near(span / 2, span / 2, "hours that a detector flags")
            wanted["cost_usd"] = Near(total / 2, total / 2 + 1e-6, "hours that a detector flags")
    wanted["excess_usd"] = row["cost_usd"] - row["expected_usd"]
    return wanted


def bounds(data, row):
    found = data.one("select epoch_us(cast(? as timestamp)) as low, epoch_us(cast(? as timestamp)) as high", row["start"], row["end"])
    return int(found["low"]), int(found["high"])


def overlap(data, row, low, high):
    start, end = bounds(data, row)
    return start < high and low < end


# Abuse

def abuse_detection(data):
    customers = data.all(f"select customer_id, {data.SUMS} from calls group by 1") if data.has("customer_id") else []
    timed = data.has("customer_id", "timestamp")
    limited = data.all(
        """select customer_id, hour, count(*) as calls, count(*) filter (error_type = 'rate_limit') as errors from calls where ts is not null
           group by 1, 2 having count(*) filter (error_type = 'rate_limit') > 10""") if timed else []
    found = Unchecked("cases of a detector")
    findings = {
        "start": data.start, "end": data.end, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "customers": len(customers) if timed else 0,
        "tested_customers": MODELLED, "level": 0.0025, "false_discovery_rate": 0.01, "cases": Each(lambda row: case(data, row)), "cost_at_stake_usd": found,
        "limited_hours": Rows(["customer_id", "hour"], [
            {"customer_id": row["customer_id"], "hour": data.instant(row["hour"] * HOUR), "rate_limit_errors": row["errors"], "calls": row["calls"],
             "critical": row["errors"] > 50} for row in limited]),
        "by_customer": Among(["customer_id"], [
            {**data.base({"customer_id": row["customer_id"]}, row), **{name: MODELLED for name in ["tested_days", "tests", "p_value", "cases"]}} for row in customers]),
    }
    summary = {
        "total_calls": data.calls, "total_cost_usd": usd(data.cost), "cases": found, "critical_cases": found, "cost_at_stake_usd": found,
        "precision": Unchecked("score against the truth"), "recall": Unchecked("score against the truth")}
    return summary, findings


def case(data, row):
    """What a case's customer did within its time."""
    wanted = {name: MODELLED for name in [
        "customer_id", "kind", "severity", "start", "end", "detected_at", "hours", "p_value", "expected_calls", "expected_cost_usd", "cost_at_stake_usd",
        "regions", "new_regions", "times_tier_median", "subscription_tier", "evidence"]}
    sums = data.one(
        """select count(*) as calls, count(*) filter (error_type = 'rate_limit') as errors, coalesce(sum(cost), 0)::hugeint as cost, list_sort(list(distinct region)) as regions
           from calls where customer_id = ? and ts >= epoch_us(cast(? as timestamp)) and ts < epoch_us(cast(? as timestamp))""",
        row["customer_id"], row["start"], row["end"])
    return {**wanted, "calls": sums["calls"], "rate_limit_errors": sums["errors"], "cost_usd": usd(sums["cost"])}
