#!/usr/bin/env python3
"""Token classes, sizes, charges and tag coverage of a usage CSV by plain SQL, as an independent check of the analyzers.

Usage: duckdb_costs.py calls.csv
Prints one JSON object: name -> list of rows of texts.
"""
import json
import sys

import duckdb

connection = duckdb.connect()
connection.execute(
    "create table calls as select * from read_csv(?, header = true, all_varchar = true)", [sys.argv[1]]
)
NANODOLLARS = "sum(cast(cost_usd as decimal(27, 9)) * 1000000000)::hugeint::varchar"
RANKED = """
  select feature_id, input_tokens::bigint as input,
         row_number() over (partition by feature_id order by input_tokens::bigint) as place,
         count(*) over (partition by feature_id) as n
  from calls
"""
QUERIES = {
    "ledger_by_tier": """
        select service_tier,
               sum(input_tokens::bigint - cached_input_tokens::bigint - cache_write_tokens::bigint)::varchar,
               sum(cached_input_tokens::bigint)::varchar, sum(cache_write_tokens::bigint)::varchar,
               sum(output_tokens::bigint - reasoning_tokens::bigint)::varchar, sum(reasoning_tokens::bigint)::varchar
        from calls group by 1""",
    # The nearest rank: the value at position ceil(p n).
    "quartiles": f"""
        select feature_id,
               max(input) filter (place = ceil(n / 4.0))::varchar, max(input) filter (place = ceil(n / 2.0))::varchar,
               max(input) filter (place = ceil(n * 3 / 4.0))::varchar,
               max(input) filter (place = ceil(n * 99 / 100.0))::varchar
        from ({RANKED}) group by 1""",
    "long_prompts": f"""
        with ranked as ({RANKED}),
             tails as (select feature_id, max(input) filter (place = ceil(n * 99 / 100.0)) as tail from ranked group by 1)
        select feature_id, count(*)::varchar, sum(input - tail)::varchar
        from ranked join tails using (feature_id) where input > tail group by 1""",
    "lines": f"""
        select organization_id, product_id, feature_id, provider, model, count(*)::varchar,
               sum(input_tokens::bigint + output_tokens::bigint)::varchar
        from calls group by 1, 2, 3, 4, 5""",
    "by_organization": f"select organization_id, count(*)::varchar, {NANODOLLARS} from calls group by 1",
    "tagged": f"""
        select 'team', {NANODOLLARS} from calls
        where coalesce(json_extract_string(metadata, '$.team'), '') <> ''""",
}
result = {}
for name, query in QUERIES.items():
    result[name] = [[str(value) for value in row] for row in connection.execute(query).fetchall()]
print(json.dumps(result))
