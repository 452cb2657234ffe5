import LabCore
import LabJSON
import LabPrices

/// The rules that hold between values of a scenario, after each of them has the right shape.
struct ScenarioRules {
  let root: Checked
  let names: Names
  let problems: Problems

  func check(prices: PriceBook?) {
    checkPopulation()
    for feature in root["features"]?.items ?? [] { checkFeature(feature) }
    checkTimeline()
    checkIncidents()
    if let prices { PricedCheck(book: prices, problems: problems).check(root) }
  }

  private func checkPopulation() {
    guard let population = root["population"] else { return }
    for (ids, count) in [("organization_ids", "organizations"), ("customer_ids", "customers")] {
      guard let list = population[ids], let items = list.items, let limit = population[count]?.number else { continue }
      if items.count > Int(limit) {
        problems.report(
          ScenarioProblem.tooManyIDs(key: ids, count: items.count, limit: Int(limit)), at: list.node, path: list.path)
      }
      checkUnique(items)
    }
    if let list = population["archetypes"], let items = list.items, !items.isEmpty,
      items.allSatisfy({ $0["rate"]?.number != nil }), items.allSatisfy({ ($0["rate"]?.number ?? 0) * $0.share == 0 }),
      items.contains(where: { $0.share > 0 })
    {
      problems.report(ScenarioProblem.noWeight(list: "rate"), at: list.node, path: list.path)
    }
  }

  private func checkUnique(_ items: [Checked]) {
    var first: [String: JSONNode] = [:]
    for item in items {
      guard let id = item.text else { continue }
      if let earlier = first[id] {
        let line = problems.line(of: earlier, besides: item.node)
        problems.report(ScenarioProblem.duplicateID(id, first: line), at: item.node, path: item.path)
      } else {
        first[id] = item.node
      }
    }
  }

  private func checkFeature(_ feature: Checked) {
    checkSum(["cached_share", "cache_write_share", "cache_write_1h_share"], of: feature)
    checkSum(["batch_share", "flex_share", "priority_share"], of: feature)
    if let cacheable = feature["cacheable_share"], let share = cacheable.number, let cached = feature["cached_share"],
      let least = cached.number, share < least
    {
      problems.report(
        ScenarioProblem.below(
          key: "cacheable_share", other: "cached_share", found: cacheable.node.description,
          limit: cached.node.description),
        at: cacheable.node, path: cacheable.path)
    }
    for route in feature["routes"]?.items ?? [] {
      guard let provider = route["provider"]?.text, let model = route["model"], let name = model.text,
        let known = names.models(of: provider), !known.contains(name)
      else { continue }
      problems.report(
        ScenarioProblem.modelNotListed(model: name, provider: provider, known: known), at: model.node, path: model.path)
    }
  }

  /// An incident must begin before the timeline ends, and happen to a customer that can exist.
  private func checkIncidents() {
    let phases = root["traffic"]?["phases"]?.items
    let spans = phases?.map { $0["duration"]?.span } ?? [root["duration"]?.span]
    let named = Set(root["population"]?["customer_ids"]?.items?.compactMap(\.text) ?? [])
    for incident in root["incidents"]?.items ?? [] {
      if let at = incident["at"], let begins = at.span, root["repeat_until"] == nil,
        spans.allSatisfy({ $0 != nil })
      {
        let whole = TimeSpan(microseconds: spans.reduce(0) { $0 + ($1?.microseconds ?? 0) })
        if begins >= whole {
          problems.report(
            ScenarioProblem.incidentAfterEnd(at: begins.description, length: whole.description), at: at.node,
            path: at.path)
        }
      }
      if let customer = incident["customer"], let name = customer.text, !named.contains(name),
        !name.hasPrefix(Self.drawnCustomerPrefix)
      {
        problems.report(
          ScenarioProblem.noSuch(noun: "customer", name: name, known: named.sorted()), at: customer.node,
          path: customer.path)
      }
    }
  }

