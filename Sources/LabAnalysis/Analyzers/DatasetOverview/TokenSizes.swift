import LabTable

/// How often each number of input tokens, and of output tokens, occurs.
struct TokenSizes: Sendable {
  let inputs: ValueCounts
  let outputs: ValueCounts

  /// The pass over the calls.
  struct Scan: CallScan {
    private var inputs = ShortCounts()
    private var outputs = ShortCounts()
    var sizes: TokenSizes { TokenSizes(inputs: inputs.all, outputs: outputs.all) }

    mutating func add(_ block: CallBlock) {
      inputs.add(block.integers(.inputTokens), count: block.count)
      outputs.add(block.integers(.outputTokens), count: block.count)
    }

    mutating func merge(_ later: Scan) {
      inputs.merge(later.inputs)
      outputs.merge(later.outputs)
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

  private init(inputs: ValueCounts, outputs: ValueCounts) { (self.inputs, self.outputs) = (inputs, outputs) }

  init(_ features: FeatureSizes) {
    inputs = ValueCounts(united: features.inputs)
    outputs = ValueCounts(united: features.outputs)
  }
}
