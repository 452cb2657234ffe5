"""Optimization: the same calls repriced step by step, from the latest rows of the price book."""
from fractions import Fraction

from .compare import Near, Rows, Unchecked, ratio, usd
from .data import CLASSES, STAND_INS, TIERS, half_even, Data
from .spend import NANO, RESAMPLED, cell_sums, cells, grouped

UNIT = 2_000_000 * 10**6
COMMITMENTS = Unchecked("commitment levels over hourly load")


def half_away(value):
    """The nearest whole number, half away from zero."""
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


class Book:
    """The latest rows of every model: prices by tier and size, and which of them are stated."""

    def __init__(self, data):
        self.models = data.book["models"]
        terms = {terms["id"]: terms for terms in data.book.get("providers", [])}
        self.paid = [
            1_000_000 - int(Fraction(str(terms.get(model["provider"], {}).get("discount_percent", 0))) * 10_000) for model in self.models]
        self.rows = [model["prices"][-1] for model in self.models]
        self.ends = [data.moment(row.get("to")) for row in self.rows]

    def chain(self, model, input):
        for low, high, chain in Data.bands(self.rows[model]):
            if input > low and (high is None or input <= high):
                return chain
        return None

    def rates(self, model, tier, input):
        """Contracted prices in half femtodollars times parts per million."""
        chain = self.chain(model, input)
        return [(Data.rate(name, tier, chain, self.rows[model]) or 0) * self.paid[model] for name in CLASSES]

    def states(self, name, model, tier, input):
        """Whether the price of a class is the tier's own."""
        for source in self.chain(model, input):
            if name in source.get("tiers", {}).get(tier, {}):
                return True
            if name in source:
                return False
        return False

    def lists(self, model, tier, input):
        return self.states("input", model, tier, input) and self.states("output", model, tier, input)


def cost(tokens, rates):
    return half_even(sum(count * rate for count, rate in zip(tokens, rates)), UNIT)


class Work:
    """The calls of one cell on their way through the steps."""

    def __init__(self, cell, book):
        self.cell, self.model = cell, cell["latest_number"]
        self.tier = cell["tier"] if cell["tier"] in TIERS else "standard"
        self.tokens = list(cell["tokens"])
        self.rates = [(cell[f"q{place}"] or 0) * cell["latest_paid"] for place in range(6)]
        self.baseline = self.left = int(cell["latest_cost"])
        self.saved = dict.fromkeys(["eliminate", "cache", "batch", "route"], 0)

    def save(self, step, amount):
        amount = min(amount, self.left)
        self.left -= amount
        self.saved[step] += amount


