import LabCore
import LabPrices
import LabReport
import LabTable

/// Turns the sums of the pass into the findings of ``Alignment``.
struct AlignmentSummation {
  let scan: ChargeScan
  let hours: HourModelCells?
  let range: ClosedRange<Instant>?
  let calls: CallTable
  let context: AnalysisContext

  private var hasCost: Bool { calls.hasRecordedCosts }
  private var settings: AnalyzerSettings { context.settings }

  func findings() -> AlignmentFindings {
    let cells = scan.cells
    let total = cells.reduce(Int64(0)) { $0 &+ $1.calls }
    let window = total > 0 ? range : nil
    var findings = AlignmentFindings(
      start: window?.lowerBound, end: window?.upperBound,
      days: window.map { ($0.upperBound - $0.lowerBound).days } ?? 0, totalCalls: total,
      totalCostUsd: hasCost ? Money(nanodollars: cells.reduce(0) { $0 &+ $1.cost }) : nil, bill: nil, statements: [],
      pools: [], commitmentsHeld: [], reconciliation: [], organizationProducts: [],
      requiredTags: settings.requiredTags, tagCoverage: [], tagCoveragePct: nil, abstentions: [])
    coverTags(cells, &findings)
    guard hasCost else {
      findings.abstentions.append(.missingCost(in: calls))
      return findings
    }
    if scan.costlessCalls > 0 {
      findings.abstentions.append(
        Abstention(
          section: "cost_of_some_calls",
          reason: NumberFormat.counted(
            scan.costlessCalls, "call has no recorded cost and is", "calls have no recorded cost and are")
            + " in no sum of costs"))
    }
    guard calls.has(.organizationID) else {
      findings.abstentions.append(.missing(.organizationID, section: "statements"))
      return findings
    }
    charge(cells, &findings)
    return findings
  }

  // MARK: Statements

  private func charge(_ cells: [ChargeScan.Cell], _ findings: inout AlignmentFindings) {
    let names = calls.dictionary(.organizationID)
    let unnamed = names.code(of: "").map { Int($0) }
    var statements = ChargebackStatements(cells, calls, unnamed: unnamed)
    for pool in sharedCosts(cells, findings.days, &findings) { statements.add(pool, unnamed: unnamed) }
    for pool in unusedCommitments(cells, &findings) { statements.add(pool, unnamed: unnamed) }
    for pool in invoiceDifferences(cells, usage: statements.usageCents, &findings) {
      statements.add(pool, unnamed: unnamed)
    }
    findings.pools = statements.pools
    var allocated: Int64 = 0
    for organization in statements.order where organization != unnamed && !statements.lines[organization].isEmpty {
      let sum = statements.sum(organization)
      allocated &+= sum.nanodollars
      findings.statements.append(
        .init(
          organizationId: names[UInt32(organization)], totalUsd: sum, lines: statements.lines[organization]))
    }
    let usage = Cents.money(statements.usageCents)
    let (shared, unused) = (statements.pooled("shared_cost"), statements.pooled("unused_commitment"))
    let differences = statements.pooled("invoice_difference")
    findings.bill = .init(
      usageUsd: usage, sharedCostsUsd: shared, unusedCommitmentsUsd: unused, invoiceDifferencesUsd: differences,
      totalUsd: Money(
        nanodollars: usage.nanodollars &+ shared.nanodollars &+ unused.nanodollars &+ differences.nanodollars),
      allocatedUsd: Money(nanodollars: allocated), unallocatedUsd: Cents.money(statements.unallocatedCents))
    group(cells, statements, unnamed, &findings)
  }

  /// By organization code the sum of a figure.
  private func weights(_ cells: [ChargeScan.Cell], _ value: (ChargeScan.Cell) -> Int64) -> [Int64] {
    var weights = [Int64](repeating: 0, count: calls.dictionary(.organizationID).count)
    for cell in cells { weights[Int(cell.organization)] &+= value(cell) }
    return weights
  }

  private func sharedCosts(
    _ cells: [ChargeScan.Cell], _ days: Double, _ findings: inout AlignmentFindings
  ) -> [ChargebackStatements.Pool] {
    guard !settings.sharedCosts.isEmpty else { return [] }
    guard findings.start != nil else {
      findings.abstentions.append(.missing(.timestamp, section: "shared_costs"))
      return []
    }
    return settings.sharedCosts.compactMap { cost in
      if cost.key == .tokens, let column = calls.missing([.inputTokens, .outputTokens]).first {
        findings.abstentions.append(.missing(column, section: "shared_costs.\(cost.id)"))
      }
      let shares: [Int64] =
        switch cost.key {
        case .calls: weights(cells) { $0.calls }
        case .tokens: weights(cells) { $0.tokens }
        case .cost: weights(cells) { $0.cost }
        case .even: weights(cells) { $0.calls }.map { min($0, 1) }
        }
      let amount = Money(approximating: cost.monthly.dollars * days / Understanding.daysPerMonth)
      return .init(
        kind: "shared_cost", item: cost.id, key: cost.key == .even ? "evenly" : "by \(cost.key.rawValue)",
        cents: Cents.rounded(amount), weights: shares)
    }
  }

