import LabCore

/// Customers who cost far more in some hours than they ever do, held against their own past.
///
/// What one customer does in a night is lost in the spread of the whole bill, which the good days of the heaviest customers
/// make, long before it is lost in what that customer usually costs. So the four hours that end with an hour are tested for
/// every customer whose excess the bill would notice. What a customer should cost is its share of the bill over the 28 days
/// before, of what the whole should cost; how far such sums stray is learnt from those of all customers of that size
/// (``VolumeDispersion``, in calls of mean cost, so that long prompts and dear models are part of it) and of its own.
///
/// What the others do at the same time is nobody's surge: where they rise, a customer is expected to rise as much.
///
/// Sums of a day are held against what the days before have taught (``CustomerSurges/passed(_:_:to:)``). Days on which a
/// customer stood out beyond doubt teach nothing: they are left out of its share and of what sums stray by.
/// After two weeks of them its new ways are its ways.
struct CustomerSurges: Sendable {
  /// Hours of a customer that are no chance, merged over gaps under a day.
  struct Event: Sendable {
    var customer: Int
    /// Hours since 1970, in rising order.
    var hours: [Int]
    /// The hour at whose end it was found.
    var firedAt: Int
    var pValue: Double
    /// Of its hours, in nanodollars and USD.
    var cost: Int64
    var expected: Double
    /// By hour what goes beyond the expected, in USD.
    var excess: [Double]
    /// Of the bill in the 28 days before.
    var share: Double
  }

  /// What a customer cost in an hour.
  struct Listed: Sendable {
    var place: Int
    /// In nanodollars.
    var cost: Int64
  }

  /// A customer's four hours that stray far enough to be kept.
  private struct Hit: Sendable {
    /// The place of its habit.
    var place: Int
    /// The last hour.
    var hour: Int
    var pValue: Double
    /// Of what the whole should have cost, the others' rise reckoned in.
    var share: Double
  }

  /// What is known of a customer from the days before.
  struct Habit: BitwiseCopyable, Sendable {
    /// The code of the customer in the table's dictionary.
    let customer: Int
    /// The next cell of ``CustomerHours`` to close, and the oldest of the trailing window.
    var next: Int
    var oldest: Int
    var firstHour: Int?
    /// Of the trailing window, days that are out left out, in nanodollars.
    var cost: Int64 = 0
    /// Squared residuals and expected costs of its own sums, in calls of mean cost.
    var squares = 0.0
    var means = 0.0
    /// Days that these rest on.
    var days = 0.0
    /// Days without a break that were left out.
    var daysOut = 0
    /// Whether any day was ever left out.
    var hasOutDays = false
  }

  /// Hours that are summed up; a day has a whole number of them.
  static let window = HourlyCost.window
  static let binsPerDay = 24 / window
  /// Past before a customer's sums teach anything, and before they are tested (rule 11).
  static let learningHours = 7 * 24
  static let testingHours = SeasonalBaseline.minimumHours
  /// Larger p-values are of no interest, however few tests there are.
  private static let keptLevel = 1e-4
  /// The sum of a day's hours below so many times the expected one is nothing to leave out.
  static let leastRise = 4.0
  /// The pooled index has the weight of so many expected calls of the customer's own.
  static let priorCalls = 100.0
  /// The tail of a sum of a few long calls is heavier than that of a gamma variable of its variance, so that a dispersion is
  /// taken at least this many times.
  static let heavierTail = 2.0
  /// After so many days its new ways are its ways.
  static let newWays = 14

  let hours: CustomerHours
  let cells: CellCosts
  private let minimumSigma: Double
  let level: Double
  let threads: Int
  /// By place: customers by name, so that what is pooled over them doesn't depend on the order of a file's rows.
  private(set) var habits: ContiguousArray<Habit>
  /// By place the days that are left out, in rising order.
  private(set) var outDays: [Int: [Int]] = [:]
  private(set) var dispersion = VolumeDispersion()
  /// What a call costs on average in USD: that of the first week, so that sums of all times are comparable.
  private(set) var unit: Double?
  private var day: Int?
  /// What each hour should have cost, as sums before it, from ``firstUsual`` on.
  private var usuals: ContiguousArray<Double> = [0]
  private var firstUsual = 0
  /// Customers with two weeks of past.
  private var withPast = 0
  /// How many sums were tested: one of every customer with two weeks of past an hour.
  private(set) var tests = 0
  private var hits: [Hit] = []
  /// By hour from ``firstListed`` on the customers with calls, by place.
  private var listed: [[Listed]] = []
  private var firstListed = 0
  /// By place what each customer cost in the hours that are looked at, and those hours.
  private var sums: ContiguousArray<Int64>
  private var summed = 0..<0

