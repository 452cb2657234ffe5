import LabCore

/// A figure that is known.
public enum MetricValue: Hashable, Sendable {
  case integer(Int64)
  case number(Double)
  case money(Money)

  /// The nearest double; money in USD.
  public var double: Double {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    case .money(let money): money.dollars
    }
  }
}

/// One named figure of an analyzer's summary: what thresholds and `expect` name.
public struct Metric: Hashable, Sendable {
  /// The stable name, such as `total_cost_usd`.
  public var id: String
  /// The name in words: `Total cost`.
  public var label: String
  /// The figure, or nil when it can't be known; then ``unknownBecause`` says why.
  public var value: MetricValue?
  public var unit: Unit
  public var unknownBecause: String?

  /// A number that is none (NaN, an infinity) becomes an unknown figure.
  public init(id: String, label: String, value: MetricValue?, unit: Unit, unknownBecause: String? = nil) {
    self.id = id
    self.label = label
    self.unit = unit
    if case .number(let number) = value, !number.isFinite {
      self.value = nil
      self.unknownBecause = unknownBecause ?? "it can't be computed from this data"
    } else {
      self.value = value
      self.unknownBecause = value == nil ? unknownBecause ?? "the data doesn't tell" : nil
    }
  }

  /// A figure in money.
  public static func money(
    _ id: String, _ label: String, _ money: Money?, unit: Unit = .usd, unknownBecause: String? = nil
  )
    -> Metric
  {
    Metric(id: id, label: label, value: money.map { .money($0) }, unit: unit, unknownBecause: unknownBecause)
  }

  /// A whole number.
  public static func count(
    _ id: String, _ label: String, _ count: (some BinaryInteger)?, unit: Unit = .count, unknownBecause: String? = nil
  ) -> Metric {
    Metric(
      id: id, label: label, value: count.map { .integer(Int64(clamping: $0)) }, unit: unit,
      unknownBecause: unknownBecause)
  }

  /// A number in a unit.
  public static func number(_ id: String, _ label: String, _ number: Double?, unit: Unit, unknownBecause: String? = nil)
    -> Metric
  {
    Metric(id: id, label: label, value: number.map { .number($0) }, unit: unit, unknownBecause: unknownBecause)
  }

  /// A figure that can't be known.
  public static func unknown(_ id: String, _ label: String, unit: Unit, because reason: String) -> Metric {
    Metric(id: id, label: label, value: nil, unit: unit, unknownBecause: reason)
  }

  /// The figure as it stands beside its label, with its unit where the label doesn't say it; or `unknown`.
  public var text: String {
    let figure: String
    switch value {
    case .integer(let number): figure = unit == .bytes ? NumberFormat.bytes(number) : NumberFormat.grouped(number)
    case .number(let number): figure = unit.text(of: number)
    case .money(let money): figure = NumberFormat.money(money)
    case nil: return NumberFormat.unknown
    }
    return unit.isSaid(by: label) ? figure : unit.withUnit(figure)
  }
}
