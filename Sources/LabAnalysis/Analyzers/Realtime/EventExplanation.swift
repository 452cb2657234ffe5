import LabCore
import LabTable

/// Which values of which dimension make the excess of an event: its hours against the same hours of the weeks before.
///
/// One more pass over the calls sums recorded cost by value, in the hours of the events and in those that each is held
/// against. A value explains an event when it makes at least half of the excess, and half again more of it than of the
/// usual bill: a provider with 60 % of all cost makes 60 % of any rise. Of an event of one customer its calls alone count.
struct EventExplanation: Sendable {
  static let dimensions: [UsageColumn] = [
    .customerID, .featureID, .provider, .model, .region, .organizationID, .productID, .subscriptionTier,
  ]
  /// The largest events are explained; the rest have no more reasons than these.
  static let mostEvents = 16
  static let leastShare = 0.5
  private static let leastLift = 1.5
  /// Weeks that an event's hours are held against.
  private static let weeks = 4

  /// A value with its part of an event's excess.
  struct Part: Sendable {
    var column: UsageColumn
    var value: String
    /// In nanodollars.
    var excess: Double
    /// Of the event's excess.
    var share: Double
    /// Of the cost in the hours that the event is held against.
    var usualShare: Double

    var explains: Bool { share >= EventExplanation.leastShare && share >= EventExplanation.leastLift * usualShare }
  }

  /// What is to be explained.
  struct Subject: Sendable {
    /// Hours since 1970, in rising order.
    var hours: [Int]
    /// The code of the only customer whose calls count; nil for all.
    var customer: Int?
    /// In USD.
    var expected: Double
  }

  /// By event, and within it by dimension the value with the largest part.
  static func parts(
    of events: [Subject], flagged: Set<Int>, first: Int, _ calls: CallTable, _ context: AnalysisContext
  ) throws(AnalysisError) -> [[Part]] {
    let events = Array(events.prefix(mostEvents))
    let columns = dimensions.filter { calls.has($0) }
    guard !events.isEmpty, !columns.isEmpty, calls.has(.cost) else { return events.map { _ in [] } }
    let customerColumn = columns.firstIndex(of: .customerID)
    let customers = events.map { $0.customer.map { UInt32($0) } }
    let roles = Roles(events, flagged: flagged, first: first)
    let sizes = columns.map { max(1, calls.dictionary($0).count) }
    let sums = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: columns + [.timestamp, .cost], where: context.selection, context.scan,
        from: { sizes.map { ContiguousArray<Int64>(repeating: 0, count: $0 * events.count * 2) } }
      ) { sums, block in
        add(block, columns, roles, customers, customerColumn, to: &sums)
      } merge: { sums, other in
        for column in sums.indices {
          for index in sums[column].indices { sums[column][index] &+= other[column][index] }
        }
      }
    }
    return events.indices.map { event in
      columns.indices.compactMap { column in
        // That one customer makes all of its own event explains nothing.
        events[event].customer != nil && column == customerColumn
          ? nil
          : largest(
            columns[column], calls.dictionary(columns[column]), sums[column], event: event, events.count,
            expected: events[event].expected)
      }
    }
  }

  /// Which sums an hour belongs to: event · 2 for its own hours, one more for those it is held against.
  private struct Roles: Sendable {
    var byHour: [Int: [Int]] = [:]

    init(_ events: [Subject], flagged: Set<Int>, first: Int) {
      for (event, subject) in events.enumerated() {
        for hour in subject.hours {
          byHour[hour, default: []].append(event * 2)
          for week in 1...EventExplanation.weeks {
            let past = hour - week * SeasonalBaseline.hoursPerWeek
            if past >= first, !flagged.contains(past), past < subject.hours[0] {
              byHour[past, default: []].append(event * 2 + 1)
            }
          }
        }
      }
    }
  }

  private static func add(
    _ block: CallBlock, _ columns: [UsageColumn], _ roles: Roles, _ customers: [UInt32?], _ customerColumn: Int?,
    to sums: inout [ContiguousArray<Int64>]
  ) {
    let width = customers.count * 2
    let (timeValues, costValues) = (block.integers(.timestamp), block.integers(.cost))
    let codes = columns.map { block.codes($0) }
    var (start, current) = (Int64.max, [Int]())
    for row in 0..<block.count {
      let time = timeValues[row]
      guard time != IntegerColumn.unknown, costValues[row] != IntegerColumn.unknown else { continue }
      if time < start || time &- start >= 3_600_000_000 {
        let hour = floorDivide(time, 3_600_000_000)
        start = hour &* 3_600_000_000
        current = roles.byHour[Int(hour)] ?? []
      }
      for role in current {
        if let customer = customers[role / 2], let customerColumn, codes[customerColumn][row] != customer { continue }
        for column in codes.indices { sums[column][Int(codes[column][row]) * width + role] &+= costValues[row] }
      }
    }
  }

  private static func largest(
    _ column: UsageColumn, _ names: TextDictionary, _ sums: ContiguousArray<Int64>, event: Int, _ events: Int,
    expected: Double
  ) -> Part? {
    var (now, before) = (0.0, 0.0)
    let values = sums.count / (events * 2)
    for value in 0..<values {
      now += Double(sums[value * events * 2 + event * 2])
      before += Double(sums[value * events * 2 + event * 2 + 1])
    }
    let usual = expected * 1e9
    let excess = now - usual
    guard excess > 0 else { return nil }
    var best: Part?
    for value in 0..<values {
      let share = before > 0 ? Double(sums[value * events * 2 + event * 2 + 1]) / before : 0
      let own = Double(sums[value * events * 2 + event * 2]) - share * usual
      if own > best?.excess ?? 0 {
        best = Part(
          column: column, value: names[UInt32(value)], excess: own, share: own / excess, usualShare: share)
      }
    }
    return best
  }
}
