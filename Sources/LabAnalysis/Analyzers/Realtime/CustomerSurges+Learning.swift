import LabCore

/// What customers' days teach ``CustomerSurges``.
extension CustomerSurges {
  /// What a part of the customers has learnt when a day became past.
  struct Passed: Sendable {
    var learnt = VolumeDispersion()
    /// Days that are left out from now on.
    var out: [(place: Int, day: Int)] = []
    /// By hour of the new day, and of those before it that belong to a sum with its first ones.
    var listed = [[Listed]](repeating: [], count: 24 + CustomerSurges.window - 1)
  }

  /// Lets a day of some customers become past, and lists what they cost in the next.
  ///
  /// - Parameters:
  ///   - places: of the customers.
  ///   - habits: of them, the first one's at 0.
  ///   - day: nil when there is none before: then what lies before `today` is no past to learn from.
  func passed(
    _ places: Range<Int>, _ habits: inout MutableSpan<Habit>, _ day: Int?, to today: Int
  ) -> Passed {
    var result = Passed()
    let usual = day.map { UsualDay($0, self) }
    for place in places {
      var habit = habits[place - places.lowerBound]
      if let usual { pass(place, &habit, usual, &result) } else { skip(&habit, before: today) }
      list(place, habit, today, &result)
      habits[place - places.lowerBound] = habit
    }
    return result
  }

  /// What the whole should have cost in a day, and in its parts.
  struct UsualDay {
    let day: Int
    /// In USD, by window.
    var bins = SIMD8<Double>(repeating: 0)
    let isKnown: Bool

    init(_ day: Int, _ surges: CustomerSurges) {
      self.day = day
      let window = CustomerSurges.window
      for bin in 0..<CustomerSurges.binsPerDay {
        bins[bin] = surges.usual(day * 24 + bin * window..<day * 24 + (bin + 1) * window)
      }
      isKnown = surges.usual(day * 24..<(day + 1) * 24) > 0
    }
  }

  /// Cells before the first day that is looked at.
  private func skip(_ habit: inout Habit, before today: Int) {
    let end = hours.ends[habit.customer]
    while habit.next < end, cells.day(habit.next) < today {
      if habit.firstHour == nil { habit.firstHour = Int(cells.hours[habit.next]) }
      habit.next += 1
    }
    habit.oldest = habit.next
  }

  /// Lists a customer's hours of a day, and of the hours before that belong to a sum with them.
  private func list(_ place: Int, _ habit: Habit, _ day: Int, _ result: inout Passed) {
    let first = day * 24 + 1 - Self.window
    let (start, end) = (hours.starts[habit.customer], hours.ends[habit.customer])
    var index = habit.next
    while index > start, Int(cells.hours[index - 1]) >= first { index -= 1 }
    while index < end, Int(cells.hours[index]) < (day + 1) * 24 {
      let cost = cells.costs[index]
      // What constant prices make nothing of is listed all the same.
      if cost > 0 || hours.cells[index].cost > 0 {
        result.listed[Int(cells.hours[index]) - first].append(Listed(place: place, cost: cost))
      }
      index += 1
    }
  }

  /// The customer's part of the bill over the trailing days, those left out not counted.
  func share(_ place: Int, _ habit: Habit, _ day: Int) -> Double {
    let start = day * 24
    guard let firstHour = habit.firstHour, habit.cost > 0 else { return 0 }
    let from = max(start - SeasonalBaseline.trailingHours, firstHour)
    var usual = usual(from..<start)
    for day in habit.hasOutDays ? outDays[place] ?? [] : [] {
      usual -= self.usual(max(from, day * 24)..<max(from, (day + 1) * 24))
    }
    return usual > 0 ? Double(habit.cost) / 1e9 / usual : 0
  }

