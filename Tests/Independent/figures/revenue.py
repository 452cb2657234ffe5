"""Profitability, pricing, features and churn: what customers pay, use and do."""
import math
from fractions import Fraction

from .compare import Each, Near, Rows, Unchecked, ratio, usd
from .data import DAY, HOUR, MONTH, MONTH_DAYS, WEEK, allocated, half_even, nearest_rank
from .service import MODELLED, gini
from .spend import NANO, RESAMPLED

NO_CALLS = Unchecked("customers of a file without calls")
NOTHING = {"calls": 0, "cost": 0, "input": 0, "output": 0, "successes": 0}


class Account:
    def __init__(self, name, organization="", archetype="", tier=""):
        self.name, self.organization, self.archetype, self.tier = name, organization, archetype, tier
        self.steps, self.subscribed, self.revenue = [], 0, 0
        self.use = NOTHING

    @property
    def margin(self):
        return self.revenue - self.cost

    @property
    def cost(self):
        return int(self.use["cost"])

    @property
    def calls(self):
        return self.use["calls"]


class Ledger:
    """What every customer paid and used in the window, from the subscriptions or from the tier prices of its rows."""

    def __init__(self, data):
        self.data = data
        self.known = data.has("customer_id", "timestamp") and data.calls > 0
        self.accounts, self.overlaps = [], 0
        if not self.known:
            return
        self.source = "subscription_periods" if data.subscriptions is not None else "tier_price_of_rows" if data.has("tier_price_usd") else "unknown"
        use = {row["customer_id"]: row for row in data.all(
            f"select customer_id, {data.SUMS}, count(*) filter (not failed) as successes from calls group by 1")}
        if data.subscriptions is not None:
            self.subscribe()
        else:
            self.by_rows()
        named = {account.name for account in self.accounts}
        self.accounts += [Account(name) for name in sorted(use) if name not in named]
        for account in self.accounts:
            account.use = use.get(account.name, NOTHING)
        self.accounts = [account for account in self.accounts if account.calls or account.subscribed]
        self.has_revenue = self.source != "unknown"
        self.has_margin = self.has_revenue and data.has_cost and data.days >= 7

    def subscribe(self):
        periods = {}
        for place, period in enumerate(self.data.subscriptions):
            periods.setdefault(period["customer"], []).append((period["valid_from"], period["valid_to"], place, period))
        for name, own in periods.items():
            own = [period for *_, period in sorted(own, key=lambda entry: entry[:3])]
            begun = [period for period in own if period["valid_from"] <= self.data.last]
            last = begun[-1] if begun else own[0]
            account = Account(name, last["organization"], last["archetype"], last["tier"])
            self.add(account, [(period["valid_from"], period["valid_to"], period["price"]) for period in own])
            self.accounts.append(account)

    def by_rows(self):
        """A customer pays the tier price of its rows for the whole window, changed when its rows change it."""
        data = self.data
        places = {row["customer_id"]: row for row in data.all(
            """select customer_id, arg_max(organization_id, (ts, n)) as organization, arg_max(customer_archetype, (ts, n)) as archetype,
                      arg_max(subscription_tier, (ts, n)) as tier from calls group by 1""")}
        changes = {}
        for row in data.all(
            """with runs as (select customer_id, ts, n, tier_price as price, lag(tier_price) over (partition by customer_id order by ts, n) as before
                             from calls where tier_price is not null)
               select customer_id, ts, price from runs where before is null or before <> price order by customer_id, ts, n"""):
            changes.setdefault(row["customer_id"], []).append((row["ts"], row["price"]))
        for name in sorted(places):
            place = places[name]
            account = Account(name, place["organization"], place["archetype"], place["tier"])
            own = changes.get(name, [])
            if self.source == "unknown":
                account.subscribed = data.span
            else:
                self.add(account, [
                    (data.first if index == 0 else moment, own[index + 1][0] if index + 1 < len(own) else data.last, price)
                    for index, (moment, price) in enumerate(own)])
            self.accounts.append(account)

    def add(self, account, steps):
        for index, (low, high, price) in enumerate(steps):
            if index + 1 < len(steps) and steps[index + 1][0] < high:
                self.overlaps += 1
                high = steps[index + 1][0]
            low, high = max(low, self.data.first), min(high, self.data.last)
            if low < high:
                account.steps.append((low, high, price))
                account.subscribed += high - low
                account.revenue += half_even(price * (high - low), MONTH)

    def base(self, account):
        return self.data.base({"customer_id": account.name}, account.use)


def ledger(data):
    if not hasattr(data, "ledger"):
        data.ledger = Ledger(data)
    return data.ledger


def monthly(amount, span):
    """What an amount of a span of time makes in a month, in whole nanodollars."""
    return half_even(amount * MONTH, span) if span > 0 else None


def category(account):
    if account.revenue > 0:
        share = Fraction(account.margin, account.revenue)
        return "high" if share >= Fraction(1, 2) else "medium" if share >= Fraction(1, 5) else "low" if share >= 0 else "unprofitable"
    return "unprofitable" if account.margin < 0 else "low"


# Profitability

