import LabCore
import LabJSON

extension PriceBook {
  /// Points at what looks wrong in a valid book: prices far from the field's habits (see docs/prices.md), prices that are
  /// finer than the lab keeps, models without prices on the book's own date.
  ///
  /// - Returns: warnings with places, in the order of the file.
  /// - Throws: ``LabFailure`` of kind `invalidInput` when the book can't be read at all.
  public static func lint(bytes: [UInt8], name: String) throws(LabFailure) -> [Diagnostic] {
    let document = try JSONReader.read(bytes, name: name)
    let book = try read(document)
    var lint = PriceLint(source: document.source)
    for (index, node) in (document.root["models"]?.array ?? []).enumerated() where book.models.indices.contains(index) {
      lint.check(book.models[index], index: index, node: node, path: "models[\(index)]", in: book)
    }
    return lint.warnings
  }
}

/// Walks a book and the text that it was read from side by side, so that every warning has its place.
private struct PriceLint {
  let source: JSONSource
  private(set) var warnings: [Diagnostic] = []
  /// The model that is looked at, as `provider/model`.
  private var model = ""

  init(source: JSONSource) { self.source = source }

  mutating func check(_ model: PricedModel, index: Int, node: JSONNode, path: String, in book: PriceBook) {
    self.model = "\(model.provider)/\(model.model)"
    if let date = book.asOf, book.row(of: index, at: Instant(date: date)) == nil {
      warn(.noRowInForce(asOf: date), at: node, path: path)
    }
    for (number, rowNode) in (node["prices"]?.array ?? []).enumerated() where model.rows.indices.contains(number) {
      check(model.rows[number], node: rowNode, path: "\(path).prices[\(number)]")
    }
  }

  private mutating func check(_ row: PriceRow, node: JSONNode, path: String) {
    check(row.prices, node: node, path: path, per: row.per)
    for (index, item) in (node["above"]?.array ?? []).enumerated() where row.above.indices.contains(index) {
      let above = row.above[index].prices
      check(above, node: item, path: "\(path).above[\(index)]", per: row.per)
      compare(
        above.standard.input, to: row.prices.standard.input, .above, at: item["input"],
        path: "\(path).above[\(index)].input")
    }
    for (index, item) in (node["tiered"]?.array ?? []).enumerated() where row.tiered.indices.contains(index) {
      check(row.tiered[index].prices, node: item, path: "\(path).tiered[\(index)]", per: row.per)
    }
  }

  private mutating func check(_ prices: LevelPrices, node: JSONNode, path: String, per: Int64) {
    for (tokenClass, habit) in [
      (TokenClass.cachedInput, PriceHabit.cacheRead), (.cacheWrite, .cacheWrite), (.cacheWrite1h, .cacheWrite1h),
    ] {
      compare(
        prices.standard[tokenClass], to: prices.standard.input, habit, at: node[tokenClass.name],
        path: "\(path).\(tokenClass.name)")
    }
    if let price = prices.standard.input, price.dollarsPerToken * 1e6 > PriceHabit.mostDollarsPerMillionInput,
      let item = node[TokenClass.input.name]
    {
      warn(.veryHigh(price.text(per: 1_000_000)), at: item, path: "\(path).\(TokenClass.input.name)")
    }
    checkFineness(node, path: path, per: per)
    for tier in ServiceTier.allCases where tier != .standard {
      guard let item = node["tiers"]?[tier.name] else { continue }
      let tierPath = "\(path).tiers.\(tier.name)"
      checkFineness(item, path: tierPath, per: per)
      guard let habit: PriceHabit = tier == .batch ? .batch : tier == .flex ? .flex : nil else { continue }
      for tokenClass in [TokenClass.input, .output] {
        compare(
          prices[tier][tokenClass], to: prices.standard[tokenClass], habit, at: item[tokenClass.name],
          path: "\(tierPath).\(tokenClass.name)")
      }
    }
  }

  /// Warns when both prices are stated, the second isn't 0, and their ratio is far from the habit.
  private mutating func compare(
    _ price: TokenPrice?, to base: TokenPrice?, _ habit: PriceHabit, at node: JSONNode?, path: String
  ) {
    guard let price, let base, base > .zero, let node else { return }
    let ratio = price.dollarsPerToken / base.dollarsPerToken
    if habit.isFar(ratio) {
      // A ratio beyond a million says no more than a million does.
      warn(.unusual(habit, thousandths: Int((min(ratio, 1e6) * 1000).rounded())), at: node, path: path)
    }
  }

  private mutating func checkFineness(_ node: JSONNode, path: String, per: Int64) {
    for tokenClass in TokenClass.allCases {
      guard let item = node[tokenClass.name],
        let decimal = item.number?.exact ?? item.string.flatMap({ ExactDecimal($0) }),
        let (price, isExact) = TokenPrice.exact(dollars: decimal, per: per), !isExact
      else { continue }
      warn(
        .finerThanFemtodollar(item.description, kept: price.text(per: per)), at: item,
        path: "\(path).\(tokenClass.name)")
    }
  }

  private mutating func warn(_ finding: PriceLintFinding, at node: JSONNode, path: String) {
    let warning = PriceLintWarning(model: model, finding: finding)
    warnings.append(Diagnostic(warning, severity: .warning, at: source.location(of: node.offset), path: path))
  }
}
