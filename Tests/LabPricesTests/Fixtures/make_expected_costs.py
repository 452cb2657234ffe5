#!/usr/bin/env python3
"""Writes expected_costs.json: what LiteLLM's own cost calculator charges for a sample of calls.

Usage:
    python3 -m venv /tmp/litellm && /tmp/litellm/bin/pip install litellm==1.109.1
    LITELLM_LOCAL_MODEL_COST_MAP=True /tmp/litellm/bin/python make_expected_costs.py PRICE_MAP > expected_costs.json

PRICE_MAP is the map that ships with that version (model_prices_and_context_window_backup.json). The figures are the
calculator's; nothing of the map is copied. Prices are doubles there, so a figure may be off by some 10^-16 of itself.

Where LiteLLM and the lab follow different rules, a case ends with the rule's name and with the figure of a
second, independent calculation in exact decimals. docs/prices.md gives the reason for each.
"""
import json
import re
import sys
from decimal import Decimal
from importlib.metadata import version

import litellm
from litellm.cost_calculator import batch_cost_calculator
from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token
from litellm.types.utils import (CacheCreationTokenDetails, CompletionTokensDetailsWrapper,
                                 PromptTokensDetailsWrapper, Usage)

CLASSES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "output_cost_per_reasoning_token": "reasoning",
}
KEY = re.compile(r"^(%s)(_above_1hr)?(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$" % "|".join(CLASSES))
STAND_IN = {"cached_input": "input", "cache_write": "input", "cache_write_1h": "cache_write", "reasoning": "output"}
TIERS = {"batches": "batch", "flex": "flex", "priority": "priority", None: "standard"}
# Providers whose prices depend on more than the map: Fireworks has a cache discount in LiteLLM's code.
OTHER_RULES = {"fireworks_ai", "fireworks_ai-embedding-models"}
MODELS_PER_PROVIDER = 2
TOKENS = ["input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning"]


def stated(entry):
    """{(threshold, tier, class): price} of a flat entry, as the map states it."""
    prices = {}
    for key, value in entry.items():
        match = KEY.match(key)
        if match and isinstance(value, (int, float)):
            name, hour, threshold, tier = match.groups()
            token_class = CLASSES[name]
            if hour:
                if token_class != "cache_write":
                    continue
                token_class = "cache_write_1h"
            prices[(int(threshold) * 1000 if threshold else 0, TIERS[tier], token_class)] = Decimal(repr(value))
    if prices.get((0, "standard", "reasoning")) == prices.get((0, "standard", "output")):
        prices.pop((0, "standard", "reasoning"), None)
    return prices


def by_our_rules(entry, usage, tier):
    """The cost by the rules of docs/prices.md, in exact decimals."""
    prices = stated(entry)
    inclusive = entry["litellm_provider"] == "xai"
    crossed = {t for t, _, _ in prices if usage["input"] > t or (inclusive and usage["input"] == t)} | {0}

    def price(token_class):
        for threshold in sorted(crossed, reverse=True):
            if (threshold, tier, token_class) in prices:
                return prices[(threshold, tier, token_class)]
            standard = prices.get((threshold, "standard", token_class))
            if standard is not None:
                return standard / 2 if tier == "batch" else standard
        return price(STAND_IN[token_class])

    tokens = {c: usage.get(c, 0) for c in ("cached_input", "cache_write", "cache_write_1h", "reasoning")}
    tokens["input"] = usage["input"] - tokens["cached_input"] - tokens["cache_write"] - tokens["cache_write_1h"]
    tokens["output"] = usage["output"] - tokens["reasoning"]
    return sum((price(c) * n for c, n in tokens.items() if n), Decimal(0))


def deviation(entry, usage, tier):
    """The name of the rule by which LiteLLM's figure is not ours, or None."""
    prices = stated(entry)
    inclusive = entry["litellm_provider"] == "xai"
    crossed = max([t for t, _, _ in prices if t and (usage["input"] > t or (inclusive and usage["input"] == t))], default=0)
    used = [c for c in ("cached_input", "cache_write", "cache_write_1h", "reasoning") if usage.get(c)]
    if tier == "batch":
        if any((0, "batch", c) not in prices for c in used):
            return "batch_class_without_batch_price"
        if crossed and any((crossed, "batch", c) not in prices for c in ("input", "output", *used)):
            return "batch_above_without_batch_price"
    return None


