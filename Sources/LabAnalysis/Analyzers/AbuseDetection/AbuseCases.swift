import LabCore
import LabReport
import LabTable

/// Makes cases of the bins that stray: which customers, which bins, what kind, how much money.
struct AbuseCases {
  let sweep: AbuseSweep
  let calls: CallTable
  let context: AnalysisContext
  /// By customer code its tier; nil without tiers.
  var tiers: CustomerTiers?

  private var hours: CustomerHours { sweep.hours }

  /// The tests of all customers: the p-value of each that was tested, corrected for its own tests.
  func pValues() -> ContiguousArray<Double?> {
    var least = ContiguousArray<Double?>(repeating: nil, count: hours.customerCount)
    for customer in least.indices where sweep.testedDays[customer] > 0 { least[customer] = 1 }
    for hit in sweep.hits {
      least[hit.customer] = min(least[hit.customer] ?? 1, hit.pValue * tests(hit.customer))
    }
    return least
  }

  func tests(_ customer: Int) -> Double { Double(sweep.testedDays[customer] * AbuseSignal.testsPerDay) }

  /// The customers with cases, and the p-value (corrected for a customer's tests) up to which a bin belongs to one.
  ///
  /// The first gate asks whether anything happened at all, at the family's share of the error budget: on calm data no more
  /// than that share of runs passes. Only behind it customers are judged at the rate of false cases among all.
  private func rejected(_ pValues: ContiguousArray<Double?>) -> (customers: [Int], cut: Double) {
    let customers = pValues.indices.filter { pValues[$0] != nil }
    let values = customers.map { pValues[$0] ?? 1 }
    guard Multiplicity.benjaminiHochberg(values, rate: ErrorBudget.familyLevel).contains(true) else { return ([], 0) }
    let flags = Multiplicity.benjaminiHochberg(values, rate: AbuseDetection.falseDiscoveryRate)
    let found = zip(customers, flags).filter(\.1).map(\.0)
    return (found, AbuseDetection.falseDiscoveryRate * Double(found.count) / Double(max(1, customers.count)))
  }

  func hasCases(_ pValues: ContiguousArray<Double?>) -> Bool { !rejected(pValues).customers.isEmpty }

  /// All cases, most money at stake first.
  func cases(_ pValues: ContiguousArray<Double?>) -> [AbuseFindings.Case] {
    let (customers, cut) = rejected(pValues)
    let isRejected = Set(customers)
    var hits: [Int: [AbuseHit]] = [:]
    for hit in sweep.hits where isRejected.contains(hit.customer) { hits[hit.customer, default: []].append(hit) }
    var cases: [AbuseFindings.Case] = []
    for customer in customers {
      cases += self.cases(of: customer, hits[customer] ?? [], cut: cut, pValue: pValues[customer] ?? 1)
    }
    return cases.sorted {
      if $0.costAtStakeUsd != $1.costAtStakeUsd { return $0.costAtStakeUsd > $1.costAtStakeUsd }
      if $0.start != $1.start { return $0.start < $1.start }
      return $0.customerId.utf8.lexicographicallyPrecedes($1.customerId.utf8)
    }
  }

  private func cases(of customer: Int, _ hits: [AbuseHit], cut: Double, pValue: Double) -> [AbuseFindings.Case] {
    let tests = tests(customer)
    let deciding = hits.filter { $0.pValue * tests <= cut }
    var flagged = Set(deciding.filter(\.signal.isHourly).map(\.hours.lowerBound))
    let daysWithHours = Set(flagged.map { floorDivide(Int64($0), 24) })
    // A flagged day says less about when than its flagged hours, where it has any.
    for hit in deciding
    where !hit.signal.isHourly && !daysWithHours.contains(floorDivide(Int64(hit.hours.lowerBound), 24)) {
      flagged.formUnion(hit.hours)
    }
    // What follows within a day and is still far out belongs to the case, though it would not have begun one.
    for hit in hits.sorted(by: { ($0.hours.lowerBound, $0.signal.rawValue) < ($1.hours.lowerBound, $1.signal.rawValue) }
    )
    where hit.signal.isHourly {
      let hour = hit.hours.lowerBound
      if !flagged.contains(hour), (1...AbuseDetection.mergedGap).contains(where: { flagged.contains(hour - $0) }) {
        flagged.insert(hour)
      }
    }
    let runs = BinRuns.merged(flagged.sorted(), gap: AbuseDetection.mergedGap)
    return runs.map { run in
      make(customer, run, all: runs, hits.filter { $0.hours.overlaps(run) }, cut: cut / max(tests, 1), pValue: pValue)
    }
  }

