import LabCore

/// The cost of every hour at the prices of the window's end, and what of it is no chance.
///
/// An hour is held against ``SeasonalBaseline``, and so are the four hours that end with it, since what goes on for some hours
/// stands out as a sum before any hour does. The p-value is the tail of a sum: the customers that make most of the bill are
/// gamma variables with their own variation, the rest is noise of the spread that past hours (or sums of four) had
/// (``ResidualSpread``). So neither the good day of a heavy customer nor a long prompt makes an event. Of four hours a
/// customer's variation is taken as if it were one and the same, which is the careful side. What single customers do is
/// lost in that; they are held against their own past (``CustomerSurges``), and each of the two has half of the level.
struct HourlyCost: Sendable {
  /// One hour, from the first with calls on.
  struct Hour: Sendable {
    var cost: Money
    var calls: Int64
    var failed: Int64
    /// In USD; nil under two weeks of past.
    var expected: Double?
    /// The standard deviation of the hour in USD.
    var deviation: Double?
    /// Nil where nothing was tested.
    var pValue: Double?
    /// That of the four hours that end with it.
    var windowPValue: Double?
    /// In USD what customers' own events cost in it beyond the expected.
    var surge = 0.0
    /// Flagged as an hour of the whole, what customers' own events make of it taken out.
    var isFlagged = false
    /// The place of the hour at whose end it was flagged: itself, or a later one of the same four.
    var firedAt: Int?

    /// What customers' own events leave of it, in USD.
    var rest: Double { cost.dollars - surge }
  }

  let firstHour: Int
  private(set) var hours: [Hour]
  /// The events of single customers.
  private(set) var surges: [CustomerSurges.Event] = []
  /// How many tests of the whole were made.
  private(set) var tests = 0
  /// By hour what constant prices make of a recorded nanodollar.
  private let scales: ContiguousArray<Double>
  private let minimumSigma: Double

  /// An event as a whole exceeds what was expected by this much in USD, and each of its hours by this share of it.
  static let leastExcess = 5.0
  static let leastShare = 0.1
  /// The level of the tests of the whole, and of those of customers: half of the family's each.
  private static let level = ErrorBudget.familyLevel / 2
  /// Customers whose own variation is modelled; the others are many and small.
  private static let modelledCustomers = 32
  /// Hours that are also looked at together: short enough for the shortest incident that matters, and long enough to halve
  /// the noise.
  static let window = 4

  init(_ cells: HourModelCells, sigma: Double) {
    firstHour = cells.firstHour
    minimumSigma = sigma
    var scales: ContiguousArray<Double> = []
    hours = (0..<cells.hourCount).map { hour in
      var (cost, recorded, calls, failed): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
      for cell in cells.cells(ofHour: hour) {
        cost &+= cells.constantCost(of: cell).nanodollars
        recorded &+= cell.recordedCost.nanodollars
        calls &+= cell.calls
        failed &+= cell.isFailed ? cell.calls : 0
      }
      scales.append(cost != recorded && recorded > 0 ? Double(cost) / Double(recorded) : 1)
      return Hour(cost: Money(nanodollars: cost), calls: calls, failed: failed)
    }
    self.scales = scales
  }

  /// The hours (since 1970) of events of the whole or of a customer.
  var flaggedHours: Set<Int> {
    Set(hours.indices.filter { hours[$0].isFlagged || hours[$0].surge > 0 }.map { firstHour + $0 })
  }