def profitability(data):
    book = ledger(data)
    names = ["total_calls", "total_cost_usd", "revenue_usd", "margin_usd", "margin_pct", "customers", "unprofitable_customers", "unprofitable_loss_usd"]
    if data.calls == 0:
        return NO_CALLS, NO_CALLS
    if not book.known or not data.has("cost_usd"):
        return dict.fromkeys(names), None
    accounts = book.accounts
    revenue, cost = sum(account.revenue for account in accounts), sum(account.cost for account in accounts)
    silent = [account for account in accounts if not account.calls]
    rows = customer_rows(data, book)
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": sum(account.calls for account in accounts),
        "total_cost_usd": usd(cost) if data.has_cost else None, "revenue_source": book.source, "revenue_usd": usd(revenue) if book.has_revenue else None,
        "margin_usd": None, "margin_pct": None, "margin_pct_low": RESAMPLED, "margin_pct_high": RESAMPLED, "monthly_revenue_usd": None,
        "monthly_margin_usd": None, "customers": len(accounts), "customers_without_calls": len(silent),
        "revenue_without_calls_usd": usd(sum(account.revenue for account in silent)) if book.has_revenue else None,
        "customers_without_subscription": sum(account.subscribed == 0 for account in accounts) if book.has_revenue else 0,
        "overlapping_periods": book.overlaps, "categories": None, "unprofitable": None, "whale_curve": None, "gini": None, "break_even": None,
        "worst_customers": [], "by_customer": Rows(["customer_id"], rows),
    }
    for name, column, key in [
        ("by_tier", "subscription_tier", "tier"), ("by_archetype", "customer_archetype", "archetype"), ("by_organization", "organization_id", "organization")]:
        findings[name] = Rows([column], group_rows(data, book, rows, column))
    losing = [account for account in accounts if book.has_margin and category(account) == "unprofitable"]
    if book.has_margin:
        add_margins(data, book, rows, revenue, cost, losing, findings)
    loss = sum(monthly(-account.margin, data.span) for account in losing)
    summary = {
        "total_calls": findings["total_calls"], "total_cost_usd": findings["total_cost_usd"], "revenue_usd": findings["revenue_usd"],
        "margin_usd": findings["margin_usd"], "margin_pct": findings["margin_pct"], "customers": len(accounts),
        "unprofitable_customers": len(losing) if book.has_margin else None, "unprofitable_loss_usd": usd(loss) if book.has_margin else None,
    }
    return summary, findings


def customer_rows(data, book):
    medians = tier_medians(data, book) if book.has_margin and data.has_tokens else None
    rows = []
    for account in book.accounts:
        kind = category(account) if book.has_margin else None
        loses = kind == "unprofitable"
        weeks = week_margins(data, account) if loses else None
        rows.append({
            **book.base(account), "organization_id": account.organization, "customer_archetype": account.archetype, "subscription_tier": account.tier,
            "subscribed_days": account.subscribed / DAY, "revenue_usd": usd(account.revenue) if book.has_revenue else None,
            "margin_usd": usd(account.margin) if book.has_margin else None,
            "margin_pct": ratio(account.margin, account.revenue, 100.0) if book.has_margin else None, "category": kind,
            "monthly_loss_usd": usd(monthly(-account.margin, data.span)) if loses else None,
            "split": split(data, account, medians) if loses and medians else None,
            "whole_weeks": len(weeks) if loses else None, "negative_weeks": sum(week < 0 for week in weeks) if loses else None,
            "negative_weeks_pct": ratio(sum(week < 0 for week in weeks), len(weeks), 100.0) if loses else None,
        })
    return rows


def week_margins(data, account):
    """The revenue prorated to each whole ISO week less the cost of its calls, over weeks with either."""
    mondays = data.mondays[-104:]
    if not hasattr(data, "week_costs"):
        data.week_costs = {}
        for row in data.all(f"select customer_id, (day + 3) // 7 as week, coalesce(sum(cost), 0)::hugeint as cost from calls where ts is not null group by 1, 2"):
            data.week_costs.setdefault(row["customer_id"], {})[row["week"] * 7 - 3] = int(row["cost"])
    costs = data.week_costs.get(account.name, {})
    margins = []
    for monday in mondays:
        start, amount, active = monday * DAY, -costs.get(monday, 0), monday in costs
        for low, high, price in account.steps:
            overlap = min(high, start + WEEK) - max(low, start)
            if overlap > 0:
                active = True
                amount += half_even(price * overlap, MONTH)
        if active:
            margins.append(amount)
    return margins


def factors(data, account):
    """Calls a month, tokens a call and dollars a token."""
    time = account.subscribed or data.span
    tokens = int(account.use["input"] + account.use["output"])
    if not time or not account.calls or not tokens:
        return None
    return account.calls * MONTH / time, tokens / account.calls, account.cost / tokens / 1e9


def tier_medians(data, book):
    own = {}
    for account in book.accounts:
        if account.calls >= 30 and (found := factors(data, account)):
            own.setdefault(account.tier, []).append(found)
            own.setdefault(None, []).append(found)
    return {tier: tuple(nearest_rank(sorted(values), 0.5) for values in zip(*found)) for tier, found in own.items() if len(found) >= 7} or {None: None}


def split(data, account, medians):
    """The Shapley values of volume, length and price of a token: the mean over all orders in which the three can change."""
    own = factors(data, account)
    tier = account.tier if account.tier in medians else None
    other = medians.get(tier)
    if own is None or other is None:
        return None
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    parts = [0.0, 0.0, 0.0]
    for order in orders:
        at = list(other)
        for factor in order:
            before = math.prod(at)
            at[factor] = own[factor]
            parts[factor] += (math.prod(at) - before) / 6
    cause = ["volume", "length", "model_mix"][parts.index(max(parts))] if max(parts) > 0 else None
    near = [Near(part, max(2 * NANO, 1e-9 * abs(part)), "floating point") for part in parts]
    return {"volume_usd": near[0], "length_usd": near[1], "model_mix_usd": near[2], "cause": cause, "compared_tier": tier}