  private func make(
    _ customer: Int, _ run: Range<Int>, all runs: [Range<Int>], _ hits: [AbuseHit], cut: Double, pValue: Double
  ) -> AbuseFindings.Case {
    var (found, usual) = (AbuseTotals(), AbuseTotals())
    found.hours = Double(run.count)
    let past = max(run.lowerBound - SeasonalBaseline.trailingHours, firstHour(of: customer))..<run.lowerBound
    usual.hours = Double(past.count) - Double(runs.reduce(0) { $0 + $1.clamped(to: past).count })
    var series: [(hour: Int, calls: Int64)] = []
    for index in hours.range(of: customer) {
      let cell = hours.cells[index]
      let hour = Int(cell.hour)
      if run.contains(hour) { found.add(cell) }
      if past.contains(hour), !runs.contains(where: { $0.contains(hour) }) { usual.add(cell) }
      if hour >= run.lowerBound - 48, hour < run.upperBound + 48 { series.append((hour, Int64(cell.calls))) }
    }
    let share = found.hours / max(usual.hours, 1)
    let expectedCost = Money(nanodollars: Int64((Double(usual.cost) * share).rounded()))
    let cost = Money(nanodollars: found.cost)
    let atStake = Money(nanodollars: max(0, cost.nanodollars - expectedCost.nanodollars))
    let deciding = hits.filter { $0.pValue <= cut }
    let first = deciding.min { ($0.hours.upperBound, $0.signal.rawValue) < ($1.hours.upperBound, $1.signal.rawValue) }
    let regions = calls.has(.region) ? calls.dictionary(.region).texts : []
    let usualTier = tiers?.compared(customer, callsPerDay: found.calls / max(found.hours, 1) * 24)
    return AbuseFindings.Case(
      customerId: calls.dictionary(.customerID)[UInt32(customer)], kind: AbuseKind(found, usual: usual),
      severity: severity(atStake, found, hits), start: Self.instant(run.lowerBound), end: Self.instant(run.upperBound),
      detectedAt: Self.instant(first?.hours.upperBound ?? run.upperBound), hours: run.count,
      pValue: min(1, pValue), calls: Int64(found.calls), expectedCalls: usual.calls * share,
      rateLimitErrors: Int64(found.rateLimits), costUsd: cost, costAtStakeUsd: atStake, expectedCostUsd: expectedCost,
      regions: Self.names(found.regions, regions), newRegions: Self.names(found.regions & ~usual.regions, regions),
      timesTierMedian: usualTier?.times, subscriptionTier: usualTier?.tier, evidence: evidence(hits, cut: cut),
      bin: .hours(Int64(first?.hours.count ?? 1)), series: series)
  }

  private func firstHour(of customer: Int) -> Int {
    hours.cells(of: customer).first.map { Int($0.hour) } ?? 0
  }

  private static func instant(_ hour: Int) -> Instant { Instant(microseconds: Int64(hour) * 3_600_000_000) }