  /// - Parameters:
  ///   - order: customer codes in an order that doesn't depend on the file's.
  ///   - scales: by hour of the data from `firstHour` on the whole's cost at constant prices over the recorded one.
  ///   - sigma: the least effect in standard deviations of a customer's sum.
  ///   - level: the p-value up to which a sum is beyond doubt.
  ///   - threads: no figure depends on it.
  init(
    _ hours: CustomerHours, order: [Int], scales: ContiguousArray<Double>, firstHour: Int, sigma: Double, level: Double,
    threads: Int = 1
  ) {
    self.hours = hours
    self.level = level
    self.threads = threads
    cells = CellCosts(hours, scales: scales, firstHour: firstHour, threads: threads)
    minimumSigma = sigma
    habits = []
    habits.reserveCapacity(order.count)
    for customer in order {
      let first = hours.starts[customer]
      habits.append(Habit(customer: customer, next: first, oldest: first))
    }
    sums = ContiguousArray(repeating: 0, count: order.count)
  }

  /// The usual cost of all hours of a range, in USD.
  func usual(_ range: Range<Int>) -> Double {
    let last = usuals.count - 1
    let from = min(max(range.lowerBound - firstUsual, 0), last)
    let to = min(max(range.upperBound - firstUsual, 0), last)
    return to > from ? usuals[to] - usuals[from] : 0
  }

  /// Closes an hour: what the whole should have cost in it, in USD. Hours come one after the other.
  mutating func close(hour: Int, usual: Double) {
    if usuals.count == 1 { firstUsual = hour }
    while firstUsual + usuals.count - 1 < hour { usuals.append(usuals[usuals.count - 1]) }
    usuals.append(usuals[usuals.count - 1] + usual)
  }

  /// Makes an hour the present one: days before it become past.
  mutating func advance(to hour: Int) {
    let today = Int(floorDivide(Int64(hour), 24))
    guard today != day else { return }
    if let day, unit == nil, usual(day * 24..<(day + 1) * 24) > 0 { unit = meanCost(before: (day + 1) * 24) }
    firstListed = today * 24 + 1 - Self.window
    // Out of the value, so that they change where they are while all threads read the rest.
    var habits: ContiguousArray<Habit> = []
    swap(&habits, &self.habits)
    let (known, day) = (self, day)
    let width = habits.count < Self.customersPerThread ? 1 : threads
    let parts = ParallelFill.update(&habits, parts: Self.partCount, width: width) { places, own in
      known.passed(places, &own, day, to: today)
    }
    swap(&habits, &self.habits)
    take(parts)
    self.day = today
    withPast = self.habits.count { habit in habit.firstHour.map { today * 24 - $0 >= Self.testingHours } ?? false }
  }

  /// Takes in what parts of the customers have learnt, in their order.
  private mutating func take(_ parts: [Passed]) {
    listed = Array(repeating: [], count: 24 + Self.window - 1)
    for part in parts {
      dispersion.add(part.learnt)
      for (place, day) in part.out { outDays[place, default: []].append(day) }
      for hour in listed.indices { listed[hour] += part.listed[hour] }
    }
  }

  /// Into how many parts customers are dealt; what they learn is joined in their order, whatever the number of threads.
  private static let partCount = 16
  /// Customers from which on a second thread is worth its start every day.
  private static let customersPerThread = 500

  // MARK: Testing

