import LabCore

/// Walks through the days of ``CustomerHours``, tests every customer's hours and days against its past, then lets them
/// become past: nothing that is tested knows what comes after it.
///
/// What all customers do at the same time is nobody's abuse: the usual rate of an hour is multiplied by how much the others
/// call above theirs, where they do.
struct AbuseSweep {
  let hours: CustomerHours
  let columns: Columns
  private let days: Range<Int>
  /// Customers in the order of their names: what is pooled over them then doesn't depend on the order of a file's rows.
  private let order: [Int]
  private var habits: ContiguousArray<CustomerHabit> = []
  private var isFlagged: ContiguousArray<Bool>
  private var hourly = VolumeDispersion()
  private var daily = VolumeDispersion()
  private var limitPool = ShareHabit.Pool()
  private var dearPool = ShareHabit.Pool()
  private var hourCostPool = LogHabit.Pool()
  private var dayCostPool = LogHabit.Pool()
  private var promptPool = LogHabit.Pool()
  private var ratioPool = LogHabit.Pool()
  /// What strays far enough to be looked at again.
  private(set) var hits: [AbuseHit] = []
  /// By customer the days on which it was tested.
  private(set) var testedDays: ContiguousArray<Int>
  private let flagLevel: Double
  /// By customer where its hours of the present day end.
  private var ends: ContiguousArray<Int>

  /// The columns without which a signal can't be tested.
  struct Columns: Sendable {
    var hasCost: Bool
    var hasTokens: Bool
    var hasRegions: Bool
    var hasErrorTypes: Bool
    var hasDearModels: Bool
  }

  /// A bin above it is of no interest, however few tests there are.
  private static let keptLevel = 1e-4
  /// Less than ``keptLevel`` takes at least so many standard deviations: P(Z ≥ 3.7) is 1.08e-4, and the tails of Student's
  /// distribution are heavier.
  private static let leastDeviate = 3.7
  /// Past before the dispersion is learnt from a customer, and before it is tested (rule 11).
  private static let learningHours = 7 * 24
  static let testingHours = SeasonalBaseline.minimumHours
  /// After so many flagged days a customer's new ways are its ways.
  private static let newWays = 14

  /// - Parameter names: by customer code.
  init(_ hours: CustomerHours, names: [String], _ columns: Columns) {
    self.hours = hours
    order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    self.columns = columns
    let customers = hours.customerCount
    habits.reserveCapacity(customers)
    var (first, last) = (Int.max, Int.min)
    for customer in 0..<customers {
      let range = hours.range(of: customer)
      habits.append(CustomerHabit(first: range.lowerBound))
      if let begin = range.first, let end = range.last {
        first = min(first, hours.cells[begin].day)
        last = max(last, hours.cells[end].day)
      }
    }
    days = first <= last ? first..<last + 1 : 0..<0
    isFlagged = ContiguousArray(repeating: false, count: hours.cells.count)
    testedDays = ContiguousArray(repeating: 0, count: customers)
    ends = ContiguousArray(repeating: 0, count: customers)
    // What is left out of a baseline must be beyond doubt: the family's level over all tests of all customers (Bonferroni).
    let tests = Double(max(1, customers)) * Double(max(1, days.count)) * Double(AbuseSignal.testsPerDay)
    flagLevel = ErrorBudget.familyLevel / tests
  }

  /// More days than these would be walked one by one for nothing: 30 years.
  private static let mostDays = 11_000

  mutating func run(_ context: AnalysisContext) throws(AnalysisError) {
    guard days.count <= Self.mostDays else { return }
    var risen = ContiguousArray<Double>(repeating: 0, count: 24)
    var limited = risen
    var counted = risen
    for day in days {
      try context.checkpoint()
      for hour in 0..<24 { (risen[hour], limited[hour], counted[hour]) = (0, 0, 0) }
      var usual = 0.0
      for customer in order {
        retire(customer, before: day)
        let rate = habits[customer].rate(before: day * 24)
        usual += rate
        let today = cells(of: customer, on: day)
        ends[customer] = today.upperBound
        guard rate > 0 else { continue }
        let cap = AbuseOthers.most(usual: rate)
        for index in today {
          let cell = hours.cells[index]
          let hour = CustomerHabit.hourOfDay(cell)
          risen[hour] += min(Double(cell.calls), cap)
          limited[hour] += Double(cell.rateLimits)
          counted[hour] += Double(cell.calls)
        }
      }
      let others = AbuseOthers(usual: usual, calls: risen, limits: limited, counted: counted)
      for customer in order { pass(customer, day, others) }
    }
  }

