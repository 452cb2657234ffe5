import LabCore
import LabJSON

extension PriceBookReader {
  func providers(_ root: inout ObjectReader, in book: PriceBook) -> [ProviderTerms] {
    var found: [ProviderTerms] = []
    for (index, item) in (root.array("providers") ?? []).enumerated() {
      var object = ObjectReader(item, path: "providers[\(index)]", problems: problems)
      let id = providerID(&object, "id", in: book)
      if found.contains(where: { $0.id == id }), let node = object.value("id") {
        report(.duplicateProvider(id), at: node, path: object.path(of: "id"))
      }
      let discount = percent(&object, "discount_percent") ?? 0
      let billing = errorBilling(&object)
      object.finish()
      found.append(ProviderTerms(id: id, discountPartsPerMillion: discount, billErrors: billing))
    }
    return found
  }

  private func errorBilling(_ object: inout ObjectReader) -> ErrorBilling {
    var billing = ErrorBilling.usual
    guard let node = object.value("bill_errors") else { return billing }
    var rules = ObjectReader(node, path: object.path(of: "bill_errors"), problems: problems)
    for outcome in CallOutcome.allCases where outcome != .success {
      guard let value = rules.value(outcome.errorName), let text = rules.string(outcome.errorName) else { continue }
      if let rule = ErrorBilling.Rule(name: text) {
        billing[outcome] = rule
      } else {
        report(.unknownBillingRule(text), at: value, path: rules.path(of: outcome.errorName))
      }
    }
    rules.finish()
    return billing
  }

  func commitments(_ root: inout ObjectReader, in book: PriceBook) -> [CommitmentOffer] {
    var offers: [CommitmentOffer] = []
    for (index, item) in (root.array("commitments") ?? []).enumerated() {
      var object = ObjectReader(item, path: "commitments[\(index)]", problems: problems)
      let scope = self.scope(&object, in: book)
      let ratio = self.ratio(&object)
      let term = self.term(&object)
      let unit = amount(&object, "unit_usd_per_hour")
      let minimum = object.value("minimum") == nil ? 1 : tokenCount(&object, "minimum")
      object.finish()
      guard let scope, let ratio, let term, let unit, let minimum else { continue }
      offers.append(
        CommitmentOffer(scope: scope, ratio: ratio, term: term, unitPerHour: unit, minimumUnits: minimum))
    }
    return offers
  }

  func volumeTiers(_ root: inout ObjectReader, in book: PriceBook) -> [VolumeTier] {
    var tiers: [VolumeTier] = []
    for (index, item) in (root.array("volume_tiers") ?? []).enumerated() {
      var object = ObjectReader(item, path: "volume_tiers[\(index)]", problems: problems)
      let provider = providerID(&object, "provider", in: book)
      let from = amount(&object, "from_annual_usd")
      _ = object.required("percent")
      let percent = self.percent(&object, "percent")
      object.finish()
      guard let from, let percent else { continue }
      if let before = tiers.last(where: { $0.provider == provider }), from <= before.fromAnnual {
        report(
          .volumeTiersOutOfOrder(provider: provider), at: object.value("from_annual_usd") ?? item,
          path: object.path(of: "from_annual_usd"))
      }
      tiers.append(VolumeTier(provider: provider, fromAnnual: from, percent: Double(percent) / 10_000))
    }
    return tiers
  }

  // MARK: Kinds of values

  private func providerID(_ object: inout ObjectReader, _ key: String, in book: PriceBook) -> String {
    let id = name(&object, key)
    if !id.isEmpty, let node = object.value(key), !book.models.contains(where: { $0.provider == id }) {
      report(.unknownProvider(id, known: book.providerIDs), at: node, path: object.path(of: key))
    }
    return id
  }

  /// A provider's id, `provider/model`, or a model's name that only one provider has.
  private func scope(_ object: inout ObjectReader, in book: PriceBook) -> CommitmentOffer.Scope? {
    guard let node = object.required("scope"), let text = object.string("scope") else { return nil }
    let providers = book.providerIDs
    if providers.contains(text) { return .provider(text) }
    for provider in providers where text.hasPrefix(provider + "/") {
      let model = String(text.dropFirst(provider.count + 1))
      if let index = book.index(provider: provider, model: model) {
        return .model(provider: provider, model: book.models[index].model)
      }
    }
    let owners = providers.filter { book.index(provider: $0, model: text) != nil }
    if let owner = owners.first, owners.count == 1, let index = book.index(provider: owner, model: text) {
      return .model(provider: owner, model: book.models[index].model)
    }
    let known = providers + book.models.map { "\($0.provider)/\($0.model)" }
    report(
      owners.isEmpty ? .unknownScope(text, known: known) : .ambiguousScope(text, providers: owners), at: node,
      path: object.path(of: "scope"))
    return nil
  }

  private func ratio(_ object: inout ObjectReader) -> Double? {
    guard let node = object.required("ratio"), let ratio = object.number("ratio") else { return nil }
    if ratio > 0, ratio <= 1 { return ratio }
    report(.badRatio(node.description), at: node, path: object.path(of: "ratio"))
    return nil
  }

  /// A whole number of years or months: `1y`, `6mo`.
  private func term(_ object: inout ObjectReader) -> String? {
    guard let node = object.required("term"), let text = object.string("term") else { return nil }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    if let count = Int(digits), (1...1200).contains(count), ["y", "mo"].contains(text.dropFirst(digits.count)) {
      return text
    }
    report(.badTerm(text), at: node, path: object.path(of: "term"))
    return nil
  }
}