  /// Tests the customers of the present hour.
  ///
  /// - Parameters:
  ///   - expected: what the whole should cost in the hours that end with this one, in USD, by hour.
  ///   - cost: what it cost in all of them, in USD.
  /// - Returns: what customers who stand out beyond doubt cost in this hour beyond the expected, in USD.
  mutating func test(hour: Int, expected: [Double], cost: Double) -> Double {
    guard let day, let unit else { return 0 }
    tests += withPast
    let range = hour + 1 - expected.count..<hour + 1
    sum(range)
    let usual = expected.reduce(0, +)
    guard let now = expected.last, usual > 0 else { return 0 }
    var excess = 0.0
    for entry in listed[hour - firstListed] {
      let (own, sum) = (Double(entry.cost) / 1e9, Double(sums[entry.place]) / 1e9)
      // The bill must notice both the hour, since an hour that is as usual ends no event, and the sum.
      guard own >= HourlyCost.leastShare * now, sum >= HourlyCost.leastShare * usual else { continue }
      let habit = habits[entry.place]
      guard let firstHour = habit.firstHour, day * 24 - firstHour >= Self.testingHours else { continue }
      var share = share(entry.place, habit, day)
      if share < 1 { share *= max(1, (cost - sum) / ((1 - share) * usual)) }
      guard share > 0, Self.matters(own, share, now), Self.matters(sum, share, usual) else { continue }
      let p = pValue(cost: sum / unit, expected: share * usual / unit, habit, leastSigma: minimumSigma)
      guard p <= Self.keptLevel else { continue }
      hits.append(Hit(place: entry.place, hour: hour, pValue: p, share: share))
      if p <= level { excess += own - share * now }
    }
    return excess
  }

  /// Makes ``sums`` those of some hours; of the next hour of a day only what comes and goes is reckoned.
  private mutating func sum(_ range: Range<Int>) {
    // Out of the value while the loops run, so that no access is checked entry by entry.
    var own: ContiguousArray<Int64> = []
    swap(&own, &sums)
    var values = own.mutableSpan
    let isNext = range.lowerBound == summed.lowerBound + 1 && range.upperBound == summed.upperBound + 1
    if isNext, summed.lowerBound >= firstListed {
      for entry in listed[summed.lowerBound - firstListed] { values[entry.place] &-= entry.cost }
      for entry in listed[summed.upperBound - firstListed] { values[entry.place] &+= entry.cost }
    } else {
      for place in 0..<values.count { values[place] = 0 }
      for hour in range {
        for entry in listed[hour - firstListed] { values[entry.place] &+= entry.cost }
      }
    }
    swap(&own, &sums)
    summed = range
  }

  /// Whether the bill would notice what a customer costs beyond its share.
  private static func matters(_ cost: Double, _ share: Double, _ usual: Double) -> Bool {
    cost - share * usual >= HourlyCost.leastShare * usual
  }

  /// The events of all that was tested, corrected for all tests (Holm).
  func events(level: Double) -> [Event] {
    let flags = Multiplicity.holm(hits.map(\.pValue), level: level, tests: tests)
    var found: [Int: [Hit]] = [:]
    for (hit, isFlagged) in zip(hits, flags) where isFlagged { found[hit.place, default: []].append(hit) }
    return habits.indices.flatMap { place in found[place].map { events(of: habits[place].customer, $0) } ?? [] }
  }

  private func events(of customer: Int, _ hits: [Hit]) -> [Event] {
    var costs: [Int: Int64] = [:]
    var shares: [Int: Double] = [:]
    var fired: [Int: Hit] = [:]
    for hit in hits {
      for index in hours.range(of: customer, from: hit.hour + 1 - Self.window, to: hit.hour + 1) {
        let (hour, cost) = (Int(cells.hours[index]), cells.costs[index])
        guard Self.matters(Double(cost) / 1e9, hit.share, usual(hour..<hour + 1)) else { continue }
        costs[hour] = cost
        shares[hour] = shares[hour] ?? hit.share
        if fired[hour].map({ hit.pValue < $0.pValue }) ?? true { fired[hour] = hit }
      }
    }
    return BinRuns.merged(costs.keys.sorted(), gap: AbuseDetection.mergedGap).compactMap { run in
      let hours = run.filter { costs[$0] != nil }
      let excess = hours.map { Double(costs[$0] ?? 0) / 1e9 - (shares[$0] ?? 0) * usual($0..<$0 + 1) }
      let inside = hits.filter { run.contains($0.hour) }
      guard let first = hours.first, excess.reduce(0, +) >= HourlyCost.leastExcess else { return nil }
      return Event(
        customer: customer, hours: hours, firedAt: inside.map(\.hour).min() ?? run.upperBound - 1,
        pValue: inside.map(\.pValue).min() ?? 1, cost: hours.reduce(0) { $0 &+ (costs[$1] ?? 0) },
        expected: hours.reduce(0) { $0 + (shares[$1] ?? 0) * usual($1..<$1 + 1) }, excess: excess,
        share: shares[first] ?? 0)
    }
  }
}