  /// The hours with calls of a customer on a day that is next.
  private func cells(of customer: Int, on day: Int) -> Range<Int> {
    let start = habits[customer].next
    let end = hours.starts[customer + 1]
    var index = start
    while index < end, Int(hours.cells[index].hour) < (day + 1) * 24 { index += 1 }
    return start..<index
  }

  /// Takes out of the trailing window what is older than 28 days.
  private mutating func retire(_ customer: Int, before day: Int) {
    let oldest = day * 24 - SeasonalBaseline.trailingHours
    while habits[customer].oldest < habits[customer].next,
      Int(hours.cells[habits[customer].oldest].hour) < oldest
    {
      let index = habits[customer].oldest
      if isFlagged[index] { habits[customer].leaveFlagged() } else { habits[customer].leave(hours.cells[index]) }
      habits[customer].oldest += 1
    }
  }

  /// Tests a customer's day, then takes it into its past.
  private mutating func pass(_ customer: Int, _ day: Int, _ others: AbuseOthers) {
    let range = habits[customer].next..<ends[customer]
    if habits[customer].firstHour == nil {
      guard let first = range.first else { return }
      habits[customer].firstHour = Int(hours.cells[first].hour)
    }
    let start = day * 24
    let past = start - (habits[customer].firstHour ?? start)
    let rate = habits[customer].rate(before: start)
    let firstHit = hits.count
    if past >= Self.testingHours {
      testedDays[customer] += 1
      if !range.isEmpty { test(customer, day, range, rate, others) }
    }
    // A case goes on while its bins stay far out; it takes much more to begin one.
    let level = habits[customer].flaggedDays > 0 ? Self.keptLevel : flagLevel
    let flagged =
      hits[firstHit...].contains { $0.pValue <= level }
      ? hits[firstHit...].filter { $0.pValue <= Self.keptLevel } : []
    habits[customer].flaggedDays = flagged.isEmpty ? 0 : habits[customer].flaggedDays + 1
    let teaches = habits[customer].flaggedDays > Self.newWays
    let wholeDay = flagged.contains { !$0.signal.isHourly }
    learn(
      customer, day, range, rate: past >= Self.learningHours ? rate : 0, others,
      without: { hour in !teaches && (wholeDay || flagged.contains { $0.hours.contains(hour) }) })
    habits[customer].next = range.upperBound
  }

  private mutating func keep(
    _ customer: Int, _ signal: AbuseSignal, _ hours: Range<Int>, p: Double, _ observed: Double, _ expected: Double,
    _ ratio: Double
  ) {
    guard p <= Self.keptLevel else { return }
    hits.append(
      AbuseHit(
        customer: customer, signal: signal, hours: hours, pValue: max(p, 1e-300), observed: observed,
        expected: expected, logLikelihoodRatio: ratio))
  }

  /// The chance of at least so many calls, with the dispersion of the volume and of the customer, and with what is not
  /// known about its mean.
  private func tail(_ count: Double, expected: Double, _ known: VolumeDispersion, index: Double, _ habit: CustomerHabit)
    -> (Double, Double)
  {
    guard count > expected, count >= AbuseDetection.leastCalls else { return (1, 0) }
    let inverse = (index - 1) / expected + daily.index(expected: 24 * expected) / (habit.calls + 1)
    let size = inverse > 0 ? 1 / inverse : .infinity
    let p = TailProbability.negativeBinomial(atLeast: Int64(count), mean: expected, size: size)
    let reach = known.reach(atLeast: count, expected: expected)
    return (max(p, reach), AbuseEvidence.ratio(count: count, expected: expected, size: size))
  }

  private func dispersion(_ expected: Double, _ known: VolumeDispersion, _ habit: CustomerHabit) -> Double {
    let index = known.index(expected: expected)
    // The customer's own residuals weigh as much as they are more than a hundred expected calls.
    let own = (habit.squares + 100 * index) / (habit.means + 100)
    return max(index, own)
  }

