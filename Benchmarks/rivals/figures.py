"""The figures of the thirteen analyzers that are sums, counts, shares or percentiles of rows, as SQL that DuckDB and Polars both
take, and where `finops-lab analyze --format json` has the same ones.

Detectors, forecasts, resampled intervals, repricing and statements to the cent have no counterpart in a query: what rivals are
measured with is the easier part of the work.
"""
import datetime
from collections import namedtuple

Place = namedtuple("Place", "analyzer table keys figures among", defaults=[False])
Place.__doc__ = """Where findings hold a query's rows, or sums of them over fewer keys.

A key or figure is a name, or the findings' name (dots lead into members) and the query's. `ROWS` is the number of a query's rows
that were summed. With `among`, findings list only some of the rows (whole weeks, hours over a limit, or nothing of a short file).
"""
ROWS = "number of rows"

SUMS = "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens"
LATENCY = (
    "count(*) as calls, quantile_disc(latency_ms, 0.5) as p50_latency_ms, quantile_disc(latency_ms, 0.95) as p95_latency_ms, "
    "quantile_disc(latency_ms, 0.99) as p99_latency_ms"
)


def grouped(keys, figures):
    return f"select {keys}, {figures} from usage group by {keys}"


# Name, SQL, and the places of the same figures in the findings.
QUERIES = [
    ("understanding by provider", grouped("provider", SUMS), [Place("understanding", "by_provider", ["provider"], ["calls", "cost_usd", "input_tokens"])]),
    ("understanding by model", grouped("provider, model", SUMS), [Place("understanding", "by_model", ["provider", "model"], ["calls", "cost_usd"])]),
    ("understanding by feature", grouped("feature_id", SUMS), [Place("understanding", "by_feature", ["feature_id"], ["calls", "cost_usd"])]),
    ("understanding by product", grouped("product_id", SUMS), [Place("understanding", "by_product", ["product_id"], ["calls", "cost_usd"])]),
    ("understanding by organization", grouped("organization_id", SUMS), [Place("understanding", "by_organization", ["organization_id"], ["calls", "cost_usd"])]),
    ("understanding by customer", grouped("customer_id", SUMS), [Place("understanding", "by_customer", ["customer_id"], ["calls", "cost_usd", "output_tokens"])]),
    ("understanding by region", grouped("region", SUMS), [Place("understanding", "by_region", ["region"], ["calls", "cost_usd"])]),
    ("understanding by hour", grouped("hour", SUMS),
     [Place("understanding", "by_hour", ["hour"], ["calls", "cost_usd", "output_tokens"])]),
    ("understanding by day and provider", grouped("day, provider", SUMS),
     [Place("understanding", "by_day", ["day"], ["calls", "cost_usd", "input_tokens"])]),
    ("dataset by archetype", grouped("customer_archetype", SUMS), [Place("dataset_overview", "by_archetype", ["customer_archetype"], ["calls", "cost_usd"])]),
    ("dataset by error type", grouped("error_type", "count(*) as calls"), [Place("dataset_overview", "by_error_type", ["error_type"], ["calls"])]),
    ("dataset by finish reason", grouped("finish_reason", "count(*) as calls"), [Place("dataset_overview", "by_finish_reason", ["finish_reason"], ["calls"])]),
    ("dataset customers by model", grouped("provider, model", "count(distinct customer_id) as customers"),
     [Place("dataset_overview", "by_model", ["provider", "model"], ["customers"])]),
    ("dataset distinct ids", "select count(*) as calls, count(distinct call_id) as ids from usage", []),
    ("dataset token quantiles", "select quantile_disc(input_tokens, 0.5) as p50, quantile_disc(input_tokens, 0.99) as p99, "
     "quantile_disc(output_tokens, 0.5) as o50, quantile_disc(output_tokens, 0.99) as o99 from usage", []),
    ("performance by provider", grouped("provider", LATENCY), [Place("performance", "by_provider", ["provider"], ["calls", "p95_latency_ms"])]),
    ("performance by model", grouped("provider, model", LATENCY), [Place("performance", "by_model", ["provider", "model"], ["calls", "p50_latency_ms", "p99_latency_ms"])]),
    ("performance by feature", grouped("feature_id", LATENCY), [Place("performance", "by_feature", ["feature_id"], ["calls", "p95_latency_ms"])]),
    ("performance by hour", grouped("hour", "quantile_disc(latency_ms, 0.95) as p95_latency_ms"),
     [Place("performance", "by_hour", [("start", "hour")], ["p95_latency_ms"])]),
    ("geographic by region and provider", grouped("region, provider", LATENCY),
     [Place("geographic_latency", "by_region_and_provider", ["region", "provider"], ["calls", "p95_latency_ms"])]),
    ("tokens by class, tier and feature", grouped("provider, model, feature_id, service_tier, error_type",
     "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens, sum(cached_input_tokens) as cached, "
     "sum(cache_write_tokens) as written, sum(output_tokens) as output_tokens, sum(reasoning_tokens) as reasoning"),
     [Place("token_economics", "by_model", ["provider", "model"], ["calls", "cost_usd", "input_tokens", "output_tokens"]),
      Place("token_economics", "tokens", [], [("cached_input", "cached"), ("cache_write", "written"), ("output", "output_tokens"), "reasoning"])]),
    ("tokens, sizes by feature", grouped("feature_id", "quantile_disc(input_tokens, 0.25) as p25, quantile_disc(input_tokens, 0.5) as p50, "
     "quantile_disc(input_tokens, 0.75) as p75, quantile_disc(output_tokens, 0.5) as o50"),
     [Place("token_economics", "by_feature", ["feature_id"],
            [("input.p25", "p25"), ("input.p50", "p50"), ("input.p75", "p75"), ("output.p50", "o50")])]),
    ("optimization, load by hour and model", grouped("hour, provider, model", SUMS),
     [Place("optimization", "by_model", ["provider", "model"], ["calls", "cost_usd", "input_tokens", "output_tokens"])]),
    ("alignment", grouped("organization_id, product_id, feature_id, provider, model", SUMS),
     [Place("alignment", "organization_products", ["organization_id", "product_id"], ["calls", "cost_usd"])]),
    ("alignment by organization and day", grouped("organization_id, day", SUMS),
     [Place("alignment", "by_organization", ["organization_id"], ["calls", "cost_usd", "input_tokens", "output_tokens"])]),
    ("features by customer", grouped("feature_id, customer_id", "count(*) as calls, sum(cost_usd) as cost_usd, count(distinct day) as days"),
     [Place("features", "by_feature", ["feature_id"], ["calls", "cost_usd", ("customers", ROWS)])]),
    ("profitability by customer and tier", grouped("customer_id, subscription_tier", "count(*) as calls, sum(cost_usd) as cost_usd, max(tier_price_usd) as price"),
     [Place("profitability", "by_customer", ["customer_id"], ["calls", "cost_usd"])]),
    ("pricing by customer and day", grouped("customer_id, day", "count(*) as calls, sum(cost_usd) as cost_usd, sum(input_tokens) as input_tokens"),
     [Place("pricing", "by_customer", ["customer_id"], ["calls", "cost_usd", "input_tokens"], among=True)]),
    ("churn by customer and week", grouped("customer_id, week", "count(*) as calls"),
     [Place("churn_growth", "by_week", [("start", "week")], ["calls", ("active_customers", ROWS)], among=True)]),
    ("abuse and realtime by customer and hour", grouped("customer_id, hour", SUMS + ", count(distinct region) as regions, "
     "sum(case when error_type = 'rate_limit' then 1 else 0 end) as limited"),
     [Place("realtime", "by_hour", ["hour"], ["calls", "cost_usd"]),
      Place("abuse_detection", "limited_hours", ["customer_id", "hour"], ["calls", ("rate_limit_errors", "limited")], among=True)]),
]


