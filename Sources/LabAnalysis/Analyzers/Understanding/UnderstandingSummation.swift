import LabCore
import LabPrices
import LabReport
import LabTable

/// Turns the sums of one pass into the findings of ``Understanding``.
struct UnderstandingSummation {
  let groups: CallGroups
  let calls: CallTable
  let context: AnalysisContext

  private var scan: CallGroupScan { groups.scan }
  private typealias Row = UnderstandingFindings.Row
  /// Whether a cost can be said at all: calls that have none sum to nothing, not to zero dollars.
  private var hasCost: Bool { calls.has(.cost) && (scan.total.calls == 0 || scan.costlessCalls < scan.total.calls) }
  private var hasInput: Bool { calls.has(.inputTokens) }
  private var hasOutput: Bool { calls.has(.outputTokens) }
  private var totalCost: Money? { hasCost ? scan.total.cost : nil }

  func findings() throws(AnalysisError) -> UnderstandingFindings {
    let plan = scan.plan
    let range = scan.total.calls > 0 ? plan.range : nil
    let span = range.map { $0.upperBound - $0.lowerBound }?.days ?? 0
    let (byDay, byHour) = series(range)
    var findings = UnderstandingFindings(
      start: range?.lowerBound, end: range?.upperBound, days: span, totalCalls: scan.total.calls,
      totalCostUsd: totalCost, inputTokens: hasInput ? scan.total.inputTokens : nil,
      outputTokens: hasOutput ? scan.total.outputTokens : nil, totalTokens: totalTokens, monthlyCostUsd: nil,
      pricing: pricing, concentration: .init(), change: change(),
      distinct: .init(customers: nil, organizations: nil, models: nil, providers: nil),
      byDay: byDay, byHour: byHour, dailyCostUsd: nil, forecast: nil, budgets: [], seriesProviders: seriesProviders,
      abstentions: [])
    if span >= Understanding.minimumDays, let cost = totalCost {
      findings.monthlyCostUsd = Money(approximating: cost.dollars * Understanding.daysPerMonth / span)
    }
    findings.dailyCostUsd = dailyCost(byDay)
    group(into: &findings)
    findings.concentration = .init(
      providers: concentration(findings.byProvider), models: concentration(findings.byModel),
      customers: concentration(findings.byCustomer))
    var ofBudgets: [Abstention] = []
    if hasCost, let range, let byDay {
      let outlook = UnderstandingOutlook(calls: calls, context: context, range: range, days: byDay)
      findings.forecast = outlook.forecast()
      (findings.budgets, ofBudgets) = try outlook.budgets()
    }
    findings.abstentions = abstentions(findings) + ofBudgets
    try check(findings)
    return findings
  }

  private var totalTokens: Int64? {
    if hasInput, hasOutput { return scan.total.totalTokens }
    return scan.plan.hasOnlyTotal ? scan.loneTotalTokens : nil
  }

  private var pricing: UnderstandingFindings.Pricing {
    let total = scan.total
    let isSplit = scan.plan.hasPrices && hasCost
    return .init(
      priceBook: context.prices?.name, callsWithoutCost: scan.costlessCalls, unpricedCalls: scan.unpricedCalls,
      unpricedTokens: scan.unpricedTokens, unsplitCalls: isSplit ? scan.unsplitCalls : 0,
      callsWithoutTokens: scan.tokenlessCalls, inputCostUsd: isSplit ? total.inputCost : nil,
      outputCostUsd: isSplit ? total.outputCost : nil, inputCostPerMillionUsd: isSplit ? total.inputPrice : nil,
      outputCostPerMillionUsd: isSplit ? total.outputPrice : nil)
  }

  private func concentration(_ rows: [UnderstandingFindings.Row]?) -> Concentration? {
    guard hasCost, let rows else { return nil }
    return Concentration(of: rows.compactMap(\.cost))
  }

  // MARK: Groups

  private func group(into findings: inout UnderstandingFindings) {
    findings.byProvider = rows(by: .provider)
    findings.byModel = modelRows()
    findings.byFeature = rows(by: .feature)
    findings.byProduct = rows(by: .product)
    findings.byOrganization = rows(by: .organization)
    findings.byCustomer = rows(by: .customer)
    findings.byRegion = rows(by: .region)
    findings.byTier = rows(by: .tier)
    findings.byEnvironment = rows(by: .environment)
    findings.byTag = tagRows()
    findings.distinct = .init(
      customers: findings.byCustomer?.count, organizations: findings.byOrganization?.count,
      models: findings.byModel?.count, providers: findings.byProvider?.count)
  }

  private func rows(by dimension: UnderstandingDimension) -> [UnderstandingFindings.Row]? {
    guard let column = dimension.columns.first, calls.has(column), let sums = groups.cube(of: column)?.sums(by: column)
    else {
      return nil
    }
    let texts = calls.dictionary(column)
    return rows(sums, isCompared: groups.cube(of: column)?.isLarge == false) { code in
      [.init(name: column.name, value: texts[UInt32(code)])]
    }
  }