  private mutating func test(
    _ customer: Int, _ day: Int, _ range: Range<Int>, _ rate: Double, _ others: AbuseOthers
  ) {
    let habit = habits[customer]
    let start = day * 24
    let night = habit.night(before: start)
    var bin = AbuseDay()
    for hour in 0..<24 { bin.expected += rate * others.rise(hour, without: 0, usual: rate) }
    for index in range {
      let cell = hours.cells[index]
      let hour = CustomerHabit.hourOfDay(cell)
      let calls = Double(cell.calls)
      let span = Int(cell.hour)..<Int(cell.hour) + 1
      let expected = rate * others.rise(hour, without: calls, usual: rate)
      let (p, ratio) = tail(calls, expected: expected, hourly, index: dispersion(expected, hourly, habit), habit)
      keep(customer, .callsPerHour, span, p: p, calls, expected, ratio)
      if columns.hasRegions, cell.regions & ~habit.regions != 0 {
        let chance = (1 + habit.hoursWithNewRegion) / (2 + habit.hoursSeen)
        let calls = Double(cell.calls)
        keep(customer, .newRegion, span, p: p * chance, calls, 0, ratio - DeterministicMath.log(chance))
      }
      if columns.hasErrorTypes, calls >= AbuseDetection.leastCallsForLimits {
        testLimits(customer, span, cell, habit, others.limitedShare(hour, without: cell))
      }
      testGaps(customer, span, cell, habit)
      if columns.hasCost, cell.cost > 0 {
        let value = Self.log2(Double(cell.cost))
        if let (p, t) = habit.hourCost.test(value, calls: 1, hourCostPool, from: Self.leastDeviate) {
          keep(
            customer, .costPerHour, span, p: p, Double(cell.cost) / 1e9,
            Self.exp2(habit.hourCost.mean ?? 0) / 1e9, AbuseEvidence.ratio(t: t))
        }
      }
      bin.take(cell, record: habit.mostRegions > 0 && cell.regions.nonzeroBitCount > habit.mostRegions)
      if let night, (hour - night.start + 24) % 24 < CustomerHabit.nightHours { bin.nightCalls += calls }
    }
    testDay(customer, start..<start + 24, bin, night?.calls, habit)
  }

  private mutating func testLimits(
    _ customer: Int, _ span: Range<Int>, _ cell: CustomerHours.Cell, _ habit: CustomerHabit, _ now: Double
  ) {
    let (hits, calls) = (Double(cell.rateLimits), Double(cell.calls))
    let p = habit.limits.pValue(hits: hits, calls: calls, limitPool, now: now)
    let expected = calls * max(habit.limits.share(limitPool), now)
    keep(
      customer, .rateLimits, span, p: p, hits, expected,
      AbuseEvidence.ratio(hits: hits, of: calls, expected: expected, correlation: limitPool.correlation))
  }

  private mutating func testGaps(
    _ customer: Int, _ span: Range<Int>, _ cell: CustomerHours.Cell, _ habit: CustomerHabit
  ) {
    let gaps = Double(cell.calls) - 1
    guard gaps >= AbuseDetection.leastGaps, let variation = cell.gapVariation,
      variation < AbuseDetection.evenVariation, habit.evenHours * 10 <= habit.longHours
    else { return }
    // Of exponential gaps the variation is 1 with a standard error of 1/√n; real gaps vary more.
    let z = (1 - variation) * gaps.squareRoot()
    keep(customer, .evenGaps, span, p: TailProbability.normal(above: z), variation, 1, z * z / 2)
  }

  private mutating func testDay(
    _ customer: Int, _ span: Range<Int>, _ bin: AbuseDay, _ night: Double?, _ habit: CustomerHabit
  ) {
    let (p, ratio) = tail(
      bin.calls, expected: bin.expected, daily, index: dispersion(bin.expected, daily, habit), habit)
    keep(customer, .callsPerDay, span, p: p, bin.calls, bin.expected, ratio)
    if let night, night > 0 {
      // A night can rise with the day as all others do.
      let expected = night * max(1, bin.expected / (24 * max(habit.rate(before: span.lowerBound), 1e-9)))
      let (p, ratio) = tail(
        bin.nightCalls, expected: expected, daily, index: dispersion(expected, daily, habit), habit)
      keep(customer, .nightShift, span, p: p, bin.nightCalls, expected, ratio)
    }
    if columns.hasRegions, bin.records > 0 {
      let chance = (habit.hoursWithRecord + 1) / (habit.hoursSeen + 2)
      let p = TailProbability.betaBinomial(
        atLeast: Int64(bin.records), of: Int64(bin.active), probability: chance, correlation: 0.1)
      keep(
        customer, .manyRegions, span, p: p, bin.records, bin.active * chance,
        AbuseEvidence.ratio(hits: bin.records, of: bin.active, expected: bin.active * chance, correlation: 0.1))
    }
    if columns.hasCost, bin.cost > 0,
      let (p, t) = habit.dayCost.test(Self.log2(bin.cost), calls: 1, dayCostPool, from: Self.leastDeviate)
    {
      keep(
        customer, .costPerDay, span, p: p, bin.cost / 1e9, Self.exp2(habit.dayCost.mean ?? 0) / 1e9,
        AbuseEvidence.ratio(t: t))
    }
    guard bin.calls >= AbuseDetection.leastCallsForMeans else { return }
    if columns.hasDearModels {
      let p = habit.dear.pValue(hits: bin.dear, calls: bin.calls, dearPool)
      let expected = bin.calls * habit.dear.share(dearPool)
      keep(
        customer, .dearModels, span, p: p, bin.dear, expected,
        AbuseEvidence.ratio(hits: bin.dear, of: bin.calls, expected: expected, correlation: dearPool.correlation))
    }
    guard columns.hasTokens else { return }
    if let (p, t) = habit.prompts.test(bin.level, calls: bin.calls, promptPool, from: Self.leastDeviate) {
      keep(
        customer, .longPrompts, span, p: p, Self.exp2(bin.level), Self.exp2(habit.prompts.mean ?? 0),
        AbuseEvidence.ratio(t: t))
    }
    if let value = bin.ratio,
      let (p, t) = habit.outputPerInput.test(value, calls: bin.calls, ratioPool, from: Self.leastDeviate)
    {
      keep(
        customer, .outputPerInput, span, p: p, Self.exp2(value), Self.exp2(habit.outputPerInput.mean ?? 0),
        AbuseEvidence.ratio(t: t))
    }
  }

