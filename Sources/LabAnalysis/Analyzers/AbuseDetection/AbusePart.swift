import LabCore

/// A part of the customers of an ``AbuseSweep``: tests their days, then takes them into their past.
struct AbusePart: Sendable {
  /// Their codes, in the order of their names; all that follows is by place among them.
  let customers: [Int]
  private let columns: AbuseSweep.Columns
  private let flagLevel: Double
  private var habits: ContiguousArray<CustomerHabit> = []
  /// Where the hours of the present day end, and what the customer usually calls in one.
  private var ends: ContiguousArray<Int>
  private var rates: ContiguousArray<Double>
  /// The places in ``CustomerHours`` of hours that are left out of their customer's past.
  private var flagged: Set<Int> = []
  /// The logarithms of what the hours of a day cost.
  private var costs = ContiguousArray<Double>(repeating: 0, count: 24)
  private(set) var hits: [AbuseHit] = []
  /// The days on which each was tested.
  private(set) var testedDays: ContiguousArray<Int>

  /// A bin above it is of no interest, however few tests there are.
  private static let keptLevel = 1e-4
  /// Less than ``keptLevel`` takes at least so many standard deviations: P(Z ≥ 3.7) is 1.08e-4, and the tails of Student's
  /// distribution are heavier.
  private static let leastDeviate = 3.7
  /// Past before the dispersion is learnt from a customer (rule 11).
  private static let learningHours = 7 * 24
  /// After so many flagged days a customer's new ways are its ways.
  private static let newWays = 14

  /// - Parameter flagLevel: the p-value up to which a bin is left out of its customer's past.
  init(_ customers: [Int], _ hours: CustomerHours, _ columns: AbuseSweep.Columns, flagLevel: Double) {
    self.customers = customers
    self.columns = columns
    self.flagLevel = flagLevel
    habits.reserveCapacity(customers.count)
    for customer in customers { habits.append(CustomerHabit(first: hours.range(of: customer).lowerBound)) }
    ends = ContiguousArray(repeating: 0, count: customers.count)
    rates = ContiguousArray(repeating: 0, count: customers.count)
    testedDays = ContiguousArray(repeating: 0, count: customers.count)
  }

  // MARK: The day's begin

  /// Makes a day the present one, and sums up what these customers do in it.
  mutating func begin(_ day: Int, _ hours: CustomerHours) -> AbuseOthers.Sums {
    var sums = AbuseOthers.Sums()
    for place in habits.indices {
      retire(place, before: day, hours)
      let rate = habits[place].rate(before: day * 24)
      rates[place] = rate
      sums.usual += rate
      let (start, last) = (habits[place].next, hours.ends[customers[place]])
      var end = start
      while end < last, Int(hours.cells[end].hour) < (day + 1) * 24 { end += 1 }
      ends[place] = end
      guard rate > 0 else { continue }
      let cap = AbuseOthers.most(usual: rate)
      for index in start..<end { sums.add(hours.cells[index], cap: cap) }
    }
    return sums
  }

  /// Takes out of the trailing window what is older than 28 days.
  private mutating func retire(_ place: Int, before day: Int, _ hours: CustomerHours) {
    let oldest = day * 24 - SeasonalBaseline.trailingHours
    while habits[place].oldest < habits[place].next, Int(hours.cells[habits[place].oldest].hour) < oldest {
      let index = habits[place].oldest
      if habits[place].hasFlaggedHours, flagged.remove(index) != nil {
        habits[place].leaveFlagged()
      } else {
        habits[place].leave(hours.cells[index])
      }
      habits[place].oldest += 1
    }
  }

  // MARK: The day's end

  /// Tests the present day, then lets it become past.
  ///
  /// - Parameter pools: what is known from the days before.
  /// - Returns: what the day adds to them.
  mutating func end(
    _ day: Int, _ hours: CustomerHours, _ others: AbuseOthers, _ pools: AbusePools
  ) -> AbusePools {
    var learnt = AbusePools()
    for place in habits.indices { end(place, day, hours, others, pools, &learnt) }
    return learnt
  }