def optimization(data):
    metrics = [
        "savings_usd", "savings_pct", "savings_eliminate_usd", "savings_cache_usd", "savings_batch_usd", "savings_route_usd", "savings_commit_usd",
        "commitment_per_hour_usd", "commitment_utilisation_pct", "commitment_coverage_pct"]
    summary = {"total_calls": data.calls, "total_cost_usd": usd(data.cost), **dict.fromkeys(metrics)}
    waiting = [feature["id"] for feature in data.scenario.get("features", []) if feature.get("can_wait")] if data.record else None
    findings = {
        "start": data.start, "end": data.end, "days": data.days, "total_calls": data.calls, "total_cost_usd": usd(data.cost), "baseline": None, "waterfall": [],
        "end_usd": None, "savings_usd": None, "savings_pct": None, "day_low_ratio": RESAMPLED, "day_high_ratio": RESAMPLED, "waiting_features": waiting,
        "switches": [], "commitments": [], "commitment_what_if": COMMITMENTS, "volume_tiers": []}
    if not data.has_prices or not data.has_tokens or not data.has("provider", "model"):
        return summary, findings
    book = Book(data)
    all_cells = cells(data)
    works = [Work(cell, book) for cell in all_cells if cell["latest"] is not None]
    outside = [cell for cell in all_cells if cell["latest"] is None]
    reasons, ranges = {}, {}
    eliminate(data, works, reasons, ranges)
    cache(data, works, reasons, ranges)
    batch(data, works, book, waiting, reasons, ranges)
    switches = route(data, works, book, reasons, ranges)
    baseline = sum(work.baseline for work in works)
    recorded = sum(work.cell["cost"] for work in works)
    without = sum(work.baseline for work in works if not work.cell["costed"])
    findings["baseline"] = {
        "recorded_usd": usd(recorded) if data.has_cost else None, "recorded_minus_repriced_usd": usd(recorded + without - baseline) if data.has_cost else None,
        "without_recorded_usd": usd(without), "repriced_usd": usd(baseline), "calls": sum(work.cell["calls"] for work in works),
        "unpriced_calls": sum(cell["calls"] for cell in outside), "unpriced_tokens": sum(sum(cell["tokens"]) for cell in outside),
        "unpriced_recorded_usd": usd(sum(cell["cost"] for cell in outside)) if data.has_cost else None}
    left, total, known = baseline, 0, False
    offers = data.book.get("commitments", [])
    for step in ["eliminate", "cache", "batch", "route", "commit"]:
        saving = None if step in reasons else sum(work.saved[step] for work in works) if step != "commit" else 0
        low, high = ranges.get(step, (saving, saving))
        if step == "commit" and offers:
            raise ValueError("offers of commitments are not computed here")
        if saving is not None:
            left, total, known = left - saving, total + saving, True
        findings["waterfall"].append({
            "step": step, "saving_usd": usd(saving), "low_usd": usd(low) if saving is not None else None, "high_usd": usd(high) if saving is not None else None,
            "left_usd": usd(left), "monthly_usd": Near(saving * 1e-9 * 30.4375 / data.days, NANO, "one rounding") if saving is not None and data.days >= 7 else None,
            "reason": Unchecked("sentences") if step in reasons else None})
        summary[f"savings_{step}_usd"] = usd(saving)
    findings["end_usd"] = usd(left)
    findings["savings_usd"] = summary["savings_usd"] = usd(total) if known else None
    findings["savings_pct"] = summary["savings_pct"] = ratio(total, baseline, 100.0) if known else None
    summary["commitment_per_hour_usd"] = usd(0)
    findings["switches"] = Rows(["feature_id", "from_provider", "from_model", "service_tier"], switches)
    for name, keys in [("by_provider", ["provider"]), ("by_model", ["provider", "model"]), ("by_feature", ["feature_id"])]:
        if data.has(*keys):
            findings[name] = Rows(keys, rows(data, works, all_cells, keys, reasons))
    return summary, findings


def rows(data, works, all_cells, keys, reasons):
    own_works = {}
    for work in works:
        own_works.setdefault(tuple(work.cell[key] for key in keys), []).append(work)
    result = []
    for key, own in grouped(all_cells, *keys).items():
        found = own_works.get(key, [])
        result.append({
            **data.base(dict(zip(keys, key)), cell_sums(own)), "repriced_usd": usd(sum(work.baseline for work in found)),
            **{f"{step}_usd": None if step in reasons else usd(sum(work.saved[step] for work in found)) for step in ["eliminate", "cache", "batch", "route"]},
            "left_usd": usd(sum(work.left for work in found)), "unpriced_calls": sum(cell["calls"] for cell in own if cell["latest"] is None)})
    return result


def is_made(work, reasons):
    return not (work.cell["failed"] and "eliminate" not in reasons)


def eliminate(data, works, reasons, ranges):
    if not data.failures:
        reasons["eliminate"] = True
        return
    for work in works:
        if work.cell["failed"]:
            work.save("eliminate", work.left)


def cache(data, works, reasons, ranges):
    """What could have been read is read; for it to be there as much is written per read token as the model writes in the data."""
    if not data.has("cached_input_tokens", "cacheable_input_tokens"):
        reasons["cache"] = True
        return
    sums = {}
    for work in works:
        read, written = sums.get(work.model, (0, 0))
        sums[work.model] = read + work.cell["tokens"][1], written + work.cell["tokens"][2] + work.cell["tokens"][3]
    low = high = 0
    for work in works:
        cacheable = int(work.cell["cacheable"])
        if not is_made(work, reasons) or cacheable <= 0:
            continue
        read = min(cacheable, work.tokens[0])
        rest = work.tokens[0] - read
        before = cost(work.tokens, work.rates)

        def saving(written):
            after = [rest - written, work.tokens[1] + read, work.tokens[2] + written, *work.tokens[3:]]
            return max(0, min(work.left, before - cost(after, work.rates))), after

        own_read, own_written = sums[work.model]
        likely = min(rest, half_away(Fraction(read * own_written, own_read))) if own_read else rest
        amount, after = saving(likely)
        low += min(amount, saving(rest)[0])
        high += max(amount, saving(0)[0])
        if amount > 0:
            work.tokens = after
            work.save("cache", amount)
    ranges["cache"] = low, high


