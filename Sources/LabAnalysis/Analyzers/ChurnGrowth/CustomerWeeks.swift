import LabCore
import LabTable

/// Calls of every customer in every whole week, with when it came, called first and called last.
struct CustomerWeeks: Sendable {
  /// The Mondays of the whole weeks, as days since 1970.
  let mondays: [Int]
  let customers: Int
  /// Index customer · weeks + week.
  private let calls: ContiguousArray<UInt32>
  let callsByWeek: [Int64]
  let costByWeek: [Int64]
  let activeByWeek: [Int]
  /// The hours (since 1970) of each customer's first and last call; nil without a call.
  let spans: [(first: Int, last: Int)?]

  /// Weeks that are kept, the latest: beyond two years nothing is compared.
  static let mostWeeks = 104

  init(_ hours: CustomerHours, mondays all: [Int]) {
    let mondays = Array(all.suffix(Self.mostWeeks))
    self.mondays = mondays
    customers = hours.customerCount
    var calls = ContiguousArray<UInt32>(repeating: 0, count: hours.customerCount * mondays.count)
    var callsByWeek = [Int64](repeating: 0, count: mondays.count)
    var costByWeek = callsByWeek
    var activeByWeek = [Int](repeating: 0, count: mondays.count)
    var spans: [(first: Int, last: Int)?] = []
    spans.reserveCapacity(hours.customerCount)
    for customer in 0..<hours.customerCount {
      let range = hours.range(of: customer)
      spans.append(
        range.isEmpty
          ? nil : (Int(hours.cells[range.lowerBound].hour), Int(hours.cells[range.upperBound - 1].hour)))
      guard let first = mondays.first else { continue }
      for index in range {
        let cell = hours.cells[index]
        let week = Int(floorDivide(Int64(cell.day - first), 7))
        guard mondays.indices.contains(week) else { continue }
        let place = customer * mondays.count + week
        if calls[place] == 0 { activeByWeek[week] += 1 }
        calls[place] &+= cell.calls
        callsByWeek[week] += Int64(cell.calls)
        costByWeek[week] &+= cell.cost
      }
    }
    self.calls = calls
    self.callsByWeek = callsByWeek
    self.costByWeek = costByWeek
    self.activeByWeek = activeByWeek
    self.spans = spans
  }

  func calls(of customer: Int, week: Int) -> Int64 { Int64(calls[customer * mondays.count + week]) }

  /// The calls of a customer in some weeks.
  func calls(of customer: Int, weeks: Range<Int>) -> Int64 {
    weeks.reduce(0) { $0 + calls(of: customer, week: $1) }
  }

  /// The start of a week.
  func start(ofWeek week: Int) -> Instant { Instant(microseconds: Int64(mondays[week]) * 86_400_000_000) }
  func end(ofWeek week: Int) -> Instant { start(ofWeek: week) + .days(7) }
}

/// What is known of a customer from its subscription periods.
struct Subscriber: Sendable {
  var signedUp: Instant
  var from: Instant
  var to: Instant
  var tier: String
  var price: Money

  /// By customer id; the tier and price are those of the latest period that began by `moment`.
  static func all(_ periods: [SubscriptionPeriod], at moment: Instant) -> [String: Subscriber] {
    var result: [String: Subscriber] = [:]
    for period in periods.sorted(by: { ($0.customer, $0.validFrom) < ($1.customer, $1.validFrom) }) {
      guard var known = result[period.customer] else {
        result[period.customer] = Subscriber(
          signedUp: period.signedUp, from: period.validFrom, to: period.validTo, tier: period.tier,
          price: period.monthlyPrice)
        continue
      }
      known.signedUp = min(known.signedUp, period.signedUp)
      known.to = max(known.to, period.validTo)
      if period.validFrom <= moment {
        known.tier = period.tier
        known.price = period.monthlyPrice
      }
      result[period.customer] = known
    }
    return result
  }
}
