import LabCore
import LabScenario

/// Bursts: in every hour without one, with probability q a burst of m× starts and lasts some whole hours.
///
/// Over a long phase the expected factor is 1 + (m̄ − 1)·q·h̄ / (1 − q + q·h̄), where m̄ and h̄ are the means of multiplier
/// and hours: an hour inside a burst starts no other.
struct BurstTraffic: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "burst", summary: "Sudden bursts: with a probability per hour, m× the calls for some hours",
    parameters: [
      ParameterDescriptor(
        "probability", .number(.share), "Probability that a burst starts in an hour", unit: "1/h", default: 0.05),
      ParameterDescriptor(
        "multiplier", .interval(.positive), "Factor on the calls, or the range that it is drawn from",
        default: [5, 20]),
      ParameterDescriptor(
        "hours", .interval(NumberRange(1, 10_000)),
        "Length of a burst, or the range of whole hours that it is drawn from",
        unit: "h", default: [1, 3]),
    ])

  private struct Burst {
    var start: TimeSpan
    var end: TimeSpan
    var multiplier: Double
  }
  private let bursts: [Burst]

  init(_ setting: Setting, in phase: PhaseContext) {
    let probability = setting.number("probability") ?? 0.05
    let multiplier = setting.interval("multiplier") ?? 5...20
    let hours = setting.interval("hours") ?? 1...3
    let shortest = max(1, Int64(hours.lowerBound.rounded(.up)))
    let choices = max(1, Int(hours.upperBound.rounded(.down)) - Int(shortest) + 1)
    var random = phase.phaseStream()
    var bursts: [Burst] = []
    var hour: Int64 = 0
    while TimeSpan.hours(hour) < phase.length {
      guard random.chance(probability) else {
        hour += 1
        continue
      }
      let length = shortest + Int64(random.below(choices))
      let factor = random.uniform(multiplier.lowerBound, multiplier.upperBound)
      bursts.append(Burst(start: .hours(hour), end: min(.hours(hour + length), phase.length), multiplier: factor))
      hour += length
    }
    self.bursts = bursts
  }

  var dimension: SegmentDimension? { .everyone }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    // The last burst that began at or before the moment.
    var low = 0
    var high = bursts.count
    while low < high {
      let middle = (low + high) / 2
      if bursts[middle].start <= moment.elapsed { low = middle + 1 } else { high = middle }
    }
    guard low > 0, moment.elapsed < bursts[low - 1].end else { return 1 }
    return bursts[low - 1].multiplier
  }

  var breakpoints: [TimeSpan] { bursts.flatMap { [$0.start, $0.end] } }

  var traces: [PatternTrace] {
    bursts.map { PatternTrace(kind: "burst", start: $0.start, end: $0.end, magnitude: $0.multiplier) }
  }
}
