import LabCore
import LabScenario

/// Something that goes wrong in a simulated business, put in on purpose for detectors to find.
///
/// One file adds a kind, plus its line in ``IncidentRegistry``. A kind says in plain terms what it does to the calls: calls
/// beside the usual ones, a change of the usual ones, or a factor on a rate; the plan, the generator and the truth know
/// only these terms. An incident's time counts from the scenario's start, and it happens once.
protocol Incident: Sendable {
  /// Id, summary, parameters with units and defaults.
  static var descriptor: IncidentDescriptor { get }
  /// What it happens to.
  static var subject: IncidentSubject { get }
  /// The detectors that ought to see it, by the names of `scored_by`.
  static var scoredBy: [IncidentDetector] { get }

  init(_ setting: Setting)

  /// How far it goes: a factor, a share, or calls per hour.
  var magnitude: Double { get }
  /// Whether it begins in the customer's next local night.
  var waitsForNight: Bool { get }
  /// Calls of the customer beside its usual ones.
  var extraCalls: ExtraCalls? { get }
  /// What is different about the usual calls of the subject.
  var change: CallChange { get }
  /// The factor on the usual rate of the customer or the feature, some time after the incident's start.
  func factor(after elapsed: TimeSpan, of length: TimeSpan) -> Double
  /// Whether ``factor(after:of:)`` is ever other than 1.
  var scalesRate: Bool { get }
  /// Whether the customer leaves for good when the incident ends.
  var endsUse: Bool { get }
}

extension Incident {
  var waitsForNight: Bool { false }
  var extraCalls: ExtraCalls? { nil }
  var change: CallChange { .none }
  func factor(after elapsed: TimeSpan, of length: TimeSpan) -> Double { 1 }
  var scalesRate: Bool { false }
  var endsUse: Bool { false }
}

/// What an incident happens to; which one, unless the scenario names it, is drawn.
enum IncidentSubject: String, Sendable {
  /// A customer between the 75th and the 95th percentile of rate.
  case customer
  /// The same among the customers of the cheapest tier.
  case customerOfCheapestTier
  /// In proportion to the features' shares.
  case feature
  /// In proportion to the providers' shares.
  case provider
  /// In proportion to the calls of each provider in each region.
  case providerInRegion

  var isCustomer: Bool { self == .customer || self == .customerOfCheapestTier }
}

/// The detectors that the truth names.
enum IncidentDetector: String, Sendable {
  case abuse
  case costEvents = "cost_events"
  case drift
  case performance
  case churn
}

/// Calls that a customer makes beside its usual ones.
struct ExtraCalls: Sendable {
  enum Volume: Sendable {
    /// For each of the customer's usual calls so many more.
    case perUsualCall(Double)
    /// Around the clock.
    case perHour(Double)
  }

  enum Arrival: Sendable {
    /// At random times.
    case random
    /// At even gaps, each call off its time by up to this share of the gap.
    case even(jitter: Double)
    /// In chains without a pause: a call is tried until it goes through, as a client without back-off does it.
    case chains
  }

  enum Place: Sendable {
    case home
    /// One region that the customer never calls from.
    case foreign
    /// All regions at once.
    case everywhere
  }

  enum Models: Sendable {
    /// As the features' calls are spread.
    case usual
    /// Those of the price book's dearest class.
    case dearest
    /// One feature with one model: a single client.
    case one
  }

  var volume: Volume
  var arrival = Arrival.random
  var place = Place.home
  var models = Models.usual
  var change = CallChange.none
}

/// What is different about calls while an incident lasts; ``none`` leaves them as they are.
struct CallChange: Hashable, Sendable {
  /// Factors on the input and output tokens, within the limits of the model.
  var input = 1.0
  var output = 1.0
  /// A factor on the time to the first token and on the rest.
  var latency = 1.0
  /// Nothing is read from a cache or written to one.
  var isUncached = false
  /// The share of calls that fail because of the incident, and how.
  var failing = 0.0
  var failsWithRateLimit = false

  static let none = CallChange()

  /// Whether calls cost something else or are made a different number of times.
  var changesCosts: Bool { input != 1 || output != 1 || isUncached || failing > 0 }

  /// Both changes at once.
  func combined(with other: CallChange) -> CallChange {
    CallChange(
      input: input * other.input, output: output * other.output, latency: latency * other.latency,
      isUncached: isUncached || other.isUncached, failing: 1 - (1 - failing) * (1 - other.failing),
      failsWithRateLimit: failing >= other.failing ? failsWithRateLimit : other.failsWithRateLimit)
  }
}

/// The parameters that several kinds have.
extension ParameterDescriptor {
  static let incidentStart = ParameterDescriptor(
    "at", .span(.any), "When it begins, from the scenario's start",
    note: "drawn, on the hour, from day 14 on (from the middle of timelines under 28 days)")

  static func incidentLength(_ fallback: Literal) -> ParameterDescriptor {
    ParameterDescriptor("for", .span(.positive), "How long it lasts", default: fallback)
  }

  static let incidentCustomer = ParameterDescriptor(
    "customer", .reference(.customer), "The customer that it happens to",
    note: "drawn from those between the 75th and the 95th percentile of rate, none twice")

  /// The factor on a customer's calls, its usual ones included.
  static func callMultiplier(_ fallback: Literal) -> ParameterDescriptor {
    ParameterDescriptor(
      "multiplier", .number(NumberRange(1, ScenarioLimits.magnitude)), "Factor on the customer's calls",
      default: fallback)
  }
}
