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
/// Days on which a customer stood out beyond doubt teach nothing: they are left out of its share and of what sums stray by.
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

  /// A customer's four hours that stray far enough to be kept.
  private struct Hit: Sendable {
    var customer: Int
    /// The last hour.
    var hour: Int
    var pValue: Double
    /// Of what the whole should have cost, the others' rise reckoned in.
    var share: Double
  }

  /// What is known of a customer from the days before.
  private struct Habit: Sendable {
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
  }

  /// Hours that are summed up; a day has a whole number of them.
  static let window = HourlyCost.window
  private static let binsPerDay = 24 / window
  /// Past before a customer's sums teach anything, and before they are tested (rule 11).
  private static let learningHours = 7 * 24
  private static let testingHours = SeasonalBaseline.minimumHours
  /// Larger p-values are of no interest, however few tests there are.
  private static let keptLevel = 1e-4
  /// The sum of a day's hours below so many times the expected one is nothing to leave out.
  private static let leastRise = 4.0
  /// The pooled index has the weight of so many expected calls of the customer's own.
  private static let priorCalls = 100.0
  /// The tail of a sum of a few long calls is heavier than that of a gamma variable of its variance, so that a dispersion is
  /// taken at least this many times.
  private static let heavierTail = 2.0
  /// After so many days its new ways are its ways.
  private static let newWays = 14

  private let hours: CustomerHours
  private let cells: CellCosts
  private let minimumSigma: Double
  /// Customers by name: what is pooled over them then doesn't depend on the order of a file's rows.
  private let order: [Int]
  private let level: Double
  private var habits: ContiguousArray<Habit>
  /// By customer the days that are left out, in rising order.
  private var outDays: [Int: [Int]] = [:]
  private var dispersion = VolumeDispersion()
  /// What a call costs on average in USD: that of the first week, so that sums of all times are comparable.
  private var unit: Double?
  private var day: Int?
  /// What each hour should have cost, as sums before it, from ``firstUsual`` on.
  private var usuals: ContiguousArray<Double> = [0]
  private var firstUsual = 0
  /// Customers with two weeks of past.
  private var withPast = 0
  /// How many sums were tested: one of every customer with two weeks of past an hour.
  private(set) var tests = 0
  private var hits: [Hit] = []
  /// By hour from ``firstListed`` on the customers with calls and their cost in nanodollars.
  private var listed: [[(customer: Int, cost: Int64)]] = []
  private var firstListed = 0
  /// What each customer cost in the hours that are looked at.
  private var sums: ContiguousArray<Int64>

  /// - Parameters:
  ///   - order: customer codes in an order that doesn't depend on the file's.
  ///   - scales: by hour of the data from `firstHour` on the whole's cost at constant prices over the recorded one.
  ///   - sigma: the least effect in standard deviations of a customer's sum.
  ///   - level: the p-value up to which a sum is beyond doubt.
  init(
    _ hours: CustomerHours, order: [Int], scales: ContiguousArray<Double>, firstHour: Int, sigma: Double, level: Double
  ) {
    self.hours = hours
    self.order = order
    self.level = level
    cells = CellCosts(hours, scales: scales, firstHour: firstHour)
    minimumSigma = sigma
    habits = []
    habits.reserveCapacity(hours.customerCount)
    for customer in 0..<hours.customerCount {
      let first = hours.starts[customer]
      habits.append(Habit(next: first, oldest: first))
    }
    sums = ContiguousArray(repeating: 0, count: hours.customerCount)
  }

  /// The usual cost of all hours of a range, in USD.
  private func usual(_ range: Range<Int>) -> Double {
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
    if let day { pass(day) } else { skip(before: today) }
    day = today
    withPast = habits.count { habit in habit.firstHour.map { today * 24 - $0 >= Self.testingHours } ?? false }
    list(today)
  }

  /// Cells before the first day that is looked at.
  private mutating func skip(before today: Int) {
    for customer in order {
      let end = hours.starts[customer + 1]
      var index = habits[customer].next
      while index < end, cells.day(index) < today {
        if habits[customer].firstHour == nil { habits[customer].firstHour = Int(cells.hours[index]) }
        index += 1
      }
      habits[customer].next = index
      habits[customer].oldest = index
    }
  }

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
    for hour in range {
      for entry in listed[hour - firstListed] { sums[entry.customer] &+= entry.cost }
    }
    defer {
      for hour in range {
        for entry in listed[hour - firstListed] { sums[entry.customer] = 0 }
      }
    }
    let usual = expected.reduce(0, +)
    guard let now = expected.last, usual > 0 else { return 0 }
    var excess = 0.0
    for entry in listed[hour - firstListed] {
      let (own, sum) = (Double(entry.cost) / 1e9, Double(sums[entry.customer]) / 1e9)
      // The bill must notice both the hour, since an hour that is as usual ends no event, and the sum.
      guard own >= HourlyCost.leastShare * now, sum >= HourlyCost.leastShare * usual else { continue }
      let habit = habits[entry.customer]
      guard let firstHour = habit.firstHour, day * 24 - firstHour >= Self.testingHours else { continue }
      var share = share(entry.customer, day)
      if share < 1 { share *= max(1, (cost - sum) / ((1 - share) * usual)) }
      guard share > 0, Self.matters(own, share, now), Self.matters(sum, share, usual) else { continue }
      let p = pValue(cost: sum / unit, expected: share * usual / unit, habit, leastSigma: minimumSigma)
      guard p <= Self.keptLevel else { continue }
      hits.append(Hit(customer: entry.customer, hour: hour, pValue: p, share: share))
      if p <= level { excess += own - share * now }
    }
    return excess
  }

  /// Whether the bill would notice what a customer costs beyond its share.
  private static func matters(_ cost: Double, _ share: Double, _ usual: Double) -> Bool {
    cost - share * usual >= HourlyCost.leastShare * usual
  }

  /// Lists the customers of the present day's hours, and of the hours before that belong to a sum with them.
  private mutating func list(_ day: Int) {
    firstListed = day * 24 + 1 - Self.window
    listed = Array(repeating: [], count: 24 + Self.window - 1)
    let last = (day + 1) * 24
    for customer in order {
      var index = habits[customer].next
      while index > hours.starts[customer], Int(cells.hours[index - 1]) >= firstListed { index -= 1 }
      while index < hours.starts[customer + 1], Int(cells.hours[index]) < last {
        let cost = cells.costs[index]
        // What constant prices make nothing of is listed all the same.
        if cost > 0 || hours.cells[index].cost > 0 {
          listed[Int(cells.hours[index]) - firstListed].append((customer, cost))
        }
        index += 1
      }
    }
  }

  /// The events of all that was tested, corrected for all tests (Holm).
  func events(level: Double) -> [Event] {
    let flags = Multiplicity.holm(hits.map(\.pValue), level: level, tests: tests)
    var found: [Int: [Hit]] = [:]
    for (hit, isFlagged) in zip(hits, flags) where isFlagged { found[hit.customer, default: []].append(hit) }
    return order.flatMap { customer in found[customer].map { events(of: customer, $0) } ?? [] }
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

  /// The chance of at least so much cost where a customer does as it always did.
  ///
  /// - Parameters: in calls of mean cost.
  private func pValue(cost: Double, expected: Double, _ habit: Habit, leastSigma: Double = 0) -> Double {
    guard expected > 0, cost > expected else { return 1 }
    let pooled = dispersion.index(expected: expected)
    let own = (habit.squares + Self.priorCalls * pooled) / (habit.means + Self.priorCalls)
    let index = max(Self.heavierTail, VarianceDoubt.factor(days: habit.days)) * max(pooled, own)
    // What is not known about its mean: the sums of a day are taken to stray together.
    let known = habit.means > 0 ? Double(Self.binsPerDay) * index / (habit.means + 1) : 1
    let inverse = (index - 1) / expected + known
    let deviation = (expected + expected * expected * inverse).squareRoot()
    guard cost - expected >= leastSigma * deviation else { return 1 }
    return TailProbability.negativeBinomial(
      atLeast: Int64(min(cost, 1e15)), mean: expected, size: inverse > 0 ? 1 / inverse : .infinity)
  }

  // MARK: Learning

  /// The customer's part of the bill over the trailing days, those left out not counted.
  private func share(_ customer: Int, _ day: Int) -> Double {
    let start = day * 24
    let habit = habits[customer]
    guard let firstHour = habit.firstHour, habit.cost > 0 else { return 0 }
    let from = max(start - SeasonalBaseline.trailingHours, firstHour)
    var usual = usual(from..<start)
    for day in outDays[customer] ?? [] {
      usual -= self.usual(max(from, day * 24)..<max(from, (day + 1) * 24))
    }
    return usual > 0 ? Double(habit.cost) / 1e9 / usual : 0
  }

  /// Lets a day become past.
  private mutating func pass(_ day: Int) {
    let span = day * 24..<(day + 1) * 24
    if unit == nil, usual(span) > 0 {
      unit = meanCost(before: span.upperBound)
    }
    for customer in order {
      retire(customer, before: day)
      let start = habits[customer].next
      var end = start
      while end < hours.starts[customer + 1], Int(cells.hours[end]) < span.upperBound { end += 1 }
      habits[customer].next = end
      if habits[customer].firstHour == nil {
        guard start < end else { continue }
        habits[customer].firstHour = Int(cells.hours[start])
      }
      learn(customer, day, start..<end)
    }
  }

  /// What a call cost on average up to an hour, in USD.
  private func meanCost(before hour: Int) -> Double? {
    var (cost, calls) = (Int64(0), Int64(0))
    for index in cells.hours.indices where Int(cells.hours[index]) < hour {
      cost &+= cells.costs[index]
      calls &+= Int64(hours.cells[index].calls)
    }
    return cost > 0 ? Double(cost) / 1e9 / Double(max(1, calls)) : nil
  }

  /// Takes out of the trailing window what is older than 28 days.
  private mutating func retire(_ customer: Int, before day: Int) {
    let oldest = (day + 1) * 24 - SeasonalBaseline.trailingHours
    while habits[customer].oldest < habits[customer].next {
      let index = habits[customer].oldest
      guard Int(cells.hours[index]) < oldest else { break }
      if outDays[customer]?.contains(cells.day(index)) != true { habits[customer].cost -= cells.costs[index] }
      habits[customer].oldest += 1
    }
  }

  private mutating func learn(_ customer: Int, _ day: Int, _ range: Range<Int>) {
    let start = day * 24
    let past = start - (habits[customer].firstHour ?? start)
    let share = past >= Self.learningHours ? share(customer, day) : 0
    var total: Int64 = 0
    var bins = SIMD8<Double>(repeating: 0)
    for index in range {
      let cost = cells.costs[index]
      total &+= cost
      bins[(Int(cells.hours[index]) - start) / Self.window] += Double(cost) / 1e9
    }
    if let unit, share > 0 {
      bins /= unit
      var expected = bins
      for bin in 0..<Self.binsPerDay {
        expected[bin] = share * usual(start + bin * Self.window..<start + (bin + 1) * Self.window) / unit
      }
      let isOut = past >= Self.testingHours && isBeyondDoubt(habits[customer], bins, expected)
      habits[customer].daysOut = isOut ? habits[customer].daysOut + 1 : 0
      if isOut, habits[customer].daysOut <= Self.newWays {
        outDays[customer, default: []].append(day)
        return
      }
      habits[customer].days += 1
      var (empty, emptyExpected) = (0, 0.0)
      for bin in 0..<Self.binsPerDay where expected[bin] > 0 {
        let (value, mean) = (bins[bin], expected[bin])
        habits[customer].squares += (value - mean) * (value - mean)
        habits[customer].means += mean
        if value > 0 {
          dispersion.add(count: value, expected: mean)
        } else {
          empty += 1
          emptyExpected += mean
        }
      }
      if empty > 0 { dispersion.addEmpty(bins: empty, expected: emptyExpected / Double(empty)) }
    }
    // Before the first estimate of the whole nothing is known of a customer's share of it.
    if usual(start..<start + 24) > 0 {
      habits[customer].cost &+= total
    } else {
      habits[customer].oldest = range.upperBound
    }
  }

  private func isBeyondDoubt(_ habit: Habit, _ values: SIMD8<Double>, _ expected: SIMD8<Double>) -> Bool {
    (0..<Self.binsPerDay).contains { bin in
      expected[bin] > 0 && values[bin] >= Self.leastRise * expected[bin]
        && pValue(cost: values[bin], expected: expected[bin], habit) <= level
    }
  }
}
