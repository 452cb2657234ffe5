import LabCore
import Synchronization

/// Walks through the days of ``CustomerHours``, tests every customer's hours and days against its past, then lets them
/// become past: nothing that is tested knows of its own day or of what comes after it, but for what all others do in the same
/// hour.
///
/// What all customers do at the same time is nobody's abuse: the usual rate of an hour is multiplied by how much the others
/// call above theirs, where they do.
///
/// The customers are dealt to parts (``AbusePart``), which threads take one after the other; what parts learn is joined
/// in their order, so that nothing depends on the number of threads.
struct AbuseSweep {
  let hours: CustomerHours
  let columns: Columns
  private let days: Range<Int>
  private let parts: [Part]
  /// What strays far enough to be looked at again; of a customer in the order of time.
  private(set) var hits: [AbuseHit] = []
  /// By customer the days on which it was tested.
  private(set) var testedDays: ContiguousArray<Int>

  /// A part that one thread at a time works on.
  private final class Part: Sendable {
    let customers: Mutex<AbusePart>

    init(_ part: AbusePart) { customers = Mutex(part) }
  }

  /// The columns without which a signal can't be tested.
  struct Columns: Sendable {
    var hasCost: Bool
    var hasTokens: Bool
    var hasRegions: Bool
    var hasErrorTypes: Bool
    var hasDearModels: Bool
  }

  static let testingHours = SeasonalBaseline.minimumHours
  /// Into how many parts customers are dealt: enough for that many threads, whose sums are still joined in no time.
  private static let partCount = 16
  /// More days than these would be walked one by one for nothing: 30 years.
  private static let mostDays = 11_000
  /// Hours of customers in a day from which on a second thread is worth its start.
  private static let hoursPerThread = 2000

  /// - Parameter names: by customer code.
  init(_ hours: CustomerHours, names: [String], _ columns: Columns) {
    self.hours = hours
    self.columns = columns
    let customers = hours.customerCount
    var (first, last) = (Int.max, Int.min)
    for customer in 0..<customers {
      let range = hours.range(of: customer)
      if let begin = range.first, let end = range.last {
        first = min(first, hours.cells[begin].day)
        last = max(last, hours.cells[end].day)
      }
    }
    days = first <= last ? first..<last + 1 : 0..<0
    testedDays = ContiguousArray(repeating: 0, count: customers)
    // What is left out of a baseline must be beyond doubt: the family's level over all tests of all customers (Bonferroni).
    let tests = Double(max(1, customers)) * Double(max(1, days.count)) * Double(AbuseSignal.testsPerDay)
    let flagLevel = ErrorBudget.familyLevel / tests
    // In the order of their names: what is pooled over customers then doesn't depend on the order of a file's rows.
    let order = NameOrder.places(of: names)
    let count = max(1, min(Self.partCount, order.count))
    parts = (0..<count).map { part in
      let own = order[(order.count * part / count)..<(order.count * (part + 1) / count)]
      return Part(AbusePart(Array(own), hours, columns, flagLevel: flagLevel))
    }
  }

  mutating func run(_ context: AnalysisContext) throws(AnalysisError) {
    guard let first = days.first, days.count <= Self.mostDays else { return }
    let hours = hours
    let width = min(context.threads, max(1, hours.cells.count / days.count / Self.hoursPerThread))
    let parts = parts
    var pools = AbusePools()
    var today = Parallel.map(count: parts.count, width: width) { index in
      parts[index].customers.withLock { $0.begin(first, hours) }
    }
    for day in days {
      try context.checkpoint()
      let (others, known) = (AbuseOthers(today), pools)
      let next = day + 1 < days.upperBound ? day + 1 : nil
      let ended = Parallel.map(count: parts.count, width: width) { index in
        parts[index].customers.withLock { part in
          let learnt = part.end(day, hours, others, known)
          return (learnt: learnt, next: next.map { part.begin($0, hours) })
        }
      }
      for part in ended { pools.add(part.learnt) }
      today = ended.compactMap(\.next)
    }
    for part in parts {
      part.customers.withLock { part in
        hits += part.hits
        for (customer, days) in zip(part.customers, part.testedDays) { testedDays[customer] = days }
      }
    }
  }

  static func log2(_ value: Double) -> Double { DeterministicMath.log(value) / 0.693147180559945309 }
  static func exp2(_ value: Double) -> Double { DeterministicMath.exp(value * 0.693147180559945309) }
}