  /// Tests the hours one after the other, each with what came before it.
  ///
  /// - Parameters:
  ///   - whole: the hours (since 1970) that lie wholly inside the data.
  ///   - customers: nil when the data don't tell them apart; then all is noise.
  ///   - order: their codes, in an order that doesn't depend on the file's.
  mutating func search(
    whole: Range<Int>, _ customers: CustomerHours?, order: [Int], _ context: AnalysisContext
  ) throws(AnalysisError) {
    var baseline = SeasonalBaseline()
    var spread = ResidualSpread(capacity: SeasonalBaseline.trailingHours)
    var windowSpread = ResidualSpread(capacity: SeasonalBaseline.trailingHours)
    var weights = CustomerWeights(customers, most: Self.modelledCustomers)
    // Two tests of the whole an hour, alone and with the three before it, and one of every customer. What is left out of
    // the baseline must stand out by itself among all tests (Bonferroni).
    let testedHours = Double(max(1, hours.count - SeasonalBaseline.minimumHours))
    let outLevel = Self.level / (2 * testedHours)
    let outLevelOfCustomers = Self.level / (testedHours * Double(max(1, order.count)))
    var surges = customers.map {
      CustomerSurges(
        $0, order: order, scales: scales, firstHour: firstHour, sigma: minimumSigma, level: outLevelOfCustomers,
        threads: context.threads)
    }
    var recent: [(value: Double, estimate: Double)] = []
    for index in hours.indices where whole.contains(firstHour + index) {
      if index % 1024 == 0 { try context.checkpoint() }
      let hour = firstHour + index
      let value = hours[index].cost.dollars
      guard let estimate = baseline.estimate else {
        baseline.append(value)
        continue
      }
      surges?.advance(to: hour)
      recent.append((value, estimate))
      defer {
        weights.close(hour: hour, usual: estimate)
        surges?.close(hour: hour, usual: estimate)
      }
      if recent.count > Self.window { recent.removeFirst() }
      let (sum, usual) = recent.reduce((0, 0)) { ($0.0 + $1.value, $0.1 + $1.estimate) }
      var (isOut, surge) = (false, 0.0)
      if let expected = baseline.next, expected > 0, let relative = spread.deviation {
        let deviation = relative * expected
        hours[index].expected = expected
        hours[index].deviation = deviation
        // Windows overlap, so both spreads rest on the same days.
        let doubt = VarianceDoubt.factor(days: Double(min(spread.count, SeasonalBaseline.trailingHours)) / 24)
        hours[index].pValue = pValue(hour, value: value, expected: expected, deviation: deviation, doubt, &weights)
        tests += 1
        if recent.count == Self.window, let relative = windowSpread.deviation {
          // An hour that is as usual ends no event.
          let isUp = value >= expected * (1 + Self.leastShare)
          hours[index].windowPValue =
            isUp ? pValue(hour, value: sum, expected: usual, deviation: relative * usual, doubt, &weights) : 1
          tests += 1
          surge = surges?.test(hour: hour, expected: recent.map(\.estimate), cost: sum) ?? 0
        }
        isOut = min(hours[index].pValue ?? 1, hours[index].windowPValue ?? 1) <= outLevel
      }
      // Of an hour that only a customer has lifted the rest is as usual.
      baseline.append(value, insteadOf: isOut ? estimate : surge > 0 ? max(0, value - surge) : nil)
      if isOut || surge > 0 {
        weights.leaveOut(hour: hour)
        continue
      }
      if estimate > 0 { spread.append(value / estimate - 1) }
      if recent.count == Self.window, usual > 0 { windowSpread.append(sum / usual - 1) }
    }
    self.surges = surges?.events(level: Self.level) ?? []
    flag()
  }

  /// Whether an excess is large enough to matter.
  private func matters(_ excess: Double, of expected: Double, _ deviation: Double) -> Bool {
    expected > 0 && excess >= max(Self.leastShare * expected, minimumSigma * deviation)
  }

  /// The chance of so much cost where nothing happened; 1 where the excess is too small to matter.
  private func pValue(
    _ hour: Int, value: Double, expected: Double, deviation: Double, _ doubt: Double,
    _ weights: inout CustomerWeights
  ) -> Double {
    guard matters(value - expected, of: expected, deviation) else { return 1 }
    return weights.tail(hour: hour, expected: expected, deviation: deviation, doubt: doubt)
      .pValue(excess: value - expected)
  }

  /// Flags the hours that are no chance among all tests (Holm), alone or as a part of four, where they make an event that
  /// is worth its name. The whole and the customers have half of the family's level each.
  private mutating func flag() {
    let single = hours.indices.filter { hours[$0].pValue != nil }
    let windows = hours.indices.filter { hours[$0].windowPValue != nil }
    let flags = Multiplicity.holm(
      single.map { hours[$0].pValue ?? 1 } + windows.map { hours[$0].windowPValue ?? 1 }, level: Self.level,
      tests: tests)
    for (index, isFlagged) in zip(single, flags) where isFlagged {
      hours[index].isFlagged = true
      hours[index].firedAt = index
    }
    for (index, isFlagged) in zip(windows, flags.dropFirst(single.count)) where isFlagged {
      flag(max(0, index - Self.window + 1)...index, firedAt: index)
    }
    for event in surges {
      for (hour, excess) in zip(event.hours, event.excess) { hours[hour - firstHour].surge += excess }
    }
    // What is left of an hour when customers' own events are taken out must still be up.
    for index in hours.indices where hours[index].isFlagged && hours[index].surge > 0 {
      hours[index].isFlagged = hours[index].rest >= (hours[index].expected ?? 0) * (1 + Self.leastShare)
    }
    for run in BinRuns.merged(hours.indices.filter { hours[$0].isFlagged }) {
      let excess = run.reduce(0.0) { $0 + hours[$1].rest - (hours[$1].expected ?? 0) }
      if excess < Self.leastExcess { for index in run { hours[index].isFlagged = false } }
    }
  }

  /// Flags those of some hours that are up by themselves.
  private mutating func flag(_ range: ClosedRange<Int>, firedAt: Int) {
    for part in range {
      guard let expected = hours[part].expected, hours[part].cost.dollars >= expected * (1 + Self.leastShare) else {
        continue
      }
      hours[part].isFlagged = true
      hours[part].firedAt = min(hours[part].firedAt ?? firedAt, firedAt)
    }
  }
}

/// How much of the bill each of the heaviest customers makes, and how it varies from hour to hour, over the 28 days before.
struct CustomerWeights: Sendable {
  /// However well customers account for the spread, calls come at random and differ in size.
  private static let leastNoise = 0.25

