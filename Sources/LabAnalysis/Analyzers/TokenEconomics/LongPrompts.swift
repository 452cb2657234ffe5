import LabCore
import LabPrices
import LabTable

/// The calls with more input than their feature's p99, and what their tokens beyond it cost: one pass that prices one call of
/// a hundred.
struct LongPrompts: CallScan {
  struct Sum: Sendable {
    var calls = 0
    var unpricedCalls = 0
    var tokensBeyond: Int64 = 0
    /// Tokens beyond the p99 · contracted uncached price, in half femtodollars · 10⁻⁶.
    var cost: Int128 = 0
  }

  static let columns: [UsageColumn] = [.featureID, .inputTokens, .provider, .model, .serviceTier, .timestamp]

  /// By feature code.
  private(set) var sums: [Sum]
  /// By feature code the most input of a call that is not long.
  private let limits: ContiguousArray<Int64>
  private let prices: PriceIndex
  private var rows: ContiguousArray<Int> = []

  private init(_ limits: ContiguousArray<Int64>, _ prices: PriceIndex) {
    sums = Array(repeating: Sum(), count: limits.count)
    self.limits = limits
    self.prices = prices
  }

  /// - Parameter tails: by feature code the p99 of its input; nil where too few calls tell.
  static func of(
    _ calls: CallTable, beyond tails: [Int64?], prices: PriceIndex, in context: AnalysisContext
  ) throws(AnalysisError) -> LongPrompts {
    guard tails.contains(where: { $0 != nil }) else { return LongPrompts([], prices) }
    let limits = ContiguousArray(tails.map { $0 ?? .max })
    return try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: columns, where: context.selection, context.scan, from: { LongPrompts(limits, prices) },
        { $0.add($1) }, merge: { $0.merge($1) })
    }
  }

  mutating func add(_ block: CallBlock) {
    let (featureCodes, inputValues) = (block.codes(.featureID), block.integers(.inputTokens))
    Self.find(featureCodes, inputValues, beyond: limits, count: block.count, in: &rows)
    guard !rows.isEmpty else { return }
    let (providers, models, tiers) = (block.codes(.provider), block.codes(.model), block.codes(.serviceTier))
    let times = block.integers(.timestamp)
    for row in rows {
      let (feature, input) = (Int(featureCodes[row]), inputValues[row])
      let beyond = input - limits[feature]
      sums[feature].calls += 1
      sums[feature].tokensBeyond &+= beyond
      let slot = prices.slot(
        provider: providers[row], model: models[row], tierCode: tiers[row], time: times[row], input: input)
      if slot >= 0, let rate = prices.slots[slot].rates.contractedRate(of: .input) {
        sums[feature].cost += Int128(beyond) * rate
      } else {
        sums[feature].unpricedCalls += 1
      }
    }
  }

  private static func find(
    _ features: borrowing ContiguousArray<UInt32>, _ inputs: borrowing ContiguousArray<Int64>,
    beyond limits: borrowing ContiguousArray<Int64>, count: Int, in rows: inout ContiguousArray<Int>
  ) {
    let (features, inputs, limits) = (features.span, inputs.span, limits.span)
    rows.removeAll(keepingCapacity: true)
    for row in 0..<count where inputs[row] > limits[Int(features[row])] { rows.append(row) }
  }

  mutating func merge(_ later: LongPrompts) {
    for feature in sums.indices {
      sums[feature].calls += later.sums[feature].calls
      sums[feature].unpricedCalls += later.sums[feature].unpricedCalls
      sums[feature].tokensBeyond &+= later.sums[feature].tokensBeyond
      sums[feature].cost += later.sums[feature].cost
    }
  }
}
