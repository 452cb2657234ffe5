import LabCore

/// Groups of calls with their sums, ascending by the keys of the first dimension, then of the second, and so on.
public struct GroupTotals: Sendable {
  public let dimensions: [Dimension]
  /// Per group, one key after another for every dimension.
  let keys: ContiguousArray<Int64>
  /// The sums, by group.
  public let totals: [CallTotals]
  /// The texts of each dimension that has codes.
  let dictionaries: [TextDictionary?]

  /// The number of groups; only groups with calls exist.
  public var count: Int { totals.count }

  /// The key of a group in a dimension: a dictionary code, a day or an hour.
  public func key(_ group: Int, _ dimension: Int = 0) -> Int64 { keys[group * dimensions.count + dimension] }

  /// The key as text: the dictionary's, `2026-01-05` for a day, `2026-01-05T09:00:00Z` for an hour.
  public func label(_ group: Int, _ dimension: Int = 0) -> String {
    let key = key(group, dimension)
    switch dimensions[dimension] {
    case .column, .tag: return dictionaries[dimension]?[UInt32(truncatingIfNeeded: key)] ?? ""
    case .day: return CivilDate(daysSinceEpoch: Int(key)).description
    case .hour: return Instant(microseconds: key * 3_600_000_000).formatted(fractionDigits: 0)
    }
  }

  /// The labels of a group in all dimensions.
  public func labels(_ group: Int) -> [String] { dimensions.indices.map { label(group, $0) } }

  /// The sums over all groups.
  public var overall: CallTotals { totals.reduce(into: CallTotals()) { $0 += $1 } }

  /// The group numbers by falling cost; equal costs in the order of the groups.
  public var indicesByCost: [Int] {
    totals.indices.sorted { left, right in
      totals[left].cost == totals[right].cost ? left < right : totals[left].cost > totals[right].cost
    }
  }
}

/// Exact percentiles of a column, by group.
public struct GroupPercentiles: Sendable {
  public let dimensions: [Dimension]
  /// What was asked for, in thousandths.
  public let perMille: [Int]
  let keys: ContiguousArray<Int64>
  let dictionaries: [TextDictionary?]
  /// Calls with a known value, by group. Groups without any are left out.
  public let counts: [Int]
  /// Per group, one value after another for every percentile, in the column's unit.
  let values: ContiguousArray<Int64>

  /// The number of groups.
  public var count: Int { counts.count }

  /// The value of a percentile (by its place in ``perMille``) of a group.
  public func value(_ group: Int, _ percentile: Int) -> Int64 { values[group * perMille.count + percentile] }

  /// The key of a group in a dimension: a dictionary code, a day or an hour.
  public func key(_ group: Int, _ dimension: Int = 0) -> Int64 { keys[group * dimensions.count + dimension] }

  /// The key as text, as in ``GroupTotals/label(_:_:)``.
  public func label(_ group: Int, _ dimension: Int = 0) -> String {
    GroupTotals(dimensions: dimensions, keys: keys, totals: [], dictionaries: dictionaries).label(group, dimension)
  }
}
