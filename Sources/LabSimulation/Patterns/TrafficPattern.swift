import LabCore
import LabScenario

/// A shape of traffic over a phase: a factor on the expected calls of a segment, a shift of its models, or a change of
/// who the customers are.
///
/// One file adds a pattern, plus its line in ``PatternRegistry``. Patterns are asked once per slot (at most an hour of
/// simulated time) and segment, never per call; several patterns of a phase multiply.
public protocol TrafficPattern: Sendable {
  /// Id, summary, parameters with units and defaults.
  static var descriptor: PatternDescriptor { get }

  /// Takes the checked parameters; what has no fixed default is derived from the phase.
  init(_ setting: Setting, in phase: PhaseContext)

  /// The attribute of a segment that ``intensity(at:for:)`` looks at; nil when the pattern leaves the rates alone.
  var dimension: SegmentDimension? { get }

  /// The factor on the expected calls of a segment: finite and not negative.
  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double

  /// Times since the phase began at which the factor jumps, so that no slot lies across one.
  var breakpoints: [TimeSpan] { get }

  /// Moves weight between models: `weights` are one feature's shares of the models of the catalog.
  func shift(_ weights: inout [Double], of feature: Int, at moment: SimulatedInstant)

  /// Whether ``shift(_:of:at:)`` does anything.
  var shiftsModels: Bool { get }

  /// Customers who leave or join because of the pattern.
  var populationChange: PopulationChange? { get }

  /// What the pattern did that a detector may see and that is neither right nor wrong to report.
  var traces: [PatternTrace] { get }
}

extension TrafficPattern {
  public var dimension: SegmentDimension? { nil }
  public func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double { 1 }
  public var breakpoints: [TimeSpan] { [] }
  public func shift(_ weights: inout [Double], of feature: Int, at moment: SimulatedInstant) {}
  public var shiftsModels: Bool { false }
  public var populationChange: PopulationChange? { nil }
  public var traces: [PatternTrace] { [] }
}

/// A moment of a phase.
public struct SimulatedInstant: Sendable {
  /// On the calendar, UTC.
  public var instant: Instant
  /// Since the phase began: `t`.
  public var elapsed: TimeSpan
  /// The phase's length: `T`.
  public var length: TimeSpan

  public init(instant: Instant, elapsed: TimeSpan, length: TimeSpan) {
    self.instant = instant
    self.elapsed = elapsed
    self.length = length
  }

  /// `p = t / T`, from 0 to 1.
  public var progress: Double {
    length.microseconds > 0 ? Double(elapsed.microseconds) / Double(length.microseconds) : 0
  }
}

/// The attributes that a factor may depend on, one per pattern.
public enum SegmentDimension: Sendable { case everyone, region, organization, feature }

/// The part of the calls that a factor is asked for.
public enum Segment: Sendable {
  case everyone
  /// Customers at home in a region, whose clocks are ahead of UTC by the offset.
  case region(index: Int, utcOffset: TimeSpan)
  case organization(index: Int)
  case feature(index: Int)
}

/// Customers who leave or join during a phase.
public enum PopulationChange: Sendable {
  /// Customers with `share` of the starting rate leave for good, spread evenly over the phase.
  case departures(share: Double)
  /// Customers join until together they have `share` of the starting rate; the moment at which a part of that share has
  /// joined is given by ``steady_growth``'s formula with `growth` and `newCustomerShare`.
  case newcomers(share: Double, growth: Double, newCustomerShare: Double)
}

/// Something that a pattern injected, for the truth file.
public struct PatternTrace: Sendable {
  /// Such as `burst`, `launch`, `viral`, `migration`.
  public var kind: String
  /// Since the phase began.
  public var start: TimeSpan
  public var end: TimeSpan
  /// The factor, or the share that moved.
  public var magnitude: Double
  /// CSV column and value of what it touches; empty for all calls.
  public var entity: [EntityKey]

  public init(kind: String, start: TimeSpan, end: TimeSpan, magnitude: Double, entity: [EntityKey] = []) {
    self.kind = kind
    self.start = start
    self.end = end
    self.magnitude = magnitude
    self.entity = entity
  }
}

/// A CSV column with a value: what an entry of the truth is about.
public struct EntityKey: Hashable, Sendable {
  public var column: String
  public var value: String

  public init(column: String, value: String) {
    self.column = column
    self.value = value
  }
}
