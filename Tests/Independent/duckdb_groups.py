#!/usr/bin/env python3
"""Group sums of a usage CSV by plain SQL, as an independent check of the analyzers.

Usage: duckdb_groups.py calls.csv
Prints one JSON object: group name -> list of [keys..., calls, nanodollars, input tokens, output tokens].
"""
import json
import sys

import duckdb

GROUPS = {
    "by_provider": ["provider"],
    "by_model": ["provider", "model"],
    "by_feature": ["feature_id"],
    "by_product": ["product_id"],
    "by_organization": ["organization_id"],
    "by_customer": ["customer_id"],
    "by_region": ["region"],
    "by_tier": ["subscription_tier"],
    "by_environment": ["environment"],
    "by_day": ["substr(timestamp, 1, 10)"],
    "by_hour": ["substr(timestamp, 1, 13) || ':00:00Z'"],
}

connection = duckdb.connect()
connection.execute(
    "create table calls as select * from read_csv(?, header = true, all_varchar = true)", [sys.argv[1]]
)
result = {}
for name, keys in GROUPS.items():
    columns = ", ".join(f"coalesce({key}, '')" for key in keys)
    rows = connection.execute(
        f"""select {columns}, count(*)::bigint,
                   sum(cast(cost_usd as decimal(27, 9)) * 1000000000)::hugeint::varchar,
                   sum(input_tokens::bigint)::varchar, sum(output_tokens::bigint)::varchar
            from calls group by {", ".join(keys)}"""
    ).fetchall()
    result[name] = [[str(value) for value in row] for row in rows]
print(json.dumps(result))
