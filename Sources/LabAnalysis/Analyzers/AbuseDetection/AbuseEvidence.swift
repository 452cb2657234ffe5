import LabCore
import LabTable

/// How much a bin speaks for a change: logarithms (base e) of likelihood ratios, the best change against none.
enum AbuseEvidence {
  /// Of a count, as a negative binomial variable of some size, at the count itself against the expected mean.
  static func ratio(count: Double, expected: Double, size: Double) -> Double {
    guard count > expected, expected > 0 else { return 0 }
    let relative = DeterministicMath.log(count / expected)
    guard size.isFinite, size < 1e9 else { return count * relative - (count - expected) }
    let spread = DeterministicMath.log((size + expected) / (size + count))
    return max(0, size * spread + count * (relative + spread))
  }

  /// Of a share, as a binomial variable thinned by the correlation of its trials.
  static func ratio(hits: Double, of calls: Double, expected: Double, correlation: Double) -> Double {
    guard hits > expected, calls > 0, expected > 0, expected < calls else { return 0 }
    let missed = calls - hits
    var ratio = hits * DeterministicMath.log(hits / expected)
    if missed > 0 { ratio += missed * DeterministicMath.log(missed / (calls - expected)) }
    return max(0, ratio / (1 + (calls - 1) * correlation))
  }

  /// Of a deviate t on about forty degrees of freedom.
  static func ratio(t: Double) -> Double {
    t > 0 ? 20.5 * DeterministicMath.log(1 + t * t / 40) : 0
  }
}

/// Sums over some hours of one customer: of a case, or of the past that it is held against.
struct AbuseTotals: Sendable {
  var hours = 0.0
  var activeHours = 0.0
  var calls = 0.0
  var errors = 0.0
  var rateLimits = 0.0
  var cost: Int64 = 0
  var input: Int64 = 0
  var output: Int64 = 0
  var levels = 0.0
  var dear = 0.0
  var regions: UInt32 = 0
  /// Hours with calls from three regions or more.
  var manyRegionHours = 0.0
  /// Hours with enough gaps to judge their evenness, and those with even ones.
  var longHours = 0.0
  var evenHours = 0.0

  mutating func add(_ cell: CustomerHours.Cell) {
    activeHours += 1
    calls += Double(cell.calls)
    errors += Double(cell.errors)
    rateLimits += Double(cell.rateLimits)
    cost &+= cell.cost
    input &+= cell.inputTokens
    output &+= cell.outputTokens
    levels += cell.levels
    dear += Double(cell.dearCalls)
    regions |= cell.regions
    manyRegionHours += cell.regions.nonzeroBitCount >= 3 ? 1 : 0
    if Double(cell.calls) - 1 >= AbuseDetection.leastGaps, let variation = cell.gapVariation {
      longHours += 1
      evenHours += variation < AbuseDetection.evenVariation ? 1 : 0
    }
  }

  func perCall(_ sum: Double) -> Double { sum / max(calls, 1) }
}

/// The kind of abuse that a case looks like, by the words of the truth file.
enum AbuseKind: String, Sendable, Encodable, CaseIterable {
  case retryStorm = "retry_storm"
  case scraper
  case promptFlood = "prompt_flood"
  case seatSharing = "seat_sharing"
  case stolenKey = "stolen_key"
  /// Far beyond its past, and like none of the above.
  case surge

  var title: String {
    switch self {
    case .retryStorm: "Retry storm"
    case .scraper: "Scraper"
    case .promptFlood: "Prompt flood"
    case .seatSharing: "Shared seat"
    case .stolenKey: "Stolen key"
    case .surge: "Surge"
    }
  }

  /// The rule of the recommendation.
  var rule: String {
    switch self {
    case .retryStorm: "add_back_off"
    case .scraper: "limit_script"
    case .promptFlood: "limit_prompts"
    case .seatSharing: "review_seats"
    case .stolenKey: "revoke_key"
    case .surge: "ask_customer"
    }
  }

  /// What to check before acting.
  var check: String {
    switch self {
    case .retryStorm: "Whether the client backs off after a rate limit, and what made its calls fail at first."
    case .scraper: "Whether the customer runs an agreed batch job; if not, set a rate limit on its key."
    case .promptFlood: "Whether the client sends its whole history with every call, or a new use was agreed on."
    case .seatSharing: "Whether the customer has offices in these regions, and what its contract says on seats."
    case .stolenKey: "Whether the customer knows these calls; if not, revoke the key and issue another."
    case .surge: "Whether the customer announced the change; otherwise ask before its bill arrives."
    }
  }

  /// The first kind whose marks all show; what decides is named beside each.
  ///
  /// - Parameter usual: the customer's past before the case.
  init(_ found: AbuseTotals, usual: AbuseTotals) {
    let rise = Ratio.of(found.calls / max(found.hours, 1), usual.calls / max(usual.hours, 1)) ?? .infinity
    let limited = found.perCall(found.rateLimits)
    let longer = found.perCall(found.levels) - usual.perCall(usual.levels)
    let outputs = Ratio.of(found.perCall(Double(found.output)), usual.perCall(Double(usual.output))) ?? 1
    let foreign = found.regions & ~usual.regions
    let manyRegions = found.manyRegionHours / max(found.activeHours, 1)
    let usuallyMany = usual.manyRegionHours / max(usual.activeHours, 1)
    if limited >= Self.stormShare, limited >= 3 * usual.perCall(usual.rateLimits) {
      // Most calls are turned away, and calls go on.
      self = .retryStorm
    } else if found.longHours > 0, found.evenHours >= found.longHours / 2 {
      // A clock makes the calls.
      self = .scraper
    } else if longer >= Self.floodOctaves, outputs < Self.steadyOutputs, rise < Self.steadyCalls {
      // Inputs alone have grown.
      self = .promptFlood
    } else if found.hours >= Self.sharedHours, manyRegions >= 0.25, manyRegions >= 2 * usuallyMany {
      // Several places at once, for longer than a night.
      self = .seatSharing
    } else if foreign != 0
      || (found.perCall(found.dear) >= 0.5 && found.perCall(found.dear) >= 1.5 * usual.perCall(usual.dear))
    {
      // A place or models that it never used.
      self = .stolenKey
    } else {
      self = .surge
    }
  }

  /// More than half of the calls turned away is no bad minute of a provider.
  private static let stormShare = 0.5
  /// Inputs at least 2.8 times as long in the mean of logarithms.
  private static let floodOctaves = 1.5
  /// Outputs or calls below so many times the usual ones are unchanged: days vary that much.
  private static let steadyOutputs = 2.0
  private static let steadyCalls = 5.0
  /// A theft is over in a night; a shared seat isn't.
  private static let sharedHours = 20.0
}
