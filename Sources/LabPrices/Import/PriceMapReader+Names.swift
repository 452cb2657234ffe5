import LabCore

extension PriceMapReader {
  /// The models with their names, sorted by provider and name.
  ///
  /// A key without a provider's prefix keeps its name. A prefixed key (`azure/gpt-4o`) becomes the rest of it, with the whole
  /// key as an alias. When that name is taken by a model with the same prices and limits, the key is one more alias of that
  /// model; when prices differ, both stay, the second under its whole key, and the report says so.
  mutating func namedModels() -> [PricedModel] {
    var models: [PricedModel] = []
    var indexes: [Name: Int] = [:]
    // Plain keys first: they have no other name to fall back to.
    let order = drafts.indices.sorted { left, right in
      let leftIsPlain = drafts[left].key == drafts[left].shortName
      let rightIsPlain = drafts[right].key == drafts[right].shortName
      return leftIsPlain == rightIsPlain ? left < right : leftIsPlain
    }
    var wishes: [(alias: String, model: Int, key: String)] = []
    for index in order {
      let draft = drafts[index]
      var model = PricedModel(
        provider: draft.provider, model: draft.shortName, contextTokens: draft.contextTokens,
        maxOutputTokens: draft.maxOutputTokens, rows: [draft.row])
      if let taken = indexes[Name(provider: draft.provider, model: draft.shortName)] {
        if models[taken].rows == model.rows, models[taken].contextTokens == model.contextTokens,
          models[taken].maxOutputTokens == model.maxOutputTokens
        {
          merged += 1
          if draft.key != models[taken].model { wishes.append((draft.key, taken, draft.key)) }
          continue
        }
        model.model = freeName(for: draft, indexes: indexes)
        collisions.append(.init(key: draft.key, wanted: draft.shortName, given: model.model))
      } else if draft.key != draft.shortName {
        wishes.append((draft.key, models.count, draft.key))
      }
      indexes[Name(provider: model.provider, model: model.model)] = models.count
      models.append(model)
    }
    // Aliases come last, so that none takes a model's name away.
    for wish in wishes {
      let name = Name(provider: models[wish.model].provider, model: wish.alias)
      if indexes[name] == nil {
        indexes[name] = wish.model
        models[wish.model].aliases.append(wish.alias)
      } else {
        collisions.append(.init(key: wish.key, wanted: wish.alias, given: nil))
      }
    }
    imported = models.count
    return models.sorted { ($0.provider, $0.model) < ($1.provider, $1.model) }
  }

  private struct Name: Hashable {
    var provider: String
    var model: String
  }

  /// The whole key, or where renamed providers share even that, the key with a number behind it.
  private func freeName(for draft: Draft, indexes: [Name: Int]) -> String {
    var name = draft.key
    var number = 2
    while indexes[Name(provider: draft.provider, model: name)] != nil {
      name = "\(draft.key)#\(number)"
      number += 1
    }
    return name
  }
}
