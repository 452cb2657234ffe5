import LabCore
import LabTable

/// Hours in which a provider was slow, or failed more than usual, and customers whose calls ran into limits.
///
/// - A latency incident: the 95th percentile of a provider and region, at equal length of answer and model, was at least 1.5
///   times that of the first two weeks: more than 5 % of the calls took longer than that.
/// - An outage: the share of failed calls, rate limits apart, rose by at least 10 points.
/// - A retry storm: one customer's share of rate-limited calls rose by at least 30 points.
///
/// Each is a one-sided test by hour against the past alone (``ShareSeries``), corrected over all hours and cells of its
/// family (Holm); consecutive flagged hours are one event.
struct ServiceIncident: Sendable {
  enum Kind: String, Sendable {
    case latency = "latency_incident"
    case outage
    case retryStorm = "retry_storm"
  }

  var kind: Kind
  var provider: String?
  /// Nil when the event is not confined to one.
  var region: String?
  var customer: String?
  var start: Instant
  var end: Instant
  var detectedAt: Instant
  /// Slow, failed or limited calls of the event's hours, out of how many.
  var marked: Int64
  var calls: Int64
  /// How many marked calls were expected.
  var expected: Double
  /// The least p-value of the event's hours.
  var pValue: Double

  /// By kind, time and place, so that the order of a file's rows doesn't matter.
  func isBefore(_ other: ServiceIncident) -> Bool {
    let (own, theirs) = (
      [provider, region, customer].map { $0 ?? "" }, [other.provider, other.region, other.customer].map { $0 ?? "" }
    )
    if kind != other.kind { return kind.rawValue < other.kind.rawValue }
    if start != other.start { return start < other.start }
    return own.lexicographicallyPrecedes(theirs)
  }

  /// The least rise in the share of failures, and of one customer's rate limits: smaller ones a client's retries absorb.
  static let leastFailureRise = 0.1
  static let leastLimitRise = 0.3
  /// The share of calls beyond 1.5 times the usual 95th percentile above which the percentile itself is beyond it.
  static let leastSlowShare = 0.05
}

/// Finds ``ServiceIncident``s in the cells of a context's calls.
struct IncidentSearch {
  let cells: LatencyCells
  let calls: CallTable

  private var regions: Int { cells.plan.size(.region) }
  private var providers: Int { cells.plan.size(.provider) }
  private var hours: Int { cells.plan.time?.hours ?? 0 }
  private var isLongEnough: Bool { cells.plan.gridCells > 0 && hours > ShareSeries.learningHours }

  /// Whether slowness and failures can be judged at all.
  var judgesLatency: Bool { isLongEnough && cells.hasReferences }
  var judgesFailures: Bool { isLongEnough }

  // MARK: Slow

  func latencyIncidents() -> [ServiceIncident] {
    guard judgesLatency else { return [] }
    let places = providers * regions
    let series = (0..<places).map { place in
      (0..<hours).map { hour -> ShareSeries.Bin in
        let cell = cells.grid[hour * places + place]
        return .init(
          trials: Int64(cell.compared), marked: Int64(cell.slow), expected: Double(cell.expected) / 65_536)
      }
    }
    let outcome = ShareSeries.test(series, level: ErrorBudget.familyLevel) { marked, trials, _ in
      Double(marked) > ServiceIncident.leastSlowShare * Double(trials)
    }
    let flagged = significant(outcome).map(\.test)
    return (0..<providers).flatMap { provider in
      joined(
        provider, kind: .latency, flagged.filter { $0.series / regions == provider }.map { ($0.series % regions, $0) },
        series: series)
    }
  }

  // MARK: Failing

  /// Outages and retry storms, which share the family of errors.
  func failures(of customers: CustomerLimits?, threads: Int) -> [ServiceIncident] {
    guard judgesFailures else { return [] }
    let storms = customers.map { RateLimitSearch($0, firstHour: cells.plan.time?.firstHour ?? 0, threads: threads) }
    let places = providers * regions
    func bins(_ chosen: [Int]) -> [ShareSeries.Bin] {
      (0..<hours).map { hour in
        var bin = ShareSeries.Bin()
        for place in chosen {
          let cell = cells.grid[hour * places + place]
          bin.trials += Int64(cell.calls)
          bin.marked += Int64(cell.faults)
        }
        bin.expected = Double(bin.trials)
        return bin
      }
    }
    let byPlace = (0..<places).map { bins([$0]) }
    var series = byPlace
    if regions > 1 { series += (0..<providers).map { p in bins((0..<regions).map { p * regions + $0 }) } }
    var outcome = ShareSeries.test(series, level: ErrorBudget.familyLevel) { marked, trials, mean in
      Double(marked) - mean >= ServiceIncident.leastFailureRise * Double(trials)
    }
    let own = outcome.tests.count
    outcome.tests += storms?.tests ?? []
    outcome.count += storms?.count ?? 0
    let all = significant(outcome)
    let flagged = all.filter { $0.offset < own }.map(\.test)
    var events: [ServiceIncident] = []
    for provider in 0..<providers {
      var own = flagged.filter { $0.series < places && $0.series / regions == provider }
        .map { (region: $0.series % regions, test: $0) }
      if regions > 1 {
        // What the provider shows as a whole is laid on the regions in which it failed.
        for test in flagged where test.series == places + provider {
          for region in 0..<regions where rose(byPlace[provider * regions + region], test) {
            var test = test
            test.series = provider * regions + region
            own.append((region, test))
          }
        }
      }
      events += joined(provider, kind: .outage, own, series: byPlace)
    }
    let limited = all.filter { $0.offset >= own }.map(\.test)
    return events + (storms?.events(limited, names: calls.dictionary(.customerID)) ?? [])
  }

