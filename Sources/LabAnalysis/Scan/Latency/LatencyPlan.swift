import LabCore
import LabTable

/// What a call is told apart by where durations are counted.
enum LatencyAxis: Int, Sendable, CaseIterable {
  case stratum, region, provider
  /// Provider and model together, numbered as they occur.
  case pair
  /// 0 in the first days, from which references are taken, 1 after them.
  case era
  case feature
  /// The hour, or in long data the day.
  case series
}

/// How a table's durations are counted: which cubes, how large, over what time.
struct LatencyPlan: Sendable {
  let columns: [UsageColumn]
  let sizes: [Int]
  let cubes: [LatencyCube]
  let pairs: ModelPairs
  /// By code whether a call failed.
  let failures: ContiguousArray<Bool>
  /// By code whether a call failed for another reason than its caller's rate limit.
  let faults: ContiguousArray<Bool>
  /// Whether ``failures`` is by error type; by status otherwise.
  let readsErrorTypes: Bool
  /// How many kinds of error are told apart; the last stands for all further ones.
  let errorTypes: Int
  let hasRetries: Bool
  let slaMicroseconds: Int64
  let goals: FirstTokenGoals?
  let time: LatencyTime?
  /// How many cells an hour of the grid of incidents has (provider × region); 0 without one.
  let gridCells: Int

  /// Beyond so many cells (17 MB of counters a thread) what is told apart is told apart less finely. A row's code
  /// (`LatencyLoops`) has room for twice as many.
  static let cellLimit = 8192
  /// Kinds of error that are counted apart.
  static let errorTypeLimit = 16
  /// The most hours × provider × region of the grid of incidents: 32 bytes each.
  static let gridLimit = 1 << 20

  func size(_ axis: LatencyAxis) -> Int { sizes[axis.rawValue] }

  /// The cube that tells all of some axes apart; nil when there are too many cells for that.
  func cube(of axes: Set<LatencyAxis>) -> Int? {
    cubes.firstIndex { cube in cube.value == .latency && axes.isSubset(of: cube.axes.map(\.axis)) }
  }

  var firstTokenCube: Int? { cubes.firstIndex { $0.value == .firstToken } }
}

/// Limits on the first token and on the tokens after it, in microseconds.
struct FirstTokenGoals: Sendable, Hashable {
  var firstToken: Int64
  var perToken: Int64
}

/// The periods of the data that durations are counted by.
struct LatencyTime: Sendable {
  /// The first hour of the data, since 1970.
  var firstHour: Int64
  var hours: Int
  /// The width of a step of the series, in hours: 1 or 24.
  var seriesHours: Int64
  var firstStep: Int64
  var steps: Int
  /// Days that intervals resample as one, and how many such units there are.
  var unitDays: Int64
  var firstDay: Int64
  var units: Int

  /// Steps of the series: beyond half a year of hours they are days.
  static let stepLimit = 4096
  /// Units that intervals resample; more days are taken together.
  static let unitLimit = 64
  /// Rule 11 of the analyzers: hours before the first verdict. Those before are the first era.
  static let eraHours = 14 * 24

  /// Nil for a range beyond eleven years: its hours fit into no array.
  init?(_ range: ClosedRange<Instant>) {
    firstHour = floorDivide(range.lowerBound.microseconds, 3_600_000_000)
    let span = floorDivide(range.upperBound.microseconds, 3_600_000_000) - firstHour + 1
    guard span > 0, span <= Int64(Self.stepLimit) * 24 else { return nil }
    hours = Int(span)
    seriesHours = hours <= Self.stepLimit ? 1 : 24
    firstStep = floorDivide(firstHour, seriesHours)
    steps = Int(floorDivide(firstHour + span - 1, seriesHours) - firstStep + 1)
    firstDay = floorDivide(firstHour, 24)
    let days = floorDivide(firstHour + span - 1, 24) - firstDay + 1
    unitDays = (days + Int64(Self.unitLimit) - 1) / Int64(Self.unitLimit)
    units = Int((days + unitDays - 1) / unitDays)
  }

  /// The start of an hour of the grid.
  func start(ofHour hour: Int) -> Instant { Instant(microseconds: (firstHour + Int64(hour)) * 3_600_000_000) }
  /// The start of a step of the series.
  func start(ofStep step: Int) -> Instant {
    Instant(microseconds: (firstStep + Int64(step)) * seriesHours * 3_600_000_000)
  }
}

