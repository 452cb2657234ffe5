"""Compares a document of findings with what was computed independently, figure by figure.

The expected side is a tree of the same shape. What may stand in it:

- a `Decimal` is money and must be equal to the nanodollar; an `int`, a text, a truth value and `None` must be equal too;
- a `float` must be equal within 1e-9 of itself (the same sums in another order);
- `Near` within a stated distance;
- `Rows` is a list of rows in any order, each found by its keys; a plain list must have the same order;
- `Among` is a list whose rows are all among those computed, where which of them are listed is a model's choice;
- `Each` computes every row of a list from what the row says it is about, such as an event's time;
- `Unchecked` accepts anything and says why SQL can't tell.

A member that only one side has is a difference, so that a new figure can't slip by.
"""
from decimal import Decimal


class Unchecked:
    """A part of the findings that is no sum, count, share or percentile of the rows."""

    def __init__(self, reason):
        self.reason = reason


class Near:
    """A number that may differ by `distance`, for the given reason."""

    def __init__(self, value, distance, reason):
        self.value, self.distance, self.reason = value, distance, reason


class Rows:
    """Rows in any order; `keys` are the members that tell them apart."""

    def __init__(self, keys, rows):
        self.keys, self.rows = keys, rows


class Among:
    """Rows that must all be among those computed; found by `keys`."""

    def __init__(self, keys, rows):
        self.keys, self.rows = keys, rows


class Each:
    """A list whose rows are computed one by one from themselves."""

    def __init__(self, rule):
        self.rule = rule


def usd(nanodollars):
    """Money from a whole number of nanodollars; nothing from nothing."""
    return None if nanodollars is None else Decimal(int(nanodollars)).scaleb(-9)


def ratio(numerator, denominator, factor=1.0):
    """A quotient as the findings give it: nothing where there is nothing to divide by."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return factor * (float(numerator) / float(denominator))


class Comparison:
    """Walks two trees and keeps count of what was compared."""

    def __init__(self):
        self.compared = 0
        self.unchecked = {}
        self.differences = []

    def differ(self, path, sentence):
        self.differences.append(f"{path}: {sentence}")

    def walk(self, path, found, wanted):
        if isinstance(wanted, Unchecked):
            self.unchecked[wanted.reason] = self.unchecked.get(wanted.reason, 0) + leaves(found)
        elif isinstance(wanted, dict):
            self.members(path, found, wanted)
        elif isinstance(wanted, (Rows, Among)):
            self.rows(path, found, wanted)
        elif isinstance(wanted, Each):
            if not isinstance(found, list):
                self.differ(path, f"{size(found)} where a list was computed")
                return
            for index, row in enumerate(found):
                self.walk(f"{path}[{index}]", row, wanted.rule(row))
        elif isinstance(wanted, list):
            if not isinstance(found, list) or len(found) != len(wanted):
                self.differ(path, f"{size(found)} where {len(wanted)} rows were computed")
                return
            for index, (left, right) in enumerate(zip(found, wanted)):
                self.walk(f"{path}[{index}]", left, right)
        else:
            self.leaf(path, found, wanted)

    def members(self, path, found, wanted):
        if not isinstance(found, dict):
            self.differ(path, f"{size(found)} where an object was computed")
            return
        for name in found.keys() - wanted.keys():
            self.differ(f"{path}.{name}", "no rule computes this figure")
        for name, value in wanted.items():
            # An absent member and a null say the same: not known.
            if name in found or not is_nothing(value):
                self.walk(f"{path}.{name}", found.get(name), value)

    def rows(self, path, found, wanted):
        if not isinstance(found, list):
            self.differ(path, f"{size(found)} where {len(wanted.rows)} rows were computed")
            return
        expected = {tuple(row[key] for key in wanted.keys): row for row in wanted.rows}
        if len(expected) != len(wanted.rows):
            raise ValueError(f"the keys of {path} don't tell its rows apart")
        seen = set()
        for row in found:
            key = tuple(row.get(name) for name in wanted.keys)
            place = f"{path}[{' / '.join(str(part) for part in key)}]"
            if key in seen:
                self.differ(place, "stands twice")
            elif key not in expected:
                self.differ(place, "no such row was computed")
            else:
                self.walk(place, row, expected[key])
            seen.add(key)
        for key in expected.keys() - seen if isinstance(wanted, Rows) else []:
            self.differ(f"{path}[{' / '.join(str(part) for part in key)}]", "is missing")

    def leaf(self, path, found, wanted):
        self.compared += 1
        if isinstance(wanted, Near):
            if not is_number(found) or abs(float(found) - float(wanted.value)) > wanted.distance:
                self.differ(path, f"{found} where {wanted.value} was computed (± {wanted.distance})")
        elif isinstance(wanted, float):
            if not is_number(found) or abs(float(found) - wanted) > 1e-9 * max(abs(wanted), 1e-3):
                self.differ(path, f"{found} where {wanted!r} was computed")
        elif isinstance(wanted, (int, Decimal)) and not isinstance(wanted, bool):
            if not is_number(found) or found != wanted:
                self.differ(path, f"{found} where {wanted} was computed")
        elif found != wanted or (isinstance(wanted, bool) != isinstance(found, bool)):
            self.differ(path, f"{found!r} where {wanted!r} was computed")


def is_nothing(wanted):
    return wanted is None or isinstance(wanted, Unchecked)


def is_number(value):
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def leaves(found):
    if isinstance(found, dict):
        return sum(leaves(value) for value in found.values())
    if isinstance(found, list):
        return sum(leaves(value) for value in found)
    return 1


def size(found):
    return f"{len(found)} rows" if isinstance(found, list) else "nothing" if found is None else "something else"
