import LabCore
import LabJSON

extension PriceBookReader {
  mutating func model(_ node: JSONNode, path: String, names: inout NameRegister) -> PricedModel {
    var object = ObjectReader(node, path: path, problems: problems)
    let provider = name(&object, "provider")
    let model = name(&object, "model")
    if !provider.isEmpty, !model.isEmpty, let owner = names.take(model, provider: provider, for: model) {
      let problem: PriceBookProblem =
        owner == model
        ? .duplicateModel(model, provider: provider) : .takenAlias(model, provider: provider, by: owner)
      report(problem, at: object.value("model") ?? node, path: object.path(of: "model"))
    }
    let aliases = self.aliases(&object, provider: provider, model: model, names: &names)
    let modelClass = object.string("class")
    if modelClass?.isEmpty == true, let value = object.value("class") {
      report(.emptyName("class"), at: value, path: object.path(of: "class"))
    }
    let context = tokenCount(&object, "context_tokens")
    let mostOutput = tokenCount(&object, "max_output_tokens")
    let rows = self.rows(&object)
    object.finish()
    return PricedModel(
      provider: provider, model: model, aliases: aliases, modelClass: modelClass, contextTokens: context,
      maxOutputTokens: mostOutput, rows: rows)
  }

  private func aliases(
    _ object: inout ObjectReader, provider: String, model: String, names: inout NameRegister
  ) -> [String] {
    var aliases: [String] = []
    for (index, item) in (object.array("aliases") ?? []).enumerated() {
      let path = object.path(of: "aliases") + "[\(index)]"
      guard let alias = item.string else {
        problems.report(.wrongType(expected: "a string", found: item.description), at: item, path: path)
        continue
      }
      if alias.isEmpty {
        report(.emptyName("aliases"), at: item, path: path)
      } else if let owner = names.take(alias, provider: provider, for: model) {
        report(.takenAlias(alias, provider: provider, by: owner), at: item, path: path)
      } else {
        aliases.append(alias)
      }
    }
    return aliases
  }

  private mutating func rows(_ object: inout ObjectReader) -> [PriceRow] {
    guard let list = object.required("prices"), let items = object.array("prices") else { return [] }
    let path = object.path(of: "prices")
    if items.isEmpty { report(.noRows, at: list, path: path) }
    var rows: [PriceRow] = []
    for (index, item) in items.enumerated() {
      let row = self.row(item, path: "\(path)[\(index)]")
      if let before = rows.last { check(row, after: before, at: item, path: "\(path)[\(index)]") }
      rows.append(row)
    }
    return rows
  }

  private func check(_ row: PriceRow, after before: PriceRow, at node: JSONNode, path: String) {
    guard let from = row.from else {
      if node["from"] == nil, node.object != nil { report(.rowWithoutStart, at: node, path: path) }
      return
    }
    let place = node["from"] ?? node
    if let earlier = before.from, from <= earlier {
      report(.rowsOutOfOrder, at: place, path: path + ".from")
    } else if let end = before.to, end > from {
      report(.rowsOverlap, at: place, path: path + ".from")
    }
  }

  private mutating func row(_ node: JSONNode, path: String) -> PriceRow {
    var object = ObjectReader(node, path: path, problems: problems)
    let from = instant(&object, "from")
    let to = instant(&object, "to")
    if let from, let to, to <= from {
      report(.endsBeforeStart, at: object.value("to") ?? node, path: object.path(of: "to"))
    }
    var per = Self.usualPer
    if let value = object.value("per") {
      if let count = value.number?.integer, (1...1_000_000_000).contains(count) {
        per = count
      } else {
        report(.badPer, at: value, path: object.path(of: "per"))
      }
    }
    let prices = levelPrices(&object, per: per)
    let above = self.above(&object, per: per)
    let tiered = self.tiered(&object, per: per, flat: prices.standard)
    if object.node["above"] != nil, object.node["tiered"] != nil {
      report(.aboveAndTiered, at: object.value("tiered") ?? node, path: object.path(of: "tiered"))
    }
    if object.node["tiered"] == nil { checkComplete(&object, inheriting: ClassPrices()) }
    object.finish()
    return PriceRow(from: from, to: to, per: per, prices: prices, above: above, tiered: tiered)
  }

  /// What a row without `per` is for: a million tokens, as the field quotes prices.
  static let usualPer: Int64 = 1_000_000

