"""The calls of a usage CSV in DuckDB, priced by the price book, with the subscriptions and settings that lie beside it."""
import json
import os
from decimal import Decimal
from fractions import Fraction

import duckdb

HOUR = 3_600_000_000
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH_DAYS = 30.4375
MONTH = 2_629_800_000_000
CLASSES = ["input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning"]
STAND_INS = {"cached_input": "input", "cache_write": "input", "cache_write_1h": "cache_write", "reasoning": "output"}
TIERS = ["standard", "batch", "flex", "priority"]
BILLING = {"timeout": "full", "rate_limit": "free", "auth_error": "free", "server_error": "free"}

TEXTS = {
    "organization_id": "organization_id", "product_id": "product_id", "feature_id": "feature_id",
    "customer_id": "customer_id", "customer_archetype": "customer_archetype",
    "subscription_tier": "subscription_tier", "provider": "provider", "model": "model", "region": "region",
    "status": "status", "error_type": "error_type", "metadata": "metadata", "service_tier": "service_tier",
    "environment": "environment", "finish_reason": "finish_reason", "call_id": "call_id", "retry_of": "retry_of",
}
NUMBERS = {
    "input_tokens": "input", "output_tokens": "output", "total_tokens": "total", "cached_input_tokens": "cached",
    "cache_write_tokens": "written", "cache_write_1h_tokens": "written_1h", "reasoning_tokens": "thought",
    "cacheable_input_tokens": "cacheable",
}
# Decimal numbers that become whole ones: nanodollars and microseconds.
SCALED = {"cost_usd": ("cost", 9), "tier_price_usd": ("tier_price", 9), "latency_ms": ("latency", 3), "ttft_ms": ("first_token", 3)}


def half_even(numerator, denominator):
    """A quotient of whole numbers, at least 0 and above 0, rounded half to even."""
    return round(Fraction(int(numerator), int(denominator)))


