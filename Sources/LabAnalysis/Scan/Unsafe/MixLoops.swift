import LabTable

/// The loops over the rows of a block that ``MixScan`` adds with.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the other lengths are compared before the
/// loops; the sums that a row leads to are checked for every row.
enum MixLoops {
  /// Adds to every row's flags whether it is small and whether it has a cost.
  static func addFlags(_ columns: borrowing PricedColumns, to flags: inout ContiguousArray<UInt32>) {
    let count = columns.count
    precondition(count <= flags.count)
    let (inputs, outputs, costs) = (columns.inputs.span, columns.outputs.span, columns.costs.span)
    var flags = flags.mutableSpan
    for row in 0..<count {
      let (input, output, cost) = unsafe (inputs[unchecked: row], outputs[unchecked: row], costs[unchecked: row])
      let hasTokens = input != IntegerColumn.unknown && output != IntegerColumn.unknown
      let size: UInt32 = hasTokens && input &+ output < MixCells.smallTokens ? MixScan.small : 0
      unsafe flags[unchecked: row] |= size | (cost == IntegerColumn.unknown ? 0 : MixScan.costed)
    }
  }

  /// Adds every row to the sums of its combination, by the lanes of ``MixCells/Lane``.
  static func add(
    _ columns: borrowing PricedColumns, cacheable: borrowing ContiguousArray<Int64>,
    at places: borrowing ContiguousArray<UInt32>, to sums: inout ContiguousArray<SIMD16<Int64>>,
    _ largest: inout ContiguousArray<SIMD2<Int64>>
  ) {
    let count = columns.count
    precondition(count <= cacheable.count && count <= places.count && sums.count == largest.count)
    let (inputs, outputs, costs) = (columns.inputs.span, columns.outputs.span, columns.costs.span)
    let (cached, written) = (columns.cached.span, columns.written.span)
    let (written1h, reasoning) = (columns.written1h.span, columns.reasoning.span)
    let (cacheables, places) = (cacheable.span, places.span)
    var sums = sums.mutableSpan
    var largest = largest.mutableSpan
    for row in 0..<count {
      let (input, output, cost) = unsafe (inputs[unchecked: row], outputs[unchecked: row], costs[unchecked: row])
      let place = unsafe Int(places[unchecked: row])
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      let tokens = unsafe PricedTokens(
        input: input, cached: max(cached[unchecked: row], 0), written: max(written[unchecked: row], 0),
        written1h: max(written1h[unchecked: row], 0), output: output, reasoning: max(reasoning[unchecked: row], 0))
      let held = unsafe cacheables[unchecked: row]
      let isHeldKnown = held != IntegerColumn.unknown
      if input != IntegerColumn.unknown, output != IntegerColumn.unknown {
        if tokens.arePossible {
          // Never more cacheable input than was neither read nor written.
          let beyond = isHeldKnown ? min(max(held &- tokens.classes[1], 0), tokens.classes[0]) : 0
          sums[place] &+= SIMD16(
            1, max(cost, 0), tokens.classes[0], tokens.classes[1], tokens.classes[2], tokens.classes[3],
            tokens.classes[4], tokens.classes[5], beyond, 0, 0, isHeldKnown ? 0 : 1, 0, 0, 0, 0)
        } else {
          sums[place] &+= SIMD16(
            1, max(cost, 0), input, 0, 0, 0, output, 0, 0, 0, 0, isHeldKnown ? 0 : 1, 0, 0, 0, 0)
        }
        let most = SIMD2(input &+ output, output)
        largest[place] = pointwiseMax(largest[place], most)
      } else {
        sums[place] &+= SIMD16(
          1, max(cost, 0), max(input, 0), 0, 0, 0, max(output, 0), 0, 0, 0, 1, isHeldKnown ? 0 : 1, 0, 0, 0, 0)
      }
    }
  }
}
