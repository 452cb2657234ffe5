/// A sum of floating-point numbers that does not depend on how rows are spread over threads.
///
/// Rows are summed in order within fixed blocks of 65,536 rows, and the sums of the blocks in order. Whoever splits work
/// splits it at multiples of ``rowsPerBlock`` and appends the parts in row order. Pairwise summation over blocks also keeps
/// the rounding error small: Higham, "The Accuracy of Floating Point Summation", SIAM J. Sci. Comput. 14 (1993), section 3.
struct BlockSum: Sendable {
  static let rowsPerBlock = 65_536

  private var closed: [Double] = []
  private var open = 0.0
  private var rowsInOpen = 0

  init() {}

  mutating func add(_ value: Double) {
    open += value
    rowsInOpen += 1
    if rowsInOpen == Self.rowsPerBlock {
      closed.append(open)
      open = 0
      rowsInOpen = 0
    }
  }

  /// Appends what came after; all of `self` but the last part must hold whole blocks.
  mutating func append(_ later: BlockSum) {
    if rowsInOpen > 0 { closed.append(open) }
    closed.append(contentsOf: later.closed)
    open = later.open
    rowsInOpen = later.rowsInOpen
  }

  var value: Double { closed.reduce(0, +) + open }
}
