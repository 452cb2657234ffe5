"""The figures of the thirteen analyzers that are sums, counts, shares or percentiles of rows, as SQL that DuckDB and Polars both
take, and where `finops-lab analyze --format json` has the same ones.

Detectors, forecasts, resampled intervals, repricing and statements to the cent have no counterpart in a query: what rivals are
measured with is the easier part of the work.
"""

SUMS = "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens"
LATENCY = (
    "count(*) as calls, quantile_disc(latency_ms, 0.5) as p50_latency_ms, quantile_disc(latency_ms, 0.95) as p95_latency_ms, "
    "quantile_disc(latency_ms, 0.99) as p99_latency_ms"
)


def grouped(keys, figures):
    return f"select {keys}, {figures} from usage group by {keys}"


# Name, SQL, and, where findings hold the same rows: analyzer, list, key columns, figures that must agree.
QUERIES = [
    ("understanding by provider", grouped("provider", SUMS), ("understanding", "by_provider", ["provider"], ["calls", "cost_usd", "input_tokens"])),
    ("understanding by model", grouped("provider, model", SUMS), ("understanding", "by_model", ["provider", "model"], ["calls", "cost_usd"])),
    ("understanding by feature", grouped("feature_id", SUMS), ("understanding", "by_feature", ["feature_id"], ["calls", "cost_usd"])),
    ("understanding by product", grouped("product_id", SUMS), ("understanding", "by_product", ["product_id"], ["calls", "cost_usd"])),
    ("understanding by organization", grouped("organization_id", SUMS), ("understanding", "by_organization", ["organization_id"], ["calls", "cost_usd"])),
    ("understanding by customer", grouped("customer_id", SUMS), ("understanding", "by_customer", ["customer_id"], ["calls", "cost_usd", "output_tokens"])),
    ("understanding by region", grouped("region", SUMS), ("understanding", "by_region", ["region"], ["calls", "cost_usd"])),
    ("understanding by hour", grouped("hour", SUMS), None),
    ("understanding by day and provider", grouped("day, provider", SUMS), None),
    ("dataset by archetype", grouped("customer_archetype", SUMS), ("dataset_overview", "by_archetype", ["customer_archetype"], ["calls", "cost_usd"])),
    ("dataset by error type", grouped("error_type", "count(*) as calls"), ("dataset_overview", "by_error_type", ["error_type"], ["calls"])),
    ("dataset by finish reason", grouped("finish_reason", "count(*) as calls"), ("dataset_overview", "by_finish_reason", ["finish_reason"], ["calls"])),
    ("dataset customers by model", grouped("provider, model", "count(distinct customer_id) as customers"),
     ("dataset_overview", "by_model", ["provider", "model"], ["customers"])),
    ("dataset distinct ids", "select count(*) as calls, count(distinct call_id) as ids from usage", None),
    ("dataset token quantiles", "select quantile_disc(input_tokens, 0.5) as p50, quantile_disc(input_tokens, 0.99) as p99, "
     "quantile_disc(output_tokens, 0.5) as o50, quantile_disc(output_tokens, 0.99) as o99 from usage", None),
    ("performance by provider", grouped("provider", LATENCY), ("performance", "by_provider", ["provider"], ["calls", "p95_latency_ms"])),
    ("performance by model", grouped("provider, model", LATENCY), ("performance", "by_model", ["provider", "model"], ["calls", "p50_latency_ms", "p99_latency_ms"])),
    ("performance by feature", grouped("feature_id", LATENCY), ("performance", "by_feature", ["feature_id"], ["calls", "p95_latency_ms"])),
    ("performance by hour", grouped("hour", "quantile_disc(latency_ms, 0.95) as p95_latency_ms"), None),
    ("geographic by region and provider", grouped("region, provider", LATENCY),
     ("geographic_latency", "by_region_and_provider", ["region", "provider"], ["calls", "p95_latency_ms"])),
    ("tokens by class, tier and feature", grouped("provider, model, feature_id, service_tier, error_type",
     "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens, sum(cached_input_tokens) as cached, "
     "sum(cache_write_tokens) as written, sum(output_tokens) as output_tokens, sum(reasoning_tokens) as reasoning"), None),
    ("tokens, sizes by feature", grouped("feature_id", "quantile_disc(input_tokens, 0.25) as p25, quantile_disc(input_tokens, 0.5) as p50, "
     "quantile_disc(input_tokens, 0.75) as p75, quantile_disc(output_tokens, 0.5) as o50"), None),
    ("optimization, load by hour and model", grouped("hour, provider, model", SUMS), None),
    ("alignment", grouped("organization_id, product_id, feature_id, provider, model", SUMS), None),
    ("alignment by organization and day", grouped("organization_id, day", SUMS), None),
    ("features by customer", grouped("feature_id, customer_id", "count(*) as calls, sum(cost_usd) as cost_usd, count(distinct day) as days"), None),
    ("profitability by customer and tier", grouped("customer_id, subscription_tier", "count(*) as calls, sum(cost_usd) as cost_usd, max(tier_price_usd) as price"), None),
    ("pricing by customer and day", grouped("customer_id, day", "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens"), None),
    ("churn by customer and week", grouped("customer_id, week", "count(*) as calls"), None),
    ("abuse and realtime by customer and hour", grouped("customer_id, hour", SUMS + ", count(distinct region) as regions"), None),
]


def differences(findings, name, place, rows):
    """What of a query's rows differs from the findings; amounts may differ by what sums of floats lose."""
    analyzer, table, keys, figures = place
    own = {}
    for row in findings["analyzers"][analyzer]["findings"][table]:
        own[tuple(str(row[key]) for key in keys)] = row
    found = []
    for row in rows:
        key = tuple("" if row[key] is None else str(row[key]) for key in keys)
        mine = own.pop(key, None)
        if mine is None:
            found.append(f"{name}: findings lack {key}")
            continue
        for figure in figures:
            expected, got = float(row[figure]), float(mine[figure])
            if abs(expected - got) > 1e-9 * max(1.0, abs(expected)):
                found.append(f"{name} {key}: {figure} is {got} in the findings, {expected} by the query")
    return found + [f"{name}: the query lacks {key}" for key in own]
