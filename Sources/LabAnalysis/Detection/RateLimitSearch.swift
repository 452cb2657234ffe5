import LabCore
import LabTable

/// Hours in which one customer's calls ran into rate limits far beyond the customer's own habit.
///
/// The habit is the share of limited calls in the customer's trailing 28 days, flagged hours left out, drawn towards that
/// of all customers in the first two weeks; how much shares vary from hour to hour is learnt from all customers there.
struct RateLimitSearch {
  /// Hours of one customer with so many calls that a share means something (the design's limit for abuse).
  static let minimumCalls: Int64 = 20
  /// Calls of all customers that a customer's own habit is drawn by.
  private static let priorCalls = 100.0

  private let hours: CustomerLimits
  private let firstHour: Int64
  /// How many hours of customers were tested, and those with a rise worth looking at; `series` is the customer.
  private(set) var count = 0
  private(set) var tests: [ShareSeries.Test] = []

  /// - Parameter threads: how many of them look at customers.
  init(_ hours: CustomerLimits, firstHour: Int64, threads: Int = 1) {
    self.hours = hours
    self.firstHour = firstHour
    let parts = min(hours.customerCount, max(1, threads) * 4)
    let ranges = (0..<parts).map { hours.customerCount * $0 / parts..<hours.customerCount * ($0 + 1) / parts }
    let (habit, correlation) = learn(ranges, threads)
    for part in Parallel.map(
      count: parts, width: threads,
      { [self] part in
        var search = self
        for customer in ranges[part] { search.test(customer, habit: habit, correlation: correlation) }
        return (search.count, search.tests)
      })
    {
      count += part.0
      tests += part.1
    }
  }

  private func offset(_ cell: CustomerLimits.Cell) -> Int { Int(Int64(cell.hour) - firstHour) }

  /// The share of limited calls of all customers in the first two weeks, and the correlation of two calls of one hour.
  private func learn(_ customers: [Range<Int>], _ threads: Int) -> (habit: Double, correlation: Double) {
    typealias Part = (calls: Int64, limited: Int64, large: [CustomerLimits.Cell])
    let parts = Parallel.map(count: customers.count, width: threads) { [self] part -> Part in
      var own: Part = (0, 0, [])
      for customer in customers[part] {
        for index in hours.range(of: customer) {
          let cell = hours.cells[index]
          if offset(cell) >= ShareSeries.learningHours { break }
          own.calls += Int64(cell.calls)
          own.limited += Int64(cell.rateLimits)
          if Int64(cell.calls) >= Self.minimumCalls { own.large.append(cell) }
        }
      }
      return own
    }
    let (calls, limited) = parts.reduce((Int64(0), Int64(0))) { ($0.0 + $1.calls, $0.1 + $1.limited) }
    let habit = max(Double(limited), 0.5) / Double(max(calls, 1))
    var (top, bottom) = (0.0, 0.0)
    // Sums of floating-point numbers in the order of the customers, so that they don't depend on the number of threads.
    for cell in parts.lazy.map(\.large).joined() {
      let calls = Double(cell.calls)
      let variance = calls * habit * (1 - habit)
      let difference = Double(cell.rateLimits) - calls * habit
      top += difference * difference - variance
      bottom += variance * (calls - 1)
    }
    return (min(habit, 0.999), bottom > 0 ? min(max(top / bottom, 0), 0.999) : 0)
  }

  private mutating func test(_ customer: Int, habit: Double, correlation: Double) {
    let range = hours.range(of: customer)
    var oldest = range.lowerBound
    var (calls, limited) = (0.0, 0.0)
    var leftOut: Set<Int> = []
    for index in range {
      let cell = hours.cells[index]
      let hour = offset(cell)
      while oldest < index, offset(hours.cells[oldest]) < hour - ShareSeries.baselineHours {
        if !leftOut.contains(oldest) {
          calls -= Double(hours.cells[oldest].calls)
          limited -= Double(hours.cells[oldest].rateLimits)
        }
        oldest += 1
      }
      var rises = false
      if hour >= ShareSeries.learningHours, Int64(cell.calls) >= Self.minimumCalls {
        count += 1
        let usual = (limited + habit * Self.priorCalls) / (calls + Self.priorCalls)
        let mean = usual * Double(cell.calls)
        rises = Double(cell.rateLimits) - mean >= ServiceIncident.leastLimitRise * Double(cell.calls)
        if rises {
          tests.append(
            .init(
              series: customer, hour: hour, hours: 1,
              pValue: TailProbability.betaBinomial(
                atLeast: Int64(cell.rateLimits), of: Int64(cell.calls), probability: usual, correlation: correlation),
              marked: Int64(cell.rateLimits), trials: Int64(cell.calls), mean: mean))
        }
      }
      if rises {
        leftOut.insert(index)
      } else {
        calls += Double(cell.calls)
        limited += Double(cell.rateLimits)
      }
    }
  }

  /// Flagged hours as events, those of a customer joined where they follow each other.
  func events(_ flagged: [ShareSeries.Test], names: TextDictionary) -> [ServiceIncident] {
    var events: [ServiceIncident] = []
    var last: ShareSeries.Test?
    for test in flagged.sorted(by: { ($0.series, $0.hour) < ($1.series, $1.hour) }) {
      let start = Instant(microseconds: (firstHour + Int64(test.hour)) * 3_600_000_000)
      let end = start + .hours(1)
      if let last, last.series == test.series, last.hour + 1 == test.hour {
        let index = events.count - 1
        events[index].end = end
        events[index].marked += test.marked
        events[index].calls += test.trials
        events[index].expected += test.mean
        events[index].pValue = min(events[index].pValue, test.pValue)
      } else {
        events.append(
          ServiceIncident(
            kind: .retryStorm, provider: nil, region: nil, customer: names[UInt32(test.series)], start: start, end: end,
            detectedAt: end, marked: test.marked, calls: test.trials, expected: test.mean, pValue: test.pValue))
      }
      last = test
    }
    return events
  }
}