  private func modelRows() -> [UnderstandingFindings.Row]? {
    guard calls.has(.provider), calls.has(.model), let sums = groups.cube(of: .model)?.sums(by: .provider, .model)
    else {
      return nil
    }
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    let width = max(1, models.count)
    return rows(sums) { code in
      [
        .init(name: "provider", value: providers[UInt32(code / width)]),
        .init(name: "model", value: models[UInt32(code % width)]),
      ]
    }
  }

  /// A row for each value of each tag, and one for the calls without the tag, so that every tag's rows sum to the total.
  private func tagRows() -> [UnderstandingFindings.Row]? {
    guard calls.has(.metadata), !calls.keepsMetadataInFile, let sums = groups.cube(of: .metadata)?.sums(by: .metadata)
    else {
      return nil
    }
    struct Name: Hashable {
      var tag: String
      var value: String
    }
    let codes = sums.count / CallCube.windows
    var tags: [[Name]] = []
    var names: Set<String> = []
    for code in 0..<codes {
      let used = (0..<CallCube.windows).contains { sums[code * CallCube.windows + $0].calls > 0 }
      var own: [Name] = []
      if used {
        for tag in calls.tags(ofMetadata: UInt32(code)) {
          // Of a name that stands twice in a text the last value counts.
          own.removeAll { $0.tag == tag.name }
          own.append(Name(tag: tag.name, value: tag.value))
        }
      }
      names.formUnion(own.map(\.tag))
      tags.append(own)
    }
    var rows: [UnderstandingFindings.Row] = []
    for name in names.sorted() {
      var values: [String] = []
      var numbers: [String: Int] = [:]
      var grouped: ContiguousArray<CallSums> = []
      for code in 0..<codes {
        let value = tags[code].first { $0.tag == name }?.value ?? ""
        let number = numbers[value] ?? values.count
        if number == values.count {
          numbers[value] = number
          values.append(value)
          for _ in 0..<CallCube.windows { grouped.append(CallSums()) }
        }
        for window in 0..<CallCube.windows {
          grouped[number * CallCube.windows + window] += sums[code * CallCube.windows + window]
        }
      }
      rows += self.rows(grouped) { [.init(name: "tag", value: name), .init(name: "value", value: values[$0])] }
    }
    return rows
  }

  private func rows(
    _ sums: ContiguousArray<CallSums>, isCompared: Bool = true, keys: (Int) -> [UnderstandingFindings.Row.Key]
  ) -> [UnderstandingFindings.Row] {
    let isCompared = isCompared && scan.plan.comparison != nil && hasCost
    var rows: [UnderstandingFindings.Row] = []
    for code in 0..<(sums.count / CallCube.windows) {
      var all = CallSums()
      for window in 0..<CallCube.windows { all += sums[code * CallCube.windows + window] }
      guard all.calls > 0 else { continue }
      let before = sums[code * CallCube.windows + 1].cost
      let after = sums[code * CallCube.windows + 2].cost
      rows.append(row(keys(code), all, before: isCompared ? before : nil, after: isCompared ? after : nil))
    }
    return rows.inOrder()
  }

  private func row(
    _ keys: [UnderstandingFindings.Row.Key], _ sums: CallSums, before: Money?, after: Money?
  ) -> UnderstandingFindings.Row {
    let hasTokens = hasInput && hasOutput
    let isSplit = scan.plan.hasPrices && hasCost
    return .init(
      keys: keys, calls: sums.calls, cost: hasCost ? sums.cost : nil, inputTokens: hasInput ? sums.inputTokens : nil,
      outputTokens: hasOutput ? sums.outputTokens : nil, totalTokens: hasTokens ? sums.totalTokens : nil,
      own: .init(
        costShare: totalCost.flatMap { Ratio.share(sums.cost, of: $0) },
        costPerCallUsd: hasCost ? Ratio.of(sums.cost.nanodollars, sums.calls).map { $0 / 1e9 } : nil,
        costPerMillionTokensUsd: hasCost && hasTokens ? Ratio.perMillion(sums.cost, sums.totalTokens) : nil,
        inputCostPerMillionUsd: isSplit ? sums.inputPrice : nil,
        outputCostPerMillionUsd: isSplit ? sums.outputPrice : nil, previousCostUsd: before, recentCostUsd: after,
        changePct: before.flatMap { before in after.flatMap { Ratio.changePercent(from: before, to: $0) } }))
  }

  // MARK: Time

  private var seriesProviders: [String] {
    scan.plan.seriesProviders > 1 || calls.dictionary(.provider).count == 1 ? calls.dictionary(.provider).texts : []
  }