extension LatencyPlan {
  /// Reads what has to be known before the calls are counted.
  init(_ calls: CallTable, in context: AnalysisContext, goals: FirstTokenGoals) throws(AnalysisError) {
    let providers = max(1, calls.dictionary(.provider).count)
    pairs = try ModelPairs.of(calls, in: context)
    readsErrorTypes = calls.has(.errorType)
    if readsErrorTypes {
      let types = calls.dictionary(.errorType).texts
      failures = ContiguousArray(types.map { !$0.isEmpty } + [false])
      faults = ContiguousArray(types.map { !$0.isEmpty && $0 != "rate_limit" } + [false])
    } else {
      failures = ContiguousArray(calls.dictionary(.status).texts.map { $0 == "error" } + [false])
      faults = failures
    }
    errorTypes = readsErrorTypes ? min(calls.dictionary(.errorType).count, Self.errorTypeLimit) : 0
    hasRetries = calls.has(.retryOf)
    slaMicroseconds = Int64(min(max(0, context.settings.slaMilliseconds), 1e12) * 1000)
    self.goals = calls.has(.timeToFirstToken) ? goals : nil
    time = calls.has(.timestamp) ? try context.timeRange(of: calls).flatMap { LatencyTime($0) } : nil
    var sizes = [Int](repeating: 1, count: LatencyAxis.allCases.count)
    sizes[LatencyAxis.stratum.rawValue] = LatencyStratum.count
    sizes[LatencyAxis.region.rawValue] = max(1, calls.dictionary(.region).count)
    sizes[LatencyAxis.provider.rawValue] = providers
    sizes[LatencyAxis.pair.rawValue] = max(1, pairs.count)
    sizes[LatencyAxis.era.rawValue] = 2
    sizes[LatencyAxis.feature.rawValue] = max(1, calls.dictionary(.featureID).count)
    sizes[LatencyAxis.series.rawValue] = max(1, time?.steps ?? 1)
    self.sizes = sizes
    cubes = Self.cubes(sizes, calls, time, hasPairs: !pairs.isEmpty)
    let cells = providers.multipliedReportingOverflow(by: sizes[LatencyAxis.region.rawValue])
    let fits = !cells.overflow && cells.partialValue <= Self.gridLimit / max(1, time?.hours ?? 1)
    gridCells = time != nil && fits ? cells.partialValue : 0
    columns =
      [
        .timestamp, .provider, .model, .region, .featureID, .latency, .outputTokens, .inputTokens, .cost,
        readsErrorTypes ? .errorType : .status,
      ] + (hasRetries ? [.retryOf] : []) + (self.goals != nil ? [.timeToFirstToken] : [])
  }

  private static func cubes(_ sizes: [Int], _ calls: CallTable, _ time: LatencyTime?, hasPairs: Bool) -> [LatencyCube] {
    func fits(_ axes: [LatencyAxis]) -> Bool {
      axes.reduce(1) { $0 > cellLimit ? $0 : $0 * sizes[$1.rawValue] } <= cellLimit
    }
    func cube(_ axes: [LatencyAxis], units: Int = 1, keepsSums: Bool = true, _ value: LatencyCube.Value = .latency)
      -> LatencyCube
    {
      LatencyCube(axes, sizes: sizes, units: units, keepsSums: keepsSums, value: value)
    }
    var cubes: [LatencyCube] = []
    if hasPairs, fits([.stratum, .region, .pair, .era]) {
      cubes.append(cube([.stratum, .region, .pair, .era], units: time?.units ?? 1))
    } else {
      let byModel: [[LatencyAxis]] = [[.stratum, .pair], [.pair]]
      if hasPairs, let axes = byModel.first(where: fits) { cubes.append(cube(axes)) }
      let byPlace: [[LatencyAxis]] = [[.stratum, .region, .provider], [.region, .provider], [.region]]
      cubes.append(cube(byPlace.first(where: fits) ?? []))
    }
    let byFeature: [[LatencyAxis]] = [[.stratum, .feature], [.feature]]
    if calls.has(.featureID), let axes = byFeature.first(where: fits) { cubes.append(cube(axes)) }
    if let time, time.steps > 1 { cubes.append(cube([.series], keepsSums: false)) }
    if calls.has(.timeToFirstToken), hasPairs, fits([.pair]) {
      cubes.append(cube([.pair], keepsSums: false, .firstToken))
    }
    return cubes
  }
}