  /// Reports the indispensable prices that an object doesn't state and can't inherit. One that it states wrongly has been
  /// reported already.
  private func checkComplete(_ object: inout ObjectReader, inheriting inherited: ClassPrices) {
    guard object.node.object != nil else { return }
    for tokenClass in TokenClass.allCases where tokenClass.standIn == nil {
      if object.value(tokenClass.name) == nil, inherited[tokenClass] == nil {
        report(.missingPrice(tokenClass), at: object.node, path: object.path)
      }
    }
  }

  // MARK: Prices

  private func levelPrices(_ object: inout ObjectReader, per: Int64) -> LevelPrices {
    var prices = LevelPrices()
    prices.standard = classPrices(&object, per: per)
    if let node = object.value("tiers") {
      var tiers = ObjectReader(node, path: object.path(of: "tiers"), problems: problems)
      for tier in ServiceTier.allCases where tier != .standard {
        guard let item = tiers.value(tier.name) else { continue }
        var tierObject = ObjectReader(item, path: tiers.path(of: tier.name), problems: problems)
        prices[tier] = classPrices(&tierObject, per: per)
        tierObject.finish()
      }
      tiers.finish()
    }
    return prices
  }

  private func classPrices(_ object: inout ObjectReader, per: Int64) -> ClassPrices {
    var prices = ClassPrices()
    for tokenClass in TokenClass.allCases {
      guard let node = object.value(tokenClass.name), let dollars = object.decimal(tokenClass.name) else { continue }
      let path = object.path(of: tokenClass.name)
      if dollars.significand < 0 {
        report(.negativePrice(node.description), at: node, path: path)
      } else if let exact = TokenPrice.exact(dollars: dollars, per: per) {
        prices[tokenClass] = exact.price
      } else {
        report(.priceTooHigh(node.description), at: node, path: path)
      }
    }
    return prices
  }

  private func above(_ object: inout ObjectReader, per: Int64) -> [AboveRow] {
    var rows: [AboveRow] = []
    for (index, item) in (object.array("above") ?? []).enumerated() {
      let path = object.path(of: "above") + "[\(index)]"
      var row = ObjectReader(item, path: path, problems: problems)
      _ = row.required("input_tokens")
      let limit = tokenCount(&row, "input_tokens")
      let inclusive = row.boolean("inclusive") ?? false
      let prices = levelPrices(&row, per: per)
      row.finish()
      guard let limit else { continue }
      if let before = rows.last, limit <= before.limit {
        report(.limitsOutOfOrder, at: row.value("input_tokens") ?? item, path: path + ".input_tokens")
      }
      if prices.isEmpty, !TokenClass.allCases.contains(where: { item[$0.name] != nil }), item["tiers"] == nil {
        report(.emptyAboveRow, at: item, path: path)
      }
      rows.append(AboveRow(limit: limit, isInclusive: inclusive, prices: prices))
    }
    return rows
  }

  private func tiered(_ object: inout ObjectReader, per: Int64, flat: ClassPrices) -> [SizeRange] {
    guard let list = object.value("tiered"), let items = object.array("tiered") else { return [] }
    if items.isEmpty { report(.rangesNotJoined, at: list, path: object.path(of: "tiered")) }
    var ranges: [SizeRange] = []
    var isChained = true
    for (index, item) in items.enumerated() {
      let path = object.path(of: "tiered") + "[\(index)]"
      var range = ObjectReader(item, path: path, problems: problems)
      let node = range.required("range")
      let bounds = node.flatMap { Self.bounds($0) }
      let prices = levelPrices(&range, per: per)
      checkComplete(&range, inheriting: flat)
      range.finish()
      guard let node else { continue }
      guard let bounds else {
        report(.badRange, at: node, path: path + ".range")
        isChained = false
        continue
      }
      if isChained {
        if let before = ranges.last, before.to == nil {
          report(.rangeAfterOpenEnd, at: node, path: path + ".range")
        } else if bounds.from != ranges.last.map({ $0.to ?? 0 }) ?? 0 {
          report(.rangesNotJoined, at: node, path: path + ".range")
        }
      }
      ranges.append(SizeRange(from: bounds.from, to: bounds.to, prices: prices))
    }
    return ranges
  }

  private static func bounds(_ node: JSONNode) -> (from: Int64, to: Int64?)? {
    guard let items = node.array, items.count == 2, let from = items[0].number?.integer, (0...mostTokens).contains(from)
    else { return nil }
    if items[1].isNull { return (from, nil) }
    guard let to = items[1].number?.integer, to > from, to <= mostTokens else { return nil }
    return (from, to)
  }
}