  /// Days and hours that have calls, ascending.
  private func series(
    _ range: ClosedRange<Instant>?
  ) -> (days: [UnderstandingFindings.Moment]?, hours: [UnderstandingFindings.Moment]?) {
    guard let range else { return calls.has(.timestamp) ? ([], []) : (nil, nil) }
    let whole = WholePeriods(first: range.lowerBound, last: range.upperBound)
    let width = scan.plan.seriesProviders
    var days: [UnderstandingFindings.Moment] = []
    var hours: [UnderstandingFindings.Moment] = []
    let order = (0..<scan.hourIndex.count).sorted { scan.hourIndex.hour($0) < scan.hourIndex.hour($1) }
    for number in order where (number + 1) * width <= scan.hours.count {
      var sums = CallSums()
      for provider in 0..<width { sums += scan.hours[number * width + provider] }
      guard sums.calls > 0 else { continue }
      let hour = scan.hourIndex.hour(number)
      let start = Instant(microseconds: hour * 3_600_000_000)
      hours.append(
        .init(
          key: start.formatted(fractionDigits: 0), start: start, whole: whole.hours.contains(Int(hour)), sums: sums,
          hasCost: hasCost, hasInput: hasInput, hasOutput: hasOutput, keyName: "hour"))
      let day = start.day
      if days.last?.start.day != day {
        days.append(
          .init(
            key: start.date.description, start: Instant(date: start.date), whole: whole.days.contains(day),
            sums: CallSums(), hasCost: hasCost, hasInput: hasInput, hasOutput: hasOutput, keyName: "day",
            byProvider: Array(repeating: .zero, count: seriesProviders.count)))
      }
      let last = days.count - 1
      days[last].sums += sums
      for provider in 0..<min(width, days[last].byProvider.count) {
        let cost = scan.hours[number * width + provider].cost
        days[last].byProvider[provider].nanodollars &+= cost.nanodollars
      }
    }
    return (days, hours)
  }

  private func dailyCost(_ days: [UnderstandingFindings.Moment]?) -> UnderstandingFindings.DailyCost? {
    guard hasCost, let range = scan.plan.range, let days else { return nil }
    // Days without a call cost nothing and count all the same.
    let whole = WholePeriods(first: range.lowerBound, last: range.upperBound).days
    guard whole.count >= Bootstrap.minimumUnits, whole.count <= 100_000 else { return nil }
    var costs = [Double](repeating: 0, count: whole.count)
    for day in days where whole.contains(day.start.day) {
      costs[day.start.day - whole.lowerBound] = day.sums.cost.dollars
    }
    let ones = costs.map { _ in 1.0 }
    guard
      let interval = Bootstrap.ratio(
        over: .days, numerators: costs, denominators: ones, level: Understanding.intervalLevel),
      let mean = Ratio.of(costs.reduce(0, +), Double(costs.count))
    else { return nil }
    return .init(mean: mean, low: interval.low, high: interval.high, level: interval.level, wholeDays: costs.count)
  }

  // MARK: Change

  /// The change between the two spans of weeks over provider × model × token class.
  private func change() -> UnderstandingFindings.Change? {
    guard hasCost, hasInput, hasOutput, let comparison = scan.plan.comparison,
      let sums = groups.cube(of: .model)?.sums(by: .provider, .model),
      let decomposition = ChangeDecomposition(of: cells(sums))
    else { return nil }
    return .init(
      weeks: comparison.weeks, previousStart: comparison.previousStart, recentStart: comparison.recentStart,
      recentEnd: comparison.recentEnd, previousCostUsd: decomposition.before, recentCostUsd: decomposition.after,
      volumeUsd: decomposition.volume, mixUsd: decomposition.mix, priceUsd: decomposition.price,
      changePct: Ratio.changePercent(from: decomposition.before, to: decomposition.after),
      tokenClasses: scan.plan.keepsClasses ? "six token classes" : "all tokens of a model")
  }

  private func cells(_ sums: ContiguousArray<CallSums>) -> [ChangeDecomposition.Cell] {
    let width = CallCube.windows
    var cells: [ChangeDecomposition.Cell] = []
    for pair in 0..<(sums.count / width) {
      let (before, after) = (sums[pair * width + 1], sums[pair * width + 2])
      guard before.calls > 0 || after.calls > 0 else { continue }
      guard scan.plan.keepsClasses else {
        cells.append(
          .init(
            quantityBefore: before.totalTokens, costBefore: before.cost, quantityAfter: after.totalTokens,
            costAfter: after.cost))
        continue
      }
      let old = classCosts(before, pair: pair, window: 0)
      let new = classCosts(after, pair: pair, window: 1)
      for index in old.indices {
        cells.append(
          .init(
            quantityBefore: old[index].tokens, costBefore: old[index].cost, quantityAfter: new[index].tokens,
            costAfter: new[index].cost))
      }
    }
    return cells
  }

