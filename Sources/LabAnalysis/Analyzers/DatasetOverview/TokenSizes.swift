import LabTable

/// How often each number of input tokens, and of output tokens, occurs.
struct TokenSizes: Sendable {
  private(set) var inputs = ValueCounts()
  private(set) var outputs = ValueCounts()

  /// The pass over the calls.
  struct Scan: CallScan {
    fileprivate(set) var sizes = TokenSizes()

    mutating func add(_ block: CallBlock) {
      sizes.inputs.add(block.integers(.inputTokens), count: block.count, unknown: IntegerColumn.unknown)
      sizes.outputs.add(block.integers(.outputTokens), count: block.count, unknown: IntegerColumn.unknown)
    }

    mutating func merge(_ later: Scan) {
      sizes.inputs.add(later.sizes.inputs)
      sizes.outputs.add(later.sizes.outputs)
    }
  }

  /// The pass over the calls, needless where sizes by feature are counted.
  static func request(_ calls: CallTable) -> ScanRequest<Scan> {
    let fuller = FeatureSizes.request(calls) == nil ? nil : FeatureSizes.key
    return ScanRequest(key: "token_sizes", fuller: fuller, columns: [.inputTokens, .outputTokens]) { Scan() }
  }

  /// The sizes of a context's calls: sums over features where another analyzer counts by feature.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> TokenSizes {
    let request = request(calls)
    guard let fuller = request.fuller, context.shared.offers(fuller) else {
      return try context.pass(request, over: calls).sizes
    }
    return TokenSizes(try FeatureSizes.of(calls, in: context))
  }

  private init() {}

  init(_ features: FeatureSizes) {
    inputs = ValueCounts(united: features.inputs)
    outputs = ValueCounts(united: features.outputs)
  }
}