def compare(findings, name, place, rows):
    """How many figures of a place were compared with a query's rows, and what differs; amounts may differ by what sums of floats lose."""
    keys = [key if isinstance(key, tuple) else (key, key) for key in place.keys]
    figures = [figure if isinstance(figure, tuple) else (figure, figure) for figure in place.figures]
    wanted = summed(rows, [query for _, query in keys], [query for _, query in figures])
    table = findings["analyzers"][place.analyzer]["findings"].get(place.table)
    if table is None:
        return 0, [f"{name}: the findings of {place.analyzer} have no {place.table}"]
    compared, found = 0, []
    for row in [table] if isinstance(table, dict) else table:
        key = tuple(text(member(row, own)) for own, _ in keys)
        expected = wanted.pop(key, None)
        if expected is None:
            # Customers who made no call stand in the findings with zeros.
            if row.get("calls") != 0:
                found.append(f"{name}: the query lacks {key}")
            continue
        for own, query in figures:
            got, sum_of_rows = member(row, own), float(expected[query])
            compared += 1
            if got is None or abs(sum_of_rows - float(got)) > 1e-9 * max(1.0, abs(sum_of_rows)):
                found.append(f"{name} {key}: {own} is {got} in the findings of {place.analyzer}, {sum_of_rows} by the query")
    return compared, found + ([] if place.among else [f"{name}: the findings of {place.analyzer} lack {key}" for key in wanted])


def summed(rows, keys, figures):
    """A query's rows by some of its keys, figures added up where several rows share them."""
    sums = {}
    for row in rows:
        key = tuple(text(row[name]) for name in keys)
        kept = sums.setdefault(key, dict.fromkeys(figures, 0))
        for figure in figures:
            kept[figure] += 1 if figure == ROWS else row[figure]
    return sums


def member(row, path):
    """A member of a row, or of its members."""
    for name in path.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def text(value):
    """A key as both sides write it: nothing is an empty text, a day its first instant."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    written = "" if value is None else str(value).replace(".000000Z", "Z")
    return written + "T00:00:00Z" if len(written) == 10 and written[4:5] + written[7:8] == "--" else written
