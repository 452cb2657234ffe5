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

  /// The price of the input and of the output classes in the units of ``PriceIndex/Slot/weights``; NaN when a class that
  /// has tokens has no price.
  @inline(__always)
  func weights(_ prices: SIMD8<Double>) -> (input: Double, output: Double) {
    var products = SIMD8<Double>(repeating: 0)
    // A missing price (NaN) doesn't matter where there are no tokens.
    for index in 0..<Self.classCount where classes[index] != 0 {
      products[index] = Double(classes[index]) * prices[index]
    }
    return (products[0] + products[1] + products[2] + products[3], products[4] + products[5])
  }
}