def group_rows(data, book, rows, column):
    groups = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)

    def total(own, name):
        values = [row[name] for row in own]
        return None if None in values else sum(values)

    result = []
    for name, own in groups.items():
        revenue, margin = total(own, "revenue_usd"), total(own, "margin_usd")
        result.append({
            column: name, "calls": total(own, "calls"), "cost_usd": total(own, "cost_usd"), "input_tokens": total(own, "input_tokens"),
            "output_tokens": total(own, "output_tokens"), "total_tokens": total(own, "total_tokens"), "customers": len(own), "revenue_usd": revenue,
            "margin_usd": margin, "margin_pct": ratio(margin, revenue, 100.0) if margin is not None and revenue is not None else None,
            "unprofitable_customers": sum(row["category"] == "unprofitable" for row in own) if book.has_margin else None,
            "monthly_loss_usd": sum(row["monthly_loss_usd"] or 0 for row in own) + usd(0) if book.has_margin else None,
        })
    return result


def add_margins(data, book, rows, revenue, cost, losing, findings):
    accounts = book.accounts
    findings.update({
        "margin_usd": usd(revenue - cost), "margin_pct": ratio(revenue - cost, revenue, 100.0),
        "monthly_revenue_usd": usd(monthly(revenue, data.span)), "monthly_margin_usd": usd(monthly(revenue - cost, data.span)),
        "gini": {"revenue": gini([account.revenue for account in accounts]), "cost": gini([account.cost for account in accounts]),
                 "margin": gini([account.margin for account in accounts])},
    })
    findings["categories"] = []
    for name in ["high", "medium", "low", "unprofitable"]:
        own = [account for account in accounts if category(account) == name]
        findings["categories"].append({
            "category": name, "customers": len(own), "revenue_usd": usd(sum(account.revenue for account in own)),
            "cost_usd": usd(sum(account.cost for account in own)), "margin_usd": usd(sum(account.margin for account in own)),
            "customers_pct": ratio(len(own), len(accounts), 100.0)})
    causes = {}
    for row in rows:
        if row["monthly_loss_usd"] is not None:
            causes.setdefault(row["split"] and row["split"]["cause"], []).append(row["monthly_loss_usd"])
    interval = {"monthly_loss_low_usd": RESAMPLED, "monthly_loss_high_usd": RESAMPLED}
    total = sum(monthly(-account.margin, data.span) for account in losing)
    findings["unprofitable"] = {
        "customers": len(losing), "customers_pct": ratio(len(losing), len(accounts), 100.0), "monthly_loss_usd": usd(total), **interval,
        "causes": Rows(["cause"], [{"cause": cause, "customers": len(own), "monthly_loss_usd": sum(own), **interval} for cause, own in causes.items()]),
    }
    findings["whale_curve"] = whale_curve(accounts)
    findings["break_even"] = [break_even(name, [account for account in accounts if account.tier == name]) for name in sorted({account.tier for account in accounts})]
    order = sorted(losing, key=lambda account: -monthly(-account.margin, data.span))[:15]
    findings["worst_customers"] = Rows(["customer_id"], [
        {"customer_id": account.name, "monthly_loss_usd": usd(monthly(-account.margin, data.span)), "weekly_margin_usd": [usd(week) for week in week_margins(data, account)]}
        for account in order])


def whale_curve(accounts):
    """Margins summed from the most to the least profitable customer, at 200 evenly spaced counts."""
    margins = sorted((account.margin for account in accounts), reverse=True)
    if not margins:
        return None
    total, count = sum(margins), len(margins)

    def point(place, amount):
        return {"customers": place, "customers_pct": ratio(place, count, 100.0) or 0.0, "margin_usd": usd(amount),
                "margin_pct": ratio(amount, total, 100.0) if total > 0 else None}

    points, running, best = [point(0, 0)], 0, (0, 0)
    for place, margin in enumerate(margins, 1):
        running += margin
        if running > best[1]:
            best = (place, running)
        if place * 200 // count != (place - 1) * 200 // count:
            points.append(point(place, running))
    return {"points": points, "peak": point(*best), "lost_usd": usd(best[1] - total)}


def break_even(tier, own):
    """Calls a month at which a tier's price is used up."""
    calls, subscribed = sum(account.calls for account in own), sum(account.subscribed for account in own)
    price = monthly(sum(account.revenue for account in own), subscribed)
    per_call = ratio(sum(account.cost for account in own), calls, 1e-9) if calls >= 30 else None
    limit = ratio(price * 1e-9, per_call) if price is not None and per_call else None
    usage = sorted(account.calls * MONTH / account.subscribed for account in own if account.subscribed)
    marks = [nearest_rank(usage, share) for share in (0.5, 0.9)]
    return {
        "subscription_tier": tier, "customers": len(own), "monthly_price_usd": usd(price), "cost_per_call_usd": per_call, "calls_per_month": limit,
        "median_calls_per_month": marks[0], "p90_calls_per_month": marks[1],
        "customers_beyond": None if limit is None else sum(calls > limit for calls in usage)}


# Pricing

