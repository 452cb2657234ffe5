import LabTable

/// Nearest-rank quantiles: the value at position ⌈p·n⌉ of the sorted values, so every quantile is a value that occurred.
///
/// Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), definition 1.
public enum NearestRank {
  /// The position (from 0) of the quantile `p` among `count` sorted values; nil without values.
  ///
  /// - Parameter p: 0 to 1; values outside are taken as the nearer end. 0 is the smallest value, 1 the largest.
  public static func position(of p: Double, among count: Int) -> Int? {
    guard count > 0, !p.isNaN else { return nil }
    let share = min(max(p, 0), 1) * Double(count)
    // 0.95 · 20 is 19.000000000000004 in binary: a hair above a whole rank is that rank.
    let whole = share.rounded(.toNearestOrEven)
    let rank = abs(share - whole) <= share.ulp * 4 ? whole : share.rounded(.up)
    return min(max(Int(rank), 1), count) - 1
  }

  /// The quantile of values that are sorted ascending; nil without values.
  public static func quantile<Value>(_ p: Double, ofSorted values: some RandomAccessCollection<Value>) -> Value? {
    guard let position = position(of: p, among: values.count) else { return nil }
    return values[values.index(values.startIndex, offsetBy: position)]
  }
}

/// How often each whole number occurred: exact quantiles of millions of values without sorting them.
///
/// Values below ``directLimit`` are counted in place, the rare larger and negative ones are kept and sorted at the end.
/// Counts of parts add up in any order.
struct ValueCounts: Sendable {
  /// Token counts below a million and latencies below a second, in microseconds, are counted in place: 4 MB.
  static let directLimit = 1 << 20

  private var counts: ContiguousArray<UInt32> = []
  private var others: ContiguousArray<Int64> = []
  private(set) var count = 0
  /// The sum of all values, for the mean.
  private(set) var sum: Int128 = 0

  init() {}

  /// The values of several, together.
  init(united parts: [ValueCounts]) {
    for part in parts {
      if part.counts.count > counts.count { grow(toHold: part.counts.count - 1) }
      for index in part.counts.indices { counts[index] += part.counts[index] }
      count += part.count - part.others.count
      sum += part.others.reduce(part.sum) { $0 - Int128($1) }
      // What one part keeps apart another may have counted in place.
      for value in part.others { add(value) }
    }
  }

  mutating func add(_ value: Int64) {
    count += 1
    sum += Int128(value)
    guard value >= 0, value < Int64(Self.directLimit) else {
      others.append(value)
      return
    }
    let index = Int(value)
    if index >= counts.count { grow(toHold: index) }
    counts[index] += 1
  }

  /// Takes a value in that occurred several times; one of at least zero and below ``directLimit``.
  mutating func add(_ value: Int64, times: UInt32) {
    precondition(value >= 0 && value < Int64(Self.directLimit))
    count += Int(times)
    sum += Int128(value) * Int128(times)
    let index = Int(value)
    if index >= counts.count { grow(toHold: index) }
    counts[index] += times
  }

  private mutating func grow(toHold index: Int) {
    let size = min(Self.directLimit, max(index + 1, counts.count * 2, 4096))
    counts.append(contentsOf: repeatElement(0, count: size - counts.count))
  }

  mutating func add(_ other: ValueCounts) {
    if other.counts.count > counts.count { grow(toHold: other.counts.count - 1) }
    for index in other.counts.indices { counts[index] += other.counts[index] }
    others.append(contentsOf: other.others)
    count += other.count
    sum += other.sum
  }

  /// Takes in values that are all greater than those of one ``add(_:times:)`` or another so far; they are kept one by one.
  mutating func append(greater values: some Collection<Int64>) {
    others.append(contentsOf: values)
    count += values.count
    for value in values { sum += Int128(value) }
  }

  var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// The nearest-rank quantiles of ascending shares, in one walk; nil without values.
  func quantiles(_ shares: [Double]) -> [Int64]? {
    guard count > 0 else { return nil }
    let negatives = others.count { $0 < 0 }
    let direct = count - others.count
    var result: [Int64] = []
    var index = 0
    var before = 0
    for share in shares {
      guard let position = NearestRank.position(of: share, among: count) else { return nil }
      if position < negatives {
        result.append(RankSelection.select(others, rank: position))
      } else if position >= negatives + direct {
        result.append(RankSelection.select(others, rank: position - direct))
      } else {
        let wanted = position - negatives
        while index < counts.count, before + Int(counts[index]) <= wanted {
          before += Int(counts[index])
          index += 1
        }
        result.append(Int64(index))
      }
    }
    return result
  }
}
