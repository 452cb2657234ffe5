import LabCore

/// What models cost: prices by token class, tier, size and time, with the terms agreed with providers.
///
/// A book is a value and its contents don't change once made. Models are named by their index in ``models``, so that a
/// loop over calls needs no text; see ``index(provider:model:)``.
public struct PriceBook: Sendable {
  /// The book's file as the person named it, or a word for its origin.
  public let name: String
  /// The date for which the prices hold, as written; nil when the book doesn't say.
  public let asOf: CivilDate?
  /// What the book is, for readers.
  public let description: String?
  /// Where the figures are from.
  public let source: String?
  /// In the file's order; the index of a model here is its name in every costing call.
  public let models: [PricedModel]
  /// Providers with terms of their own, in the book's order; one that isn't here has list prices and the usual billing.
  public let providers: [ProviderTerms]
  /// Offers that a commitment saving may be built on.
  public let commitments: [CommitmentOffer]
  /// By rising spend within a provider.
  public let volumeTiers: [VolumeTier]

  let compiled: CompiledPrices
  private let indexes: [ModelName: Int]

  private struct ModelName: Hashable {
    var provider: String
    var model: String
  }

  /// A book of checked parts; of two models with one name, the first answers.
  package init(
    name: String, asOf: CivilDate? = nil, description: String? = nil, source: String? = nil, models: [PricedModel],
    providers: [ProviderTerms] = [], commitments: [CommitmentOffer] = [], volumeTiers: [VolumeTier] = []
  ) {
    self.name = name
    self.asOf = asOf
    self.description = description
    self.source = source
    self.models = models
    self.providers = providers
    self.commitments = commitments
    self.volumeTiers = volumeTiers
    var indexes: [ModelName: Int] = [:]
    for (index, model) in models.enumerated() {
      let key = ModelName(provider: model.provider, model: model.model)
      if indexes[key] == nil { indexes[key] = index }
    }
    // Aliases come after all names: a model of that very name goes first.
    for (index, model) in models.enumerated() {
      for alias in model.aliases {
        let key = ModelName(provider: model.provider, model: alias)
        if indexes[key] == nil { indexes[key] = index }
      }
    }
    self.indexes = indexes
    compiled = CompiledPrices(models: models, providers: providers)
  }

  /// The index of a model by its name or, failing that, an alias within its provider; nil for a model that the book lacks.
  public func index(provider: String, model: String) -> Int? { indexes[ModelName(provider: provider, model: model)] }

  /// The terms agreed with a provider.
  public func terms(of provider: String) -> ProviderTerms {
    providers.first { $0.id == provider } ?? ProviderTerms(id: provider)
  }

  /// The providers that have models, sorted.
  public var providerIDs: [String] { Set(models.map(\.provider)).sorted() }

  /// The classes that models have, sorted.
  public var modelClasses: [String] { Set(models.compactMap(\.modelClass)).sorted() }

  /// The indexes of a class's models, in the book's order.
  public func models(inClass modelClass: String) -> [Int] {
    models.indices.filter { models[$0].modelClass == modelClass }
  }

  /// The row of a model that is in force at an instant, or nil.
  public func row(of model: Int, at instant: Instant) -> PriceRow? {
    guard models.indices.contains(model), let row = compiled.row(of: model, at: instant.microseconds) else {
      return nil
    }
    return models[model].rows[row - compiled.models[model].firstRow]
  }
}
