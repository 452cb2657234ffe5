import LabCore

/// A price book as flat arrays of integers, every fallback resolved: what a loop over calls reads.
///
/// A model has rows by time, a row has levels by size of the input, and a level has 24 rates: four service tiers of six
/// token classes, each in half femtodollars per token (see ``TokenPrice``).
struct CompiledPrices: Sendable {
  struct Model: Sendable {
    var firstRow: Int
    var rowCount: Int
    /// What is paid of the list price, in 10⁻⁶.
    var paidPartsPerMillion: Int64
    var billErrors: ErrorBilling
  }

  struct Row: Sendable {
    /// In force from here, in microseconds since 1970 …
    var from: Int64
    /// … until before here.
    var end: Int64
    var firstLevel: Int
    var levelCount: Int
  }

  /// Where a rate comes from.
  enum Origin: UInt8, Sendable {
    /// The book states a price for the tier, or the class takes that of its stand-in in the same tier.
    case stated
    /// The tier lacks the price; the standard one holds.
    case standard
    /// The batch tier lacks the price; half of the standard one holds.
    case halfOfStandard
    /// Nothing in the row prices the class.
    case missing
  }

  private(set) var models: ContiguousArray<Model> = []
  private(set) var rows: ContiguousArray<Row> = []
  /// The fewest input tokens that each level holds for.
  private(set) var leastInputs: ContiguousArray<Int64> = []
  private(set) var rates: ContiguousArray<Int64> = []
  private(set) var origins: ContiguousArray<Origin> = []

  static let classCount = 6
  static let ratesPerLevel = 24
  /// The rate of a class that nothing prices.
  static let missingRate: Int64 = -1

  init(models: [PricedModel], providers: [ProviderTerms]) {
    for model in models {
      let terms = providers.first { $0.id == model.provider } ?? ProviderTerms(id: model.provider)
      self.models.append(
        Model(
          firstRow: rows.count, rowCount: model.rows.count,
          paidPartsPerMillion: min(max(1_000_000 - terms.discountPartsPerMillion, 0), 1_000_000),
          billErrors: terms.billErrors))
      for (index, row) in model.rows.enumerated() {
        let next = index + 1 < model.rows.count ? model.rows[index + 1].from : nil
        let end = [row.to, next].compactMap { $0?.microseconds }.min() ?? .max
        let firstLevel = leastInputs.count
        append(row)
        rows.append(
          Row(
            from: row.from?.microseconds ?? .min, end: end, firstLevel: firstLevel,
            levelCount: leastInputs.count - firstLevel))
      }
    }
  }

  private mutating func append(_ row: PriceRow) {
    if row.tiered.isEmpty {
      var chain = [row.prices]
      appendLevel(leastInput: 0, chain: chain)
      for above in row.above {
        chain.insert(above.prices, at: 0)
        appendLevel(leastInput: above.leastInput, chain: chain)
      }
    } else {
      for (index, range) in row.tiered.enumerated() {
        appendLevel(leastInput: index == 0 ? 0 : range.from + 1, chain: [range.prices, row.prices])
      }
    }
  }

  private mutating func appendLevel(leastInput: Int64, chain: [LevelPrices]) {
    leastInputs.append(leastInput)
    for tier in ServiceTier.allCases {
      for tokenClass in TokenClass.allCases {
        let found = Self.resolve(tokenClass, tier, in: chain)
        rates.append(found?.price.halfFemtodollars ?? Self.missingRate)
        origins.append(found?.origin ?? .missing)
      }
    }
  }

  /// The price of a class in a tier.
  ///
  /// The nearest level that has it wins: first as the tier's own price, then as its standard price (half of it for batch).
  /// Only when no level has it does the class take the price of its stand-in, found in the same way.
  ///
  /// - Parameter chain: the level, then those that it inherits from.
  static func resolve(
    _ tokenClass: TokenClass, _ tier: ServiceTier, in chain: [LevelPrices]
  ) -> (price: TokenPrice, origin: Origin)? {
    for level in chain {
      if let price = level[tier][tokenClass] { return (price, .stated) }
      if tier != .standard, let price = level.standard[tokenClass] {
        return tier == .batch ? (price.half, .halfOfStandard) : (price, .standard)
      }
    }
    return tokenClass.standIn.flatMap { resolve($0, tier, in: chain) }
  }

  /// The number of the row of a model that is in force at an instant, or nil.
  func row(of model: Int, at microseconds: Int64) -> Int? {
    let entry = models[model]
    var row = entry.firstRow + entry.rowCount - 1
    while row >= entry.firstRow {
      if microseconds >= rows[row].from { return microseconds < rows[row].end ? row : nil }
      row -= 1
    }
    return nil
  }

  /// The number of the level of a row that holds for a request of some input tokens.
  func level(of row: Int, input: Int64) -> Int {
    var level = rows[row].firstLevel + rows[row].levelCount - 1
    while level > rows[row].firstLevel, input < leastInputs[level] { level -= 1 }
    return level
  }
}