def charged(key, entry, usage, tier):
    """What LiteLLM charges, in USD."""
    write5, write1h = usage.get("cache_write", 0), usage.get("cache_write_1h", 0)
    block = Usage(
        prompt_tokens=usage["input"], completion_tokens=usage["output"], total_tokens=usage["input"] + usage["output"],
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=usage.get("cached_input", 0), cache_creation_tokens=write5 + write1h,
            cache_creation_token_details=CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=write5, ephemeral_1h_input_tokens=write1h) if write1h else None),
        completion_tokens_details=CompletionTokensDetailsWrapper(reasoning_tokens=usage.get("reasoning", 0)))
    provider = entry["litellm_provider"]
    if tier == "batch":
        return sum(batch_cost_calculator(usage=block, model=key, custom_llm_provider=provider, model_info=entry))
    return sum(generic_cost_per_token(model=key, usage=block, custom_llm_provider=provider, model_info=entry,
                                      service_tier=None if tier == "standard" else tier))


def usages(entry):
    """The calls that are tried for a model."""
    prices = stated(entry)
    yield {"input": 1234, "output": 567}
    yield {"input": 31999, "output": 1, "cached_input": 30001}
    yield {"input": 20011, "output": 903, "cached_input": 9007, "cache_write": 4999}
    yield {"input": 20011, "output": 903, "cached_input": 9007, "cache_write": 2003, "cache_write_1h": 3001}
    yield {"input": 777, "output": 4321, "reasoning": 3210}
    limits = {t for t, _, _ in prices if t}
    limits |= {int(r["range"][1]) for r in entry.get("tiered_pricing", []) if "range" in r}
    for limit in sorted(limits):
        for tokens in (limit - 1, limit, limit + 1):
            yield {"input": tokens, "output": 2048, "cached_input": 1000}
        yield {"input": limit + 5000, "output": 999, "cached_input": 4000, "cache_write": 3000, "cache_write_1h": 2000,
               "reasoning": 500}


def richness(entry):
    """Models with many kinds of prices first."""
    kinds = {(t > 0, tier, c) for t, tier, c in stated(entry)}
    return (-len(kinds), -len(entry.get("tiered_pricing", [])))


def sample(price_map):
    by_provider = {}
    for key, entry in price_map.items():
        provider = entry.get("litellm_provider")
        priced = "input_cost_per_token" in entry and "output_cost_per_token" in entry
        ranged = any("range" in r for r in entry.get("tiered_pricing", []))
        usable = (priced or ranged) and entry.get("mode") in ("chat", "responses", "completion")
        # Prices that depend on the clock are another matter.
        if key == "sample_spec" or not usable or provider in OTHER_RULES or "off_peak_pricing" in entry:
            continue
        if ranged or entry["input_cost_per_token"] > 0:
            by_provider.setdefault(provider, []).append(key)
    for provider in sorted(by_provider):
        keys = sorted(by_provider[provider], key=lambda k: (richness(price_map[k]), k))
        shapes = set()
        for key in keys:
            # One model for each combination of kinds of prices, so that the sample is broad.
            shape = (frozenset((t, tier, c) for t, tier, c in stated(price_map[key])),
                     len(price_map[key].get("tiered_pricing", [])))
            if shape not in shapes and len(shapes) < MODELS_PER_PROVIDER:
                shapes.add(shape)
                yield key


def main():
    price_map = json.load(open(sys.argv[1]))
    cases = []
    for key in sample(price_map):
        entry = price_map[key]
        tiers = ["standard"] + [t for t in ("batch", "flex", "priority") if any(k[1] == t for k in stated(entry))]
        for tier in tiers:
            for usage in usages(entry):
                try:
                    figure = charged(key, entry, usage, tier)
                except Exception as error:  # LiteLLM knows no such provider: say so, and leave the case out
                    print(f"{key} {tier}: {error}", file=sys.stderr)
                    continue
                name = deviation(entry, usage, tier)
                ours = format(by_our_rules(entry, usage, tier), "f") if name else None
                case = [key, entry["litellm_provider"], tier, *(usage.get(c, 0) for c in TOKENS), repr(figure)]
                case += [name, ours] if name else []
                cases.append(case)
    columns = ["key", "provider", "tier", *TOKENS, "usd", "deviation", "by_our_rules"]
    print('{ "made_with": "litellm %s",\n  "columns": %s,\n  "cases": [' % (version("litellm"), json.dumps(columns)))
    print(",\n".join("    " + json.dumps(case) for case in cases))
    print("  ] }")
    print(len(cases), "cases,", len({c[1] for c in cases}), "providers,", sum(len(c) > 10 for c in cases), "deviations",
          file=sys.stderr)


main()
