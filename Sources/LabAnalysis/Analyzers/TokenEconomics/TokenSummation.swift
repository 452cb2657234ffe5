import LabCore
import LabPrices
import LabReport
import LabTable

/// Turns the sums of the passes into the findings of ``TokenEconomics``.
struct TokenSummation {
  let mix: MixCells
  let sizes: FeatureSizes
  let long: LongPrompts
  let calls: CallTable
  let context: AnalysisContext
  let range: ClosedRange<Instant>?

  /// The name of the ledger's line for what can't be split.
  static let unsplit = "unsplit"

  private var total: Int64 { mix.cells.reduce(0) { $0 &+ $1.calls } }
  private var hasCost: Bool { calls.has(.cost) && (mix.cells.isEmpty || mix.cells.contains { $0.hasCost }) }
  private var hasTokens: Bool { calls.has(.inputTokens) && calls.has(.outputTokens) }
  private var hasPrices: Bool { !mix.prices.slots.isEmpty }

  func findings() -> TokenFindings {
    let calls = total
    let cost = Money(nanodollars: mix.cells.reduce(0) { $0 &+ $1.cost })
    let window = calls > 0 ? range : nil
    let ledger = Ledger(mix)
    let classes = FeatureClasses(mix, context.prices)
    var findings = TokenFindings(
      start: window?.lowerBound, end: window?.upperBound,
      days: window.map { ($0.upperBound - $0.lowerBound).days } ?? 0, totalCalls: calls,
      totalCostUsd: hasCost ? cost : nil, tokens: tokens, ledger: lines(ledger.all, tier: nil, of: cost),
      ledgerByTier: self.calls.has(.serviceTier)
        ? ledger.tiers.flatMap { lines($0.lines, tier: $0.name, of: cost) } : [],
      cache: cache(mix.cells), byModel: modelRows(), byFeature: featureRows(classes),
      simpleWork: classes.simpleWork(mix, self.calls, context.prices), waste: waste,
      callsWithoutCost: mix.cells.reduce(0) { $0 &+ ($1.hasCost ? 0 : $1.calls) },
      callsWithoutTokens: mix.cells.reduce(0) { $0 &+ $1.sums[MixCells.Lane.callsWithoutTokens] }, abstentions: [])
    findings.abstentions = abstentions(findings)
    return findings
  }

  // MARK: Ledger

  private var tokens: TokenFindings.Tokens {
    var sums = TokenSums()
    for cell in mix.cells { sums += cell.tokens }
    let writes: [UsageColumn] = [.cacheWriteTokens, .cacheWrite1hTokens]
    let hasReasoning = calls.has(.reasoningTokens) && calls.has(.outputTokens)
    return .init(
      uncachedInput: calls.has(.inputTokens) && calls.has(.cachedInputTokens) ? sums[.input] : nil,
      cachedInput: calls.has(.cachedInputTokens) ? sums[.cachedInput] : nil,
      cacheWrite: writes.contains { calls.has($0) } ? sums.written : nil,
      output: calls.has(.outputTokens) ? sums.output : nil, reasoning: hasReasoning ? sums[.reasoning] : nil,
      reasoningShare: hasReasoning ? Ratio.of(sums[.reasoning], sums.output) : nil)
  }

  private func lines(_ lines: Ledger.Lines, tier: String?, of total: Money) -> [TokenFindings.Line] {
    guard hasTokens else { return [] }
    var list: [TokenFindings.Line] = TokenClass.allCases.map { tokenClass in
      let cost = Money(nanodollars: lines.costs[Int(tokenClass.rawValue)])
      let isKnown = hasCost && hasPrices
      return line(
        tier, Ledger.name(tokenClass), lines.tokens[tokenClass], lines.costedTokens[tokenClass], isKnown ? cost : nil,
        total)
    }
    if hasCost, lines.unsplit != 0 || !hasPrices {
      list.append(
        line(tier, Self.unsplit, lines.unsplitTokens, lines.unsplitTokens, Money(nanodollars: lines.unsplit), total))
    }
    return list
  }

  private func line(
    _ tier: String?, _ name: String, _ tokens: Int64, _ costed: Int64, _ cost: Money?, _ total: Money
  ) -> TokenFindings.Line {
    .init(
      serviceTier: tier, tokenClass: name, tokens: tokens, costUsd: cost,
      costPerMillionTokensUsd: cost.flatMap { Ratio.perMillion($0, costed) },
      costShare: cost.flatMap { Ratio.share($0, of: total) })
  }

  // MARK: Cache