  private func unusedCommitments(
    _ cells: [ChargeScan.Cell], _ findings: inout AlignmentFindings
  ) -> [ChargebackStatements.Pool] {
    guard !settings.commitmentsHeld.isEmpty else { return [] }
    guard let hours, let book = context.prices else {
      findings.abstentions.append(
        Abstention(
          section: "commitments_held",
          reason: context.prices == nil
            ? "no price book is known" : "there are no hours with calls to compare a commitment with"))
      return []
    }
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    return settings.commitmentsHeld.map { held in
      let paidShare = 1 - Double(book.terms(of: held.provider).discountPartsPerMillion) / 1e6
      let ratio = paidShare > 0 ? held.ratio / paidShare : 1
      let level = held.paymentPerHour.dollars / ratio
      let index = held.model.flatMap { book.index(provider: held.provider, model: $0) }
      let inScope = hours.series.map { series in
        series.provider == held.provider
          && (held.model == nil || series.model == held.model || (index != nil && series.slot?.model == index))
      }
      var used = 0.0
      for hour in 0..<hours.hourCount {
        var load: Int64 = 0
        for cell in hours.cells(ofHour: hour) where inScope[cell.series] {
          load &+= hours.constantCost(of: cell).nanodollars
        }
        used += min(Double(load) / 1e9, level)
      }
      let paid = held.paymentPerHour.dollars * Double(hours.hourCount)
      let unused = Money(approximating: max(0, paid - used * ratio))
      findings.commitmentsHeld.append(
        .init(
          id: held.id, hours: hours.hourCount, paidUsd: Money(approximating: paid),
          utilisationPct: Ratio.of(used * 100, level * Double(hours.hourCount)), unusedUsd: unused))
      var shares = weights(cells) { cell in
        guard calls.has(.provider), providers[cell.provider] == held.provider else { return 0 }
        guard let model = held.model else { return cell.cost }
        return calls.has(.model) && models[cell.model] == model ? cell.cost : 0
      }
      // What nobody used is shared by all.
      if shares.allSatisfy({ $0 <= 0 }) { shares = weights(cells) { $0.cost } }
      return .init(
        kind: "unused_commitment", item: held.id, key: "by cost in its scope", cents: Cents.rounded(unused),
        weights: shares)
    }
  }

  /// - Parameter usage: the cents of all usage, whose part of a provider and month is taken off its invoice, so that usage
  ///   and differences sum to the invoices to the cent.
  private func invoiceDifferences(
    _ cells: [ChargeScan.Cell], usage: Int64, _ findings: inout AlignmentFindings
  ) -> [ChargebackStatements.Pool] {
    guard !settings.invoices.isEmpty else { return [] }
    guard let start = findings.start, let end = findings.end, calls.has(.provider) else {
      findings.abstentions.append(.missing(calls.has(.provider) ? .timestamp : .provider, section: "reconciliation"))
      return []
    }
    let months = Self.months(settings.invoices)
    let providers = calls.dictionary(.provider)
    // Several lines of one provider and month are one invoice.
    var amounts: [String: [Int: Int64]] = [:]
    for line in settings.invoices {
      guard let month = months.firstIndex(where: { $0.year == line.year && $0.month == line.month }) else { continue }
      amounts[line.provider, default: [:]][month, default: 0] &+= line.amount.nanodollars
    }
    let usageCents = Self.cents(usage, cells, providers.texts, months: months.count)
    var pools: [ChargebackStatements.Pool] = []
    for (provider, byMonth) in amounts.sorted(by: { $0.key < $1.key }) {
      for (month, amount) in byMonth.sorted(by: { $0.key < $1.key }) {
        let shares = weights(cells) { $0.month == month && providers[$0.provider] == provider ? $0.cost : 0 }
        let recorded = shares.reduce(0, &+)
        let difference = amount &- recorded
        let span = months[month].range
        let (first, last) = (max(span.lowerBound, start.microseconds), min(span.upperBound - 1, end.microseconds))
        let covered =
          first <= last ? Instant(microseconds: last).day - Instant(microseconds: first).day + 1 : 0
        findings.reconciliation.append(
          .init(
            provider: provider, month: months[month].name, recordedUsd: Money(nanodollars: recorded),
            invoicedUsd: Money(nanodollars: amount), differenceUsd: Money(nanodollars: difference),
            differencePct: Ratio.percent(difference, amount), coveredDays: covered,
            monthDays: Int((span.upperBound - span.lowerBound) / 86_400_000_000)))
        let billed = Cents.rounded(Money(nanodollars: amount)) &- (usageCents[provider]?[month] ?? 0)
        pools.append(
          .init(
            kind: "invoice_difference", item: "\(provider) \(months[month].name)", key: "by cost there",
            cents: billed, weights: shares))
      }
    }
    return pools
  }

