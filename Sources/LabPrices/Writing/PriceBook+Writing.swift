import LabCore
import LabJSON

extension PriceBook {
  /// The book as JSON of format `finops-lab/prices/1`: the same bytes for the same book, and reading them gives it back.
  public func written() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("format", Self.format)
    writer.member("currency", "USD")
    if let asOf { writer.member("as_of", asOf.description) }
    if let description { writer.member("description", description) }
    if let source { writer.member("source", source) }
    if !providers.isEmpty {
      writer.list("providers", of: providers) { writer, terms in terms.write(to: &writer) }
    }
    writer.list("models", of: models) { writer, model in model.write(to: &writer) }
    if !commitments.isEmpty {
      writer.list("commitments", of: commitments) { writer, offer in offer.write(to: &writer) }
    }
    if !volumeTiers.isEmpty {
      writer.list("volume_tiers", of: volumeTiers) { writer, tier in tier.write(to: &writer) }
    }
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }
}

extension PricedModel {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("provider", provider)
    writer.member("model", model)
    if !aliases.isEmpty {
      writer.key("aliases")
      writer.beginArray()
      for alias in aliases { writer.value(alias) }
      writer.endArray()
    }
    if let modelClass { writer.member("class", modelClass) }
    if let contextTokens { writer.member("context_tokens", contextTokens) }
    if let maxOutputTokens { writer.member("max_output_tokens", maxOutputTokens) }
    writer.list("prices", of: rows) { writer, row in row.write(to: &writer) }
  }
}

extension PriceRow {
  fileprivate func write(to writer: inout JSONWriter) {
    if let from { writer.member("from", Self.text(of: from)) }
    if let to { writer.member("to", Self.text(of: to)) }
    writer.member("per", per)
    prices.write(to: &writer, per: per)
    if !above.isEmpty {
      writer.list("above", of: above) { writer, row in
        writer.member("input_tokens", row.limit)
        if row.isInclusive {
          writer.key("inclusive")
          writer.value(true)
        }
        row.prices.write(to: &writer, per: per)
      }
    }
    if !tiered.isEmpty {
      writer.list("tiered", of: tiered) { writer, range in
        writer.key("range")
        writer.beginArray()
        writer.value(range.from)
        if let to = range.to { writer.value(to) } else { writer.null() }
        writer.endArray()
        range.prices.write(to: &writer, per: per)
      }
    }
  }

  /// A date where the instant is a midnight.
  private static func text(of instant: Instant) -> String {
    instant.microsecondOfDay == 0 ? instant.date.description : instant.shortDescription
  }
}

extension LevelPrices {
  fileprivate func write(to writer: inout JSONWriter, per: Int64) {
    standard.write(to: &writer, per: per)
    let stated = ServiceTier.allCases.filter { $0 != .standard && !self[$0].isEmpty }
    if stated.isEmpty { return }
    writer.key("tiers")
    writer.beginObject()
    for tier in stated {
      writer.key(tier.name)
      writer.beginObject()
      self[tier].write(to: &writer, per: per)
      writer.endObject()
    }
    writer.endObject()
  }
}

extension ClassPrices {
  fileprivate func write(to writer: inout JSONWriter, per: Int64) {
    for tokenClass in TokenClass.allCases {
      guard let price = self[tokenClass] else { continue }
      writer.key(tokenClass.name)
      writer.value(JSONNumber(text: price.text(per: per)))
    }
  }
}

extension ProviderTerms {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    if discountPartsPerMillion != 0 {
      writer.key("discount_percent")
      writer.value(discountPercent)
    }
    if billErrors != .usual {
      writer.key("bill_errors")
      writer.beginObject()
      for outcome in CallOutcome.allCases where outcome != .success {
        writer.member(outcome.errorName, billErrors[outcome].name)
      }
      writer.endObject()
    }
  }
}

extension CommitmentOffer {
  fileprivate func write(to writer: inout JSONWriter) {
    switch scope {
    case .provider(let provider): writer.member("scope", provider)
    case .model(let provider, let model): writer.member("scope", "\(provider)/\(model)")
    }
    writer.key("ratio")
    writer.value(ratio)
    writer.member("term", term)
    writer.key("unit_usd_per_hour")
    writer.value(unitPerHour)
    writer.member("minimum", minimumUnits)
  }
}

extension VolumeTier {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("provider", provider)
    writer.key("from_annual_usd")
    writer.value(fromAnnual)
    writer.key("percent")
    writer.value(percent)
  }
}

extension JSONWriter {
  /// An array of objects, whose fields `write` writes.
  fileprivate mutating func list<Element>(
    _ name: String, of elements: [Element], write: (inout JSONWriter, Element) -> Void
  ) {
    key(name)
    beginArray()
    for element in elements {
      beginObject()
      write(&self, element)
      endObject()
    }
    endArray()
  }
}