  /// Lets a day become past.
  private mutating func learn(
    _ customer: Int, _ day: Int, _ range: Range<Int>, rate: Double, _ others: AbuseOthers, without isOut: (Int) -> Bool
  ) {
    var habit = habits[customer]
    var bin = AbuseDay()
    var (active, expectedOfDay, flaggedHours) = (0, 0.0, 0)
    if rate > 0 { for hour in 0..<24 { expectedOfDay += rate * others.rise(hour, without: 0, usual: rate) } }
    for index in range {
      let cell = hours.cells[index]
      if isOut(Int(cell.hour)) {
        isFlagged[index] = true
        flaggedHours += 1
        habit.enterFlagged()
        continue
      }
      active += 1
      let calls = Double(cell.calls)
      if rate > 0 {
        let expected =
          rate * others.rise(CustomerHabit.hourOfDay(cell), without: calls, usual: rate)
        hourly.add(count: calls, expected: expected)
        habit.squares += (calls - expected) * (calls - expected)
        habit.means += expected
      }
      let isNew = cell.regions & ~habit.regions != 0 && habit.hoursSeen > 0
      habit.hoursWithNewRegion += isNew ? 1 : 0
      let regions = cell.regions.nonzeroBitCount
      let isRecord = habit.mostRegions > 0 && regions > habit.mostRegions
      habit.hoursWithRecord += isRecord ? 1 : 0
      habit.mostRegions = max(habit.mostRegions, regions)
      habit.regions |= cell.regions
      habit.hoursSeen += 1
      habit.limits.add(hits: Double(cell.rateLimits), calls: calls, to: &limitPool)
      if calls - 1 >= AbuseDetection.leastGaps, let variation = cell.gapVariation {
        habit.longHours += 1
        habit.evenHours += variation < AbuseDetection.evenVariation ? 1 : 0
      }
      if cell.cost > 0 { habit.hourCost.add(Self.log2(Double(cell.cost)), calls: 1, to: &hourCostPool) }
      bin.take(cell, record: false)
      habit.enter(cell)
    }
    if rate > 0, flaggedHours == 0 {
      let empty = 24 - active
      hourly.addEmpty(bins: empty, expected: rate)
      habit.squares += Double(empty) * rate * rate
      habit.means += Double(empty) * rate
      daily.add(count: bin.calls, expected: expectedOfDay)
    }
    if bin.calls > 0, flaggedHours == 0 {
      if bin.cost > 0 { habit.dayCost.add(Self.log2(bin.cost), calls: 1, to: &dayCostPool) }
      if bin.calls >= AbuseDetection.leastCallsForMeans {
        habit.dear.add(hits: bin.dear, calls: bin.calls, to: &dearPool)
        habit.prompts.add(bin.level, calls: bin.calls, to: &promptPool)
        if let value = bin.ratio { habit.outputPerInput.add(value, calls: bin.calls, to: &ratioPool) }
      }
    }
    habits[customer] = habit
  }

  static func log2(_ value: Double) -> Double { DeterministicMath.log(value) / 0.693147180559945309 }
  static func exp2(_ value: Double) -> Double { DeterministicMath.exp(value * 0.693147180559945309) }
}
