import LabCore
import LabPrices
import LabTable

/// Sums of calls by all that decides on their price and on how else they could be bought: feature, provider, model, service
/// tier, outcome, whether the answer was cut off or the call small, the price in force and the latest price.
///
/// All calls of a cell pay the same rates, so that costs at any prices are products of a cell's token sums, exact in 128
/// bits. Ledger, cache economics, repricing and every step of the savings waterfall are sums over cells.
struct MixCells: Sendable {
  /// Calls of fewer tokens, input and output together, are small.
  static let smallTokens: Int64 = 200

  /// What is summed.
  enum Lane {
    static let calls = 0
    static let cost = 1
    /// The first of the six token classes, in the order of ``TokenClass``.
    static let classes = 2
    /// Input that a prefix cache would have held beyond what was read from one.
    static let cacheable = 8
    /// Cost at the latest prices, rounded call by call, where those prices are no whole nanodollars per token.
    static let latestCost = 9
    static let callsWithoutTokens = 10
    static let callsWithoutCacheable = 11
  }

  /// The calls of one combination.
  struct Cell: Sendable {
    var feature: UInt32
    var provider: UInt32
    var model: UInt32
    /// Nil for a word that is no tier.
    var tier: ServiceTier?
    /// As the price book bills it.
    var outcome: CallOutcome
    var isFailed: Bool
    /// Whether the answer ended at the limit of its length.
    var isTruncated: Bool
    var isSmall: Bool
    /// Whether the calls have a recorded cost.
    var hasCost: Bool
    /// The slot in force, and that of the latest price row; -1 where the book can't price the calls.
    var slot: Int
    var latest: Int
    var sums: SIMD16<Int64>
    /// The most tokens of a call, input and output together, and the most output.
    var largest: SIMD2<Int64>

    var calls: Int64 { sums[Lane.calls] }
    /// Recorded.
    var cost: Int64 { sums[Lane.cost] }
    var cacheable: Int64 { sums[Lane.cacheable] }
    /// Tokens by class.
    var tokens: TokenSums { TokenSums { sums[Lane.classes + $0] } }
  }

  /// Sorted by codes, so that nothing depends on threads.
  let cells: [Cell]
  let prices: PriceIndex

  /// The aggregate of a context's calls, made at most once.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> MixCells {
    try context.shared.value("mix_cells") { () throws(AnalysisError) in
      let prices = context.prices.flatMap { PriceIndex($0, calls) } ?? PriceIndex()
      let scan = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: MixScan.columns, where: context.selection, context.scan, from: { MixScan(calls, prices) },
          { $0.add($1) }, merge: { $0.merge($1) })
      }
      return MixCells(cells: scan.cells, prices: prices)
    }
  }
}

/// Tokens by class, in the order of ``TokenClass``.
struct TokenSums: Hashable, Sendable {
  var classes = SIMD8<Int64>(repeating: 0)

  init() {}

  init(_ value: (Int) -> Int64) {
    for index in 0..<PricedTokens.classCount { classes[index] = value(index) }
  }

  subscript(tokenClass: TokenClass) -> Int64 {
    get { classes[Int(tokenClass.rawValue)] }
    set { classes[Int(tokenClass.rawValue)] = newValue }
  }

  static func += (left: inout TokenSums, right: TokenSums) { left.classes &+= right.classes }

  var input: Int64 { classes[0] &+ classes[1] &+ classes[2] &+ classes[3] }
  var written: Int64 { classes[2] &+ classes[3] }
  /// Reasoning included.
  var output: Int64 { classes[4] &+ classes[5] }
  var total: Int64 { input &+ output }

  /// Those that are billed by a rule.
  func billed(_ rule: ErrorBilling.Rule) -> TokenSums {
    switch rule {
    case .full: self
    case .input: TokenSums { $0 < 4 ? classes[$0] : 0 }
    case .free: TokenSums()
    }
  }
}

/// The pass over the calls behind ``MixCells``.
private struct MixScan: Sendable {
  static let columns: [UsageColumn] =
    PricedColumns.columns + [.featureID, .status, .finishReason, .cacheableInputTokens]

