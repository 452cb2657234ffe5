import LabCore

/// The sums of a group of calls, eight whole numbers wide, so that one vector addition takes a call in.
///
/// Recorded cost of a call that the price book prices is split between its input and its output in proportion to their
/// prices; `inputCost` and `outputCost` are those parts. The loader refuses tables whose sums leave 64 bits.
struct CallSums: Sendable {
  var lanes = SIMD8<Int64>(repeating: 0)

  enum Lane {
    /// Calls in the lower half of the word, failed ones in the upper: a table has less than 2³¹ rows.
    static let calls = 0
    static let cost = 1
    static let inputTokens = 2
    static let outputTokens = 3
    static let inputCost = 4
    static let outputCost = 5
    /// Tokens of the calls whose cost could be split.
    static let pricedInput = 6
    static let pricedOutput = 7
  }

  /// What a failed call adds to ``Lane/calls`` beyond itself.
  static let failedCall: Int64 = 1 << 32

  var calls: Int64 { lanes[Lane.calls] & (Self.failedCall - 1) }
  var failedCalls: Int64 { lanes[Lane.calls] >> 32 }
  var cost: Money { Money(nanodollars: lanes[Lane.cost]) }
  var inputTokens: Int64 { lanes[Lane.inputTokens] }
  var outputTokens: Int64 { lanes[Lane.outputTokens] }
  var totalTokens: Int64 { inputTokens &+ outputTokens }
  var inputCost: Money { Money(nanodollars: lanes[Lane.inputCost]) }
  var outputCost: Money { Money(nanodollars: lanes[Lane.outputCost]) }

  /// USD per million input tokens paid, over the calls that the price book prices.
  var inputPrice: Double? { Ratio.perMillion(inputCost, lanes[Lane.pricedInput]) }
  var outputPrice: Double? { Ratio.perMillion(outputCost, lanes[Lane.pricedOutput]) }

  @inline(__always)
  static func += (left: inout CallSums, right: CallSums) { left.lanes &+= right.lanes }
}
