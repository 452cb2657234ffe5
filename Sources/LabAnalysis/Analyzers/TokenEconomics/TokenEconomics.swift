import LabCore
import LabPrices
import LabReport
import LabTable

/// What is paid for, token by token: a ledger by token class and service tier, what caches save, what a dollar buys.
///
/// All sums come from ``MixCells``, whose calls share their rates, so that recorded cost is split over token classes by
/// largest remainder and the ledger's lines sum to the bill. A second pass over the calls counts token sizes per feature for
/// exact quartiles, a third looks at the one call of a hundred that is longer than its feature's own p99.
struct TokenEconomics: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "token_economics", title: "Token economics", domain: .advanced,
    question: "What do we pay for, token by token?",
    uses: [
      .init(.cost, for: "the ledger in USD"), .init(.inputTokens, for: "the ledger"),
      .init(.outputTokens, for: "the ledger"), .init(.provider, for: "cost by model"),
      .init(.model, for: "cost by model"),
      .init(.timestamp, for: "the prices in force and monthly effects"),
      .init(.cachedInputTokens, for: "cache economics"), .init(.cacheWriteTokens, for: "cache economics"),
      .init(.cacheWrite1hTokens, for: "cache economics"), .init(.reasoningTokens, for: "the share of reasoning"),
      .init(.serviceTier, for: "the ledger by service tier"), .init(.featureID, for: "sizes by feature"),
      .init(.status, for: "waste"), .init(.errorType, for: "waste"), .init(.finishReason, for: "waste"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init(
        "uncached_input_tokens", "Uncached input tokens", .tokens, "input neither read from a cache nor written to one"),
      .init("cached_input_tokens", "Cached input tokens", .tokens, "input read from a cache"),
      .init(
        "cache_write_tokens", "Cache write tokens", .tokens, "input written to a cache, for five minutes or an hour"),
      .init("output_tokens", "Output tokens", .tokens, "all output, reasoning included"),
      .init("reasoning_tokens", "Reasoning tokens", .tokens, "output spent on reasoning"),
      .init("cache_hit_pct", "Cache hits", .percent, "cached over all input tokens"),
      .init(
        "cache_saved_usd", "Saved by cache reads", .usd,
        "cached tokens times uncached less cached price in force, before what writes cost on top"),
      .init(
        "waste_usd", "Billed waste", .usd,
        "the recorded cost of the output of failed calls and of answers cut off at their limit; never part of savings"),
    ],
    method: [
      "Recorded cost is split over the token classes of calls of one feature, model, tier and price by what each costs at the "
        + "price in force, by largest remainder: the lines of the ledger sum to the bill to the nanodollar, and what the "
        + "price book can't split is a line of its own.",
      "Saved by reads is cached tokens × (uncached − cached price), paid for writes is written tokens × (write − uncached "
        + "price), both contracted, at the prices in force and only where a call was billed; net is their difference.",
      "Effective against list price compares recorded cost with the list cost of the same tokens, over calls that the book "
        + "prices.",
      "Quartiles are nearest-rank values of single calls; the ratio is input over output tokens to a hundredth, of calls "
        + "with output.",
      "A long prompt has more input than its feature's own p99; its cost is the input beyond the p99 at its own uncached "
        + "price. A fixed ratio of input to output would flag healthy work.",
      "The dearest class is the class of the price book with the highest mean list price (input and output of one token "
        + "each) of the models called; a feature's median call is that at the middle of its calls ordered by class price.",
      "Waste splits the recorded cost of failed calls and of answers that ended at their length limit as the ledger does, and "
        + "takes the output's part.",
    ],
    limits: [
      .init("Calls for quartiles", "30", because: "the quartile of fewer rests on less than eight calls"),
      .init("Calls for a p99", "200", because: "below it the p99 is one of the two largest values"),
      .init("Tokens of simple work", "200", because: "a short question with a short answer"),
      .init("Days for a monthly effect", "7", because: "fewer don't hold a whole weekly rhythm"),
    ])

  /// See the descriptor's limits.
  static let minimumForQuartiles = 30
  static let minimumForTail = 200
  /// The output of other models for the same work is taken to be this much shorter or longer.
  static let outputFactors = (low: 0.9, high: 1.1)

  typealias Findings = TokenFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> TokenFindings {
    try context.checkpoint()
    let mix = try MixCells.of(calls, in: context)
    try context.checkpoint()
    let sizes = try FeatureSizes.of(calls, in: context)
    try context.checkpoint()
    let long = try LongPrompts.of(calls, beyond: sizes.tails, prices: mix.prices, in: context)
    return TokenSummation(
      mix: mix, sizes: sizes, long: long, calls: calls, context: context,
      range: calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    ).findings()
  }

  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] {
    let sizes = FeatureSizes.request(calls).map { JointRequest($0, isAlone: true) }
    return [JointRequest(MixCells.request(calls, in: context))] + (sizes.map { [$0] } ?? [])
  }

  func summary(of findings: TokenFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let tokens = findings.tokens
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "uncached_input_tokens": (tokens.uncachedInput.map { .integer($0) }, reason("tokens") ?? reason("cache")),
      "cached_input_tokens": (tokens.cachedInput.map { .integer($0) }, reason("cache")),
      "cache_write_tokens": (tokens.cacheWrite.map { .integer($0) }, reason("cache_writes")),
      "output_tokens": (tokens.output.map { .integer($0) }, reason("tokens")),
      "reasoning_tokens": (tokens.reasoning.map { .integer($0) }, reason("reasoning")),
      "cache_hit_pct": (findings.cache.hitPct.map { .number($0) }, reason("cache") ?? "there is no input"),
      "cache_saved_usd": (findings.cache.savedByReadsUsd.map { .money($0) }, reason("cache") ?? reason("prices")),
      "waste_usd": (findings.waste.totalUsd.map { .money($0) }, reason("waste")),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func recommendations(of findings: TokenFindings) -> [Recommendation] { TokenAdvice(findings: findings).list }

  func abstentions(of findings: TokenFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: TokenFindings) -> [ReportBlock] {
    TokenReport(findings: findings, summary: summary(of: findings), advice: recommendations(of: findings)).blocks
  }
}
