import LabCore
import LabPrices
import LabTable

/// The pass over the calls behind ``MixCells``.
struct MixScan: Sendable {
  static let columns: [UsageColumn] =
    PricedColumns.columns + [.featureID, .status, .finishReason, .cacheableInputTokens]

  private var numbers = KeyNumbers()
  private var sums: ContiguousArray<SIMD16<Int64>> = []
  private var largest: ContiguousArray<SIMD2<Int64>> = []
  private var prices: PriceIndex
  /// By row of a block: the slot that prices it, its flags and the number of its combination.
  private var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)
  private var flags = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var places = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  /// By slot whether every contracted price is a whole number of nanodollars per token.
  private let isWhole: ContiguousArray<Bool>
  /// By code: what a row's flags get from its tier, error type, status and finish reason.
  private let tierFlags: ContiguousArray<UInt32>
  private let errorFlags: ContiguousArray<UInt32>
  private let statusFlags: ContiguousArray<UInt32>
  private let finishFlags: ContiguousArray<UInt32>
  private let hasPrices: Bool

  private static let noTier: UInt32 = 7
  private static let outcomeShift: UInt32 = 3
  private static let failed: UInt32 = 1 << 6
  private static let truncated: UInt32 = 1 << 7
  static let small: UInt32 = 1 << 8
  static let costed: UInt32 = 1 << 9

  init(_ calls: CallTable, _ prices: PriceIndex) {
    self.prices = prices
    hasPrices = !prices.slots.isEmpty
    isWhole = ContiguousArray(prices.slots.map { $0.rates.isWholeNanodollars })
    func flags(_ column: UsageColumn, _ flag: (String) -> UInt32) -> ContiguousArray<UInt32> {
      let texts = calls.has(column) ? calls.dictionary(column).texts : []
      return ContiguousArray((texts.isEmpty ? [""] : texts).map(flag))
    }
    tierFlags = flags(.serviceTier) { text in
      text.isEmpty ? 0 : ServiceTier(name: text).map { UInt32($0.rawValue) } ?? Self.noTier
    }
    errorFlags = flags(.errorType) { text in
      text.isEmpty
        ? 0 : UInt32((CallOutcome(errorName: text) ?? .serverError).rawValue) << Self.outcomeShift | Self.failed
    }
    statusFlags = flags(.status) { $0 == "error" ? Self.failed : 0 }
    finishFlags = flags(.finishReason) { $0 == "length" ? Self.truncated : 0 }
  }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    if hasPrices { prices.findSlots(columns, into: &slots) }
    setFlags(block, columns)
    number(columns, features: block.codes(.featureID))
    MixLoops.add(columns, cacheable: block.integers(.cacheableInputTokens), at: places, to: &sums, &largest)
  }

  private mutating func setFlags(_ block: CallBlock, _ columns: PricedColumns) {
    let count = block.count
    RowLoops.setValues(of: tierFlags, at: columns.tiers, count: count, to: &flags)
    RowLoops.uniteValues(of: errorFlags, at: columns.errors, count: count, with: &flags)
    RowLoops.uniteValues(of: statusFlags, at: block.codes(.status), count: count, with: &flags)
    RowLoops.uniteValues(of: finishFlags, at: block.codes(.finishReason), count: count, with: &flags)
    MixLoops.addFlags(columns, to: &flags)
  }

  /// Finds the combination of every row.
  private mutating func number(_ columns: PricedColumns, features: borrowing ContiguousArray<UInt32>) {
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    let (cached, written, written1h) = (columns.cached.span, columns.written.span, columns.written1h.span)
    let (providers, models, features) = (columns.providers.span, columns.models.span, features.span)
    let (tiers, errors) = (columns.tiers.span, columns.errors.span)
    let (rowSlots, rowFlags, known, whole) = (slots, flags, prices.slots, isWhole)
    let (found, flags) = (rowSlots.span, rowFlags.span)
    let modelCount = prices.modelCount
    let unknown = IntegerColumn.unknown
    // Out of the value while the loop runs, so that no access is checked row by row.
    var numbers = KeyNumbers()
    swap(&numbers, &self.numbers)
    for row in 0..<columns.count {
      let (input, output) = (inputs[row], outputs[row])
      var (slot, latest) = (-1, -1)
      var latestCost: Int64 = 0
      if hasPrices, input != unknown, output != unknown {
        let uncached = input &- max(cached[row], 0) &- max(written[row], 0) &- max(written1h[row], 0)
        if uncached >= 0, uncached <= input {
          slot = Int(found[row])
          let pair = Int(providers[row]) &* modelCount &+ Int(models[row])
          latest = Int(prices.latestSlot(pair: pair, tierCode: Int(tiers[row]), input: input))
          if slot >= 0, !known[slot].pricesAll, columns.tokens(row).lackPrice(known[slot].isPriced) { slot = -1 }
          if latest >= 0, !known[latest].pricesAll, columns.tokens(row).lackPrice(known[latest].isPriced) {
            latest = -1
          }
          if latest >= 0, !whole[latest] {
            latestCost = self.latestCost(
              known[latest], columns.tokens(row), input: input, output: output, errorCode: errors[row])
          }
        }
      }
      let number = numbers.number(
        of: KeyNumbers.Key(
          first: UInt64(providers[row]) &<< 32 | UInt64(models[row]),
          second: UInt64(features[row]) &<< 32 | UInt64(flags[row]),
          third: UInt64(slot &+ 1) &<< 32 | UInt64(latest &+ 1)))
      if number == sums.count {
        sums.append(SIMD16(repeating: 0))
        largest.append(SIMD2(repeating: 0))
      }
      if latestCost != 0 { sums[number][MixCells.Lane.latestCost] &+= latestCost }
      places[row] = UInt32(truncatingIfNeeded: number)
    }
    swap(&numbers, &self.numbers)
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
      let flags = UInt32(key.second & 0xffff_ffff)
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