  private var numbers = KeyNumbers()
  private var sums: ContiguousArray<SIMD16<Int64>> = []
  private var largest: ContiguousArray<SIMD2<Int64>> = []
  private var prices: PriceIndex
  private var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)
  /// By slot whether every contracted price is a whole number of nanodollars per token.
  private let isWhole: ContiguousArray<Bool>
  /// By code: what a row's flags get from its tier, error type, status and finish reason.
  private let tierFlags: ContiguousArray<UInt64>
  private let errorFlags: ContiguousArray<UInt64>
  private let statusFlags: ContiguousArray<UInt64>
  private let finishFlags: ContiguousArray<UInt64>
  private let hasPrices: Bool

  private static let noTier: UInt64 = 7
  private static let outcomeShift: UInt64 = 3
  private static let failed: UInt64 = 1 << 6
  private static let truncated: UInt64 = 1 << 7
  private static let small: UInt64 = 1 << 8
  private static let costed: UInt64 = 1 << 9

  init(_ calls: CallTable, _ prices: PriceIndex) {
    self.prices = prices
    hasPrices = !prices.slots.isEmpty
    isWhole = ContiguousArray(prices.slots.map { $0.rates.isWholeNanodollars })
    func flags(_ column: UsageColumn, _ flag: (String) -> UInt64) -> ContiguousArray<UInt64> {
      let texts = calls.has(column) ? calls.dictionary(column).texts : []
      return ContiguousArray((texts.isEmpty ? [""] : texts).map(flag))
    }
    tierFlags = flags(.serviceTier) { text in
      text.isEmpty ? 0 : ServiceTier(name: text).map { UInt64($0.rawValue) } ?? Self.noTier
    }
    errorFlags = flags(.errorType) { text in
      text.isEmpty
        ? 0 : UInt64((CallOutcome(errorName: text) ?? .serverError).rawValue) << Self.outcomeShift | Self.failed
    }
    statusFlags = flags(.status) { $0 == "error" ? Self.failed : 0 }
    finishFlags = flags(.finishReason) { $0 == "length" ? Self.truncated : 0 }
  }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    if hasPrices { prices.findSlots(columns, into: &slots) }
    let (featureCodes, statusCodes) = (block.codes(.featureID), block.codes(.status))
    let (finishCodes, cacheableValues) = (block.codes(.finishReason), block.integers(.cacheableInputTokens))
    let (features, statuses, finishes) = (featureCodes.span, statusCodes.span, finishCodes.span)
    let (cacheables, costs) = (cacheableValues.span, columns.costs.span)
    let (inputs, outputs, cached) = (columns.inputs.span, columns.outputs.span, columns.cached.span)
    let (written, written1h, reasoning) = (columns.written.span, columns.written1h.span, columns.reasoning.span)
    let (providers, models) = (columns.providers.span, columns.models.span)
    let (tiers, errors) = (columns.tiers.span, columns.errors.span)
    let (rowSlots, known, whole) = (slots, prices.slots, isWhole)
    let found = rowSlots.span
    let (tierTable, errorTable, statusTable, finishTable) = (tierFlags, errorFlags, statusFlags, finishFlags)
    let (tierFlag, errorFlag) = (tierTable.span, errorTable.span)
    let (statusFlag, finishFlag) = (statusTable.span, finishTable.span)
    let modelCount = prices.modelCount
    let unknown = IntegerColumn.unknown
    // Out of the value while the loop runs, so that no access is checked row by row.
    var numbers = KeyNumbers()
    var sums: ContiguousArray<SIMD16<Int64>> = []
    var largest: ContiguousArray<SIMD2<Int64>> = []
    swap(&numbers, &self.numbers)
    swap(&sums, &self.sums)
    swap(&largest, &self.largest)
    for row in 0..<columns.count {
      let (input, output, cost) = (inputs[row], outputs[row], costs[row])
      let tokens = PricedTokens(
        input: input, cached: max(cached[row], 0), written: max(written[row], 0), written1h: max(written1h[row], 0),
        output: output, reasoning: max(reasoning[row], 0))
      let hasTokens = input != unknown && output != unknown
      let isPriceable = hasTokens && tokens.arePossible
      var lanes = SIMD16<Int64>(repeating: 0)
      lanes[MixCells.Lane.calls] = 1
      if isPriceable {
        for index in 0..<PricedTokens.classCount { lanes[MixCells.Lane.classes &+ index] = tokens.classes[index] }
      } else {
        lanes[MixCells.Lane.classes] = max(input, 0)
        lanes[MixCells.Lane.classes &+ 4] = max(output, 0)
        lanes[MixCells.Lane.callsWithoutTokens] = hasTokens ? 0 : 1
      }
      var flags =
        tierFlag[Int(tiers[row])] | errorFlag[Int(errors[row])] | statusFlag[Int(statuses[row])]
        | finishFlag[Int(finishes[row])]
      if hasTokens, input &+ output < MixCells.smallTokens { flags |= Self.small }
      if cost != unknown {
        lanes[MixCells.Lane.cost] = cost
        flags |= Self.costed
      }
      let cacheable = cacheables[row]
      if cacheable == unknown {
        lanes[MixCells.Lane.callsWithoutCacheable] = 1
      } else if isPriceable {
        // Never more than the input that was neither read nor written.
        lanes[MixCells.Lane.cacheable] = min(max(cacheable &- tokens.classes[1], 0), tokens.classes[0])
      }
      var (slot, latest) = (-1, -1)
      if isPriceable, hasPrices {
        slot = Int(found[row])
        if slot >= 0, !known[slot].pricesAll, tokens.lackPrice(known[slot].isPriced) { slot = -1 }
        let pair = Int(providers[row]) &* modelCount &+ Int(models[row])
        latest = Int(prices.latestSlot(pair: pair, tierCode: Int(tiers[row]), input: input))
        if latest >= 0, !known[latest].pricesAll, tokens.lackPrice(known[latest].isPriced) { latest = -1 }
        if latest >= 0, !whole[latest] {
          lanes[MixCells.Lane.latestCost] = latestCost(
            known[latest], tokens, input: input, output: output, errorCode: errors[row])
        }
      }
      let number = numbers.number(
        of: KeyNumbers.Key(
          first: UInt64(providers[row]) &<< 32 | UInt64(models[row]), second: UInt64(features[row]) &<< 32 | flags,
          third: UInt64(slot &+ 1) &<< 32 | UInt64(latest &+ 1)))
      if number == sums.count {
        sums.append(SIMD16(repeating: 0))
        largest.append(SIMD2(repeating: 0))
      }
      sums[number] &+= lanes
      if hasTokens {
        largest[number][0] = max(largest[number][0], input &+ output)
        largest[number][1] = max(largest[number][1], output)
      }
    }
    swap(&numbers, &self.numbers)
    swap(&sums, &self.sums)
    swap(&largest, &self.largest)
  }

  /// What a call costs at the latest prices, as the provider bills its outcome, rounded once.
  @inline(never)
  private func latestCost(
    _ slot: PriceIndex.Slot, _ tokens: PricedTokens, input: Int64, output: Int64, errorCode: UInt32
  ) -> Int64 {
    let rule = prices.rule(model: slot.model, errorCode: errorCode)
    if rule == .free { return 0 }
    let isFull = rule == .full
    let usage = TokenUsage(
      input: input, cachedInput: tokens.classes[1], cacheWrite: tokens.classes[2], cacheWrite1h: tokens.classes[3],
      output: isFull ? output : 0, reasoning: isFull ? tokens.classes[5] : 0)
    return slot.rates.cost(of: usage)?.nanodollars ?? 0
  }

  mutating func merge(_ other: MixScan) {
    for (index, key) in other.numbers.keys.enumerated() {
      let number = numbers.number(of: key)
      if number == sums.count {
        sums.append(other.sums[index])
        largest.append(other.largest[index])
      } else {
        sums[number] &+= other.sums[index]
        largest[number] = pointwiseMax(largest[number], other.largest[index])
      }
    }
  }

  /// The sums by combination, in the order of the codes.
  var cells: [MixCells.Cell] {
    numbers.keys.indices.sorted { numbers.keys[$0] < numbers.keys[$1] }.map { index in
      let key = numbers.keys[index]
      let flags = key.second & 0xffff_ffff
      return MixCells.Cell(
        feature: UInt32(key.second >> 32), provider: UInt32(key.first >> 32), model: UInt32(key.first & 0xffff_ffff),
        tier: ServiceTier(rawValue: UInt8(flags & 7)),
        outcome: CallOutcome(rawValue: UInt8(flags >> Self.outcomeShift & 7)) ?? .serverError,
        isFailed: flags & Self.failed != 0, isTruncated: flags & Self.truncated != 0,
        isSmall: flags & Self.small != 0, hasCost: flags & Self.costed != 0,
        slot: Int(key.third >> 32) - 1, latest: Int(key.third & 0xffff_ffff) - 1, sums: sums[index],
        largest: largest[index])
    }
  }
}
