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
  private let successCode: UInt32?
  private let prices: PriceIndex
  private let contexts: ContiguousArray<Int64>
  private let outputLimits: ContiguousArray<Int64>

  init(_ calls: CallTable, _ book: PriceBook?, _ prices: PriceIndex) {
    successCode = calls.has(.status) ? calls.dictionary(.status).code(of: "success") : nil
    self.prices = prices
    contexts = ContiguousArray((book?.models ?? []).map { $0.contextTokens ?? .max })
    outputLimits = ContiguousArray((book?.models ?? []).map { $0.maxOutputTokens ?? .max })
  }

  mutating func add(_ block: CallBlock) {
    let inputs = block.integers(.inputTokens)
    let outputs = block.integers(.outputTokens)
    let cached = block.integers(.cachedInputTokens)
    let cacheable = block.integers(.cacheableInputTokens)
    let reasoning = block.integers(.reasoningTokens)
    let status = block.codes(.status)
    let columns = PricedColumns(block)
    let unknown = IntegerColumn.unknown
    var tally = SIMD8<Int64>(repeating: 0)
    for row in 0..<block.count {
      let input = row < inputs.count ? inputs[row] : unknown
      let output = row < outputs.count ? outputs[row] : unknown
      if row < reasoning.count, output != unknown, reasoning[row] > output { tally[0] &+= 1 }
      if row < cacheable.count, cacheable[row] != unknown {
        if input != unknown, cacheable[row] > input { tally[1] &+= 1 }
        if row < cached.count, cached[row] > cacheable[row] { tally[2] &+= 1 }
      }
      if input == 0, output == 0, let successCode, status[row] == successCode { tally[3] &+= 1 }
      guard !contexts.isEmpty, let model = prices.model(provider: columns.providers[row], model: columns.models[row])
      else { continue }
      if input > contexts[model] { tally[4] &+= 1 }
      if output > outputLimits[model] { tally[5] &+= 1 }
    }
    for index in counts.indices { counts[index] += Int(tally[index]) }
  }

  mutating func merge(_ other: TokenAudit) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }
}