def batch(data, works, book, waiting, reasons, ranges):
    """Features that can wait, at batch prices that the book lists."""
    if not data.has("feature_id") or waiting is None:
        reasons["batch"] = True
        return
    limits = {row["slot"]: row["low"] + 1 for row in data.all("select slot, low from slots")}
    for work in works:
        if not is_made(work, reasons) or work.tier == "batch" or work.cell["feature_id"] not in waiting:
            continue
        least = max(0, limits[work.cell["latest"]])
        if not book.lists(work.model, "batch", least):
            continue
        listed = book.rates(work.model, "batch", least)
        rates = [listed[place] if book.states(name, work.model, "batch", least) else work.rates[place] for place, name in enumerate(CLASSES)]
        amount = cost(work.tokens, work.rates) - cost(work.tokens, rates)
        if amount > 0:
            work.tier = "batch"
            work.save("batch", amount)


def route(data, works, book, reasons, ranges):
    """Calls of a feature, model and tier go to the cheapest model of the same class that holds the largest of them."""
    if not any(model.get("class") for model in book.models):
        reasons["route"] = True
        return []
    groups = {}
    for work in works:
        if is_made(work, reasons) and work.left > 0:
            groups.setdefault((work.cell["feature_id"], work.model, work.tier), []).append(work)
    low = high = 0
    switches = []
    for (feature, model, tier), own in groups.items():
        before = sum(work.left for work in own)
        largest, longest = max(int(work.cell["largest"]) for work in own), max(int(work.cell["longest"]) for work in own)
        best = None
        for other, entry in enumerate(book.models):
            name = book.models[model].get("class")
            if name is None or other == model or entry.get("class") != name:
                continue
            rates = rates_of(book, other, tier, largest, longest, data.last)
            if rates is None:
                continue
            costs = [[moved(work, rates, factor) for work in own] for factor in (Fraction(1), Fraction(9, 10), Fraction(11, 10))]
            likely, short, long = (sum(part) for part in costs)
            if likely < (best[0] if best else before) and long < before and before - likely >= 0.01 * before:
                best = likely, short, long, other, costs[0]
        if best is None:
            continue
        likely, short, long, other, parts = best
        for work, part in zip(own, parts):
            work.saved["route"] += work.left - part
            work.left, work.model = part, other
        low, high = low + before - long, high + before - short
        switches.append({
            "feature_id": feature if data.has("feature_id") else "", "from_provider": book.models[model]["provider"], "from_model": book.models[model]["model"],
            "to_provider": book.models[other]["provider"], "to_model": book.models[other]["model"], "model_class": book.models[model].get("class"),
            "service_tier": tier, "calls": sum(work.cell["calls"] for work in own), "before_usd": usd(before), "after_usd": usd(likely),
            "after_low_usd": usd(short), "after_high_usd": usd(long), "saving_usd": usd(before - likely)})
    ranges["route"] = low, high
    return switches


def rates_of(book, model, tier, largest, longest, end):
    """Prices of a model for requests as large as the largest; nothing when they don't fit or the tier isn't listed."""
    entry = book.models[model]
    longer = -(-longest // 10)
    context, most = entry.get("context_tokens"), entry.get("max_output_tokens")
    if context is None or largest + longer > context or (most is not None and longest + longer > most):
        return None
    if book.ends[model] is not None and end is not None and book.ends[model] <= end:
        return None
    if tier != "standard" and not book.lists(model, tier, largest):
        return None
    return book.rates(model, tier, largest)


def moved(work, rates, factor):
    """What calls cost on another model: nothing of theirs is in its cache."""
    tokens = [sum(work.tokens[:4]), 0, 0, 0, half_away(work.tokens[4] * factor), half_away(work.tokens[5] * factor)]
    return cost(tokens, rates)
