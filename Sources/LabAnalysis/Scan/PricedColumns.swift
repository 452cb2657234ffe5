import LabTable

/// The columns of a block that decide on a call's price, each fetched once; a column that the file lacks is empty.
struct PricedColumns {
  /// What a scan must ask for to build a value of this type.
  static let columns: [UsageColumn] = [
    .timestamp, .provider, .model, .errorType, .serviceTier, .inputTokens, .outputTokens, .cachedInputTokens,
    .cacheWriteTokens, .cacheWrite1hTokens, .reasoningTokens, .cost,
  ]

  let providers: ContiguousArray<UInt32>
  let models: ContiguousArray<UInt32>
  private let tiers: ContiguousArray<UInt32>
  private let errors: ContiguousArray<UInt32>
  private let times: ContiguousArray<Int64>
  private let cached: ContiguousArray<Int64>
  private let written: ContiguousArray<Int64>
  private let written1h: ContiguousArray<Int64>
  private let reasoning: ContiguousArray<Int64>

  init(_ block: CallBlock) {
    providers = block.codes(.provider)
    models = block.codes(.model)
    tiers = block.codes(.serviceTier)
    errors = block.codes(.errorType)
    times = block.integers(.timestamp)
    cached = block.integers(.cachedInputTokens)
    written = block.integers(.cacheWriteTokens)
    written1h = block.integers(.cacheWrite1hTokens)
    reasoning = block.integers(.reasoningTokens)
  }

  /// The code of the service tier, 0 without the column.
  @inline(__always) func tier(_ row: Int) -> UInt32 { row < tiers.count ? tiers[row] : 0 }
  /// The code of the error type, 0 without the column.
  @inline(__always) func error(_ row: Int) -> UInt32 { row < errors.count ? errors[row] : 0 }
  /// Microseconds since 1970; without the column long ago, when no dated price was in force.
  @inline(__always) func time(_ row: Int) -> Int64 { row < times.count ? times[row] : .min }

  /// The tokens of a row by class; unknown optional counts are zero.
  @inline(__always) func tokens(_ row: Int, input: Int64, output: Int64) -> PricedTokens {
    PricedTokens(
      input: input, cached: Self.known(cached, row), written: Self.known(written, row),
      written1h: Self.known(written1h, row), output: output, reasoning: Self.known(reasoning, row))
  }

  // Unknown is the least number of all, so that the larger of it and zero is zero.
  @inline(__always) private static func known(_ values: ContiguousArray<Int64>, _ row: Int) -> Int64 {
    row < values.count ? max(values[row], 0) : 0
  }
}
