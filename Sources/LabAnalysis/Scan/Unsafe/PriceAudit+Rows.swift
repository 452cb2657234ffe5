import LabPrices
import LabTable

/// The quick look of ``PriceAudit`` at the rows of a block.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the slots are compared before the loop; what a
/// row leads to is checked row by row.
extension PriceAudit {
  /// Rows whose counts, as floating-point numbers, stay in a core's first-level cache.
  private static let stretch = 256

  /// - Parameter slots: by row the number of the slot that prices the call, or -1.
  static func look(
    at columns: borrowing PricedColumns, slots: borrowing ContiguousArray<Int32>, _ prices: PriceIndex
  ) -> Look {
    precondition(columns.count <= slots.count)
    var look = Look()
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: PricedTokens.classCount * stretch) { room in
      var counts = unsafe room.mutableSpan
      for start in Swift.stride(from: 0, to: columns.count, by: stretch) {
        let rows = start..<min(start + stretch, columns.count)
        convert(columns, rows, into: &counts)
        compare(columns, slots, prices, rows, counts.span, &look)
      }
    }
    return look
  }

  /// Compares the plain calls of a stretch; looks closer at the others.
  private static func compare(
    _ columns: borrowing PricedColumns, _ slots: borrowing ContiguousArray<Int32>, _ prices: PriceIndex,
    _ rows: Range<Int>, _ counts: Span<Double>, _ look: inout Look
  ) {
    let (allWeights, successes) = (prices.weights, prices.successes)
    let (weights, isSuccess) = (allWeights.span, successes.span)
    let (slots, errors, costs) = (slots.span, columns.errors.span, columns.costs.span)
    let bits = columns.classes.values.span.extracting(columns.classes.bits)
    let (uncached, read) = (counts.extracting(0..<stretch), counts.extracting(stretch..<2 * stretch))
    let (short, long) = (counts.extracting(2 * stretch..<3 * stretch), counts.extracting(3 * stretch..<4 * stretch))
    let (visible, thinking) = (
      counts.extracting(4 * stretch..<5 * stretch), counts.extracting(5 * stretch..<6 * stretch)
    )
    var confirmed = 0
    for row in rows {
      let (slot, error, cost) = unsafe (
        Int(slots[unchecked: row]), Int(errors[unchecked: row]), costs[unchecked: row]
      )
      if slot >= 0, slot < weights.count, error < isSuccess.count, isSuccess[error], cost > 0,
        unsafe TokenClasses.isPlain(bits[unchecked: row])
      {
        let (own, at) = (weights[slot], row &- rows.lowerBound)
        let inputPrice =
          unsafe uncached[unchecked: at] * own[0] + read[unchecked: at] * own[1]
          + short[unchecked: at] * own[2] + long[unchecked: at] * own[3]
        let outputPrice = unsafe visible[unchecked: at] * own[4] + thinking[unchecked: at] * own[5]
        if isPrice(cost, (inputPrice + outputPrice) * own[PriceIndex.paidLane]) {
          confirmed &+= 1
          continue
        }
      }
      lookCloser(columns, row, slot: slot, prices, &look)
    }
    look.confirmedCalls &+= confirmed
  }

  /// The same for a call of any kind.
  @inline(never)
  private static func lookCloser(
    _ columns: borrowing PricedColumns, _ row: Int, slot: Int, _ prices: PriceIndex, _ look: inout Look
  ) {
    let (input, output, cost) = (columns.inputs[row], columns.outputs[row], columns.costs[row])
    let unknown = IntegerColumn.unknown
    guard input != unknown, output != unknown, cost != unknown else { return }
    guard slot >= 0 else {
      look.rowlessCalls &+= 1
      return
    }
    let tokens = columns.tokens(row, input: input, output: output)
    let own = prices.slots[slot]
    if tokens.arePossible, prices.isBilledWhole(errorCode: columns.errors[row]), cost > 0,
      own.pricesAll || !tokens.lackPrice(own.isPriced)
    {
      let products = tokens.products(own.weights)
      let inputPrice = products[0] + products[1] + products[2] + products[3]
      if isPrice(cost, (inputPrice + (products[4] + products[5])) * own.paid) {
        look.confirmedCalls &+= 1
        return
      }
    }
    look.doubtful.append(row)
  }

  /// Writes the counts of a stretch of rows as floating-point numbers, class by class: right where the row is plain.
  private static func convert(
    _ columns: borrowing PricedColumns, _ rows: Range<Int>, into counts: inout MutableSpan<Double>
  ) {
    let classes = columns.classes
    let values = classes.values.span
    convert(values.extracting(classes.uncached).extracting(rows), into: &counts, at: 0)
    convert(columns.cached.span.extracting(rows), into: &counts, at: stretch)
    convert(columns.written.span.extracting(rows), into: &counts, at: 2 * stretch)
    convert(columns.written1h.span.extracting(rows), into: &counts, at: 3 * stretch)
    convert(values.extracting(classes.visible).extracting(rows), into: &counts, at: 4 * stretch)
    convert(values.extracting(classes.thinking).extracting(rows), into: &counts, at: 5 * stretch)
  }

  /// As the lower bits of a number with the exponent 2⁵² a count becomes a floating-point number, four at a time: an unknown
  /// one, made zero, too.
  @inline(__always)
  private static func convert(_ numbers: Span<Int64>, into counts: inout MutableSpan<Double>, at first: Int) {
    precondition(numbers.count <= stretch && first + stretch <= counts.count)
    let shift = 0x1p52
    for index in 0..<numbers.count {
      let count = unsafe max(numbers[unchecked: index], 0)
      unsafe counts[unchecked: first &+ index] =
        Double(bitPattern: UInt64(bitPattern: count) | shift.bitPattern) - shift
    }
  }
}