  /// Lets a day of a customer become past.
  private func pass(_ place: Int, _ habit: inout Habit, _ usual: UsualDay, _ result: inout Passed) {
    let day = usual.day
    retire(place, &habit, before: day)
    let (start, last) = (habit.next, hours.ends[habit.customer])
    var end = start
    while end < last, Int(cells.hours[end]) < (day + 1) * 24 { end += 1 }
    habit.next = end
    if habit.firstHour == nil {
      guard start < end else { return }
      habit.firstHour = Int(cells.hours[start])
    }
    learn(place, &habit, usual, start..<end, &result)
  }

  /// What a call cost on average up to an hour, in USD.
  func meanCost(before hour: Int) -> Double? {
    let parts = min(hours.customerCount, max(1, threads) * 4)
    let sums = Parallel.map(count: parts, width: threads) { part in
      var (cost, calls) = (Int64(0), Int64(0))
      for customer in (hours.customerCount * part / parts)..<(hours.customerCount * (part + 1) / parts) {
        for index in hours.range(of: customer) {
          guard Int(cells.hours[index]) < hour else { break }
          cost &+= cells.costs[index]
          calls &+= Int64(hours.cells[index].calls)
        }
      }
      return (cost: cost, calls: calls)
    }
    let (cost, calls) = sums.reduce((0, 0)) { ($0.0 &+ $1.cost, $0.1 &+ $1.calls) }
    return cost > 0 ? Double(cost) / 1e9 / Double(max(1, calls)) : nil
  }

  /// Takes out of the trailing window what is older than 28 days.
  private func retire(_ place: Int, _ habit: inout Habit, before day: Int) {
    let oldest = (day + 1) * 24 - SeasonalBaseline.trailingHours
    while habit.oldest < habit.next {
      let index = habit.oldest
      guard Int(cells.hours[index]) < oldest else { break }
      if !habit.hasOutDays || outDays[place]?.contains(cells.day(index)) != true { habit.cost -= cells.costs[index] }
      habit.oldest += 1
    }
  }

  private func learn(
    _ place: Int, _ habit: inout Habit, _ usualDay: UsualDay, _ range: Range<Int>, _ result: inout Passed
  ) {
    let day = usualDay.day
    let start = day * 24
    let past = start - (habit.firstHour ?? start)
    let share = past >= Self.learningHours ? share(place, habit, day) : 0
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
        expected[bin] = share * usualDay.bins[bin] / unit
      }
      let isOut = past >= Self.testingHours && isBeyondDoubt(habit, bins, expected)
      habit.daysOut = isOut ? habit.daysOut + 1 : 0
      if isOut, habit.daysOut <= Self.newWays {
        habit.hasOutDays = true
        result.out.append((place, day))
        return
      }
      habit.days += 1
      var (empty, emptyExpected) = (0, 0.0)
      for bin in 0..<Self.binsPerDay where expected[bin] > 0 {
        let (value, mean) = (bins[bin], expected[bin])
        habit.squares += (value - mean) * (value - mean)
        habit.means += mean
        if value > 0 {
          result.learnt.add(count: value, expected: mean)
        } else {
          empty += 1
          emptyExpected += mean
        }
      }
      if empty > 0 { result.learnt.addEmpty(bins: empty, expected: emptyExpected / Double(empty)) }
    }
    // Before the first estimate of the whole nothing is known of a customer's share of it.
    if usualDay.isKnown {
      habit.cost &+= total
    } else {
      habit.oldest = range.upperBound
    }
  }

  private func isBeyondDoubt(_ habit: Habit, _ values: SIMD8<Double>, _ expected: SIMD8<Double>) -> Bool {
    (0..<Self.binsPerDay).contains { bin in
      expected[bin] > 0 && values[bin] >= Self.leastRise * expected[bin]
        && pValue(cost: values[bin], expected: expected[bin], habit) <= level
    }
  }

  /// The chance of at least so much cost where a customer does as it always did.
  ///
  /// - Parameters: in calls of mean cost.
  func pValue(cost: Double, expected: Double, _ habit: Habit, leastSigma: Double = 0) -> Double {
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
}
