import LabReport

/// What ``AbuseDetection`` looks at: each signal is a one-sided test of a customer's hour or day against its own past.
enum AbuseSignal: String, CaseIterable, Sendable, Encodable {
  case callsPerHour = "calls_per_hour"
  case callsPerDay = "calls_per_day"
  case costPerHour = "cost_per_hour"
  case costPerDay = "cost_per_day"
  case rateLimits = "rate_limits"
  case newRegion = "new_region"
  case manyRegions = "many_regions"
  case nightShift = "night_shift"
  case dearModels = "dear_models"
  case evenGaps = "even_gaps"
  case longPrompts = "long_prompts"
  case outputPerInput = "output_per_input"

  /// The signals of an hour; the others are of a day.
  var isHourly: Bool {
    switch self {
    case .callsPerHour, .costPerHour, .rateLimits, .newRegion, .evenGaps: true
    default: false
    }
  }

  /// How many tests a customer has in a day: 24 of each signal of an hour, one of each of a day. All bins count, those
  /// without a call too, since any of them might have been flagged.
  static let testsPerDay = allCases.reduce(0) { $0 + ($1.isHourly ? 24 : 1) }

  var title: String {
    switch self {
    case .callsPerHour: "Calls per hour"
    case .callsPerDay: "Calls per day"
    case .costPerHour: "Cost per hour"
    case .costPerDay: "Cost per day"
    case .rateLimits: "Rate-limit errors"
    case .newRegion: "Calls from a new region"
    case .manyRegions: "Hours with more regions than ever"
    case .nightShift: "Calls in its night"
    case .dearModels: "Calls on the dearest models"
    case .evenGaps: "Even gaps between calls"
    case .longPrompts: "Input per call"
    case .outputPerInput: "Output per input"
    }
  }

  /// What the numbers of an observation count.
  var unit: Unit {
    switch self {
    case .callsPerHour, .callsPerDay, .newRegion, .nightShift, .dearModels: .calls
    case .costPerHour, .costPerDay: .usd
    case .rateLimits: .count
    case .manyRegions: .hours
    case .evenGaps, .outputPerInput: .ratio
    case .longPrompts: .tokens
    }
  }
}

/// A bin of a customer that strays from its past.
struct AbuseHit: Sendable {
  var customer: Int
  var signal: AbuseSignal
  /// Hours since 1970 UTC.
  var hours: Range<Int>
  var pValue: Double
  var observed: Double
  var expected: Double
  /// The logarithm (to base e) of how much likelier the bin is at what was observed than at what was expected: it orders
  /// and explains, it decides nothing.
  var logLikelihoodRatio: Double
}