def allocated(amount, weights):
    """Whole units over weights by largest remainder; evenly where all weigh nothing."""
    if not weights:
        return []
    if not any(weights):
        weights = [1] * len(weights)
    total, sign = sum(weights), -1 if amount < 0 else 1
    parts = [abs(amount) * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(abs(amount) * weights[index] % total), index))
    for index in order[: abs(amount) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def nearest_rank(values, share):
    """The value at position ⌈p·n⌉ of sorted values."""
    if not values:
        return None
    position = -(-Fraction(share).limit_denominator(10000) * len(values) // 1)
    return values[min(max(int(position), 1), len(values)) - 1]


class Data:
    def __init__(self, csv, book_path, threads=2):
        self.sql = duckdb.connect(config={"threads": threads})
        self.sql.execute("set error_on_division_by_zero = false")
        # The value at position ⌈p·n⌉ of a sorted list, p in ten thousandths.
        self.sql.execute("create macro rank(l, p) as l[greatest(1, (len(l) * p + 9999) // 10000)]")
        stem = csv[:-4] if csv.endswith(".csv") else csv
        record = json.load(open(stem + ".run.json")) if os.path.exists(stem + ".run.json") else None
        self.record = record
        self.book = record["prices"] if record else json.load(open(book_path))
        self.settings = record["scenario"]["analysis"] if record else {}
        self.budgets = record["scenario"].get("budgets", []) if record else []
        self.scenario = record["scenario"] if record else {}
        self.path = csv
        self.load(csv)
        self.subscriptions = self.load_subscriptions(stem + ".customers.csv")
        self.has_prices = self.price()
        self.measure()

    # Helpers

    def has(self, *columns):
        return all(column in self.columns for column in columns)

    def all(self, query, *parameters):
        """The rows of a query as dictionaries."""
        cursor = self.sql.execute(query, list(parameters))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def one(self, query, *parameters):
        return self.all(query, *parameters)[0]

    def setting(self, name, default):
        value = self.settings.get(name)
        return default if value is None else value

    def instant(self, microseconds):
        return None if microseconds is None else self.one(
            "select strftime(make_timestamp(?), '%Y-%m-%dT%H:%M:%S.%f') || 'Z' as t", int(microseconds))["t"]

    def date(self, day):
        return self.one("select strftime(make_timestamp(?), '%Y-%m-%d') as t", int(day) * DAY)["t"]

    # Loading

    def load(self, csv):
        self.sql.execute(
            """create view file as select * from read_csv(?, header = true, all_varchar = true, delim = ',',
               quote = '"', escape = '"', null_padding = false)""".replace("?", "'" + csv.replace("'", "''") + "'"))
        names = [row["column_name"] for row in self.all("describe file")]
        self.columns = [name for name in names if name in TEXTS or name in NUMBERS or name in SCALED or name == "timestamp"]
        self.unknown = [name for name in names if name not in self.columns]
        parts = []
        parts.append("epoch_us(cast(timestamp as timestamp)) as ts" if "timestamp" in names else "null::bigint as ts")
        for column, name in TEXTS.items():
            parts.append((f"coalesce({column}, '')" if column in names else "''") + f" as {name}")
        for column, name in NUMBERS.items():
            parts.append((f"cast({column} as bigint)" if column in names else "null::bigint") + f" as {name}")
        for column, (name, digits) in SCALED.items():
            parts.append(
                (f"(cast({column} as decimal(27, {digits})) * {10 ** digits})::bigint" if column in names else "null::bigint")
                + f" as {name}")
        self.sql.execute(f"create table raw as select {', '.join(parts)} from file")

    def load_subscriptions(self, path):
        """The subscription periods in the order of the file; nothing without the file."""
        if not os.path.exists(path):
            return None
        return self.all(
            f"""select customer_id as customer, organization_id as organization, customer_archetype as archetype,
                       subscription_tier as tier, (cast(tier_price_usd as decimal(27, 9)) * 1000000000)::bigint as price,
                       epoch_us(cast(valid_from as timestamp)) as valid_from, epoch_us(cast(valid_to as timestamp)) as valid_to,
                       epoch_us(cast(signed_up as timestamp)) as signed_up
                from read_csv('{path}', header = true, all_varchar = true)""")

    # Prices

    def slots(self):
        """The book as rows: a model's name, tier, span of time and of input, and the price of each class in half femtodollars."""
        terms = {terms["id"]: terms for terms in self.book.get("providers", [])}
        rows = []
        for number, model in enumerate(self.book["models"]):
            own = terms.get(model["provider"], {})
            paid = 1_000_000 - int(Decimal(str(own.get("discount_percent", 0))) * 10_000)
            prices = model["prices"]
            for place, row in enumerate(prices):
                start = self.moment(row.get("from"))
                end = self.moment(row.get("to"))
                if end is None and place + 1 < len(prices):
                    end = self.moment(prices[place + 1].get("from"))
                for low, high, chain in self.bands(row):
                    for tier in TIERS:
                        rates = [self.rate(name, tier, chain, row) for name in CLASSES]
                        for name in [model["model"]] + model.get("aliases", []):
                            rows.append([
                                len(rows), number, model["provider"], name, tier, start, end, low, high, paid,
                                place + 1 == len(prices), model.get("class"), *rates])
        return rows

    def moment(self, text):
        return None if text is None else self.one("select epoch_us(cast(? as timestamp)) as t", text)["t"]

    @staticmethod
    def bands(row):
        """Bounds of input, the lower exclusive and the upper inclusive, with the rows that state prices there, nearest first."""
        if "tiered" in row:
            ranges = row["tiered"]
            for index, band in enumerate(ranges):
                low = -1 if index == 0 else band["range"][0]
                yield low, None if index + 1 == len(ranges) else band["range"][1], [band, row]
            return
        limits = [(-1, row)]
        for above in row.get("above", []):
            limits.append((above["input_tokens"] - (1 if above.get("inclusive") else 0), above))
        for index, (low, _) in enumerate(limits):
            high = limits[index + 1][0] if index + 1 < len(limits) else None
            yield low, high, [limits[place][1] for place in range(index, -1, -1)]

    @staticmethod
    def rate(name, tier, chain, row):
        """The price of a class in half femtodollars per token."""
        per = row.get("per", 1_000_000)

        def exact(price, halves):
            femto = round(Fraction(Decimal(str(price))) * 10 ** 15 / per)
            return femto * 2 // (2 if halves else 1)

        wanted = name
        while True:
            for source in chain:
                if tier != "standard" and wanted in source.get("tiers", {}).get(tier, {}):
                    return exact(source["tiers"][tier][wanted], False)
                if wanted in source:
                    return exact(source[wanted], tier == "batch")
            if wanted not in STAND_INS:
                return None
            wanted = STAND_INS[wanted]

    def price(self):
        """Makes the table `calls`: every call with its slot (or none), its tokens by class, what is billed, and its parts."""
        self.sql.execute(
            """create table slots (slot integer, model_number integer, provider text, model text, tier text, valid_from bigint,
               valid_to bigint, low bigint, high bigint, paid bigint, is_latest boolean, class text,
               p0 bigint, p1 bigint, p2 bigint, p3 bigint, p4 bigint, p5 bigint)""")
        rows = self.slots()
        self.sql.executemany("insert into slots values (" + ", ".join("?" * 18) + ")", rows)
        rules = []
        terms = {terms["id"]: terms for terms in self.book.get("providers", [])}
        for provider in {model["provider"] for model in self.book["models"]}:
            own = {**BILLING, **terms.get(provider, {}).get("bill_errors", {})}
            rules += [[provider, error, rule] for error, rule in own.items()]
        self.sql.execute("create table rules (provider text, error_type text, rule text)")
        self.sql.executemany("insert into rules values (?, ?, ?)", rules)
        priceable = "c.input is not null and c.output is not null"
        self.sql.execute(
            f"""create table calls as
            with numbered as (
                select row_number() over () - 1 as n, *,
                       (status = 'error' or error_type <> '') as failed,
                       case when service_tier = '' then 'standard' else service_tier end as priced_tier,
                       greatest(coalesce(cached, 0), 0) as t1, greatest(coalesce(written, 0), 0) as t2,
                       greatest(coalesce(written_1h, 0), 0) as t3,
                       least(greatest(coalesce(thought, 0), 0), output) as t5
                from raw),
            classed as (
                select *, input - t1 - t2 - t3 as t0, output - t5 as t4,
                       ts // {HOUR} as hour, ts // {DAY} as day,
                       case when error_type = '' then 'success'
                            when error_type in ('timeout', 'rate_limit', 'auth_error', 'server_error') then error_type
                            else 'server_error' end as outcome
                from numbered),
            slotted as (
                select c.*, s.slot, s.model_number, s.p0, s.p1, s.p2, s.p3, s.p4, s.p5, s.paid,
                       l.slot as latest, l.model_number as latest_number, l.class as latest_class,
                       l.p0 as q0, l.p1 as q1, l.p2 as q2, l.p3 as q3, l.p4 as q4, l.p5 as q5, l.paid as latest_paid
                from classed c
                left join slots s on {priceable} and s.provider = c.provider and s.model = c.model and s.tier = c.priced_tier
                     and (s.valid_from is null or c.ts >= s.valid_from)
                     and (s.valid_to is null or coalesce(c.ts < s.valid_to, s.valid_from is null))
                     and c.input > s.low and (s.high is null or c.input <= s.high)
                left join slots l on {priceable} and l.provider = c.provider and l.model = c.model and l.tier = c.priced_tier
                     and l.is_latest and c.input > l.low and (l.high is null or c.input <= l.high)),
            ruled as (
                select c.*, case when c.outcome = 'success' then 'full' else coalesce(r.rule, 'full') end as rule
                from slotted c left join rules r on r.provider = c.provider and r.error_type = c.outcome),
            weighted as (
                select *,
                       (t0 * p0::hugeint + t1 * p1::hugeint + t2 * p2::hugeint + t3 * p3::hugeint) as win,
                       (t4 * p4::hugeint + t5 * p5::hugeint) as wout,
                       (t0 * q0::hugeint + t1 * q1::hugeint + t2 * q2::hugeint + t3 * q3::hugeint) as latest_in,
                       (t4 * q4::hugeint + t5 * q5::hugeint) as latest_out
                from ruled)
            select *, {rounded("case rule when 'free' then 0 when 'input' then win else win + wout end * paid", 2_000_000 * 10**6)} as priced_cost,
                   {rounded("case rule when 'free' then 0 when 'input' then latest_in else latest_in + latest_out end * latest_paid", 2_000_000 * 10**6)} as latest_cost,
                   -- Whether the latest cost is no whole number of nanodollars before it is rounded.
                   coalesce((case rule when 'free' then 0 when 'input' then latest_in else latest_in + latest_out end * latest_paid) % {2_000_000 * 10**6} <> 0, false) as is_rounded,
                   case when slot is null or cost is null or cost = 0 then 0
                        when win + wout = 0 then (cost * input) // greatest(1, input + output)
                        when rule = 'input' and win > 0 then cost
                        when rule = 'input' then cost
                        else {rounded("cost::hugeint * win", "(win + wout)")} end as input_cost,
                   coalesce(cost > 0 and rule <> 'input' and 2 * (cost::hugeint * win % (win + wout)) = win + wout, false) as is_tie
            from weighted order by n""")
        return self.one(
            "select exists(select 1 from (select distinct provider, model from calls) c join slots s using (provider, model)) as known")["known"]

    # What every analyzer needs

    def measure(self):
        totals = self.one(
            """select count(*) as calls, count(cost) as costed, coalesce(sum(cost), 0)::hugeint as cost, min(ts) as first, max(ts) as last,
                      coalesce(sum(input), 0)::hugeint as input, coalesce(sum(output), 0)::hugeint as output from calls""")
        self.calls = totals["calls"]
        self.has_cost = self.has("cost_usd") and (self.calls == 0 or totals["costed"] > 0)
        self.cost = int(totals["cost"]) if self.has_cost else None
        self.first, self.last = totals["first"], totals["last"]
        self.input, self.output = int(totals["input"]), int(totals["output"])
        self.has_input, self.has_output = self.has("input_tokens"), self.has("output_tokens")
        self.has_tokens = self.has_input and self.has_output
        # Whether calls can be asked the price of at all; whether any has one is `has_prices`.
        self.asks_prices = self.has_tokens and self.has("provider", "model")
        self.span = 0 if self.first is None else self.last - self.first
        self.days = self.span / DAY
        self.failures = self.has("status") or self.has("error_type")
        self.start, self.end = self.instant(self.first), self.instant(self.last)
        self.whole_days = self.whole(DAY)
        self.whole_hours = self.whole(HOUR)
        self.mondays = []
        if self.whole_days[0] < self.whole_days[1]:
            # Day 4 since 1970 was a Monday.
            monday = self.whole_days[0] + (4 - self.whole_days[0]) % 7
            while monday + 7 <= self.whole_days[1]:
                self.mondays.append(monday)
                monday += 7

    def whole(self, size):
        """The periods into whose first and last 24th the data reach, as [first, end)."""
        if self.first is None:
            return (0, 0)
        low = (self.first + size - 1 - size // 24) // size
        high = (self.last + size // 24) // size
        return (low, max(low, high))

    @property
    def weeks_compared(self):
        """The last k whole weeks against the k before: k and the days where they begin, meet and end."""
        count = len(self.mondays) // 2
        if count < 1:
            return None
        end = self.mondays[-1] + 7
        return count, end - 14 * count, end - 7 * count, end

    def base(self, keys, row):
        """The members that all grouped rows have."""
        from .compare import usd
        input, output = int(row["input"] or 0), int(row["output"] or 0)
        return {
            **keys, "calls": row["calls"], "cost_usd": usd(row["cost"] or 0) if self.has_cost else None,
            "input_tokens": input if self.has_input else None, "output_tokens": output if self.has_output else None,
            "total_tokens": input + output if self.has_tokens else None,
        }

    SUMS = "count(*) as calls, coalesce(sum(cost), 0)::hugeint as cost, coalesce(sum(input), 0)::hugeint as input, coalesce(sum(output), 0)::hugeint as output"


def rounded(numerator, denominator):
    """SQL for a quotient of whole numbers, at least 0, rounded half to even."""
    n, d = f"({numerator})::hugeint", f"({denominator})::hugeint"
    return (
        f"({n} // {d} + case when 2 * ({n} % {d}) > {d} or (2 * ({n} % {d}) = {d} and ({n} // {d}) % 2 = 1) then 1 else 0 end)::bigint")
