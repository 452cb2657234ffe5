import LabCore
import LabPrices
import LabScenario
import LabTable

/// What all cycles of a run share: the scenario and price book with their names turned into numbers and fields.
struct Blueprint: Sendable {
  let scenario: Scenario
  let prices: PriceBook
  let catalog: ModelCatalog
  /// Per feature the shares of the catalog's models.
  let modelWeights: [[Double]]
  let features: ContiguousArray<FeatureProfile>
  let sizeTables: SizeSampler.Tables
  let models: ContiguousArray<ModelProfile>
  let providers: ContiguousArray<ProviderProfile>
  let regionFields: ContiguousArray<FieldID>
  let regionFactors: ContiguousArray<Double>
  let productFields: ContiguousArray<FieldID>
  let products: AliasTable
  let environment: FieldID
  let organizationIDs: [String]
  let organizationFields: ContiguousArray<FieldID>
  let archetypeFields: ContiguousArray<FieldID>
  /// The texts that all cycles use.
  let fields: UsageFieldPool

  /// - Throws: ``LabFailure`` `invalidInput` for a scenario in which no call can take place.
  init(_ scenario: Scenario, prices: PriceBook) throws(LabFailure) {
    let population = scenario.population
    let parts: [(name: String, count: Int)] = [
      ("features", scenario.features.count), ("products", scenario.products.count),
      ("archetypes", population.archetypes.count), ("tiers", population.tiers.count),
      ("regions", population.regions.count), ("models", scenario.providers.reduce(0) { $0 + $1.models.count }),
    ]
    let missing = parts.filter { $0.count == 0 }.map(\.name)
    guard missing.isEmpty else { throw SimulationProblem.emptyScenario(missing: missing).failure }
    self.scenario = scenario
    self.prices = prices
    let start = scenario.start
    catalog = ModelCatalog(scenario) { provider, model in
      guard let index = prices.index(provider: provider, model: model) else { return (nil, nil) }
      let rates = prices.rates(of: index, at: start, tier: .standard, input: 1000)
      let input = rates?.price(of: .input)?.dollarsPerMillion
      let output = rates?.price(of: .output)?.dollarsPerMillion
      return (prices.models[index].modelClass, input.flatMap { input in output.map { (3 * input + $0) / 4 } })
    }
    modelWeights = scenario.features.map { [catalog] feature in
      guard !feature.routes.isEmpty else { return catalog.models.map(\.weight) }
      var weights = [Double](repeating: 0, count: catalog.models.count)
      for route in feature.routes {
        if let index = catalog.index(provider: route.provider, model: route.model) { weights[index] += route.weight }
      }
      return weights
    }
    var fields = UsageFieldPool()
    var tables = SizeSampler.Tables()
    // One customer has no place among others: its calls have the whole spread.
    let tokenSigma = population.customers > 1 ? population.tokenSigma : 0
    features = ContiguousArray(
      scenario.features.map { FeatureProfile($0, tokenSigma: tokenSigma, fields: &fields, tables: &tables) })
    sizeTables = tables
    models = ContiguousArray(catalog.models.map { ModelProfile($0, prices: prices, fields: &fields) })
    providers = ContiguousArray(scenario.providers.map { ProviderProfile($0) })
    regionFields = ContiguousArray(population.regions.map { fields.intern($0.id) })
    regionFactors = ContiguousArray(population.regions.map(\.latencyFactor))
    productFields = ContiguousArray(scenario.products.map { fields.intern($0.id) })
    products = AliasTable(weights: scenario.products.map(\.share))
    environment = fields.intern(scenario.traffic.environment)
    organizationIDs = (0..<max(1, population.organizations)).map { index in
      index < population.organizationIDs.count
        ? population.organizationIDs[index] : EntityID.organization(index, seed: scenario.seed)
    }
    organizationFields = ContiguousArray(organizationIDs.map { fields.intern($0) })
    archetypeFields = ContiguousArray(population.archetypes.map { fields.intern($0.id) })
    self.fields = fields
  }
}
