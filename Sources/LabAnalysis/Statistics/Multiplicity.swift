/// Corrections for looking at many tests at once.
enum Multiplicity {
  /// Which of the tests are rejected when the chance of any false rejection among them is to be at most `level`.
  ///
  /// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6 (1979).
  ///
  /// - Parameters:
  ///   - tests: how many were made, where only the smallest are handed in; at least `pValues.count`.
  static func holm(_ pValues: [Double], level: Double, tests: Int? = nil) -> [Bool] {
    let count = max(tests ?? 0, pValues.count)
    var rejected = [Bool](repeating: false, count: pValues.count)
    for (rank, index) in ascending(pValues).enumerated() {
      guard pValues[index] * Double(count - rank) <= level else { break }
      rejected[index] = true
    }
    return rejected
  }

  /// Which of the tests are rejected when of the rejected ones at most a share `rate` is to be false, on average.
  ///
  /// Where nothing is true, that is the chance of any rejection. Source: Benjamini and Hochberg, "Controlling the False
  /// Discovery Rate", Journal of the Royal Statistical Society B 57 (1995); it holds under positive dependence
  /// (Benjamini and Yekutieli 2001).
  static func benjaminiHochberg(_ pValues: [Double], rate: Double, tests: Int? = nil) -> [Bool] {
    let count = max(tests ?? 0, pValues.count)
    var rejected = [Bool](repeating: false, count: pValues.count)
    let order = ascending(pValues)
    guard
      let last = order.indices.last(where: { rank in
        pValues[order[rank]] * Double(count) <= rate * Double(rank + 1)
      })
    else { return rejected }
    for rank in 0...last { rejected[order[rank]] = true }
    return rejected
  }

  /// The p-value of the best of several tests of one thing: K times the least (Bonferroni), at most 1.
  static func least(of pValues: [Double]) -> Double {
    guard let least = pValues.min() else { return 1 }
    return min(1, least * Double(pValues.count))
  }

  private static func ascending(_ pValues: [Double]) -> [Int] {
    pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  }
}