def pricing(data):
    """Today's tiers and use-based bills are computed; bills of a mean of drawn months are taken as given, and all that follows from them is computed."""
    book = ledger(data)
    names = ["total_calls", "total_cost_usd", "flat_revenue_usd", "usage_based_revenue_usd", "tiered_revenue_usd", "hybrid_revenue_usd"]
    if data.calls == 0:
        return NO_CALLS, NO_CALLS
    if not book.known:
        return dict.fromkeys(names), None
    accounts = [account for account in book.accounts if account.subscribed]
    outside = [account for account in book.accounts if not account.subscribed]
    costs = sum(account.cost for account in book.accounts)
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": sum(account.calls for account in book.accounts),
        "billable_calls": sum(account.use["successes"] for account in book.accounts), "total_cost_usd": usd(costs) if data.has_cost else None,
        "revenue_source": book.source, "customers": len(accounts), "customers_without_subscription": len(outside),
        "cost_left_out_usd": usd(sum(account.cost for account in outside)) if data.has_cost else None, "bootstrapped_months": Unchecked("number of drawn months"),
        "customers_at_mean_month": None, "models": [], "by_customer": Rows(["customer_id"], []),
    }
    summary = {"total_calls": findings["total_calls"], "total_cost_usd": findings["total_cost_usd"], **dict.fromkeys(names[2:])}
    if data.days < 7:
        findings["customers_at_mean_month"] = Unchecked("number of drawn months")
        findings["by_customer"] = findings["models"] = []
        return summary, findings
    given = data.found["findings"]
    bills = {row["customer_id"]: row["bill_usd"] for row in given["by_customer"]}
    drawn = Unchecked("bill of a mean of drawn months")
    rows = []
    for account in accounts:
        account.use_month = account.use["successes"] * MONTH / account.subscribed
        account.bills = {name: float(bill) for name, bill in bills.get(account.name, {}).items()}
        account.bills["usage_based"] = account.use_month * 0.1
        wanted = {name: drawn for name in account.bills}
        if "usage_based" not in {model["id"] for model in data.setting("pricing_models", [])}:
            wanted["usage_based"] = Near(account.bills["usage_based"], max(NANO, account.bills["usage_based"] * 1e-12), "one rounding")
        if book.has_revenue:
            account.bills["flat"] = monthly(account.revenue, account.subscribed) * 1e-9
            wanted["flat"] = usd(monthly(account.revenue, account.subscribed))
        rows.append({
            **book.base(account), "subscription_tier": account.tier, "subscribed_days": account.subscribed / DAY, "billable_calls_per_month": account.use_month,
            "bill_usd": wanted})
    findings["by_customer"] = Rows(["customer_id"], rows)
    findings["customers_at_mean_month"] = sum(whole_days_of(data, book, account) < 7 for account in accounts)
    findings["models"] = [price_model(data, book, accounts, model) for model in given["models"]]
    for name in ["flat", "usage_based", "tiered", "hybrid"]:
        found = next((model for model in findings["models"] if model["model"] == name), None)
        summary[f"{name}_revenue_usd"] = found["revenue_usd"] if found else None
    return summary, findings


