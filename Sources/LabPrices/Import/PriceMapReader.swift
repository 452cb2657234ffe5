import LabCore
import LabJSON

/// Reads the entries of a price map one by one, and keeps count of everything.
struct PriceMapReader {
  /// A model before it has its name.
  struct Draft {
    /// The map's key.
    var key: String
    /// The provider under its new name.
    var provider: String
    /// The key without a provider's prefix.
    var shortName: String
    var contextTokens: Int64?
    var maxOutputTokens: Int64?
    var row: PriceRow
  }

  private let source: JSONSource
  private let options: PriceMapImport.Options
  private(set) var drafts: [Draft] = []
  private(set) var problems: [Diagnostic] = []
  var collisions: [PriceMapImport.Report.Collision] = []
  var merged = 0
  var imported = 0

  private var entries = 0
  private var documentation: [String] = []
  private var withoutTokenPrices: [String: Int] = [:]
  private var partlyPriced: [String: Int] = [:]
  private var invalid = 0
  private var withoutOutput = 0
  private var free = 0
  private var roundedPrices = 0
  private var reasoningAsOutput = 0
  private var families: [Family: (keys: Int, models: Int)] = [:]

  private struct Family: Hashable {
    var name: String
    var isPrice: Bool
  }

  init(source: JSONSource, options: PriceMapImport.Options) {
    self.source = source
    self.options = options
  }

  /// An entry that can't be used; its problem has been noted.
  private struct Unusable: Error {}

  /// The entry that documents the format, and the mark of entries that are rules rather than models.
  private static let specification = "sample_spec"
  /// The provider whose thresholds are reached at the limit itself.
  private static let inclusiveProvider = "xai"
  /// Modes of models that give no output tokens.
  private static let modesWithoutOutput = ["embedding", "rerank", "moderation"]
  private static let flatBesideRanges = "flat prices beside tiered_pricing"

  mutating func add(_ entry: JSONMember) {
    entries += 1
    guard entry.node.object != nil else {
      note(.entryIsNoObject(key: entry.key, found: entry.node.description), at: entry.node)
      invalid += 1
      return
    }
    guard entry.key != Self.specification, let provider = entry.node["litellm_provider"]?.string else {
      documentation.append(entry.key)
      return
    }
    do throws(Unusable) {
      try addModel(entry, provider: provider)
    } catch { invalid += 1 }
  }

  private mutating func addModel(_ entry: JSONMember, provider: String) throws(Unusable) {
    let mode = entry.node["mode"]?.string ?? "unknown"
    let prices = try readPrices(entry)
    guard prices.hasAny else {
      withoutTokenPrices[mode, default: 0] += 1
      return
    }
    guard let row = completeRow(prices, mode: mode, inclusive: provider == Self.inclusiveProvider) else {
      partlyPriced[mode, default: 0] += 1
      return
    }
    let providerName = options.providerNames[provider] ?? provider
    guard !entry.key.isEmpty, !providerName.isEmpty else {
      throw note(.withoutName(key: entry.key), at: entry.node)
    }
    if row.isFree { free += 1 }
    drafts.append(
      Draft(
        key: entry.key, provider: providerName, shortName: Self.shortName(of: entry.key, provider: provider),
        contextTokens: Self.tokens(entry.node["max_input_tokens"]),
        maxOutputTokens: Self.tokens(entry.node["max_output_tokens"]), row: row))
  }

  // MARK: Prices

  /// The token prices of an entry as the map states them.
  private struct StatedPrices {
    var levels: [Int64: LevelPrices] = [:]
    var ranges: [SizeRange] = []
    var hasAny: Bool { !levels.isEmpty || !ranges.isEmpty }
  }

  private mutating func readPrices(_ entry: JSONMember) throws(Unusable) -> StatedPrices {
    var stated = StatedPrices()
    var unused: [Family: Int] = [:]
    for member in entry.node.object ?? [] where !Self.usedKeys.contains(member.key) {
      if member.key == "tiered_pricing", let items = member.node.array, items.contains(where: { $0["range"] != nil }) {
        stated.ranges = try ranges(items, of: entry, unused: &unused)
        continue
      }
      switch PriceMapKey(member.key) {
      case .price(let tokenClass, let threshold, let tier):
        guard let price = try price(member, of: entry) else { continue }
        let limit = threshold ?? 0
        // The cache-hit key stands back behind the usual key for cache reads.
        if member.key.hasSuffix("_cache_hit"), stated.levels[limit]?[tier][tokenClass] != nil { continue }
        stated.levels[limit, default: LevelPrices()][tier][tokenClass] = price
      case .unused(let family, let isPrice): unused[Family(name: family, isPrice: isPrice), default: 0] += 1
      }
    }
    if !stated.ranges.isEmpty, !stated.levels.isEmpty {
      unused[Family(name: Self.flatBesideRanges, isPrice: true), default: 0] += stated.levels.count
    }
    // Counted in one place, after all keys were read; sums don't depend on the order.
    for (family, keys) in unused {
      families[family, default: (0, 0)].keys += keys
      families[family, default: (0, 0)].models += 1
    }
    return stated
  }

  /// Keys that say what the entry is, or become part of the model.
  private static let usedKeys: Set<String> = ["litellm_provider", "mode", "max_input_tokens", "max_output_tokens"]

