import LabCore
import Synchronization

/// How much each customer calls on a day of its own zone, relative to its mean: gamma with mean 1 and the coefficient of
/// variation `day_cv`.
///
/// The factors are a function of seed, customer and day; the last few days are kept, since many slots ask for them.
final class DayFactors: Sendable {
  private let seed: UInt64
  private let shape: Double?
  private let customers: Int
  private let days = Mutex<[Int: ContiguousArray<Double>]>([:])

  /// Zones reach over three dates at once; each of the threads may stand at a date of its own.
  private static let keptDays = 12

  init(seed: UInt64, variation: Double, customers: Int) {
    self.seed = seed
    self.customers = customers
    shape = variation > 0 ? 1 / (variation * variation) : nil
  }

  /// The customers' factors on a day (days since 1970 by their clocks); nil when days don't vary.
  func factors(on day: Int) -> ContiguousArray<Double>? {
    guard let shape else { return nil }
    return days.withLock { days in
      if let known = days[day] { return known }
      var factors = ContiguousArray<Double>()
      factors.reserveCapacity(customers)
      for customer in 0..<customers {
        var random = RandomStream(
          seed: seed, purpose: StreamPurpose.dayFactor.rawValue, key: UInt64(customer),
          second: UInt64(bitPattern: Int64(day)))
        factors.append(random.gamma(shape: shape) / shape)
      }
      if days.count >= Self.keptDays, let oldest = days.keys.min() { days[oldest] = nil }
      days[day] = factors
      return factors
    }
  }
}