  private let customers: CustomerHours?
  private let most: Int
  private var leftOut: Set<Int> = []
  /// What every closed hour should have cost, from ``firstUsual`` on.
  private var usuals: ContiguousArray<Double> = []
  private var firstUsual = 0
  private var day = Int.min
  private var parts: [(share: Double, squaredVariation: Double)] = []

  init(_ customers: CustomerHours?, most: Int) {
    self.customers = customers
    self.most = most
  }

  /// An event's hours say nothing about what is usual.
  mutating func leaveOut(hour: Int) { leftOut.insert(hour) }

  /// What an hour should have cost, in USD; hours come in rising order.
  mutating func close(hour: Int, usual: Double) {
    if usuals.isEmpty { firstUsual = hour }
    while firstUsual + usuals.count < hour { usuals.append(0) }
    usuals.append(usual)
  }

  /// The null distribution of an hour's cost.
  ///
  /// - Parameters:
  ///   - expected: in USD, as is the deviation.
  ///   - doubt: how many times the variances that were learnt may be greater.
  mutating func tail(hour: Int, expected: Double, deviation: Double, doubt: Double) -> GammaSumTail {
    let today = Int(floorDivide(Int64(hour), 24))
    if today != day {
      day = today
      learn(before: today * 24)
    }
    let total = doubt * deviation * deviation
    // A customer's hours of an incident that was too small to be flagged make it look wilder than the whole ever was, and
    // then nothing would stand out any more. So customers together vary at most as the whole did.
    let modelled = parts.reduce(0.0) { sum, part in
      sum + part.share * part.share * doubt * part.squaredVariation * expected * expected
    }
    let drawnIn = modelled > total ? total / modelled : 1
    var tail = GammaSumTail()
    for part in parts {
      tail.add(mean: part.share * expected, squaredVariation: doubt * part.squaredVariation * drawnIn)
    }
    // The spread of past hours has the customers' variation in it; what they don't account for is noise of many small calls.
    let noise = max(total - tail.variance, Self.leastNoise * total)
    tail.addNoise(variance: noise, scale: expected > 0 ? noise / expected : 0)
    return tail
  }

  /// A customer's day beyond so many times its median and its mean day is an exception: it says nothing of what is usual,
  /// whether it was flagged or not. Gamma days with a variation of 0.6 get there once in five years.
  private static let exceptionalDay = 4.0

  private func usual(_ hour: Int) -> Double {
    let place = hour - firstUsual
    return usuals.indices.contains(place) ? usuals[place] : 0
  }

  private mutating func learn(before end: Int) {
    parts = []
    guard let customers else { return }
    let start = end - SeasonalBaseline.trailingHours
    var usualSquares = 0.0
    for hour in start..<end where !leftOut.contains(hour) { usualSquares += usual(hour) * usual(hour) }
    var all: [(cost: Double, squares: Double, products: Double)] = []
    var total = 0.0
    for customer in 0..<customers.customerCount {
      let range = customers.range(of: customer, from: start, to: end)
      guard !range.isEmpty else { continue }
      let exceptions = Self.exceptionalDays(customers, range)
      var (cost, squares, products) = (0.0, 0.0, 0.0)
      for index in range {
        let cell = customers.cells[index]
        let hour = Int(cell.hour)
        if leftOut.contains(hour) || exceptions.contains(cell.day) { continue }
        let value = Double(cell.cost) / 1e9
        cost += value
        // Before the first estimate nothing is known of the rhythm.
        guard usual(hour) > 0 else { continue }
        squares += value * value
        products += value * usual(hour)
      }
      total += cost
      if cost > 0 { all.append((cost, squares, products)) }
    }
    guard total > 0, usualSquares > 0 else { return }
    // Equal costs are equal parts, so that the order of customers doesn't matter.
    all.sort { ($0.cost, $0.squares) > ($1.cost, $1.squares) }
    parts = all.prefix(most).map { entry in
      // How far its hours are from its share of what each hour should have cost: the rhythm of days and weeks is no chance.
      let share = entry.cost / total
      let usual = share * share * usualSquares
      return (share, max(0, entry.squares - 2 * share * entry.products + usual) / usual)
    }
  }

  /// The days on which a customer cost far more than on its others.
  private static func exceptionalDays(_ customers: CustomerHours, _ range: Range<Int>) -> Set<Int> {
    var days: [(day: Int, cost: Int64)] = []
    for index in range {
      let cell = customers.cells[index]
      if days.last?.day != cell.day { days.append((cell.day, 0)) }
      days[days.count - 1].cost &+= cell.cost
    }
    let span = SeasonalBaseline.trailingHours / 24
    let costs = (days.map(\.cost) + [Int64](repeating: 0, count: max(0, span - days.count))).sorted()
    let mean = Double(costs.reduce(0) { $0 &+ $1 }) / Double(costs.count)
    let limit = exceptionalDay * max(mean, Double(costs[costs.count / 2]))
    return Set(days.filter { Double($0.cost) > limit }.map(\.day))
  }
}
