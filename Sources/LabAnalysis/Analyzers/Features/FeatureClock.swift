import LabCore

/// Who was active when: the customers of every feature, and of any, in spans of days.
struct FeatureClock {
  /// A span of days with its active customers.
  struct Span {
    var days: Range<Int>
    var byFeature: [Int]
    /// Customers active with any feature.
    var everybody: Int
    /// Days with a call, summed over customers.
    var activeDays: [Int64]
  }

  /// Whole weeks that are shown: two years.
  private static let weekLimit = 104
  /// Weeks of a launch curve.
  private static let curveLimit = 26
  /// Days between the window's start and a first call that make it a launch.
  private static let launchDays = 7

  private let scan: FeatureScan
  private let window: ClosedRange<Instant>
  /// Pairs with calls, by customer, then by feature.
  let pairs: [FeaturePairs.Pair]
  /// The last seven whole days, or all days where there are fewer.
  let recentDays: Range<Int>
  let recent: Span
  /// Whole ISO weeks, in order.
  let weeks: [Span]
  /// By feature the customers with a call in the window; and all of them.
  let customersByFeature: [Int]
  let callers: Int

  init(_ scan: FeatureScan, window: ClosedRange<Instant>) {
    self.scan = scan
    self.window = window
    let pairs = scan.pairs.all
    self.pairs = pairs
    let whole = WholePeriods(first: window.lowerBound, last: window.upperBound)
    let kept = scan.plan.days
    recentDays = whole.days.count >= 7 ? (whole.days.upperBound - 7)..<whole.days.upperBound : kept
    recent = Self.span(recentDays, scan, pairs, countsDays: true)
    weeks = whole.mondays.filter { $0 >= kept.lowerBound }.suffix(Self.weekLimit).map {
      Self.span($0..<($0 + 7), scan, pairs, countsDays: false)
    }
    var customers = [Int](repeating: 0, count: scan.plan.features)
    var (callers, last) = (0, -1)
    for pair in pairs {
      customers[pair.feature] += 1
      if pair.customer != last { (callers, last) = (callers + 1, pair.customer) }
    }
    customersByFeature = customers
    self.callers = callers
  }

  private static func span(
    _ days: Range<Int>, _ scan: FeatureScan, _ pairs: [FeaturePairs.Pair], countsDays: Bool
  ) -> Span {
    let mask = scan.pairs.mask(days)
    var span = Span(
      days: days, byFeature: Array(repeating: 0, count: scan.plan.features), everybody: 0,
      activeDays: Array(repeating: 0, count: scan.plan.features))
    var last = -1
    for pair in pairs where scan.pairs.isActive(pair, mask) {
      span.byFeature[pair.feature] += 1
      if countsDays { span.activeDays[pair.feature] += scan.pairs.activeDays(pair, mask) }
      if pair.customer != last { (span.everybody, last) = (span.everybody + 1, pair.customer) }
    }
    return span
  }

  /// Calls, cost and tokens of a feature on some days.
  func sums(_ feature: Int, _ days: Range<Int>) -> FeatureScan.Sums {
    let kept = scan.plan.days
    var sums = FeatureScan.Sums.zero
    for day in days.clamped(to: kept) { sums &+= scan.sums(feature, day: day) }
    return sums
  }

  /// A feature in a span of days.
  func week(_ feature: Int, _ span: Span) -> FeatureFindings.Week {
    .init(
      start: CivilDate(daysSinceEpoch: span.days.lowerBound).description, calls: sums(feature, span.days)[0],
      activeCustomers: span.byFeature[feature],
      adoptionPct: Ratio.percent(Int64(span.byFeature[feature]), Int64(span.everybody)))
  }

  /// The day of a feature's first call, where that is a launch within the window.
  func launch(_ feature: Int) -> Int? {
    let kept = scan.plan.days
    guard kept.lowerBound == window.lowerBound.day,
      let first = kept.first(where: { scan.sums(feature, day: $0)[0] > 0 }),
      first >= kept.lowerBound + Self.launchDays
    else { return nil }
    return first
  }

  /// The whole weeks from a launch on.
  func curve(_ feature: Int, from launch: Int) -> [FeatureFindings.Week] {
    let end = WholePeriods(first: window.lowerBound, last: window.upperBound).days.upperBound
    var curve: [FeatureFindings.Week] = []
    var start = launch
    while start + 7 <= end, curve.count < Self.curveLimit {
      curve.append(week(feature, Self.span(start..<(start + 7), scan, pairs, countsDays: false)))
      start += 7
    }
    return curve
  }
}

/// How users of chosen features lie in deciles of calls: what the test of bundles permutes within.
struct FeatureStrata {
  /// By decile the customers, and by customer the chosen features as bits.
  private var deciles: [[UInt32]]

  /// - Parameter chosen: at most 32 feature codes.
  init(ledger: CustomerLedger, pairs: [FeaturePairs.Pair], chosen: [Int], features: Int) {
    var bit = [UInt32](repeating: 0, count: features)
    for (index, feature) in chosen.enumerated() { bit[feature] = 1 << UInt32(index) }
    var used = [UInt32](repeating: 0, count: ledger.hours.customerCount)
    for pair in pairs { used[pair.customer] |= bit[pair.feature] }
    let callers = ledger.accounts.indices.filter { ledger.accounts[$0].calls > 0 }.sorted {
      let (left, right) = (ledger.accounts[$0].calls, ledger.accounts[$1].calls)
      return left == right ? $0 < $1 : left < right
    }
    deciles = (0..<FeatureBundles.deciles).map { decile in
      let range =
        (callers.count * decile / FeatureBundles.deciles)..<(callers.count * (decile + 1) / FeatureBundles.deciles)
      return callers[range].compactMap { account in ledger.accounts[account].code.map { used[$0] } }
    }
  }

  /// The strata of two of the chosen features, by their places in the list.
  func strata(_ first: Int, _ second: Int) -> [FeatureBundles.Stratum] {
    let (left, right) = (UInt32(1) << UInt32(first), UInt32(1) << UInt32(second))
    return deciles.map { customers in
      var stratum = FeatureBundles.Stratum(customers: customers.count)
      for used in customers {
        let (a, b) = (used & left != 0, used & right != 0)
        if a { stratum.first += 1 }
        if b { stratum.second += 1 }
        if a && b { stratum.both += 1 }
      }
      return stratum
    }
  }
}