def whole_days_of(data, book, account):
    """Whole days on which a customer subscribed, of the last two years."""
    spans = []
    for low, high, _ in account.steps:
        if spans and spans[-1][1] >= low:
            spans[-1][1] = max(spans[-1][1], high)
        else:
            spans.append([low, high])
    if book.source == "unknown":
        spans = [[data.first, data.last]]
    first, count, taken = data.last // DAY - 730, 0, None
    for low, high in spans:
        start, end = max((low + DAY - 1 - DAY // 24) // DAY, first), max((high + DAY // 24) // DAY, first)
        start = start if taken is None else max(start, taken)
        if end > start:
            count, taken = count + end - start, end
    return count


def price_model(data, book, accounts, found):
    """All figures of a model that follow from its customers' bills."""
    name, current = found["model"], book.has_revenue
    empty = {key: None for key in [
        "revenue_usd", "revenue_low_usd", "revenue_high_usd", "cost_usd", "margin_usd", "margin_low_usd", "margin_high_usd", "margin_pct", "difference_usd",
        "difference_low_usd", "difference_high_usd", "margin_pct_spread", "margin_usd_spread", "bill_change", "volatility_pct", "break_even_churn_pct",
        "break_even_elasticity", "calibrated"]}
    result = {**empty, "model": name, "description": Unchecked("words"), "is_example": name != "flat" and name not in {own["id"] for own in data.setting("pricing_models", [])}, "deciles": []}
    if name == "flat" and not current:
        return result
    resampled = {key: RESAMPLED for key in empty if key.endswith("_low_usd") or key.endswith("_high_usd")}
    share = [account.subscribed / max(1, data.span) for account in accounts]
    today = [monthly(account.revenue, data.span) for account in accounts] if current else None
    revenues = today if name == "flat" else [account.bills[name] * part * 1e9 for account, part in zip(accounts, share)]
    costs = [monthly(account.cost, data.span) for account in accounts]
    uses = [account.cost * 1e-9 * MONTH / account.subscribed for account in accounts]
    bills = [account.bills[name] for account in accounts]
    # Bills are given to the nanodollar, what they bring is rounded once more.
    slack = 0 if name == "flat" else 2 * len(accounts)

    def amount(value):
        return usd(value) if slack == 0 else Near(value * 1e-9, (slack + abs(value) * 1e-12) * 1e-9, "rounded bills")

    revenue, cost = sum(revenues), sum(costs)
    result.update(resampled, revenue_usd=amount(revenue))
    if data.has_cost:
        result.update(
            cost_usd=usd(cost), margin_usd=amount(revenue - cost), margin_pct=loose(ratio(revenue - cost, revenue, 100.0)),
            margin_pct_spread=spread([(bill - use) / bill * 100 for bill, use in zip(bills, uses) if bill > 0]),
            margin_usd_spread=spread([bill - use for bill, use in zip(bills, uses)]))
    result["volatility_pct"] = 0.0 if name == "flat" else Unchecked("volatility over drawn months")
    result["deciles"] = deciles(data, accounts, revenues, costs, amount)
    if name == "flat" or not current:
        return result
    before = sum(today)
    result["difference_usd"] = amount(revenue - before)
    result["bill_change"] = bill_change(accounts, bills)
    if data.has_cost:
        result["break_even_churn_pct"] = break_even_churn(accounts, bills, revenues, costs, before - cost)
        margin, old, price = revenue - cost, before - cost, ratio(revenue, before)
        result["break_even_elasticity"] = (
            loose(math.log(old / margin) / math.log(price)) if margin > 0 and old > 0 and price and price > 0 and price != 1 else None)
    if revenue > 0:
        factor = before / revenue
        result["calibrated"] = {
            "factor": loose(factor), "revenue_usd": usd(before), "margin_usd": usd(before - cost) if data.has_cost else None,
            "margin_pct_spread": spread([(bill * factor - use) / (bill * factor) * 100 for bill, use in zip(bills, uses) if bill * factor > 0] if data.has_cost else []),
            "bill_change": bill_change(accounts, [bill * factor for bill in bills])}
    return result


def loose(value):
    return None if value is None else Near(value, 1e-6 * max(1.0, abs(value)), "rounded bills")


def spread(values):
    """Nearest-rank percentiles of customers."""
    values = sorted(values)
    return {name: loose(nearest_rank(values, share)) for name, share in [("p10", 0.1), ("p50", 0.5), ("p90", 0.9)]}


def bill_change(accounts, bills):
    before = [account.bills["flat"] for account in accounts]
    changes = [(new - old) / old * 100 for new, old in zip(bills, before) if old > 0]
    rises = sorted(
        ((new - old, account, old, new) for account, new, old in zip(accounts, bills, before) if round((new - old) * 1e9) > 0), key=lambda entry: -entry[0])[:20]
    return {
        "customers": len(changes), "change_pct": spread(changes), "above20_pct": ratio(sum(change > 20 for change in changes), len(changes), 100.0),
        "largest": Rows(["customer_id"], [
            {"customer_id": account.name, "subscription_tier": account.tier, "current_usd": Near(old, NANO, "given"), "bill_usd": loose(new), "change_usd": loose(rise),
             "change_pct": loose((new - old) / old * 100) if old > 0 else None} for rise, account, old, new in rises])}


def break_even_churn(accounts, bills, revenues, costs, today):
    """The smallest share of customers leaving, in order of relative rise, until the margin is today's."""
    before = [account.bills["flat"] for account in accounts]
    rises = [new / old if old > 0 else math.inf if new > 0 else 1 for new, old in zip(bills, before)]
    margin = sum(revenues) - sum(costs)
    if margin <= today:
        return None
    for count, place in enumerate(sorted(range(len(accounts)), key=lambda place: -rises[place]), 1):
        margin -= revenues[place] - costs[place]
        if margin <= today:
            return ratio(count, len(accounts), 100.0)
    return None


def deciles(data, accounts, revenues, costs, amount):
    """Customers by calls a month, in ten groups."""
    if len(accounts) < 10:
        return []
    order = sorted(range(len(accounts)), key=lambda place: accounts[place].use_month)
    rows = []
    for decile in range(10):
        group = order[len(order) * decile // 10: len(order) * (decile + 1) // 10]
        revenue, cost = sum(revenues[place] for place in group), sum(costs[place] for place in group)
        rows.append({
            "decile": decile + 1, "customers": len(group), "least_calls_per_month": float(accounts[group[0]].use_month),
            "most_calls_per_month": float(accounts[group[-1]].use_month), "revenue_usd": amount(revenue),
            "margin_usd": amount(revenue - cost) if data.has_cost else None, "margin_pct": loose(ratio(revenue - cost, revenue, 100.0)) if data.has_cost else None})
    return rows


# Features

def features(data):
    book = ledger(data)
    names = ["total_calls", "total_cost_usd", "features", "cost_per_active_customer_usd", "best_roi_pct", "worst_roi_pct"]
    if data.calls == 0:
        return NO_CALLS, NO_CALLS
    if not data.has("feature_id") or not book.known:
        return dict.fromkeys(names), None
    limits = {
        "invest_roi_pct": 200, "invest_adoption_pct": 20, "optimise_roi_pct": 50, "sunset_roi_pct": 0, "sunset_adoption_pct": 5, **data.setting("feature_limits", {})}
    first, last = data.whole_days
    recent = (last - 7, last) if last - first >= 7 else (data.first // DAY, data.last // DAY + 1)
    data.sql.execute("create or replace temp table used as select customer_id, feature_id, day, count(*) as calls from calls where ts is not null group by 1, 2, 3")
    # Days are kept apart for the last two years.
    data.kept = max(data.first // DAY, data.last // DAY - 730)

    def active(low, high):
        """Per feature, and for any, the customers with a call in [low, high)."""
        own = {row["feature_id"]: row for row in data.all(
            "select feature_id, count(distinct customer_id) as customers, count(*) as days from used where day >= ? and day < ? group by 1", low, high)}
        return own, data.one("select count(distinct customer_id) as customers from used where day >= ? and day < ?", low, high)["customers"]

    def sums(low, high):
        return {row["feature_id"]: row for row in data.all(
            "select feature_id, count(*) as calls, coalesce(sum(cost), 0)::hugeint as cost from calls where day >= ? and day < ? group by 1", low, high)}

    own_recent, everybody = active(*recent)
    recent_sums = sums(*recent)
    weeks = [(monday, active(monday, monday + 7), sums(monday, monday + 7)) for monday in data.mondays[-104:] if monday >= data.kept]
    by_calls, by_days, rest = attributed(data, book)
    returns = book.has_revenue and data.has_cost and data.days >= 7
    rows = []
    models = {}
    if data.has("provider", "model"):
        for row in data.all(f"select feature_id, provider, model, {data.SUMS} from calls group by 1, 2, 3"):
            models.setdefault(row["feature_id"], []).append(row)
    for row in data.all(f"select feature_id, {data.SUMS}, count(distinct customer_id) as customers, min(day) as first from calls group by 1"):
        name, few = row["feature_id"], row["calls"] < 100
        use = own_recent.get(name, {"customers": 0, "days": 0})
        week = recent_sums.get(name, {"calls": 0, "cost": 0})
        launched = row["first"] if row["first"] >= data.first // DAY + 7 and data.kept == data.first // DAY else None
        figures = {
            **data.base({"feature_id": name}, row), "cost_share": ratio(row["cost"], data.cost) if data.has_cost else None, "customers": row["customers"], "too_few_calls": few,
            "use": {
                "active_customers": use["customers"], "adoption_pct": ratio(use["customers"], everybody, 100.0),
                "calls_per_active_customer": ratio(week["calls"], use["customers"]), "active_days_per_active_customer": ratio(use["days"], use["customers"]),
                "cost_per_active_customer_usd": ratio(week["cost"], use["customers"], 1e-9) if data.has_cost else None},
            "trend": None if few else trend(data, name, weeks),
            "launched": None if launched is None else data.date(launched),
            "launch_curve": [feature_week(data, name, start, active(start, start + 7), sums(start, start + 7)) for start in range(
                launched, last - 6, 7)][:26] if launched is not None and not few else [],
            "weeks": [feature_week(data, name, *week) for week in weeks],
            "models": Rows(["provider", "model"], [
                {"provider": cell["provider"], "model": cell["model"], "calls": cell["calls"], "cost_usd": usd(cell["cost"]) if data.has_cost else None,
                 "calls_pct": ratio(cell["calls"], row["calls"], 100.0), "cost_pct": ratio(cell["cost"], row["cost"], 100.0) if data.has_cost else None}
                for cell in models.get(name, [])]),
            "by_calls": None, "by_active_days": None, "roi_low_pct": None, "roi_high_pct": None, "verdict": None,
        }
        if book.has_revenue:
            cost = int(row["cost"])
            pcts = []
            for key, table in [("by_calls", by_calls), ("by_active_days", by_days)]:
                revenue = table.get(name, 0)
                pct = ratio(revenue - cost, cost, 100.0) if returns and cost > 0 else None
                figures[key] = {"revenue_usd": usd(revenue), "return_usd": usd(revenue - cost) if returns else None, "roi_pct": pct}
                pcts.append(pct)
            if None not in pcts:
                figures["roi_low_pct"], figures["roi_high_pct"] = min(pcts), max(pcts)
                adoption = figures["use"]["adoption_pct"]
                if not few and adoption is not None:
                    figures["verdict"] = (
                        "sunset" if max(pcts) < limits["sunset_roi_pct"] and adoption < limits["sunset_adoption_pct"] else
                        "optimise" if max(pcts) < limits["optimise_roi_pct"] else
                        "invest" if min(pcts) >= limits["invest_roi_pct"] and adoption >= limits["invest_adoption_pct"] else "maintain")
        rows.append(figures)
    lows = [row["roi_low_pct"] for row in rows if not row["too_few_calls"] and row["roi_low_pct"] is not None]
    active_cost = sum(int(row["cost"]) for row in recent_sums.values())
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "features": len(rows),
        "customers": sum(account.calls > 0 for account in book.accounts), "active_customers": everybody,
        "cost_per_active_customer_usd": ratio(active_cost, everybody, 1e-9) if data.has_cost else None,
        "features_per_active_customer": ratio(sum(row["customers"] for row in own_recent.values()), everybody), "revenue_source": book.source,
        "revenue_usd": usd(sum(account.revenue for account in book.accounts)) if book.has_revenue else None, "unattributed_usd": usd(rest) if book.has_revenue else None,
        "best_roi_pct": max(lows) if lows else None, "worst_roi_pct": min(lows) if lows else None,
        "too_few_calls": Unchecked("names of features with too few calls"), "bundles": Each(lambda row: bundle(data, row)),
        "by_feature": Rows(["feature_id"], rows),
    }
    if data.one("select count(distinct customer_id) as customers from used")["customers"] < 30:
        findings["bundles"] = []
    summary = {"total_calls": data.calls, "total_cost_usd": usd(data.cost), **{name: findings[name] for name in names[2:]}}
    return summary, findings


def feature_week(data, name, start, actives, sums):
    own, everybody = actives
    customers = own.get(name, {"customers": 0})["customers"]
    return {"start": data.date(start), "calls": sums.get(name, {"calls": 0})["calls"], "active_customers": customers, "adoption_pct": ratio(customers, everybody, 100.0)}


def trend(data, name, weeks):
    """The last k whole weeks against the k before."""
    count = len(weeks) // 2
    if not count:
        return None
    recent, before = weeks[-count:], weeks[-2 * count: -count]

    def total(span, kind):
        return sum(int(sums.get(name, {kind: 0})[kind]) for _, _, sums in span)

    def adoption(span):
        shares = [ratio(own.get(name, {"customers": 0})["customers"], everybody, 100.0) for _, (own, everybody), _ in span]
        shares = [share for share in shares if share is not None]
        return sum(shares) / len(shares) if shares else None

    old, new = adoption(before), adoption(recent)
    return {
        "weeks": count, "calls_pct": ratio(total(recent, "calls") - total(before, "calls"), total(before, "calls"), 100.0),
        "cost_pct": ratio(total(recent, "cost") - total(before, "cost"), total(before, "cost"), 100.0) if data.has_cost else None,
        "adoption_points": Near(new - old, 1e-9, "difference of means") if old is not None and new is not None else None}


def attributed(data, book):
    """Each customer's revenue over its features by calls and by days with a call; equal remainders to the first name."""
    pairs = {}
    for row in data.all("select customer_id, feature_id, sum(calls)::bigint as calls, count(*) filter (day >= ?) as days from used group by 1, 2", data.kept):
        pairs.setdefault(row["customer_id"], []).append(row)
    by_calls, by_days, rest = {}, {}, 0
    for account in book.accounts:
        own = sorted(pairs.get(account.name, []), key=lambda row: row["feature_id"])
        if not own:
            rest += account.revenue
            continue
        for table, key in [(by_calls, "calls"), (by_days, "days")]:
            for row, part in zip(own, allocated(account.revenue, [row[key] for row in own]) if account.revenue else [0] * len(own)):
                table[row["feature_id"]] = table.get(row["feature_id"], 0) + part
    return by_calls, by_days, rest


def bundle(data, row):
    """How many customers use both features of a pair, and of each."""
    found = data.one(
        """with users as (select customer_id, bool_or(feature_id = ?) as a, bool_or(feature_id = ?) as b from used group by 1)
           select count(*) filter (a and b) as both, count(*) filter (a) as first, count(*) filter (b) as second, count(*) as everybody from users""",
        row["first"], row["second"])
    return {
        "first": row["first"], "second": row["second"], "customers": found["both"], "support_pct": ratio(found["both"], found["everybody"], 100.0),
        "confidence_pct": ratio(found["both"], found["first"], 100.0), "reverse_confidence_pct": ratio(found["both"], found["second"], 100.0),
        "lift": Unchecked("lift within deciles and its test"), "p_value": Unchecked("lift within deciles and its test"), "is_bundle": Unchecked("lift within deciles and its test")}


# Churn and growth

def churn_growth(data):
    timed = data.has("customer_id", "timestamp") and data.calls > 0
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "customers": None,
        "active_customers": None, "churn": None, "portfolio_ratio": None, "bridge": None}
    summary = dict.fromkeys(["active_customers", "churned_customers", "churn_rate_pct", "at_risk_customers", "expansion_candidates", "nrr_pct", "grr_pct"])
    summary.update(total_calls=data.calls, total_cost_usd=usd(data.cost))
    if timed:
        spans = data.all("select customer_id, min(ts) as first, max(ts) as last from calls where ts is not null group by 1")
        findings["customers"] = len(spans)
        findings["active_customers"] = sum(row["last"] > data.last - WEEK for row in spans)
        findings["by_week"] = by_week(data)
        if len(data.mondays) >= 4:
            people = subscribers(data)
            findings["cohorts"] = cohorts(data, spans, people)
            findings["churn"] = churn(data, spans, people)
            weeks = findings["by_week"]
            recent, before = (sum(week["calls"] for week in part) for part in (weeks[-2:], weeks[-4:-2]))
            findings["portfolio_ratio"] = ratio(recent, before) if recent else None
            findings["at_risk"] = Each(lambda row: use_change(data, row, people))
            summary.update(churned_customers=findings["churn"]["churned"], churn_rate_pct=findings["churn"]["rate_pct"])
            summary["at_risk_customers"] = summary["expansion_candidates"] = Unchecked("customers beyond chance")
            if people is not None:
                findings["expanding"] = Each(lambda row: use_change(data, row, people))
        summary["active_customers"] = findings["active_customers"]
    if data.first is not None and data.subscriptions is not None:
        findings["bridge"] = bridge(data)
        summary.update(nrr_pct=findings["bridge"]["nrr_pct"], grr_pct=findings["bridge"]["grr_pct"])
    return summary, findings


def by_week(data):
    rows = {row["week"]: row for row in data.all(
        "select (day + 3) // 7 * 7 - 3 as week, count(*) as calls, coalesce(sum(cost), 0)::hugeint as cost, count(distinct customer_id) as customers from calls where ts is not null group by 1")}
    result, last = [], None
    for monday in data.mondays[-104:]:
        row = rows.get(monday, {"calls": 0, "cost": 0, "customers": 0})

        def change(kind):
            return None if last is None else ratio(int(row[kind]) - int(last[kind]), last[kind], 100.0)

        result.append({
            "week": data.one("select strftime(make_timestamp(?), '%G-W%V') as w", monday * DAY)["w"], "start": data.instant(monday * DAY), "active_customers": row["customers"],
            "calls": row["calls"], "cost_usd": usd(row["cost"]) if data.has_cost else None, "active_change_pct": change("customers"),
            "calls_change_pct": change("calls"), "cost_change_pct": change("cost") if data.has_cost else None})
        last = row
    return result


def subscribers(data):
    if data.subscriptions is None:
        return None
    people = {}
    for period in sorted(data.subscriptions, key=lambda period: (period["customer"], period["valid_from"])):
        known = people.setdefault(period["customer"], {
            "signed_up": period["signed_up"], "from": period["valid_from"], "to": period["valid_to"], "tier": period["tier"], "price": period["price"]})
        known["signed_up"], known["to"] = min(known["signed_up"], period["signed_up"]), max(known["to"], period["valid_to"])
        if period["valid_from"] <= data.last:
            known["tier"], known["price"] = period["tier"], period["price"]
    return people


def cohorts(data, spans, people):
    """Customers by the week of their sign-up, or first call, and how many of them called in each week since."""
    mondays = data.mondays[-104:]
    known = people is not None and any(row["customer_id"] in people for row in spans)
    called = {}
    for row in data.all("select distinct customer_id, (day + 3) // 7 * 7 - 3 as week from calls where ts is not null"):
        called.setdefault(row["customer_id"], set()).add(row["week"])
    groups = {}
    for row in spans:
        # Without subscriptions a customer came in the hour of its first call.
        came = people[row["customer_id"]]["signed_up"] if people and row["customer_id"] in people else row["first"] // HOUR * HOUR
        week = -1 if came < mondays[0] * DAY else (came - mondays[0] * DAY) // WEEK
        if week < len(mondays):
            groups.setdefault(0 if week < 0 or (week == 0 and not known) else week + 1, []).append(row["customer_id"])
    return [
        {"cohort": "already there" if place == 0 else data.date(mondays[place - 1]), "customers": len(groups[place]),
         "active_by_week": [sum(monday in called[name] for name in groups[place]) for monday in mondays[max(0, place - 1):]]}
        for place in sorted(groups)]


def churn(data, spans, people):
    """A customer is lost at (the end of the hour of) its last call when it was silent since for L; Kaplan-Meier with late entry."""
    silence = min(30, int(data.days / 2))
    end = data.last - silence * DAY
    watched = []
    for row in spans:
        origin = people[row["customer_id"]]["signed_up"] if people and row["customer_id"] in people else row["first"] // HOUR * HOUR
        last = (row["last"] // HOUR + 1) * HOUR
        entry, exit = max(origin, data.first), min(last, end)
        if entry < exit:
            watched.append((entry - origin, exit - origin, last <= end))
    events = sorted({exit for _, exit, lost in watched if lost})
    survival, greenwood, steps = 1.0, 0.0, []
    for age in events:
        lost = sum(exit == age and is_lost for _, exit, is_lost in watched)
        risk = sum(entry < age <= exit for entry, exit, _ in watched)
        survival *= 1 - lost / risk
        if risk > lost:
            greenwood += lost / (risk * (risk - lost))
        steps.append({"days": age / DAY, "at_risk": risk, "events": lost, "survival": survival, "standard_error": survival * math.sqrt(greenwood)})
    months = sum(exit - entry for entry, exit, _ in watched) / DAY / MONTH_DAYS
    churned = sum(lost for *_, lost in watched)
    callers = {row["customer_id"] for row in spans}
    return {
        "silence_days": float(silence), "follow_up_end": data.instant(end), "followed": len(watched), "churned": churned, "customer_months": months,
        "rate_pct": ratio(churned, months, 100.0), "ages_from": "first call" if people is None else "sign-up",
        "never_called": None if people is None else len(people.keys() - callers), "survival": steps}


def use_change(data, row, people):
    """Calls of a customer by whole week, and of the compared spans."""
    calls = {found["week"]: found["calls"] for found in data.all(
        "select (day + 3) // 7 * 7 - 3 as week, count(*) as calls from calls where customer_id = ? group by 1", row["customer_id"])}
    weekly = [calls.get(monday, 0) for monday in data.mondays[-104:]]
    count = row["weeks"]
    recent, before = sum(weekly[-count:]), sum(weekly[-2 * count: -count])
    own = (people or {}).get(row["customer_id"])
    return {
        "customer_id": row["customer_id"], "tier": own and own["tier"], "monthly_price_usd": own and usd(own["price"]), "weeks": count,
        "previous_calls": before, "recent_calls": recent, "ratio": ratio(recent, before), "p_value": MODELLED, "weekly_calls": [float(calls) for calls in weekly]}


def bridge(data):
    """Who is subscribed at the window's end against who was at its start."""
    def prices(moment):
        found = {}
        for period in data.subscriptions:
            if period["valid_from"] <= moment < period["valid_to"]:
                found[period["customer"]] = found.get(period["customer"], 0) + period["price"]
        return found

    before, after = prices(data.first), prices(data.last)
    both = before.keys() & after.keys()
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    grown = [name for name in both if after[name] > before[name]]
    shrunk = [name for name in both if after[name] < before[name]]
    start, kept = sum(before.values()), sum(min(before[name], after[name]) for name in both)
    expanded = sum(after[name] - before[name] for name in grown)
    return {
        "start_usd": usd(start), "new_usd": usd(sum(after[name] for name in new)), "expanded_usd": usd(expanded),
        "contracted_usd": usd(sum(before[name] - after[name] for name in shrunk)), "churned_usd": usd(sum(before[name] for name in gone)),
        "end_usd": usd(sum(after.values())), "start_customers": len(before), "new_customers": len(new), "expanded_customers": len(grown),
        "contracted_customers": len(shrunk), "churned_customers": len(gone), "nrr_pct": ratio(kept + expanded, start, 100.0), "grr_pct": ratio(kept, start, 100.0)}