  private mutating func end(
    _ place: Int, _ day: Int, _ hours: CustomerHours, _ others: AbuseOthers, _ pools: AbusePools,
    _ learnt: inout AbusePools
  ) {
    let range = habits[place].next..<ends[place]
    if habits[place].firstHour == nil {
      guard let first = range.first else { return }
      habits[place].firstHour = Int(hours.cells[first].hour)
    }
    let start = day * 24
    let past = start - (habits[place].firstHour ?? start)
    let rate = rates[place]
    for index in range where hours.cells[index].cost > 0 {
      costs[index - range.lowerBound] = AbuseSweep.log2(Double(hours.cells[index].cost))
    }
    var expected = 0.0
    if rate > 0 { for hour in 0..<24 { expected += rate * others.rise(hour, without: 0, usual: rate) } }
    let firstHit = hits.count
    if past >= AbuseSweep.testingHours {
      testedDays[place] += 1
      if !range.isEmpty { test(place, day, range, rate, expected: expected, hours, others, pools) }
    }
    // A case goes on while its bins stay far out; it takes much more to begin one.
    let level = habits[place].flaggedDays > 0 ? Self.keptLevel : flagLevel
    let isFlagged = hits[firstHit...].contains { $0.pValue <= level }
    let found = isFlagged ? hits[firstHit...].filter { $0.pValue <= Self.keptLevel } : []
    habits[place].flaggedDays = found.isEmpty ? 0 : habits[place].flaggedDays + 1
    let teaches = habits[place].flaggedDays > Self.newWays
    let wholeDay = found.contains { !$0.signal.isHourly }
    learn(
      place, range, rate: past >= Self.learningHours ? rate : 0, expected: expected, hours, others, pools, &learnt,
      without: { hour in !teaches && (wholeDay || found.contains { $0.hours.contains(hour) }) })
    habits[place].next = range.upperBound
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
  private func tail(
    _ count: Double, expected: Double, _ known: VolumeDispersion, _ habit: CustomerHabit, _ pools: AbusePools
  ) -> (Double, Double) {
    guard count > expected, count >= AbuseDetection.leastCalls else { return (1, 0) }
    let pooled = known.index(expected: expected)
    // The customer's own residuals weigh as much as they are more than a hundred expected calls.
    let index = max(pooled, (habit.squares + 100 * pooled) / (habit.means + 100))
    let inverse = (index - 1) / expected + pools.daily.index(expected: 24 * expected) / (habit.calls + 1)
    let size = inverse > 0 ? 1 / inverse : .infinity
    let p = TailProbability.negativeBinomial(atLeast: Int64(count), mean: expected, size: size)
    let reach = known.reach(atLeast: count, expected: expected)
    return (max(p, reach), AbuseEvidence.ratio(count: count, expected: expected, size: size))
  }

  private mutating func test(
    _ place: Int, _ day: Int, _ range: Range<Int>, _ rate: Double, expected dayCalls: Double, _ hours: CustomerHours,
    _ others: AbuseOthers, _ pools: AbusePools
  ) {
    let (customer, habit) = (customers[place], habits[place])
    let start = day * 24
    let night = habit.night(before: start)
    var bin = AbuseDay()
    bin.expected = dayCalls
    for index in range {
      let cell = hours.cells[index]
      let hour = CustomerHabit.hourOfDay(cell)
      let calls = Double(cell.calls)
      let span = Int(cell.hour)..<Int(cell.hour) + 1
      let expected = rate * others.rise(hour, without: calls, usual: rate)
      let (p, ratio) = tail(calls, expected: expected, pools.hourly, habit, pools)
      keep(customer, .callsPerHour, span, p: p, calls, expected, ratio)
      if columns.hasRegions, cell.regions & ~habit.regions != 0 {
        let chance = (1 + habit.hoursWithNewRegion) / (2 + habit.hoursSeen)
        keep(customer, .newRegion, span, p: p * chance, calls, 0, ratio - DeterministicMath.log(chance))
      }
      if columns.hasErrorTypes, calls >= AbuseDetection.leastCallsForLimits {
        testLimits(customer, span, cell, habit, others.limitedShare(hour, without: cell), pools)
      }
      testGaps(customer, span, cell, habit)
      if columns.hasCost, cell.cost > 0,
        let (p, t) = habit.hourCost.test(
          costs[index - range.lowerBound], calls: 1, pools.hourCost, from: Self.leastDeviate)
      {
        keep(
          customer, .costPerHour, span, p: p, Double(cell.cost) / 1e9,
          AbuseSweep.exp2(habit.hourCost.mean ?? 0) / 1e9, AbuseEvidence.ratio(t: t))
      }
      bin.take(cell, record: habit.mostRegions > 0 && cell.regions.nonzeroBitCount > habit.mostRegions)
      if let night, (hour - night.start + 24) % 24 < CustomerHabit.nightHours { bin.nightCalls += calls }
    }
    testDay(customer, start..<start + 24, bin, night?.calls, habit, pools)
  }

  private mutating func testLimits(
    _ customer: Int, _ span: Range<Int>, _ cell: CustomerHours.Cell, _ habit: CustomerHabit, _ now: Double,
    _ pools: AbusePools
  ) {
    let (hits, calls) = (Double(cell.rateLimits), Double(cell.calls))
    let p = habit.limits.pValue(hits: hits, calls: calls, pools.limits, now: now)
    let expected = calls * max(habit.limits.share(pools.limits), now)
    keep(
      customer, .rateLimits, span, p: p, hits, expected,
      AbuseEvidence.ratio(hits: hits, of: calls, expected: expected, correlation: pools.limits.correlation))
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
    _ customer: Int, _ span: Range<Int>, _ bin: AbuseDay, _ night: Double?, _ habit: CustomerHabit, _ pools: AbusePools
  ) {
    let (p, ratio) = tail(bin.calls, expected: bin.expected, pools.daily, habit, pools)
    keep(customer, .callsPerDay, span, p: p, bin.calls, bin.expected, ratio)
    if let night, night > 0 {
      // A night can rise with the day as all others do.
      let expected = night * max(1, bin.expected / (24 * max(habit.rate(before: span.lowerBound), 1e-9)))
      let (p, ratio) = tail(bin.nightCalls, expected: expected, pools.daily, habit, pools)
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
      let (p, t) = habit.dayCost.test(AbuseSweep.log2(bin.cost), calls: 1, pools.dayCost, from: Self.leastDeviate)
    {
      keep(
        customer, .costPerDay, span, p: p, bin.cost / 1e9, AbuseSweep.exp2(habit.dayCost.mean ?? 0) / 1e9,
        AbuseEvidence.ratio(t: t))
    }
    guard bin.calls >= AbuseDetection.leastCallsForMeans else { return }
    if columns.hasDearModels {
      let p = habit.dear.pValue(hits: bin.dear, calls: bin.calls, pools.dear)
      let expected = bin.calls * habit.dear.share(pools.dear)
      keep(
        customer, .dearModels, span, p: p, bin.dear, expected,
        AbuseEvidence.ratio(hits: bin.dear, of: bin.calls, expected: expected, correlation: pools.dear.correlation))
    }
    guard columns.hasTokens else { return }
    if let (p, t) = habit.prompts.test(bin.level, calls: bin.calls, pools.prompts, from: Self.leastDeviate) {
      keep(
        customer, .longPrompts, span, p: p, AbuseSweep.exp2(bin.level), AbuseSweep.exp2(habit.prompts.mean ?? 0),
        AbuseEvidence.ratio(t: t))
    }
    if let value = bin.ratio,
      let (p, t) = habit.outputPerInput.test(value, calls: bin.calls, pools.outputPerInput, from: Self.leastDeviate)
    {
      keep(
        customer, .outputPerInput, span, p: p, AbuseSweep.exp2(value), AbuseSweep.exp2(habit.outputPerInput.mean ?? 0),
        AbuseEvidence.ratio(t: t))
    }
  }

  /// Lets a day become past.
  ///
  /// - Parameters:
  ///   - rate: usual calls an hour; 0 where too little past is known to learn from.
  ///   - dayCalls: the expected calls of the day.
  private mutating func learn(
    _ place: Int, _ range: Range<Int>, rate: Double, expected dayCalls: Double, _ hours: CustomerHours,
    _ others: AbuseOthers, _ pools: AbusePools, _ learnt: inout AbusePools, without isOut: (Int) -> Bool
  ) {
    var habit = habits[place]
    var bin = AbuseDay()
    var (active, flaggedHours) = (0, 0)
    for index in range {
      let cell = hours.cells[index]
      if isOut(Int(cell.hour)) {
        flagged.insert(index)
        flaggedHours += 1
        habit.enterFlagged()
        continue
      }
      active += 1
      let calls = Double(cell.calls)
      if rate > 0 {
        let expected = rate * others.rise(CustomerHabit.hourOfDay(cell), without: calls, usual: rate)
        learnt.hourly.add(count: calls, expected: expected)
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
      habit.limits.add(hits: Double(cell.rateLimits), calls: calls, to: &learnt.limits, knowing: pools.limits)
      if calls - 1 >= AbuseDetection.leastGaps, let variation = cell.gapVariation {
        habit.longHours += 1
        habit.evenHours += variation < AbuseDetection.evenVariation ? 1 : 0
      }
      if cell.cost > 0 { habit.hourCost.add(costs[index - range.lowerBound], calls: 1, to: &learnt.hourCost) }
      bin.take(cell, record: false)
      habit.enter(cell)
    }
    if rate > 0, flaggedHours == 0 {
      let empty = 24 - active
      learnt.hourly.addEmpty(bins: empty, expected: rate)
      habit.squares += Double(empty) * rate * rate
      habit.means += Double(empty) * rate
      learnt.daily.add(count: bin.calls, expected: dayCalls)
    }
    if bin.calls > 0, flaggedHours == 0 {
      if bin.cost > 0 { habit.dayCost.add(AbuseSweep.log2(bin.cost), calls: 1, to: &learnt.dayCost) }
      if bin.calls >= AbuseDetection.leastCallsForMeans {
        habit.dear.add(hits: bin.dear, calls: bin.calls, to: &learnt.dear, knowing: pools.dear)
        habit.prompts.add(bin.level, calls: bin.calls, to: &learnt.prompts)
        if let value = bin.ratio { habit.outputPerInput.add(value, calls: bin.calls, to: &learnt.outputPerInput) }
      }
    }
    habits[place] = habit
  }
}