  /// The cents of usage by provider and month, by largest remainder over all of them.
  private static func cents(
    _ usage: Int64, _ cells: [ChargeScan.Cell], _ providers: [String], months: Int
  ) -> [String: [Int: Int64]] {
    let width = months + 1
    var sums = [Int64](repeating: 0, count: providers.count * width)
    for cell in cells { sums[Int(cell.provider) * width + (cell.month ?? months)] &+= cell.cost }
    let order = sums.indices.sorted {
      providers[$0 / width] == providers[$1 / width]
        ? $0 < $1 : providers[$0 / width].utf8.lexicographicallyPrecedes(providers[$1 / width].utf8)
    }
    guard let parts = Cents.allocated(usage, over: sums, order: order) else { return [:] }
    var result: [String: [Int: Int64]] = [:]
    for (place, part) in parts.enumerated() { result[providers[place / width], default: [:]][place % width] = part }
    return result
  }

  /// A calendar month that an invoice is for.
  struct Month {
    var year: Int
    var month: Int
    var name: String
    /// Microseconds since 1970 UTC.
    var range: Range<Int64>
  }

  /// The different months of invoices, by time.
  static func months(_ invoices: [InvoiceLine]) -> [Month] {
    let numbers = Set(invoices.map { $0.year * 12 + $0.month - 1 }).sorted()
    return numbers.map { number in
      let (year, month) = (
        Int(floorDivide(Int64(number), 12)), Int(number - Int(floorDivide(Int64(number), 12)) * 12) + 1
      )
      let next =
        month == 12 ? CivilDate(year: year + 1, month: 1, day: 1) : CivilDate(year: year, month: month + 1, day: 1)
      let first = CivilDate(year: year, month: month, day: 1)
      return Month(
        year: year, month: month, name: String(first.description.dropLast(3)),
        range: Instant(date: first).microseconds..<Instant(date: next).microseconds)
    }
  }

  // MARK: Groups

  private func group(
    _ cells: [ChargeScan.Cell], _ statements: ChargebackStatements, _ unnamed: Int?,
    _ findings: inout AlignmentFindings
  ) {
    let names = calls.dictionary(.organizationID)
    var sums = [SIMD4<Int64>](repeating: SIMD4(repeating: 0), count: names.count)
    var tagged = [Int64](repeating: 0, count: names.count)
    var products: [UInt64: SIMD4<Int64>] = [:]
    for cell in cells {
      sums[Int(cell.organization)] &+= cell.sums
      if cell.isTagged { tagged[Int(cell.organization)] &+= cell.cost }
      products[UInt64(cell.organization) << 32 | UInt64(cell.product), default: SIMD4(repeating: 0)] &+= cell.sums
    }
    let points = LargestRemainder.basisPoints(of: statements.order.map { sums[$0][ChargeScan.Lane.cost] })
    var shares = [Int](repeating: 0, count: names.count)
    for (place, point) in zip(statements.order, points) { shares[place] = point }
    let isIndexed = calls.missing([.productID, .featureID]).isEmpty
    let index = isIndexed ? MixIndex(scan, cells) : nil
    let (hasInput, hasOutput) = (calls.has(.inputTokens), calls.has(.outputTokens))
    var rows: [AlignmentFindings.Row] = []
    for organization in sums.indices where sums[organization][ChargeScan.Lane.calls] > 0 {
      let sum = sums[organization]
      let cost = Money(nanodollars: sum[ChargeScan.Lane.cost])
      let result = index?.results[organization]
      let known = result.flatMap { $0.calls >= Alignment.minimumCalls && names.count > 1 ? $0 : nil }
      rows.append(
        .init(
          keys: [.init(name: "organization_id", value: names[UInt32(organization)])], calls: sum[ChargeScan.Lane.calls],
          cost: cost, inputTokens: hasInput ? sum[ChargeScan.Lane.input] : nil,
          outputTokens: hasOutput ? sum[ChargeScan.Lane.output] : nil,
          totalTokens: hasInput && hasOutput ? sum[ChargeScan.Lane.input] &+ sum[ChargeScan.Lane.output] : nil,
          own: .init(
            showbackPct: (findings.totalCostUsd?.nanodollars ?? 0) > 0 ? Double(shares[organization]) / 100 : nil,
            statementUsd: organization == unnamed ? nil : statements.sum(organization),
            usageUsd: statements.sum(organization, kind: "usage"),
            sharedCostsUsd: statements.sum(organization, kind: "shared_cost"),
            unusedCommitmentsUsd: statements.sum(organization, kind: "unused_commitment"),
            invoiceDifferencesUsd: statements.sum(organization, kind: "invoice_difference"),
            mixIndex: known?.index, mixIndexLow: known?.interval?.low, mixIndexHigh: known?.interval?.high,
            modelFactor: known?.modelFactor, sizeFactor: known?.sizeFactor,
            expectedUsd: known.map { Money(approximating: $0.expected / 1e9) },
            comparedPct: result.flatMap { Ratio.percent($0.cost, cost.nanodollars) },
            tagCoveragePct: scan.plan.isTagged.isEmpty
              ? nil : Ratio.percent(tagged[organization], cost.nanodollars))))
    }
    findings.byOrganization = rows.inOrder()
    if calls.has(.productID) {
      let texts = calls.dictionary(.productID)
      findings.organizationProducts = products.map { key, sum in
        .init(
          organizationId: names[UInt32(key >> 32)], productId: texts[UInt32(key & 0xffff_ffff)],
          calls: sum[ChargeScan.Lane.calls], costUsd: Money(nanodollars: sum[ChargeScan.Lane.cost]))
      }.sorted {
        ($1.costUsd, $0.organizationId, $0.productId) < ($0.costUsd, $1.organizationId, $1.productId)
      }
    }
    abstainFromIndex(isIndexed: isIndexed, organizations: rows.count, &findings)
  }