  /// Saved by reads and paid for writes over cells, each at its own prices.
  private func cache(_ cells: [MixCells.Cell]) -> TokenFindings.Cache {
    let hasReads = calls.has(.cachedInputTokens)
    let hasWrites = calls.has(.cacheWriteTokens) || calls.has(.cacheWrite1hTokens)
    var (read, input): (Int64, Int64) = (0, 0)
    var (saved, paid): (Int128, Int128) = (0, 0)
    for cell in cells {
      read &+= cell.tokens[.cachedInput]
      input &+= cell.tokens.input
      guard cell.slot >= 0, mix.rule(cell, slot: cell.slot) != .free else { continue }
      let rates = mix.prices.slots[cell.slot].rates
      func difference(_ tokenClass: TokenClass) -> Int128 {
        guard let plain = rates.contractedRate(of: .input), let own = rates.contractedRate(of: tokenClass) else {
          return 0
        }
        return Int128(cell.tokens[tokenClass]) * (own - plain)
      }
      saved -= difference(.cachedInput)
      paid += difference(.cacheWrite) + difference(.cacheWrite1h)
    }
    func money(_ sum: Int128) -> Money { Money(nanodollars: Int64(clamping: MixCells.nanodollars(sum))) }
    let savedMoney = hasReads && hasPrices ? money(saved) : nil
    let paidMoney = hasWrites && hasPrices ? money(paid) : nil
    return .init(
      hitPct: hasReads ? Ratio.percent(read, input) : nil, savedByReadsUsd: savedMoney, paidForWritesUsd: paidMoney,
      netUsd: savedMoney.map { Money(nanodollars: $0.nanodollars &- (paidMoney?.nanodollars ?? 0)) })
  }

  // MARK: Groups

  private func modelRows() -> [GroupRow<TokenFindings.ModelFigures>]? {
    guard calls.missing([.provider, .model]).isEmpty else { return nil }
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    let groups = Dictionary(grouping: mix.cells) { UInt64($0.provider) << 32 | UInt64($0.model) }
    return groups.values.compactMap { cells -> GroupRow<TokenFindings.ModelFigures>? in
      guard let first = cells.first else { return nil }
      var (listed, recorded, listedTokens): (Int64, Int64, Int64) = (0, 0, 0)
      for cell in cells where cell.slot >= 0 && cell.hasCost {
        let billed = cell.tokens.billed(mix.rule(cell, slot: cell.slot))
        listed &+= mix.prices.slots[cell.slot].rates.listCost(of: billed)
        listedTokens &+= cell.tokens.total
        recorded &+= cell.cost
      }
      let sums = Ledger.Sums(cells)
      let cost = Money(nanodollars: sums.cost)
      let (provider, model) = (providers[first.provider], models[first.model])
      let index = context.prices.flatMap { $0.index(provider: provider, model: model) }
      return row(
        [.init(name: "provider", value: provider), .init(name: "model", value: model)], sums,
        .init(
          tokensPerUsd: hasCost ? Ratio.of(Double(sums.tokens.total), cost.dollars) : nil,
          effectivePerMillionUsd: hasCost ? Ratio.perMillion(cost, sums.tokens.total) : nil,
          listPerMillionUsd: Ratio.perMillion(Money(nanodollars: listed), listedTokens),
          effectiveOfListPct: Ratio.percent(recorded, listed),
          modelClass: index.flatMap { context.prices?.models[$0].modelClass }, cache: cache(cells)))
    }.inOrder()
  }

  private func featureRows(_ classes: FeatureClasses) -> [GroupRow<TokenFindings.FeatureFigures>]? {
    guard calls.has(.featureID) else { return nil }
    let names = calls.dictionary(.featureID)
    let tails = sizes.tails
    return Dictionary(grouping: mix.cells, by: \.feature).map { feature, cells in
      let code = Int(feature)
      let isCounted = code < sizes.inputs.count
      let beyond = code < long.sums.count && tails[code] != nil ? long.sums[code] : nil
      return row(
        [.init(name: "feature_id", value: names[feature])], Ledger.Sums(cells),
        .init(
          input: isCounted ? FeatureSizes.quartiles(sizes.inputs[code]) : nil,
          output: isCounted ? FeatureSizes.quartiles(sizes.outputs[code]) : nil,
          ratio: isCounted
            ? FeatureSizes.quartiles(sizes.ratios[code], scale: Double(FeatureSizes.ratioScale)) : nil,
          p99InputTokens: isCounted ? tails[code] : nil,
          longPrompts: beyond.map { sum in
            .init(
              calls: sum.calls, tokensBeyond: sum.tokensBeyond,
              costBeyondUsd: sum.unpricedCalls < sum.calls || sum.calls == 0
                ? Money(nanodollars: Int64(clamping: MixCells.nanodollars(sum.cost))) : nil,
              unpricedCalls: sum.unpricedCalls)
          }, medianClass: classes.median[feature]))
    }.inOrder()
  }