  private mutating func ranges(
    _ items: [JSONNode], of entry: JSONMember, unused: inout [Family: Int]
  ) throws(Unusable) -> [SizeRange] {
    var ranges: [SizeRange] = []
    for item in items {
      guard let bounds = item["range"]?.array, bounds.count == 2, let from = bounds[0].number?.integer,
        let to = bounds[1].number?.integer, from >= 0, to > from, to <= PriceBookReader.mostTokens
      else { throw note(.badRanges(key: entry.key), at: item) }
      var prices = LevelPrices()
      for member in item.object ?? [] where member.key != "range" {
        switch PriceMapKey(member.key) {
        case .price(let tokenClass, nil, let tier): prices[tier][tokenClass] = try price(member, of: entry)
        case .price: unused[Family(name: "tiered_pricing." + member.key, isPrice: true), default: 0] += 1
        case .unused(let family, let isPrice): unused[Family(name: family, isPrice: isPrice), default: 0] += 1
        }
      }
      ranges.append(SizeRange(from: from, to: to, prices: prices))
    }
    ranges.sort { $0.from < $1.from }
    var end: Int64 = 0
    for range in ranges {
      guard range.from == end else { throw note(.badRanges(key: entry.key), at: items[0]) }
      end = range.to ?? end
    }
    return ranges
  }

  /// A price of the map, which is for one token; nil for `null`.
  private mutating func price(_ member: JSONMember, of entry: JSONMember) throws(Unusable) -> TokenPrice? {
    if member.node.isNull { return nil }
    let decimal = member.node.number?.exact ?? member.node.string.flatMap { ExactDecimal($0) }
    guard let decimal, let (price, isExact) = TokenPrice.exact(dollars: decimal, per: 1) else {
      throw note(.badPrice(key: entry.key, field: member.key, found: member.node.description), at: member.node)
    }
    if !isExact { roundedPrices += 1 }
    return price
  }

  /// The row of a model whose input and output both have prices, or nil.
  private mutating func completeRow(_ stated: StatedPrices, mode: String, inclusive: Bool) -> PriceRow? {
    var flat = stated.levels[0] ?? LevelPrices()
    if !stated.ranges.isEmpty {
      // Ranges are complete in themselves; only an output price that they lack comes from the flat ones.
      let ranges = stated.ranges.map { range in
        var range = range
        if range.prices.standard.output == nil { range.prices.standard.output = flat.standard.output }
        simplify(&range.prices)
        return range
      }
      let isComplete = ranges.allSatisfy { $0.prices.standard.input != nil && $0.prices.standard.output != nil }
      return isComplete ? PriceRow(prices: LevelPrices(), tiered: ranges) : nil
    }
    if flat.standard.input != nil, flat.standard.output == nil, Self.modesWithoutOutput.contains(mode) {
      flat.standard.output = .zero
      withoutOutput += 1
    }
    guard flat.standard.input != nil, flat.standard.output != nil else { return nil }
    simplify(&flat)
    let above = stated.levels.keys.filter { $0 > 0 }.sorted().map { limit in
      AboveRow(limit: limit, isInclusive: inclusive, prices: stated.levels[limit] ?? LevelPrices())
    }
    return PriceRow(prices: flat, above: above)
  }

  /// Takes out a reasoning price that says no more than its default, the output price, so that tiers and `above` rows
  /// with an output price of their own hold for reasoning as well.
  private mutating func simplify(_ prices: inout LevelPrices) {
    if let reasoning = prices.standard.reasoning, reasoning == prices.standard.output {
      prices.standard.reasoning = nil
      reasoningAsOutput += 1
    }
  }

  // MARK: Names and counts

  /// The key without its first part where that names the provider, or the family that the provider belongs to
  /// (`vertex_ai/…` of provider `vertex_ai-llama_models`).
  private static func shortName(of key: String, provider: String) -> String {
    guard let slash = key.firstIndex(of: "/") else { return key }
    let prefix = key[..<slash]
    let rest = key[key.index(after: slash)...]
    guard !rest.isEmpty, prefix == provider || prefix == provider.prefix(while: { $0 != "-" }) else { return key }
    return String(rest)
  }

  private static func tokens(_ node: JSONNode?) -> Int64? {
    node?.number?.integer.flatMap { (1...PriceBookReader.mostTokens).contains($0) ? $0 : nil }
  }

  @discardableResult
  private mutating func note(_ problem: PriceMapProblem, at node: JSONNode) -> Unusable {
    problems.append(Diagnostic(problem, severity: .warning, at: source.location(of: node.offset)))
    return Unusable()
  }

  var report: PriceMapImport.Report {
    var report = PriceMapImport.Report()
    report.entries = entries
    report.imported = imported
    report.merged = merged
    report.documentation = documentation
    report.withoutTokenPrices = Self.counts(withoutTokenPrices)
    report.partlyPriced = Self.counts(partlyPriced)
    report.invalid = invalid
    report.withoutOutput = withoutOutput
    report.free = free
    report.roundedPrices = roundedPrices
    report.reasoningAsOutput = reasoningAsOutput
    report.leftOut = families.map { family, count in
      PriceMapImport.Report.KeyFamily(
        name: family.name, isPrice: family.isPrice, keys: count.keys, models: count.models)
    }.sorted { left, right in
      if left.isPrice != right.isPrice { return left.isPrice }
      return left.models == right.models ? left.name < right.name : left.models > right.models
    }
    report.collisions = collisions
    report.problems = problems
    return report
  }

  private static func counts(_ counts: [String: Int]) -> [PriceMapImport.Report.Count] {
    counts.map { PriceMapImport.Report.Count(name: $0.key, count: $0.value) }
      .sorted { $0.count == $1.count ? $0.name < $1.name : $0.count > $1.count }
  }
}

extension PriceRow {
  /// Whether every price that it states is 0.
  var isFree: Bool {
    let levels = [prices] + above.map(\.prices) + tiered.map(\.prices)
    return levels.allSatisfy { level in
      ServiceTier.allCases.allSatisfy { tier in
        TokenClass.allCases.allSatisfy { level[tier][$0] == nil || level[tier][$0] == .zero }
      }
    }
  }
}
