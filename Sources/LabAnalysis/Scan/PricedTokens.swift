import LabCore
import LabPrices

/// The tokens of one call by class, in the order of ``TokenClass``; zero where the file doesn't tell.
struct PricedTokens: Sendable {
  /// Uncached input, cache reads, writes, one-hour writes, output without reasoning, reasoning.
  var classes = SIMD8<Int64>(repeating: 0)
  /// The number of token classes.
  static let classCount = 6
  /// Whether the counts can be true.
  var arePossible = true

  /// - Parameters: as the usage record has them; unknown optional counts are to be passed as zero.
  @inline(__always)
  init(input: Int64, cached: Int64, written: Int64, written1h: Int64, output: Int64, reasoning: Int64) {
    let uncached = input &- cached &- written &- written1h
    let thinking = min(reasoning, output)
    arePossible = uncached >= 0 && uncached <= input
    classes[0] = uncached
    classes[1] = cached
    classes[2] = written
    classes[3] = written1h
    classes[4] = output &- thinking
    classes[5] = thinking
  }

  /// What each class costs at the prices of ``PriceIndex/Slot/weights``, in their units.
  @inline(__always)
  func products(_ prices: SIMD8<Double>) -> SIMD8<Double> {
    var products = SIMD8<Double>(repeating: 0)
    for index in 0..<Self.classCount { products[index] = Double(classes[index]) * prices[index] }
    return products
  }

  /// Whether a class has tokens and no price.
  @inline(never)
  func lackPrice(_ isPriced: SIMD8<Int64>) -> Bool {
    (0..<Self.classCount).contains { classes[$0] != 0 && isPriced[$0] == 0 }
  }
}
