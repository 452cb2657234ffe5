import LabCore

/// The cost of every hour at the prices of the window's end, and what of it is no chance.
///
/// An hour is held against ``SeasonalBaseline``. Its p-value is the tail of a sum: the customers that make most of the bill
/// are gamma variables with their own variation, the rest is noise of the spread that past hours had
/// (``ResidualSpread``). So neither the good day of a heavy customer nor a long prompt makes an event.
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
    var isFlagged = false
  }

  let firstHour: Int
  private(set) var hours: [Hour]
  /// How many hours were tested.
  private(set) var tests = 0
  private let minimumSigma: Double

  /// An event exceeds what was expected by this much, and by this share of it.
  static let leastExcess = 5.0
  static let leastShare = 0.1
  /// Customers whose own variation is modelled; the others are many and small.
  private static let modelledCustomers = 32

  init(_ cells: HourModelCells, sigma: Double) {
    firstHour = cells.firstHour
    minimumSigma = sigma
    hours = (0..<cells.hourCount).map { hour in
      var (cost, calls, failed): (Int64, Int64, Int64) = (0, 0, 0)
      for cell in cells.cells(ofHour: hour) {
        cost &+= cells.constantCost(of: cell).nanodollars
        calls &+= cell.calls
        failed &+= cell.isFailed ? cell.calls : 0
      }
      return Hour(cost: Money(nanodollars: cost), calls: calls, failed: failed)
    }
  }

  /// Tests the hours one after the other, each with what came before it.
  ///
  /// - Parameters:
  ///   - whole: the hours (since 1970) that lie wholly inside the data.
  ///   - customers: nil when the data don't tell them apart; then all is noise.
  mutating func search(whole: Range<Int>, _ customers: CustomerHours?, _ context: AnalysisContext) throws(AnalysisError)
  {
    var baseline = SeasonalBaseline()
    var spread = ResidualSpread(capacity: SeasonalBaseline.trailingHours)
    var weights = CustomerWeights(customers, most: Self.modelledCustomers)
    let mostTests = max(1, hours.count - SeasonalBaseline.minimumHours)
    for index in hours.indices where whole.contains(firstHour + index) {
      if index % 1024 == 0 { try context.checkpoint() }
      let value = hours[index].cost.dollars
      guard let estimate = baseline.estimate else {
        baseline.append(value)
        continue
      }
      var isOut = false
      if let expected = baseline.next, expected > 0, let relative = spread.deviation {
        tests += 1
        let deviation = relative * expected
        hours[index].expected = expected
        hours[index].deviation = deviation
        let excess = value - expected
        let least = max(Self.leastExcess, max(Self.leastShare * expected, minimumSigma * deviation))
        if excess >= least {
          let tail = weights.tail(hour: firstHour + index, expected: expected, deviation: deviation)
          let pValue = tail.pValue(excess: excess)
          hours[index].pValue = pValue
          // What is left out of the baseline must stand out by itself among all tests (Bonferroni).
          isOut = pValue * Double(mostTests) <= ErrorBudget.familyLevel
        } else {
          hours[index].pValue = 1
        }
      }
      baseline.append(value, insteadOf: isOut ? estimate : nil)
      if isOut {
        weights.leaveOut(hour: firstHour + index)
      } else if estimate > 0 {
        spread.append(value / estimate - 1)
      }
    }
    let tested = hours.indices.filter { hours[$0].pValue != nil }
    let flags = Multiplicity.holm(
      tested.map { hours[$0].pValue ?? 1 }, level: ErrorBudget.familyLevel, tests: tests)
    for (index, isFlagged) in zip(tested, flags) { hours[index].isFlagged = isFlagged }
  }
}

/// How much of the bill each of the heaviest customers makes, and how it varies from hour to hour, over the 28 days before.
struct CustomerWeights: Sendable {
  /// However well customers account for the spread, calls come at random and differ in size.
  private static let leastNoise = 0.25

  private let customers: CustomerHours?
  private let most: Int
  private var leftOut: Set<Int> = []
  private var day = Int.min
  private var parts: [(share: Double, squaredVariation: Double)] = []

  init(_ customers: CustomerHours?, most: Int) {
    self.customers = customers
    self.most = most
  }

  /// An event's hours say nothing about what is usual.
  mutating func leaveOut(hour: Int) { leftOut.insert(hour) }

  /// The null distribution of an hour's cost.
  ///
  /// - Parameters: in USD.
  mutating func tail(hour: Int, expected: Double, deviation: Double) -> GammaSumTail {
    let today = Int(floorDivide(Int64(hour), 24))
    if today != day {
      day = today
      learn(before: today * 24)
    }
    var tail = GammaSumTail()
    for part in parts { tail.add(mean: part.share * expected, squaredVariation: part.squaredVariation) }
    // The spread of past hours has the customers' variation in it; what they don't account for is noise of many small calls.
    let total = deviation * deviation
    let noise = max(total - tail.variance, Self.leastNoise * total)
    tail.addNoise(variance: noise, scale: expected > 0 ? noise / expected : 0)
    return tail
  }

  private mutating func learn(before end: Int) {
    parts = []
    guard let customers else { return }
    let start = end - SeasonalBaseline.trailingHours
    let known = Double(min(SeasonalBaseline.trailingHours, max(1, end - (customers.firstHour ?? end))))
    var all: [(cost: Double, squares: Double)] = []
    var total = 0.0
    for customer in 0..<customers.customerCount {
      var (cost, squares) = (0.0, 0.0)
      for index in customers.range(of: customer, from: start, to: end) {
        let cell = customers.cells[index]
        if leftOut.contains(Int(cell.hour)) { continue }
        let value = Double(cell.cost)
        cost += value
        squares += value * value
      }
      total += cost
      if cost > 0 { all.append((cost, squares)) }
    }
    guard total > 0 else { return }
    // Equal costs are equal parts, so that the order of customers doesn't matter.
    all.sort { ($0.cost, $0.squares) > ($1.cost, $1.squares) }
    parts = all.prefix(most).map { entry in
      let mean = entry.cost / known
      return (entry.cost / total, max(0, entry.squares / known / (mean * mean) - 1))
    }
  }
}