  private func row<Own>(_ keys: [GroupRow<Own>.Key], _ sums: Ledger.Sums, _ own: Own) -> GroupRow<Own> {
    GroupRow(
      keys: keys, calls: sums.calls, cost: hasCost ? Money(nanodollars: sums.cost) : nil,
      inputTokens: calls.has(.inputTokens) ? sums.tokens.input : nil,
      outputTokens: calls.has(.outputTokens) ? sums.tokens.output : nil,
      totalTokens: hasTokens ? sums.tokens.total : nil, own: own)
  }

  // MARK: Waste

  private var waste: TokenFindings.Waste {
    var (failed, truncated): (Int64, Int64) = (0, 0)
    var (failedCalls, truncatedCalls): (Int64, Int64) = (0, 0)
    var waste = TokenFindings.Waste(unsplitCalls: 0, unsplitUsd: .zero)
    for cell in mix.cells where cell.isFailed || cell.isTruncated {
      if cell.isTruncated, !cell.isFailed { truncatedCalls &+= cell.calls }
      guard cell.cost > 0 else { continue }
      if cell.isFailed { failedCalls &+= cell.calls }
      guard let parts = mix.split(cell) else {
        waste.unsplitCalls &+= cell.calls
        waste.unsplitUsd.nanodollars &+= cell.cost
        continue
      }
      let output = parts[4].nanodollars &+ parts[5].nanodollars
      if cell.isFailed { failed &+= output } else { truncated &+= output }
    }
    let knowsFailures = calls.has(.status) || calls.has(.errorType)
    if knowsFailures { waste.failedCallsBilled = failedCalls }
    if calls.has(.finishReason) { waste.truncatedCalls = truncatedCalls }
    guard hasCost, hasPrices, hasTokens else { return waste }
    if knowsFailures { waste.failedOutputUsd = Money(nanodollars: failed) }
    if calls.has(.finishReason) { waste.truncatedOutputUsd = Money(nanodollars: truncated) }
    if knowsFailures, calls.has(.finishReason) { waste.totalUsd = Money(nanodollars: failed &+ truncated) }
    return waste
  }

  // MARK: What can't be said

  private func abstentions(_ findings: TokenFindings) -> [Abstention] {
    var list: [Abstention] = []
    func missing(_ columns: [UsageColumn], _ section: String) {
      if let column = calls.missing(columns).first { list.append(.missing(column, section: section)) }
    }
    if !hasCost { list.append(.missingCost(in: calls)) }
    missing([.inputTokens, .outputTokens], "tokens")
    missing([.cachedInputTokens], "cache")
    if !calls.has(.cacheWriteTokens), !calls.has(.cacheWrite1hTokens) { missing([.cacheWriteTokens], "cache_writes") }
    missing([.reasoningTokens], "reasoning")
    missing([.serviceTier], "ledger_by_tier")
    missing([.provider, .model], "by_model")
    missing([.featureID], "by_feature")
    if !hasPrices, calls.missing([.provider, .model]).isEmpty {
      list.append(
        Abstention(
          section: "prices",
          reason: context.prices == nil ? "no price book is known" : "the price book has none of the models"))
    }
    if findings.waste.totalUsd == nil {
      let column = calls.missing([.status, .finishReason, .inputTokens, .outputTokens, .provider, .model]).first
      list.append(
        column.map { .missing($0, section: "waste") }
          ?? Abstention(
            section: "waste",
            reason: hasCost ? "no price splits its cost into input and output" : "no call has a recorded cost"))
    }
    if calls.has(.featureID), calls.dictionary(.featureID).count > FeatureSizes.mostFeatures {
      list.append(
        Abstention(
          section: "sizes_by_feature", reason: "there are more than \(FeatureSizes.mostFeatures) different features"))
    } else if calls.missing(FeatureSizes.needed).isEmpty {
      let few = (findings.byFeature ?? []).filter { $0.calls < Int64(TokenEconomics.minimumForTail) }
      if !few.isEmpty {
        list.append(
          Abstention(
            section: "long_prompts",
            reason: "too few calls for a p99: "
              + few.prefix(10).map(\.label).joined(separator: ", ")
              + (few.count > 10 ? " and \(few.count - 10) more" : "")))
      }
    }
    if findings.totalCalls > 0, findings.monthsPerWindow == nil {
      list.append(Abstention(section: "monthly_effects", reason: "a month's figure needs at least seven days of data"))
    }
    return list
  }
}
