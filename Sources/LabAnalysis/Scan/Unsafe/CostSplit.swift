import LabPrices
import LabTable

/// Makes the sums of every call of a block: its tokens, its recorded cost, and that cost split between input and output in
/// proportion to what the price book asks for them.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the buffers are compared before the loop;
/// slots, windows' cells and everything else that a row leads to is checked row by row.
struct CostSplit {
  /// By row the number of the slot that prices the call, or -1, and its window (0 neither, 1 before, 2 after).
  let slots: ContiguousArray<Int32>
  let windows: ContiguousArray<UInt32>
  let prices: PriceIndex
  /// How many models a provider has in the cells of token classes.
  let models: Int
  let keepsClasses: Bool

  /// What is counted of a block beside the sums of its rows.
  struct Tally {
    var total = CallSums()
    var costlessCalls = 0
    var unpricedCalls = 0
    var unpricedTokens: Int64 = 0
    var unsplitCalls = 0
    var tokenlessCalls = 0
  }

  /// The parts of one call's recorded cost, the tokens that it has by class, and what these cost by the book.
  private struct Parts {
    var inputCost: Int64 = 0
    var outputCost: Int64 = 0
    var tokens = SIMD8<Int64>(repeating: 0)
    var products = SIMD8<Double>(repeating: 0)
    /// Whether the book prices the call, and whether it has a cost that was split.
    var isPriced = false
    var isSplit = false
  }

  /// - Parameters:
  ///   - sums: gets the sums of row `n` at `n`.
  ///   - classTokens, classWeights: by (provider · models + model) · 2 + window − 1; grow by the calls that were split.
  func sums(
    of columns: borrowing PricedColumns, into sums: inout ContiguousArray<CallSums>,
    _ classTokens: inout ContiguousArray<SIMD8<Int64>>, _ classWeights: inout ContiguousArray<SIMD8<Int64>>
  ) -> Tally {
    let count = columns.count
    precondition(count <= slots.count && count <= windows.count && count <= sums.count)
    let unknown = IntegerColumn.unknown
    let (inputs, outputs, costs) = (columns.inputs.span, columns.outputs.span, columns.costs.span)
    let (providers, models) = (columns.providers.span, columns.models.span)
    let (slots, windows) = (self.slots.span, self.windows.span)
    var rows = sums.mutableSpan
    var tokensOfCells = classTokens.mutableSpan
    var weightsOfCells = classWeights.mutableSpan
    var tally = Tally()
    for row in 0..<count {
      let (input, output, cost) = unsafe (inputs[unchecked: row], outputs[unchecked: row], costs[unchecked: row])
      let hasTokens = input != unknown && output != unknown
      let knownInput = input == unknown ? 0 : input
      let knownOutput = output == unknown ? 0 : output
      if !hasTokens { tally.tokenlessCalls &+= 1 }
      let slot = unsafe slots[unchecked: row]
      var parts = Parts()
      if slot >= 0, hasTokens { split(columns, row, slot: Int(slot), &parts) }
      if cost == unknown {
        tally.costlessCalls &+= 1
        if !parts.isPriced {
          tally.unpricedCalls &+= 1
          tally.unpricedTokens &+= knownInput &+ knownOutput
        }
      } else if !parts.isPriced {
        tally.unsplitCalls &+= 1
      }
      let isPaid = parts.isPriced && cost != unknown
      let own = CallSums(
        lanes: SIMD8(
          1, cost == unknown ? 0 : cost, knownInput, knownOutput, parts.inputCost, parts.outputCost, isPaid ? input : 0,
          isPaid ? output : 0))
      tally.total += own
      unsafe rows[unchecked: row] = own
      let window = unsafe windows[unchecked: row]
      if keepsClasses, parts.isSplit, window > 0 {
        let pair = unsafe Int(providers[unchecked: row]) &* self.models &+ Int(models[unchecked: row])
        let cell = pair &* 2 &+ Int(window) &- 1
        tokensOfCells[cell] &+= parts.tokens
        weightsOfCells[cell] &+= Self.nanodollars(parts.products)
      }
    }
    return tally
  }

  /// Splits a call's recorded cost between input and output; leaves `parts` as they are when the book can't price the call.
  @inline(__always)
  private func split(_ columns: borrowing PricedColumns, _ row: Int, slot: Int, _ parts: inout Parts) {
    let (input, output, cost) = unsafe (
      columns.inputs.span[unchecked: row], columns.outputs.span[unchecked: row], columns.costs.span[unchecked: row]
    )
    // Unknown is the least number of all, so that the larger of it and zero is zero.
    let tokens = unsafe PricedTokens(
      input: input, cached: max(columns.cached.span[unchecked: row], 0),
      written: max(columns.written.span[unchecked: row], 0), written1h: max(columns.written1h.span[unchecked: row], 0),
      output: output, reasoning: max(columns.reasoning.span[unchecked: row], 0))
    guard tokens.arePossible else { return }
    if !prices.slots[slot].pricesAll, tokens.lackPrice(prices.slots[slot].isPriced) { return }
    let products = tokens.products(prices.slots[slot].weights)
    let inputWeight = products[0] + products[1] + products[2] + products[3]
    var outputWeight = products[4] + products[5]
    let whole = inputWeight + outputWeight
    parts.isPriced = true
    guard cost != IntegerColumn.unknown, cost > 0 else { return }
    parts.isSplit = true
    parts.tokens = tokens.classes
    parts.products = products
    let error = unsafe columns.errors.span[unchecked: row]
    if !prices.isBilledWhole(errorCode: error),
      prices.rule(model: prices.slots[slot].model, errorCode: error) == .input
    {
      outputWeight = 0
    }
    var inputCost: Int64
    if whole > 0 {
      let share = inputWeight / (inputWeight + outputWeight)
      inputCost = share >= 1 ? cost : Self.nearest(Double(cost) * (share.isFinite ? share : 1))
    } else {
      // Free at the book's prices, yet billed: split by tokens.
      inputCost = Int64((Double(cost) * (Double(input) / max(1, Double(input) + Double(output)))).rounded(.down))
    }
    inputCost = min(max(inputCost, 0), cost)
    parts.inputCost = inputCost
    parts.outputCost = cost &- inputCost
  }

  /// What each class costs at its price, in whole nanodollars (a weight half femtodollar is 5·10⁻⁷ of one).
  @inline(__always)
  private static func nanodollars(_ products: SIMD8<Double>) -> SIMD8<Int64> {
    var amounts = SIMD8<Int64>(repeating: 0)
    for index in 0..<PricedTokens.classCount {
      // A thousand dollars is beyond any class of a real call, and keeps the conversion and the sums inside 64 bits.
      amounts[index] = nearestSmall(min(products[index] * 5e-7, 1e12))
    }
    return amounts
  }

  /// The whole number nearest to one that is not negative and below 2⁶³, of two the even one.
  @inline(__always)
  private static func nearest(_ value: Double) -> Int64 {
    value < 0x1p51 ? nearestSmall(value) : Int64(value.rounded(.toNearestOrEven))
  }

  /// The same below 2⁵¹: adding 2⁵² leaves no room for a fraction, so that the addition itself rounds, half to even, and
  /// the number stands in the lower bits. No call into the C library, which a target without SSE 4.1 needs for rounding.
  @inline(__always)
  private static func nearestSmall(_ value: Double) -> Int64 {
    let shift = 0x1p52
    return Int64(truncatingIfNeeded: (value + shift).bitPattern &- shift.bitPattern)
  }
}
