import LabPrices
import LabTable

/// The quick look of ``PriceAudit`` at the rows of a block.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the slots are compared before the loop; what a
/// row leads to is checked row by row.
extension PriceAudit {
  /// - Parameter slots: by row the number of the slot that prices the call, or -1.
  static func look(
    at columns: borrowing PricedColumns, slots: borrowing ContiguousArray<Int32>, _ prices: PriceIndex
  ) -> Look {
    let count = columns.count
    precondition(count <= slots.count)
    let unknown = IntegerColumn.unknown
    let (inputs, outputs, costs) = (columns.inputs.span, columns.outputs.span, columns.costs.span)
    let (cached, written) = (columns.cached.span, columns.written.span)
    let (written1h, reasoning) = (columns.written1h.span, columns.reasoning.span)
    let (errors, slots, known) = (columns.errors.span, slots.span, prices.slots.span)
    var look = Look()
    for row in 0..<count {
      let (input, output, cost) = unsafe (inputs[unchecked: row], outputs[unchecked: row], costs[unchecked: row])
      guard input != unknown, output != unknown, cost != unknown else { continue }
      let slot = unsafe Int(slots[unchecked: row])
      guard slot >= 0 else {
        look.rowlessCalls &+= 1
        continue
      }
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      let (read, short, long) = unsafe (
        max(cached[unchecked: row], 0), max(written[unchecked: row], 0), max(written1h[unchecked: row], 0)
      )
      let (uncached, thinking) = unsafe (input &- read &- short &- long, min(max(reasoning[unchecked: row], 0), output))
      let isPossible = uncached >= 0 && uncached <= input
      let isWhole = unsafe prices.isBilledWhole(errorCode: errors[unchecked: row])
      if isPossible, isWhole, cost > 0, known[slot].pricesAll || !lacksPrice(columns, row, known[slot].isPriced) {
        let weights = known[slot].weights
        let inputPrice =
          Double(uncached) * weights[0] + Double(read) * weights[1] + Double(short) * weights[2]
          + Double(long) * weights[3]
        let outputPrice = Double(output &- thinking) * weights[4] + Double(thinking) * weights[5]
        if isPrice(cost, (inputPrice + outputPrice) * known[slot].paid) {
          look.confirmedCalls &+= 1
          continue
        }
      }
      look.doubtful.append(row)
    }
    return look
  }

  @inline(never)
  private static func lacksPrice(_ columns: borrowing PricedColumns, _ row: Int, _ isPriced: SIMD8<Int64>) -> Bool {
    columns.tokens(row).lackPrice(isPriced)
  }
}