  /// The names of the bits of a mask of regions, sorted; the last bit stands for all codes from 31 on.
  private static func names(_ mask: UInt32, _ regions: [String]) -> [String] {
    (0..<32).filter { mask & 1 << UInt32($0) != 0 && $0 < regions.count }
      .map { $0 == 31 && regions.count > 32 ? "others" : regions[$0] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Of each signal the strongest bin, the strongest signal first.
  private func evidence(_ hits: [AbuseHit], cut: Double) -> [AbuseFindings.Evidence] {
    var best: [AbuseSignal: AbuseHit] = [:]
    for hit in hits {
      if let known = best[hit.signal],
        (known.pValue, -known.logLikelihoodRatio) <= (hit.pValue, -hit.logLikelihoodRatio)
      {
        continue
      }
      best[hit.signal] = hit
    }
    return AbuseSignal.allCases.compactMap { best[$0] }
      .map { hit in
        AbuseFindings.Evidence(
          signal: hit.signal, start: Self.instant(hit.hours.lowerBound), hours: hit.hours.count,
          observed: hit.observed, expected: hit.expected, pValue: hit.pValue,
          logLikelihoodRatio: hit.logLikelihoodRatio, decides: hit.pValue <= cut)
      }
      .sorted { ($0.decides ? 0 : 1, -$0.logLikelihoodRatio) < ($1.decides ? 0 : 1, -$1.logLikelihoodRatio) }
  }

  private func severity(_ atStake: Money, _ found: AbuseTotals, _ hits: [AbuseHit]) -> AbuseFindings.Severity {
    let limit = context.settings.highDailyCost
    let stormy = hits.contains { $0.signal == .rateLimits && $0.observed > AbuseDetection.criticalLimits }
    if atStake >= limit || stormy { return .critical }
    return atStake.nanodollars >= limit.nanodollars / 10 ? .warning : .info
  }
}

/// The tier of each customer, and how many calls a day its tier's customers usually make.
struct CustomerTiers: Sendable {
  private let tierOfCustomer: ContiguousArray<Int32>
  private let names: [String]
  private let medians: [Double?]

  /// The time and tier of a customer's latest call.
  private struct Latest: Sendable {
    var time = Int64.min
    var tier: Int32 = -1
  }

  /// Fewer peers have no median to speak of (rule 3: a mean needs 30).
  private static let leastPeers = 30

  /// Nil when the data have no tiers. Of a customer that of its latest call counts, wherever it stands in the file.
  init?(_ calls: CallTable, _ hours: CustomerHours, _ context: AnalysisContext) throws(AnalysisError) {
    guard calls.has(.subscriptionTier), calls.has(.customerID) else { return nil }
    let customers = hours.customerCount
    let latest = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: [.customerID, .subscriptionTier, .timestamp], where: context.selection, context.scan,
        from: { ContiguousArray<Latest>(repeating: Latest(), count: customers) }
      ) { latest, block in
        let (customerCodes, tierCodes) = (block.codes(.customerID), block.codes(.subscriptionTier))
        let times = block.integers(.timestamp)
        for row in 0..<block.count where times[row] >= latest[Int(customerCodes[row])].time {
          latest[Int(customerCodes[row])] = Latest(time: times[row], tier: Int32(truncatingIfNeeded: tierCodes[row]))
        }
      } merge: { latest, later in
        for index in latest.indices where later[index].tier >= 0 && later[index].time >= latest[index].time {
          latest[index] = later[index]
        }
      }
    }
    let scan = ContiguousArray(latest.map(\.tier))
    let names = calls.dictionary(.subscriptionTier).texts
    var rates: [[Double]] = Array(repeating: [], count: names.count)
    for customer in 0..<customers where scan[customer] >= 0 {
      let cells = hours.cells(of: customer)
      guard let first = cells.first, let last = cells.last else { continue }
      let days = Double(Int(last.hour) - Int(first.hour) + 1) / 24
      rates[Int(scan[customer])].append(cells.reduce(0) { $0 + Double($1.calls) } / max(1, days))
    }
    tierOfCustomer = scan
    self.names = names
    medians = rates.map {
      $0.count >= Self.leastPeers ? NearestRank.quantile(0.5, ofSorted: $0.sorted()) : nil
    }
  }

  /// The customer's tier, and a rate over the median of its tier's customers.
  func compared(_ customer: Int, callsPerDay rate: Double) -> (tier: String, times: Double?)? {
    let tier = Int(tierOfCustomer[customer])
    guard tier >= 0, tier < names.count else { return nil }
    return (names[tier], medians[tier].flatMap { Ratio.of(rate, $0) })
  }
}
