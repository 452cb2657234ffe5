import LabPrices
import LabTable

/// Makes the sums of every call of a block: its tokens, its recorded cost, and that cost split between input and output in
/// proportion to what the price book asks for them; and tells on the way which recorded costs are the book's prices.
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
    var audit = PriceAudit.Look()

    mutating func add(_ other: Tally) {
      total += other.total
      costlessCalls += other.costlessCalls
      unpricedCalls += other.unpricedCalls
      unpricedTokens &+= other.unpricedTokens
      unsplitCalls += other.unsplitCalls
      tokenlessCalls += other.tokenlessCalls
      audit.add(other.audit)
    }
  }

  /// - Parameters:
  ///   - stretch: which of the block's rows.
  ///   - sums: gets the sums of the stretch's row `n` at `n`.
  ///   - classTokens, classWeights: by (provider · models + model) · 2 + window − 1; grow by the calls that were split.
  ///   - blockTally: grows by what is counted.
  func sums(
    of columns: borrowing PricedColumns, _ stretch: Range<Int>, into sums: inout ContiguousArray<CallSums>,
    _ classTokens: inout ContiguousArray<SIMD8<Int64>>, _ classWeights: inout ContiguousArray<SIMD8<Int64>>,
    _ blockTally: inout Tally
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.upperBound <= columns.count && stretch.count <= sums.count)
    precondition(columns.count <= slots.count && columns.count <= windows.count)
    let unknown = IntegerColumn.unknown
    let (inputs, outputs, costs) = (columns.inputs.span, columns.outputs.span, columns.costs.span)
    let (cached, written) = (columns.cached.span, columns.written.span)
    let (written1h, reasoning) = (columns.written1h.span, columns.reasoning.span)
    let (providers, models, errors) = (columns.providers.span, columns.models.span, columns.errors.span)
    let (slots, windows) = (self.slots.span, self.windows.span)
    let known = prices.slots.span
    var rows = sums.mutableSpan
    var tokensOfCells = classTokens.mutableSpan
    var weightsOfCells = classWeights.mutableSpan
    var tally = Tally()
    for row in stretch {
      let (input, output, cost) = unsafe (inputs[unchecked: row], outputs[unchecked: row], costs[unchecked: row])
      let hasCost = cost != unknown
      let hasTokens = input != unknown && output != unknown
      var lanes = SIMD8<Int64>(repeating: 0)
      lanes[CallSums.Lane.calls] = 1
      lanes[CallSums.Lane.cost] = hasCost ? cost : 0
      lanes[CallSums.Lane.inputTokens] = input == unknown ? 0 : input
      lanes[CallSums.Lane.outputTokens] = output == unknown ? 0 : output
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      let tokens = unsafe PricedTokens(
        input: input, cached: max(cached[unchecked: row], 0), written: max(written[unchecked: row], 0),
        written1h: max(written1h[unchecked: row], 0), output: output, reasoning: max(reasoning[unchecked: row], 0))
      let slot = unsafe Int(slots[unchecked: row])
      if slot >= 0, hasTokens, tokens.arePossible,
        known[slot].pricesAll || !tokens.lackPrice(known[slot].isPriced)
      {
        if hasCost {
          lanes[CallSums.Lane.pricedInput] = input
          lanes[CallSums.Lane.pricedOutput] = output
        } else {
          tally.costlessCalls &+= 1
        }
        if hasCost, cost > 0 {
          let products = Self.products(tokens, known[slot].weights)
          let inputWeight = products[0] + products[1] + products[2] + products[3]
          let outputWeight = products[4] + products[5]
          let error = unsafe errors[unchecked: row]
          let isWhole = prices.isBilledWhole(errorCode: error)
          if isWhole, PriceAudit.isPrice(cost, (inputWeight + outputWeight) * known[slot].paid) {
            tally.audit.confirmedCalls &+= 1
          } else {
            tally.audit.doubtful.append(row)
          }
          let isFailed = !isWhole && prices.rule(model: known[slot].model, errorCode: error) == .input
          let inputCost = Self.inputCost(of: cost, inputWeight, outputWeight, billsOutput: !isFailed, input, output)
          lanes[CallSums.Lane.inputCost] = inputCost
          lanes[CallSums.Lane.outputCost] = cost &- inputCost
          let window = unsafe Int(windows[unchecked: row])
          if keepsClasses, window > 0 {
            let pair = unsafe Int(providers[unchecked: row]) &* self.models &+ Int(models[unchecked: row])
            let cell = pair &* 2 &+ window &- 1
            tokensOfCells[cell] &+= tokens.classes
            weightsOfCells[cell] &+= Self.nanodollars(products)
          }
        } else if hasCost {
          tally.audit.doubtful.append(row)
        }
      } else {
        // The book can't price the call.
        if !hasTokens { tally.tokenlessCalls &+= 1 }
        if hasCost {
          tally.unsplitCalls &+= 1
          if hasTokens, slot < 0 {
            tally.audit.rowlessCalls &+= 1
          } else if hasTokens {
            tally.audit.doubtful.append(row)
          }
        } else {
          tally.costlessCalls &+= 1
          tally.unpricedCalls &+= 1
          tally.unpricedTokens &+= lanes[CallSums.Lane.inputTokens] &+ lanes[CallSums.Lane.outputTokens]
        }
      }
      let own = CallSums(lanes: lanes)
      tally.total += own
      unsafe rows[unchecked: row &- stretch.lowerBound] = own
    }
    blockTally.add(tally)
  }

  /// What each class costs at the prices of ``PriceIndex/Slot/weights``, in their units; of tokens that are possible.
  @inline(__always)
  private static func products(_ tokens: PricedTokens, _ prices: SIMD8<Double>) -> SIMD8<Double> {
    // As the lower bits of a number with the exponent 2⁵² a count becomes a floating-point number, four at a time; the
    // classes of a possible call are not negative. A conversion of eight 64-bit numbers is eight instructions and more.
    let exponent = SIMD8<Int64>(repeating: 0x4330_0000_0000_0000)
    let limit = SIMD8<Int64>(repeating: 1 << 52)
    guard !any(tokens.classes .>= limit) else { return tokens.products(prices) }
    let shifted = unsafe unsafeBitCast(tokens.classes | exponent, to: SIMD8<Double>.self)
    return (shifted - 0x1p52) * prices
  }

  /// The part of a recorded cost that is for input.
  @inline(__always)
  private static func inputCost(
    of cost: Int64, _ inputWeight: Double, _ outputWeight: Double, billsOutput: Bool, _ input: Int64, _ output: Int64
  ) -> Int64 {
    let inputCost: Int64
    if inputWeight + outputWeight > 0 {
      let share = inputWeight / (inputWeight + (billsOutput ? outputWeight : 0))
      inputCost = share >= 1 ? cost : nearest(Double(cost) * (share.isFinite ? share : 1))
    } else {
      // Free at the book's prices, yet billed: split by tokens.
      inputCost = Int64((Double(cost) * (Double(input) / max(1, Double(input) + Double(output)))).rounded(.down))
    }
    return min(max(inputCost, 0), cost)
  }

  /// What each class costs at its price, in whole nanodollars (a weight half femtodollar is 5·10⁻⁷ of one).
  @inline(__always)
  private static func nanodollars(_ products: SIMD8<Double>) -> SIMD8<Int64> {
    // A thousand dollars is beyond any class of a real call, and keeps the conversion and the sums inside 64 bits.
    let most = SIMD8<Double>(repeating: 1e12)
    let scaled = products * 5e-7
    let rounded = scaled.replacing(with: most, where: scaled .> most) + 0x1p52
    return unsafe unsafeBitCast(rounded, to: SIMD8<Int64>.self) &- 0x4330_0000_0000_0000
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