  /// Ids that a scenario doesn't name are drawn, and begin so.
  private static let drawnCustomerPrefix = "cust-"

  /// Parts of one whole can't be more than it.
  private func checkSum(_ keys: [String], of object: Checked) {
    let parts = keys.compactMap { object[$0] }
    let sum = parts.compactMap(\.number).reduce(0, +)
    // The place to mend is the last of them that somebody wrote.
    guard sum > 1 + SharesCheck.tolerance, let last = parts.last(where: { ($0.number ?? 0) > 0 }) else { return }
    let present = keys.filter { (object[$0]?.number ?? 0) > 0 }
    problems.report(ScenarioProblem.sharesTooLarge(keys: present, sum: sum), at: last.node, path: last.path)
  }

  private func checkTimeline() {
    let traffic = root["traffic"]
    let spans: [Checked] =
      (traffic?["phases"]?.items?.compactMap { $0["duration"] } ?? []) + [root["duration"]].compactMap { $0 }
    let repeatUntil = root["repeat_until"]
    if let target = repeatUntil, case .object(let keys) = target.content, keys.count != 1 {
      problems.report(
        ScenarioProblem.oneOf(keys: ["megabytes", "rows"], found: keys.count), at: target.node, path: target.path)
    }
    guard let last = spans.last else { return }
    let days = spans.reduce(0) { $0 + ($1.span?.days ?? 0) }
    guard days <= Double(ScenarioLimits.durationDays) else {
      problems.report(
        ScenarioProblem.tooLong(days: days, limit: ScenarioLimits.durationDays), at: last.node, path: last.path)
      return
    }
    if let start = root["start"], let instant = start.instant,
      instant.microseconds > Instant.latest.microseconds
        - TimeSpan.days(Int64(ScenarioLimits.durationDays)).microseconds
        - TimeSpan.days(1).microseconds
    {
      let end = Double(instant.microseconds) + days * 8.64e10
      if end > Double(Instant.latest.microseconds) {
        problems.report(ScenarioProblem.endsTooLate, at: start.node, path: start.path)
      }
    }
    guard let calls = traffic?["calls_per_hour"], let rate = calls.number else { return }
    if rate == 0, let repeatUntil {
      problems.report(ScenarioProblem.repeatWithoutCalls, at: repeatUntil.node, path: repeatUntil.path)
    }
    let expected = rate * days * 24
    // A target of rows or bytes ends the run by itself.
    if repeatUntil == nil, expected > ScenarioLimits.expectedCalls {
      problems.report(
        ScenarioProblem.tooManyCalls(expected: expected, limit: ScenarioLimits.expectedCalls), at: calls.node,
        path: calls.path)
    }
  }
}

/// Holds the models of a scenario against its price book.
struct PricedCheck {
  let book: PriceBook
  let problems: Problems

  func check(_ root: Checked) {
    let providers = book.providerIDs
    for provider in root["providers"]?.items ?? [] {
      guard let id = provider["id"], let name = id.text else { continue }
      guard providers.contains(name) else {
        problems.report(
          ScenarioProblem.providerNotPriced(name, book: book.name, known: providers, isDefault: isDefault(id)),
          at: place(id, root), path: id.path)
        continue
      }
      for model in provider["models"]?.items ?? [] {
        guard let id = model["id"], let modelName = id.text, book.index(provider: name, model: modelName) == nil else {
          continue
        }
        let known = book.models.filter { $0.provider == name }.map(\.model)
        problems.report(
          ScenarioProblem.modelNotPriced(
            model: modelName, provider: name, book: book.name, known: known, isDefault: isDefault(id)),
          at: place(id, root), path: id.path)
      }
    }
  }

  private func isDefault(_ value: Checked) -> Bool { value.node.source == ScenarioSources.fallback }

  /// A default has no place of its own; the key that chose the book has one.
  private func place(_ value: Checked, _ root: Checked) -> JSONNode {
    isDefault(value) ? root["prices"]?.node ?? value.node : value.node
  }
}
