import LabCore
import LabPrices
import LabTable

/// How often each size of input and output, and each ratio of them, occurs per feature: exact quartiles and tails.
struct FeatureSizes: Sendable {
  /// The ratio of input to output tokens is counted in thousandths.
  static let ratioScale: Int64 = 1000
  /// Beyond so many features (a column of ids, say) counts would fill memory.
  static let mostFeatures = 32

  /// By feature code.
  private(set) var inputs: ContiguousArray<ValueCounts>
  private(set) var outputs: ContiguousArray<ValueCounts>
  private(set) var ratios: ContiguousArray<ValueCounts>

  static let needed: [UsageColumn] = [.featureID, .inputTokens, .outputTokens]

  /// Counts nothing when the table lacks a column or has too many features.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> FeatureSizes {
    let count = calls.dictionary(.featureID).count
    guard calls.missing(needed).isEmpty, count <= mostFeatures else { return FeatureSizes(features: 0) }
    return try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: needed, where: context.selection, context.scan, from: { FeatureSizes(features: count) },
        { $0.add($1) }, merge: { $0.merge($1) })
    }
  }

  private init(features: Int) {
    inputs = ContiguousArray(repeating: ValueCounts(), count: features)
    outputs = inputs
    ratios = inputs
  }

  private mutating func add(_ block: CallBlock) {
    let (codes, ins, outs) = (block.codes(.featureID), block.integers(.inputTokens), block.integers(.outputTokens))
    let (features, inputValues, outputValues) = (codes.span, ins.span, outs.span)
    let unknown = IntegerColumn.unknown
    for row in 0..<block.count {
      let (feature, input, output) = (Int(features[row]), inputValues[row], outputValues[row])
      if input != unknown { inputs[feature].add(input) }
      guard output != unknown else { continue }
      outputs[feature].add(output)
      if input != unknown, output > 0 {
        // Beyond 2⁴³ tokens a thousandth can't be told, and no call has them.
        let thousandths = Double(min(input, 1 << 43)) * Double(Self.ratioScale) / Double(output)
        ratios[feature].add(Int64(thousandths))
      }
    }
  }

  private mutating func merge(_ other: FeatureSizes) {
    for index in inputs.indices {
      inputs[index].add(other.inputs[index])
      outputs[index].add(other.outputs[index])
      ratios[index].add(other.ratios[index])
    }
  }

  /// By feature code the p99 of input; nil under the least number of calls.
  var tails: [Int64?] {
    inputs.map { $0.count >= TokenEconomics.minimumForTail ? $0.quantiles([0.99])?.first : nil }
  }

  static func quartiles(_ counts: ValueCounts, scale: Double = 1) -> TokenFindings.Quartiles? {
    guard counts.count >= TokenEconomics.minimumForQuartiles,
      let values = counts.quantiles([0, 0.25, 0.5, 0.75, 1])
    else { return nil }
    return .init(
      calls: counts.count, low: Double(values[0]) / scale, p25: Double(values[1]) / scale,
      p50: Double(values[2]) / scale, p75: Double(values[3]) / scale, high: Double(values[4]) / scale)
  }
}

/// The calls with more input than their feature's p99: one of a hundred, so that looking each up by row is cheap.
struct LongPrompts: Sendable {
  struct Sum: Sendable {
    var calls = 0
    var unpricedCalls = 0
    var tokensBeyond: Int64 = 0
    /// Tokens beyond the p99 · contracted uncached price, in half femtodollars · 10⁻⁶.
    var cost: Int128 = 0
  }

  /// By feature code.
  private(set) var sums: [Sum]

  static func of(
    _ calls: CallTable, beyond tails: [Int64?], prices: PriceIndex, in context: AnalysisContext
  ) throws(AnalysisError) -> LongPrompts {
    guard tails.contains(where: { $0 != nil }) else { return LongPrompts(sums: []) }
    let limits = ContiguousArray(tails.map { $0 ?? .max })
    let found = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: [.featureID, .inputTokens], where: context.selection, context.scan,
        from: { ContiguousArray<Int>() },
        { (rows: inout ContiguousArray<Int>, block: CallBlock) in
          let (codes, values) = (block.codes(.featureID), block.integers(.inputTokens))
          let (features, inputs) = (codes.span, values.span)
          for row in 0..<block.count where inputs[row] > limits[Int(features[row])] { rows.append(block.tableRow(row)) }
        }, merge: { $0.append(contentsOf: $1) })
    }
    var sums = [Sum](repeating: Sum(), count: tails.count)
    for (index, row) in found.enumerated() {
      if index % AnalysisContext.rowsPerCheckpoint == 0 { try context.checkpoint() }
      guard let (segment, place) = calls.place(ofRow: row),
        let input = segment.integers(.inputTokens)?.value(at: place),
        let feature = segment.codes(.featureID)?.code(at: place)
      else { continue }
      let beyond = input - limits[Int(feature)]
      sums[Int(feature)].calls += 1
      sums[Int(feature)].tokensBeyond &+= beyond
      let slot = prices.slot(
        provider: segment.codes(.provider)?.code(at: place) ?? 0, model: segment.codes(.model)?.code(at: place) ?? 0,
        tierCode: segment.codes(.serviceTier)?.code(at: place) ?? 0,
        time: segment.integers(.timestamp)?.value(at: place) ?? IntegerColumn.unknown, input: input)
      if slot >= 0, let rate = prices.slots[slot].rates.contractedRate(of: .input) {
        sums[Int(feature)].cost += Int128(beyond) * rate
      } else {
        sums[Int(feature)].unpricedCalls += 1
      }
    }
    return LongPrompts(sums: sums)
  }
}