  /// Tokens and recorded cost of a pair of provider and model in one window by token class, and last what has no class:
  /// calls that the price book can't split or that cost nothing.
  private func classCosts(_ sums: CallSums, pair: Int, window: Int) -> [(tokens: Int64, cost: Money)] {
    let tokens = scan.classTokens[pair * 2 + window]
    let weights = scan.classWeights[pair * 2 + window]
    let inputs = Self.costs(sums.inputCost, tokens, weights, 0..<4)
    let outputs = Self.costs(sums.outputCost, tokens, weights, 4..<6)
    var result: [(tokens: Int64, cost: Money)] = []
    for (index, cost) in (inputs + outputs).enumerated() { result.append((tokens[index], cost)) }
    let classed = (0..<6).reduce(Int64(0)) { $0 &+ tokens[$1] }
    let split = sums.inputCost.nanodollars &+ sums.outputCost.nanodollars
    result.append((max(0, sums.totalTokens &- classed), Money(nanodollars: sums.cost.nanodollars &- split)))
    return result
  }

  /// An amount over classes by what they cost at the book's prices; by tokens where those are all zero.
  private static func costs(
    _ amount: Money, _ tokens: SIMD8<Int64>, _ weights: SIMD8<Int64>, _ classes: Range<Int>
  ) -> [Money] {
    var shares = classes.map { UInt64(max(0, weights[$0])) }
    if shares.allSatisfy({ $0 == 0 }) { shares = classes.map { UInt64(max(0, tokens[$0])) } }
    return amount.allocated(over: shares)
  }

  // MARK: What can't be said

  private func abstentions(_ findings: UnderstandingFindings) -> [Abstention] {
    var list: [Abstention] = []
    if !hasCost { list.append(.missingCost(in: calls)) }
    if hasCost, scan.costlessCalls > 0 {
      list.append(
        Abstention(
          section: "cost_of_some_calls",
          reason: NumberFormat.counted(
            scan.costlessCalls, "call has no recorded cost and is", "calls have no recorded cost and are")
            + " in no sum of costs"))
    }
    if let column = calls.missing([.inputTokens, .outputTokens]).first {
      list.append(.missing(column, section: "tokens"))
    }
    for dimension in UnderstandingDimension.allCases {
      if let column = calls.missing(dimension.columns).first {
        list.append(.missing(column, section: dimension.id))
      } else if findings.groups.first(where: { $0.dimension == dimension }) == nil {
        list.append(
          Abstention(
            section: dimension.id,
            reason: "there are too many different values of \(dimension.columns[0].name) to group"))
      } else if hasCost, scan.plan.comparison != nil, groups.cube(of: dimension.columns[0])?.isLarge == true {
        list.append(
          Abstention(
            section: "\(dimension.id).change",
            reason: "there are too many different values of \(dimension.columns[0].name) to compare two spans of weeks")
        )
      }
    }
    if !calls.has(.timestamp) {
      for section in ["by_day", "by_hour", "change", "monthly_cost"] {
        list.append(.missing(.timestamp, section: section))
      }
    } else if hasCost {
      if findings.change == nil {
        let reason =
          scan.plan.comparison == nil
          ? "a change needs two whole weeks, Monday to Sunday"
          : "it needs the columns 'provider', 'model', 'input_tokens' and 'output_tokens'"
        list.append(Abstention(section: "change", reason: reason))
      }
      if findings.monthlyCostUsd == nil {
        list.append(Abstention(section: "monthly_cost", reason: "a month's cost needs at least seven days of data"))
      }
    }
    if hasCost, !scan.plan.hasPrices {
      let reason =
        context.prices == nil
        ? "no price book is known" : "it needs the columns 'provider', 'model', 'input_tokens' and 'output_tokens'"
      list.append(Abstention(section: "input_and_output_prices", reason: reason))
    }
    if findings.forecast == nil {
      let reason =
        !hasCost
        ? "there is no cost"
        : !calls.has(.timestamp)
          ? Abstention.reason(missing: .timestamp) : "a forecast needs at least seven whole days of data"
      list.append(Abstention(section: "forecast", reason: reason))
    }
    return list
  }

  /// Rule 6: groups sum to the total. A difference would be our own fault, and is said rather than printed.
  private func check(_ findings: UnderstandingFindings) throws(AnalysisError) {
    guard let total = totalCost else { return }
    for (dimension, rows) in findings.groups where dimension != .tag {
      let sum = rows.reduce(Int128(0)) { $0 + Int128($1.cost?.nanodollars ?? 0) }
      if sum != Int128(total.nanodollars) {
        throw .encoding(analyzer: "understanding", problem: "the groups of \(dimension.id) don't sum to the total")
      }
    }
  }
}
