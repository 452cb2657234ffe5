import LabCore

/// How a price usually stands to another one; `prices lint` warns where a book is far from it.
enum PriceHabit: CaseIterable, Sendable {
  case cacheRead
  case cacheWrite
  case cacheWrite1h
  case batch
  case flex
  case above

  /// The usual ratio to the plain input price of the same row, or for tiers to the standard price. Of the common map's
  /// models that state both, 84 % of the cache reads lie here, 78 % of the cache writes, all one-hour writes, and 95 % of
  /// the batch prices.
  var usual: ClosedRange<Double> {
    switch self {
    case .cacheRead: 0.1...0.5
    case .cacheWrite: 1.25...1.25
    case .cacheWrite1h: 2.0...2.0
    case .batch, .flex: 0.5...0.5
    case .above: 2.0...2.0
    }
  }

  /// How far beyond the usual a ratio may lie before it is called far: a quarter of it, so that 1.0 and 1.5 still pass
  /// for a cache write, and roundings of a provider's list do everywhere.
  static let tolerance = 1.25

  /// Above this, an input price in USD per million tokens is more likely one per million that was taken for one per token:
  /// off by a factor of a million, what costs 0.01 per million reaches it, while the dearest of the common map's models
  /// costs 3,200 and the next 500.
  static let mostDollarsPerMillionInput = 10_000.0

  func isFar(_ ratio: Double) -> Bool {
    ratio < usual.lowerBound / Self.tolerance || ratio > usual.upperBound * Self.tolerance
  }

  /// The ratio in words.
  func sentence(ratio: String) -> String {
    switch self {
    case .cacheRead: "a cache read costs \(ratio) of the input price"
    case .cacheWrite: "a cache write costs \(ratio) of the input price"
    case .cacheWrite1h: "a one-hour cache write costs \(ratio) of the input price"
    case .batch: "the batch price is \(ratio) of the standard price"
    case .flex: "the flex price is \(ratio) of the standard price"
    case .above: "input above the limit costs \(ratio) of the input price below it"
    }
  }

  var code: String {
    switch self {
    case .cacheRead: "unusual_cache_read"
    case .cacheWrite: "unusual_cache_write"
    case .cacheWrite1h: "unusual_cache_write_1h"
    case .batch: "unusual_batch_price"
    case .flex: "unusual_flex_price"
    case .above: "unusual_above_price"
    }
  }
}

/// What looks wrong with a price book that is valid, as facts.
enum PriceLintFinding: Hashable, Sendable {
  /// A ratio in thousandths.
  case unusual(PriceHabit, thousandths: Int)
  case finerThanFemtodollar(String, kept: String)
  /// An input price, in USD per million tokens.
  case veryHigh(String)
  case noRowInForce(asOf: CivilDate)
}

/// A finding and the model that it is about, as `provider/model`.
struct PriceLintWarning: Hashable, Sendable, DiagnosticFact {
  var model: String
  var finding: PriceLintFinding

  var code: String { finding.code }
  var sentence: String { "\(model): \(finding.sentence)" }
  var help: String? { finding.help }
}

extension PriceLintFinding {
  var code: String {
    switch self {
    case .unusual(let habit, _): habit.code
    case .finerThanFemtodollar: "price_too_fine"
    case .veryHigh: "very_high_price"
    case .noRowInForce: "no_row_in_force"
    }
  }

  var sentence: String {
    switch self {
    case .unusual(let habit, let thousandths):
      habit.sentence(ratio: "\(Double(thousandths) / 1000)") + "; usual is " + Self.range(habit.usual)
    case .finerThanFemtodollar(let text, let kept):
      "\(text) is finer than a femtodollar per token and is rounded to \(kept)"
    case .veryHigh(let price): "the input price is \(price) USD per million tokens"
    case .noRowInForce(let date): "no price row is in force on \(date), the book's date"
    }
  }

  var help: String? {
    switch self {
    case .unusual: "check it against the provider's price list"
    case .veryHigh: "was a price per million taken for one per token? 'per' says how many tokens a price is for"
    case .finerThanFemtodollar, .noRowInForce: nil
    }
  }

  private static func range(_ range: ClosedRange<Double>) -> String {
    range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }
}