  private func abstainFromIndex(isIndexed: Bool, organizations: Int, _ findings: inout AlignmentFindings) {
    if let column = calls.missing([.productID, .featureID]).first {
      findings.abstentions.append(.missing(column, section: "mix_index"))
    } else if organizations == 1 {
      findings.abstentions.append(
        Abstention(section: "mix_index", reason: "there is no other organization to compare with"))
    } else if organizations > 1, scan.plan.days.isEmpty {
      findings.abstentions.append(
        Abstention(
          section: "mix_index_intervals", reason: "they need seven whole days, and few enough groups to sum by day"))
    }
  }

  // MARK: Tags

  /// The names of the tags with a value in a metadata text.
  static func tags(_ calls: CallTable, _ code: UInt32) -> Set<String> {
    var values: [String: String] = [:]
    // Of a name that stands twice the last value counts.
    for tag in calls.tags(ofMetadata: code) { values[tag.name] = tag.value }
    return Set(values.filter { !$0.value.isEmpty }.keys)
  }

  private func coverTags(_ cells: [ChargeScan.Cell], _ findings: inout AlignmentFindings) {
    guard !settings.requiredTags.isEmpty else {
      findings.abstentions.append(
        Abstention(section: "tag_coverage", reason: "the scenario requires no tags (analysis.required_tags)"))
      return
    }
    guard calls.has(.metadata) else {
      findings.abstentions.append(.missing(.metadata, section: "tag_coverage"))
      return
    }
    guard !calls.keepsMetadataInFile else {
      findings.abstentions.append(
        Abstention(section: "tag_coverage", reason: "there are too many different metadata texts to group"))
      return
    }
    guard let total = findings.totalCostUsd, total.nanodollars > 0 else {
      findings.abstentions.append(Abstention(section: "tag_coverage", reason: "there is no cost to cover"))
      return
    }
    var sums: [String: SIMD2<Int64>] = [:]
    var covered: Int64 = 0
    for (code, sum) in scan.metadata.enumerated() where sum[0] > 0 {
      if scan.plan.isTagged[code] { covered &+= sum[1] }
      let names = Self.tags(calls, UInt32(code))
      for tag in settings.requiredTags where names.contains(tag) { sums[tag, default: SIMD2(repeating: 0)] &+= sum }
    }
    findings.tagCoveragePct = Ratio.percent(covered, total.nanodollars)
    findings.tagCoverage = settings.requiredTags.map { tag in
      let sum = sums[tag] ?? SIMD2(repeating: 0)
      return .init(
        tag: tag, calls: sum[0], costUsd: Money(nanodollars: sum[1]),
        coveragePct: Ratio.percent(sum[1], total.nanodollars))
    }
  }
}
