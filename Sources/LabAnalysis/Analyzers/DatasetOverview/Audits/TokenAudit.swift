import LabCore
import LabPrices
import LabTable

/// Token counts that can't be true, by kind. What the loader already rejects (negative numbers, a wrong total, cache above
/// input) is not among them.
struct TokenAudit: Sendable {
  /// The kinds, in the order in which findings list them.
  enum Kind: Int, CaseIterable, Sendable {
    case reasoningAboveOutput, cacheableAboveInput, cachedAboveCacheable, successWithoutTokens, inputAboveContext
    case outputAboveLimit

    /// The name in findings.
    var name: String {
      switch self {
      case .reasoningAboveOutput: "reasoning_above_output"
      case .cacheableAboveInput: "cacheable_above_input"
      case .cachedAboveCacheable: "cached_above_cacheable"
      case .successWithoutTokens: "success_without_tokens"
      case .inputAboveContext: "input_above_context"
      case .outputAboveLimit: "output_above_limit"
      }
    }

    /// What is wrong, as a clause.
    var sentence: String {
      switch self {
      case .reasoningAboveOutput: "more reasoning tokens than output tokens"
      case .cacheableAboveInput: "more cacheable than input tokens"
      case .cachedAboveCacheable: "more tokens read from a cache than one without limit could have held"
      case .successWithoutTokens: "a successful call without input and output"
      case .inputAboveContext: "more input than the model's context holds, by the price book"
      case .outputAboveLimit: "more output than the model may give, by the price book"
      }
    }
  }

  private(set) var counts = [Int](repeating: 0, count: Kind.allCases.count)
  /// All tokens that were read from a cache.
  private(set) var cachedTokens: Int64 = 0
  private let successCode: UInt32?
  /// By provider code × model code the most input and output tokens that the book allows.
  private let contexts: ContiguousArray<Int64>
  private let outputLimits: ContiguousArray<Int64>
  private let modelCount: Int

  init(_ calls: CallTable, _ book: PriceBook?, _ prices: PriceIndex) {
    successCode = calls.has(.status) ? calls.dictionary(.status).code(of: "success") : nil
    let models = book?.models ?? []
    let numbers = models.isEmpty ? [] : prices.models
    contexts = ContiguousArray(numbers.map { $0 < 0 ? .max : models[Int($0)].contextTokens ?? .max })
    outputLimits = ContiguousArray(numbers.map { $0 < 0 ? .max : models[Int($0)].maxOutputTokens ?? .max })
    modelCount = prices.modelCount
  }

  /// The columns that it reads, whether the file has them or not.
  static let columns: [UsageColumn] = [
    .inputTokens, .outputTokens, .cachedInputTokens, .reasoningTokens, .cacheableInputTokens, .status, .provider,
    .model,
  ]

  mutating func add(_ block: CallBlock) {
    let (inputValues, outputValues) = (block.integers(.inputTokens), block.integers(.outputTokens))
    let (cachedValues, reasoningValues) = (block.integers(.cachedInputTokens), block.integers(.reasoningTokens))
    let (cacheables, states) = (block.integers(.cacheableInputTokens), block.codes(.status))
    // Spans of one length, so that one comparison a row is enough, and the steps are vectors'.
    let rows = 0..<block.count
    let (inputs, outputs) = (inputValues.span.extracting(rows), outputValues.span.extracting(rows))
    let (cached, reasoning) = (cachedValues.span.extracting(rows), reasoningValues.span.extracting(rows))
    let (cacheable, status) = (cacheables.span.extracting(rows), states.span.extracting(rows))
    let unknown = IntegerColumn.unknown
    var (thinking, overCacheable, overCached, without) = (0, 0, 0, 0)
    var cachedSum: Int64 = 0
    // What is unknown is the least number of all, so that it is above nothing.
    for row in rows {
      let (input, output, held) = (inputs[row], outputs[row], cacheable[row])
      cachedSum &+= max(cached[row], 0)
      thinking &+= reasoning[row] > output && output != unknown ? 1 : 0
      overCacheable &+= held > input && input != unknown ? 1 : 0
      overCached &+= cached[row] > held && held != unknown ? 1 : 0
      without &+= input | output == 0 ? 1 : 0
    }
    var empty = 0
    if without > 0, let success = successCode {
      for row in rows where inputs[row] == 0 && outputs[row] == 0 && status[row] == success { empty &+= 1 }
    }
    cachedTokens &+= cachedSum
    counts[Kind.reasoningAboveOutput.rawValue] += thinking
    counts[Kind.cacheableAboveInput.rawValue] += overCacheable
    counts[Kind.cachedAboveCacheable.rawValue] += overCached
    counts[Kind.successWithoutTokens.rawValue] += empty
    if !contexts.isEmpty { addLimits(block, inputValues, outputValues) }
  }

  private mutating func addLimits(
    _ block: CallBlock, _ inputValues: ContiguousArray<Int64>, _ outputValues: ContiguousArray<Int64>
  ) {
    let rows = 0..<block.count
    let (inputs, outputs) = (inputValues.span.extracting(rows), outputValues.span.extracting(rows))
    let (providerCodes, modelCodes) = (block.codes(.provider), block.codes(.model))
    let (providers, models) = (providerCodes.span.extracting(rows), modelCodes.span.extracting(rows))
    let (allContexts, allLimits) = (self.contexts, outputLimits)
    let (contexts, limits) = (allContexts.span, allLimits.span)
    let modelCount = self.modelCount
    var (large, long) = (0, 0)
    for row in rows {
      let pair = Int(providers[row]) &* modelCount &+ Int(models[row])
      guard pair < contexts.count else { continue }
      large &+= inputs[row] > contexts[pair] ? 1 : 0
      long &+= outputs[row] > limits[pair] ? 1 : 0
    }
    counts[Kind.inputAboveContext.rawValue] += large
    counts[Kind.outputAboveLimit.rawValue] += long
  }

  mutating func merge(_ other: TokenAudit) {
    for index in counts.indices { counts[index] += other.counts[index] }
    cachedTokens &+= other.cachedTokens
  }
}
