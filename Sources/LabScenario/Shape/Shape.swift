/// What a value of a scenario may be.
///
/// Shapes are the single source for checking, typed reading, defaults, the JSON Schema, completion and the reference.
public indirect enum Shape: Sendable {
  /// A number within a range; the typed value is `.number`.
  case number(NumberRange)
  /// A whole number within a range; the typed value is `.number`.
  case integer(NumberRange)
  case boolean
  /// Any text of 1 to ``ScenarioLimits/textLength`` characters.
  case text
  /// The name of a new thing: text without blanks at its ends, line breaks, commas, brackets or quotes.
  case identifier
  /// One of a few words.
  case choice([String])
  /// A length of time such as `12d3h`; the typed value is `.span`.
  case span(SpanRange)
  /// An ISO 8601 time; the typed value is `.instant`.
  case instant
  /// A clock's lead on UTC such as `-05:00`; the typed value is `.span`.
  case offset
  /// An amount of USD from 0 to ``ScenarioLimits/dollars``, read exactly; the typed value is `.text`, its decimal form.
  case money
  /// A number (both ends) or `[low, high]`; the typed value is a `.list` of the two ends.
  case interval(NumberRange)
  /// A distribution of positive numbers: an object with `distribution` and its parameters.
  case distribution(DistributionUse)
  /// The name of something that must exist; the typed value is `.text`, for a model `.object` with `provider` and `model`.
  case reference(Reference)
  /// A metric that thresholds judge.
  case metric
  /// What a metric must be, such as `<= 12000` or `100..200`.
  case requirement
  /// A part of the calls: columns or `metadata.TAG`, each with one value or a list of alternatives.
  case filter
  /// A list whose items have one shape.
  case list(Shape, count: ClosedRange<Int>)
  /// A list of objects with an `id` each, merged by it.
  case table(ObjectShape, count: ClosedRange<Int>)
  case object(ObjectShape)
  /// An object whose keys are names of the writer's own choice and whose values have one shape.
  case dictionary(Shape, count: ClosedRange<Int>)
  /// An object whose keys are fixed and whose values are shares that sum to 1; a key left out is 0.
  case mix([String])
  /// An object that the descriptor of its kind describes: a traffic pattern or an incident.
  case setting(SettingFamily)
}

/// The keys of an object and how they belong together.
public struct ObjectShape: Sendable {
  public var parameters: [ParameterDescriptor]
  /// Whether its siblings in a list share something: each has `share` or `weight`, or none has.
  public var hasShare: Bool

  public init(_ parameters: [ParameterDescriptor], hasShare: Bool = false) {
    self.parameters = parameters
    self.hasShare = hasShare
  }

  public subscript(key: String) -> ParameterDescriptor? { parameters.first { $0.key == key } }
}

/// The numbers that a key accepts.
public struct NumberRange: Hashable, Sendable {
  public var minimum: Double
  public var maximum: Double
  /// Whether `minimum` itself is refused.
  public var isMinimumExcluded: Bool

  public init(_ minimum: Double, _ maximum: Double, isMinimumExcluded: Bool = false) {
    self.minimum = minimum
    self.maximum = maximum
    self.isMinimumExcluded = isMinimumExcluded
  }

  /// From 0 to 1.
  public static let share = NumberRange(0, 1)
  /// From 0 on, up to ``ScenarioLimits/magnitude``.
  public static let nonNegative = NumberRange(0, ScenarioLimits.magnitude)
  /// Greater than 0, up to ``ScenarioLimits/magnitude``.
  public static let positive = NumberRange(0, ScenarioLimits.magnitude, isMinimumExcluded: true)
  public static func between(_ minimum: Double, _ maximum: Double) -> NumberRange { NumberRange(minimum, maximum) }
  /// Greater than 0, up to a limit.
  public static func positive(upTo maximum: Double) -> NumberRange { NumberRange(0, maximum, isMinimumExcluded: true) }

  public func contains(_ number: Double) -> Bool {
    (isMinimumExcluded ? number > minimum : number >= minimum) && number <= maximum
  }
}

/// The lengths of time that a key accepts.
public enum SpanRange: Hashable, Sendable {
  case any
  /// Longer than nothing.
  case positive
}

/// What a distribution's numbers are, which sets what it may hold.
public enum DistributionUse: Hashable, Sendable {
  /// Tokens of a call: values from 0 to ``ScenarioLimits/tokensPerCall``.
  case tokens
  /// A customer's rate relative to others: only the spread counts.
  case activity
}

/// The kinds of thing that a value can name.
public enum Reference: String, Hashable, Sendable, CaseIterable {
  case product, feature, provider, archetype, tier, region
  /// A model of a provider of the scenario: `provider/model`, or the model alone where only one provider has it.
  case model
  /// An organization or customer id; the scenario's own names are not required, since others are drawn.
  case organization, customer
}

/// The families of things with parameters that the vocabulary declares.
public enum SettingFamily: String, Hashable, Sendable {
  /// Chosen by the key `pattern`.
  case pattern
  /// Chosen by the key `kind`.
  case incident

  /// The key that names the descriptor.
  public var key: String { self == .pattern ? "pattern" : "kind" }
}
