import LabCore
import LabPrices
import LabTable

/// The pass over the calls behind ``MixCells``.
struct MixScan: PricedScan {
  static let columns: [UsageColumn] =
    PricedColumns.columns + [.featureID, .status, .finishReason, .cacheableInputTokens]

  var numbers = KeyNumbers()
  /// What of the combinations rows ask for again and again; nil where codes are too many to be packed.
  var recent: RecentNumbers?
  var sums: ContiguousArray<SIMD16<Int64>> = []
  var largest: ContiguousArray<SIMD2<Int64>> = []
  var prices: PriceIndex
  var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)
  /// By row of a block: its flags and the number of its combination.
  var flags = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  var places = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  /// By slot whether every class has a price, and one that is a whole number of nanodollars per token.
  let isPlain: ContiguousArray<Bool>
  /// By slot whether every price is a whole number of nanodollars per token.
  let isWhole: ContiguousArray<Bool>
  /// By code: what a row's flags get from its tier, error type, status and finish reason.
  private let tierFlags: ContiguousArray<UInt32>
  private let errorFlags: ContiguousArray<UInt32>
  private let statusFlags: ContiguousArray<UInt32>
  private let finishFlags: ContiguousArray<UInt32>
  let hasPrices: Bool

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
    isPlain = ContiguousArray(zip(prices.slots, isWhole).map { $0.pricesAll && $1 })
    recent = RecentNumbers(
      pairs: max(1, calls.dictionary(.provider).count) * max(1, prices.modelCount),
      features: calls.dictionary(.featureID).count, slots: prices.slots.count)
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

  mutating func findSlots(_ columns: borrowing PricedColumns) { prices.findSlots(columns, into: &slots) }

  mutating func add(_ block: CallBlock, _ columns: PricedColumns) {
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

  /// What a call costs at the latest prices, as the provider bills its outcome, rounded once.
  @inline(never)
  func latestCost(
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