  /// Whether a region shares in a rise of its provider: its own share is at least half the way up.
  private func rose(_ bins: [ShareSeries.Bin], _ test: ShareSeries.Test) -> Bool {
    let hours = max(0, test.hour - test.hours + 1)...test.hour
    let (trials, marked) = hours.reduce((Int64(0), Int64(0))) { ($0.0 + bins[$1].trials, $0.1 + bins[$1].marked) }
    let usual = test.mean / Double(test.trials)
    let risen = Double(test.marked) / Double(test.trials)
    return trials > 0 && Double(marked) / Double(trials) >= (usual + risen) / 2
  }

  private func significant(_ outcome: ShareSeries.Outcome) -> [(offset: Int, test: ShareSeries.Test)] {
    let rejected = Multiplicity.holm(
      outcome.tests.map(\.pValue), level: ErrorBudget.familyLevel, tests: outcome.count)
    return outcome.tests.indices.filter { rejected[$0] }.map { ($0, outcome.tests[$0]) }
  }

  // MARK: Events

  /// Flagged hours of one provider's regions as events: of one region where it alone is flagged, else of all.
  private func joined(
    _ provider: Int, kind: ServiceIncident.Kind, _ flagged: [(region: Int, test: ShareSeries.Test)],
    series: [[ShareSeries.Bin]]
  ) -> [ServiceIncident] {
    guard !flagged.isEmpty else { return [] }
    let tests = flagged.sorted { ($0.test.hour, $0.region, $0.test.hours) < ($1.test.hour, $1.region, $1.test.hours) }
    var groups: [[(region: Int, test: ShareSeries.Test)]] = []
    for entry in tests {
      let start = entry.test.hour - entry.test.hours + 1
      if let last = groups.last?.map(\.test.hour).max(), start <= last + 1 {
        groups[groups.count - 1].append(entry)
      } else {
        groups.append([entry])
      }
    }
    let used = (0..<regions).filter { region in series[provider * regions + region].contains { $0.trials > 0 } }
    return groups.flatMap { group -> [ServiceIncident] in
      let touched = Set(group.map(\.region)).sorted()
      // Everywhere, or in more regions than not: the provider's own trouble.
      if touched.count > 1, touched.count * 2 >= used.count {
        return [event(provider, nil, kind, group.map(\.test), used.map { series[provider * regions + $0] })]
      }
      return touched.map { region in
        event(
          provider, region, kind, group.filter { $0.region == region }.map(\.test),
          [series[provider * regions + region]])
      }
    }
  }

  private func event(
    _ provider: Int, _ region: Int?, _ kind: ServiceIncident.Kind, _ tests: [ShareSeries.Test],
    _ series: [[ShareSeries.Bin]]
  ) -> ServiceIncident {
    let first = tests.map { $0.hour - $0.hours + 1 }.min() ?? 0
    let last = tests.map(\.hour).max() ?? 0
    let detected = tests.map(\.hour).min() ?? 0
    let usual = tests.map { $0.mean / Double($0.trials) }.min() ?? 0
    var (marked, trials) = (Int64(0), Int64(0))
    for bins in series {
      for hour in first...last {
        marked += bins[hour].marked
        trials += bins[hour].trials
      }
    }
    let time = cells.plan.time
    let none = Instant(microseconds: 0)
    return ServiceIncident(
      kind: kind, provider: calls.has(.provider) ? calls.dictionary(.provider)[UInt32(provider)] : nil,
      region: calls.has(.region) && regions > 1
        ? region.map { calls.dictionary(.region)[UInt32($0)] } : nil,
      customer: nil, start: time?.start(ofHour: first) ?? none, end: time?.start(ofHour: last + 1) ?? none,
      detectedAt: time?.start(ofHour: detected + 1) ?? none, marked: marked, calls: trials,
      expected: usual * Double(trials), pValue: tests.map(\.pValue).min() ?? 1)
  }
}
