import LabTable

/// The columns of a block that decide on a call's price, each fetched once. A column that the file lacks has the code 0 or
/// unknown numbers in every row.
struct PricedColumns {
  /// What a scan must ask for to build a value of this type, whether the file has it or not.
  static let columns: [UsageColumn] = [
    .timestamp, .provider, .model, .errorType, .serviceTier, .inputTokens, .outputTokens, .cachedInputTokens,
    .cacheWriteTokens, .cacheWrite1hTokens, .reasoningTokens, .cost,
  ]

  let count: Int
  let providers: ContiguousArray<UInt32>
  let models: ContiguousArray<UInt32>
  let tiers: ContiguousArray<UInt32>
  let errors: ContiguousArray<UInt32>
  /// Microseconds since 1970; unknown is long ago, when no dated price was in force.
  let times: ContiguousArray<Int64>
  let inputs: ContiguousArray<Int64>
  let outputs: ContiguousArray<Int64>
  let cached: ContiguousArray<Int64>
  let written: ContiguousArray<Int64>
  let written1h: ContiguousArray<Int64>
  let reasoning: ContiguousArray<Int64>
  let costs: ContiguousArray<Int64>
  let classes: TokenClasses

  init(_ block: CallBlock) {
    let count = block.count
    self.count = count
    providers = block.codes(.provider)
    models = block.codes(.model)
    tiers = block.codes(.serviceTier)
    errors = block.codes(.errorType)
    times = block.integers(.timestamp)
    inputs = block.integers(.inputTokens)
    outputs = block.integers(.outputTokens)
    cached = block.integers(.cachedInputTokens)
    written = block.integers(.cacheWriteTokens)
    written1h = block.integers(.cacheWrite1hTokens)
    reasoning = block.integers(.reasoningTokens)
    costs = block.integers(.cost)
    let lengths = [
      providers.count, models.count, tiers.count, errors.count, times.count, inputs.count, outputs.count, cached.count,
      written.count, written1h.count, reasoning.count, costs.count,
    ]
    precondition(lengths.allSatisfy { $0 >= count }, "a scan has asked for all of PricedColumns.columns")
    classes = TokenClasses(
      count: count, inputs: inputs, outputs: outputs, cached: cached, written: written, written1h: written1h,
      reasoning: reasoning)
  }

  /// The tokens of a row by class; unknown optional counts are zero.
  @inline(__always) func tokens(_ row: Int, input: Int64, output: Int64) -> PricedTokens {
    // Unknown is the least number of all, so that the larger of it and zero is zero.
    PricedTokens(
      input: input, cached: max(cached[row], 0), written: max(written[row], 0), written1h: max(written1h[row], 0),
      output: output, reasoning: max(reasoning[row], 0))
  }

  /// The tokens of a row by class, unknown counts of input and output as they are.
  @inline(__always) func tokens(_ row: Int) -> PricedTokens { tokens(row, input: inputs[row], output: outputs[row]) }
}
