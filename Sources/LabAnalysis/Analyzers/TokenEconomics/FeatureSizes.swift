import LabCore
import LabTable

/// How often each size of input and output, and each ratio of them, occurs per feature: exact quartiles and tails.
struct FeatureSizes: Sendable {
  /// The ratio of input to output tokens is counted in hundredths.
  static let ratioScale: Int64 = 100
  /// Beyond so many features (a column of ids, say) counts would fill memory.
  static let mostFeatures = 32
  /// Values below it, which most are, are counted in one array over all features, 64 KB for each; others by value.
  private static let smallBits = 14
  private static let small = 1 << smallBits

  /// The counts of one kind of value.
  struct Counts: Sendable {
    /// By feature code · ``small`` + value.
    var small: ContiguousArray<UInt32>
    /// By feature code the others, one by one up to ``mostListed`` of them.
    var listed: ContiguousArray<ContiguousArray<Int64>>
    /// By feature code those beyond.
    var counted: ContiguousArray<ValueCounts>

    /// Values that take half of the room of ``ValueCounts``.
    private static let mostListed = 1 << 18

    init(features: Int) {
      small = ContiguousArray(repeating: 0, count: features << FeatureSizes.smallBits)
      listed = ContiguousArray(repeating: [], count: features)
      counted = ContiguousArray(repeating: ValueCounts(), count: features)
    }

    /// Takes in the values of a block's rows, unknown ones left out.
    mutating func add(
      _ values: borrowing ContiguousArray<Int64>, _ features: borrowing ContiguousArray<UInt32>, count: Int
    ) {
      // The few large values wait until the loop no longer holds the small ones.
      for entry in Self.add(values, features, count: count, to: &small) { list(entry.value, entry.feature) }
    }

    /// Counts the small values of a block's rows and returns the others.
    ///
    /// The span is one of an array that stands alone: after a span of a member, Swift 6.3 takes the other members of its
    /// owner for unshared when it optimizes, and writes into the arrays of its copies (docs/decisions/0008).
    private static func add(
      _ values: borrowing ContiguousArray<Int64>, _ features: borrowing ContiguousArray<UInt32>, count: Int,
      to small: inout ContiguousArray<UInt32>
    ) -> [(feature: Int, value: Int64)] {
      let (values, features) = (values.span, features.span)
      let end = Int64(FeatureSizes.small)
      var rest: [(feature: Int, value: Int64)] = []
      var counts = small.mutableSpan
      for row in 0..<count {
        let (feature, value) = (Int(features[row]), values[row])
        if value >= 0, value < end {
          counts[feature &<< FeatureSizes.smallBits | Int(value)] &+= 1
        } else if value != IntegerColumn.unknown {
          rest.append((feature, value))
        }
      }
      return rest
    }

    private mutating func list(_ value: Int64, _ feature: Int) {
      listed[feature].append(value)
      if listed[feature].count >= Self.mostListed { countListed(feature) }
    }

    private mutating func countListed(_ feature: Int) {
      for value in listed[feature] { counted[feature].add(value) }
      listed[feature] = []
    }

    mutating func merge(_ other: Counts) {
      for index in small.indices { small[index] &+= other.small[index] }
      for feature in listed.indices {
        listed[feature].append(contentsOf: other.listed[feature])
        if listed[feature].count >= Self.mostListed { countListed(feature) }
        if other.counted[feature].count > 0 { counted[feature].add(other.counted[feature]) }
      }
    }

    /// By feature code.
    var all: [ValueCounts] {
      counted.enumerated().map { feature, counts in
        var counts = counts
        let areAllListed = counts.count == 0
        let first = feature << FeatureSizes.smallBits
        for value in 0..<FeatureSizes.small where small[first + value] > 0 {
          counts.add(Int64(value), times: small[first + value])
        }
        if areAllListed {
          counts.append(greater: listed[feature])
        } else {
          for value in listed[feature] { counts.add(value) }
        }
        return counts
      }
    }
  }

  /// The pass over the calls.
  struct Scan: CallScan {
    var inputs: Counts
    var outputs: Counts
    var ratios: Counts
    /// Room for the ratio of each row of a block.
    private var quotients = ContiguousArray<Int64>(repeating: 0, count: CallBlock.foldedRows)

    init(features: Int) {
      inputs = Counts(features: features)
      outputs = Counts(features: features)
      ratios = Counts(features: features)
    }

    mutating func add(_ block: CallBlock) {
      let (features, ins, outs) = (block.codes(.featureID), block.integers(.inputTokens), block.integers(.outputTokens))
      inputs.add(ins, features, count: block.count)
      outputs.add(outs, features, count: block.count)
      Self.divide(ins, outs, count: block.count, into: &quotients)
      ratios.add(quotients, features, count: block.count)
    }

    private static func divide(
      _ inputs: borrowing ContiguousArray<Int64>, _ outputs: borrowing ContiguousArray<Int64>, count: Int,
      into quotients: inout ContiguousArray<Int64>
    ) {
      let (inputs, outputs) = (inputs.span, outputs.span)
      var target = quotients.mutableSpan
      for row in 0..<count {
        let (input, output) = (inputs[row], outputs[row])
        // Beyond 2⁴³ tokens a hundredth can't be told, and no call has them.
        target[row] =
          input >= 0 && output > 0
          ? Int64(Double(min(input, 1 << 43)) * Double(FeatureSizes.ratioScale) / Double(output))
          : IntegerColumn.unknown
      }
    }

    mutating func merge(_ other: Scan) {
      inputs.merge(other.inputs)
      outputs.merge(other.outputs)
      ratios.merge(other.ratios)
    }
  }

  /// By feature code.
  let inputs: [ValueCounts]
  let outputs: [ValueCounts]
  let ratios: [ValueCounts]

  /// Names it among what analyzers share.
  static let key = "feature_sizes"

  static let needed: [UsageColumn] = [.featureID, .inputTokens, .outputTokens]

  /// The sizes of a context's calls, counted at most once; nothing when the table lacks a column or has too many features.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> FeatureSizes {
    try context.shared.value(key) { () throws(AnalysisError) in
      guard let request = request(calls) else { return FeatureSizes(Scan(features: 0)) }
      return FeatureSizes(try context.pass(request, over: calls))
    }
  }

  /// The pass over the calls; nil when the table lacks a column or has too many features.
  static func request(_ calls: CallTable) -> ScanRequest<Scan>? {
    let count = calls.dictionary(.featureID).count
    guard calls.missing(needed).isEmpty, count <= mostFeatures else { return nil }
    return ScanRequest(key: key, columns: needed) { Scan(features: count) }
  }

  private init(_ scan: Scan) {
    inputs = scan.inputs.all
    outputs = scan.outputs.all
    ratios = scan.ratios.all
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
